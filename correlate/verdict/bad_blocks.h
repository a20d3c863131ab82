/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of a direction, which of them are bad, and where their packets went. */
#ifndef CORRELATE_VERDICT_BAD_BLOCKS_H
#define CORRELATE_VERDICT_BAD_BLOCKS_H

#include "correlate/call/direction.h"

struct es_cor_block {
	uint32_t rtp_stream;
	int64_t number; /* first of its 256 common numbers */
	bool is_merged; /* too small: its figures stand in a neighbour */
	bool is_bad;
	bool is_unsure; /* bad, but the capture itself may be the reason: not judged */
	bool is_begun;  /* its RTP stream begins behind a point that sees others of the direction */
	bool has_gaps;  /* the first point's capture, which is not the last one: gaps or drops */
	uint32_t first; /* position that saw its RTP stream first */
	uint32_t last;  /* position at which it is judged */
	uint32_t expected;
	uint32_t received;
	uint32_t late;
	int64_t short_sum;     /* clean value of a part's codec less its MOS, milli x weight */
	uint64_t short_weight; /* of parts that have both */
	uint32_t coverage;     /* flags at the last point */
	uint32_t upstream;     /* packets that no point saw: lost before the first one */
	uint32_t
	    unplaced; /* likewise, and unknown at the first one, or in its gaps: not known where */
	uint32_t left[ES_PATH_MAX];    /* packets that this point was the last one to see */
	uint32_t late_at[ES_PATH_MAX]; /* late there */
	uint32_t has_late;             /* one bit per point */
	uint32_t
	    unsure_at; /* one bit per point that cannot show if packets came: no media, capture gap, bypass */
};

/* Builds and judges the blocks, sums the spans. ES_EFULL. */
int es_cor_bad_blocks(struct es_cor_direction *d);

/* The block a common number belongs to, or NULL. */
struct es_cor_block *
es_cor_block_at(const struct es_cor_direction *d, uint32_t rtp_stream, int64_t number);

/* Packets of a block that never came to the last point of its RTP stream. */
uint32_t es_cor_lost_of(const struct es_cor_block *b);

#endif
