/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of packets that wait. */
#include "agent/capture/packet_store.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN_BYTES = 16 };

int
es_packet_store_new(struct es_packet_store *s, uint32_t cap)
{
	memset(s, 0, sizeof(*s));
	s->bytes = malloc(cap);
	s->cap = cap;
	return s->bytes != NULL ? 0 : ES_ENOMEM;
}

void
es_packet_store_free(struct es_packet_store *s)
{
	free(s->bytes);
	s->bytes = NULL;
}

/* Where n bytes in a row are free; false: nowhere. */
static bool
find_room(struct es_packet_store *s, uint32_t n)
{
	if (s->begin == s->end && s->turned == 0)
		s->begin = s->end = 0;
	if (s->turned != 0) /* the newest are before the oldest, with a byte between */
		return n < s->begin - s->end;
	if (n <= s->cap - s->end)
		return true;
	if (n >= s->begin)
		return false;
	s->turned = s->end;
	s->end = 0;
	return true;
}

bool
es_packet_store_put(struct es_packet_store *s, const struct es_packet *packet, uint32_t *at)
{
	struct es_stored_packet *p;
	uint32_t n = (uint32_t)sizeof(*p) + packet->cap_bytes;

	n = (n + ALIGN_BYTES - 1) & ~(uint32_t)(ALIGN_BYTES - 1);
	if (!find_room(s, n))
		return false;
	*at = s->end;
	p = es_packet_store_at(s, s->end);
	memset(p, 0, sizeof(*p));
	p->n_bytes = n;
	p->packet = *packet;
	p->packet.data = (const uint8_t *)(p + 1);
	if (packet->cap_bytes > 0)
		memcpy(p + 1, packet->data, packet->cap_bytes);
	s->end += n;
	return true;
}

void
es_packet_store_out(struct es_packet_store *s, uint32_t at)
{
	es_packet_store_at(s, at)->is_out = true;
	while (s->begin != s->end || s->turned != 0) {
		const struct es_stored_packet *oldest = es_packet_store_at(s, s->begin);

		if (s->turned != 0 && s->begin == s->turned) {
			s->begin = 0;
			s->turned = 0;
			continue;
		}
		if (!oldest->is_out)
			break;
		s->begin += oldest->n_bytes;
	}
}
