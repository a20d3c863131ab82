/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relay numbers packets with an SSRC of its own, and the sender's own packets go past it for a while to the same
 * port: what the relay did not send then, the port received all the same. The sender's packets are known by an
 * earlier point that saw the same RTP stream; any other stream at that time is an announcement, and nothing is left
 * out for it.
 */
#include "correlate/call/replaced.h"

#include "correlate/call/holes.h"
#include "correlate/call/seen_periods.h"

enum {
	REPLACED_MIN_MS = 200,
	OVERLAP_MS = 600, /* both paths at once, at each change */
	EDGE_MS = 100,    /* between the last packet of one path and the first one of the other */
};

static bool
is_earlier(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	for (uint32_t i = 0; i < position; i++)
		if (es_cor_view_at(d, rtp_stream, i)->is_there)
			return true;
	return false;
}

/* Whether two RTP streams come to one port at a position. */
static bool
shares_port(const struct es_cor_direction *d, uint32_t position, uint32_t a, uint32_t b)
{
	const struct es_cor_stream_view *x[ES_COR_STREAM_VIEWS_MAX], *y[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = es_cor_stream_views_at(d, a, position, x);
	unsigned m = es_cor_stream_views_at(d, b, position, y);

	es_cor_count(d->c->s, (uint64_t)n * m);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < m; j++)
			if (es_addr_eq(&es_cor_stream_of(d->c->s, x[i])->key.dst,
				&es_cor_stream_of(d->c->s, y[j])->key.dst))
				return true;
	return false;
}

static bool
overlaps(const struct es_cor_seen_period *x, const struct es_cor_hole_at *h)
{
	return es_time_before(x->start, h->end) && es_time_before(h->start, x->end);
}

/* Whether each period within a hole begins and ends with it. */
static bool
alternates(const struct es_cor_seen_period *x, unsigned n, const struct es_cor_hole_at *h)
{
	for (unsigned i = 0; i < n; i++)
		if (overlaps(&x[i], h) &&
		    (es_time_diff(h->start, x[i].start) > OVERLAP_MS * ES_NS_PER_MS ||
			es_time_diff(x[i].end, h->end) > OVERLAP_MS * ES_NS_PER_MS))
			return false;
	return true;
}

/* Leaves out the numbers of a hole that were due in a period of the other path. */
static void
leave_out_period(struct es_cor_joined_call *c, const struct es_cor_hole_at *h,
    const struct es_cor_seen_period *x)
{
	int64_t edge_ns = EDGE_MS * ES_NS_PER_MS;
	int64_t from = h->from + (es_time_diff(x->start, h->start) - edge_ns) / h->step_ns;
	int64_t to = h->to - (es_time_diff(h->end, x->end) - edge_ns) / h->step_ns;

	from = from < h->from ? h->from : from;
	to = to > h->to ? h->to : to;
	if (from < to)
		es_cor_leave_out(c, h->rtp_stream, from, to);
}

/* Leaves out the holes of an RTP stream at a position that the periods of another one there fill. */
static void
leave_out_by(
    const struct es_cor_direction *d, uint32_t position, const struct es_cor_holes *h, uint32_t by)
{
	struct es_cor_seen_period x[ES_COR_SEEN_PERIODS_MAX];
	unsigned n = es_cor_seen_periods(d, by, position, x);

	for (unsigned i = 0; i < h->n; i++) {
		if (!alternates(x, n, &h->at[i]))
			continue;
		for (unsigned k = 0; k < n; k++)
			if (overlaps(&x[k], &h->at[i]))
				leave_out_period(d->c, &h->at[i], &x[k]);
	}
}

/* The holes of an RTP stream: of one that the relay numbers by the sender's own packets, and the other way round. */
static void
leave_out_holes(struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	struct es_cor_holes h = { .c = d->c,
		.vantage = es_cor_vantage_of(d->c, d->order[position]),
		.least_ns = REPLACED_MIN_MS * ES_NS_PER_MS };

	es_cor_holes_add(&h, rtp_stream, &es_cor_view_at(d, rtp_stream, position)->seen);
	for (uint32_t m = 0; m < d->c->n_rtp_streams && h.n > 0; m++)
		if (d->c->rtp_streams[m].direction == d->direction &&
		    es_cor_view_at(d, m, position)->is_there &&
		    is_earlier(d, m, position) != is_earlier(d, rtp_stream, position) &&
		    shares_port(d, position, rtp_stream, m))
			leave_out_by(d, position, &h, m);
}

void
es_cor_leave_out_replaced(struct es_cor_direction *d)
{
	for (uint32_t p = 1; p < d->n_points && d->c->n_rtp_streams <= ES_COR_RTP_STREAMS_MAX; p++)
		for (uint32_t m = 0; m < d->c->n_rtp_streams; m++)
			if (d->c->rtp_streams[m].direction == d->direction &&
			    es_cor_view_at(d, m, p)->is_there)
				leave_out_holes(d, m, p);
}
