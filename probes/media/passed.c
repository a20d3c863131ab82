/* SPDX-License-Identifier: Apache-2.0 */
/* Which streams SDP took a relay out of. */
#include "probes/media/passed.h"

#include "probes/media/flows.h"
#include "probes/media/withdrawn.h"

/* An address that a side withdrew, and the one that it named instead. */
struct turn {
	const struct es_media *left;
	const struct es_media *named;
	es_time from;
	es_time until;
};

/* Whether the second address took the first one's place. A hold names none. */
static bool
find_turn(const struct es_streams *t, const struct es_media *left, const struct es_media *named,
    struct turn *x)
{
	x->left = left;
	x->named = named;
	x->from = left->is_away ? left->left_at : left->away_at;
	x->until = left->is_away ? t->c->clock : left->back_at;
	return x->from.ns != 0 && !left->is_held && left != named &&
	       left->is_caller == named->is_caller && left->addr.family != 0 &&
	       named->addr.family != 0 && !es_addr_same_ip(&left->addr, &named->addr) &&
	       (named->is_away ? es_time_before(x->from, named->left_at) : !named->wants_none);
}

/* Whether a stream fell silent at about the time of a turn. */
static bool
is_about(const struct turn *x, const struct es_stream_state *s, uint32_t silent_ms)
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
leads_on(const struct es_streams *t, const struct turn *x)
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

/* Whether a turn is about a stream to the relay, or about one behind it that had begun before. */
static bool
takes(const struct es_streams *t, const struct turn *x, const struct es_stream_state *s)
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
	struct turn x;

	return find_turn(t, left, named, &x) && is_about(&x, s, silent_ms) && takes(t, &x, s)
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
