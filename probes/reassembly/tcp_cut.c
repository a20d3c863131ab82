/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol of a direction of a connection, and its messages: SIP, HEP, TLS, the handshake of WebSocket. */
#include "probes/base/text.h"
#include "probes/reassembly/tcp_private.h"
#include "probes/wire/other/hep.h"
#include "probes/wire/other/tls_record.h"

/* Steps that only change what the stream is taken for: two kinds must not pass it to and fro. */
enum { IDLE_STEPS_MAX = 4 };

static bool
is_sips(const struct es_addr *src, const struct es_addr *dst)
{
	return src->port == ES_TLS_SIPS_PORT || dst->port == ES_TLS_SIPS_PORT;
}

/* A connection of TLS, seen from its middle on: any if it can be opened, else one of SIP. */
static bool
is_tls_middle(
    const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst, es_slice bytes)
{
	return (t->opener.open != NULL || is_sips(src, dst)) && es_tls_is_record(bytes);
}

bool
es_tcp_is_worth(
    const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst, es_slice bytes)
{
	bool offers_sip;
	size_t n;
	int err;

	if (bytes.n == 0)
		return false;
	if (es_sip_is_start(bytes) || es_ws_is_sip_start(bytes) || es_hep_is(bytes, UINT16_MAX) ||
	    is_tls_middle(t, src, dst, bytes) || es_tcp_framed_is_worth(bytes))
		return true;
	err = es_tls_hello(bytes, &offers_sip);
	if (err == ES_EMALFORMED)
		err = es_ws_upgrade(bytes, &n);
	return err != ES_EMALFORMED;
}

/* Whether the other direction of the connection was found to speak this before. */
static bool
is_known(const struct es_tcps *t, const struct es_tcp_stream *s, enum es_tcp_kind kind)
{
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);

	return other != ES_POOL_NONE && es_tcp_at(t, other)->kind == kind;
}

static void
on_websocket(struct es_tcps *t, uint32_t index)
{
	if (!is_known(t, es_tcp_at(t, index), ES_TCP_WS))
		es_context_count(t->c, ES_CNT_WS);
	es_tcp_prove(t, index, ES_TCP_WS);
}

/* What a stream that turned out to be TLS began with. */
enum beginning { CLIENT_HELLO, CLIENT_HELLO_OF_SIP, SERVER_HELLO, MIDDLE };

/* Counted is a connection, by its ClientHello or its port. */
static void
on_tls(struct es_tcps *t, uint32_t index, enum beginning begins, es_slice bytes)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);
	bool is_known = other != ES_POOL_NONE && es_tcp_at(t, other)->kind == ES_TCP_TLS;
	bool is_sip = begins == CLIENT_HELLO_OF_SIP || is_sips(&s->src, &s->dst);
	bool is_turn = s->dst.port == ES_TLS_TURNS_PORT || s->src.port == ES_TLS_TURNS_PORT ||
		       es_tls_offers_turn(bytes);

	s->is_counted = is_known && es_tcp_at(t, other)->is_counted;
	s->is_refused = begins == SERVER_HELLO && is_known && es_tcp_at(t, other)->is_refused;
	if (!s->is_counted && (is_sip || begins == CLIENT_HELLO)) {
		es_context_count(t->c, is_sip ? ES_CNT_SIP_TLS : ES_CNT_TLS);
		if (is_turn)
			es_context_count(t->c, ES_CNT_TURN_TLS);
		s->is_counted = true;
	}
	if (t->opener.open != NULL && begins != MIDDLE && !s->is_refused)
		es_tcp_tls_join(t, index, begins == SERVER_HELLO);
	else if (t->opener.open != NULL && !is_known)
		es_context_count(t->c, ES_CNT_TLS_MIDDLE);
	es_tcp_prove(t, index, ES_TCP_TLS);
}

/* The next message of SIP, or the bytes before it. */
static int
sip_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_sip_frame *f = &s->at.sip;
	uint32_t skip;
	int err;

	if (bytes.n < f->need_bytes)
		return ES_EAGAIN;
	err = es_sip_frame(bytes, f);
	skip = f->skip_bytes < bytes.n ? (uint32_t)f->skip_bytes : (uint32_t)bytes.n;
	s->skip = (uint32_t)(f->skip_bytes - skip); /* a length is below 2^31 */
	*used = skip;
	if (err == ES_ESHORT) {
		f->need_bytes -= skip;
		return ES_EAGAIN;
	}
	f->need_bytes = 0;
	if (err == ES_EFULL)
		es_context_count(t->c, ES_CNT_SIP_OVER_LIMIT);
	if (err == ES_EMALFORMED && s->kind == ES_TCP_UNKNOWN) {
		s->junk += skip;
		if (s->junk >= ES_TCP_UNKNOWN_BYTES)
			return ES_EMALFORMED;
	}
	if (err != 0)
		return 0;
	es_tcp_prove(t, index, ES_TCP_SIP);
	es_tcp_hand_out(t, s, ES_TRANSPORT_TCP, es_slice_of(bytes.p + skip, f->n_bytes),
	    (uint32_t)f->n_bytes, at);
	*used += (uint32_t)f->n_bytes;
	return 0;
}

