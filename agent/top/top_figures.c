/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of rows are sums over their few streams, made when they are looked at. */
#include "agent/top/top_figures.h"

#include "probes/base/mos_badness.h"

#include <string.h>

/* Streams come from the newest on. */
static void
add(struct es_top_side *side, const struct es_top_stream *s)
{
	if (side->stream == NULL || (side->stream->is_over && !s->is_over))
		side->stream = s;
	side->expected += s->expected;
	side->lost += s->lost;
	side->late += s->late;
	side->late_of += s->has_late ? s->expected : 0;
	if (s->worst_mos_milli != 0 &&
	    (side->worst_mos_milli == 0 || s->worst_mos_milli < side->worst_mos_milli))
		side->worst_mos_milli = s->worst_mos_milli;
}

struct es_top_figures
es_top_figures_of(const struct es_top_calls *t, const struct es_top_call *c)
{
	struct es_top_figures f;

	memset(&f, 0, sizeof(f));
	for (uint32_t i = c->streams; i != ES_POOL_NONE;) {
		const struct es_top_stream *s = es_top_calls_stream(t, i);

		if (s->kind == ES_KIND_AUDIO || s->kind == ES_KIND_UNKNOWN)
			add(&f.side[es_top_calls_direction(c, s)], s);
		i = s->next;
	}
	return f;
}

/* 0: there is no MOS. */
static uint64_t
badness_of_mos(uint32_t milli)
{
	return es_mos_badness(milli != 0, milli);
}

static uint64_t
badness_of_side(const struct es_top_side *s, enum es_top_sort sort)
{
	switch (sort) {
	case ES_TOP_BY_MOS:
		return s->stream == NULL ? 0 : badness_of_mos(s->stream->mos_milli);
	case ES_TOP_BY_WORST:
		return badness_of_mos(s->worst_mos_milli);
	case ES_TOP_BY_LOSS:
		return s->expected == 0 ? 0 : 1 + s->lost * UINT64_C(1000000) / s->expected;
	case ES_TOP_BY_JITTER:
		return s->stream == NULL || !s->stream->has_jitter
			   ? 0
			   : UINT64_C(1) + s->stream->jitter_us;
	default:
		return 0;
	}
}

uint64_t
es_top_figures_badness(
    const struct es_top_figures *f, const struct es_top_call *c, enum es_top_sort sort)
{
	uint64_t a, b;

	if (sort == ES_TOP_BY_START)
		return c->start.ns <= 0 ? 1 : (uint64_t)c->start.ns / ES_NS_PER_US + 1;
	a = badness_of_side(&f->side[0], sort);
	b = badness_of_side(&f->side[1], sort);
	return a > b ? a : b;
}
