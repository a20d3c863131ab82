/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an agent reports as it should. */
#ifndef COLLECTOR_QUERY_AGENT_STATE_H
#define COLLECTOR_QUERY_AGENT_STATE_H

#include "collector/store/store.h"

enum {
	ES_REPORTING_INTERVAL_S = 60, /* an agent sends its health each minute */
	ES_STALE_S = 3 * ES_REPORTING_INTERVAL_S,
};

enum es_agent_state {
	ES_AGENT_NEW, /* enrolled, and not heard of yet */
	ES_AGENT_CONNECTED,
	ES_AGENT_STALE, /* not heard of for three reporting intervals */
	ES_AGENT_DISABLED,
};

enum es_agent_state es_agent_state_of(const struct es_agent *a, es_time now);
/* "connected" */
const char *es_agent_state_name(enum es_agent_state state);
/* Seconds since it was heard of last; 0 for one that has not been, and where our clock went back. */
int64_t es_agent_age_s(const struct es_agent *a, es_time now);
/* "sbc"; NULL: not known. */
const char *es_role_name(enum es_role role);

#endif
