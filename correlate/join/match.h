/* SPDX-License-Identifier: Apache-2.0 */
/* Matches: the same source at two vantage points. */
#ifndef CORRELATE_JOIN_MATCH_H
#define CORRELATE_JOIN_MATCH_H

#include "correlate/join/solve.h"

/* Fills in the matches, the groups of sources and the lines. ES_EFULL: the scratch memory is too small. */
int es_cor_matches(struct es_cor_solve *s);

#endif
