/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a listener thinks at the end of a call (ETSI TS 101 329-5 Annex E): annoyance follows a burst
 * of loss within some 5 s, fades in the gap behind it within some 15 s, and the last burst counts for
 * more than those before it, for half a minute.
 */
#ifndef EARSHOT_QUALITY_RECENCY_H
#define EARSHOT_QUALITY_RECENCY_H

#include "probes/quality/burst.h"
#include "probes/quality/score.h"

/* Bursts and gaps of one length each, one behind the other without end. */
struct es_recency {
	double worst;   /* impairment as felt where a burst ends: I1 */
	double best;    /* .. and where a gap ends: I2 */
	double average; /* over both */
};

/* Impairments of a burst and of a gap, and how long each of them is. */
struct es_recency es_recency_of(double ie_burst, double ie_gap, double burst_s, double gap_s);

/*
 * MOS-LQ of a stream with that in mind: mean burst and gap of b, `loss` as seen over the same packets.
 * False: nothing expected, or no packet time.
 */
bool es_recency_mos_milli(const struct es_equipment *q, const struct es_burst *b,
    const struct es_effective_loss *loss, uint32_t ptime_us, uint32_t *mos_milli);

#endif
