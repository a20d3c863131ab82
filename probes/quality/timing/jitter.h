/* SPDX-License-Identifier: Apache-2.0 */
/* Interarrival jitter, RFC 3550 section 6.4.1 and appendix A.8, and its course over the stream. */
#ifndef EARSHOT_QUALITY_TIMING_JITTER_H
#define EARSHOT_QUALITY_TIMING_JITTER_H

#include "probes/quality/timing/transit.h"

#include <stdbool.h>

struct es_jitter {       /* begins as zeros */
	uint64_t j_ns16; /* the running estimate times 16, as in A.8 */
	uint64_t max_ns16;
	uint64_t sum_us; /* of the estimate after every update, for the mean */
	uint32_t n;
};

/*
 * Takes the difference of a packet. Only ES_TRANSIT_STEP and ES_TRANSIT_JUMP move the estimate: a
 * first packet and one of equal timestamp have nothing to compare with.
 */
void es_jitter_update(
    struct es_jitter *j, enum es_transit_kind kind, const struct es_transit_step *step);

/* False before the second packet. */
bool es_jitter_known(const struct es_jitter *j);
uint32_t es_jitter_last_us(const struct es_jitter *j);
uint32_t es_jitter_max_us(const struct es_jitter *j);
uint32_t es_jitter_mean_us(const struct es_jitter *j);

#endif
