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
note_wanted(struct es_signalling *g, struct es_media *m, const struct es_request *by)
{
	if (m->is_away && !es_request_eq(&m->left_by, by)) {
		m->away_at = m->left_at;
		m->back_at = g->c->clock;
	}
	m->is_away = false;
}

/* The address that a description names for each media line, ES_POOL_NONE: none that wants packets. */
struct wanted {
	uint32_t line[ES_MEDIA_LINES_MAX];
	bool is_any;
};

/* What a side named where it wants packets. A candidate of ICE takes nobody's place. */
static void
find_wanted(const struct es_signalling *g, const struct es_dialog *d, const struct es_offer *o,
    struct wanted *w)
{
	w->is_any = false;
	for (unsigned l = 0; l < ES_MEDIA_LINES_MAX; l++)
		w->line[l] = ES_POOL_NONE;
	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		const struct es_media *m = es_media_table_at(g->media, i);

		if (m->is_caller != (o->side == ES_CALLER) || m->addr.family == 0 ||
		    !is_wanted(g, m))
			continue;
		w->is_any = true;
		for (unsigned l = 0; l < ES_MEDIA_LINES_MAX; l++)
			if (m->rank == ES_MEDIA_SAID && (m->terms->lines >> l & 1) != 0)
				w->line[l] = i;
	}
}

/* The address on a media line of one that is not wanted any more. */
static struct es_addr
successor(const struct es_signalling *g, const struct es_media *m, const struct wanted *w)
{
	struct es_addr none;

	for (unsigned l = 0; l < ES_MEDIA_LINES_MAX; l++)
		if ((m->terms->lines >> l & 1) != 0 && w->line[l] != ES_POOL_NONE)
			return es_media_table_at(g->media, w->line[l])->addr;
	memset(&none, 0, sizeof(none));
	return none;
}

static void
note_unwanted(struct es_signalling *g, struct es_media *m, const struct es_request *by,
    const struct wanted *w)
{
	if (m->is_away ||
	    (es_request_eq(&m->named_by, by) && m->generation != g->c->media_generation))
		return;
	m->is_away = true;
	m->is_held = !w->is_any;
	m->left_for = successor(g, m, w);
	m->left_at = g->c->clock;
	m->left_by = *by;
}

void
es_withdrawal_note(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o)
{
	struct wanted w;

	find_wanted(g, d, o, &w);
	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		struct es_media *m = es_media_table_at(g->media, i);

		if (m->is_caller != (o->side == ES_CALLER))
			continue;
		if (is_wanted(g, m))
			note_wanted(g, m, &o->request);
		else
			note_unwanted(g, m, &o->request, &w);
		if (m->generation == g->c->media_generation)
			m->named_by = o->request;
	}
}
