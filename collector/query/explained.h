/* SPDX-License-Identifier: Apache-2.0 */
/* What the portal's list needs of an explained call. */
#ifndef COLLECTOR_QUERY_EXPLAINED_H
#define COLLECTOR_QUERY_EXPLAINED_H

#include "earshot/correlate.h"

/* The agent's name in that of a vantage point: all before the slash. Points into vantage. */
es_slice es_vantage_agent(es_slice vantage);
/* Whether a leg was seen at this agent, or at this vantage point. */
bool es_explained_saw(const struct es_explained *call, es_slice place);
/* The lowest listening MOS of its directions, in thousandths. False: none is scored. */
bool es_explained_worst_mos(const struct es_explained *call, uint32_t *mos_milli);
/*
 * Whether text names the segment of the verdict, or one that it may be: both ends with -, .. or : between them in either
 * order ("ep-sbc/access"), or one end alone.
 */
bool es_segment_is(const struct es_verdict *v, const char *text);
/* Packets lost in its segments, both directions together. */
uint64_t es_explained_lost(const struct es_explained *call);

#endif
