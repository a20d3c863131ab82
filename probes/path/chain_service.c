/* SPDX-License-Identifier: Apache-2.0 */
/* The service of the target over UDP: STUN binding, SIP OPTIONS. */
#include "probes/path/chain_private.h"

#include <stdio.h>

enum {
	REQUESTS_MAX = 3,
	FIRST_WAIT_MS = 500, /* T1 of RFC 3261, RTO of RFC 8489; doubles */
	LAST_WAIT_MS = 2000,
	OTHER_WAIT_MS = 700,
};

static uint32_t
wait_ms(unsigned attempt)
{
	return attempt + 1 < REQUESTS_MAX ? (uint32_t)FIRST_WAIT_MS << attempt : LAST_WAIT_MS;
}

/* What the requests before the one that was answered say about the way. */
static void
count_loss(struct es_chain *c, enum es_link_kind kind)
{
	struct link *l = &c->links[kind];

	l->has_loss = true;
	l->loss_ppm = c->attempt * 1000000u / (c->attempt + 1);
	if (c->attempt > 0 && l->state == ES_LINK_OK)
		l->state = ES_LINK_SLOW;
}

/* ---- STUN ---- */

static void on_binding(struct es_chain *c, const struct es_chain_event *e);
static void on_other_binding(struct es_chain *c, const struct es_chain_event *e);

static void
send_binding(
    struct es_chain *c, const struct es_addr *to, uint32_t wait, bool more, es_chain_handler *on)
{
	uint8_t bytes[ES_BINDING_BYTES];
	struct es_chain_act act = {
		.verb = ES_CHAIN_DATAGRAM, .to = *to, .wait_ms = wait, .more = more
	};

	es_binding_request(c->binding_id, bytes);
	act.bytes = es_slice_of(bytes, sizeof(bytes));
	es_chain_do(c, &act, on);
}

static void
new_binding(struct es_chain *c)
{
	for (size_t i = 0; i < sizeof(c->binding_id); i += 4) {
		uint32_t word = c->io.random(c->io.ctx);

		memcpy(c->binding_id + i, &word, sizeof(word));
	}
}

static void
request_binding(struct es_chain *c)
{
	send_binding(c, &c->to, wait_ms(c->attempt), c->attempt > 0, on_binding);
}

/* A server names any address it likes: ask only one that may be a second address of its own. */
static bool
may_ask(const struct es_chain *c, const struct es_addr *other)
{
	static const struct es_addr none = { 0 };

	if (other->family != c->to.family || other->port == 0 || es_addr_same_ip(other, &c->to) ||
	    memcmp(other->ip, none.ip, sizeof(none.ip)) == 0)
		return false;
	if (other->family == 4)
		return other->ip[0] != 127 && other->ip[0] < 224;
	return other->ip[0] != 0xff && other->ip[0] != 0;
}

static void
set_stun(struct es_chain *c, const char *nat)
{
	char server[ES_ADDR_TEXT_MAX], mapped[ES_ADDR_TEXT_MAX];
	struct link *l = &c->links[ES_LINK_STUN];

	(void)es_addr_text(&c->to, server);
	(void)es_addr_text(&c->mapped, mapped);
	es_chain_set(c, ES_LINK_STUN, l->is_set ? l->state : ES_LINK_OK, server,
	    "we are %s there: %s", mapped, nat);
}

static void
on_other_binding(struct es_chain *c, const struct es_chain_event *e)
{
	struct es_binding b;

	if (e->kind == ES_CHAIN_ANSWER) {
		if (es_binding_response(c->binding_id, e->bytes, &b) != 0)
			return;
		if (b.error == 0)
			set_stun(c, es_addr_eq(&b.mapped, &c->mapped)
					? "NAT with one mapping for all destinations"
					: "NAT with a mapping per destination (symmetric)");
	} else if (e->kind != ES_CHAIN_TIMEOUT && e->kind != ES_CHAIN_ERROR) {
		return;
	}
	es_chain_trace(c);
}

static void
took_binding(struct es_chain *c, const struct es_binding *b)
{
	c->mapped = b->mapped;
	if (es_addr_same_ip(&c->mapped, &c->route.source)) {
		set_stun(c, "no NAT");
	} else {
		set_stun(c, "NAT of unknown kind, the server has no second address");
	}
	es_chain_took(c, ES_LINK_STUN, c->now_us - c->step_us);
	count_loss(c, ES_LINK_STUN);
	if (es_addr_same_ip(&c->mapped, &c->route.source) || !may_ask(c, &b->other)) {
		es_chain_trace(c);
		return;
	}
	set_stun(c, "NAT of unknown kind");
	new_binding(c);
	send_binding(c, &b->other, OTHER_WAIT_MS, true, on_other_binding);
}

