/* SPDX-License-Identifier: Apache-2.0 */
/* Effective loss: what a receiver would have had to conceal, counted in the order of playing. */
#ifndef EARSHOT_QUALITY_EFFECTIVE_H
#define EARSHOT_QUALITY_EFFECTIVE_H

#include <stdbool.h>
#include <stdint.h>

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
	uint64_t late;   /* of bad: came, too late; the caller's to count */
	uint64_t frozen; /* frames that an empty buffer waited */
	uint64_t moved;  /* frames put in or left out to move it */
	uint32_t run;    /* length of the run that has not ended, 0: no run */
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
double es_loss_burst_ratio(double expected, double bad, double runs);
double es_effective_loss_burst_ratio(const struct es_effective_loss *l);

#endif
