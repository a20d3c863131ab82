/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that wrap: the only place that knows how. RTP sequence numbers are extended to 64 bits
 * once, here, and never wrap again; RTP timestamps, TCP sequence numbers and the middle of an NTP
 * time are compared by their signed distance.
 */
#ifndef EARSHOT_BASE_SEQ_H
#define EARSHOT_BASE_SEQ_H

#include "earshot/record.h"

/* The extended number of the first packet of a source: room below for packets that come late. */
static inline uint64_t
es_seq_first(uint16_t seq)
{
	return (uint64_t)ES_SEQ_BASE + seq;
}

/* Signed distance a - b of two 16-bit numbers, -32768..32767. */
static inline int32_t
es_seq_diff(uint16_t a, uint16_t b)
{
	uint16_t d = (uint16_t)(a - b);

	return d < 0x8000 ? (int32_t)d : (int32_t)d - 0x10000;
}

/*
 * The extended number nearest to near that ends in seq. near: the highest extended number so far,
 * at least ES_SEQ_BASE. A distance of exactly half the circle counts as backward.
 */
static inline uint64_t
es_seq_extend(uint64_t near, uint16_t seq)
{
	return near + (uint64_t)(int64_t)es_seq_diff(seq, (uint16_t)near);
}

/*
 * The extended number nearest to near that ends in the 32 bits a far end reported as its extended
 * highest number (RFC 3550 section 6.4.1): its count of cycles is its own, only 16 bits compare.
 */
static inline uint64_t
es_seq_of_reported(uint64_t near, uint32_t reported)
{
	return es_seq_extend(near, (uint16_t)reported);
}

/* Signed distance a - b of two 32-bit numbers: RTP timestamps, TCP sequence numbers. */
static inline int64_t
es_seq32_diff(uint32_t a, uint32_t b)
{
	uint32_t d = a - b;

	return d < UINT32_C(0x80000000) ? (int64_t)d : (int64_t)d - INT64_C(0x100000000);
}

/* Whether a stands before b on the circle. */
static inline bool
es_seq32_before(uint32_t a, uint32_t b)
{
	return es_seq32_diff(a, b) < 0;
}

/* The 64-bit RTP timestamp nearest to near that ends in ts. near: at least 2^32. */
static inline uint64_t
es_ts_extend(uint64_t near, uint32_t ts)
{
	return near + (uint64_t)es_seq32_diff(ts, (uint32_t)near);
}

/* The middle 32 bits of the NTP time of an instant: seconds and 1/65536 s, wraps every 18 hours. */
uint32_t es_ntp_middle(es_time t);

/* The instant of a 64-bit NTP time of era 0 or 1, the one nearest to 2036 (RFC 5905 section 6). */
es_time es_ntp_time(uint32_t seconds, uint32_t fraction);

/*
 * Round trip from a report block seen at `at`: at - LSR - DLSR, RFC 3550 section 6.4.1.
 * Returns false where LSR is 0 (no report was received) or the result would be negative or above
 * 60 s: the two clocks do not belong together.
 */
bool es_ntp_round_trip_us(es_time at, uint32_t lsr, uint32_t dlsr, uint32_t *rtt_us);

#endif
