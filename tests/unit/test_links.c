/* SPDX-License-Identifier: Apache-2.0 */
/* Which interfaces there are. */
#include "agent/sensor/links.h"
#include "tests/unit/harness.h"

#include <unistd.h>

TEST(links_looks_by_name)
{
	uint32_t index = 7;

	CHECK_EQ(es_links_look("any", &index), 0);
	CHECK_EQ(index, 0);
	CHECK_EQ(es_links_look("nosuch0", &index), ES_ENOTFOUND);
	CHECK_EQ(es_links_look("fifteen-letters", &index), ES_ENOTFOUND);
	CHECK_EQ(
	    es_links_look("sixteen-letters!", &index), ES_EINVALID); /* not the first 15 of them */
}

TEST(links_watch_needs_no_right_and_waits_for_nobody)
{
	int fd = es_links_watch();

	CHECK(fd >= 0);
	es_links_drain(fd);
	close(fd);
}
