/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From losses to a score: the narrowband E-model over what a receiver would have had to conceal.
 * Doubles live inside; results are scaled integers, rounded once, of basic arithmetic only, so that
 * every machine gives the same.
 */
#ifndef EARSHOT_QUALITY_SCORE_H
#define EARSHOT_QUALITY_SCORE_H

#include "probes/quality/codec.h"

#define ES_SCORE_MODEL "es-nb/1"

/* Effective loss: what was lost and not recovered, or came late. Of a block or of a stream. */
struct es_effective_loss {
	uint64_t expected;
	uint64_t bad;
	uint64_t runs; /* of bad packets in a row */
	bool in_run;
};

void es_effective_loss_init(struct es_effective_loss *l);

/* n packets in a row in the order of sequence numbers, all bad or all good. */
void es_effective_loss_add(struct es_effective_loss *l, bool bad, uint32_t n);

#define ES_DELAY_UNKNOWN UINT32_MAX

struct es_score {
	int32_t r_milli; /* without delay: of the listening situation */
	uint32_t mos_lq_milli;
	uint32_t mos_cq_milli; /* with has_cq */
	bool has_cq;
};

/*
 * delay_us   mouth to ear one way (network, packet time, lookahead, buffer), ES_DELAY_UNKNOWN where
 *            the network's part is not known: then there is no conversational score.
 * False, out untouched: a codec without constants, or nothing expected.
 */
bool es_score_of(const struct es_codec *codec, const struct es_effective_loss *loss,
    uint32_t delay_us, struct es_score *out);

/* MOS-LQ of the codec with nothing lost or late; 0 for a codec that is not scored. */
uint32_t es_score_clean_mos_milli(const struct es_codec *codec);

#endif
