/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser uses of its budgets. */
#include "agent/sensor/budgets.h"

#include "runtime/clock.h"
#include "runtime/log.h"

enum { LOOK_MS = 100 };

static void
say(const struct es_governor *g)
{
	static const char *const words[] = {
		[ES_SHED_NOTHING] = "",
		[ES_SHED_RTCP] = "reports of RTCP",
		[ES_SHED_SIP] = "reports of RTCP and SIP that is of no call",
		[ES_SHED_RTP] = "reports of RTCP, SIP that is of no call, and of new streams",
	};
	uint32_t refused_ppm = es_governor_refused_ppm(g);

	if (es_governor_shed(g) == ES_SHED_NOTHING)
		log_info("sensor: leaves out nothing any more");
	else if (refused_ppm == 0)
		log_warn("sensor: leaves out %s (%s)", words[es_governor_shed(g)], g->reason);
	else
		log_warn("sensor: leaves out %s %u%% (%s)", words[es_governor_shed(g)],
		    (unsigned)(refused_ppm / 10000), g->reason);
}

bool
es_budgets_look(struct es_budgets *b, struct es_capture_engine *const *engines, size_t n)
{
	struct es_pressure p = { .at_ms = es_clock_monotonic_ms() };
	enum es_shed before = es_governor_shed(&b->governor);
	size_t i;

	if (p.at_ms - b->looked_ms < LOOK_MS)
		return false;
	b->looked_ms = p.at_ms;
	p.cpu_us = es_clock_cpu_us();
	for (i = 0; i < n; i++)
		es_capture_engine_pressure(engines[i], &p);
	if (!es_governor_look(&b->governor, &p))
		return false;
	for (i = 0; i < n; i++)
		es_capture_engine_shed(engines[i], es_governor_shed(&b->governor),
		    es_governor_refused_ppm(&b->governor));
	say(&b->governor);
	return es_governor_shed(&b->governor) != before;
}
