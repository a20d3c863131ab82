/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the health record of a process: the sum of its engines and its own, zeroes left out. */
#ifndef AGENT_HEALTH_H
#define AGENT_HEALTH_H

#include "earshot/record.h"

enum { ES_HEALTH_BYTES_MAX = 8192 }; /* of a record with all there is room for */

/* Zeroed, it is the sum of nothing. */
struct es_health_sum {
	uint64_t value[ES_CNT_END]; /* by number */
	struct es_sip_count sip[ES_HEALTH_SIP_MAX];
	uint32_t n_sip;
	struct es_unknown unknowns[ES_HEALTH_UNKNOWNS_MAX];
	uint32_t n_unknowns;
};

/*
 * Adds an engine's own counters. Kinds of messages and unknown encapsulations that find no room
 * are left out; the counters hold them all the same.
 */
void es_health_add(struct es_health_sum *sum, const struct es_health *h);

/* Where the kernel says how much memory this process has, for as long as the caller keeps it open; -1 where there is no /proc. */
int es_health_open_memory(void);

/* Adds CPU time and resident memory of this process. memory: of es_health_open_memory. */
void es_health_process(struct es_health_sum *sum, int memory);

/* Encodes the record into out; the length, or ES_EFULL. */
int es_health_encode(const struct es_health_sum *sum, es_time at, uint8_t *out, size_t cap);

#endif
