/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The score of a stream out of the scores of its course. Windows of ten seconds, the length that the
 * constants were fitted to, are joined by their mean in R, weighted with their length; blocks tell the
 * tenth percentile. All on the narrowband's scale of 0 to 100: a codec may change on the way.
 */
#ifndef EARSHOT_QUALITY_OPINION_H
#define EARSHOT_QUALITY_OPINION_H

#include "probes/quality/score.h"

enum {
	ES_OPINION_WINDOW_US = 10000000,
	ES_OPINION_BINS = 26,      /* of 4 R each */
	ES_OPINION_BLOCK_MIN = 64, /* packets of a block that tells of the percentile */
};

struct es_opinion {
	struct es_effective_loss open; /* of the window that goes on */
	uint64_t packets;              /* of closed windows */
	double sum;                    /* of their R x packets, 0..100 */
	double unrelieved;             /* of Ro - Ie,eff, alike: R but for the relief of bursts */
	double discard;                /* of parts of Ie,eff, alike */
	double burst;
	uint16_t blocks[ES_OPINION_BINS];
	double lowest; /* R of a block, with any of them */
	double highest;
	bool has_blocks;
};

/* What a stream, or the part of it seen so far, is worth. */
struct es_opinion_result {
	int32_t r_milli; /* all on the scale of the equipment asked with; terms as in es_score */
	uint32_t ie_eff_milli;
	uint32_t ie_discard_milli;
	uint32_t ie_burst_milli;
	uint32_t burst_relief_milli;
	uint32_t mos_lq_milli;
	uint32_t mos_p10_milli; /* a tenth of the blocks are as bad or worse; with has_p10 */
	bool has_p10;
};

/* A block ended, of which `block` was lost; `open` has been told of it already. */
void es_opinion_block(struct es_opinion *o, const struct es_equipment *q,
    const struct es_effective_loss *block, int32_t block_r_milli, uint32_t ptime_us);

/* False before anything was expected. */
bool es_opinion_result(
    const struct es_opinion *o, const struct es_equipment *q, struct es_opinion_result *out);

#endif