static void
on_binding(struct es_chain *c, const struct es_chain_event *e)
{
	char server[ES_ADDR_TEXT_MAX];
	struct es_binding b;

	(void)es_addr_text(&c->to, server);
	if (e->kind == ES_CHAIN_TIMEOUT && ++c->attempt < REQUESTS_MAX) {
		request_binding(c);
	} else if (e->kind == ES_CHAIN_TIMEOUT) {
		es_chain_fail(c, ES_LINK_STUN, true, server, "no answer to %u binding requests",
		    (unsigned)REQUESTS_MAX);
	} else if (e->kind == ES_CHAIN_ERROR) {
		es_chain_fail(c, ES_LINK_STUN, es_chain_is_silence(e->error), server, "UDP: %s",
		    es_chain_errno(e->error));
	} else if (e->kind == ES_CHAIN_ANSWER &&
		   es_binding_response(c->binding_id, e->bytes, &b) == 0) {
		if (b.error != 0)
			es_chain_fail(c, ES_LINK_STUN, false, server,
			    "refuses the binding with error %u", (unsigned)b.error);
		else
			took_binding(c, &b);
	}
}

/* ---- SIP over UDP ---- */

static void on_options(struct es_chain *c, const struct es_chain_event *e);

static void
request_options(struct es_chain *c)
{
	char bytes[ES_SIP_OPTIONS_MAX_BYTES];
	struct es_chain_act act = { .verb = ES_CHAIN_DATAGRAM,
		.to = c->to,
		.wait_ms = wait_ms(c->attempt),
		.more = c->attempt > 0 };

	act.bytes = es_slice_of(bytes, es_sip_options_build(&c->options, bytes));
	es_chain_do(c, &act, on_options);
}

static void
on_options(struct es_chain *c, const struct es_chain_event *e)
{
	char server[ES_ADDR_TEXT_MAX];
	uint16_t status;

	(void)es_addr_text(&c->to, server);
	if (e->kind == ES_CHAIN_TIMEOUT && ++c->attempt < REQUESTS_MAX) {
		request_options(c);
	} else if (e->kind == ES_CHAIN_TIMEOUT) {
		es_chain_fail(c, ES_LINK_SIP, true, server, "no answer to %u OPTIONS over UDP",
		    (unsigned)REQUESTS_MAX);
	} else if (e->kind == ES_CHAIN_ERROR) {
		es_chain_fail(c, ES_LINK_SIP, es_chain_is_silence(e->error), server, "UDP: %s",
		    es_chain_errno(e->error));
	} else if (e->kind == ES_CHAIN_ANSWER &&
		   es_sip_options_response(&c->options, e->bytes, &status) == 0) {
		es_chain_sip_status(c, status, c->now_us - c->step_us);
	}
}

void
es_chain_sip_status(struct es_chain *c, uint16_t status, int64_t us)
{
	const char *transport = es_transport_name(c->transport);
	char server[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(&c->to, server);
	if (status == 408 || (status >= 500 && status < 600)) {
		es_chain_fail(c, ES_LINK_SIP, false, server, "OPTIONS over %s: %u%s", transport,
		    (unsigned)status,
		    status == 408   ? " Request Timeout"
		    : status == 503 ? " Service Unavailable"
				    : "");
		return;
	}
	es_chain_set(
	    c, ES_LINK_SIP, ES_LINK_OK, server, "OPTIONS over %s: %u", transport, (unsigned)status);
	es_chain_took(c, ES_LINK_SIP, us);
	count_loss(c, ES_LINK_SIP);
	es_chain_trace(c);
}

/* ---- which service ---- */

void
es_chain_service(struct es_chain *c)
{
	c->attempt = 0;
	c->step_us = c->now_us;
	c->options = (struct es_sip_options){ .target = &c->cfg.target,
		.transport = c->transport,
		.source = c->route.source,
		.token = c->io.random(c->io.ctx) };
	switch (c->cfg.target.kind) {
	case ES_TARGET_STUN:
		new_binding(c);
		request_binding(c);
		return;
	case ES_TARGET_HTTPS:
		es_chain_stream(c);
		return;
	case ES_TARGET_SIP:
		if (c->transport == ES_TRANSPORT_UDP)
			request_options(c);
		else
			es_chain_stream(c);
		return;
	case ES_TARGET_HOST:
		break;
	}
	es_chain_trace(c);
}
