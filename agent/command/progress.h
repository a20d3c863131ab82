/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long reading has come, in one line of a terminal that is written again and erased at the end. */
#ifndef AGENT_COMMAND_PROGRESS_H
#define AGENT_COMMAND_PROGRESS_H

#include "agent/capture/capture.h"

#include <stdio.h>

enum {
	ES_PROGRESS_LEAST_BYTES = 64 << 20, /* of input; shorter ones are read in no time */
	ES_PROGRESS_INTERVAL_MS = 200,
};

struct es_progress {
	FILE *to; /* NULL: nobody looks */
	const char *command;
	int64_t next_ms; /* when the line may be written again */
	int n_written;   /* columns of the line that stands there, 0: none does */
};

/* For the command of a message, if standard error is a terminal. */
struct es_progress es_progress_of(const char *command);

/* now_ms: of a clock that only goes forward. */
void es_progress_show(
    struct es_progress *p, int64_t now_ms, const struct es_capture_position *at, uint64_t n_calls);

/* Before another message, and at the end. */
void es_progress_erase(struct es_progress *p);

#endif
