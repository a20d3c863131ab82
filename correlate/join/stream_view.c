/* SPDX-License-Identifier: Apache-2.0 */
/* Stream views: streams with their blocks in order, and how two of them compare. */
#include "correlate/join/stream_view.h"

#include "correlate/input/stream_uses.h"
#include "correlate/join/shared_media.h"
#include "probes/base/seq.h"

enum {
	OFFSETS_MAX = 128,   /* differences of clocks looked at per pair of stream views */
	CYCLES_MAX = 512,    /* of 65536 numbers, between two captures of one stream */
	STEP_MAX = 1 << 20,  /* timestamp units per packet: above it, noise or an attack */
	PACKET_MIN_US = 100, /* so is a packet of less time */
	PACKET_MAX_S = 10,   /* and of more */
	APART_MAX = 1 << 26, /* packets */
	AGAIN_MS = 2000,     /* the engine's own time for a late packet */
};

bool
es_cor_same_tuple(const struct es_stream_key *a, const struct es_stream_key *b)
{
	return es_addr_eq(&a->src, &b->src) && es_addr_eq(&a->dst, &b->dst);
}

bool
es_cor_is_reversed(const struct es_stream_key *a, const struct es_stream_key *b)
{
	return es_addr_eq(&a->src, &b->dst) && es_addr_eq(&a->dst, &b->src);
}

static void
add_anchor(
    struct es_cor_solve *s, struct es_cor_stream_view *st, int64_t seq, uint32_t ts, es_time at)
{
	struct es_cor_anchor *a = &s->anchors[s->n_anchors];

	if (st->n_anchors > 0 && a[-1].seq >= seq)
		return;
	a->seq = seq;
	a->ts = ts;
	a->at = at;
	st->n_anchors++;
	s->n_anchors++;
}

static void
widen(struct es_cor_stream_view *st, bool is_first, es_time start, es_time end, int64_t first,
    int64_t last)
{
	if (is_first || es_time_before(start, st->start))
		st->start = start;
	if (is_first || es_time_before(st->end, end))
		st->end = end;
	if (is_first || first < st->first)
		st->first = first;
	if (is_first || last > st->last)
		st->last = last;
}

static void
add_rec(struct es_cor_solve *s, struct es_cor_stream_view *st, const struct es_stream *rec)
{
	uint64_t us = rec->duration_us < (uint64_t)INT64_MAX / 1000 ? rec->duration_us : 0;
	bool has_seq = rec->packets > 0 && rec->first_seq >= ES_SEQ_BASE &&
		       rec->last_seq >= rec->first_seq && rec->last_seq < UINT64_C(1) << 40;

	if (has_seq) {
		widen(st, true, rec->start, es_time_add(rec->start, (int64_t)us * ES_NS_PER_US),
		    (int64_t)rec->first_seq, (int64_t)rec->last_seq);
		add_anchor(s, st, (int64_t)rec->first_seq, rec->rtp_ts, rec->start);
	}
	if ((rec->has & ES_STREAM_HAS_STEP) != 0)
		st->step = rec->rtp_step;
	if ((rec->has & ES_STREAM_HAS_CODEC) != 0)
		st->clock_rate_hz = rec->clock_rate_hz;
	st->is_open = rec->state == ES_STATE_IN_PROGRESS;
}

/* The slope of the stream view's own anchors, where no record has the step. */
static uint32_t
slope(const struct es_cor_solve *s, const struct es_cor_stream_view *st)
{
	const struct es_cor_anchor *a = &s->anchors[st->anchors];
	const struct es_cor_anchor *b = a + (st->n_anchors == 0 ? 0 : st->n_anchors - 1);
	int64_t n = b->seq - a->seq;

	if (st->n_anchors < 2 || n <= 0)
		return 0;
	return (uint32_t)(((int64_t)(uint32_t)(b->ts - a->ts) + n / 2) / n);
}

