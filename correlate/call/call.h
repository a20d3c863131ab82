/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One joined call while it is explained: its points (a leg at a vantage point) from the caller to the callee,
 * and its RTP streams with the set of packets that each point saw of them.
 */
#ifndef CORRELATE_CALL_CALL_H
#define CORRELATE_CALL_CALL_H

#include "correlate/join/solve.h"

enum {
	ES_COR_BLOCKS_OF_SMALL = 64, /* packets: a smaller block is judged with its neighbour */
	ES_COR_GAP_MAX = 65536,      /* numbers: what a longer hole leaves out was never sent */
	ES_COR_ABSENCES_MAX = 8,     /* of a call */
};

struct es_cor_point {
	uint32_t leg;
	uint32_t place; /* points that share a media address and port */
	int8_t
	    end; /* of two like terminals in one place: -1 the caller's, 1 the callee's, else 0 */
	bool has_forwards; /* max_forwards is known */
	uint32_t max_forwards;
	es_slice name; /* of the vantage point, with /1, /2 where it sees several legs */
	enum es_role role;
};

/* What one point saw of one RTP stream, in numbers common to all points. */
struct es_cor_view {
	bool is_there;
	uint32_t *sources; /* those of the RTP stream at this point, ascending */
	uint32_t n_sources;
	struct es_cor_runs seen;
	struct es_cor_runs unknown; /* not delivered: neither seen nor lost */
};

/* An RTP stream of RFC 7656: the streams of one source, which may use several 5-tuples, at all points. */
struct es_cor_rtp_stream {
	uint32_t group;
	int direction; /* 1 forward, -1 reverse, 0 not known */
	uint64_t packets;
	struct es_cor_view views[ES_PATH_MAX]; /* by the index of the point */
};

/* A time in which no point saw media of the call in either direction. absence.c */
struct es_cor_absence {
	uint32_t point; /* on whose clock the times are */
	es_time start;
	es_time end;
	bool is_received; /* a receiver reports that it lost nothing in that time */
};

struct es_cor_joined_call {
	struct es_cor_solve *s;
	struct es_cor_point points[ES_PATH_MAX];
	uint32_t n_points;
	bool has_signalling;
	struct es_cor_rtp_stream *rtp_streams;
	uint32_t n_rtp_streams;
	struct es_cor_absence absences[ES_COR_ABSENCES_MAX];
	uint32_t n_absences;
};

/* The call record of a point; NULL: no signalling was seen there. */
static inline const struct es_call *
es_cor_point_call(const struct es_cor_joined_call *c, uint32_t point)
{
	uint32_t call = c->s->legs[c->points[point].leg].call;

	return call == ES_COR_NONE ? NULL : &c->s->store->calls[call].rec;
}

#endif
