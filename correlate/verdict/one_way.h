/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-way media: a direction of a call that should have been heard and was not. "Never seen" and "stopped" need the
 * finding of a stream, which knows what SDP agreed; "never arrived" needs packets at an earlier point only.
 */
#ifndef CORRELATE_VERDICT_ONE_WAY_H
#define CORRELATE_VERDICT_ONE_WAY_H

#include "correlate/verdict/verdict_input.h"

enum es_cor_one_way_kind {
	ES_COR_BOTH_WAYS = 0,
	ES_COR_NEVER_SEEN,    /* no packet of it anywhere */
	ES_COR_NEVER_ARRIVED, /* seen, and none came to the last point */
	ES_COR_STOPPED,       /* it ended while the other direction continued */
};

struct es_cor_one_way {
	enum es_cor_one_way_kind kind;
	uint32_t dir;    /* the direction that is not heard; with a kind above 0 */
	uint64_t heard;  /* packets of the other direction at its last point */
	es_time stopped; /* of ES_COR_STOPPED: its last packet at the last point */
};

struct es_cor_one_way es_cor_one_way_of(const struct es_cor_verdict_input *in);

/* Adds the sentence that says so; what never arrived is in the segments. */
void es_cor_one_way_evidence(
    const struct es_cor_verdict_input *in, const struct es_cor_one_way *o, struct es_verdict *out);

#endif
