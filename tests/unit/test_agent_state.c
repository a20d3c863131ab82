/* SPDX-License-Identifier: Apache-2.0 */
/* Connected, stale, disabled or new. */
#include "collector/query/agent_state.h"
#include "tests/unit/harness.h"

TEST(agent_state_follows_what_was_heard_and_when)
{
	static const struct {
		bool disabled, has_seen;
		int64_t ago_ms;
		enum es_agent_state state;
		int64_t age_s;
	} rows[] = {
		{ false, false, 0, ES_AGENT_NEW, 0 },
		{ false, true, 0, ES_AGENT_CONNECTED, 0 },
		{ false, true, 180999, ES_AGENT_CONNECTED, 180 },
		{ false, true, 181000, ES_AGENT_STALE, 181 },
		{ false, true, -60000, ES_AGENT_CONNECTED, 0 }, /* our clock went back */
		{ true, true, 0, ES_AGENT_DISABLED, 0 },
		{ true, false, 0, ES_AGENT_DISABLED, 0 },
	};
	const es_time now = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_agent a;

		memset(&a, 0, sizeof(a));
		a.disabled = rows[i].disabled;
		a.has_seen = rows[i].has_seen;
		a.seen = es_time_add(now, -rows[i].ago_ms * ES_NS_PER_MS);
		if (es_agent_state_of(&a, now) != rows[i].state ||
		    es_agent_age_s(&a, now) != rows[i].age_s)
			test_fail(__FILE__, __LINE__, "row %zu: %s, %lld s", i,
			    es_agent_state_name(es_agent_state_of(&a, now)),
			    (long long)es_agent_age_s(&a, now));
	}
	CHECK_STR(es_agent_state_name(ES_AGENT_STALE), "stale");
	CHECK_STR(es_role_name(ES_ROLE_TAP), "tap");
	CHECK(es_role_name(ES_ROLE_UNKNOWN) == NULL);
	CHECK(es_role_name((enum es_role)77) == NULL);
}
