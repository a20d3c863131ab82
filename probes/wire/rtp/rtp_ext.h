/* SPDX-License-Identifier: Apache-2.0 */
/* Header extensions of RTP (RFC 8285), in their one-byte and two-byte forms. */
#ifndef EARSHOT_WIRE_RTP_RTP_EXT_H
#define EARSHOT_WIRE_RTP_RTP_EXT_H

#include "probes/wire/rtp/rtp.h"

enum { ES_RTP_ELEMENTS_MAX = 32 }; /* of one packet that are looked at */

/* RFC 6464 section 3. */
struct es_rtp_level {
	uint8_t below_dbov; /* 0..127: the level is its negative */
	bool is_speech;     /* V */
};

/*
 * The value of the first element with this id (1..255); false when the packet has none, or it is
 * behind the cut or malformed. In the one-byte form id 15 ends the list, whatever follows.
 */
bool es_rtp_element(const struct es_rtp *r, uint8_t id, es_slice *value);

/* The audio level in the element with this id; false if there is no such element. */
bool es_rtp_level(const struct es_rtp *r, uint8_t id, struct es_rtp_level *out);

#endif
