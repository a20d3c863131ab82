/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detours: media that leave a path for a while and come back to it, as when two phones send to each other
 * directly between two times over a relay. Each path is a stream of its own; what the one misses of the
 * numbers the other one has.
 */
#include "correlate/join/seen_numbers.h"

#include "probes/base/seq.h"

enum {
	CYCLES_MAX = 512,      /* of 65536 numbers, that a stream view is long */
	OVERLAP_PERCENT = 25,  /* of a stream view's packets that the other one may have, too */
	SLACK_NS = 2000000000, /* one path may be so much slower than the other */
	STEPS_PER_S = 50,      /* of a stream whose clock is not known: 20 ms */
	HOLE_MIN = 16,         /* numbers: shorter ones are found among few stream views only */
};

static const struct es_cor_part *
part_of(const struct es_cor_solve *s, const struct es_cor_stream_view *st, uint32_t i)
{
	return &s->store->parts[s->part_order[st->parts + i]];
}

/* The first part that ends at seq or behind it. */
static uint32_t
part_at(const struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t seq)
{
	uint32_t low = 0, high = st->n_parts;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if ((int64_t)part_of(s, st, mid)->last_seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether a stream view saw the packet with this number. */
static bool
has_seen(const struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t seq)
{
	uint32_t at = part_at(s, st, seq);
	const struct es_cor_part *p;

	if (at == st->n_parts)
		return false;
	p = part_of(s, st, at);
	if ((int64_t)p->first_seq > seq)
		return false;
	for (uint32_t j = 0; j < p->n_missing; j++) {
		const struct es_missing *gap = &s->store->missing[p->missing + j];

		if ((int64_t)gap->seq <= seq && seq < (int64_t)(gap->seq + gap->run))
			return false;
	}
	return true;
}

void
es_cor_seen_numbers(const struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t from,
    int64_t to, int64_t shift, struct es_cor_runs *out)
{
	for (uint32_t i = part_at(s, st, from); i < st->n_parts; i++) {
		const struct es_cor_part *p = part_of(s, st, i);
		int64_t at = (int64_t)p->first_seq, end = (int64_t)p->last_seq + 1;

		if (at >= to)
			break;
		for (uint32_t j = 0; j < p->n_missing; j++) {
			const struct es_missing *gap = &s->store->missing[p->missing + j];

			es_cor_runs_add(out, at + shift, (int64_t)gap->seq + shift);
			at = (int64_t)(gap->seq + gap->run);
		}
		es_cor_runs_add(out, at + shift, end + shift);
	}
	es_cor_runs_tidy(out);
}

uint32_t
es_cor_seen_numbers_room(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t from, int64_t to)
{
	uint32_t n = 0;

	for (uint32_t i = part_at(s, st, from); i < st->n_parts; i++) {
		const struct es_cor_part *p = part_of(s, st, i);

		if ((int64_t)p->first_seq >= to)
			break;
		n += 1 + p->n_missing;
	}
	return n;
}

/* Whether two stream views have few packets in common: they take turns. */
static bool
alternate(const struct es_cor_solve *s, const struct es_cor_stream_view *x,
    const struct es_cor_stream_view *y, int64_t shift)
{
	size_t mark = es_arena_mark(s->mem);
	int64_t from = y->first + shift, to = y->last + shift + 1;
	struct es_cor_runs p, q;
	uint64_t common, all;

	es_cor_runs_new(&p, s->mem, es_cor_seen_numbers_room(s, x, from, to));
	es_cor_runs_new(&q, s->mem, es_cor_seen_numbers_room(s, y, y->first, y->last + 1));
	es_cor_count(s, p.cap + q.cap);
	es_cor_seen_numbers(s, x, from, to, 0, &p);
	es_cor_seen_numbers(s, y, y->first, y->last + 1, shift, &q);
	common = es_cor_runs_common(&p, &q);
	all = es_cor_runs_count(&q);
	es_arena_reset(s->mem, mark);
	return all > 0 && common * 100 <= all * OVERLAP_PERCENT;
}

/* The last anchor of x whose number is at most seq; NULL. */
static const struct es_cor_anchor *
anchor_before(const struct es_cor_solve *s, const struct es_cor_stream_view *x, int64_t seq)
{
	uint32_t low = 0, high = x->n_anchors;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->anchors[x->anchors + mid].seq <= seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? NULL : &s->anchors[x->anchors + low - 1];
}

static bool
is_within(int64_t n, int64_t limit)
{
	return n <= limit && -n <= limit;
}

/*
 * Whether a packet with this number, of x, could have been the anchor q: its timestamp is as far from that
 * of x's packet before as the numbers say or, after a pause of the sender, as the time says.
 */
static bool
is_on_line(const struct es_cor_solve *s, const struct es_cor_stream_view *x,
    const struct es_cor_anchor *q, int64_t seq)
{
	const struct es_cor_anchor *p = anchor_before(s, x, seq);
	int64_t second =
	    x->clock_rate_hz != 0 ? (int64_t)x->clock_rate_hz : (int64_t)x->step * STEPS_PER_S;
	int64_t elapsed_ns, by_number, by_time;

	if (p == NULL)
		return false;
	elapsed_ns = es_time_diff(q->at, p->at);
	if (elapsed_ns < -SLACK_NS || elapsed_ns > INT64_C(86400) * ES_NS_PER_S)
		return false;
	if (p + 1 < &s->anchors[x->anchors + x->n_anchors] &&
	    es_time_diff(q->at, p[1].at) > SLACK_NS)
		return false;
	by_number = es_seq32_diff(q->ts, p->ts + (uint32_t)((uint64_t)(seq - p->seq) * x->step));
	by_time = es_seq32_diff(
	    q->ts, p->ts + (uint32_t)(uint64_t)(elapsed_ns / ES_NS_PER_MS * second / 1000));
	return is_within(by_number, second) || is_within(by_time, second);
}

bool
es_cor_seen_numbers_fill(const struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t *shift)
{
	const struct es_cor_stream_view *x = &s->stream_views[a], *y = &s->stream_views[b];
	const struct es_cor_anchor *q;
	int64_t k, last;

	es_cor_count(s, 1);
	if (x->n_anchors == 0 || y->n_anchors == 0 || x->step == 0 ||
	    es_time_before(y->start, x->start) || es_time_before(x->end, y->start))
		return false;
	q = &s->anchors[y->anchors];
	k = (x->first - y->first) / 65536 - 1;
	last = (x->last - y->first) / 65536 + 1;
	for (uint32_t n = 0; k <= last && n < CYCLES_MAX; k++, n++) {
		int64_t seq = y->first + k * 65536;

		es_cor_count(s, 1);
		if (seq <= x->first || seq >= x->last || has_seen(s, x, seq) ||
		    !is_on_line(s, x, q, q->seq + k * 65536) || !alternate(s, x, y, k * 65536))
			continue;
		*shift = k * 65536;
		return true;
	}
	return false;
}

/* Whether numbers are missing between a part and the one before it, which no record reports as lost. */
static bool
follows_hole(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, uint32_t part, uint32_t *ts)
{
	const struct es_cor_anchor *a;
	int64_t from;

	if (part == 0)
		return false;
	from = (int64_t)part_of(s, st, part - 1)->last_seq + 1;
	a = anchor_before(s, st, from);
	if (a == NULL || (int64_t)part_of(s, st, part)->first_seq < from + HOLE_MIN)
		return false;
	*ts = a->ts + (uint32_t)((uint64_t)(from - a->seq) * st->step);
	return true;
}

bool
es_cor_seen_numbers_hole(const struct es_cor_solve *s, uint32_t stream_view, struct es_cor_hole *h)
{
	const struct es_cor_stream_view *st = &s->stream_views[stream_view];

	for (; h->part < st->n_parts; h->part++, h->gap = 0, h->is_between = false) {
		const struct es_cor_part *p = part_of(s, st, h->part);

		if (!h->is_between && follows_hole(s, st, h->part, &h->ts)) {
			h->is_between = true;
			return true;
		}
		while (h->gap < p->n_missing) {
			const struct es_missing *gap = &s->store->missing[p->missing + h->gap++];
			const struct es_cor_anchor *a;

			if (gap->run < HOLE_MIN || !has_seen(s, st, (int64_t)gap->seq - 1))
				continue;
			a = anchor_before(s, st, (int64_t)gap->seq);
			if (a == NULL)
				continue;
			h->ts =
			    a->ts + (uint32_t)(((uint64_t)gap->seq - (uint64_t)a->seq) * st->step);
			return true;
		}
	}
	return false;
}
