/* SPDX-License-Identifier: Apache-2.0 */
/* Bad blocks: of all blocks that any point saw, each judged at the last point, where an absent one is lost. */
#include "correlate/verdict/bad_blocks.h"

#include "correlate/call/rtp_streams.h"
#include "correlate/verdict/fault.h"

enum {
	MOS_DROP_MILLI = 400, /* below the clean value of the codec: a bad block */
	BAD_PERCENT = 5,      /* lost and late of a block: a bad block */
	ONE_BAD_OF = 20,      /* blocks: up to so many, one bad block degrades the direction */
	UNSURE = ES_COV_DROPS | ES_COV_GAP | ES_COV_EVICTED,
};

/* Joins runs of one line with a hole that packets may have been lost in: numbers that existed. */
static void
existing(const struct es_cor_runs *all, struct es_cor_runs *out)
{
	for (uint32_t i = 0; i < all->n; i++) {
		const struct es_cor_run *r = &all->at[i];

		if (out->n > 0 && r->from - out->at[out->n - 1].to < ES_COR_GAP_MAX)
			out->at[out->n - 1].to = r->to;
		else
			es_cor_runs_add(out, r->from, r->to);
	}
}

static uint32_t
count_blocks(const struct es_cor_runs *r)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += (uint64_t)((r->at[i].to - 1) / ES_BLOCK_SEQS - r->at[i].from / ES_BLOCK_SEQS +
				1);
	return n > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)n;
}

/* out = a without b, in scratch memory. */
static void
minus(struct es_arena *mem, const struct es_cor_runs *a, const struct es_cor_runs *b,
    struct es_cor_runs *out)
{
	struct es_cor_runs r;

	es_cor_runs_new(&r, mem, a->n + b->n);
	if (mem->n_refused == 0)
		es_cor_runs_minus(a, b, &r);
	*out = r;
}

/* Takes packets out that are unknown at every later position: they went past all of them, or were not delivered. */
static void
without_unknown(
    const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t i, struct es_cor_runs *left)
{
	struct es_arena *mem = d->c->s->mem;
	struct es_cor_runs unknown = *left, known;
	bool is_any = false;

	for (uint32_t j = i + 1; j < d->n_points && mem->n_refused == 0; j++) {
		const struct es_cor_view *v = es_cor_view_at(d, rtp_stream, j);

		if (!v->is_there)
			continue;
		is_any = true;
		minus(mem, left, &v->unknown, &known);
		minus(mem, &unknown, &known, &unknown);
	}
	if (is_any)
		minus(mem, left, &unknown, left);
}

/* Sets of packets that each position was the last one to see, and that should have come to a later one. */
static void
last_seen(
    const struct es_cor_direction *d, uint32_t rtp_stream, struct es_cor_runs left[ES_PATH_MAX])
{
	struct es_arena *mem = d->c->s->mem;

	for (uint32_t i = 0; i < d->n_points; i++) {
		left[i] = es_cor_view_at(d, rtp_stream, i)->seen;
		for (uint32_t j = i + 1; j < d->n_points && mem->n_refused == 0; j++)
			if (es_cor_view_at(d, rtp_stream, j)->is_there)
				minus(mem, &left[i], &es_cor_view_at(d, rtp_stream, j)->seen,
				    &left[i]);
		without_unknown(d, rtp_stream, i, &left[i]);
	}
}

/* An RTP stream as all points together know it. */
struct sets {
	struct es_cor_runs all;   /* seen anywhere */
	struct es_cor_runs exist; /* with what is missing in between */
	struct es_cor_runs left[ES_PATH_MAX];
	struct es_cor_runs beyond; /* lost on the way, and unknown at the last point */
	struct es_cor_runs
	    upstream; /* seen nowhere, and known not to have come to the first point */
	struct es_cor_runs unplaced; /* seen nowhere, and unknown at the first point */
};

/* What no point saw, and the last one should have: lost before the first point, or nobody knows before which. */
static void
seen_nowhere(const struct es_cor_direction *d, uint32_t rtp_stream, struct sets *x)
{
	struct es_arena *mem = d->c->s->mem;
	uint32_t last = es_cor_direction_last_point(d, rtp_stream);
	uint32_t first = es_cor_direction_first_point(d, rtp_stream);
	struct es_cor_runs nowhere;

	minus(mem, &x->exist, &x->all, &nowhere);
	minus(mem, &nowhere, &es_cor_view_at(d, rtp_stream, last)->unknown, &nowhere);
	minus(mem, &nowhere, &es_cor_view_at(d, rtp_stream, first)->unknown, &x->upstream);
	minus(mem, &nowhere, &x->upstream, &x->unplaced);
}

