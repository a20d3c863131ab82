/* SPDX-License-Identifier: Apache-2.0 */
/* An explained call with all that it borrows, kept beyond the callback that gave it. */
#ifndef AGENT_REPORT_KEPT_CALL_H
#define AGENT_REPORT_KEPT_CALL_H

#include "agent/report/pile.h"
#include "earshot/correlate.h"

struct es_kept_call {
	struct es_explained call;
	struct es_pile pile;
};

/* A copy, or NULL without memory. */
struct es_kept_call *es_kept_call_new(const struct es_explained *call);

/* NULL is fine. */
void es_kept_call_free(struct es_kept_call *k);

#endif
