/* SPDX-License-Identifier: Apache-2.0 */
/* The service of the target over a connection: TCP, TLS, then HTTP or SIP. */
#include "probes/path/chain_private.h"
#include "probes/path/http_get.h"

#include <errno.h>

enum {
	CONNECT_MS = 3000,
	SECURE_MS = 4000,
	ANSWER_MS = 5000,
	SEGMENTS_OF_CONNECT = 3, /* where the kernel does not count them */
};

static enum es_link_kind
service_link(const struct es_chain *c)
{
	return c->cfg.target.kind == ES_TARGET_HTTPS ? ES_LINK_HTTP : ES_LINK_SIP;
}

static bool
is_secure(const struct es_chain *c)
{
	return c->cfg.target.kind == ES_TARGET_HTTPS || c->transport == ES_TRANSPORT_TLS;
}

/* The connection ends with the next act: what it cost counts from here on. */
static void
count_segments(struct es_chain *c)
{
	uint32_t n = c->io.segments(c->io.ctx);

	c->n_packets += n != 0 ? n : SEGMENTS_OF_CONNECT;
}

/* Whoever resets a connection before a byte came refuses the connection itself. */
static enum es_link_kind
closed_link(const struct es_chain *c, enum es_link_kind kind, int error)
{
	bool has_bytes = c->n_stream > 0 || kind > ES_LINK_TLS;

	return error == ECONNRESET && !has_bytes ? ES_LINK_TCP : kind;
}

static void
fail_closed(struct es_chain *c, enum es_link_kind kind, int error, const char *server)
{
	enum es_link_kind link = closed_link(c, kind, error);

	count_segments(c);
	if (error == 0)
		es_chain_fail(c, link, false, server, "ends the connection without an answer");
	else
		es_chain_fail(c, link, false, server, "connection: %s", es_chain_errno(error));
}

/* ---- request and response ---- */

static void
took_http(struct es_chain *c, const char *server)
{
	uint16_t status = 0;
	int err = es_http_get_status(es_slice_of(c->stream, c->n_stream), &status);
	bool is_full = c->n_stream == sizeof(c->stream);

	if (err == ES_ESHORT && !is_full)
		return;
	count_segments(c);
	if (err != 0) {
		es_chain_fail(c, ES_LINK_HTTP, false, server, "answers with what is not HTTP");
		return;
	}
	if (status >= 500) {
		es_chain_fail(c, ES_LINK_HTTP, false, server, "HTTP %u", (unsigned)status);
		return;
	}
	es_chain_set(c, ES_LINK_HTTP, ES_LINK_OK, server, "HTTP %u", (unsigned)status);
	es_chain_took(c, ES_LINK_HTTP, c->now_us - c->step_us);
	es_chain_trace(c);
}

static void
took_sip(struct es_chain *c, const char *server)
{
	uint16_t status = 0;
	int err =
	    es_sip_options_response(&c->options, es_slice_of(c->stream, c->n_stream), &status);
	bool is_full = c->n_stream == sizeof(c->stream);

	if (err == ES_ESHORT && !is_full)
		return;
	count_segments(c);
	if (err != 0)
		es_chain_fail(c, ES_LINK_SIP, false, server, "answers with what is not SIP");
	else
		es_chain_sip_status(c, status, c->now_us - c->step_us);
}

static void
take_bytes(struct es_chain *c, es_slice bytes)
{
	size_t room = sizeof(c->stream) - c->n_stream;
	size_t n = bytes.n < room ? bytes.n : room;

	if (n > 0)
		memcpy(c->stream + c->n_stream, bytes.p, n);
	c->n_stream += n;
}