/* Whether a step of timestamps can be a packet's time at this rate; a record may say anything. */
static bool
is_packet_time(uint32_t step, uint32_t clock_rate_hz)
{
	uint64_t us = (uint64_t)step * 1000000;

	return us >= (uint64_t)PACKET_MIN_US * clock_rate_hz &&
	       us <= (uint64_t)PACKET_MAX_S * 1000000 * clock_rate_hz;
}

int64_t
es_cor_packets_ns(uint32_t step, uint32_t clock_rate_hz, int64_t n)
{
	int64_t units;

	if (clock_rate_hz == 0)
		return 0;
	n = n > APART_MAX ? APART_MAX : n < -APART_MAX ? -APART_MAX : n;
	units = n * (int64_t)step; /* below 2^46 */
	return units / clock_rate_hz * ES_NS_PER_S +
	       units % clock_rate_hz * ES_NS_PER_S / clock_rate_hz;
}

static void
add_parts(struct es_cor_solve *s, struct es_cor_stream_view *st, uint32_t *coverage)
{
	for (uint32_t i = 0; i < st->n_parts; i++) {
		const struct es_cor_part *p = &s->store->parts[s->part_order[st->parts + i]];

		widen(st, i == 0 && st->last == 0, p->start, p->end, (int64_t)p->first_seq,
		    (int64_t)p->last_seq);
		if ((p->has & ES_INTERVAL_HAS_RTP_TS) != 0)
			add_anchor(s, st, (int64_t)p->lowest_seq, p->rtp_ts, p->start);
		*coverage |= p->coverage;
	}
}

static void
prepare(
    struct es_cor_solve *s, struct es_cor_stream_view *st, const struct es_cor_part_range *parts)
{
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);
	uint32_t coverage = stream->coverage;

	st->parts = parts->first;
	st->n_parts = parts->n;
	st->anchors = s->n_anchors;
	if (stream->has_rec)
		add_rec(s, st, &stream->rec);
	else
		st->is_open = true;
	add_parts(s, st, &coverage);
	if ((coverage & ES_COV_CUT) != 0)
		st->is_open = true;
	if (st->step == 0)
		st->step = slope(s, st);
	if (st->step > STEP_MAX)
		st->step = 0;
	if (st->step != 0 && !is_packet_time(st->step, st->clock_rate_hz))
		st->clock_rate_hz = 0;
}

static bool
stream_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_stream_view *x = &((const struct es_cor_solve *)ctx)->stream_views[a];
	const struct es_cor_stream_view *y = &((const struct es_cor_solve *)ctx)->stream_views[b];
	const struct es_cor_stream *p = es_cor_stream_of(ctx, x), *q = es_cor_stream_of(ctx, y);

	if (p->vantage != q->vantage)
		return p->vantage < q->vantage;
	if (p->key.ssrc != q->key.ssrc)
		return p->key.ssrc < q->key.ssrc;
	if (x->start.ns != y->start.ns)
		return x->start.ns < y->start.ns;
	if (p != q)
		return memcmp(&p->key, &q->key, sizeof(p->key)) < 0;
	return a < b;
}

/* The same stream on each leg that announced it. */
static void
add_shared(struct es_cor_solve *s, uint32_t *n)
{
	uint32_t own = s->store->n_streams;

	for (uint32_t i = 0; i < own; i++) {
		es_slice ids[ES_COR_DIALOGS_MAX];
		uint32_t n_ids =
		    es_cor_dialogs_of(s, es_cor_stream_of(s, &s->stream_views[i]), ids);

		s->stream_views[i].call_id = ids[0];
		for (uint32_t k = 1; k < n_ids; k++) {
			s->stream_views[*n] = s->stream_views[i];
			s->stream_views[(*n)++].call_id = ids[k];
		}
	}
}