static void
lost_beyond(const struct es_cor_direction *d, uint32_t rtp_stream, struct sets *x)
{
	struct es_arena *mem = d->c->s->mem;
	uint32_t last_point = es_cor_direction_last_point(d, rtp_stream), cap = 0;
	const struct es_cor_view *last = es_cor_view_at(d, rtp_stream, last_point);

	for (uint32_t i = 0; i < last_point; i++)
		cap += x->left[i].n + last->unknown.n;
	es_cor_runs_new(&x->beyond, mem, cap);
	for (uint32_t i = 0; i < last_point && mem->n_refused == 0; i++) {
		struct es_cor_runs known, unknown;

		minus(mem, &x->left[i], &last->unknown, &known);
		minus(mem, &x->left[i], &known, &unknown);
		for (uint32_t j = 0; j < unknown.n; j++)
			es_cor_runs_add(&x->beyond, unknown.at[j].from, unknown.at[j].to);
	}
	es_cor_runs_tidy(&x->beyond);
}

static void
fill_block(const struct es_cor_direction *d, struct es_cor_block *b, const struct sets *x)
{
	uint32_t last_point = es_cor_direction_last_point(d, b->rtp_stream);
	const struct es_cor_view *last = es_cor_view_at(d, b->rtp_stream, last_point);
	int64_t from = b->number, to = from + ES_BLOCK_SEQS;
	uint64_t unknown = es_cor_runs_count_in(&last->unknown, from, to);
	uint64_t n = es_cor_runs_count_in(&x->exist, from, to);
	bool is_later = false; /* the RTP stream is at a later position */

	b->expected = (uint32_t)(n > unknown ? n - unknown : 0);
	b->expected += (uint32_t)es_cor_runs_count_in(&x->beyond, from, to);
	b->received = (uint32_t)es_cor_runs_count_in(&last->seen, from, to);
	b->upstream = (uint32_t)es_cor_runs_count_in(&x->upstream, from, to);
	b->unplaced = (uint32_t)es_cor_runs_count_in(&x->unplaced, from, to);
	for (uint32_t i = d->n_points; i-- > 0;) {
		const struct es_cor_view *v = es_cor_view_at(d, b->rtp_stream, i);

		if (i < last_point)
			b->left[i] = (uint32_t)es_cor_runs_count_in(&x->left[i], from, to);
		if (d->is_without_media[i] || (!v->is_there && is_later) ||
		    es_cor_runs_count_in(&v->unknown, from, to) > 0)
			b->unsure_at |= 1u << i;
		is_later |= v->is_there;
	}
}

/* Blocks of one RTP stream, in order of their numbers. */
static int
add_blocks(struct es_cor_direction *d, uint32_t rtp_stream)
{
	struct es_arena *mem = d->c->s->mem;
	struct sets x;

	es_cor_all_seen(d->c, rtp_stream, &x.all);
	es_cor_runs_new(&x.exist, mem, x.all.n);
	if (mem->n_refused == 0)
		last_seen(d, rtp_stream, x.left);
	if (mem->n_refused == 0)
		lost_beyond(d, rtp_stream, &x);
	if (mem->n_refused > 0)
		return ES_EFULL;
	existing(&x.all, &x.exist);
	seen_nowhere(d, rtp_stream, &x);
	if (mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < x.exist.n; i++) {
		int64_t at = x.exist.at[i].from - x.exist.at[i].from % ES_BLOCK_SEQS;

		for (; at < x.exist.at[i].to; at += ES_BLOCK_SEQS) {
			struct es_cor_block *b = &d->blocks[d->n_blocks];

			if (d->n_blocks > 0 && b[-1].rtp_stream == rtp_stream && b[-1].number == at)
				continue;
			b->rtp_stream = rtp_stream;
			b->number = at;
			fill_block(d, b, &x);
			if (b->expected > 0)
				d->n_blocks++;
			else
				memset(b, 0, sizeof(*b));
		}
	}
	return 0;
}

struct es_cor_block *
es_cor_block_at(const struct es_cor_direction *d, uint32_t rtp_stream, int64_t number)
{
	uint32_t low = 0, high = d->n_blocks;

	number -= number % ES_BLOCK_SEQS;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct es_cor_block *b = &d->blocks[mid];

		es_cor_count(d->c->s, 1);
		if (b->rtp_stream < rtp_stream ||
		    (b->rtp_stream == rtp_stream && b->number < number))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == d->n_blocks || d->blocks[low].rtp_stream != rtp_stream ||
	    d->blocks[low].number != number)
		return NULL;
	return &d->blocks[low];
}

