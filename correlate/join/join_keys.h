/* SPDX-License-Identifier: Apache-2.0 */
/* Joining by values that headers pass on. */
#ifndef CORRELATE_JOIN_JOIN_KEYS_H
#define CORRELATE_JOIN_JOIN_KEYS_H

#include "correlate/join/solve.h"

/* Joins by evidence less sure than X-Call-ID: values that headers pass on. ES_EFULL. */
int es_cor_join_keys(struct es_cor_solve *s);

#endif