static int
hep_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	const struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t n;
	int err = es_hep_length(bytes, &n);

	if (err == ES_EMALFORMED) { /* after a hole: on to the next that may be one */
		*used = (uint32_t)es_hep_find(bytes, 1);
		return 0;
	}
	if (err != 0 || n > bytes.n)
		return ES_EAGAIN;
	es_tcp_hand_out(t, s, ES_TRANSPORT_HEP, es_text_first(bytes, n), n, at);
	*used = n;
	return 0;
}

/* In front of its hello a server may warn that it does not know the client's name (RFC 6066 section 3). */
static bool
is_server_beginning(const struct es_tcps *t, const struct es_tcp_stream *s, es_slice bytes)
{
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);

	if (es_tls_is_server_hello(bytes))
		return true;
	return bytes.p[0] == ES_TLS_ALERT && s->has_first && s->base == s->first &&
	       other != ES_POOL_NONE && es_tcp_at(t, other)->tls != ES_POOL_NONE &&
	       !es_tcp_at(t, other)->is_server;
}

/* Nothing is known of the stream but that it may become something. */
static int
unknown_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	const struct es_tcp_stream *s = es_tcp_at(t, index);
	bool offers_sip = false;
	uint32_t hep_bytes;
	size_t n = 0;
	int err = es_ws_upgrade(bytes, &n);

	if (err == 0) {
		on_websocket(t, index);
		*used = (uint32_t)n;
		return 0;
	}
	if (err == ES_ESHORT)
		return ES_EAGAIN;
	err = es_tls_hello(bytes, &offers_sip);
	if (err == ES_ESHORT)
		return ES_EAGAIN;
	if (err == 0) {
		on_tls(t, index, offers_sip ? CLIENT_HELLO_OF_SIP : CLIENT_HELLO, bytes);
		return 0;
	}
	if (is_tls_middle(t, &s->src, &s->dst, bytes)) {
		on_tls(t, index, is_server_beginning(t, s, bytes) ? SERVER_HELLO : MIDDLE, bytes);
		return 0;
	}
	if (es_hep_length(bytes, &hep_bytes) == 0) {
		es_tcp_prove(t, index, ES_TCP_HEP);
		return 0;
	}
	if (es_ws_is_sip_start(bytes)) {
		on_websocket(t, index);
		return 0;
	}
	err = es_tcp_framed_find(t, index, bytes);
	return err == ES_EMALFORMED ? sip_step(t, index, bytes, used, at) : err;
}

/* One step: 0, and the next one begins after *used bytes; ES_EAGAIN; ES_EMALFORMED. */
static int
step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);

	*used = 0;
	if (s->skip > 0) { /* a message above the limits, as it comes */
		*used = s->skip < bytes.n ? s->skip : (uint32_t)bytes.n;
		s->skip -= *used;
		return 0;
	}
	switch (s->kind) {
	case ES_TCP_UNKNOWN:
		return unknown_step(t, index, bytes, used, at);
	case ES_TCP_SIP:
		return sip_step(t, index, bytes, used, at);
	case ES_TCP_WS:
		return es_tcp_ws_step(t, index, bytes, used, at);
	case ES_TCP_HEP:
		return hep_step(t, index, bytes, used, at);
	case ES_TCP_TLS:
		return es_tcp_tls_step(t, index, bytes, used, at);
	case ES_TCP_TURN:
	case ES_TCP_MAY_BE_FRAMED:
	case ES_TCP_FRAMED:
		return es_tcp_framed_step(t, index, bytes, used, at);
	}
	return ES_EMALFORMED;
}

int64_t
es_tcp_cut(struct es_tcps *t, uint32_t index, es_slice bytes, es_time at)
{
	unsigned n_idle = 0;
	size_t done = 0;
	int err = 0;

	while (err == 0 && done < bytes.n) {
		uint32_t used;

		err = step(t, index, es_text_from(bytes, done), &used, at);
		done += used;
		n_idle = used > 0 ? 0 : n_idle + 1;
		if (err == 0 && n_idle == IDLE_STEPS_MAX)
			err = ES_EMALFORMED;
	}
	return err == ES_EMALFORMED ? ES_EMALFORMED : (int64_t)done;
}

uint32_t
es_tcp_cut_short(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t wire_bytes, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t whole = wire_bytes;

	if (es_tcp_is_framed(s))
		return es_tcp_framed_short(t, index, bytes, wire_bytes, at);
	if ((s->kind != ES_TCP_SIP && s->kind != ES_TCP_UNKNOWN) || !es_sip_is_start(bytes))
		return 0;
	if (s->at.sip.has_head)
		whole = (uint32_t)s->at.sip.need_bytes;
	es_tcp_prove(t, index, ES_TCP_SIP);
	es_tcp_hand_out(t, s, ES_TRANSPORT_TCP, bytes, whole, at);
	return whole > wire_bytes ? whole - wire_bytes : 0;
}
