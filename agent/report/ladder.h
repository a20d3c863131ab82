/* SPDX-License-Identifier: Apache-2.0 */
/* The SIP messages of a call as a ladder: one row each, one column for each host, with the vantage points that saw it. */
#ifndef AGENT_REPORT_LADDER_H
#define AGENT_REPORT_LADDER_H

#include "agent/report/shown_call.h"

enum { ES_LADDER_ROWS_MAX = 80 }; /* of a call: what is beyond is counted on the page */

void es_ladder(const struct es_shown_call *s, struct es_html *h);

#endif
