/* SPDX-License-Identifier: Apache-2.0 */
/* Which streams SDP took a relay out of. */
#include "probes/media/passed.h"

#include "probes/media/flows.h"
#include "probes/media/withdrawn.h"

/* An address that a side withdrew, and the one that it named instead. */
struct move {
	const struct es_media *left;
	const struct es_media *named;
	es_time from;
	es_time until;
};

/* Whether the second address took the first one's place. A hold names none. */
static bool
find_move(const struct es_streams *t, const struct es_media *left, const struct es_media *named,
    struct move *x)
{
	x->left = left;
	x->named = named;
	x->from = left->is_away ? left->left_at : left->away_at;
	x->until = left->is_away ? t->c->clock : left->back_at;
	return x->from.ns != 0 && !left->is_held && es_addr_eq(&left->left_for, &named->addr) &&
	       left->is_caller == named->is_caller && left->addr.family != 0 &&
	       named->addr.family != 0 && !es_addr_same_ip(&left->addr, &named->addr) &&
	       (named->is_away ? es_time_before(x->from, named->left_at) : !named->wants_none);
}

/* Whether a stream fell silent at about the time of a move. */
static bool
is_about(const struct move *x, const struct es_stream_state *s, uint32_t silent_ms)
{
	int64_t ns = es_time_diff(x->from, s->prev_at);

	return ns >= -ES_WITHDRAWN_SLACK_MS * ES_NS_PER_MS && ns < silent_ms * ES_NS_PER_MS;
}

/* Whether a call has media that went to an address before a time. */
static bool
has_sent_to(
    const struct es_streams *t, const struct es_dialog *d, const struct es_addr *to, es_time before)
{
	for (unsigned i = 0; i < d->n_streams; i++) {
		const struct es_call_stream *k = &d->stream[i];
		const struct es_stream_state *o =
		    es_addr_eq(&k->dst, to) ? es_flow_find(t, &k->src, &k->dst, k->ssrc) : NULL;

		if (o != NULL && o->life != ES_STREAM_UNPROVEN &&
		    es_time_before(o->record.start, before))
			return true;
	}
	return false;
}

/* Whether the address that was named is the one that media went on to before. */
static bool
leads_on(const struct es_streams *t, const struct move *x)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, &x->named->addr, holder);

	for (unsigned i = 0; i < n; i++)
		if (has_sent_to(t,
			es_dialog_at(t->dialogs, es_media_table_at(t->media, holder[i])->call),
			&x->named->addr, x->from))
			return true;
	return false;
}

/* Whether a move is about a stream to the relay, or about one behind it that had begun before. */
static bool
takes(const struct es_streams *t, const struct move *x, const struct es_stream_state *s)
{
	if (es_addr_eq(&x->left->addr, &s->id.key.dst))
		return x->left->call == s->owner.call && leads_on(t, x);
	return es_addr_eq(&x->named->addr, &s->id.key.dst) &&
	       es_time_before(s->record.start, x->from);
}

/* Until when a stream went past because one address took another one's place, 0: it did not. */
static es_time
until_of(const struct es_streams *t, const struct es_stream_state *s, const struct es_media *left,
    const struct es_media *named, uint32_t silent_ms)
{
	struct move x;

	return find_move(t, left, named, &x) && is_about(&x, s, silent_ms) && takes(t, &x, s)
		   ? x.until
		   : es_time_of_ns(0);
}

es_time
es_passed_until(const struct es_streams *t, const struct es_stream_state *s, uint32_t silent_ms)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, &s->id.key.dst, holder);
	es_time until = es_time_of_ns(0);

	for (unsigned i = 0; i < n; i++) {
		const struct es_media *m = es_media_table_at(t->media, holder[i]);
		uint32_t k = es_dialog_at(t->dialogs, m->call)->media;

		for (; k != ES_POOL_NONE; k = es_media_table_at(t->media, k)->call_next) {
			const struct es_media *o = es_media_table_at(t->media, k);

			until = es_time_max(until, until_of(t, s, m, o, silent_ms));
			until = es_time_max(until, until_of(t, s, o, m, silent_ms));
		}
	}
	return until;
}

/* Whether packets between two hosts were seen in a call, either way. */
static bool
has_between(const struct es_dialog *d, const struct es_addr *a, const struct es_addr *b)
{
	for (unsigned i = 0; i < d->n_streams; i++) {
		const struct es_call_stream *k = &d->stream[i];

		if ((es_addr_same_ip(&k->src, a) && es_addr_same_ip(&k->dst, b)) ||
		    (es_addr_same_ip(&k->src, b) && es_addr_same_ip(&k->dst, a)))
			return true;
	}
	return d->n_streams == ES_CALL_STREAMS_MAX;
}

