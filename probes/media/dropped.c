/* SPDX-License-Identifier: Apache-2.0 */
/* What the capture lost, on the streams that were open then. */
#include "probes/media/dropped.h"

#include "probes/media/flows.h"

static bool
was_open(const struct es_stream_state *s, es_time from, es_time to)
{
	es_time silence = es_time_add(s->last_at, ES_STREAM_SILENCE_S * ES_NS_PER_S);

	return s->life != ES_STREAM_ENDED && !es_time_before(to, s->record.start) &&
	       !es_time_before(silence, from);
}

static void
mark(struct es_stream_state *s, const struct es_coverage *coverage)
{
	es_coverage_merge(&s->record.coverage, coverage);
	s->since_flags |= (uint8_t)coverage->flags;
	s->since_dropped += (uint32_t)coverage->dropped;
	for (unsigned b = 0; b < 2; b++) {
		s->window.block[b].coverage_flags |= (uint8_t)coverage->flags;
		s->window.block[b].dropped += (uint32_t)coverage->dropped;
	}
}

void
es_dropped_between(
    struct es_streams *t, es_time from, es_time to, const struct es_coverage *coverage)
{
	for (uint32_t i = es_pool_next(&t->pool, 0); i != ES_POOL_NONE;
	     i = es_pool_next(&t->pool, i + 1)) {
		struct es_stream_state *s = es_stream_at(t, i);

		if (was_open(s, from, to))
			mark(s, coverage);
	}
}

void
es_dropped_hole(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	static const struct es_coverage hole = { .flags = ES_COV_DROPS, .dropped = 1 };
	uint32_t i = es_flow_index(t, src, dst);

	i = i != ES_POOL_NONE ? ((const struct es_flow *)es_pool_at(&t->flows, i))->streams : i;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next)
		if (es_stream_at(t, i)->life == ES_STREAM_OPEN)
			mark(es_stream_at(t, i), &hole);
}
