/* SPDX-License-Identifier: Apache-2.0 */
/* Joining by what dialogs say of each other. */
#ifndef CORRELATE_JOIN_JOIN_SIGNALLING_H
#define CORRELATE_JOIN_JOIN_SIGNALLING_H

#include "correlate/join/solve.h"

/* Joins by the surest evidence: Call-ID, Session-ID, X-Call-ID. ES_EFULL. */
int es_cor_join_signalling(struct es_cor_solve *s);

#endif
