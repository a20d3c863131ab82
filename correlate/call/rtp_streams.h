/* SPDX-License-Identifier: Apache-2.0 */
/* RTP streams of a call: the set of packets each point saw, and what they show of the clocks. */
#ifndef CORRELATE_CALL_RTP_STREAMS_H
#define CORRELATE_CALL_RTP_STREAMS_H

#include "correlate/call/call.h"

/* Finds the RTP streams of a call whose points are filled in (in any order), and builds their sets. 0, ES_EFULL. */
int es_cor_rtp_streams(struct es_cor_joined_call *c);

/* All that any point saw of an RTP stream; in scratch memory. */
void
es_cor_all_seen(const struct es_cor_joined_call *c, uint32_t rtp_stream, struct es_cor_runs *out);

/* The source of an RTP stream at a point, or ES_COR_NONE; the one with most packets where it is several. */
uint32_t es_cor_rtp_stream_source(
    const struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t point);

/*
 * Difference of the clocks of two points as packets of this RTP stream show it, the delay between
 * them included: the same clocks and two opposite RTP streams give the round trip. False when they share none.
 */
bool es_cor_offset(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t from,
    uint32_t to, int64_t *offset_ns);

/*
 * One vantage point has one clock: packets pass the leg nearer their sender first. Positive: that of a;
 * 0: two vantage points, or not known.
 */
int es_cor_by_one_clock(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b);

/*
 * TTL falls along the path of a stream. Positive: a is nearer the sender; 0: not known, or the points see different
 * 5-tuples.
 */
int es_cor_by_ttl(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b);

/*
 * Packets that only one of two points saw: the one that saw more is nearer the sender. Positive: a. What took a
 * path of which the other one saw nothing went past it, and is not counted.
 */
int es_cor_by_inclusion(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b);

#endif
