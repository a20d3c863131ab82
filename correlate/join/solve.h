/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one solve: from records to joined calls. Each step has a file of its own and fills its part:
 *
 *	stream_view  streams with their blocks in order, and what (number, timestamp) pairs they show
 *	succession   which stream views of one SSRC are one source; detour: on another path for a while
 *	source       stream views of one SSRC on one leg in one direction
 *	twin         the same source on two legs of one vantage point
 *	leg          sources and dialog of one vantage point
 *	match        the same source seen at two vantage points, under one clock offset per pair
 *	join         legs that are one call, by evidence, the surest first
 *	line         numbers that all stream views of the same packets have in common
 *
 * Then each call by itself (call.h): RTP streams and directions, order of points, segments, blocks, causes.
 * es_correlate_solve runs the steps.
 *
 * Everything lives in the scratch memory of the solve. Indexes follow sorted orders, never the
 * order in which records were added, so the same records give the same answer.
 */
#ifndef CORRELATE_JOIN_SOLVE_H
#define CORRELATE_JOIN_SOLVE_H

#include "correlate/input/index.h"
#include "correlate/input/record_store.h"
#include "correlate/input/runs.h"
#include "correlate/input/sort.h"
#include "probes/base/signal_limit.h"

/* Lowest received packet of a part: the number, its RTP timestamp, and when it came. */
struct es_cor_anchor {
	int64_t seq;
	uint32_t ts;
	es_time at;
};

/* A stream with its parts in order, on one leg: one stream view for each call it belongs to. Stream views on one
 * (number, timestamp) line are joined with the shift between their numbers: number + shift is a number
 * of the stream view `line` leads to. */
struct es_cor_stream_view {
	uint32_t stream;  /* in the store */
	es_slice call_id; /* of the leg, a kept name */
	uint32_t source;
	uint32_t parts; /* first of n_parts in solve.part_order */
	uint32_t n_parts;
	uint32_t anchors; /* first of n_anchors in solve.anchors */
	uint32_t n_anchors;
	uint32_t step; /* RTP timestamp units per packet, 0 = not known */
	uint32_t clock_rate_hz;
	es_time start;
	es_time end;
	int64_t first; /* lowest and highest extended number of the stream */
	int64_t last;
	bool is_open; /* the stream has not ended, or the capture broke off: more may have come */
	uint32_t line;
	int64_t shift;
	int64_t
	    base; /* added to a number: the one common to all stream views of the same packets */
};

struct es_cor_source {
	uint32_t vantage;
	uint32_t ssrc;
	uint32_t stream_views; /* first of n_stream_views in solve.source_stream_views */
	uint32_t n_stream_views;
	uint32_t leg;
	uint32_t group;         /* union-find over sources that carry the same packets */
	uint32_t next_of_group; /* ring of all sources of the group */
	uint32_t twin;    /* the same packets on another leg at this vantage point, or itself */
	int votes;        /* of SDP: positive from the caller to the callee */
	int8_t direction; /* 1 forward, -1 reverse, 0 not known yet */
	uint64_t packets;
	es_time start;
};

struct es_cor_leg {
	uint32_t vantage;
	uint32_t call;         /* call record in the store, or ES_COR_NONE */
	uint32_t joined;       /* union-find over legs of one call */
	uint32_t next_of_call; /* ring of all legs of the call */
	uint32_t sources;      /* first of n_sources in solve.leg_sources */
	uint32_t n_sources;
	uint32_t stream_views; /* first of n_stream_views in solve.leg_stream_views, ascending */
	uint32_t n_stream_views;
	uint32_t n_joined; /* of the leg that leads: legs of its call */
	uint32_t legs;     /* of the leg that leads: first of n_joined in solve.call_legs */
	uint32_t edges;    /* of the leg that leads: first of n_edges in solve.call_edges */
	uint32_t n_edges;
	es_slice call_id;
	es_time start;
	es_time end; /* of its media */
	uint32_t
	    n_common; /* legs that share a value with it that therefore names no call; 0: none */
	enum es_join_reason common; /* what value that is */
};

