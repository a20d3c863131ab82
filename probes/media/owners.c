/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls own a stream. */
#include "probes/media/owners.h"

#include "probes/call/relation.h"
#include "probes/media/flows.h"
#include "probes/media/stream_deadline.h"

static const struct es_dialog *
call_of(const struct es_streams *t, const struct es_media *m)
{
	return es_dialog_at(t->dialogs, m->call);
}

static bool
is_live(const struct es_streams *t, const struct es_media *m)
{
	return call_of(t, m)->step != ES_DIALOG_OVER && !es_time_before(m->expires, t->c->clock);
}

/* Where the other side of the same call announced an address; NULL: nowhere. */
static const struct es_media *
opposite(const struct es_streams *t, const struct es_media *m, const struct es_addr *addr)
{
	uint32_t i = es_media_table_of_call(t->c, t->media, addr, m->call);
	const struct es_media *o = i != ES_POOL_NONE ? es_media_table_at(t->media, i) : NULL;

	return o != NULL && o->is_caller != m->is_caller ? o : NULL;
}

/* Whether the sender's side of the call of a announced an address that that of b announced. */
static bool
knows_sender(const struct es_streams *t, const struct es_media *a, const struct es_media *b)
{
	for (uint32_t i = call_of(t, a)->media; i != ES_POOL_NONE;) {
		const struct es_media *m = es_media_table_at(t->media, i);

		if (m->is_caller != a->is_caller && opposite(t, b, &m->addr) != NULL)
			return true;
		i = m->call_next;
	}
	return false;
}

/* Whether the other side of the call of m announced a port of a host. */
static bool
knows_host(const struct es_streams *t, const struct es_media *m, const struct es_addr *host)
{
	for (uint32_t i = call_of(t, m)->media; i != ES_POOL_NONE;) {
		const struct es_media *o = es_media_table_at(t->media, i);

		if (o->is_caller != m->is_caller && es_addr_same_ip(&o->addr, host))
			return true;
		i = o->call_next;
	}
	return false;
}

/*
 * Whether two calls that announced dst share what comes there from src. One of them may name another port
 * of that host, where a NAT or the B2BUA renumbered it on one leg.
 */
static bool
is_shared(const struct es_streams *t, const struct es_media *a, const struct es_media *b,
    const struct es_addr *src)
{
	const struct es_dialog *d = call_of(t, a), *e = call_of(t, b);
	bool knows_a, knows_b;

	if (a->call == b->call || es_relation_is_same_hop(d, e) ||
	    es_relation_is_over_before(d, e) || es_relation_is_over_before(e, d))
		return false;
	knows_a = opposite(t, a, src) != NULL;
	knows_b = opposite(t, b, src) != NULL;
	if (knows_a && knows_b)
		return true;
	if ((knows_a || knows_b) && es_relation_is_set_up_with(d, e) && knows_host(t, a, src) &&
	    knows_host(t, b, src))
		return true;
	return !knows_a && knows_sender(t, a, b);
}

/*
 * Whether the B2BUA passed the address on: it received on the leg of `from` what it sent on the leg of `to`. If
 * it has another host on each side, one leg was answered within the other one, by another host. A sender that
 * only the leg of `from` knows is the B2BUA's own relay.
 */
static bool
is_handed_on(const struct es_streams *t, const struct es_media *to, const struct es_media *from)
{
	const struct es_dialog *d = call_of(t, to), *e = call_of(t, from);
	bool is_first = es_time_before(d->start, e->start);

	if (to->host.family == 0 || from->host.family == 0 ||
	    es_addr_same_ip(&to->host, &from->host))
		return false;
	return es_addr_same_ip(&to->host, &from->peer) ||
	       (to->is_caller == from->is_caller && is_first != to->is_caller &&
		   es_relation_is_answered_within(d, e));
}

/*
 * Whether two calls that announced dst share what comes there from src although one of them alone knows
 * src: media that bypass a relay in this direction, and in the other one do not.
 */
