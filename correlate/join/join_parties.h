/* SPDX-License-Identifier: Apache-2.0 */
/* Joining legs of calls that failed by who called whom. */
#ifndef CORRELATE_JOIN_JOIN_PARTIES_H
#define CORRELATE_JOIN_JOIN_PARTIES_H

#include "correlate/join/solve.h"

/* Joins legs that carried no media and failed alike. ES_EFULL. */
int es_cor_join_parties(struct es_cor_solve *s);

#endif
