/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrival against the media clock: computed once per packet for jitter, delay variation, skew and
 * the modelled receiver alike.
 *
 * Feed audio packets in arrival order; leave out copies, stale packets, telephone-events (one
 * timestamp for the whole event, RFC 4733) and comfort noise. Absolute values mean nothing, since
 * the clocks are not related: only differences do.
 */
#ifndef EARSHOT_QUALITY_TIMING_TRANSIT_H
#define EARSHOT_QUALITY_TIMING_TRANSIT_H

#include "earshot/time.h"

enum es_transit_kind {
	ES_TRANSIT_FIRST = 0, /* begins a reference: d_ns means nothing */
	ES_TRANSIT_STEP = 1,
	ES_TRANSIT_JUMP = 2, /* timestamp or capture clock jumped: transit_ns continues as before */
	ES_TRANSIT_SAME = 3, /* timestamp of the packet before: to be ignored, nothing is given */
};

struct es_transit { /* begins as zeros */
	es_time last_arrival;
	int64_t transit_ns; /* of the packet before */
	uint32_t last_ts;
	uint32_t rate_hz;     /* 0 before the first packet */
	uint32_t ns_per_tick; /* exact, or 0 where the rate does not divide a second */
};

struct es_transit_step {
	int64_t transit_ns; /* of the first packet 0; jumps of a second and more are taken out */
	int64_t d_ns;       /* RFC 3550 D(i-1,i), jumps included, within an hour */
};

/*
 * rate_hz   clock of this packet's payload type; another than before begins a new reference.
 *           0 (unknown) gives ES_TRANSIT_SAME: without a clock there is no transit
 * rtp_ts    of this packet; may go back: packets that come out of order are measured too
 */
enum es_transit_kind es_transit_update(struct es_transit *t, uint32_t rate_hz, uint32_t rtp_ts,
    es_time arrival, struct es_transit_step *out);

/*
 * The network did not make the step just taken: the sender reset its timestamps. It becomes a jump, out of
 * transit like those of a second and more.
 */
void es_transit_take_out(struct es_transit *t, struct es_transit_step *step);

#endif
