/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about a stream that need its call or the other streams of it. */
#include "probes/media/findings.h"

#include "probes/media/flows.h"
#include "probes/media/halves.h"
#include "probes/media/orphans.h"
#include "probes/media/passed.h"

static bool
is_set(es_time t)
{
	return t.ns != 0;
}

static uint32_t
ms_between(es_time from, es_time to)
{
	int64_t ms = es_time_diff(to, from) / ES_NS_PER_MS;

	return ms <= 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (uint32_t)ms;
}

/* Both directions are open, or not any more. */
static void
update_both(struct es_dialog *d, es_time at)
{
	bool open = (is_set(d->answered_at) || d->began_unseen) && d->step == ES_DIALOG_UP &&
		    d->side[0].can_talk && d->side[1].can_talk;

	if (open && !is_set(d->both_since)) {
		d->both_since = at;
		d->both_last = at;
		if (!is_set(d->both_first))
			d->both_first = at;
	} else if (!open && is_set(d->both_since)) {
		d->both_ms += ms_between(d->both_since, at);
		d->both_until = at;
		d->both_since = es_time_of_ns(0);
	}
}

void
es_findings_sdp(struct es_dialog *d, unsigned side, bool can_send_and_receive, es_time at)
{
	d->side[side].can_talk = can_send_and_receive;
	update_both(d, at);
}

void
es_findings_answered(struct es_dialog *d, es_time at)
{
	update_both(d, at);
}

void
es_findings_over(struct es_dialog *d, es_time at)
{
	update_both(d, at);
}

/* Which side announced an address in this call; -1: neither, or the address is not known any more. */
static int
side_of(const struct es_streams *t, uint32_t call, const struct es_addr *addr)
{
	uint32_t i = es_media_table_of_call(t->c, t->media, addr, call);

	if (i == ES_POOL_NONE)
		return -1;
	return es_media_table_at(t->media, i)->is_caller ? 1 : 0;
}

/*
 * A call may have several legs at this vantage, and a host several of its streams. The side that announced its
 * destination shows the direction of a stream, its hosts show the leg. If no side announced an address, the
 * hosts must show both.
 */
enum direction { DIRECTION_NONE = 0, DIRECTION_SAME, DIRECTION_REVERSE };

static enum direction
direction_of(const struct es_streams *t, const struct es_stream_state *s, const struct es_addr *src,
    const struct es_addr *dst)
{
	bool same = es_addr_same_ip(src, &s->id.key.src) || es_addr_same_ip(dst, &s->id.key.dst);
	bool back = es_addr_same_ip(src, &s->id.key.dst) || es_addr_same_ip(dst, &s->id.key.src);
	int side = side_of(t, s->owner.call, &s->id.key.dst);
	int other = side_of(t, s->owner.call, dst);

	if (side >= 0 && other >= 0) {
		if (side == other)
			return same ? DIRECTION_SAME : DIRECTION_NONE;
		return back ? DIRECTION_REVERSE : DIRECTION_NONE;
	}
	if (es_addr_same_ip(src, &s->id.key.dst) && es_addr_same_ip(dst, &s->id.key.src) &&
	    !es_addr_same_ip(src, dst))
		return DIRECTION_REVERSE;
	if (es_addr_same_ip(src, &s->id.key.src) && es_addr_same_ip(dst, &s->id.key.dst))
		return DIRECTION_SAME;
	return DIRECTION_NONE;
}

/* Whether RTP of the other direction was seen on the stream's leg; true if that is unknown. */
static bool
has_reverse(const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	if (d->n_streams == ES_CALL_STREAMS_MAX)
		return true;
	for (unsigned i = 0; i < d->n_streams; i++)
		if (direction_of(t, s, &d->stream[i].src, &d->stream[i].dst) == DIRECTION_REVERSE)
			return true;
	return es_flow_index(t, &s->id.key.dst, &s->id.key.src) != ES_POOL_NONE ||
	       es_orphans_flow(t, &s->id.key.dst, &s->id.key.src);
}