static bool
is_half_shared(const struct es_streams *t, const struct es_media *a, const struct es_media *b,
    const struct es_addr *src)
{
	const struct es_dialog *d = call_of(t, a), *e = call_of(t, b);
	bool knows_a = opposite(t, a, src) != NULL, knows_b = opposite(t, b, src) != NULL;

	if (knows_a == knows_b || a->call == b->call || a->rank != ES_MEDIA_SAID ||
	    b->rank != ES_MEDIA_SAID || es_relation_is_same_hop(d, e) ||
	    es_relation_is_over_before(d, e) || es_relation_is_over_before(e, d))
		return false;
	return es_relation_is_answered(d) && es_relation_is_answered(e) &&
	       es_relation_is_set_up_with(d, e) &&
	       (knows_a ? is_handed_on(t, a, b) : is_handed_on(t, b, a));
}

/*
 * Those of n that share with m what comes from src, in the order their calls began, which two never do.
 * with_halves: where one of two calls knows src.
 */
static unsigned
sharers(const struct es_streams *t, const struct es_media *m, const struct es_addr *src,
    bool with_halves, const uint32_t *holder, unsigned n, uint32_t *out)
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct es_media *o = es_media_table_at(t->media, holder[i]);
		unsigned at = k;

		if (!is_shared(t, m, o, src) && !(with_halves && is_half_shared(t, m, o, src)))
			continue;
		for (unsigned j = 0; j < k; j++)
			if (es_relation_is_same_hop(
				call_of(t, o), call_of(t, es_media_table_at(t->media, out[j]))))
				return 0; /* two uses of one port: it is unknown which one */
		for (; at > 0 && call_of(t, o)->serial <
				     call_of(t, es_media_table_at(t->media, out[at - 1]))->serial;
		     at--)
			out[at] = out[at - 1];
		out[at] = holder[i];
		k++;
	}
	return k;
}

/* Whether a is the better owner of packets from src. */
static bool
is_better(const struct es_streams *t, const struct es_media *a, const struct es_media *b,
    const struct es_addr *src)
{
	bool knows_a = opposite(t, a, src) != NULL;

	if (is_live(t, a) != is_live(t, b))
		return is_live(t, a);
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (knows_a != (opposite(t, b, src) != NULL))
		return knows_a;
	if (a->rank == ES_MEDIA_CANDIDATE)
		return call_of(t, a)->serial < call_of(t, b)->serial;
	return a->generation > b->generation;
}

uint32_t
es_owners_find(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst,
    uint32_t reverse_call)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX], shared[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, dst, holder);
	uint32_t best = ES_POOL_NONE;
	unsigned k;

	for (unsigned i = 0; i < n; i++) {
		const struct es_media *m = es_media_table_at(t->media, holder[i]);

		if (!es_time_before(m->expires, t->c->clock) &&
		    (best == ES_POOL_NONE ||
			is_better(t, m, es_media_table_at(t->media, best), src)))
			best = holder[i];
	}
	if (n < 2 || best == ES_POOL_NONE ||
	    es_media_table_at(t->media, best)->call == reverse_call)
		return best;
	k = sharers(t, es_media_table_at(t->media, best), src, false, holder, n, shared);
	for (unsigned i = k; i-- > 0;) {
		const struct es_media *m = es_media_table_at(t->media, shared[i]);

		if (m->call == reverse_call)
			return shared[i];
		if (is_live(t, m) &&
		    call_of(t, m)->serial < call_of(t, es_media_table_at(t->media, best))->serial)
			best = shared[i];
	}
	return best;
}

bool
es_owners_is_sole(const struct es_streams *t, uint32_t media, const struct es_addr *src)
{
	const struct es_media *m = es_media_table_at(t->media, media);
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, &m->addr, holder);

	for (unsigned i = 0; i < n; i++) {
		const struct es_media *o = es_media_table_at(t->media, holder[i]);

		if (o->call != m->call && is_live(t, o) && !is_shared(t, m, o, src))
			return false;
	}
	return true;
}

uint32_t
es_owners_other_side(const struct es_streams *t, const struct es_media *m)
{
	for (uint32_t i = call_of(t, m)->media; i != ES_POOL_NONE;) {
		const struct es_media *o = es_media_table_at(t->media, i);

		if (o->is_caller != m->is_caller)
			return i;
		i = o->call_next;
	}
	return ES_POOL_NONE;
}

