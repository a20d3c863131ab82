/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From losses to a score: the E-model, on the scale of the codec's band, over what a receiver would
 * have had to conceal. Doubles live inside; results are scaled integers, rounded once, of basic
 * arithmetic only, so that every machine gives the same.
 */
#ifndef EARSHOT_QUALITY_SCORE_H
#define EARSHOT_QUALITY_SCORE_H

#include "probes/quality/equipment.h"

/* What concealed packets weigh more than 1 (less: below 0), in sixteenths, where that is known. */
struct es_loss_weight {
	int64_t bad;  /* all but .. */
	int64_t last; /* .. the last one of each run of `ended` */
	int64_t runs; /* all but .. */
	int64_t lone; /* .. those of `lone` */
};

/* Effective loss: what was lost and not recovered, or came late. Of a block or of a stream. */
struct es_effective_loss {
	uint64_t expected;
	uint64_t bad;
	uint64_t runs;   /* of bad packets in a row */
	uint64_t ended;  /* of them, those whose last packet was lost and a good one followed */
	uint64_t lone;   /* and those of one packet */
	uint64_t frozen; /* frames that an empty buffer waited */
	uint64_t moved;  /* frames put in or left out to move it */
	uint32_t run;    /* length of the one that goes on, 0: none */
	bool is_late;    /* its last packet came, too late */
	struct es_loss_weight more;
};

enum es_fate { ES_FATE_GOOD = 0, ES_FATE_LOST = 1, ES_FATE_LATE = 2 };

void es_effective_loss_init(struct es_effective_loss *l);

/*
 * n packets in a row in the order of sequence numbers, all good, or all bad and the last of them lost
 * or late: behind one that is late, the next one's copy of it is late as a rule too.
 */
void es_effective_loss_add(struct es_effective_loss *l, enum es_fate last, uint32_t n);

/* Adds what packets that were added weigh; constants of the Recommendations do not look at it. */
void es_effective_loss_weigh(struct es_effective_loss *l, const struct es_loss_weight *w);

/* Mean length of the runs over the mean that chance gives at the same loss (G.107 clause 3); 1 and up. */
double es_effective_loss_burst_ratio(const struct es_effective_loss *l);

#define ES_DELAY_UNKNOWN UINT32_MAX

struct es_score {
	int32_t r_milli;       /* without delay: of the listening situation */
	uint32_t ie_eff_milli; /* equipment impairment, loss and discard in it */
	uint32_t mos_lq_milli;
	uint32_t id_milli;     /* delay impairment; with has_cq */
	uint32_t mos_cq_milli; /* with has_cq */
	bool has_cq;
};

/*
 * delay_us   mouth to ear one way (network, packet time, lookahead, buffer), ES_DELAY_UNKNOWN where
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

/* MOS-LQ of an R on the scale of that equipment. */
uint32_t es_score_mos_milli(const struct es_equipment *q, int32_t r_milli);

/* "es-nb/3", "es-wb/2", "es-fb/1": the model and its version, by the band it scores. */
const char *es_score_model(const struct es_equipment *q);

#endif
