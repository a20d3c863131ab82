/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judgement: one direction of a call, its points in the direction's sense, its segments, and its
 * blocks, of which some are bad. Where the packets of the bad blocks went is the blame.
 */
#ifndef CORRELATE_JUDGE_H
#define CORRELATE_JUDGE_H

#include "correlate/call.h"

struct es_cor_block {
	uint32_t media;
	int64_t number; /* first of its 256 common numbers */
	bool is_merged; /* too small: its figures stand in a neighbour */
	bool is_bad;
	bool is_unsure; /* bad, but the capture itself may be the reason: not judged */
	uint32_t expected;
	uint32_t received;
	uint32_t late;
	int64_t short_sum;          /* clean value of a part's codec less its MOS, milli x weight */
	uint64_t short_weight;      /* of parts that have both */
	uint32_t coverage;          /* flags at the point that judges */
	uint32_t before;            /* packets nobody saw: lost before the first point */
	uint32_t left[ES_PATH_MAX]; /* packets that this point was the last one to see */
	uint32_t late_at[ES_PATH_MAX]; /* late there */
	uint32_t has_late;             /* one bit per point */
	uint32_t blind;                /* one bit per point: what it did not see says nothing */
};

/* Bad packets between two points that both saw what they could: neighbours, mostly. */
struct es_cor_span {
	uint64_t lost;
	uint64_t late;
};

struct es_cor_direction {
	struct es_cor_case *c;
	int side;
	uint32_t order[ES_PATH_MAX]; /* points of the case in this direction's sense */
	uint32_t n_points;
	bool is_blind[ES_PATH_MAX]; /* by position: sees no media of this call at all */
	uint32_t judge;             /* position of the last point that sees media; n_points: none */
	bool
	    is_foreign[ES_PATH_MAX]; /* by position i: numbers do not survive between i and i + 1 */
	struct es_cor_block *blocks;
	uint32_t n_blocks;
	uint32_t n_judged;
	uint32_t n_bad;
	uint32_t n_unsure;
	bool is_degraded;
	struct es_cor_span spans[ES_PATH_MAX][ES_PATH_MAX]; /* over the bad blocks, by position */
	struct es_cor_span before;
	uint64_t bad_packets;
};

/* Fills order, is_blind and judge; tells whether any point saw media of this direction. */
bool es_cor_direction_begin(struct es_cor_direction *d, struct es_cor_case *c, int side);

/*
 * Numbers that went on under another SSRC for a while are neither seen nor lost where they did. On a full
 * scratch the next step says so.
 */
void es_cor_excuse_renumbered(struct es_cor_direction *d);

/* What went past an SBC or a tap to another host, on a path of its own, is neither seen nor lost there. */
void es_cor_excuse_elsewhere(struct es_cor_direction *d);

/* What did not come to a relay with an SSRC of its own is not lost behind it. */
void es_cor_excuse_relayed(struct es_cor_direction *d);

/*
 * Times without any media, neither way: they went elsewhere, or the place itself was cut off. Their numbers are
 * neither seen nor lost unless a receiver reports them lost.
 */
void es_cor_absences(struct es_cor_case *c);

/* The segments as the public object tells them. */
int es_cor_segments(struct es_cor_direction *d, struct es_direction *out);

/*
 * The time from position i to position j of the direction and back, as packets show that went either
 * way. No clock need agree with another. False: none went one of the ways, or a clock stepped.
 */
bool es_cor_round_trip_us(const struct es_cor_direction *d, uint32_t i, uint32_t j, uint32_t *us);

/*
 * The MOS of a direction is that of its last point: all streams there, by their packets that were
 * scored. Where its media bypass the leg of that point, the leg before it at the same vantage point has
 * them. Bands have different scales: the one that led speaks, the narrower of two alike. Parts whose
 * packets took another path, or went past the point, have no say.
 */
void es_cor_opinion(const struct es_cor_direction *d, struct es_direction *out);

/* Whether a part that a position saw is completed (below): whole streams' scores count what it missed. */
bool es_cor_is_any_completed(const struct es_cor_direction *d, uint32_t position);

/* MOS with delay of a direction whose first and last points are at terminals. */
void es_cor_conversation(const struct es_cor_direction *d, struct es_direction *out);

/* Builds and judges the blocks, sums the spans. ES_EFULL. */
int es_cor_judge(struct es_cor_direction *d);

/* The view of a medium at a position of the direction. */
static inline const struct es_cor_view *
es_cor_view_at(const struct es_cor_direction *d, uint32_t media, uint32_t position)
{
	return &d->c->media[media].views[d->order[position]];
}

/* Sorts the reports of the store: s->reported. ES_EFULL. */
int es_cor_reports_sort(struct es_cor_solve *s);

/*
 * The most packets that a receiver beyond the last point reported as lost of a stream of this direction,
 * counted from the stream's start (RFC 3550 section 6.4.1). 0: no report.
 */
uint64_t es_cor_reported_lost(const struct es_cor_direction *d);

/*
 * By how much the losses that receivers reported of a strand grew over a stretch of time; -1: no report soon
 * after it. start and end are of the clock that the strand was seen on.
 */
int64_t es_cor_reported_growth(
    const struct es_cor_solve *s, const struct es_cor_strand *st, es_time start, es_time end);

struct es_cor_moment {
	bool is_known;
	es_time start;
	es_time end;
};

/*
 * When each block passed a position, on that position's own clock; estimated from another one's
 * and the clocks' difference where it saw nothing itself. From the scratch memory, NULL when full.
 */
struct es_cor_moment *es_cor_block_times(const struct es_cor_direction *d, uint32_t position);

/* The block a common number belongs to, or NULL. */
struct es_cor_block *
es_cor_block_at(const struct es_cor_direction *d, uint32_t media, int64_t number);

/* Calls back for every part a position saw of a medium; first: its first common number. */
void es_cor_each_part(const struct es_cor_direction *d, uint32_t media, uint32_t position,
    void (*call)(
	void *ctx, const struct es_cor_stream *st, const struct es_cor_part *p, int64_t first),
    void *ctx);

/*
 * Whether what a part missed came to a point on another path, or went past it: its score is of a receiver
 * that nobody was. first: its first common number.
 */
bool es_cor_is_completed(const struct es_cor_view *v, const struct es_cor_part *p, int64_t first);

/* Packets of a block that never came to the point that judges it. */
uint32_t es_cor_lost_of(const struct es_cor_block *b);

/* The position that judges a medium: the last one that sees it, where it cannot have gone on. */
uint32_t es_cor_judge_of(const struct es_cor_direction *d, uint32_t media);

#endif
