/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A limit beyond which data is removed. A value that would remove some waits ten minutes before it is in force, so
 * that a mistake in a file can be taken back; any other is in force at once.
 */
#ifndef EARSHOT_RUNTIME_DEFERRED_H
#define EARSHOT_RUNTIME_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

enum { ES_DEFERRED_MS = 600000 };

struct es_deferred {
	int64_t value;  /* in force */
	int64_t next;   /* that waits */
	int64_t due_ms; /* on the monotonic clock; -1: none waits */
};

void es_deferred_init(struct es_deferred *d, int64_t value);
/* Another value. The one that waited is forgotten. */
void es_deferred_take(struct es_deferred *d, int64_t value, bool removes, int64_t now_ms);
/* True once: the value that waited is in force from now on. */
bool es_deferred_is_due(struct es_deferred *d, int64_t now_ms);

#endif