static void
on_response(struct es_chain *c, const struct es_chain_event *e)
{
	char server[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(&c->to, server);
	if (e->kind == ES_CHAIN_ANSWER) {
		take_bytes(c, e->bytes);
		if (service_link(c) == ES_LINK_HTTP)
			took_http(c, server);
		else
			took_sip(c, server);
	} else if (e->kind == ES_CHAIN_TIMEOUT) {
		count_segments(c);
		es_chain_fail(c, service_link(c), true, server, "no answer in %u s",
		    (unsigned)ANSWER_MS / 1000);
	} else if (e->kind == ES_CHAIN_CLOSED) {
		fail_closed(c, service_link(c), e->error, server);
	}
}

static void
request(struct es_chain *c)
{
	char bytes[ES_SIP_OPTIONS_MAX_BYTES];
	struct es_chain_act act = { .verb = ES_CHAIN_STREAM, .wait_ms = ANSWER_MS };
	size_t n = service_link(c) == ES_LINK_HTTP ? es_http_get_build(&c->cfg.target, bytes)
						   : es_sip_options_build(&c->options, bytes);

	act.bytes = es_slice_of(bytes, n);
	c->step_us = c->now_us;
	es_chain_do(c, &act, on_response);
}

/* ---- TLS ---- */

static void
on_secured(struct es_chain *c, const struct es_chain_event *e)
{
	char server[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(&c->to, server);
	if (e->kind == ES_CHAIN_SECURED) {
		es_chain_set(c, ES_LINK_TLS, ES_LINK_OK, c->cfg.target.host, "%s", e->text);
		es_chain_took(c, ES_LINK_TLS, c->now_us - c->step_us);
		request(c);
	} else if (e->kind == ES_CHAIN_REFUSED) {
		count_segments(c);
		es_chain_fail(c, ES_LINK_TLS, false, c->cfg.target.host, "%s", e->text);
	} else if (e->kind == ES_CHAIN_UNABLE) {
		count_segments(c);
		es_chain_set(c, ES_LINK_TLS, ES_LINK_NOT_KNOWN, c->cfg.target.host, "%s", e->text);
		es_chain_trace(c); /* what lies behind is not known either, and nothing is broken */
	} else if (e->kind == ES_CHAIN_TIMEOUT) {
		count_segments(c);
		es_chain_fail(c, ES_LINK_TLS, true, c->cfg.target.host,
		    "the handshake is not done in %u s", (unsigned)SECURE_MS / 1000);
	} else if (e->kind == ES_CHAIN_CLOSED) {
		fail_closed(
		    c, ES_LINK_TLS, e->error, e->error == ECONNRESET ? server : c->cfg.target.host);
	}
}

/* ---- TCP ---- */

static void
on_connected(struct es_chain *c, const struct es_chain_event *e)
{
	char server[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(&c->to, server);
	if (e->kind == ES_CHAIN_CONNECTED) {
		struct es_chain_act act = {
			.verb = ES_CHAIN_SECURE, .name = c->cfg.target.host, .wait_ms = SECURE_MS
		};

		es_chain_set(c, ES_LINK_TCP, ES_LINK_OK, server, "connected");
		es_chain_took(c, ES_LINK_TCP, c->now_us - c->step_us);
		c->step_us = c->now_us;
		if (is_secure(c))
			es_chain_do(c, &act, on_secured);
		else
			request(c);
	} else if (e->kind == ES_CHAIN_ERROR) {
		count_segments(c);
		es_chain_fail(c, ES_LINK_TCP, es_chain_is_silence(e->error), server,
		    "connection: %s", es_chain_errno(e->error));
	} else if (e->kind == ES_CHAIN_TIMEOUT) {
		count_segments(c);
		es_chain_fail(c, ES_LINK_TCP, true, server, "no answer to the connection in %u s",
		    (unsigned)CONNECT_MS / 1000);
	}
}

void
es_chain_stream(struct es_chain *c)
{
	struct es_chain_act act = { .verb = ES_CHAIN_CONNECT, .to = c->to, .wait_ms = CONNECT_MS };

	c->n_stream = 0;
	es_chain_do(c, &act, on_connected);
}
