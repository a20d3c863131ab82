/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that never came about: who refused them, and where. */
#ifndef CORRELATE_VERDICT_REFUSAL_H
#define CORRELATE_VERDICT_REFUSAL_H

#include "correlate/call/call.h"

/*
 * The sentence about a call that was refused, cancelled or not answered. False, and nothing written, where the
 * signalling shows none of these.
 */
bool es_cor_refusal(const struct es_cor_joined_call *c, struct es_verdict *out);

#endif
