/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguishes copies by the network from those by the capture. */
#include "probes/stream/copies.h"

void
es_copies_add(struct es_copies *c, const struct es_copy_of *packet)
{
	c->last[c->next] = *packet;
	c->next = (uint8_t)((c->next + 1) % ES_COPIES_LAST);
	c->n = (uint8_t)(c->n + (c->n < ES_COPIES_LAST));
}

bool
es_copies_has(const struct es_copies *c, uint16_t seq, uint32_t ts)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->last[i].seq == seq && c->last[i].ts_low == (ts & 0x7f))
			return true;
	return false;
}

enum es_copy
es_copies_judge(struct es_copies *c, const struct es_copy_of *packet)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct es_copy_of *o = &c->last[i];

		if (o->seq != packet->seq)
			continue;
		if (o->ts_low != packet->ts_low)
			return ES_COPY_OTHER_CONTENT;
		if (o->ip_id != packet->ip_id || o->udp_checksum != packet->udp_checksum)
			return ES_COPY_PLAIN;
		if (o->capture_point != packet->capture_point)
			return ES_COPY_OTHER_POINT;
		if (o->is_doubled)
			return ES_COPY_IDENTICAL_AGAIN;
		o->is_doubled = true;
		return ES_COPY_IDENTICAL;
	}
	return ES_COPY_PLAIN;
}
