/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what could not be looked into. */
#include "probes/engine/unknowns.h"

static enum es_counter
counter_of(enum es_unknown_layer layer)
{
	switch (layer) {
	case ES_UNKNOWN_LINK:
		return ES_CNT_UNKNOWN_LINK;
	case ES_UNKNOWN_ETHERTYPE:
		return ES_CNT_UNKNOWN_ETHERTYPE;
	case ES_UNKNOWN_IP_PROTO:
		return ES_CNT_UNKNOWN_IP_PROTO;
	case ES_UNKNOWN_PPP:
		return ES_CNT_UNKNOWN_PPP;
	case ES_UNKNOWN_DEPTH:
		break;
	}
	return ES_CNT_TOO_DEEP;
}

static struct es_unknown *
row_of(struct es_unknowns *u, enum es_unknown_layer layer, uint32_t number)
{
	struct es_unknown *row;

	for (uint32_t i = 0; i < u->n; i++)
		if (u->rows[i].layer == layer && u->rows[i].number == number)
			return &u->rows[i];
	if (u->n == ES_UNKNOWNS_MAX)
		return NULL;
	row = &u->rows[u->n++];
	row->layer = layer;
	row->number = number;
	return row;
}

void
es_unknowns_note(struct es_unknowns *u, struct es_context *c, enum es_unknown_layer layer,
    uint32_t number, es_slice bytes)
{
	struct es_unknown *row = row_of(u, layer, number);
	size_t n = bytes.n < ES_UNKNOWN_BYTES ? bytes.n : ES_UNKNOWN_BYTES;

	es_context_count(c, counter_of(layer));
	if (row == NULL) {
		es_context_count(c, ES_CNT_UNKNOWN_UNSAMPLED);
		return;
	}
	row->count++;
	memset(row->sample, 0, sizeof(row->sample));
	if (n > 0)
		memcpy(row->sample, bytes.p, n);
	row->sample_bytes = (uint8_t)n;
}
