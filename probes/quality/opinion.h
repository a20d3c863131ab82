/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The score of a stream from the scores of its windows. Windows of ten seconds, the length that the constants
 * were fitted to, are joined by their mean in R, weighted with their length; blocks give the tenth percentile. A
 * window is of one codec: with the first block of another one it ends. Windows of different bands are kept
 * apart, for their scores are of different scales: the stream's is that of the requested band, and comes with
 * the part of the stream that it is for.
 */
#ifndef EARSHOT_QUALITY_OPINION_H
#define EARSHOT_QUALITY_OPINION_H

#include "probes/quality/score.h"

enum {
	ES_OPINION_WINDOW_US = 10000000,
	ES_OPINION_BINS = 26,      /* of 4 R each */
	ES_OPINION_BLOCK_MIN = 64, /* packets of a block that counts for the percentile */
};

/* Of the windows and blocks of one scale; R of 0..100 whatever its span is. */
struct es_opinion_band {
	uint64_t packets;  /* of closed windows */
	double sum;        /* of their R x packets, 0..100 */
	double unrelieved; /* of Ro - Ie,eff, alike: R but for the relief of bursts */
	double discard;    /* of parts of Ie,eff, alike */
	double burst;
	double clean; /* of R with nothing lost or late, alike: each window's by its own codec */
	uint16_t blocks[ES_OPINION_BINS];
	double lowest; /* R of a block, with any of them */
	double highest;
	uint64_t worst_block;
	uint32_t worst_mos_milli; /* 0: none scored yet */
	uint8_t scale;            /* 1 + enum es_emodel_scale, 0: none yet */
	bool has_blocks;
};

enum { ES_OPINION_MORE = 2 }; /* bands that a stream may have besides its first */

struct es_opinion {
	struct es_effective_loss open; /* of the window that has not ended */
	const struct es_equipment *q;  /* of its last block, NULL: none was scored */
	const struct es_codec *codec;  /* of all its blocks, NULL: unknown .. */
	uint8_t payload;               /* .. but that it is this one */
	uint64_t unscored;             /* packets of windows without a score */
	struct es_score_clean clean;   /* of the codec requested last */
	struct es_opinion_band band;
	struct es_opinion_band *more; /* ES_OPINION_MORE zeroed ones, kept; NULL: no place */
};

/* What a stream, or the part of it seen so far, is worth. */
struct es_opinion_result {
	int32_t r_milli; /* all on the scale of the requested equipment; terms as in es_score */
	uint32_t ie_eff_milli;
	uint32_t ie_discard_milli;
	uint32_t ie_burst_milli;
	uint32_t burst_relief_milli;
	uint32_t mos_lq_milli;
	uint32_t clean_mos_lq_milli; /* of the codecs of the windows, in their shares */
	uint32_t mos_p10_milli;      /* a tenth of the blocks are as bad or worse; with has_p10 */
	bool has_p10;
	uint32_t share_ppm;       /* of its packets, so many are of this band; 0: all */
	uint64_t worst_block;     /* of this band; with worst_mos_milli */
	uint32_t worst_mos_milli; /* 0: none scored */
};

/* The next block is of this codec and payload: before its losses are added to `open`. */
void es_opinion_set_codec(struct es_opinion *o, const struct es_codec *codec, uint8_t payload);

/* Whether a block of that equipment needs o->more. */
bool es_opinion_wants_more(const struct es_opinion *o, const struct es_equipment *q);

/* A block ended. block: its expected and lost packets, which `open` has counted already. */
void es_opinion_block(struct es_opinion *o, const struct es_equipment *q,
    const struct es_effective_loss *block, int32_t block_r_milli, uint32_t ptime_us);

/* Its score: the worst one of a band is named. */
void es_opinion_worst(
    struct es_opinion *o, const struct es_equipment *q, uint64_t block, uint32_t mos_lq_milli);

/* False before anything of the band of q was expected. */
bool es_opinion_result(
    const struct es_opinion *o, const struct es_equipment *q, struct es_opinion_result *out);

#endif
