/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and upgrades of WebSocket connections, RFC 6455 sections 4 and 5. */
#include "probes/wire/other/websocket.h"

#include "probes/base/cursor.h"
#include "probes/base/text.h"
#include "probes/wire/sip/sip.h"
#include "probes/wire/sip/sip_field.h"

enum { START_LOOK_BYTES = 512 }; /* of a payload, to find the start line of SIP */

static bool
is_opcode(uint8_t opcode)
{
	return opcode <= ES_WS_BINARY || (opcode >= ES_WS_CLOSE && opcode <= ES_WS_PONG);
}

int
es_ws_head(es_slice bytes, struct es_ws_head *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t b0 = es_cur_u8(&c);
	uint8_t b1 = es_cur_u8(&c);
	uint8_t opcode = b0 & 0x0f;
	struct es_ws_head h = { 0 };
	bool is_begin = opcode == ES_WS_TEXT || opcode == ES_WS_BINARY;

	if (bytes.n > 0 && ((b0 & 0x30) != 0 || !is_opcode(opcode) || (b0 & 0x40 && !is_begin)))
		return ES_EMALFORMED;
	h.opcode = (enum es_ws_opcode)opcode;
	h.is_final = (b0 & 0x80) != 0;
	h.is_deflated = (b0 & 0x40) != 0;
	h.payload_bytes = b1 & 0x7f;
	if (!c.bad && opcode >= ES_WS_CLOSE &&
	    (!h.is_final || h.payload_bytes > ES_WS_CONTROL_MAX_BYTES))
		return ES_EMALFORMED;
	if (h.payload_bytes == 126) {
		h.payload_bytes = es_cur_be16(&c);
		if (!c.bad && h.payload_bytes < 126)
			return ES_EMALFORMED;
	} else if (h.payload_bytes == 127) {
		h.payload_bytes = es_cur_be64(&c);
		if (!c.bad && (h.payload_bytes <= UINT16_MAX || h.payload_bytes >> 63 != 0))
			return ES_EMALFORMED;
	}
	if ((b1 & 0x80) != 0)
		for (unsigned i = 0; i < sizeof(h.mask); i++)
			h.mask[i] = es_cur_u8(&c);
	if (c.bad)
		return ES_ESHORT;
	h.head_bytes = (uint8_t)(bytes.n - es_cur_left(&c));
	*out = h;
	return 0;
}

void
es_ws_unmask(const uint8_t mask[4], uint64_t at, es_slice payload, uint8_t *out)
{
	for (size_t i = 0; i < payload.n; i++)
		out[i] = (uint8_t)(payload.p[i] ^ mask[(at + i) & 3]);
}

bool
es_ws_is_sip_start(es_slice bytes)
{
	uint8_t clear[START_LOOK_BYTES];
	struct es_ws_head h;
	es_slice payload;

	if (es_ws_head(bytes, &h) != 0 || h.is_deflated ||
	    h.payload_bytes > ES_WS_FRAME_MAX_BYTES ||
	    (h.opcode != ES_WS_TEXT && h.opcode != ES_WS_BINARY))
		return false;
	payload = es_text_first(es_text_from(bytes, h.head_bytes), sizeof(clear));
	if (payload.n > h.payload_bytes)
		payload.n = (size_t)h.payload_bytes;
	es_ws_unmask(h.mask, 0, payload, clear);
	return payload.n > 0 && es_sip_is_start(es_slice_of(clear, payload.n));
}

/* "sip, xmpp" names sip. */
static bool
names(es_slice list, const char *what)
{
	while (list.n > 0)
		if (es_text_is(es_text_trim(es_text_cut(&list, ',')), what))
			return true;
	return false;
}

/* Whether text begins with prefix as far as it goes. */
static bool
may_begin(es_slice text, const char *prefix)
{
	return es_text_begins(text, prefix) ||
	       (text.n < strlen(prefix) && memcmp(text.p, prefix, text.n) == 0);
}

static bool
has_blank_line(es_slice text)
{
	while (text.n > 0) {
		text = es_text_from(text, es_text_find(text, '\n') + 1);
		if (es_text_begins(text, "\n") || es_text_begins(text, "\r\n"))
			return true;
	}
	return false;
}

int
es_ws_upgrade(es_slice bytes, size_t *n_bytes)
{
	es_slice rest = es_text_from(bytes, es_text_find(bytes, '\n') + 1);
	bool is_websocket = false, is_sip = false;
	struct es_sip_field f;
	int err;

	if (bytes.n == 0 || (!may_begin(bytes, "GET ") && !may_begin(bytes, "HTTP/1.1 101")))
		return ES_EMALFORMED;
	if (!has_blank_line(bytes))
		return bytes.n <= ES_WS_UPGRADE_MAX_BYTES ? ES_ESHORT : ES_EMALFORMED;
	while ((err = es_sip_field_next(&rest, &f)) == 0) {
		if (es_text_is(f.name, "Upgrade"))
			is_websocket |= names(f.value, "websocket");
		else if (es_text_is(f.name, "Sec-WebSocket-Protocol"))
			is_sip |= names(f.value, "sip");
	}
	if (err != ES_EEOF || !is_websocket || !is_sip)
		return ES_EMALFORMED;
	*n_bytes = bytes.n - rest.n;
	return 0;
}
