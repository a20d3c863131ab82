/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a UDP payload looks like. A shape, not a proof: RTP and RTCP are believed only after the
 * signalling or the probation of the stream has confirmed them.
 */
#ifndef EARSHOT_WIRE_OTHER_SNIFF_H
#define EARSHOT_WIRE_OTHER_SNIFF_H

#include "probes/base/cursor.h"

enum es_shape {
	ES_SHAPE_OTHER = 0,
	ES_SHAPE_RTP, /* version 2, 12 bytes */
	ES_SHAPE_RTCP, /* second byte 192..223 (RFC 5761 section 4) and a length that fits; SRTCP too */
	ES_SHAPE_SIP,
	ES_SHAPE_STUN,
	ES_SHAPE_ZRTP,
	ES_SHAPE_DTLS,
	ES_SHAPE_TURN_CHANNEL,
	ES_SHAPE_QUIC, /* long header of a version in use; short headers show nothing (RFC 9000) */
	ES_SHAPE_KEEPALIVE, /* nothing but line breaks, NUL or blanks, at most 4 bytes (RFC 5626, RFC 6263) */
};

/* All that is not plain RTP. Same contract as es_sniff. */
enum es_shape es_sniff_other(es_slice payload, uint32_t wire_bytes);

static inline enum es_shape
es_sniff(es_slice payload, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(payload);
	uint8_t b0 = es_cur_peek(&c, 0);
	uint8_t b1 = es_cur_peek(&c, 1);

	if (payload.n >= 12 && b0 >> 6 == 2 && (b1 < 192 || b1 > 223))
		return ES_SHAPE_RTP;
	return es_sniff_other(payload, wire_bytes);
}

#endif
