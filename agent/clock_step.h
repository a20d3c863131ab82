/* SPDX-License-Identifier: Apache-2.0 */
/* Notices that the wall clock was set, by the boot's clock: packets are stamped
 * by the wall's. */
#ifndef AGENT_CLOCK_STEP_H
#define AGENT_CLOCK_STEP_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ES_CLOCK_STEP_MS = 5, /* less is slewing between two looks, or the looking itself */
	ES_CLOCK_LOOK_MS = 1, /* a look that took longer proves nothing */
};

/* Zeroed: never looked. */
struct es_clock_step {
	bool has_apart;
	int64_t apart_ns; /* wall clock minus boot clock */
};

/*
 * By how much the wall clock was set since the last look, 0 for not at all.
 * wall_ns was read between boot_ns and boot_after_ns; the boot's clock counts
 * suspend, which is no step.
 */
int64_t es_clock_step_between(
    struct es_clock_step *c, int64_t boot_ns, int64_t wall_ns, int64_t boot_after_ns);

/* The same with the clocks of this machine. */
int64_t es_clock_step_look(struct es_clock_step *c);

#endif
