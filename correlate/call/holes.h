/* SPDX-License-Identifier: Apache-2.0 */
/* Long holes in the media of a call, and when they were, on the clock of one vantage point. */
#ifndef CORRELATE_CALL_HOLES_H
#define CORRELATE_CALL_HOLES_H

#include "correlate/call/call.h"

enum { ES_COR_HOLES_MAX = 64 }; /* beyond, what is missing stays lost */

struct es_cor_hole_at {
	uint32_t rtp_stream;
	int direction;
	int64_t from; /* common numbers from..to-1 */
	int64_t to;
	es_time start;
	es_time end;
	int64_t step_ns; /* between two of its packets */
};

struct es_cor_holes {
	struct es_cor_joined_call *c;
	uint32_t vantage; /* on whose clock */
	int64_t least_ns; /* shorter ones are left out */
	struct es_cor_hole_at at[ES_COR_HOLES_MAX];
	unsigned n;
};

/* Adds the holes of an RTP stream between the runs of what was seen of it, where the vantage point timed them. */
void es_cor_holes_add(struct es_cor_holes *h, uint32_t rtp_stream, const struct es_cor_runs *seen);

/* Whether two holes were at one time: more than half of the longer one is in common. */
bool es_cor_holes_meet(const struct es_cor_hole_at *a, const struct es_cor_hole_at *b);

enum es_cor_silence {
	ES_COR_HEARD,  /* or unknown: the vantage point did not see the RTP stream */
	ES_COR_PAUSED, /* it has a hole as well, or a pause as long in which it numbered nothing */
	ES_COR_NOT_THERE, /* it had ended, or had not begun */
};

/* What an RTP stream did at the vantage point in the middle half of the time of a hole. */
enum es_cor_silence es_cor_holes_silence(
    const struct es_cor_holes *h, uint32_t rtp_stream, const struct es_cor_hole_at *x);

/* The next stream view of an RTP stream at the vantage point, from *at = 0 on; NULL: no more. */
const struct es_cor_stream_view *
es_cor_holes_stream_view(const struct es_cor_holes *h, uint32_t rtp_stream, uint32_t *at);

/* Makes numbers of an RTP stream unknown at all points: neither seen nor lost. A full arena is noticed later. */
void es_cor_leave_out(struct es_cor_joined_call *c, uint32_t rtp_stream, int64_t from, int64_t to);

static inline uint32_t
es_cor_vantage_of(const struct es_cor_joined_call *c, uint32_t point)
{
	return c->s->legs[c->points[point].leg].vantage;
}

static inline int64_t
es_cor_hole_ns(const struct es_cor_hole_at *x)
{
	return es_time_diff(x->end, x->start);
}

#endif
