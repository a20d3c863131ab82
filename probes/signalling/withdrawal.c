/* SPDX-License-Identifier: Apache-2.0 */
/* When addresses were withdrawn, and when they were named again. */
#include "probes/signalling/withdrawal.h"

#include "probes/signalling/offer.h"

/* Whether the description names an address, and packets may come there. */
static bool
is_wanted(const struct es_signalling *g, const struct es_media *m)
{
	return m->generation == g->c->media_generation && !m->wants_none;
}

/* Another hop of the same negotiation may have addresses of its own: it neither withdraws one nor counts. */
static void
note_wanted(struct es_signalling *g, struct es_media *m, uint32_t cseq)
{
	if (m->is_away && m->left_cseq != cseq) {
		m->away_at = m->left_at;
		m->back_at = g->c->clock;
	}
	m->is_away = false;
}

static void
note_unwanted(struct es_signalling *g, struct es_media *m, uint32_t cseq, bool is_held)
{
	if (m->is_away || (m->named_cseq == cseq && m->generation != g->c->media_generation))
		return;
	m->is_away = true;
	m->is_held = is_held;
	m->left_at = g->c->clock;
	m->left_cseq = cseq;
}

void
es_withdrawal_note(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o)
{
	bool is_any = false;

	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		const struct es_media *m = es_media_table_at(g->media, i);

		is_any |= m->is_caller == (o->side == ES_CALLER) && m->addr.family != 0 &&
			  is_wanted(g, m);
	}
	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		struct es_media *m = es_media_table_at(g->media, i);

		if (m->is_caller != (o->side == ES_CALLER))
			continue;
		if (is_wanted(g, m))
			note_wanted(g, m, o->cseq);
		else
			note_unwanted(g, m, o->cseq, !is_any);
		if (m->generation == g->c->media_generation)
			m->named_cseq = o->cseq;
	}
}
