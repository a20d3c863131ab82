/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket (RFC 6455) as far as SIP over it (RFC 7118) needs: the upgrade, frame heads, masks. */
#ifndef EARSHOT_WIRE_OTHER_WEBSOCKET_H
#define EARSHOT_WIRE_OTHER_WEBSOCKET_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_WS_UPGRADE_MAX_BYTES = 8192, /* HTTP head: cookies of browsers are long */
	ES_WS_CONTROL_MAX_BYTES = 125,
};

/* A longer frame is taken for damage. */
#define ES_WS_FRAME_MAX_BYTES UINT32_MAX

enum es_ws_opcode {
	ES_WS_CONTINUATION = 0,
	ES_WS_TEXT = 1,
	ES_WS_BINARY = 2,
	ES_WS_CLOSE = 8,
	ES_WS_PING = 9,
	ES_WS_PONG = 10,
};

struct es_ws_head {
	enum es_ws_opcode opcode;
	bool is_final;      /* last frame of its message */
	bool is_deflated;   /* RSV1 on the first frame of a message: RFC 7692 */
	uint8_t mask[4];    /* zeroes where the frame is not masked */
	uint8_t head_bytes; /* 2..14 */
	uint64_t payload_bytes;
};

static inline bool
es_ws_is_control(const struct es_ws_head *h)
{
	return h->opcode >= ES_WS_CLOSE;
}

/*
 * Reads the head of a frame. ES_ESHORT: not all of it is there. ES_EMALFORMED: reserved bits or
 * opcodes, RSV1 on a frame that does not begin a message, a control frame in pieces or above 125
 * bytes, a length of more than 63 bits or not in its shortest form.
 */
int es_ws_head(es_slice bytes, struct es_ws_head *out);

/*
 * Writes payload, which begins `at` bytes into its frame, unmasked to out. out may be the payload's
 * own place or any place before it.
 */
void es_ws_unmask(const uint8_t mask[4], uint64_t at, es_slice payload, uint8_t *out);

/*
 * Whether bytes begin with a frame of at most ES_WS_FRAME_MAX_BYTES that begins a SIP message: a
 * connection seen from its middle.
 */
bool es_ws_is_sip_start(es_slice bytes);

/*
 * The HTTP head that asks for a WebSocket with sub-protocol "sip" (GET), or grants it (101). 0 and *n_bytes its
 * length; ES_ESHORT: it may become one; ES_EMALFORMED: it is no such head.
 */
int es_ws_upgrade(es_slice bytes, size_t *n_bytes);

#endif