bool
es_passed_is_withdrawn(
    const struct es_streams *t, const struct es_stream_state *s, uint32_t silent_ms)
{
	uint32_t i = es_media_table_of_call(t->c, t->media, &s->id.key.dst, s->owner.call);
	const struct es_dialog *d = es_dialog_at(t->dialogs, s->owner.call);
	const struct es_media *left;
	struct move x;

	if (i == ES_POOL_NONE)
		return false;
	left = es_media_table_at(t->media, i);
	for (i = d->media; i != ES_POOL_NONE; i = es_media_table_at(t->media, i)->call_next) {
		const struct es_media *named = es_media_table_at(t->media, i);

		if (left->is_away && find_move(t, left, named, &x) && is_about(&x, s, silent_ms) &&
		    !has_between(d, &s->id.key.src, &named->addr))
			return true;
	}
	return false;
}

/* Whether an address is of one side of a call and another one of the other side. */
static bool
are_opposite(const struct es_streams *t, const struct es_dialog *d, const struct es_addr *a,
    const struct es_addr *b)
{
	uint32_t i = es_media_table_of_call(t->c, t->media, a, d->index);
	uint32_t k = es_media_table_of_call(t->c, t->media, b, d->index);

	return i != ES_POOL_NONE && k != ES_POOL_NONE &&
	       es_media_table_at(t->media, i)->is_caller !=
		   es_media_table_at(t->media, k)->is_caller;
}

/* Whether the side of a call that does not receive at an address ever named a host. */
static bool
was_named_to(const struct es_streams *t, const struct es_dialog *d, const struct es_addr *receiver,
    const struct es_addr *relay)
{
	for (uint32_t k = d->media; k != ES_POOL_NONE;
	     k = es_media_table_at(t->media, k)->call_next)
		if (es_addr_same_ip(&es_media_table_at(t->media, k)->addr, relay) &&
		    are_opposite(t, d, receiver, &es_media_table_at(t->media, k)->addr))
			return true;
	return false;
}

/* The two streams of a direction that is relayed, each with its leg. */
struct relayed {
	const struct es_dialog *leg_in; /* of the sender and the relay */
	const struct es_addr *sender;
	const struct es_addr *relay_in;
	const struct es_dialog *leg_out; /* of the relay and the receiver */
	const struct es_addr *relay_out;
	const struct es_addr *receiver;
};

/* Whether SDP made the receiver send to the sender itself, at an address of both legs, and never to the relay. */
static bool
is_past(const struct es_streams *t, const struct relayed *r, const struct es_addr *named)
{
	return es_addr_same_ip(r->sender, named) && es_addr_same_ip(r->relay_in, r->relay_out) &&
	       !es_addr_same_ip(r->relay_in, named) && !es_addr_same_ip(r->receiver, named) &&
	       !es_addr_same_ip(r->receiver, r->relay_in) &&
	       are_opposite(t, r->leg_in, named, r->relay_in) &&
	       are_opposite(t, r->leg_out, named, r->receiver) &&
	       !was_named_to(t, r->leg_out, r->receiver, r->relay_in);
}

/* Whether a stream and one of another leg that has an address, or of the same, are the two of such a direction. */
static bool
is_past_with(const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d,
    const struct es_dialog *e, const struct es_addr *named)
{
	const struct es_stream_key *x = &s->id.key;

	for (unsigned i = 0; i < e->n_streams; i++) {
		const struct es_call_stream *k = &e->stream[i];

		if (is_past(
			t, &(struct relayed){ d, &x->src, &x->dst, e, &k->src, &k->dst }, named) ||
		    is_past(
			t, &(struct relayed){ e, &k->src, &k->dst, d, &x->src, &x->dst }, named))
			return true;
	}
	return false;
}

bool
es_passed_reverse(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];

	for (uint32_t k = d->media; k != ES_POOL_NONE;
	     k = es_media_table_at(t->media, k)->call_next) {
		const struct es_media *m = es_media_table_at(t->media, k);
		unsigned n = m->is_away || m->wants_none
				 ? 0
				 : es_media_table_holders(t->c, t->media, &m->addr, holder);

		for (unsigned i = 0; i < n; i++)
			if (is_past_with(t, s, d,
				es_dialog_at(
				    t->dialogs, es_media_table_at(t->media, holder[i])->call),
				&m->addr))
				return true;
	}
	return false;
}
