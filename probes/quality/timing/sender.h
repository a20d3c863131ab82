/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How evenly a sender sends, seen at its own egress, where the network has no part in it yet.
 *
 * Starved: a packet leaves later than its media clock says by more than two packet times and 40 ms, whichever is
 * more, against the lower envelope of its transit. Later packets of the same stall are no further event, unless
 * one falls behind by as much again. A pause during which the timestamp advances is no event.
 */
#ifndef EARSHOT_QUALITY_TIMING_SENDER_H
#define EARSHOT_QUALITY_TIMING_SENDER_H

#include "probes/quality/timing/transit.h"

#include <stdbool.h>

enum {
	ES_SENDER_BINS = 20, /* of 256 us, then two to an octave; 0.26 s and above in the last */
	ES_SENDER_LATE_US = 40000,
	ES_SENDER_STALL_MAX_S = 10, /* longer ones are pauses */
};

struct es_sender {
	uint32_t starvations;
	uint32_t starved_us;
	uint32_t peak_us; /* of the event that has not ended, 0: no event */
	uint16_t count[ES_SENDER_BINS];
};

/*
 * Packets in order of number.
 * d_ns      of es_transit_update: send interval less media time between the two
 * above_ns  transit above its lower envelope
 * ptime_us  packet time, 0 unknown
 */
void es_sender_update(struct es_sender *s, int64_t d_ns, int64_t above_ns, uint32_t ptime_us);

/* 95th percentile of |send interval - media time|; false before the second packet. */
bool es_sender_irregularity_us(const struct es_sender *s, uint32_t *out);

#endif