/* A stream of a call that was heard in its time, open or over; NULL: none that is remembered. */
static const struct es_stream_state *
heard_of(const struct es_streams *t, const struct es_dialog *d, const struct es_call_stream *k)
{
	uint32_t flow = es_flow_index(t, &k->src, &k->dst);
	uint32_t i = ES_POOL_NONE;

	if (flow != ES_POOL_NONE)
		i = ((const struct es_flow *)es_pool_at(&t->flows, flow))->streams;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next) {
		const struct es_stream_state *o = es_stream_at(t, i);

		if (o->id.key.ssrc == k->ssrc && o->life != ES_STREAM_UNPROVEN &&
		    !es_time_before(o->prev_at, d->begun))
			return o;
	}
	return NULL;
}

/* Whether its sender hears what another leg owns: packets came to the address that it sends from. */
static bool
hears_another_leg(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, &s->id.key.src, holder);

	if (es_media_table_of_call(t->c, t->media, &s->id.key.src, s->owner.call) == ES_POOL_NONE)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct es_dialog *e =
		    es_dialog_at(t->dialogs, es_media_table_at(t->media, holder[i])->call);

		for (unsigned j = 0; j < e->n_streams && e != d; j++) {
			const struct es_call_stream *k = &e->stream[j];
			const struct es_stream_state *o =
			    es_addr_eq(&k->dst, &s->id.key.src) ? heard_of(t, e, k) : NULL;

			if (o != NULL && !es_time_before(o->prev_at, d->both_first))
				return true;
		}
	}
	return false;
}

/* Whether both sides of a call could talk for a while and the stream ran on meanwhile. */
static bool
was_open(const struct es_stream_state *s, const struct es_dialog *d)
{
	uint64_t both_ms = d->both_ms;

	if (!is_set(d->both_first))
		return false;
	if (is_set(d->both_since))
		both_ms += ms_between(d->both_since, s->prev_at);
	return both_ms >= ES_ONE_WAY_MIN_MS &&
	       ms_between(d->both_first, s->prev_at) >= ES_ONE_WAY_MIN_MS;
}

/* Each leg that shares the stream counts: a hold may be known on one leg only. */
static bool
is_one_way(const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX];
	unsigned n;

	if (!was_open(s, d) || (s->record.coverage.flags & ES_COV_EVICTED) != 0 ||
	    (d->coverage.flags & ES_COV_SHED_RTP) != 0 ||
	    ms_between(s->record.start, s->prev_at) < ES_ONE_WAY_MIN_MS)
		return false;
	n = es_halves_others(t, s, calls);
	for (unsigned i = 0; i < n; i++)
		if (!was_open(s, es_dialog_at(t->dialogs, calls[i])))
			return false;
	return !has_reverse(t, s, d) && !hears_another_leg(t, s, d) &&
	       !es_halves_may_hear(t, s, d) && !es_passed_reverse(t, s, d);
}

/*
 * From when on packets were missing: the last came or went past, or the last time both directions were opened
 * after it.
 */
static es_time
missing_from(es_time last, const struct es_dialog *d)
{
	return es_time_max(last, d->both_last);
}

/* For how long both directions have been open since then. */
static uint32_t
open_after(es_time from, const struct es_dialog *d, es_time now)
{
	if (!is_set(d->both_last))
		return 0;
	return ms_between(from, is_set(d->both_since) ? now : d->both_until);
}

/* Whether a call, and each that shares the stream, was open for long enough since a time. */
static bool
was_open_after(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_dialog *d, es_time last)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX];
	unsigned n;

	if (open_after(missing_from(last, d), d, t->c->clock) < ES_STOPPED_MIN_MS)
		return false;
	n = es_halves_others(t, s, calls);
	for (unsigned i = 0; i < n; i++) {
		const struct es_dialog *e = es_dialog_at(t->dialogs, calls[i]);

		if (open_after(missing_from(last, e), e, t->c->clock) < ES_STOPPED_MIN_MS)
			return false;
	}
	return true;
}

/* Whether a stream that another leg owns and this one shares has its direction since then. */
static bool
is_continued_by_other(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	for (unsigned i = 0; i < d->n_streams; i++) {
		const struct es_call_stream *k = &d->stream[i];
		const struct es_stream_state *o = es_flow_find_open(t, &k->src, &k->dst, k->ssrc);

		if (o != NULL && o->owner.call != s->owner.call &&
		    es_time_before(s->prev_at, o->prev_at) &&
		    direction_of(t, s, &k->src, &k->dst) == DIRECTION_SAME)
			return true;
	}
	return false;
}

/* The directions of its leg in which others sent after it fell silent. */
struct later_media {
	bool same;
	bool back;
};

