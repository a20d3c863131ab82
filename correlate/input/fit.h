/* SPDX-License-Identifier: Apache-2.0 */
/* How the addresses of a stream fit those that a call announced in SDP. */
#ifndef CORRELATE_INPUT_FIT_H
#define CORRELATE_INPUT_FIT_H

#include "earshot/record.h"

enum {
	ES_COR_FIT_HOST = 1,
	ES_COR_FIT_ADDRESS = 8, /* an address with its port is worth more than the host alone */
};

/* How well an address fits a list: ES_COR_FIT_ADDRESS, ES_COR_FIT_HOST, or 0: its host is not in it. */
int es_cor_fit_among(const struct es_addr *a, const struct es_addr *list, uint32_t n);

/* How well a stream between two addresses fits what a call announced, whichever way; 0: not at all. */
int es_cor_fit(const struct es_call *call, const struct es_addr *src, const struct es_addr *dst);

/* Whether SDP names both hosts of a stream as media of one side, and neither as media of the other one. */
bool es_cor_fit_is_one_sided(const struct es_call *call, const struct es_stream_key *key);

/* Positive: the stream goes from the caller to the callee, by the addresses their SDP named. */
int es_cor_fit_votes(const struct es_call *call, const struct es_stream_key *key);

#endif
