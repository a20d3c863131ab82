/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor leaves out to stay within its budgets. */
#include "agent/sensor/governor.h"

enum {
	PPM = 1000000,
	BUFFER_HIGH_PPM = PPM / 2, /* of the capture buffer: more is pressure, */
	BUFFER_CALM_PPM = PPM / 4, /* less is calm */
	MEMORY_HIGH_PERCENT = 90,  /* of its budget */
	CALM_PERCENT = 80,         /* of a budget: a step down must not lead straight up again */
	WINDOW_MS = 1000,          /* of CPU time */
	UP_MS = 200,     /* between two steps up: what the last one saves must show first */
	DOWN_MS = 30000, /* of calm before each step down */
};

static const struct {
	enum es_shed shed;
	uint32_t refused_ppm;
} steps[ES_GOVERNOR_STEPS] = {
	{ ES_SHED_NOTHING, 0 },
	{ ES_SHED_RTCP, 0 },
	{ ES_SHED_SIP, 0 },
	{ ES_SHED_RTP, PPM / 2 },
	{ ES_SHED_RTP, PPM / 4 * 3 },
	{ ES_SHED_RTP, PPM / 8 * 7 },
	{ ES_SHED_RTP, PPM / 16 * 15 },
	{ ES_SHED_RTP, PPM },
};

enum weight { CALM, BETWEEN, HIGH };

static enum weight
weigh(uint64_t value, uint64_t calm, uint64_t high)
{
	return value > high ? HIGH : value > calm ? BETWEEN : CALM;
}

static enum weight
weigh_budget(uint64_t value, uint64_t budget, unsigned high_percent)
{
	if (budget == 0)
		return CALM;
	return weigh(value, budget / 100 * CALM_PERCENT, budget / 100 * high_percent);
}

/* Whether a second of CPU time is complete; its share is then known. */
static bool
measure_cpu(struct es_governor *g, const struct es_pressure *p)
{
	int64_t ms = p->at_ms - g->window_ms;

	if (ms < WINDOW_MS)
		return false;
	g->cpu_ppm = (uint32_t)((p->cpu_us - g->window_us) * 1000 / ms);
	g->window_ms = p->at_ms;
	g->window_us = p->cpu_us;
	return true;
}

static bool
move_up(struct es_governor *g, unsigned step, const char *reason, int64_t now_ms)
{
	g->stepped_ms = now_ms;
	if (step >= ES_GOVERNOR_STEPS)
		return false;
	g->raised_ms = now_ms;
	g->reason = reason;
	g->step = step;
	return true;
}

static bool
move_down(struct es_governor *g, int64_t now_ms)
{
	if (g->step == 0 || now_ms - g->stepped_ms < DOWN_MS)
		return false;
	g->stepped_ms = now_ms;
	g->step--;
	return true;
}

bool
es_governor_look(struct es_governor *g, const struct es_pressure *p)
{
	bool may_rise = !g->has_looked || p->at_ms - g->raised_ms >= UP_MS || g->step == 0;
	enum weight buffer = weigh(p->buffer_ppm, BUFFER_CALM_PPM, BUFFER_HIGH_PPM);
	enum weight memory =
	    weigh_budget(p->memory_bytes, g->budget.memory_bytes, MEMORY_HIGH_PERCENT);
	enum weight cpu;
	bool is_second;

	if (!g->has_looked) {
		g->has_looked = true;
		g->dropped = p->dropped;
		g->window_ms = p->at_ms;
		g->window_us = p->cpu_us;
		g->stepped_ms = p->at_ms;
	}
	if (p->dropped > g->dropped)
		buffer = HIGH;
	is_second = measure_cpu(g, p);
	cpu = weigh_budget(g->cpu_ppm, g->budget.cpu_ppm, 100);
	if (buffer == HIGH && !may_rise)
		return false; /* and the drops count at the next look */
	g->dropped = p->dropped;
	if (buffer == HIGH)
		return move_up(g, g->step + 1, "buffer-bytes", p->at_ms);
	if (g->budget.memory_bytes != 0 && p->memory_bytes >= g->budget.memory_bytes)
		return move_up(g,
		    g->step < ES_GOVERNOR_STEPS - 1 ? ES_GOVERNOR_STEPS - 1 : g->step + 1,
		    "memory-budget", p->at_ms);
	if (cpu == HIGH && is_second)
		return move_up(g, g->step + 1, "cpu-budget", p->at_ms);
	if (memory == HIGH && is_second)
		return move_up(g, g->step + 1, "memory-budget", p->at_ms);
	if (buffer != CALM || cpu != CALM || memory != CALM) {
		g->stepped_ms = p->at_ms;
		return false;
	}
	return move_down(g, p->at_ms);
}

enum es_shed
es_governor_shed(const struct es_governor *g)
{
	return steps[g->step].shed;
}

uint32_t
es_governor_refused_ppm(const struct es_governor *g)
{
	return steps[g->step].refused_ppm;
}
