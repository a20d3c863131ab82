/* SPDX-License-Identifier: Apache-2.0 */
/* The chain: its budget, its links, its end. */
#include "probes/path/chain.h"

#include "probes/path/chain_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A round trip above this makes a link slow; 0: a link without one. */
static const uint32_t slow_us[ES_LINK_END] = {
	[ES_LINK_GATEWAY] = 100000,
	[ES_LINK_DNS] = 500000,
	[ES_LINK_TCP] = 800000,
	[ES_LINK_TLS] = 1500000,
	[ES_LINK_HTTP] = 2000000,
	[ES_LINK_STUN] = 450000,
	[ES_LINK_SIP] = 450000,
};

int
es_chain_new(const struct es_chain_config *cfg, const struct es_chain_io *io, struct es_chain **out)
{
	struct es_chain *c;

	if (cfg->n_servers > ES_CHAIN_SERVERS_MAX ||
	    (cfg->n_servers == 0 && cfg->target.address.family == 0 && cfg->listed.family == 0))
		return ES_EINVALID;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ES_ENOMEM;
	c->cfg = *cfg;
	c->io = *io;
	*out = c;
	return 0;
}

void
es_chain_free(struct es_chain *c)
{
	free(c);
}

void
es_chain_start(struct es_chain *c, int64_t now_us)
{
	c->started_us = c->now_us = now_us;
	es_chain_resolve(c);
}

/* Something came back from behind the gateway. */
static bool
has_passed(const struct es_chain *c, const struct es_chain_event *e)
{
	return e->kind == ES_CHAIN_ANSWER || e->kind == ES_CHAIN_CONNECTED ||
	       (e->kind == ES_CHAIN_ICMP && !es_addr_same_ip(&e->from, &c->route.source)) ||
	       (e->kind == ES_CHAIN_ERROR && (e->error == ECONNREFUSED || e->error == ECONNRESET));
}

void
es_chain_event(struct es_chain *c, const struct es_chain_event *e, int64_t now_us)
{
	struct link *l = &c->links[ES_LINK_GATEWAY];

	if (c->is_done)
		return;
	c->now_us = now_us;
	/* a gateway that answered no ping but lets packets pass is as good as any */
	if (l->is_set && l->state == ES_LINK_NOT_KNOWN && has_passed(c, e)) {
		c->gateway.answers = true;
		l->state = ES_LINK_OK;
		(void)snprintf(l->text, sizeof(l->text), "answers no ping, but forwards");
	}
	c->on(c, e);
}

bool
es_chain_is_done(const struct es_chain *c)
{
	return c->is_done;
}

const struct es_path *
es_chain_path(const struct es_chain *c)
{
	return &c->path;
}

uint32_t
es_chain_packets(const struct es_chain *c)
{
	return c->n_packets;
}

uint32_t
es_chain_left(const struct es_chain *c)
{
	return c->n_packets >= ES_CHAIN_PACKETS_MAX ? 0 : ES_CHAIN_PACKETS_MAX - c->n_packets;
}

/* The packets of TCP are counted when the connection ends, by the kernel. */
static bool
is_packet(enum es_chain_verb verb)
{
	return verb == ES_CHAIN_PING || verb == ES_CHAIN_DATAGRAM || verb == ES_CHAIN_PROBE;
}

void
es_chain_do(struct es_chain *c, const struct es_chain_act *act, es_chain_handler *on)
{
	struct es_chain_act a = *act;
	int64_t left_ms = ES_CHAIN_TOTAL_MS - (c->now_us - c->started_us) / 1000;

	c->on = on;
	if (left_ms <= 0 || (is_packet(a.verb) && es_chain_left(c) == 0)) {
		a = (struct es_chain_act){ .verb = ES_CHAIN_WAIT };
		c->is_spent = true;
		left_ms = 0;
	}
	if (a.wait_ms > left_ms)
		a.wait_ms = (uint32_t)left_ms;
	if (is_packet(a.verb))
		c->n_packets++;
	c->io.begin(c->io.ctx, &a);
}

static void
set(struct es_chain *c, enum es_link_kind kind, enum es_link_state state, const char *subject,
    const char *format, va_list args)
{
	struct link *l = &c->links[kind];

	l->is_set = true;
	l->state = state;
	(void)snprintf(l->subject, sizeof(l->subject), "%s", subject);
	(void)vsnprintf(l->text, sizeof(l->text), format, args); /* cut where it is too long */
}

void
es_chain_set(struct es_chain *c, enum es_link_kind kind, enum es_link_state state,
    const char *subject, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(c, kind, state, subject, format, args);
	va_end(args);
}

void
es_chain_took(struct es_chain *c, enum es_link_kind kind, int64_t us)
{
	struct link *l = &c->links[kind];

	l->has_rtt = true;
	l->rtt_us = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	if (l->state == ES_LINK_OK && slow_us[kind] != 0 && l->rtt_us > slow_us[kind])
		l->state = ES_LINK_SLOW;
}