struct gathering {
	const struct es_cor_direction *d;
	uint32_t rtp_stream;
	uint32_t position;
	bool is_last_point;
	bool is_first_point; /* of several */
};

/* What the codec of a part scores when nothing is wrong; an older agent reports it in the stream's record only. */
static bool
clean_value(const struct es_cor_stream *stream, const struct es_cor_part *p, int64_t *milli)
{
	if ((p->has & ES_INTERVAL_HAS_CLEAN) != 0)
		*milli = p->clean_mos_lq_milli;
	else if ((stream->rec.has & ES_STREAM_HAS_CLEAN) != 0)
		*milli = stream->rec.clean_mos_lq_milli;
	else
		return false;
	return true;
}

/* Adds the figures of a part to its block: late everywhere, quality and coverage where it is judged. */
static void
add_part(void *ctx, const struct es_cor_stream *stream, const struct es_cor_part *p, int64_t first)
{
	const struct gathering *g = ctx;
	struct es_cor_block *b = es_cor_block_at(g->d, g->rtp_stream, first);
	uint32_t weight = (uint32_t)(p->last_seq - p->first_seq) + 1;
	int64_t clean_milli;

	if (b == NULL)
		return;
	if ((p->coverage & UNSURE) != 0)
		b->unsure_at |= 1u << g->position;
	b->has_gaps |= g->is_first_point && (p->coverage & UNSURE) != 0;
	if ((p->has & ES_INTERVAL_HAS_LATE) != 0 || stream->rec.seen == ES_SEEN_EGRESS)
		b->has_late |= 1u << g->position;
	if ((p->has & ES_INTERVAL_HAS_LATE) != 0)
		b->late_at[g->position] += p->late;
	if (!g->is_last_point)
		return;
	b->coverage |= p->coverage;
	if ((p->has & ES_INTERVAL_HAS_LATE) != 0)
		b->late += p->late;
	if ((p->has & ES_INTERVAL_HAS_QUALITY) == 0 || !clean_value(stream, p, &clean_milli) ||
	    es_cor_is_completed(es_cor_view_at(g->d, g->rtp_stream, g->position), p, first))
		return;
	b->short_sum += (clean_milli - (int64_t)p->mos_lq_milli) * weight;
	b->short_weight += weight;
}

/*
 * The figures of the parts of an RTP stream, whose blocks are those from n_before on. is_begun, by the position that
 * sees it first: whether it begins behind another.
 */
static void
gather(struct es_cor_direction *d, uint32_t rtp_stream, uint32_t n_before,
    const bool is_begun[ES_PATH_MAX])
{
	uint32_t first = es_cor_direction_first_point(d, rtp_stream);
	uint32_t last = es_cor_direction_last_point(d, rtp_stream);

	for (uint32_t i = 0; i < d->n_points; i++) {
		struct gathering g = { d, rtp_stream, i, i == last, i == first && first < last };

		es_cor_each_part(d, rtp_stream, i, add_part, &g);
	}
	for (uint32_t i = n_before; i < d->n_blocks; i++) {
		struct es_cor_block *b = &d->blocks[i];

		b->first = first;
		b->last = last;
		b->is_begun = is_begun[first];
		if (!b->has_gaps)
			continue;
		b->unplaced += b->upstream; /* the first point may have missed them itself */
		b->upstream = 0;
	}
}

static void
merge(struct es_cor_block *small, struct es_cor_block *into)
{
	small->is_merged = true;
	into->expected += small->expected;
	into->received += small->received;
	into->late += small->late;
	into->short_sum += small->short_sum;
	into->short_weight += small->short_weight;
	into->coverage |= small->coverage;
	into->upstream += small->upstream;
	into->unplaced += small->unplaced;
	/* what never came to one of two points never came to the later one */
	into->is_begun &= small->first == into->first;
	into->first = small->first > into->first ? small->first : into->first;
	into->has_gaps |= small->has_gaps;
	into->has_late |= small->has_late;
	into->unsure_at |= small->unsure_at;
	for (uint32_t i = 0; i < ES_PATH_MAX; i++) {
		into->left[i] += small->left[i];
		into->late_at[i] += small->late_at[i];
	}
}

/*
 * The neighbour of a small block: of its own RTP stream before any other, the earlier one first. before is the last
 * block in front of it that was not merged, ES_COR_NONE: none; those behind it are not merged yet.
 */
static struct es_cor_block *
neighbour(const struct es_cor_direction *d, uint32_t i, uint32_t before)
{
	uint32_t rtp_stream = d->blocks[i].rtp_stream;
	bool has_next = i + 1 < d->n_blocks;

	es_cor_count(d->c->s, 1);
	if (before != ES_COR_NONE && d->blocks[before].rtp_stream == rtp_stream)
		return &d->blocks[before];
	if (has_next && (before == ES_COR_NONE || d->blocks[i + 1].rtp_stream == rtp_stream))
		return &d->blocks[i + 1];
	return before == ES_COR_NONE ? NULL : &d->blocks[before];
}

