/* SPDX-License-Identifier: Apache-2.0 */
/* When a stream was of which call. */
#include "agent/report/stream_turns.h"

#include <stdlib.h>

static int
by_stream(const void *x, const void *y)
{
	const struct es_call_stream *a = x, *b = y;
	int d = a->ssrc < b->ssrc ? -1 : a->ssrc > b->ssrc;

	d = d != 0 ? d : memcmp(&a->src, &b->src, sizeof(a->src));
	return d != 0 ? d : memcmp(&a->dst, &b->dst, sizeof(a->dst));
}

static int
by_beginning(const void *x, const void *y)
{
	const struct es_stream_claim *a = x, *b = y;
	int d = by_stream(&a->stream, &b->stream);

	return d != 0 ? d : a->begun.ns < b->begun.ns ? -1 : a->begun.ns > b->begun.ns;
}

/* Claims on this stream of calls that began before t: where they end in the list. */
static size_t
begun_before(const struct es_stream_turns *turns, const struct es_call_stream *stream, es_time t)
{
	const struct es_stream_claim probe = { .stream = *stream, .begun = t };
	size_t from = 0, to = turns->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (by_beginning(&turns->at[middle], &probe) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool
is_on(const struct es_stream_turns *t, size_t at, const struct es_call_stream *stream)
{
	return at < t->n && by_stream(&t->at[at].stream, stream) == 0;
}

static es_time
end_of(const struct es_course *c, const struct es_course_call *k)
{
	es_time end = es_time_add(k->start, (int64_t)k->duration_us * ES_NS_PER_US);
	const struct es_course_message *m;
	size_t n;

	if (k->state == ES_STATE_IN_PROGRESS)
		return ES_COURSE_ALWAYS.to;
	m = es_course_messages(c, k->vantage, k->call_id, k->begun, &n);
	return m == NULL ? end : es_time_max(end, m[n - 1].at);
}

/*
 * When the streams of a call were its own: from its beginning if another one that named a stream was over by then, until
 * one that names a stream begins after its end. Calls that last at the same time, as both of a B2BUA, share their streams.
 */
static struct es_course_period
turn_of(const struct es_stream_turns *t, const struct es_course_call *k)
{
	struct es_course_period turn = ES_COURSE_ALWAYS;
	es_time end = es_time_max(end_of(t->course, k), es_time_add(k->begun, 1));

	for (uint32_t i = 0; i < k->n_streams; i++) {
		size_t before = begun_before(t, &k->streams[i], k->begun);
		size_t next = begun_before(t, &k->streams[i], end);

		if (before > 0 && is_on(t, before - 1, &k->streams[i]) &&
		    !es_time_before(k->begun, t->at[before - 1].first_end))
			turn.from = k->begun;
		if (is_on(t, next, &k->streams[i]) && es_time_before(t->at[next].begun, turn.to))
			turn.to = es_time_add(t->at[next].begun, -1);
	}
	return turn;
}

/* From the first packet of these streams to the last, as far as it lies in the period; that itself without streams. */
static struct es_course_period
extent_of(const struct es_course *c, const struct es_call_stream *streams, uint32_t n_streams,
    struct es_course_period in)
{
	struct es_course_period out = { in.to, in.from };
	bool has_any = false;

	for (uint32_t i = 0; i < n_streams; i++) {
		size_t n;
		const struct es_course_stream *r = es_course_streams(c, 0, &streams[i], in, &n);

		if (n == 0)
			continue;
		has_any = true;
		out.from = es_time_before(r->start, out.from) ? r->start : out.from;
		/* of one SSRC on one pair of ports the last that began is the last that ended */
		r += n - 1;
		out.to = es_time_max(
		    out.to, es_time_add(r->start, (int64_t)r->duration_us * ES_NS_PER_US));
	}
	if (!has_any)
		return in;
	out.to = es_time_before(in.to, out.to) ? in.to : out.to;
	return out;
}

int
es_stream_turns_init(struct es_stream_turns *out, const struct es_course *c)
{
	size_t n_calls, n = 0;
	const struct es_course_call *k = es_course_all_calls(c, &n_calls);

	for (size_t i = 0; i < n_calls; i++)
		n += k[i].n_streams;
	out->course = c;
	out->n = 0;
	out->at = calloc(n == 0 ? 1 : n, sizeof(*out->at));
	if (out->at == NULL)
		return ES_ENOMEM;
	for (size_t i = 0; i < n_calls; i++)
		for (uint32_t j = 0; j < k[i].n_streams; j++)
			out->at[out->n++] = (struct es_stream_claim){ k[i].streams[j], k[i].begun,
				end_of(c, &k[i]), { 0 } };
	qsort(out->at, out->n, sizeof(*out->at), by_beginning);
	for (size_t i = 0; i < out->n; i++) {
		struct es_stream_claim *x = &out->at[i];

		x->first_end = x->end;
		if (i > 0 && is_on(out, i - 1, &x->stream) &&
		    es_time_before(x[-1].first_end, x->end))
			x->first_end = x[-1].first_end;
	}
	return 0;
}

void
es_stream_turns_free(struct es_stream_turns *t)
{
	free(t->at);
	t->at = NULL;
}

bool
es_stream_turns_has(const struct es_stream_turns *t, const struct es_call_stream *stream)
{
	return is_on(t, begun_before(t, stream, ES_COURSE_ALWAYS.from), stream);
}

struct es_course_period
es_stream_turns_of(const struct es_stream_turns *t, const struct es_course_call *k)
{
	return extent_of(t->course, k->streams, k->n_streams, turn_of(t, k));
}

struct es_course_period
es_stream_turns_unclaimed(const struct es_stream_turns *t, const struct es_call_stream *stream)
{
	return extent_of(t->course, stream, 1, ES_COURSE_ALWAYS);
}