/* Notes which directions of its leg carry sound after a stream's last packet. */
static void
look_at_later(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_stream_state *o, es_time enough, struct later_media *b)
{
	enum es_stream_kind kind = es_stream_kind(o);
	enum direction direction;

	if (o == s || (kind != ES_KIND_AUDIO && kind != ES_KIND_UNKNOWN) ||
	    !es_time_before(s->prev_at, o->prev_at))
		return;
	direction = direction_of(t, s, &o->id.key.src, &o->id.key.dst);
	b->same |= direction == DIRECTION_SAME;
	b->back |= direction == DIRECTION_REVERSE && !es_time_before(o->prev_at, enough);
}

/*
 * Whether it fell silent while the other direction of its leg continued, for long enough from last on. It is no pause
 * of speech, since it had none before, and no hold, and nothing else came in its direction. At the end of a capture
 * the other streams may have ended, and another leg may own the other direction.
 */
static bool
is_silent_from(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_dialog *d, es_time last)
{
	es_time enough = es_time_add(missing_from(last, d), ES_STOPPED_MIN_MS * ES_NS_PER_MS);
	struct later_media b = { false, false };

	if (s->changes.silences > 0 || s->changes.comfort > 0 || s->begins_again ||
	    ((s->record.coverage.flags | d->coverage.flags) & (ES_COV_EVICTED | ES_COV_SHED_RTP)) !=
		0 ||
	    !was_open_after(t, s, d, last))
		return false;
	for (uint32_t i = d->streams; i != ES_POOL_NONE; i = es_stream_at(t, i)->owner.call_next)
		look_at_later(t, s, es_stream_at(t, i), enough, &b);
	for (unsigned i = 0; i < d->n_streams && !b.same; i++) {
		const struct es_stream_state *o = heard_of(t, d, &d->stream[i]);

		if (o != NULL && (o->life == ES_STREAM_ENDED || o->owner.call != s->owner.call))
			look_at_later(t, s, o, enough, &b);
	}
	return b.back && !b.same && !is_continued_by_other(t, s, d);
}

/* Whether it stopped, and whether SDP withdrew its destination, which may be why. */
static uint32_t
how_it_ended(const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d)
{
	es_time until = es_passed_until(t, s, ES_STOPPED_MIN_MS);
	uint32_t findings = 0;

	if (!is_silent_from(t, s, d, s->prev_at))
		return 0;
	if (is_silent_from(t, s, d, es_time_max(s->prev_at, until)))
		findings |= ES_FINDING_STOPPED;
	if (es_passed_is_withdrawn(t, s, ES_STOPPED_MIN_MS))
		findings |= ES_FINDING_WITHDRAWN;
	return findings;
}

/* First packet of the other direction of the 5-tuple, 0: none. */
static es_time
reverse_began(const struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t flow = es_flow_index(t, &s->id.key.dst, &s->id.key.src);
	es_time first = es_time_of_ns(0);
	uint32_t i = ES_POOL_NONE;

	if (flow != ES_POOL_NONE)
		i = ((const struct es_flow *)es_pool_at(&t->flows, flow))->streams;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next) {
		const struct es_stream_state *back = es_stream_at(t, i);

		if (back->life != ES_STREAM_UNPROVEN &&
		    (!is_set(first) || es_time_before(back->record.start, first)))
			first = back->record.start;
	}
	return first;
}

/* From when on it was to be expected, 0: unknown. */
static es_time
expected_from(const struct es_streams *t, const struct es_stream_state *s)
{
	const struct es_dialog *d;

	if (s->owner.call == ES_POOL_NONE)
		return reverse_began(t, s);
	d = es_dialog_at(t->dialogs, s->owner.call);
	return d->began_unseen ? es_time_of_ns(0) : d->both_first;
}

static void
report_start(const struct es_streams *t, const struct es_stream_state *s, struct es_stream *r)
{
	es_time from = expected_from(t, s);
	int64_t us = es_time_diff(s->record.start, from) / ES_NS_PER_US;

	if (!s->owner.is_first_of_direction || !is_set(from))
		return;
	r->late_start_us = us > 0 ? (uint64_t)us : 0;
	r->has |= ES_STREAM_HAS_LATE_START;
	if (us > ES_LATE_START_MS * INT64_C(1000))
		r->findings |= ES_FINDING_LATE_START;
}

