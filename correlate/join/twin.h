/* SPDX-License-Identifier: Apache-2.0 */
/* Twins: sources of one vantage point that carry the same packets on two legs. */
#ifndef CORRELATE_JOIN_TWIN_H
#define CORRELATE_JOIN_TWIN_H

#include "correlate/join/solve.h"

/* Fills in the twin of each source. ES_EFULL: the scratch memory is too small. */
int es_cor_twins(struct es_cor_solve *s);

#endif