/* Two sources at two vantage points that carry the same packets. */
struct es_cor_match {
	uint32_t x; /* sources */
	uint32_t y;
	uint32_t pairs;    /* equal (number, timestamp) pairs */
	uint32_t near;     /* blocks whose timestamps lie within half a cycle */
	uint32_t contrary; /* equal numbers with another timestamp */
	bool has_offset;
	bool shares_call_id;
	bool shares_addr; /* the same 5-tuple at both */
	int64_t shift;    /* of the numbers, where both are one stream view */
	uint64_t
	    apart; /* packets that only one of the two saw: of several candidates the one with fewest is taken */
	int64_t
	    offset_ns; /* clock of y's vantage point less that of x's, plus the delay between them */
};

struct es_cor_edge {
	uint32_t a; /* legs */
	uint32_t b;
	enum es_join_reason reason;
	uint32_t weight_ppm;
	uint32_t pairs;
	bool is_bridge; /* it joined what was apart until then: stronger reasons come first */
};

enum { ES_COR_COLUMN_NONE = ES_SIGNAL_LIMITS }; /* no sample has the signal */

/* Samples of the machines and changes on them, by machine and time. */
struct es_cor_machines {
	uint32_t *order;                  /* samples of the store */
	es_time *reach;                   /* the latest end of a machine's samples up to here */
	uint8_t column[ES_SIGNAL_LIMITS]; /* of a signal with a limit in the three below */
	int64_t *values;                  /* by column and place in order */
	bool *is_known;
	bool *is_synthetic;                       /* likewise: made up */
	uint32_t ends[ES_CORRELATE_VANTAGES_MAX]; /* by machine: behind its last sample in order */
	uint32_t *changes;
};

struct es_cor_solve {
	const struct es_cor_record_store *store;
	struct es_arena *mem; /* of this solve; what it refuses is ES_EFULL */
	uint64_t *steps;      /* comparisons made: what the solve costs, on any machine */
	uint32_t *part_order;
	struct es_cor_anchor *anchors;
	uint32_t n_anchors;
	struct es_cor_stream_view *stream_views; /* sorted by vantage, SSRC, start, key */
	uint32_t n_stream_views;
	struct es_cor_source *sources;
	uint32_t n_sources;
	uint32_t *source_stream_views;
	struct es_cor_leg *legs;
	uint32_t n_legs;
	uint32_t *leg_sources;
	uint32_t *leg_stream_views;
	struct es_cor_match *matches; /* accepted ones */
	uint32_t n_matches;
	uint32_t cap_matches;
	struct es_cor_edge *edges;
	uint32_t n_edges;
	uint32_t cap_edges;
	uint32_t *call_legs;  /* legs by call, ascending */
	uint32_t *call_edges; /* edges by call, in their order */
	uint32_t *
	    rtp_stream_of; /* by source that leads a group: its RTP stream in the call at work, + 1 */
	struct es_cor_index calls; /* call records of the store, by es_cor_call_hash */
	struct es_cor_machines machines;
	uint32_t *reported; /* reports of the store by vantage point, SSRC, sender, time */
	struct es_cor_index stream_views_of_call; /* stream views, by es_cor_call_hash */
};

/* Fills in s->calls. ES_EFULL. */
int es_cor_calls_index(struct es_cor_solve *s);

static inline void
es_cor_count(const struct es_cor_solve *s, uint64_t steps)
{
	*s->steps += steps;
}

/* What things are found by: fields a search has no use for stay 0. */
struct es_cor_key {
	struct es_addr src;
	struct es_addr dst;
	const uint8_t *call_id; /* a kept name: equal texts have one address */
	uint32_t kind;          /* keeps searches of one index apart */
	uint32_t vantage;
	uint32_t ssrc;
	uint32_t number;
};

static inline uint64_t
es_cor_hash(const struct es_cor_solve *s, const struct es_cor_key *key)
{
	return es_hash(&s->store->key, es_slice_of(key, sizeof(*key)));
}

/* Of a Call-ID at a vantage point. */
static inline uint64_t
es_cor_call_hash(const struct es_cor_solve *s, uint32_t vantage, es_slice call_id)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.vantage = vantage;
	key.call_id = call_id.p;
	return es_cor_hash(s, &key);
}

static inline const struct es_cor_stream *
es_cor_stream_of(const struct es_cor_solve *s, const struct es_cor_stream_view *st)
{
	return &s->store->streams[st->stream];
}

/* The i-th stream view of a leg. */
static inline const struct es_cor_stream_view *
es_cor_leg_stream_view(const struct es_cor_solve *s, const struct es_cor_leg *leg, uint32_t i)
{
	return &s->stream_views[s->leg_stream_views[leg->stream_views + i]];
}

#endif
