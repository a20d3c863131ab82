/* SPDX-License-Identifier: Apache-2.0 */
/* Roles of vantage points that the signalling contradicts. */
#ifndef CORRELATE_VERDICT_ROLES_H
#define CORRELATE_VERDICT_ROLES_H

#include "correlate/call/call.h"

/*
 * A sentence for each point that is declared an end of the call and where the call passes through instead. The
 * order of the path goes by roles, so with a wrong one loss is counted between the wrong neighbours.
 */
void es_cor_roles_evidence(const struct es_cor_joined_call *c, struct es_verdict *out);

#endif
