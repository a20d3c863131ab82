/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delay between two vantage points. Their clocks need not agree: a packet shows clock difference + delay,
 * a packet of the opposite direction clock difference - delay back, and these differ by the round trip.
 * Both are medians over the blocks, so drift of the clocks cancels as far as both directions ran at the
 * same time.
 */
#include "correlate/call/delay.h"

#include "correlate/call/rtp_streams.h"

enum {
	APART_MAX_S = 60,      /* of the middles of both directions: at 100 ppm a drift of 6 ms */
	ROUND_TRIP_MAX_S = 60, /* beyond speech: a clock that stepped */
};

static int64_t
middle_ns(const struct es_cor_solve *s, uint32_t source)
{
	const struct es_cor_source *src = &s->sources[source];
	es_time end = src->start;

	for (uint32_t k = 0; k < src->n_stream_views; k++)
		end = es_time_max(
		    end, s->stream_views[s->source_stream_views[src->stream_views + k]].end);
	return src->start.ns + es_time_diff(end, src->start) / 2;
}

/* What the RTP stream of a direction with most packets shows of two points, and when, by the first one's clock. */
static bool
offset_of(struct es_cor_joined_call *c, int direction, uint32_t from, uint32_t to,
    int64_t *offset_ns, int64_t *at_ns)
{
	uint64_t most = 0;

	for (uint32_t m = 0; m < c->n_rtp_streams; m++) {
		const struct es_cor_rtp_stream *is = &c->rtp_streams[m];
		int64_t ns;

		if (is->direction != direction || is->packets <= most ||
		    !es_cor_offset(c, is, from, to, &ns))
			continue;
		most = is->packets;
		*offset_ns = ns;
		*at_ns = middle_ns(c->s, es_cor_rtp_stream_source(c, is, from));
	}
	return most > 0;
}

bool
es_cor_round_trip_us(const struct es_cor_direction *d, uint32_t i, uint32_t j, uint32_t *us)
{
	/* Both directions of a call must get the same answer: the median of an even number leans to one side. */
	uint32_t from = d->direction > 0 ? d->order[i] : d->order[j];
	uint32_t to = d->direction > 0 ? d->order[j] : d->order[i];
	int64_t there_ns, back_ns, there_at, back_at, ns;

	if (!offset_of(d->c, 1, from, to, &there_ns, &there_at) ||
	    !offset_of(d->c, -1, from, to, &back_ns, &back_at))
		return false;
	ns = there_at - back_at;
	if (ns > APART_MAX_S * ES_NS_PER_S || ns < -APART_MAX_S * ES_NS_PER_S)
		return false;
	ns = there_ns - back_ns;
	if (ns < 0 || ns > ROUND_TRIP_MAX_S * ES_NS_PER_S)
		return false;
	*us = (uint32_t)(ns / ES_NS_PER_US);
	return true;
}

bool
es_cor_clock_difference_us(struct es_cor_joined_call *c, uint32_t from, uint32_t to, int64_t *us)
{
	int64_t sum_ns = 0;
	int n = 0;

	for (int direction = 1; direction >= -1; direction -= 2) {
		int64_t ns, at_ns;

		if (!offset_of(c, direction, from, to, &ns, &at_ns))
			continue;
		sum_ns += ns;
		n++;
	}
	if (n == 0 && offset_of(c, 0, from, to, &sum_ns, &(int64_t){ 0 }))
		n = 1;
	if (n > 0)
		*us = sum_ns / n / ES_NS_PER_US;
	return n > 0;
}