void
es_chain_fail(struct es_chain *c, enum es_link_kind kind, bool is_silence, const char *subject,
    const char *format, ...)
{
	va_list args;

	if (is_silence && c->is_spent) {
		es_chain_set(c, kind, ES_LINK_NOT_KNOWN, subject,
		    "not asked: the packets or the time of this run are used up");
		es_chain_finish(c);
		return;
	}
	va_start(args, format);
	set(c, kind, ES_LINK_BROKEN, subject, format, args);
	va_end(args);
	c->broken = kind;
	if (c->gateway.address.family != 0 && !c->gateway.answers && is_silence &&
	    kind > ES_LINK_GATEWAY) {
		es_chain_check_gateway(c);
		return;
	}
	if (kind > ES_LINK_DNS && c->to.family != 0)
		es_chain_trace(c);
	else
		es_chain_finish(c);
}

bool
es_chain_is_silence(int error)
{
	return error == EHOSTUNREACH || error == ENETUNREACH || error == ETIMEDOUT;
}

const char *
es_chain_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
		return "reset by the other end";
	case ETIMEDOUT:
		return "no answer";
	case EHOSTUNREACH:
		return "host unreachable";
	case ENETUNREACH:
		return "network unreachable";
	case EACCES:
	case EPERM:
		return "forbidden on the way or by this machine's firewall";
	default:
		return strerror(error);
	}
}

/* ---- the end ---- */

/* What a chain to such a target has, whether it was reached or not. */
static bool
has_link(const struct es_chain *c, enum es_link_kind kind)
{
	enum es_target_kind target = c->cfg.target.kind;
	bool is_sip = target == ES_TARGET_SIP;
	bool is_https = target == ES_TARGET_HTTPS;

	switch (kind) {
	case ES_LINK_INTERFACE:
	case ES_LINK_ROUTE:
	case ES_LINK_MTU:
		return true;
	case ES_LINK_DNS:
		return c->cfg.target.address.family == 0;
	case ES_LINK_TCP:
		return is_https || (is_sip && (c->transport == ES_TRANSPORT_TCP ||
						  c->transport == ES_TRANSPORT_TLS));
	case ES_LINK_TLS:
		return is_https || (is_sip && c->transport == ES_TRANSPORT_TLS);
	case ES_LINK_HTTP:
		return is_https;
	case ES_LINK_STUN:
		return target == ES_TARGET_STUN;
	case ES_LINK_SIP:
		return is_sip;
	case ES_LINK_GATEWAY: /* only where there is one */
	case ES_LINK_HOP:
	case ES_LINK_END:
		break;
	}
	return false;
}

static struct es_link *
push(struct es_chain *c, enum es_link_kind kind)
{
	struct es_link *to = &c->path.links[c->path.n_links++];

	to->kind = kind;
	return to;
}

static void
push_link(struct es_chain *c, enum es_link_kind kind)
{
	struct link *l = &c->links[kind];
	struct es_link *to;

	if (!l->is_set) {
		if (!has_link(c, kind))
			return;
		es_chain_set(c, kind, ES_LINK_NOT_KNOWN, c->cfg.target.host, "%s", "");
	}
	to = push(c, kind);
	to->state = l->state;
	if (c->broken != 0 && kind > c->broken) {
		to->state = ES_LINK_NOT_KNOWN;
		(void)snprintf(l->text, sizeof(l->text), "behind the broken link");
	} else {
		to->has_rtt = l->has_rtt;
		to->rtt_us = l->rtt_us;
		to->has_loss = l->has_loss;
		to->loss_ppm = l->loss_ppm;
	}
	to->subject = es_slice_str(l->subject);
	to->text = es_slice_str(l->text);
}

static void
push_hop(struct es_chain *c, unsigned i)
{
	const struct hop *h = &c->hops[i];
	struct es_link *to = push(c, ES_LINK_HOP);
	bool is_silent = h->from.family == 0;

	if (is_silent)
		(void)snprintf(c->hop_subjects[i], sizeof(c->hop_subjects[i]), "*");
	else
		(void)es_addr_ip_text(&h->from, c->hop_subjects[i]); /* fits */
	(void)snprintf(c->hop_texts[i], sizeof(c->hop_texts[i]), "hop %u%s", i + 1,
	    h->is_target ? ", the target"
	    : is_silent  ? " sends no ICMP"
			 : "");
	to->state = is_silent || c->broken != 0 ? ES_LINK_NOT_KNOWN : ES_LINK_OK;
	to->has_rtt = !is_silent;
	to->rtt_us = h->rtt_us;
	to->has_loss = !is_silent;
	to->loss_ppm = h->n_sent == 0 ? 0 : (h->n_sent - h->n_answers) * 1000000u / h->n_sent;
	to->subject = es_slice_str(c->hop_subjects[i]);
	to->text = es_slice_str(c->hop_texts[i]);
}

void
es_chain_finish(struct es_chain *c)
{
	c->path.time = c->cfg.wall;
	c->path.target = es_slice_str(c->cfg.target.text);
	for (unsigned kind = ES_LINK_INTERFACE; kind < ES_LINK_HOP; kind++) {
		push_link(c, (enum es_link_kind)kind);
		if (kind == c->broken)
			c->path.broken = &c->path.links[c->path.n_links - 1];
	}
	for (unsigned i = 0; i < c->n_hops; i++)
		push_hop(c, i);
	c->is_done = true;
}
