/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Absences: times in which no media of a call were seen at all, in either direction, between two times at which
 * all was well. Phones that send to each other directly for a while look so at an SBC, and so does a place that
 * was cut off: packets alone do not show which. One cable that fails takes one direction away and leaves the other one
 * up to the vantage point, so two holes at one time are one witness of something near it, not two of the far side.
 * What the receivers report of that time decides; without a report it is unknown whether the packets were lost.
 * A hole of one direction is loss unless one vantage point alone saw the call and its receiver reports that it
 * missed nothing.
 */
#include "correlate/call/absence.h"

#include "correlate/call/holes.h"
#include "correlate/call/reports.h"
#include "correlate/call/rtp_streams.h"

enum {
	ABSENCE_MIN_MS = 1000, /* a shorter hole is no change of path */
	EDGE = 100,            /* numbers on both sides of a hole, of which */
	EDGE_LOST_MAX = 5, /* so many may be missing: a path that fails by degrees is no change */
	REPORTED_LOST_PART =
	    2, /* of the hole: a report of at least 1 in so many shows that it was lost */
	DROPOUT_MAX = 3000, /* after so many a receiver begins to count again, RFC 3550 A.1 */
};

/* Whether a vantage point sees media of a direction. */
static bool
sees(const struct es_cor_joined_call *c, uint32_t vantage, int direction)
{
	for (uint32_t m = 0; m < c->n_rtp_streams; m++)
		for (uint32_t p = 0; p < c->n_points; p++)
			if (c->rtp_streams[m].direction == direction &&
			    c->rtp_streams[m].views[p].is_there &&
			    es_cor_vantage_of(c, p) == vantage)
				return true;
	return false;
}

/* The first point whose vantage point sees both directions: their times must be of one clock. */
static bool
choose_clock(struct es_cor_holes *h, uint32_t *point)
{
	for (*point = 0; *point < h->c->n_points; ++*point) {
		h->vantage = es_cor_vantage_of(h->c, *point);
		if (sees(h->c, h->vantage, 1) && sees(h->c, h->vantage, -1))
			return true;
	}
	return false;
}

/* Numbers of a stretch that lie between two runs. */
static int64_t
missing_in(const struct es_cor_runs *all, int64_t from, int64_t to)
{
	int64_t missing = 0;

	for (uint32_t i = 1; i < all->n; i++) {
		int64_t a = all->at[i - 1].to, b = all->at[i].from;

		a = a < from ? from : a;
		b = b > to ? to : b;
		missing += a < b ? b - a : 0;
	}
	return missing;
}

/* The holes of an RTP stream, of what no point saw of it, that have clean edges. */
static void
collect(struct es_cor_holes *h, uint32_t rtp_stream)
{
	struct es_arena *mem = h->c->s->mem;
	size_t mark = es_arena_mark(mem);
	unsigned n = h->n;
	struct es_cor_runs all;

	es_cor_all_seen(h->c, rtp_stream, &all);
	es_cor_holes_add(h, rtp_stream, &all);
	for (unsigned i = n; i < h->n; i++) {
		const struct es_cor_hole_at *x = &h->at[i];

		if (missing_in(&all, x->from - EDGE, x->from) +
			missing_in(&all, x->to, x->to + EDGE) <=
		    EDGE_LOST_MAX)
			h->at[n++] = *x;
	}
	h->n = n;
	es_arena_reset(mem, mark);
}

/* Whether nothing was seen in the time of a hole: the other direction paused as well, and no RTP stream continued. */
static bool
is_absence(const struct es_cor_holes *h, const struct es_cor_hole_at *x)
{
	bool has_other = false;

	for (uint32_t m = 0; m < h->c->n_rtp_streams; m++) {
		enum es_cor_silence silence;

		if (h->c->rtp_streams[m].direction == 0)
			continue;
		silence = es_cor_holes_silence(h, m, x);
		if (silence == ES_COR_HEARD)
			return false;
		has_other |=
		    silence == ES_COR_PAUSED && h->c->rtp_streams[m].direction != x->direction;
	}
	return has_other;
}

enum report { UNREPORTED, RECEIVED, LOST };

