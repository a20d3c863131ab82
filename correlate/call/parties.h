/* SPDX-License-Identifier: Apache-2.0 */
/* Who called whom, and what came of it, as the signalling of the legs has it. */
#ifndef CORRELATE_CALL_PARTIES_H
#define CORRELATE_CALL_PARTIES_H

#include "correlate/call/call.h"

/* From, To and final status of the leg nearest the caller that has them; its points are in order. */
void es_cor_parties(const struct es_cor_joined_call *c, struct es_explained *out);

/* The call record of a point; NULL: no signalling was seen there. */
const struct es_call *es_cor_point_call(const struct es_cor_joined_call *c, uint32_t point);

#endif
