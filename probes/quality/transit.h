/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrival against the media clock: computed once per packet for jitter, delay variation, skew and
 * the modelled receiver alike.
 *
 * Feed audio packets in arrival order; leave out copies, stale packets, telephone-events (one
 * timestamp for the whole event, RFC 4733) and comfort noise. Absolute values mean nothing, since
 * the clocks are not related: only differences do.
 */
#ifndef PROBES_QUALITY_TRANSIT_H
#define PROBES_QUALITY_TRANSIT_H

#include "earshot/time.h"

enum es_transit_kind {
	ES_TRANSIT_FIRST = 0, /* begins a reference: d_ns means nothing */
	ES_TRANSIT_STEP = 1,
	ES_TRANSIT_JUMP = 2, /* timestamp or capture clock jumped: transit_ns goes on as before */
	ES_TRANSIT_SAME = 3, /* timestamp of the packet before: to be ignored, nothing is given */
};

struct es_transit {
	int64_t base_ns; /* arrival that a packet with timestamp base_ts has at transit 0 */
	int64_t base_ts;
	int64_t last_ts;
	int64_t last_ns; /* transit of the packet before, plus what jumps took out */
	int64_t taken_out_ns;
	uint32_t rate_hz;
	uint32_t ns_per_tick; /* exact, or 0 where the rate does not divide a second */
};

struct es_transit_step {
	int64_t transit_ns; /* continuous: jumps of a second and more are taken out */
	int64_t d_ns;       /* RFC 3550 D(i-1,i), jumps included */
};

void es_transit_init(struct es_transit *t);

/*
 * rate_hz   clock of this packet's payload type; another than before begins a new reference.
 *           0 (unknown) gives ES_TRANSIT_SAME: without a clock there is no transit
 * rtp_ts    extended to 64 bits by the caller (base/seq.h)
 */
enum es_transit_kind es_transit_update(struct es_transit *t, uint32_t rate_hz, int64_t rtp_ts,
    es_time arrival, struct es_transit_step *out);

#endif
