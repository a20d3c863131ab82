/* SPDX-License-Identifier: Apache-2.0 */
/* When a process that ended is started again, and when that is given up. */
#ifndef EARSHOT_RUNTIME_PROCESS_RESPAWN_H
#define EARSHOT_RUNTIME_PROCESS_RESPAWN_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ES_RESPAWN_FIRST_MS = 1000,
	ES_RESPAWN_DELAY_MAX_MS = 60000,
	ES_RESPAWN_STEADY_MS = 60000, /* one that ran so long did start */
	ES_RESPAWN_TRIES = 5, /* that end by themselves with a failure, before one was steady */
};

/* A zeroed one is a process that was never started. */
struct es_respawn {
	int delay_ms; /* before the next start */
	uint32_t n_failed;
	bool has_been_steady;
};

/*
 * The process ran for ran_ms and ended; failed: by itself, with an exit status other than 0. Milliseconds until
 * the next start: 1 s, then twice as long each time up to 60 s, and 1 s again behind a steady run. -1: it cannot
 * start, which a process that was steady once is never taken for, nor one that was killed.
 */
int es_respawn_after(struct es_respawn *r, int64_t ran_ms, bool failed);

#endif
