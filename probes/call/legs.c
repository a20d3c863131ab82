/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogs and targets of one call. */
#include "probes/call/legs.h"

static uint64_t
address(const struct es_context *c, const struct es_addr *a)
{
	return es_hash(&c->key, es_slice_of(a->ip, sizeof(a->ip)));
}

unsigned
es_legs_requester(const struct es_legs *l, const struct es_context *c, const struct es_sip *m)
{
	uint64_t from = es_hash(&c->key, m->from.tag);
	bool knows_callee = false;

	if (from == l->caller)
		return ES_CALLER;
	for (unsigned i = 0; i < l->n_legs; i++) {
		if (l->leg[i].is_other)
			continue;
		knows_callee = true;
		if (l->leg[i].callee == from)
			return ES_CALLEE;
	}
	/* The callee speaks for the first time: it knows the caller's tag. */
	if (!knows_callee && m->to.tag.n > 0 && es_hash(&c->key, m->to.tag) == l->caller)
		return ES_CALLEE;
	return ES_STRANGER;
}

struct es_dialog_leg *
es_legs_find(struct es_legs *l, const struct es_context *c, unsigned side, const struct es_sip *m)
{
	uint64_t from = es_hash(&c->key, m->from.tag);
	uint64_t to = es_hash(&c->key, m->to.tag);
	uint64_t caller = side == ES_CALLER ? from : to;
	uint64_t callee = side == ES_CALLER ? to : from;

	for (struct es_dialog_leg *g = l->leg; g < l->leg + l->n_legs; g++)
		if (!g->is_other && g->caller == caller && g->callee == callee)
			return g;
	return NULL;
}

static struct es_dialog_leg *
add(struct es_legs *l)
{
	if (l->n_legs == ES_LEGS_MAX) {
		l->is_full = true;
		return NULL;
	}
	return &l->leg[l->n_legs++];
}

struct es_dialog_leg *
es_legs_note(struct es_legs *l, const struct es_context *c, unsigned side, const struct es_sip *m,
    bool *is_new)
{
	struct es_dialog_leg *g = es_legs_find(l, c, side, m);

	*is_new = false;
	if (g != NULL || (side == ES_CALLER ? m->to.tag.n : m->from.tag.n) == 0)
		return g;
	g = add(l);
	if (g == NULL)
		return NULL;
	*is_new = true;
	g->caller = es_hash(&c->key, side == ES_CALLER ? m->from.tag : m->to.tag);
	g->callee = es_hash(&c->key, side == ES_CALLER ? m->to.tag : m->from.tag);
	return g;
}

/* An end of a hop: its host, and the port too where both ends are one host. */
static uint64_t
end_of(const struct es_context *c, const struct es_addr *a, const struct es_addr *other)
{
	struct es_addr end = *a;

	if (!es_addr_same_ip(a, other))
		end.port = 0;
	return es_hash_pair(&c->key, &end, &end);
}

void
es_legs_add_other(struct es_legs *l, const struct es_context *c, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst)
{
	uint64_t from = es_hash(&c->key, m->from.tag);
	struct es_dialog_leg *g;

	for (g = l->leg; g < l->leg + l->n_legs; g++)
		if (g->is_other && g->caller == from)
			return;
	g = add(l);
	if (g == NULL)
		return;
	g->caller = from;
	g->is_other = true;
	g->from = end_of(c, src, dst);
	g->at = end_of(c, dst, src);
}

bool
es_legs_adjoins(const struct es_legs *l, const struct es_context *c,
    const struct es_addr *first_src, const struct es_addr *first_dst, const struct es_addr *src,
    const struct es_addr *dst)
{
	uint64_t from = end_of(c, src, dst), at = end_of(c, dst, src);

	if (from == end_of(c, first_dst, first_src) || at == end_of(c, first_src, first_dst))
		return true;
	for (const struct es_dialog_leg *g = l->leg; g < l->leg + l->n_legs; g++)
		if (g->is_other && (from == g->at || at == g->from))
			return true;
	for (unsigned i = 0; i < l->n_targets && !es_addr_same_ip(src, dst); i++)
		if (l->target[i].to == address(c, src))
			return true;
	return false;
}

bool
es_legs_is_other(
    const struct es_legs *l, const struct es_context *c, const struct es_sip *m, unsigned *side)
{
	uint64_t from = es_hash(&c->key, m->from.tag);
	uint64_t to = es_hash(&c->key, m->to.tag);

	for (unsigned i = 0; i < l->n_legs; i++) {
		const struct es_dialog_leg *g = &l->leg[i];

		if (!g->is_other || (g->caller != from && g->caller != to))
			continue;
		*side = g->caller == from ? ES_CALLER : ES_CALLEE;
		return true;
	}
	return false;
}

bool
es_legs_any(const struct es_legs *l, enum es_leg_state state)
{
	for (unsigned i = 0; i < l->n_legs; i++)
		if (!l->leg[i].is_other && l->leg[i].state == state)
			return true;
	return false;
}

void
es_legs_retarget(struct es_legs *l)
{
	l->n_targets = 0;
}

bool
es_legs_target(struct es_legs *l, const struct es_context *c, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst)
{
	uint64_t from = address(c, src);
	struct es_target *t = es_legs_target_of(l, c, m);

	if (t != NULL)
		return false;
	if (l->n_targets == ES_TARGETS_MAX) {
		l->is_full = true;
		return false;
	}
	t = &l->target[l->n_targets];
	memset(t, 0, sizeof(*t));
	t->branch = es_hash(&c->key, m->via_branch);
	t->to = address(c, dst);
	for (unsigned i = 0; i < l->n_targets; i++)
		t->is_downstream = t->is_downstream || l->target[i].to == from;
	l->is_hopped = l->is_hopped || l->n_targets > 0;
	l->n_targets++;
	return !t->is_downstream;
}

struct es_target *
es_legs_target_of(struct es_legs *l, const struct es_context *c, const struct es_sip *m)
{
	uint64_t branch = es_hash(&c->key, m->via_branch);

	for (struct es_target *t = l->target; t < l->target + l->n_targets; t++)
		if (t->branch == branch)
			return t;
	return NULL;
}

bool
es_legs_is_waiting(const struct es_legs *l)
{
	for (unsigned i = 0; i < l->n_targets; i++)
		if (!l->target[i].is_downstream && l->target[i].status == 0)
			return true;
	return false;
}

/* Lower is better. */
static unsigned
rank(uint16_t status)
{
	if (status >= 600)
		return 0;
	return status == 487 ? 1 : status / 100u;
}

uint16_t
es_legs_best(const struct es_legs *l)
{
	uint16_t best = 0;

	for (unsigned i = 0; i < l->n_targets; i++) {
		const struct es_target *t = &l->target[i];

		if (t->is_downstream || t->status == 0)
			continue;
		if (best == 0 || rank(t->status) < rank(best))
			best = t->status;
	}
	return best;
}
