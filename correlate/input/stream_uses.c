/* SPDX-License-Identifier: Apache-2.0 */
/* Which stream a record or a part belongs to, where several had one key. */
#include "correlate/input/stream_uses.h"

#include "correlate/input/sort.h"

enum {
	APART_S = 300,   /* an engine keeps a key known for so long after the stream's end */
	LATEST_MAX = 64, /* records of one key come in the order of time, or nearly so */
};

static es_time
end_of(const struct es_stream *r)
{
	uint64_t us = r->duration_us < (uint64_t)INT64_MAX / 1000 ? r->duration_us : 0;

	return es_time_add(r->start, (int64_t)us * ES_NS_PER_US);
}

/* The time between a use, by all its records, and another record; below 0: they overlap. */
static int64_t
gap_ns(const struct es_cor_stream *st, const struct es_stream *r)
{
	if (es_time_before(r->start, st->from))
		return es_time_diff(st->from, end_of(r));
	return es_time_diff(r->start, st->to);
}

static bool
is_same(const struct es_cor_stream *st, const struct es_stream *r)
{
	int64_t gap = gap_ns(st, r);

	if (st->from.ns == r->start.ns || gap <= 0)
		return true;
	if (st->call_id.n > 0 && r->call_id.n > 0 && !es_slice_eq(st->call_id, r->call_id))
		return false;
	return gap < APART_S * ES_NS_PER_S;
}

void
es_cor_stream_use_widen(struct es_cor_stream *st, const struct es_stream *rec)
{
	es_time end = end_of(rec);

	if (!st->has_rec || es_time_before(rec->start, st->from))
		st->from = rec->start;
	st->to = st->has_rec ? es_time_max(st->to, end) : end;
}

uint32_t
es_cor_stream_use(const struct es_cor_record_store *s, uint32_t first, const struct es_stream *rec)
{
	uint32_t i = first;

	for (uint32_t n = 0; i != ES_COR_NONE && n < LATEST_MAX; n++) {
		const struct es_cor_stream *st = &s->streams[i];

		if (!st->has_rec || is_same(st, rec))
			return i;
		i = st->older;
	}
	return ES_COR_NONE;
}

static bool
part_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_part *x = &((const struct es_cor_part *)ctx)[a];
	const struct es_cor_part *y = &((const struct es_cor_part *)ctx)[b];

	return x->first_seq != y->first_seq ? x->first_seq < y->first_seq
					    : x->last_seq < y->last_seq;
}

static bool
use_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_stream *streams = ctx;

	if (streams[a].from.ns != streams[b].from.ns)
		return es_time_before(streams[a].from, streams[b].from);
	return a < b;
}

/* The last of n uses, sorted by their begin, that had begun; the first one where none had. */
static uint32_t
use_at(const struct es_cor_record_store *s, const uint32_t *uses, uint32_t n, es_time at)
{
	uint32_t low = 0, high = n;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (es_time_before(at, s->streams[uses[mid]].from))
			high = mid;
		else
			low = mid;
	}
	return uses[low];
}

/*
 * The use that a part is of. ES_COR_NONE: by its time the engine did not know the stream of any record, so that it is of
 * one whose record is not here.
 */
static uint32_t
use_of_part(const struct es_cor_record_store *s, const uint32_t *uses, uint32_t n,
    const struct es_cor_part *p)
{
	uint32_t i = use_at(s, uses, n, p->start);
	const struct es_cor_stream *st = &s->streams[i];
	int64_t apart_ns = es_time_before(p->start, st->from)      ? es_time_diff(st->from, p->end)
			   : st->rec.state == ES_STATE_IN_PROGRESS ? 0 /* its end is not known */
								   : es_time_diff(p->start, st->to);

	return !st->has_rec || apart_ns < APART_S * ES_NS_PER_S ? i : ES_COR_NONE;
}

/* The uses of the key of the first one, sorted by their begin. NULL: the scratch memory is full. */
static uint32_t *
uses_of(const struct es_cor_record_store *s, struct es_arena *mem, uint32_t first, uint32_t *n)
{
	uint32_t *uses;

	*n = 0;
	for (uint32_t i = first; i != ES_COR_NONE; i = s->streams[i].older)
		(*n)++;
	uses = es_arena_take(mem, *n, sizeof(*uses));
	if (uses == NULL)
		return NULL;
	*n = 0;
	for (uint32_t i = first; i != ES_COR_NONE; i = s->streams[i].older)
		uses[(*n)++] = i;
	es_cor_sort(uses, *n, use_before, s->streams);
	return uses;
}

/* The parts of all uses of one key, which the first one holds. */
static int
order_key(const struct es_cor_record_store *s, struct es_arena *mem, uint32_t first,
    uint32_t *order, uint32_t *n_ordered, struct es_cor_part_range *of)
{
	size_t mark = es_arena_mark(mem);
	uint32_t n, use, *uses = uses_of(s, mem, first, &n);

	if (uses == NULL)
		return ES_EFULL;
	for (uint32_t p = s->streams[first].parts; p != ES_COR_NONE; p = s->parts[p].next)
		if ((use = use_of_part(s, uses, n, &s->parts[p])) != ES_COR_NONE)
			of[use].n++;
	for (uint32_t i = 0; i < n; i++) {
		of[uses[i]].first = *n_ordered;
		*n_ordered += of[uses[i]].n;
		of[uses[i]].n = 0;
	}
	for (uint32_t p = s->streams[first].parts; p != ES_COR_NONE; p = s->parts[p].next) {
		if ((use = use_of_part(s, uses, n, &s->parts[p])) != ES_COR_NONE)
			order[of[use].first + of[use].n++] = p;
	}
	for (uint32_t i = 0; i < n; i++)
		es_cor_sort(order + of[uses[i]].first, of[uses[i]].n, part_before, s->parts);
	es_arena_reset(mem, mark);
	return 0;
}

int
es_cor_part_order(const struct es_cor_record_store *s, struct es_arena *mem, uint32_t *order,
    struct es_cor_part_range *of)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_streams; i++)
		if (!s->streams[i].is_again && order_key(s, mem, i, order, &n, of) != 0)
			return ES_EFULL;
	return 0;
}
