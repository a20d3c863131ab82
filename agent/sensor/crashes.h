/* SPDX-License-Identifier: Apache-2.0 */
/* How often the parser crashed, and when it is started again. Pure. */
#ifndef AGENT_SENSOR_CRASHES_H
#define AGENT_SENSOR_CRASHES_H

#include "runtime/process/respawn.h"

enum {
	ES_CRASHES_MANY = 5, /* within the window: it will not get better by trying soon */
	ES_CRASHES_WINDOW_MS = 10 * 60 * 1000,
};

/* Zeroed, none was seen. */
struct es_crashes {
	uint64_t n;
	int64_t at_ms[ES_CRASHES_MANY]; /* of the last ones, in a ring */
	struct es_respawn again;
	bool is_degraded; /* the last ES_CRASHES_MANY were within the window */
};

/* One more, at now_ms, of a parser that ran for ran_ms. Milliseconds until the next start: 1 s, 2 s, 4 s ... 60 s. */
int es_crashes_note(struct es_crashes *c, int64_t now_ms, int64_t ran_ms);

#endif
