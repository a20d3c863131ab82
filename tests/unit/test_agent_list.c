/* SPDX-License-Identifier: Apache-2.0 */
/* All agents of a store in one list. */
#include "collector/query/agent_list.h"
#include "tests/unit/api_rig.h"

TEST(agent_list_has_every_agent_by_its_name)
{
	struct es_agent_list l = { .agents = NULL };
	struct fixture f;
	char name[16];

	setup(&f);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		(void)add_agent(&f, name, "", (uint8_t)(i + 1));
	}
	CHECK_EQ(es_agent_list_read(f.s, &l), 0);
	CHECK_EQ(l.n, 100);
	CHECK(es_agent_list_find(&l, "a77") != NULL);
	CHECK_STR(es_agent_list_find(&l, "a77")->name, "a77");
	CHECK(es_agent_list_find(&l, "a770") == NULL && es_agent_list_find(&l, "") == NULL);
	es_agent_list_free(&l);
	CHECK(l.agents == NULL && l.n == 0);
	teardown(&f);
}
