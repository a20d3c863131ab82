/* SPDX-License-Identifier: Apache-2.0 */
/* When in the call something was. */
#include "correlate/verdict/evidence_time.h"

#include "correlate/call/rtp_streams.h"
#include "correlate/verdict/block_times.h"
#include "correlate/verdict/evidence.h"

/* What lies so long before the start of the call is no time in it: the clocks were not compared right. */
enum { BEFORE_START_MS_MAX = 1000 };

/*
 * When the call began at its first point, on the clock of another one: by the packets that both saw, else as the
 * signalling there says, which may have come later.
 */
static bool
call_began(struct es_cor_joined_call *c, uint32_t point, es_time *out)
{
	const struct es_cor_leg *first = &c->s->legs[c->points[0].leg];
	const struct es_cor_leg *leg = &c->s->legs[c->points[point].leg];
	int64_t offset_ns;

	*out = first->start;
	if (leg->vantage == first->vantage)
		return true;
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		if (!es_cor_offset(c, &c->rtp_streams[i], 0, point, &offset_ns))
			continue;
		*out = es_time_add(first->start, offset_ns);
		return true;
	}
	*out = leg->start;
	return leg->call != ES_COR_NONE;
}

void
es_cor_evidence_period(
    struct es_evidence *e, struct es_cor_joined_call *c, uint32_t point, es_time from, es_time to)
{
	es_time began;
	int64_t from_ms, to_ms;

	if (e == NULL)
		return;
	e->vantage = c->points[point].name;
	if (!call_began(c, point, &began))
		return;
	from_ms = es_time_diff(from, began) / ES_NS_PER_MS;
	to_ms = es_time_diff(to, began) / ES_NS_PER_MS;
	if (from_ms < -BEFORE_START_MS_MAX || to_ms < from_ms)
		return;
	e->has_period = true;
	e->from_ms = from_ms < 0 ? 0 : from_ms;
	e->to_ms = to_ms < 0 ? 0 : to_ms;
}

void
es_cor_evidence_add_clock(struct es_evidence *e, int64_t ms)
{
	int64_t s = (ms + 500) / 1000;

	es_cor_add_text(e, s / 60 < 10 ? "0" : "");
	es_cor_add_number(e, s / 60);
	es_cor_add_text(e, s % 60 < 10 ? ":0" : ":");
	es_cor_add_number(e, s % 60);
}

void
es_cor_evidence_add_period(struct es_evidence *e)
{
	if (e == NULL || !e->has_period)
		return;
	es_cor_add_text(e, e->from_ms == e->to_ms ? " at " : " from ");
	es_cor_evidence_add_clock(e, e->from_ms);
	if (e->from_ms == e->to_ms)
		return;
	es_cor_add_text(e, " to ");
	es_cor_evidence_add_clock(e, e->to_ms);
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
