/* SPDX-License-Identifier: Apache-2.0 */
/* When each block passed a point, on that point's own clock. */
#include "correlate/verdict/block_times.h"

#include "correlate/call/rtp_streams.h"
#include "correlate/verdict/bad_blocks.h"

struct filling {
	const struct es_cor_direction *d;
	uint32_t rtp_stream;
	struct es_cor_moment *times;
};

static void
note_part(void *ctx, const struct es_cor_stream *st, const struct es_cor_part *p, int64_t first)
{
	struct filling *f = ctx;
	const struct es_cor_block *b = es_cor_block_at(f->d, f->rtp_stream, first);
	struct es_cor_moment *m;

	(void)st;
	if (b == NULL)
		return;
	m = &f->times[b - f->d->blocks];
	if (!m->is_known || es_time_before(p->start, m->start))
		m->start = p->start;
	if (!m->is_known || es_time_before(m->end, p->end))
		m->end = p->end;
	m->is_known = true;
}

static void
own_times(const struct es_cor_direction *d, uint32_t position, struct es_cor_moment *times)
{
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		struct filling f = { d, m, times };

		if (d->c->rtp_streams[m].direction == d->direction)
			es_cor_each_part(d, m, position, note_part, &f);
	}
}

/*
 * Fills in what the position did not see itself, by another one: the blocks of an RTP stream are next to each other, and
 * it has one difference of clocks for all of them.
 */
static void
add_times_of(const struct es_cor_direction *d, uint32_t from, uint32_t position,
    const struct es_cor_moment *other, struct es_cor_moment *times)
{
	uint32_t rtp_stream = ES_COR_NONE;
	int64_t offset_ns = 0;
	bool has_offset = false;

	es_cor_count(d->c->s, d->n_blocks);
	for (uint32_t j = 0; j < d->n_blocks; j++) {
		if (times[j].is_known || !other[j].is_known)
			continue;
		if (d->blocks[j].rtp_stream != rtp_stream) {
			rtp_stream = d->blocks[j].rtp_stream;
			has_offset = es_cor_offset(d->c, &d->c->rtp_streams[rtp_stream],
			    d->order[from], d->order[position], &offset_ns);
		}
		if (!has_offset)
			continue;
		times[j].is_known = true;
		times[j].start = es_time_add(other[j].start, offset_ns);
		times[j].end = es_time_add(other[j].end, offset_ns);
	}
}

struct es_cor_moment *
es_cor_block_times(const struct es_cor_direction *d, uint32_t position)
{
	struct es_arena *mem = d->c->s->mem;
	struct es_cor_moment *times = es_arena_take(mem, d->n_blocks, sizeof(*times));
	size_t mark = es_arena_mark(mem);

	if (times == NULL)
		return NULL;
	own_times(d, position, times);
	for (uint32_t i = 0; i < d->n_points; i++) {
		struct es_cor_moment *other = es_arena_take(mem, d->n_blocks, sizeof(*other));

		if (i == position || other == NULL)
			continue;
		own_times(d, i, other);
		add_times_of(d, i, position, other, times);
		es_arena_reset(mem, mark);
	}
	return times;
}