int
es_cor_stream_views(struct es_cor_solve *s)
{
	const struct es_cor_record_store *store = s->store;
	uint32_t n = store->n_streams, cap = n;
	struct es_cor_stream_view *sorted;
	struct es_cor_part_range *parts;
	uint32_t *order;

	for (uint32_t i = 0; i < n; i++)
		cap += store->streams[i].rec.n_other_call_ids;
	sorted = es_arena_take(s->mem, cap, sizeof(*sorted));
	order = es_arena_take(s->mem, cap, sizeof(*order));
	s->stream_views = es_arena_take(s->mem, cap, sizeof(*s->stream_views));
	parts = es_arena_take(s->mem, n, sizeof(*parts));
	s->part_order = es_arena_take(s->mem, store->n_parts, sizeof(*s->part_order));
	s->anchors = es_arena_take(s->mem, (size_t)store->n_parts + n, sizeof(*s->anchors));
	if (s->mem->n_refused > 0 || es_cor_part_order(store, s->mem, s->part_order, parts) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < n; i++) {
		s->stream_views[i].stream = i;
		s->stream_views[i].call_id = store->streams[i].call_id;
		prepare(s, &s->stream_views[i], &parts[i]);
	}
	add_shared(s, &n);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	es_cor_sort(order, n, stream_before, s);
	for (uint32_t i = 0; i < n; i++) {
		sorted[i] = s->stream_views[order[i]];
		sorted[i].line = i;
	}
	s->stream_views = sorted;
	s->n_stream_views = n;
	return 0;
}

