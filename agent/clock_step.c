/* SPDX-License-Identifier: Apache-2.0 */
/* Notices that the wall clock was set. */
#include "agent/clock_step.h"

#include "runtime/clock.h"

int64_t
es_clock_step_between(
    struct es_clock_step *c, int64_t boot_ns, int64_t wall_ns, int64_t boot_after_ns)
{
	int64_t apart_ns = wall_ns - boot_ns, by_ns = apart_ns - c->apart_ns;
	bool was_known = c->has_apart;

	if (boot_after_ns - boot_ns > ES_CLOCK_LOOK_MS * ES_NS_PER_MS)
		return 0; /* we stood still in between: the next look is as good */
	c->has_apart = true;
	c->apart_ns = apart_ns;
	if (!was_known ||
	    (by_ns < ES_CLOCK_STEP_MS * ES_NS_PER_MS && by_ns > -ES_CLOCK_STEP_MS * ES_NS_PER_MS))
		return 0;
	return by_ns;
}

int64_t
es_clock_step_look(struct es_clock_step *c)
{
	int64_t before_ns = es_clock_boot_ns(), wall_ns = es_clock_wall().ns;

	return es_clock_step_between(c, before_ns, wall_ns, es_clock_boot_ns());
}
