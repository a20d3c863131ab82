/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What UDP carries as datagrams, one behind the other in a byte stream: STUN and channel data of TURN,
 * each with its own length (RFC 8489 section 6.2.2, RFC 8656 section 12.5), and packets of RTP, RTCP,
 * STUN or DTLS behind a length of two bytes (RFC 4571, RFC 6544).
 */
#ifndef EARSHOT_WIRE_OTHER_STREAMED_H
#define EARSHOT_WIRE_OTHER_STREAMED_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_STREAMED_HEAD_BYTES = 4 }; /* enough to read lengths */

struct es_streamed {
	size_t head_bytes;   /* in front of the packet */
	size_t packet_bytes; /* as sent */
	size_t bytes;        /* with head and padding: to the next one */
};

/*
 * The next of TURN: a STUN message with the magic cookie, or channel data. 0: its lengths are known, the packet
 * need not be all there. ES_ESHORT: too few bytes to know. ES_EMALFORMED: neither.
 */
int es_streamed_turn(es_slice bytes, struct es_streamed *out);

/* The next packet behind its length. As above; a length of 0 is a keep-alive (RFC 4571 section 2). */
int es_streamed_framed(es_slice bytes, struct es_streamed *out);

/* False: neither of the two that follow returns 0. */
bool es_streamed_looks(es_slice bytes);

/*
 * Whether a stream of which nothing is known speaks TURN from here on: a STUN message, or channel data
 * with media inside and, behind it, what may be next. ES_ESHORT: it may become one.
 */
int es_streamed_is_turn(es_slice bytes);

/*
 * The same for lengths and packets: a STUN message in one of them, or media in all that are there: in one that
 * ends with the bytes, or in two. *is_sure: recognised by STUN; else the media must pass probation.
 */
int es_streamed_is_framed(es_slice bytes, bool *is_sure);

#endif
