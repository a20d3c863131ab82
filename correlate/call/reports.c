/* SPDX-License-Identifier: Apache-2.0 */
/* What the receiver beyond the last vantage point reported of the streams that passed it. */
#include "correlate/call/reports.h"

enum {
	EARLY_S =
	    10,      /* a report of a stream may come so long before its first packet that we saw */
	LATE_S = 60, /* and so long after its last: a PUBLISH or a BYE's header sums up the call */
	HEARD_MS =
	    500, /* a receiver has heard packets behind a hole when it reports so long after it */
	SOON_S = 20, /* later reports hold the losses of later times, too */
	BEFORE_S =
	    60, /* so long before a hole the report may be that its losses are counted from */
	RECEIVED_PART = 8, /* of what was sent: who missed at most 1 in so many received it */
	ALL_PPM = 1000000,
	LOOK_MAX =
	    4096, /* reports that name no call; more of one SSRC and host are of many streams */
};

/* By the place of a kept name: equal for equal names; any order will do. */
static int
compare_calls(es_slice a, es_slice b)
{
	uintptr_t x = a.n > 0 ? (uintptr_t)a.p : 0, y = b.n > 0 ? (uintptr_t)b.p : 0;

	return x < y ? -1 : x > y;
}

/* ctx: the reports of the store. By vantage point, SSRC, host of the reporter, call, time. */
static bool
report_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_reported *x = &((const struct es_cor_reported *)ctx)[a];
	const struct es_cor_reported *y = &((const struct es_cor_reported *)ctx)[b];
	int ip = memcmp(x->rec.src.ip, y->rec.src.ip, sizeof(x->rec.src.ip));
	int call = compare_calls(x->rec.call_id, y->rec.call_id);

	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	if (x->rec.subject_ssrc != y->rec.subject_ssrc)
		return x->rec.subject_ssrc < y->rec.subject_ssrc;
	if (ip != 0)
		return ip < 0;
	if (call != 0)
		return call < 0;
	return x->rec.time.ns != y->rec.time.ns ? x->rec.time.ns < y->rec.time.ns : a < b;
}

int
es_cor_reports_sort(struct es_cor_solve *s)
{
	uint32_t n = s->store->n_reported;

	s->reported = es_arena_take(s->mem, n, sizeof(*s->reported));
	if (s->reported == NULL)
		return ES_EFULL;
	for (uint32_t i = 0; i < n; i++)
		s->reported[i] = i;
	es_cor_sort(s->reported, n, report_before, s->store->reported);
	return 0;
}

/* Reports of one call, or without a call, that may be of one stream. */
struct search {
	uint32_t vantage;
	const struct es_stream_key *key;
	es_slice call_id;
	es_time from;
	es_time to;
};

/* Whether report i of the sorted ones stands before what is searched. */
static bool
is_below(const struct es_cor_solve *s, uint32_t i, const struct search *f)
{
	const struct es_cor_reported *r = &s->store->reported[s->reported[i]];
	int ip = memcmp(r->rec.src.ip, f->key->dst.ip, sizeof(f->key->dst.ip));
	int call = compare_calls(r->rec.call_id, f->call_id);

	if (r->vantage != f->vantage)
		return r->vantage < f->vantage;
	if (r->rec.subject_ssrc != f->key->ssrc)
		return r->rec.subject_ssrc < f->key->ssrc;
	if (ip != 0)
		return ip < 0;
	return call != 0 ? call < 0 : es_time_before(r->rec.time, f->from);
}

/* The first of those reports in the sorted ones, or where it would be. */
static uint32_t
first_of(const struct es_cor_solve *s, const struct search *f)
{
	uint32_t low = 0, high = s->store->n_reported;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (is_below(s, mid, f))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Report i of the sorted ones; NULL: those that are searched have ended. */
static const struct es_reported *
report_at(const struct es_cor_solve *s, uint32_t i, const struct search *f)
{
	const struct es_cor_reported *r;

	if (i >= s->store->n_reported)
		return NULL;
	es_cor_count(s, 1);
	r = &s->store->reported[s->reported[i]];
	if (r->vantage != f->vantage || r->rec.subject_ssrc != f->key->ssrc ||
	    !es_addr_same_ip(&r->rec.src, &f->key->dst) ||
	    compare_calls(r->rec.call_id, f->call_id) != 0 || es_time_before(f->to, r->rec.time))
		return NULL;
	return &r->rec;
}

/* Whether reports first..i are too many of no call to be of one stream. */
static bool
is_too_many(const struct search *f, uint32_t first, uint32_t i)
{
	return f->call_id.n == 0 && i - first >= LOOK_MAX;
}

/* The most packets that those reports say were lost; -1: no report, or they are of too many streams. */
static int64_t
most_in(const struct es_cor_solve *s, const struct search *f)
{
	uint32_t first = first_of(s, f);
	const struct es_reported *r;
	int64_t most = -1;

	for (uint32_t i = first; (r = report_at(s, i, f)) != NULL; i++) {
		if (is_too_many(f, first, i))
			return -1;
		if ((r->has & ES_REPORTED_HAS_LOSS) != 0 && r->cumulative_lost > most)
			most = r->cumulative_lost;
	}
	return most;
}

/*
 * The most packets that the receiver of a stream, by its host, said to have lost: in reports of the
 * stream's call, of the others that share it, and those without a call. -1: no report.
 */
static int64_t
most_lost(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, es_time from, es_time to)
{
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);
	struct search f = {
		.vantage = stream->vantage, .key = &stream->key, .from = from, .to = to
	};
	int64_t most = most_in(s, &f), lost;

	for (uint32_t i = 0; i <= stream->rec.n_other_call_ids; i++) {
		f.call_id = i == 0 ? stream->call_id : stream->rec.other_call_ids[i - 1];
		lost = f.call_id.n > 0 ? most_in(s, &f) : -1;
		most = lost > most ? lost : most;
	}
	return most;
}

