/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From losses to a score: the E-model, on the scale of the codec's band, over what a receiver would
 * have had to conceal. Doubles live inside; results are scaled integers, rounded once, of basic
 * arithmetic only, so that every machine gives the same.
 */
#ifndef EARSHOT_QUALITY_SCORE_H
#define EARSHOT_QUALITY_SCORE_H

#include "probes/quality/impairment.h"

#define ES_DELAY_UNKNOWN UINT32_MAX

/* To the thousandth R = Ro - Ie,eff + relief, and no part of Ie,eff is more than it. */
struct es_score {
	int32_t r_milli;             /* without delay: of the listening situation */
	uint32_t ie_eff_milli;       /* equipment impairment; never falls with loss or bursts */
	uint32_t ie_discard_milli;   /* of it, what lateness, waits and moves of the buffer add */
	uint32_t ie_burst_milli;     /* of it, what losses in a row add to as many lone ones */
	uint32_t burst_relief_milli; /* wideband, not part of ie_eff: how much milder they are */
	uint32_t mos_lq_milli;
	uint32_t id_milli;     /* delay impairment; with has_cq */
	uint32_t mos_cq_milli; /* with has_cq */
	bool has_cq;
};

/*
 * delay_us   from mouth to ear (network, packet time, lookahead, buffer), ES_DELAY_UNKNOWN where
 *            the network's part is not known: then there is no conversational score.
 * False, out untouched: nothing expected.
 */
bool es_score_of(const struct es_equipment *q, const struct es_effective_loss *loss,
    uint32_t delay_us, struct es_score *out);

/* What delay makes of an R: id_milli and mos_cq_milli. */
struct es_conversation {
	uint32_t id_milli;
	uint32_t mos_cq_milli;
};

/* r_milli on the scale of the equipment, without delay. */
struct es_conversation
es_score_conversation(const struct es_equipment *q, int32_t r_milli, uint32_t delay_us);

/* MOS-LQ with nothing lost or late. */
uint32_t es_score_clean_mos_milli(const struct es_equipment *q);

/* The same, cached with R for the equipment of the last request; a zeroed one is empty. */
struct es_score_clean {
	const struct es_equipment *q;
	int32_t r_milli;
	uint32_t mos_lq_milli;
};

void es_score_clean_keep(struct es_score_clean *kept, const struct es_equipment *q);

/* MOS-LQ of an R on the scale of that equipment. */
uint32_t es_score_mos_milli(const struct es_equipment *q, int32_t r_milli);

/* "es-nb/3", "es-wb/2", "es-fb/1": the model and its version, by the band it scores. */
const char *es_score_model(const struct es_equipment *q);
uint8_t es_score_model_version(const struct es_equipment *q);

#endif
