/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks are asked of this machine only. */
#include "agent/host_clocks.h"
#include "tests/unit/harness.h"

TEST(host_clocks_are_those_of_this_machine_alone)
{
	struct es_host_config here = { .root = NULL }, slash = { .root = "/" },
			      there = { .root = "/tmp" };
	int64_t awake_ns;

	es_host_clocks_set(&here);
	es_host_clocks_set(&slash);
	es_host_clocks_set(&there);
	awake_ns = here.awake_ns();
	CHECK(here.boot_ns() >= awake_ns);
	CHECK(slash.is_synchronised != NULL);
	CHECK(there.boot_ns == NULL && there.awake_ns == NULL && there.is_synchronised == NULL);
}
