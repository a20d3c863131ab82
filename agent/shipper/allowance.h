/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token bucket: so many bytes a second, and what one second allows at once. Something of any size may begin while
 * something is left; what it takes above that is owed, so that the average holds. Pure; time is an argument.
 */
#ifndef AGENT_SHIPPER_ALLOWANCE_H
#define AGENT_SHIPPER_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed, it has no limit. */
struct es_allowance {
	uint64_t bytes_per_s; /* 0: no limit */
	int64_t left_milli;   /* thousandths of a byte; below 0: owed */
	int64_t at_ms;        /* when that was so, monotonic */
};

/* Another limit from now on; nothing is owed, and a second's worth is left. */
void es_allowance_limit(struct es_allowance *a, uint64_t bytes_per_s, int64_t now_ms);

/* When something may begin: now_ms, or later. */
int64_t es_allowance_from_ms(struct es_allowance *a, int64_t now_ms);

/* So many bytes were taken. */
void es_allowance_spend(struct es_allowance *a, uint64_t n_bytes);

#endif
