/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an agent reports as it should. */
#include "collector/query/agent_state.h"

int64_t
es_agent_age_s(const struct es_agent *a, es_time now)
{
	int64_t age_s = a->has_seen ? es_time_diff(now, a->seen) / ES_NS_PER_S : 0;

	return age_s > 0 ? age_s : 0;
}

enum es_agent_state
es_agent_state_of(const struct es_agent *a, es_time now)
{
	if (a->disabled)
		return ES_AGENT_DISABLED;
	if (!a->has_seen)
		return ES_AGENT_NEW;
	return es_agent_age_s(a, now) > ES_STALE_S ? ES_AGENT_STALE : ES_AGENT_CONNECTED;
}

const char *
es_agent_state_name(enum es_agent_state state)
{
	static const char *const names[] = {
		[ES_AGENT_NEW] = "new",
		[ES_AGENT_CONNECTED] = "connected",
		[ES_AGENT_STALE] = "stale",
		[ES_AGENT_DISABLED] = "disabled",
	};

	return names[state];
}

const char *
es_role_name(enum es_role role)
{
	static const char *const names[] = {
		[ES_ROLE_UNKNOWN] = NULL,
		[ES_ROLE_ENDPOINT] = "endpoint",
		[ES_ROLE_SBC] = "sbc",
		[ES_ROLE_GATEWAY] = "gateway",
		[ES_ROLE_TAP] = "tap",
	};

	return (unsigned)role < sizeof(names) / sizeof(names[0]) ? names[role] : NULL;
}
