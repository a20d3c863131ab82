/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor leaves out under pressure: order, steps, calm. */
#include "agent/sensor/governor.h"
#include "tests/unit/harness.h"

#include <string.h>

enum { MIB = 1 << 20 };

static const struct es_budget budget = { 200000, 10 * MIB };

/* What was before its first look counts for nothing. */
static void
make(struct es_governor *g, struct es_pressure *p)
{
	*g = (struct es_governor){ .budget = budget };
	*p = (struct es_pressure){ .at_ms = 5000, .cpu_us = 70000, .dropped = 3 };
	CHECK(!es_governor_look(g, p));
}

static bool
look(struct es_governor *g, struct es_pressure *p, int64_t ms, uint32_t cpu_ppm)
{
	p->at_ms += ms;
	p->cpu_us += ms * cpu_ppm / 1000;
	return es_governor_look(g, p);
}

TEST(governor_leaves_out_in_a_fixed_order)
{
	static const struct {
		enum es_shed shed;
		uint32_t refused_ppm;
	} want[] = {
		{ ES_SHED_RTCP, 0 },
		{ ES_SHED_SIP, 0 },
		{ ES_SHED_RTP, 500000 },
		{ ES_SHED_RTP, 750000 },
		{ ES_SHED_RTP, 875000 },
		{ ES_SHED_RTP, 937500 },
		{ ES_SHED_RTP, 1000000 },
	};
	struct es_pressure p;
	struct es_governor g;
	size_t i;

	make(&g, &p);
	CHECK_EQ(es_governor_shed(&g), ES_SHED_NOTHING);
	p.buffer_ppm = 500001;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		CHECK(look(&g, &p, 200, 0));
		CHECK_EQ(es_governor_shed(&g), want[i].shed);
		CHECK_EQ(es_governor_refused_ppm(&g), want[i].refused_ppm);
		CHECK(!look(&g, &p, 199, 0)); /* what it saves must show first */
		p.at_ms -= 199;
	}
	CHECK(!look(&g, &p, 200, 0));
	p.buffer_ppm = 0;
	for (i = sizeof(want) / sizeof(want[0]); i-- > 0;) {
		CHECK_EQ(es_governor_shed(&g), want[i].shed);
		CHECK(!look(&g, &p, 29999, 0));
		CHECK(look(&g, &p, 1, 0));
	}
	CHECK_EQ(es_governor_shed(&g), ES_SHED_NOTHING);
	CHECK(!look(&g, &p, 60000, 0));
}

/* Between calm and pressure nothing moves, and calm must last without a break. */
TEST(governor_holds_between_calm_and_pressure)
{
	struct es_pressure p;
	struct es_governor g;

	make(&g, &p);
	p.buffer_ppm = 500000;
	CHECK(!look(&g, &p, 60000, 0));
	p.buffer_ppm = 500001;
	CHECK(look(&g, &p, 200, 0));
	p.buffer_ppm = 250001;
	for (int i = 0; i < 100; i++)
		CHECK(!look(&g, &p, 1000, 0));
	p.buffer_ppm = 250000;
	CHECK(!look(&g, &p, 29000, 0));
	p.buffer_ppm = 250001;
	CHECK(!look(&g, &p, 500, 0));
	p.buffer_ppm = 250000;
	CHECK(!look(&g, &p, 29999, 0));
	CHECK(look(&g, &p, 1, 0));
	CHECK_EQ(g.step, 0);
}

TEST(governor_counts_each_drop_once)
{
	struct es_pressure p;
	struct es_governor g;

	make(&g, &p);
	p.dropped++;
	CHECK(look(&g, &p, 1000, 0));
	CHECK(strcmp(g.reason, "buffer-bytes") == 0);
	CHECK(!look(&g, &p, 1000, 0));
	CHECK_EQ(g.step, 1);
	p.dropped++;
	CHECK(look(&g, &p, 1000, 0));
	p.dropped++;
	CHECK(!look(&g, &p, 100, 0)); /* too soon, and not forgotten */
	CHECK(look(&g, &p, 100, 0));
	CHECK_EQ(g.step, 3);
}

/* CPU time is judged by the second, whatever is looked at in between. */
TEST(governor_keeps_the_cpu_budget)
{
	struct es_pressure p;
	struct es_governor g;

	make(&g, &p);
	for (int i = 0; i < 9; i++)
		CHECK(!look(&g, &p, 100, 900000));
	CHECK(look(&g, &p, 100, 0)); /* 810 ms of a second */
	CHECK(strcmp(g.reason, "cpu-budget") == 0);
	CHECK_EQ(g.step, 1);
	CHECK(!look(&g, &p, 1000, 200000)); /* the budget itself */
	CHECK(look(&g, &p, 1000, 200001));
	CHECK_EQ(g.step, 2);
	for (int i = 0; i < 100; i++)
		CHECK(!look(&g, &p, 1000, 160001)); /* not calm */
	for (int i = 0; i < 29; i++)
		CHECK(!look(&g, &p, 1000, 160000));
	CHECK(look(&g, &p, 1000, 160000));
	CHECK_EQ(g.step, 1);
}

/* Over its budget nothing new is measured; near it there is a step a second. */
TEST(governor_keeps_the_memory_budget)
{
	struct es_pressure p;
	struct es_governor g;

	make(&g, &p);
	p.memory_bytes = budget.memory_bytes / 100 * 90 + 1;
	CHECK(look(&g, &p, 1000, 0));
	CHECK(strcmp(g.reason, "memory-budget") == 0);
	CHECK_EQ(g.step, 1);
	CHECK(!look(&g, &p, 500, 0));
	CHECK(look(&g, &p, 500, 0));
	CHECK_EQ(g.step, 2);
	p.memory_bytes = budget.memory_bytes;
	CHECK(look(&g, &p, 1, 0));
	CHECK_EQ(es_governor_refused_ppm(&g), 1000000);
	CHECK(!look(&g, &p, 1, 0));
	p.memory_bytes = budget.memory_bytes / 100 * 80;
	CHECK(!look(&g, &p, 29999, 0));
	CHECK(look(&g, &p, 1, 0));
	CHECK_EQ(es_governor_refused_ppm(&g), 937500);
}

TEST(governor_without_budgets_heeds_the_buffer_alone)
{
	struct es_governor g = { .step = 0 };
	struct es_pressure p = { .at_ms = 1 };

	CHECK(!es_governor_look(&g, &p));
	p.memory_bytes = UINT64_MAX;
	CHECK(!look(&g, &p, 1000, 1000000));
	p.buffer_ppm = 1000000;
	CHECK(look(&g, &p, 1000, 1000000));
	CHECK_EQ(es_governor_shed(&g), ES_SHED_RTCP);
}
