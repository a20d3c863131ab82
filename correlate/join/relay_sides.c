/* SPDX-License-Identifier: Apache-2.0 */
/* The two sides of a relay in one dialog. */
#include "correlate/join/relay_sides.h"

#include "correlate/input/fit.h"
#include "correlate/join/stream_view.h"

/* Call records of one Call-ID at a vantage point: with more, they do not say who relays. */
enum { RECORDS_MAX = 16 };

/* Which sides of a dialog named an address in their SDP. */
enum named_by { BY_CALLER = 1, BY_CALLEE = 2 };

static unsigned
named_by(const struct es_call *call, const struct es_addr *addr)
{
	int caller = es_cor_fit_among(addr, call->caller_media, call->n_caller_media);
	int callee = es_cor_fit_among(addr, call->callee_media, call->n_callee_media);

	return (caller == ES_COR_FIT_ADDRESS ? BY_CALLER : 0) |
	       (callee == ES_COR_FIT_ADDRESS ? BY_CALLEE : 0);
}

/* Whether SDP of a Call-ID names one port as the caller's alone, and the other one as the callee's alone. */
static bool
are_of_both_roles(const struct es_cor_solve *s, uint32_t vantage, es_slice call_id,
    const struct es_addr *port_a, const struct es_addr *port_b)
{
	const struct es_cor_call *calls = s->store->calls;
	uint32_t e = es_cor_index_first(&s->calls, es_cor_call_hash(s, vantage, call_id));
	unsigned a = 0, b = 0;

	for (uint32_t n = 0; e != ES_COR_INDEX_END; n++, e = s->calls.entries[e].next) {
		const struct es_cor_call *c = &calls[s->calls.entries[e].item];

		es_cor_count(s, 1);
		if (n == RECORDS_MAX)
			return false;
		if (c->vantage != vantage || c->rec.call_id.p != call_id.p)
			continue;
		a |= named_by(&c->rec, port_a);
		b |= named_by(&c->rec, port_b);
	}
	return (a == BY_CALLER && b == BY_CALLEE) || (a == BY_CALLEE && b == BY_CALLER);
}

/* A stream that comes to a port of a host or goes from it. */
struct end {
	const struct es_addr *port;
	const struct es_addr *peer;
};

/* Whether one host has a port for each of two streams, whose other ends are on two other hosts. */
static bool
has_two_ports(const struct end *x, const struct end *y)
{
	return es_addr_same_ip(x->port, y->port) && x->port->port != y->port->port &&
	       !es_addr_same_ip(x->peer, y->peer) && !es_addr_same_ip(x->peer, x->port) &&
	       !es_addr_same_ip(y->peer, y->port);
}

bool
es_cor_are_relay_sides(const struct es_cor_solve *s, const struct es_cor_stream_view *v,
    const struct es_cor_stream_view *w)
{
	const struct es_cor_stream *stream = es_cor_stream_of(s, v);
	const struct es_stream_key *x = &stream->key, *y = &es_cor_stream_of(s, w)->key;
	const struct end of_x[2] = { { &x->src, &x->dst }, { &x->dst, &x->src } };
	const struct end of_y[2] = { { &y->src, &y->dst }, { &y->dst, &y->src } };

	if (s->store->vantages[stream->vantage].role == ES_ROLE_ENDPOINT || /* it relays nothing */
	    v->call_id.n == 0 || v->call_id.p != w->call_id.p ||
	    (!es_cor_stream_view_runs_with(v, w) && !es_cor_stream_view_runs_with(w, v)))
		return false;
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++)
			if (has_two_ports(&of_x[i], &of_y[k]) &&
			    are_of_both_roles(
				s, stream->vantage, v->call_id, of_x[i].port, of_y[k].port))
				return true;
	return false;
}