/* First anchor of the stream view with a number of at least seq. */
static uint32_t
anchor_at(const struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t seq)
{
	uint32_t low = 0, high = st->n_anchors;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->anchors[st->anchors + mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct compare {
	uint32_t step;
	uint32_t clock_rate_hz;
	uint32_t n_offsets;
	int64_t offsets[OFFSETS_MAX];
};

/* Keeps differences sorted; the middle one is robust against jitter. */
static void
add_offset(struct compare *c, int64_t offset_ns)
{
	uint32_t i = c->n_offsets;

	if (i == OFFSETS_MAX || offset_ns > INT64_MAX / 4 || offset_ns < -(INT64_MAX / 4))
		return;
	for (; i > 0 && c->offsets[i - 1] > offset_ns; i--)
		c->offsets[i] = c->offsets[i - 1];
	c->offsets[i] = offset_ns;
	c->n_offsets++;
}

/*
 * Two blocks match when their timestamps, moved by the difference of the numbers times the step,
 * lie within half a cycle of sequence numbers; they are a pair when moved they are equal.
 */
static void
compare_anchors(struct compare *c, const struct es_cor_anchor *x, const struct es_cor_anchor *y,
    int64_t shift, struct es_cor_match *out)
{
	int64_t n = y->seq + shift - x->seq;
	uint32_t moved = x->ts + (uint32_t)((uint64_t)n * c->step);
	int64_t off = es_seq32_diff(y->ts, moved);
	int64_t half = (int64_t)c->step * (65536 / 2);

	if (n != 0 && c->step == 0)
		return;
	if (off == 0)
		out->pairs++;
	else if (n == 0)
		out->contrary++;
	if (off != 0 && (off < 0 ? -off : off) >= half)
		return;
	out->near++;
	if (n == 0 && off == 0)
		add_offset(c, es_time_diff(y->at, x->at));
	else if (off == 0 && c->clock_rate_hz > 0)
		add_offset(c, es_time_diff(es_time_add(y->at,
					       -es_cor_packets_ns(c->step, c->clock_rate_hz, n)),
				  x->at));
}

/* Compares all blocks of a with those of b whose number, shifted, is the same. */
static void
compare_shifted(const struct es_cor_solve *s, const struct es_cor_stream_view *a,
    const struct es_cor_stream_view *b, int64_t shift, struct compare *c, struct es_cor_match *out)
{
	for (uint32_t i = 0; i < a->n_anchors; i++) {
		const struct es_cor_anchor *x = &s->anchors[a->anchors + i];
		int64_t block = x->seq - x->seq % ES_BLOCK_SEQS - shift;

		for (uint32_t j = anchor_at(s, b, block); j < b->n_anchors; j++) {
			const struct es_cor_anchor *y = &s->anchors[b->anchors + j];

			if (y->seq >= block + ES_BLOCK_SEQS)
				break;
			compare_anchors(c, x, y, shift, out);
		}
	}
}

void
es_cor_stream_view_compare(
    const struct es_cor_solve *s, uint32_t a, uint32_t b, struct es_cor_match *out, int64_t *shift)
{
	const struct es_cor_stream_view *x = &s->stream_views[a], *y = &s->stream_views[b];
	/* the captures may have begun in different cycles: shifts under which the ranges touch */
	int64_t from = (x->first - y->last) / 65536 - 1;
	int64_t to = (x->last - y->first) / 65536 + 1;

	es_cor_count(s, 1 + x->n_anchors);
	memset(out, 0, sizeof(*out));
	*shift = 0;
	if (x->n_anchors == 0 || y->n_anchors == 0)
		return;
	from = from < -CYCLES_MAX ? -CYCLES_MAX : from;
	to = to > CYCLES_MAX ? CYCLES_MAX : to;
	for (int64_t k = from; k <= to; k++) {
		struct es_cor_match m = { 0 };
		struct compare c;

		c.step = x->step != 0 ? x->step : y->step;
		c.clock_rate_hz = x->clock_rate_hz != 0 ? x->clock_rate_hz : y->clock_rate_hz;
		c.n_offsets = 0;
		compare_shifted(s, x, y, k * 65536, &c, &m);
		if (m.pairs < out->pairs || (m.pairs == out->pairs && m.near <= out->near))
			continue;
		m.has_offset = c.n_offsets > 0;
		m.offset_ns = m.has_offset ? c.offsets[c.n_offsets / 2] : 0;
		*out = m;
		*shift = k * 65536;
	}
}

bool
es_cor_stream_view_continues(const struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t *shift)
{
	const struct es_cor_stream_view *x = &s->stream_views[a], *y = &s->stream_views[b];
	const struct es_cor_anchor *p, *q;
	int64_t n, fits, off, gap_ns;

	es_cor_count(s, 1);
	if (x->n_anchors == 0 || y->n_anchors == 0 || x->step == 0)
		return false;
	p = &s->anchors[x->anchors + x->n_anchors - 1];
	q = &s->anchors[y->anchors];
	n = es_seq_diff((uint16_t)y->first, (uint16_t)x->last);
	gap_ns = es_time_diff(y->start, x->end);
	if (n < -ES_COR_CONTINUES_BACK || n > ES_COR_CONTINUES_FORWARD ||
	    gap_ns < -2 * ES_NS_PER_S || gap_ns > 300 * ES_NS_PER_S)
		return false;
	if (n <= 0 && gap_ns >= AGAIN_MS * ES_NS_PER_MS)
		return false; /* its sender began again with the numbers it had */
	/* from the last anchor of x to the first of y, in numbers of x */
	n = (x->last - p->seq) + n + (q->seq - y->first);
	fits = x->clock_rate_hz != 0 ? (int64_t)x->clock_rate_hz : (int64_t)x->step * 50;
	off = es_seq32_diff(q->ts, p->ts + (uint32_t)((uint64_t)n * x->step));
	if ((off < 0 ? -off : off) > fits)
		return false;
	*shift = p->seq + n - q->seq;
	return true;
}

bool
es_cor_stream_view_runs_with(
    const struct es_cor_stream_view *x, const struct es_cor_stream_view *st)
{
	int64_t common_ns = es_time_diff(
	    es_time_before(x->end, st->end) ? x->end : st->end, es_time_max(x->start, st->start));

	return common_ns > 0 && common_ns * 2 >= es_time_diff(st->end, st->start);
}
