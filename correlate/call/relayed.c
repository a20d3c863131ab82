/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relay that numbers packets with an SSRC of its own, seen on both sides by one vantage point: what did not come
 * to it cannot be lost behind it. A hole behind it at the time of one before it is that one seen twice.
 */
#include "correlate/call/relayed.h"

#include "correlate/call/holes.h"
#include "correlate/call/rtp_streams.h"

enum {
	RELAYED_MIN_MS = 200,
	RELAYED_SLACK_MS = 100, /* packets that were in the relay when the hole began */
};

static bool
is_upstream(const struct es_cor_direction *d, uint32_t position, uint32_t i)
{
	return i < position &&
	       es_cor_vantage_of(d->c, d->order[i]) == es_cor_vantage_of(d->c, d->order[position]);
}

/* Whether an RTP stream begins at a position: no point before saw it. */
static bool
begins_at(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	for (uint32_t i = 0; i < position; i++)
		if (es_cor_view_at(d, rtp_stream, i)->is_there)
			return false;
	return es_cor_view_at(d, rtp_stream, position)->is_there;
}

/* The holes of the RTP streams that come to the relay, as its vantage point saw them; false: none come. */
static bool
collect(const struct es_cor_direction *d, uint32_t position, struct es_cor_holes *in)
{
	bool is_any = false;

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		for (uint32_t i = 0; i < position; i++) {
			const struct es_cor_view *v = es_cor_view_at(d, m, i);

			if (!is_upstream(d, position, i) || !v->is_there)
				continue;
			es_cor_holes_add(in, m, &v->seen);
			is_any = true;
			break;
		}
	}
	return is_any;
}

/* Whether nothing came to the relay at the time of a hole behind it; the longest hole it came with. */
static const struct es_cor_hole_at *
cause_of(const struct es_cor_direction *d, uint32_t position, const struct es_cor_holes *in,
    const struct es_cor_hole_at *x)
{
	const struct es_cor_hole_at *best = NULL;

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		for (uint32_t i = 0; i < position; i++)
			if (is_upstream(d, position, i) && es_cor_view_at(d, m, i)->is_there &&
			    es_cor_holes_silence(in, m, x) == ES_COR_HEARD)
				return NULL;
	}
	for (unsigned i = 0; i < in->n; i++)
		if (es_cor_holes_meet(&in->at[i], x) &&
		    (best == NULL || es_cor_hole_ns(best) < es_cor_hole_ns(&in->at[i])))
			best = &in->at[i];
	return best;
}

static void
leave_out(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	struct es_arena *mem = d->c->s->mem;
	size_t mark = es_arena_mark(mem);
	struct es_cor_holes in = { .c = d->c,
		.vantage = es_cor_vantage_of(d->c, d->order[position]),
		.least_ns = RELAYED_MIN_MS * ES_NS_PER_MS };
	struct es_cor_holes out = in;
	struct es_cor_runs all;

	if (!collect(d, position, &in) || in.n == 0)
		return;
	es_cor_all_seen(d->c, rtp_stream, &all);
	es_cor_holes_add(&out, rtp_stream, &all);
	es_arena_reset(mem, mark);
	for (unsigned i = 0; i < out.n; i++) {
		const struct es_cor_hole_at *x = &out.at[i], *by = cause_of(d, position, &in, x);
		int64_t n = x->to - x->from, most;

		if (by == NULL)
			continue;
		most = (es_cor_hole_ns(by) + RELAYED_SLACK_MS * ES_NS_PER_MS) / x->step_ns;
		es_cor_leave_out(d->c, rtp_stream, x->from, x->from + (n < most ? n : most));
	}
}

void
es_cor_leave_out_relayed(struct es_cor_direction *d)
{
	for (uint32_t p = 1; p < d->n_points; p++)
		for (uint32_t m = 0; m < d->c->n_rtp_streams; m++)
			if (d->c->rtp_streams[m].direction == d->direction && begins_at(d, m, p))
				leave_out(d, m, p);
}
