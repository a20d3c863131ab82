/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the endpoint's side of a call is the caller's. */
#ifndef CORRELATE_CALL_ORIENTATION_H
#define CORRELATE_CALL_ORIENTATION_H

#include "correlate/call/call.h"

/* Roles from the endpoint's side on. */
enum {
	ES_COR_RANK_ENDPOINT = 0,
	ES_COR_RANK_TAP = 1,
	ES_COR_RANK_SBC = 2,
	ES_COR_RANK_GATEWAY = 3
};

int es_cor_rank_of(enum es_role role);

/* 1: the endpoint's side calls; -1: the gateway's side does. Without a sign the endpoint does. */
int es_cor_orientation(struct es_cor_joined_call *c);

#endif
