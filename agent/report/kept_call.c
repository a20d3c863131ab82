/* SPDX-License-Identifier: Apache-2.0 */
/* An explained call with all that it borrows. */
#include "agent/report/kept_call.h"

#include <stdlib.h>

static void
keep(struct es_pile *c, es_slice *text)
{
	*text = es_pile_text(c, *text);
}

static void
keep_leg(struct es_pile *c, struct es_leg *l)
{
	keep(c, &l->vantage);
	keep(c, &l->call_id);
	l->streams = es_pile_add(c, l->streams, l->n_streams * sizeof(*l->streams));
	l->directions = es_pile_add(c, l->directions, l->n_streams * sizeof(*l->directions));
}

static void
keep_direction(struct es_pile *c, struct es_direction *d)
{
	keep(c, &d->from);
	keep(c, &d->to);
	for (uint32_t i = 0; i < d->n_segments; i++) {
		keep(c, &d->segments[i].from);
		keep(c, &d->segments[i].to);
	}
}

static void
keep_verdict(struct es_pile *c, struct es_verdict *v)
{
	keep(c, &v->segment_from);
	keep(c, &v->segment_to);
	for (uint32_t i = 0; i < v->n_one_of; i++) {
		keep(c, &v->one_of[i].from);
		keep(c, &v->one_of[i].to);
	}
	for (uint32_t i = 0; i < v->n_evidence; i++)
		keep(c, &v->evidence[i].vantage);
}

static void
keep_missing(struct es_pile *c, struct es_explained *call)
{
	es_slice *missing = es_pile_add(c, call->missing, call->n_missing * sizeof(*call->missing));

	for (uint32_t i = 0; missing != NULL && i < call->n_missing; i++)
		keep(c, &missing[i]);
	call->missing = missing;
}

struct es_kept_call *
es_kept_call_new(const struct es_explained *call)
{
	struct es_kept_call *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->call = *call;
	keep(&k->pile, &k->call.call);
	keep(&k->pile, &k->call.from);
	keep(&k->pile, &k->call.to);
	for (uint32_t i = 0; i < call->n_legs; i++)
		keep_leg(&k->pile, &k->call.legs[i]);
	for (uint32_t i = 0; i < call->n_directions; i++)
		keep_direction(&k->pile, &k->call.directions[i]);
	keep_verdict(&k->pile, &k->call.verdict);
	keep_missing(&k->pile, &k->call);
	if (!k->pile.failed)
		return k;
	es_kept_call_free(k);
	return NULL;
}

void
es_kept_call_free(struct es_kept_call *k)
{
	if (k == NULL)
		return;
	es_pile_free(&k->pile);
	free(k);
}