/* The other SSRC is still there: two streams run at the same time, and neither follows the other. */
static bool
continues(const struct es_stream_state *s, const struct es_stream_state *o)
{
	es_time end = es_time_add(s->record.start, ES_FOLLOWS_OVER_MS * ES_NS_PER_MS);

	return o->id.key.ssrc == s->owner.follows_ssrc && o != s && es_time_before(end, o->prev_at);
}

static bool
has_company(const struct es_streams *t, const struct es_stream_state *s)
{
	const struct es_flow *f = es_pool_at(&t->flows, s->id.flow);
	uint32_t i;

	for (i = f->streams; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next)
		if (continues(s, es_stream_at(t, i)))
			return true;
	i = s->owner.call != ES_POOL_NONE ? es_dialog_at(t->dialogs, s->owner.call)->streams
					  : ES_POOL_NONE;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->owner.call_next)
		if (continues(s, es_stream_at(t, i)))
			return true;
	return false;
}

void
es_findings_report(
    const struct es_streams *t, const struct es_stream_state *s, bool is_end, struct es_stream *r)
{
	report_start(t, s, r);
	if (is_end && r->kind == ES_KIND_AUDIO && s->owner.call != ES_POOL_NONE) {
		const struct es_dialog *d = es_dialog_at(t->dialogs, s->owner.call);

		r->findings |= is_one_way(t, s, d) ? ES_FINDING_ONE_WAY : 0;
		r->findings |= how_it_ended(t, s, d);
	}
	if (!s->owner.has_follows || has_company(t, s) ||
	    (!is_end && ms_between(s->record.start, s->prev_at) < ES_FOLLOWS_WAIT_MS))
		return;
	r->follows_ssrc = s->owner.follows_ssrc;
	r->has |= ES_STREAM_HAS_FOLLOWS;
	r->findings |= ES_FINDING_SSRC_CHANGED;
}

static bool
is_first_of_direction(const struct es_streams *t, const struct es_stream_state *s)
{
	const struct es_flow *f = es_pool_at(&t->flows, s->id.flow);
	const struct es_dialog *d;

	if (s->owner.call == ES_POOL_NONE) {
		for (uint32_t i = f->streams; i != ES_POOL_NONE;
		     i = es_stream_at(t, i)->id.flow_next)
			if (es_stream_at(t, i) != s &&
			    es_stream_at(t, i)->life != ES_STREAM_UNPROVEN)
				return false;
		return s->id.key.restart == 0;
	}
	d = es_dialog_at(t->dialogs, s->owner.call);
	for (unsigned i = 0; i < d->n_streams; i++)
		if (direction_of(t, s, &d->stream[i].src, &d->stream[i].dst) == DIRECTION_SAME)
			return false;
	return d->n_streams < ES_CALL_STREAMS_MAX;
}

/* Takes o for the stream before s if it may be and fell silent later than the one found so far. */
static void
consider(struct es_stream_state *s, const struct es_stream_state *o, es_time *best)
{
	int64_t gap_ms = es_time_diff(s->record.start, o->prev_at) / ES_NS_PER_MS;

	if (o->life != ES_STREAM_OPEN || o->owner.call != s->owner.call ||
	    o->id.key.ssrc == s->id.key.ssrc || !es_time_before(o->record.start, s->record.start) ||
	    gap_ms > ES_FOLLOWS_MAX_MS || gap_ms < -ES_FOLLOWS_OVER_MS ||
	    !es_time_before(*best, o->prev_at))
		return;
	*best = o->prev_at;
	s->owner.follows_ssrc = o->id.key.ssrc;
	s->owner.has_follows = true;
}

void
es_findings_begin(const struct es_streams *t, struct es_stream_state *s)
{
	const struct es_flow *f = es_pool_at(&t->flows, s->id.flow);
	es_time best = es_time_of_ns(INT64_MIN);
	uint32_t i;

	for (i = f->streams; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next)
		consider(s, es_stream_at(t, i), &best);
	i = s->owner.call != ES_POOL_NONE ? es_dialog_at(t->dialogs, s->owner.call)->streams
					  : ES_POOL_NONE;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->owner.call_next) {
		const struct es_stream_state *o = es_stream_at(t, i);

		if (direction_of(t, s, &o->id.key.src, &o->id.key.dst) == DIRECTION_SAME)
			consider(s, o, &best);
	}
	s->owner.is_first_of_direction = is_first_of_direction(t, s);
}
