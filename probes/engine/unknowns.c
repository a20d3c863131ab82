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

static bool
may_go(const struct es_unknowns *u, const struct es_unknown_age *a)
{
	return a->is_reported || (a->since == 1 && u->n_seen - a->seen >= ES_UNKNOWN_ONCE_PACKETS);
}

static bool
goes_before(const struct es_unknown_age *a, const struct es_unknown_age *b)
{
	if (a->is_reported != b->is_reported)
		return a->is_reported;
	return a->since != b->since ? a->since < b->since : a->seen < b->seen;
}

/* A row for a kind that has none: a fresh one, or another kind's; ES_UNKNOWNS_MAX: none. */
static uint32_t
take_row(struct es_unknowns *u, struct es_context *c)
{
	uint32_t victim = ES_UNKNOWNS_MAX;

	if (u->n < ES_UNKNOWNS_MAX)
		return u->n++;
	for (uint32_t i = 0; i < u->n; i++)
		if (may_go(u, &u->age[i]) &&
		    (victim == ES_UNKNOWNS_MAX || goes_before(&u->age[i], &u->age[victim])))
			victim = i;
	if (victim < ES_UNKNOWNS_MAX)
		c->count[ES_CNT_UNKNOWN_UNSAMPLED] += u->rows[victim].count;
	return victim;
}

static uint32_t
row_of(struct es_unknowns *u, struct es_context *c, enum es_unknown_layer layer, uint32_t number)
{
	uint32_t i;

	for (i = 0; i < u->n; i++)
		if (u->rows[i].layer == layer && u->rows[i].number == number)
			return i;
	i = take_row(u, c);
	if (i == ES_UNKNOWNS_MAX)
		return i;
	memset(&u->rows[i], 0, sizeof(u->rows[i]));
	memset(&u->age[i], 0, sizeof(u->age[i]));
	u->rows[i].layer = layer;
	u->rows[i].number = number;
	return i;
}

void
es_unknowns_note(struct es_unknowns *u, struct es_context *c, enum es_unknown_layer layer,
    uint32_t number, es_slice bytes)
{
	uint32_t i = row_of(u, c, layer, number);
	size_t n = bytes.n < ES_UNKNOWN_BYTES ? bytes.n : ES_UNKNOWN_BYTES;
	struct es_unknown *row;

	es_context_count(c, counter_of(layer));
	u->n_seen++;
	if (i == ES_UNKNOWNS_MAX) {
		es_context_count(c, ES_CNT_UNKNOWN_UNSAMPLED);
		return;
	}
	row = &u->rows[i];
	row->count++;
	u->age[i].since++;
	u->age[i].seen = u->n_seen;
	memset(row->sample, 0, sizeof(row->sample));
	if (n > 0)
		memcpy(row->sample, bytes.p, n);
	row->sample_bytes = (uint8_t)n;
}

uint32_t
es_unknowns_list(const struct es_unknowns *u, struct es_unknown *out, uint32_t cap)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < u->n; i++) {
		uint32_t at = n;

		while (at > 0 && out[at - 1].count < u->rows[i].count)
			at--;
		if (at == cap)
			continue;
		n += n < cap;
		for (uint32_t k = n - 1; k > at; k--)
			out[k] = out[k - 1];
		out[at] = u->rows[i];
	}
	return n;
}

void
es_unknowns_reported(struct es_unknowns *u)
{
	for (uint32_t i = 0; i < u->n; i++) {
		u->age[i].is_reported = true;
		u->age[i].since = 0;
	}
}
