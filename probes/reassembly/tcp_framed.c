/* SPDX-License-Identifier: Apache-2.0 */
/* TURN over TCP, and media behind lengths (RFC 4571): what UDP would carry, packet by packet. */
#include "probes/base/cursor.h"
#include "probes/base/text.h"
#include "probes/reassembly/tcp_private.h"
#include "probes/wire/other/streamed.h"

enum { PORT_DNS = 53 }; /* lengths of two bytes, and any first byte behind them */

static bool
is_port(const struct es_tcp_stream *s, uint16_t port)
{
	return s->src.port == port || s->dst.port == port;
}

/* Media without STUN is believed when numbers of one sender follow each other. */
static bool
is_next(struct es_tcp_framed *f, es_slice packet)
{
	struct es_cur c = es_cur_of(packet);
	uint16_t seq;
	uint32_t ssrc;
	bool is_next;

	if (packet.n < 12 || packet.p[0] >> 6 != 2 || (packet.p[1] >= 192 && packet.p[1] <= 223))
		return false;
	es_cur_skip(&c, 2);
	seq = es_cur_be16(&c);
	es_cur_skip(&c, 4);
	ssrc = es_cur_be32(&c);
	is_next = f->has_last && f->ssrc == ssrc && (uint16_t)(f->seq + 1) == seq;
	f->has_last = true;
	f->ssrc = ssrc;
	f->seq = seq;
	return is_next;
}

static void
prove(struct es_tcps *t, uint32_t index, enum es_tcp_kind kind, enum es_counter counter)
{
	const struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);

	if (other == ES_POOL_NONE || es_tcp_at(t, other)->kind != kind)
		es_context_count(t->c, counter);
	es_tcp_prove(t, index, kind);
}

bool
es_tcp_framed_is_worth(es_slice bytes)
{
	bool is_sure;

	/* A few comparisons for nearly all that TCP carries. */
	if (!es_streamed_looks(bytes))
		return false;
	return es_streamed_is_turn(bytes) == 0 || es_streamed_is_framed(bytes, &is_sure) == 0;
}

int
es_tcp_framed_find(struct es_tcps *t, uint32_t index, es_slice bytes)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	bool is_sure = false;
	int framed = es_streamed_is_framed(bytes, &is_sure);
	int turn = es_streamed_is_turn(bytes);

	if (turn == 0) {
		prove(t, index, ES_TCP_TURN, ES_CNT_TURN_TCP);
		return 0;
	}
	if (framed == 0 && is_sure) {
		prove(t, index, ES_TCP_FRAMED, ES_CNT_MEDIA_TCP);
		return 0;
	}
	if (framed == 0 && !is_port(s, PORT_DNS)) {
		es_tcp_prove(t, index, ES_TCP_MAY_BE_FRAMED);
		return 0;
	}
	/* Bytes that are too few to be sure, but can be the beginning of nothing else. */
	if ((turn == ES_ESHORT && bytes.p[0] <= 1) || (framed == ES_ESHORT && bytes.n >= 4))
		return ES_EAGAIN;
	return ES_EMALFORMED;
}

int
es_tcp_framed_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_streamed f;
	es_slice packet;
	int err =
	    s->kind == ES_TCP_TURN ? es_streamed_turn(bytes, &f) : es_streamed_framed(bytes, &f);

	if (err == ES_ESHORT)
		return ES_EAGAIN;
	if (err != 0) { /* RFC 6062: after ConnectionBind come the peer's bytes */
		es_tcp_unprove(s);
		return 0;
	}
	if (s->kind != ES_TCP_TURN && bytes.n > f.head_bytes && f.packet_bytes > 0 &&
	    bytes.p[f.head_bytes] >> 6 != 2 && bytes.p[f.head_bytes] >= 64) {
		es_tcp_unprove(s); /* neither media nor what shares its port by RFC 7983 */
		return 0;
	}
	if (bytes.n < f.head_bytes + f.packet_bytes)
		return ES_EAGAIN;
	packet = es_text_first(es_text_from(bytes, f.head_bytes), f.packet_bytes);
	if (s->kind == ES_TCP_MAY_BE_FRAMED && is_next(&s->at.framed, packet))
		prove(t, index, ES_TCP_FRAMED, ES_CNT_MEDIA_TCP);
	*used = (uint32_t)(f.bytes < bytes.n ? f.bytes : bytes.n);
	s->skip = (uint32_t)(f.bytes - *used); /* padding still to come */
	if (packet.n > 0)
		es_tcp_hand_out(t, s, ES_TRANSPORT_UDP, packet, (uint32_t)packet.n, at);
	return 0;
}

uint32_t
es_tcp_framed_short(
    struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t wire_bytes, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_streamed f;
	es_slice packet;
	int err =
	    s->kind == ES_TCP_TURN ? es_streamed_turn(bytes, &f) : es_streamed_framed(bytes, &f);

	s->is_aligned = false;
	if (err != 0)
		return 0;
	packet = es_text_first(es_text_from(bytes, f.head_bytes), f.packet_bytes);
	if (packet.n > 0)
		es_tcp_hand_out(t, s, ES_TRANSPORT_UDP, packet, (uint32_t)f.packet_bytes, at);
	/* If another one began in the bytes that were cut off, the start of the next is unknown. */
	s->is_aligned = f.bytes >= wire_bytes;
	return f.bytes > wire_bytes ? (uint32_t)f.bytes - wire_bytes : 0;
}