/* Entries of an address that share packets between it and another end with a call. */
static unsigned
shared_at(const struct es_streams *t, uint32_t call, const struct es_addr *at,
    const struct es_addr *other, bool with_halves, uint32_t shared[ES_MEDIA_HOLDERS_MAX])
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, at, holder);
	uint32_t own = n < 2 ? ES_POOL_NONE : es_media_table_of_call(t->c, t->media, at, call);
	const struct es_media *m;
	unsigned k;

	if (own == ES_POOL_NONE)
		return 0;
	m = es_media_table_at(t->media, own);
	k = sharers(t, m, other, with_halves, holder, n, shared);
	return k > 0 ? k : sharers(t, m, other, false, holder, n, shared);
}

/* Adds a call to those in the order they began. */
static unsigned
insert(const struct es_streams *t, uint32_t call, uint32_t calls[ES_STREAM_OTHERS_MAX], unsigned n)
{
	unsigned at = n;

	for (unsigned i = 0; i < n; i++)
		if (calls[i] == call)
			return n;
	if (n == ES_STREAM_OTHERS_MAX)
		return n;
	for (; at > 0 && es_dialog_at(t->dialogs, call)->serial <
			     es_dialog_at(t->dialogs, calls[at - 1])->serial;
	     at--)
		calls[at] = calls[at - 1];
	calls[at] = call;
	return n + 1;
}

unsigned
es_owners_others(const struct es_streams *t, const struct es_stream_state *s,
    uint32_t calls[ES_STREAM_OTHERS_MAX])
{
	uint32_t at_dst[ES_MEDIA_HOLDERS_MAX], at_src[ES_MEDIA_HOLDERS_MAX];
	unsigned n_dst, n_src, n = 0;

	if (s->owner.call == ES_POOL_NONE)
		return 0;
	n_dst = shared_at(t, s->owner.call, &s->id.key.dst, &s->id.key.src, true, at_dst);
	/* A leg that knows the target by another port, or not at all, shares the reverse direction. */
	n_src = shared_at(t, s->owner.call, &s->id.key.src, &s->id.key.dst, false, at_src);
	for (unsigned i = 0; i < n_dst; i++)
		n = insert(t, es_media_table_at(t->media, at_dst[i])->call, calls, n);
	for (unsigned i = 0; i < n_src; i++)
		n = insert(t, es_media_table_at(t->media, at_src[i])->call, calls, n);
	return n;
}

void
es_owners_share(struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX];
	unsigned n = es_owners_others(t, s, calls);

	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d = es_dialog_at(t->dialogs, calls[i]);
		uint32_t to = es_media_table_of_call(t->c, t->media, &s->id.key.dst, calls[i]);
		uint32_t from = es_media_table_of_call(t->c, t->media, &s->id.key.src, calls[i]);

		if (!es_dialog_add_stream(d, &s->id.key))
			continue;
		es_dialog_media_began(d, s->record.start,
		    to != ES_POOL_NONE
			? es_media_table_at(t->media, to)->is_caller
			: from != ES_POOL_NONE && !es_media_table_at(t->media, from)->is_caller);
		es_dialog_emit(t->dialogs, d, t->c->clock);
	}
}

bool
es_owners_go_on(const struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX];
	unsigned n = es_owners_others(t, s, calls);

	for (unsigned i = 0; i < n; i++)
		if (es_dialog_at(t->dialogs, calls[i])->step != ES_DIALOG_OVER)
			return true;
	return false;
}

/* Its calls have ended. */
static void
end_soon(struct es_streams *t, struct es_stream_state *s, es_time at)
{
	s->owner.call_end = at;
	es_stream_deadline_set(t, s);
}

void
es_owners_call_ended(struct es_streams *t, uint32_t call, es_time at)
{
	const struct es_dialog *d = es_dialog_at(t->dialogs, call);

	for (uint32_t i = d->streams; i != ES_POOL_NONE;) {
		struct es_stream_state *s = es_stream_at(t, i);

		i = s->owner.call_next;
		if (!es_owners_go_on(t, s))
			end_soon(t, s, at);
	}
	for (unsigned i = 0; i < d->n_streams; i++) {
		const struct es_call_stream *k = &d->stream[i];
		struct es_stream_state *s = es_flow_find_open(t, &k->src, &k->dst, k->ssrc);

		if (s != NULL && s->owner.call != call && s->owner.call != ES_POOL_NONE &&
		    s->owner.call_end.ns == 0 &&
		    es_dialog_at(t->dialogs, s->owner.call)->step == ES_DIALOG_OVER &&
		    !es_owners_go_on(t, s))
			end_soon(t, s, at);
	}
}