/* What the receiver of a hole's packets reports of it. */
static enum report
report_of(const struct es_cor_holes *h, const struct es_cor_hole_at *x)
{
	enum es_cor_reports said = ES_COR_REPORTS_NONE;
	const struct es_cor_stream_view *st;
	int64_t most = -1, n = x->to - x->from;

	for (uint32_t at = 0; (st = es_cor_holes_stream_view(h, x->rtp_stream, &at)) != NULL;) {
		int64_t lost = es_cor_reports_growth(h->c->s, st, x->start, x->end);
		enum es_cor_reports hole = es_cor_reports_hole(h->c->s, st, x);

		most = lost > most ? lost : most;
		said = hole > said ? hole : said;
	}
	if (most * REPORTED_LOST_PART >= n)
		return LOST;
	return said == ES_COR_REPORTS_RECEIVED && n < DROPOUT_MAX ? RECEIVED : UNREPORTED;
}

/* What is known of a hole by its own receiver, else by that of the other direction. */
static enum report
report_of_either(const struct es_cor_holes *h, const struct es_cor_hole_at *x)
{
	enum report r = report_of(h, x);

	for (unsigned i = 0; i < h->n && r == UNREPORTED; i++)
		if (h->at[i].direction == -x->direction && es_cor_holes_meet(&h->at[i], x))
			r = report_of(h, &h->at[i]);
	return r;
}

/* Whether one vantage point alone saw the call. */
static bool
is_alone(const struct es_cor_holes *h)
{
	for (uint32_t p = 0; p < h->c->n_points; p++)
		if (es_cor_vantage_of(h->c, p) != h->vantage)
			return false;
	return true;
}

/* Whether the receiver of a hole's packets reports that it had them, though none was seen. */
static bool
is_received_unseen(const struct es_cor_holes *h, const struct es_cor_hole_at *x)
{
	return is_alone(h) && report_of(h, x) == RECEIVED;
}

/* One absence for the holes of all RTP streams at one time. */
static void
note(struct es_cor_joined_call *c, uint32_t point, const struct es_cor_hole_at *x, bool is_received)
{
	for (uint32_t i = 0; i < c->n_absences; i++) {
		struct es_cor_absence *a = &c->absences[i];

		if (es_time_before(x->end, a->start) || es_time_before(a->end, x->start))
			continue;
		a->start = es_time_max(a->start, x->start);
		a->end = es_time_before(x->end, a->end) ? x->end : a->end;
		a->is_received &= is_received;
		return;
	}
	if (c->n_absences < ES_COR_ABSENCES_MAX)
		c->absences[c->n_absences++] =
		    (struct es_cor_absence){ point, x->start, x->end, is_received };
}

/* Whether the numbers of a hole are left out already: signalling sent them elsewhere, or no record has them. */
static bool
is_left_out(const struct es_cor_joined_call *c, const struct es_cor_hole_at *x)
{
	for (uint32_t p = 0; p < c->n_points; p++) {
		const struct es_cor_view *v = &c->rtp_streams[x->rtp_stream].views[p];

		if (v->is_there &&
		    es_cor_runs_count_in(&v->unknown, x->from, x->to) < (uint64_t)(x->to - x->from))
			return false;
	}
	return true;
}

void
es_cor_absences(struct es_cor_joined_call *c)
{
	struct es_cor_holes h = { .c = c, .least_ns = ABSENCE_MIN_MS * ES_NS_PER_MS };
	uint32_t point;

	if (!choose_clock(&h, &point))
		return;
	for (uint32_t m = 0; m < h.c->n_rtp_streams; m++)
		if (h.c->rtp_streams[m].direction != 0)
			collect(&h, m);
	for (unsigned i = 0; i < h.n; i++) {
		const struct es_cor_hole_at *x = &h.at[i];
		bool is_both;
		enum report r;

		if (is_left_out(h.c, x))
			continue;
		is_both = is_absence(&h, x);
		r = is_both ? report_of_either(&h, x) : is_received_unseen(&h, x) ? RECEIVED : LOST;
		if (r == LOST)
			continue;
		es_cor_leave_out(h.c, x->rtp_stream, x->from, x->to);
		if (is_both)
			note(h.c, point, x, r == RECEIVED);
	}
}
