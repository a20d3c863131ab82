/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Call-ID as text: in JSON, in the path of a URL, on a command line. A Call-ID is foreign bytes and may have
 * NUL, broken UTF-8 or "..", which JSON cannot hold and a URL reads as something else. So:
 *
 *	control characters, bytes of no well-formed UTF-8     =XX, two upper-case hex digits
 *	"=" before two upper-case hex digits                  =3D
 *	the whole of "." and ".."                             =2E, =2E=2E
 *	the "r" of what reads like rtp:0x1234abcd             =72: that names a stream without a call
 *
 * All else is unchanged: no Call-ID of RFC 3261 has "=" in it. Every Call-ID has one text, and every text one
 * Call-ID.
 */
#ifndef EARSHOT_BASE_CALL_ID_H
#define EARSHOT_BASE_CALL_ID_H

#include "earshot/slice.h"

#include <stdbool.h>

enum {
	ES_CALL_ID_BYTES_MAX = 512, /* longer ones are cut before */
	ES_CALL_ID_TEXT_MAX = 3 * ES_CALL_ID_BYTES_MAX,
};

/* Bytes of the text. What is beyond ES_CALL_ID_BYTES_MAX of id is left out. */
size_t es_call_id_encode(es_slice id, uint8_t out[ES_CALL_ID_TEXT_MAX]);

/* The Call-ID of a text; beyond ES_CALL_ID_BYTES_MAX the rest is left out. */
size_t es_call_id_decode(es_slice text, uint8_t out[ES_CALL_ID_BYTES_MAX]);

/* "rtp:0x1234abcd": the name of a call without signalling. */
bool es_call_id_is_ssrc(es_slice text);

#endif
