/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of a call: its points in the direction's sense, its RTP streams as each point saw them, and what the
 * later steps found of its blocks and spans.
 */
#ifndef CORRELATE_CALL_DIRECTION_H
#define CORRELATE_CALL_DIRECTION_H

#include "correlate/call/call.h"

struct es_cor_block; /* verdict/bad_blocks.h */

/* Bad packets between two points that both saw what they could: neighbours, mostly. */
struct es_cor_span {
	uint64_t lost;
	uint64_t late;
};

struct es_cor_direction {
	struct es_cor_joined_call *c;
	int direction;
	uint32_t order[ES_PATH_MAX]; /* points of the call in this direction's sense */
	uint32_t n_points;
	/* By position: sees no media of this call at all, or a budget left out what it sees of this direction. */
	bool is_without_media[ES_PATH_MAX];
	uint32_t last_point; /* position of the last point that sees media; n_points: none */
	bool is_renumbered
	    [ES_PATH_MAX]; /* by position i: numbers do not survive between i and i + 1 */
	struct es_cor_block *blocks;
	uint32_t n_blocks;
	uint32_t n_judged;
	uint32_t n_bad;
	uint32_t n_unsure;
	bool is_degraded;
	struct es_cor_span spans[ES_PATH_MAX][ES_PATH_MAX]; /* over the bad blocks, by position */
	struct es_cor_span
	    upstream; /* no point saw the packets, or they were late at the first one */
	struct es_cor_span
	    begun[ES_PATH_MAX]; /* by the position that saw RTP streams first: part of its span */
	uint64_t bad_packets;
};

/* Fills order, is_without_media and last_point; says whether any point saw media of this direction. */
bool
es_cor_direction_begin(struct es_cor_direction *d, struct es_cor_joined_call *c, int direction);

/* The view of an RTP stream at a position of the direction. */
static inline const struct es_cor_view *
es_cor_view_at(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	return &d->c->rtp_streams[rtp_stream].views[d->order[position]];
}

/* Whether a budget left out the direction at a position: what came there is not known. */
bool es_cor_direction_is_shed_at(const struct es_cor_direction *d, uint32_t position);

/* Whether a position is one that media need not pass: an SBC, or a tap. */
bool es_cor_may_be_passed(const struct es_cor_direction *d, uint32_t position);

/* Whether a later position saw an RTP stream. */
bool
es_cor_direction_is_later(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position);

/* The first position that saw an RTP stream. */
uint32_t es_cor_direction_first_point(const struct es_cor_direction *d, uint32_t rtp_stream);

/* The position at which blocks of an RTP stream are judged: the last that could see it before it is renumbered. */
uint32_t es_cor_direction_last_point(const struct es_cor_direction *d, uint32_t rtp_stream);

enum {
	ES_COR_RTP_STREAMS_MAX = 64,  /* of a call that are compared with each other */
	ES_COR_STREAM_VIEWS_MAX = 64, /* of an RTP stream at a position, likewise */
};

/* The stream views of an RTP stream at a position by their numbers; 0: none, or too many. */
unsigned es_cor_stream_views_at(const struct es_cor_direction *d, uint32_t rtp_stream,
    uint32_t position, const struct es_cor_stream_view *out[ES_COR_STREAM_VIEWS_MAX]);

/* Calls back for every part a position saw of an RTP stream; first: its first common number. */
void es_cor_each_part(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    void (*call)(
	void *ctx, const struct es_cor_stream *st, const struct es_cor_part *p, int64_t first),
    void *ctx);

/*
 * Whether what a part missed came to a point on another path, or went past it: no receiver heard it
 * as it was scored. first: its first common number.
 */
bool es_cor_is_completed(const struct es_cor_view *v, const struct es_cor_part *p, int64_t first);

/* Whether the first point of a direction is the machine that sends, not one on the way. */
bool es_cor_first_is_sender(const struct es_cor_direction *d);

#endif
