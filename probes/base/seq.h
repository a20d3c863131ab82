/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that wrap: the only place that knows how. They are compared by their signed distance; a
 * stream adds that of an RTP sequence number to its extended one of 64 bits, which never wraps.
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

/* Signed distance a - b of two 32-bit numbers: RTP timestamps, TCP sequence numbers. */
static inline int64_t
es_seq32_diff(uint32_t a, uint32_t b)
{
	uint32_t d = a - b;

	return d < UINT32_C(0x80000000) ? (int64_t)d : (int64_t)d - INT64_C(0x100000000);
}

#endif
