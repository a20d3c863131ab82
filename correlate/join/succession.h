/* SPDX-License-Identifier: Apache-2.0 */
/* Which stream views of one SSRC at one vantage point are one source. */
#ifndef CORRELATE_JOIN_SUCCESSION_H
#define CORRELATE_JOIN_SUCCESSION_H

#include "correlate/join/solve.h"

/* Fills in the source of each stream view: the first stream view of it. ES_EFULL: the scratch memory is too small. */
int es_cor_succession(struct es_cor_solve *s);

#endif
