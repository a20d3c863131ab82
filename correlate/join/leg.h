/* SPDX-License-Identifier: Apache-2.0 */
/* Legs: the sources and the dialog that belong together at one vantage point. */
#ifndef CORRELATE_JOIN_LEG_H
#define CORRELATE_JOIN_LEG_H

#include "correlate/join/solve.h"

/* Fills in the legs, and which leg each source is on. ES_EFULL: the scratch memory is too small. */
int es_cor_legs(struct es_cor_solve *s);

#endif
