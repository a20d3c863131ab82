/* SPDX-License-Identifier: Apache-2.0 */
/* How long the oldest record in the spool has waited for its acknowledgement: to the minute. */
#ifndef AGENT_SHIPPER_BACKLOG_H
#define AGENT_SHIPPER_BACKLOG_H

#include <stdint.h>

enum { ES_BACKLOG_MINUTES_MAX = 64 };

/* Where the spool ended at each of the last minutes; a zeroed one has seen none. */
struct es_backlog {
	uint64_t next_seq[ES_BACKLOG_MINUTES_MAX]; /* a ring */
	uint32_t n_minutes;                        /* ever noted */
};

/* Call each minute, and once at the start: next_seq is the number that the next record will have. */
void es_backlog_minute(struct es_backlog *b, uint64_t next_seq);

/*
 * Whole minutes that the oldest record above acked_seq has waited, at least: at most 63, and one less than have
 * passed since the start. 0: none has waited for a whole minute.
 */
uint32_t es_backlog_minutes(const struct es_backlog *b, uint64_t acked_seq);

#endif
