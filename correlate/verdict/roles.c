/* SPDX-License-Identifier: Apache-2.0 */
/* Roles that the signalling contradicts: a host that receives an INVITE and sends it on is no end of the call. */
#include "correlate/verdict/roles.h"

#include "correlate/call/call.h"
#include "correlate/verdict/evidence.h"

/* Whether the host that the first INVITE was sent to sends the second one. */
static bool
is_passed_on(const struct es_call *a, const struct es_call *b)
{
	return a != NULL && b != NULL && a->invite_dst.family != 0 &&
	       es_addr_same_ip(&a->invite_dst, &b->invite_src) &&
	       !es_addr_same_ip(&a->invite_src, &b->invite_dst);
}

/* An endpoint whose capture has the call coming in and going out again. */
static bool
passes_through(const struct es_cor_joined_call *c, uint32_t p, struct es_verdict *v)
{
	const struct es_call *in = es_cor_point_call(c, p);

	for (uint32_t i = 0; i < c->n_points; i++) {
		struct es_evidence *e;
		char ip[ES_ADDR_TEXT_MAX];

		if (c->points[p].role != ES_ROLE_ENDPOINT ||
		    c->s->legs[c->points[i].leg].vantage != c->s->legs[c->points[p].leg].vantage ||
		    !is_passed_on(in, es_cor_point_call(c, i)))
			continue;
		(void)es_addr_ip_text(&in->invite_dst, ip);
		e = es_cor_evidence(v);
		es_cor_add_slice(e, c->points[p].name);
		es_cor_add_text(e, " is declared an endpoint, but ");
		es_cor_add_text(e, ip);
		es_cor_add_text(e, " passes the call on there");
		return true;
	}
	return false;
}

/* The nearest point before (step -1) or behind (1) another one that is no endpoint; n_points: there is none. */
static uint32_t
neighbour(const struct es_cor_joined_call *c, uint32_t p, int step)
{
	for (uint32_t i = p + (uint32_t)step; i < c->n_points; i += (uint32_t)step) {
		if (c->points[i].role != ES_ROLE_ENDPOINT &&
		    c->s->legs[c->points[i].leg].vantage != c->s->legs[c->points[p].leg].vantage)
			return i;
	}
	return c->n_points;
}

/* An endpoint between others that are none, in the order that the signalling gives. */
static void
note_inside(const struct es_cor_joined_call *c, uint32_t p, struct es_verdict *v)
{
	uint32_t before = neighbour(c, p, -1), behind = neighbour(c, p, 1);
	struct es_evidence *e;

	if (c->points[p].role != ES_ROLE_ENDPOINT || es_cor_point_call(c, p) == NULL ||
	    before == c->n_points || behind == c->n_points)
		return;
	e = es_cor_evidence(v);
	es_cor_add_slice(e, c->points[p].name);
	es_cor_add_text(e, " is declared an endpoint, but the signalling passes through it from ");
	es_cor_add_slice(e, c->points[before].name);
	es_cor_add_text(e, " to ");
	es_cor_add_slice(e, c->points[behind].name);
}

void
es_cor_roles_evidence(const struct es_cor_joined_call *c, struct es_verdict *v)
{
	for (uint32_t p = 0; p < c->n_points; p++) {
		if (!passes_through(c, p, v))
			note_inside(c, p, v);
	}
}
