/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the health record of a process: counters by number, zeroes left out. */
#ifndef AGENT_SENSOR_HEALTH_H
#define AGENT_SENSOR_HEALTH_H

#include "earshot/record.h"

struct es_health_counters {
	uint64_t value[ES_CNT_END];
};

/* Adds CPU time and resident memory of this process. */
void es_health_process(struct es_health_counters *c);

/* Encodes the record into out; the length, or ES_EFULL. */
int es_health_encode(const struct es_health_counters *c, es_time at, uint8_t *out, size_t cap);

#endif
