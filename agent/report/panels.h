/* SPDX-License-Identifier: Apache-2.0 */
/* Plots of a call over its time: loss, delay variation and MOS of each direction. */
#ifndef AGENT_REPORT_PANELS_H
#define AGENT_REPORT_PANELS_H

#include "agent/report/shown_call.h"

/* Panels and a table with their figures, for each direction that has blocks. */
void es_panels(const struct es_shown_call *s, struct es_html *h);

#endif
