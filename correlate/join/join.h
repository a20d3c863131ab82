/* SPDX-License-Identifier: Apache-2.0 */
/* Joins legs into calls by evidence, the surest first. */
#ifndef CORRELATE_JOIN_JOIN_H
#define CORRELATE_JOIN_JOIN_H

#include "correlate/join/solve.h"

/* Fills in the edges, and the legs and edges of each call. ES_EFULL: the scratch memory is too small. */
int es_cor_join(struct es_cor_solve *s);

#endif