uint32_t
es_cor_lost_of(const struct es_cor_block *b)
{
	return b->expected > b->received ? b->expected - b->received : 0;
}

static bool
is_bad(const struct es_cor_block *b)
{
	uint64_t lost_or_late = (uint64_t)es_cor_lost_of(b) + b->late;

	if (lost_or_late * 100 >= (uint64_t)b->expected * BAD_PERCENT)
		return true;
	return b->short_sum > MOS_DROP_MILLI * (int64_t)b->short_weight;
}

/* Sums where the packets of a bad block went: behind the last point that saw them. */
static void
sum_spans(struct es_cor_direction *d, const struct es_cor_block *b)
{
	uint32_t last_point = es_cor_direction_last_point(d, b->rtp_stream), prev = ES_COR_NONE;
	struct es_cor_span *upstream = b->is_begun ? &d->begun[b->first] : &d->upstream;

	for (uint32_t i = 0; i < last_point; i++) {
		uint32_t k = i + 1;

		while (k < last_point && (b->unsure_at & 1u << k) != 0)
			k++;
		d->spans[i][k].lost += b->left[i];
	}
	upstream->lost += b->upstream;
	for (uint32_t i = 0; i <= last_point; i++) {
		if ((b->has_late & 1u << i) == 0)
			continue;
		if (prev == ES_COR_NONE)
			upstream->late += b->late_at[i];
		else if (b->late_at[i] > b->late_at[prev])
			d->spans[prev][i].late += b->late_at[i] - b->late_at[prev];
		prev = i;
	}
	d->bad_packets += (uint64_t)es_cor_lost_of(b) + b->late;
}

static void
judge_blocks(struct es_cor_direction *d)
{
	uint32_t before = ES_COR_NONE;

	for (uint32_t i = 0; i < d->n_blocks; i++) {
		struct es_cor_block *into = d->blocks[i].expected >= ES_COR_BLOCKS_OF_SMALL
						? NULL
						: neighbour(d, i, before);

		if (into != NULL)
			merge(&d->blocks[i], into);
		else
			before = i;
	}
	for (uint32_t i = 0; i < d->n_blocks; i++) {
		struct es_cor_block *b = &d->blocks[i];

		if (b->is_merged)
			continue;
		b->is_bad = is_bad(b);
		b->is_unsure = b->is_bad && (b->coverage & UNSURE) != 0;
		if (b->is_unsure) {
			b->is_bad = false;
			d->n_unsure++;
			continue;
		}
		d->n_judged++;
		d->n_bad += b->is_bad;
		if (b->is_bad)
			sum_spans(d, b);
	}
	es_cor_beginnings(d);
	d->is_degraded = d->n_bad >= 2 || (d->n_bad == 1 && d->n_judged <= ONE_BAD_OF);
}

int
es_cor_bad_blocks(struct es_cor_direction *d)
{
	struct es_arena *mem = d->c->s->mem;
	bool is_begun[ES_PATH_MAX];
	uint64_t cap = 0;

	for (uint32_t m = 0; m < d->c->n_rtp_streams && d->last_point < d->n_points; m++) {
		size_t mark = es_arena_mark(mem);
		struct es_cor_runs all, exist;

		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		es_cor_all_seen(d->c, m, &all);
		es_cor_runs_new(&exist, mem, all.n);
		if (mem->n_refused > 0)
			return ES_EFULL;
		existing(&all, &exist);
		cap += count_blocks(&exist);
		es_arena_reset(mem, mark);
	}
	/* More than a 32-bit machine can count is refused like more than there is. */
	d->blocks =
	    es_arena_take(mem, cap < SIZE_MAX ? (size_t)cap + 1 : SIZE_MAX, sizeof(*d->blocks));
	if (mem->n_refused > 0)
		return ES_EFULL;
	/* once each: it looks at all RTP streams of the call */
	for (uint32_t i = 0; i < d->n_points; i++)
		is_begun[i] = es_cor_begins_behind(d, i) != ES_COR_NONE;
	for (uint32_t m = 0; m < d->c->n_rtp_streams && d->last_point < d->n_points; m++) {
		uint32_t n_before = d->n_blocks;

		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		if (add_blocks(d, m) != 0)
			return ES_EFULL;
		gather(d, m, n_before, is_begun);
	}
	judge_blocks(d);
	return 0;
}