static es_time
earliest_of(const struct es_cor_stream_view *st)
{
	return es_time_add(st->start, -(int64_t)EARLY_S * ES_NS_PER_S);
}

int64_t
es_cor_reports_growth(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, es_time start, es_time end)
{
	int64_t before = most_lost(s, st, earliest_of(st), start);
	int64_t after = most_lost(s, st, es_time_add(end, (int64_t)HEARD_MS * ES_NS_PER_MS),
	    es_time_add(end, (int64_t)SOON_S * ES_NS_PER_S));

	if (after < 0)
		return -1;
	before = before > 0 ? before : 0;
	return after > before ? after - before : 0;
}

/* Whether two reports are of one receiver that counted on from the first to the second one. */
static bool
counts_on(const struct es_reported *a, const struct es_reported *b)
{
	return (a->has & b->has & ES_REPORTED_HAS_HIGHEST) != 0 &&
	       a->reporter_ssrc == b->reporter_ssrc && a->cumulative_lost <= b->cumulative_lost;
}

/*
 * Whether a report says that the packets of a hole came, as far as the hole lasted at its time: in step with
 * them its highest number advanced, since a report before the hole (RFC 3550 section 6.4.1).
 */
static bool
came_by(
    const struct es_reported *r, const struct es_reported *before, const struct es_cor_hole_at *x)
{
	es_time until = es_time_before(r->time, x->end) ? r->time : x->end;
	int64_t slack = (x->to - x->from) / RECEIVED_PART;
	int64_t due = es_time_diff(until, x->start) / x->step_ns;
	int64_t due_at_most = es_time_diff(r->time, before->time) / x->step_ns;
	int64_t advance = (int64_t)(uint32_t)(r->highest_seq - before->highest_seq);

	return r->fraction_lost_ppm <= ALL_PPM / RECEIVED_PART && advance >= due - slack &&
	       advance <= due_at_most + slack;
}

/* What reports of one call, or without a call, say of a hole. */
static enum es_cor_reports
hole_in(const struct es_cor_solve *s, const struct search *f, const struct es_cor_hole_at *x)
{
	es_time heard = es_time_add(x->end, (int64_t)HEARD_MS * ES_NS_PER_MS);
	const struct es_reported *before = NULL, *last = NULL, *r;
	bool is_behind = false, came = true;
	uint32_t first = first_of(s, f);

	for (uint32_t i = first; (r = report_at(s, i, f)) != NULL; i++) {
		if (is_too_many(f, first, i))
			return ES_COR_REPORTS_DOUBTFUL;
		if ((r->has & ES_REPORTED_HAS_LOSS) == 0)
			continue;
		if (!es_time_before(x->start, r->time)) {
			before = last = r;
			continue;
		}
		came = came && before != NULL && counts_on(last, r) &&
		       (r->cumulative_lost - (int64_t)before->cumulative_lost) * RECEIVED_PART <=
			   x->to - x->from &&
		       (is_behind || came_by(r, before, x));
		is_behind |= !es_time_before(r->time, heard);
		last = r;
	}
	if (!is_behind)
		return ES_COR_REPORTS_NONE;
	return came ? ES_COR_REPORTS_RECEIVED : ES_COR_REPORTS_DOUBTFUL;
}

enum es_cor_reports
es_cor_reports_hole(const struct es_cor_solve *s, const struct es_cor_stream_view *st,
    const struct es_cor_hole_at *x)
{
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);
	struct search f = { .vantage = stream->vantage,
		.key = &stream->key,
		.from = es_time_add(x->start, -(int64_t)BEFORE_S * ES_NS_PER_S),
		.to = es_time_add(x->end, (int64_t)SOON_S * ES_NS_PER_S) };
	enum es_cor_reports most = hole_in(s, &f, x);

	for (uint32_t i = 0; i <= stream->rec.n_other_call_ids; i++) {
		enum es_cor_reports said;

		f.call_id = i == 0 ? stream->call_id : stream->rec.other_call_ids[i - 1];
		said = f.call_id.n > 0 ? hole_in(s, &f, x) : ES_COR_REPORTS_NONE;
		most = said > most ? said : most;
	}
	return most;
}

uint64_t
es_cor_reports_lost(const struct es_cor_direction *d)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg;
	int64_t most = 0;

	if (d->last_point >= d->n_points)
		return 0;
	leg = &s->legs[d->c->points[d->order[d->last_point]].leg];
	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		int64_t lost;

		if (s->sources[st->source].direction != d->direction)
			continue;
		lost = most_lost(
		    s, st, earliest_of(st), es_time_add(st->end, (int64_t)LATE_S * ES_NS_PER_S));
		most = lost > most ? lost : most;
	}
	return (uint64_t)most;
}
