/* SPDX-License-Identifier: Apache-2.0 */
/* When in the call the blocks were that a sentence speaks of. */
#include "correlate/verdict/evidence_blocks.h"

#include "correlate/verdict/block_times.h"
#include "correlate/verdict/evidence_time.h"

uint64_t
es_cor_lost_upstream(const struct es_cor_block *b, uint32_t position)
{
	(void)position; /* no point saw them */
	return b->is_bad ? b->upstream : 0;
}

void
es_cor_evidence_blocks(struct es_evidence *e, const struct es_cor_direction *d, uint32_t position,
    es_cor_packets_of packets, uint64_t n)
{
	size_t mark = es_arena_mark(d->c->s->mem);
	const struct es_cor_moment *times = es_cor_block_times(d, position);
	es_time from = es_time_of_ns(INT64_MAX), to = es_time_of_ns(INT64_MIN);
	bool is_known = times != NULL;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < d->n_blocks && is_known; i++) {
		uint64_t in_block = packets(&d->blocks[i], position);

		if (in_block == 0)
			continue;
		is_known = times[i].is_known;
		sum += d->blocks[i].is_merged ? 0 : in_block;
		from = es_time_before(times[i].start, from) ? times[i].start : from;
		to = es_time_max(to, times[i].end);
	}
	es_arena_reset(d->c->s->mem, mark);
	if (is_known && sum == n && n > 0)
		es_cor_evidence_period(e, d->c, d->order[position], from, to);
	else if (e != NULL)
		e->vantage = d->c->points[d->order[position]].name;
}
