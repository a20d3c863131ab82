/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which receiver is modelled: as configured; else as the receiving end reports itself (RFC 3611 section 4.7.6,
 * RFC 7005, RFC 6035); else adaptive, because its product or class is known (buffers.h), or by default.
 */
#ifndef EARSHOT_STREAM_RECEIVER_H
#define EARSHOT_STREAM_RECEIVER_H

#include "probes/stream/stream.h"

/* Of a stream that begins. What its call announced before its first packet is kept. */
void es_receiver_begin(const struct es_context *c, struct es_stream_state *s);

/* How the end that its call names is known to adapt; enum es_receiver_by. It changes no buffer. */
void es_receiver_expect(const struct es_context *c, struct es_stream_state *s, uint8_t by);

/*
 * Values that the receiver of s reported. The first buffer that it reports is modelled from the next packet on;
 * concealment that it does not have counts at once, for the score of the stream's record too.
 */
void es_receiver_learn(const struct es_context *c, struct es_stream_state *s,
    const struct es_reported_value *values, uint32_t n);

#endif
