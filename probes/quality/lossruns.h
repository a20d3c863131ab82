/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the losses of a stream are: runs of packets lost in a row, counted by their length. Late packets are
 * not lost: they arrived. Fed in the order of sequence numbers; a run that is fed in pieces counts once.
 */
#ifndef EARSHOT_QUALITY_LOSSRUNS_H
#define EARSHOT_QUALITY_LOSSRUNS_H

#include "earshot/record.h"

struct es_lossruns {
	uint32_t run[ES_LOSS_RUN_BINS]; /* of 1, 2, .. packets, the last of that many and more */
	uint32_t open;                  /* length of the run that has not ended, 0: no run */
	uint32_t longest;               /* length of the longest run, the open one included */
};

/* n packets in a row, all lost or all received. */
void es_lossruns_add(struct es_lossruns *l, bool lost, uint32_t n);

/* The histogram as if the stream ended here. */
void es_lossruns_result(const struct es_lossruns *l, uint32_t out[ES_LOSS_RUN_BINS]);

#endif
