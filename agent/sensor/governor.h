/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor leaves out to stay within its budgets. Pure: it is handed what was measured, and when. It moves up one
 * step for each sign of pressure that lasts, in the order of enum es_shed and then by refusing more of the new streams, and down
 * one step after each half minute in which all was well below its budget.
 */
#ifndef AGENT_SENSOR_GOVERNOR_H
#define AGENT_SENSOR_GOVERNOR_H

#include "earshot/engine.h"

/* 0: without a limit. */
struct es_budget {
	uint32_t cpu_ppm;      /* of one core */
	uint64_t memory_bytes; /* of what engines hold */
};

/* What was measured at one moment; counters since the start. */
struct es_pressure {
	int64_t at_ms;       /* monotonic */
	int64_t cpu_us;      /* CPU time of the process */
	uint32_t buffer_ppm; /* how full the fullest capture buffer is */
	uint64_t dropped;    /* packets that found no room in one */
	uint64_t memory_bytes;
};

/* Zeroed but for its budget, it leaves out nothing. */
struct es_governor {
	struct es_budget budget;
	unsigned step; /* 0 .. ES_GOVERNOR_STEPS - 1 */
	const char *
	    reason; /* of the last step up: "cpu-budget", "memory-budget", "buffer-bytes"; NULL: none yet */
	bool has_looked;
	int64_t stepped_ms; /* the last step, up or down, or the last sign of pressure */
	int64_t raised_ms;  /* the last step up */
	uint64_t dropped;   /* at the last look */
	int64_t window_ms;  /* begin of the second over which CPU time is measured, */
	int64_t window_us;  /* and CPU time then */
	uint32_t cpu_ppm;   /* of the last such second */
};

enum { ES_GOVERNOR_STEPS = 8 };

/* True: what is left out has changed. */
bool es_governor_look(struct es_governor *g, const struct es_pressure *p);

enum es_shed es_governor_shed(const struct es_governor *g);

/* Share of new streams that is refused; 0 below ES_SHED_RTP. */
uint32_t es_governor_refused_ppm(const struct es_governor *g);

#endif
