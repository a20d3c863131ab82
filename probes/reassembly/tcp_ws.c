/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out of WebSocket frames: unmasked, put together, control frames passed over. */
#include "probes/base/text.h"
#include "probes/reassembly/tcp_private.h"
#include "probes/wire/sip/sip_field.h"

/* The head of a frame; ES_EAGAIN: not all of it is there. */
static int
begin_frame(struct es_tcps *t, struct es_tcp_stream *s, es_slice bytes, uint32_t *used)
{
	struct es_tcp_ws *ws = &s->at.ws;
	struct es_ws_head h;
	int err = es_ws_head(bytes, &h);

	if (err == ES_ESHORT)
		return ES_EAGAIN;
	if (err != 0 || h.payload_bytes > ES_WS_FRAME_MAX_BYTES) {
		es_context_count(t->c, ES_CNT_TCP_RESYNCS);
		es_tcp_unprove(s);
		return 0;
	}
	ws->head = h;
	ws->left = h.payload_bytes;
	*used = h.head_bytes;
	if (es_ws_is_control(&h))
		return 0;
	if (h.opcode != ES_WS_CONTINUATION) {
		s->kept = 0;
		ws->in_message = true;
		ws->is_passed_over = h.is_deflated;
		if (h.is_deflated)
			es_context_count(t->c, ES_CNT_WS_DEFLATED);
	}
	return 0;
}

/* Payload of a frame, as it comes. */
static int
append(struct es_tcps *t, uint32_t index, es_slice part)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_tcp_ws *ws = &s->at.ws;

	if (es_ws_is_control(&ws->head) || !ws->in_message || ws->is_passed_over)
		return 0;
	if (part.n > ES_SIP_MESSAGE_MAX_BYTES - s->kept || ws->left > ES_SIP_MESSAGE_MAX_BYTES) {
		es_context_count(t->c, ES_CNT_SIP_OVER_LIMIT);
		ws->is_passed_over = true;
		s->kept = 0;
		return 0;
	}
	if (!es_tcp_hold(t, index))
		return ES_EFULL;
	es_ws_unmask(
	    ws->head.mask, ws->head.payload_bytes - ws->left, part, es_tcp_buffer(t, s) + s->kept);
	s->kept += (uint32_t)part.n;
	return 0;
}

/* A frame is whole; with it perhaps a message, which is one of SIP (RFC 7118 section 5). */
static void
end_frame(struct es_tcps *t, struct es_tcp_stream *s, es_time at)
{
	struct es_tcp_ws *ws = &s->at.ws;
	es_slice message;

	if (es_ws_is_control(&ws->head) || !ws->head.is_final)
		return;
	if (s->kept > 0) {
		message = es_sip_skip_breaks(es_slice_of(es_tcp_buffer(t, s), s->kept));
		if (message.n > 0) /* else a keep-alive */
			es_tcp_hand_out(t, s, ES_TRANSPORT_WS, message, (uint32_t)message.n, at);
	}
	s->kept = 0;
	ws->in_message = false;
	ws->is_passed_over = false;
}

int
es_tcp_ws_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_tcp_ws *ws = &s->at.ws;
	es_slice part;

	if (ws->left == 0) {
		int err = begin_frame(t, s, bytes, used);

		if (err == 0 && s->kind == ES_TCP_WS && ws->left == 0)
			end_frame(t, s, at);
		return err;
	}
	part = es_text_first(bytes, ws->left < bytes.n ? (size_t)ws->left : bytes.n);
	if (append(t, index, part) != 0)
		return ES_EMALFORMED;
	*used = (uint32_t)part.n;
	ws->left -= part.n;
	if (ws->left == 0)
		end_frame(t, s, at);
	return 0;
}
