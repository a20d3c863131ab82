/* SPDX-License-Identifier: Apache-2.0 */
/* Measures what the parser uses of its budgets, and lets its engines leave out what they take. */
#ifndef AGENT_SENSOR_BUDGETS_H
#define AGENT_SENSOR_BUDGETS_H

#include "agent/sensor/capture_engine.h"
#include "agent/sensor/governor.h"

/* Zeroed but for governor.budget. */
struct es_budgets {
	struct es_governor governor;
	int64_t looked_ms; /* monotonic */
};

/*
 * Call it whenever packets come, and each second: it looks ten times a second at most. True: what is left out is of
 * another kind than before, which the next health record says.
 */
bool es_budgets_look(struct es_budgets *b, struct es_capture_engine *const *engines, size_t n);

#endif
