/* SPDX-License-Identifier: Apache-2.0 */
/* The way out of this machine: interface, route, gateway. */
#include "probes/path/chain_private.h"

#include <errno.h>
#include <stdio.h>

enum {
	PINGS_MAX = 2,
	PING_MS = 1000,
	LAST_PING_MS = 1500, /* both: three requests of ARP, a second apart */
	CHECK_HOPS = 3,
	CHECK_MS = 1200,
	CHECK_BYTES = 12,
};

static void
ip_text(const struct es_addr *a, char out[ES_ADDR_TEXT_MAX])
{
	(void)es_addr_ip_text(a, out); /* fits */
}

static const char *
resolution(const struct es_addr *a)
{
	return a->family == 6 ? "neighbour discovery" : "ARP";
}

/* ---- a gateway that answers no ping: does it forward? ---- */

static void
gateway_is_dead(struct es_chain *c, const char *why)
{
	char gateway[ES_ADDR_TEXT_MAX];

	ip_text(&c->gateway.address, gateway);
	c->gateway.address.family = 0; /* judged */
	es_chain_fail(c, ES_LINK_GATEWAY, false, gateway, "%s", why);
}

/* What is broken stays so; the hops show how far packets come. */
static void
keep_failure(struct es_chain *c)
{
	if (c->broken > ES_LINK_DNS && c->to.family != 0)
		es_chain_trace(c);
	else
		es_chain_finish(c);
}

static void
on_check(struct es_chain *c, const struct es_chain_event *e)
{
	bool is_own = es_addr_same_ip(&e->from, &c->route.source);

	if (e->kind == ES_CHAIN_ICMP && is_own)
		gateway_is_dead(c, "does not answer the search for its hardware address");
	else if (e->kind == ES_CHAIN_ICMP)
		keep_failure(c);
	else if (e->kind == ES_CHAIN_TIMEOUT || e->kind == ES_CHAIN_ERROR)
		gateway_is_dead(c, "answers no ping, and nothing comes back from behind it");
}

void
es_chain_check_gateway(struct es_chain *c)
{
	uint32_t n = es_chain_left(c) < CHECK_HOPS ? es_chain_left(c) : CHECK_HOPS;

	if (c->io.is_missing(c->io.ctx, &c->gateway.address)) {
		gateway_is_dead(c, "answers neither ping nor the search for its hardware address");
		return;
	}
	if (n == 0) {
		keep_failure(c);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		struct es_chain_act act = { .verb = ES_CHAIN_PROBE,
			.to = c->way_to,
			.ttl = (uint8_t)(i + 1),
			.n_bytes = CHECK_BYTES,
			.wait_ms = CHECK_MS,
			.more = i > 0 };

		act.to.port = (uint16_t)(ES_CHAIN_PORT + ES_CHAIN_PACKETS_MAX + i);
		es_chain_do(c, &act, on_check);
	}
}

/* ---- ping ---- */

static void on_ping(struct es_chain *c, const struct es_chain_event *e);

static void
ping(struct es_chain *c)
{
	struct es_chain_act act = { .verb = ES_CHAIN_PING,
		.to = c->gateway.address,
		.wait_ms = c->gateway.n_sent + 1 < PINGS_MAX ? PING_MS : LAST_PING_MS };

	c->gateway.n_sent++;
	c->step_us = c->now_us;
	es_chain_do(c, &act, on_ping);
}

static void
on_ping(struct es_chain *c, const struct es_chain_event *e)
{
	struct link *l = &c->links[ES_LINK_GATEWAY];
	struct es_addr *gateway = &c->gateway.address;
	char text[ES_ADDR_TEXT_MAX];

	ip_text(gateway, text);
	if (e->kind == ES_CHAIN_ANSWER) {
		c->gateway.answers = true;
		es_chain_set(c, ES_LINK_GATEWAY, ES_LINK_OK, text, "answers ping");
		es_chain_took(c, ES_LINK_GATEWAY, c->now_us - c->step_us);
		l->has_loss = true;
		l->loss_ppm = (c->gateway.n_sent - 1) * 1000000u / c->gateway.n_sent;
		c->then(c);
		return;
	}
	if (e->kind == ES_CHAIN_TIMEOUT && c->gateway.n_sent < PINGS_MAX) {
		ping(c);
		return;
	}
	if (e->kind != ES_CHAIN_TIMEOUT && e->kind != ES_CHAIN_ERROR)
		return;
	if (c->io.is_missing(c->io.ctx, gateway)) {
		es_chain_fail(
		    c, ES_LINK_GATEWAY, false, text, "does not answer %s", resolution(gateway));
		return;
	}
	es_chain_set(c, ES_LINK_GATEWAY, ES_LINK_NOT_KNOWN, text, "answers no ping");
	c->then(c);
}

/* ---- interface and route ---- */

static const char *
way_text(const struct es_chain *c, char out[ES_ADDR_TEXT_MAX])
{
	ip_text(&c->way_to, out);
	return c->is_way_of_stub ? "default" : out;
}

static void
no_way(struct es_chain *c)
{
	const struct es_chain_route *r = &c->route;
	char to[ES_ADDR_TEXT_MAX];

	if (r->interface[0] == '\0') {
		es_chain_fail(c, ES_LINK_INTERFACE, false, "none",
		    "this machine has no network interface apart from the loopback");
		return;
	}
	if (!r->is_up) {
		es_chain_fail(c, ES_LINK_INTERFACE, false, r->interface, "no interface is up");
		return;
	}
	es_chain_set(c, ES_LINK_INTERFACE, ES_LINK_OK, r->interface, "up");
	c->links[ES_LINK_GATEWAY].is_set = false;
	es_chain_fail(c, ES_LINK_ROUTE, false, way_text(c, to), "%s",
	    c->is_way_of_stub ? "there is no default route" : "there is no route to it");
}

static void
show_route(struct es_chain *c)
{
	const struct es_chain_route *r = &c->route;
	char source[ES_ADDR_TEXT_MAX] = "", gateway[ES_ADDR_TEXT_MAX], to[ES_ADDR_TEXT_MAX];
	const char *subject = way_text(c, to);

	if (r->source.family != 0)
		ip_text(&r->source, source);
	es_chain_set(c, ES_LINK_INTERFACE, ES_LINK_OK, r->interface, "up%s%s",
	    source[0] != '\0' ? ", address " : "", source);
	if (r->gateway.family != 0) {
		ip_text(&r->gateway, gateway);
		es_chain_set(
		    c, ES_LINK_ROUTE, ES_LINK_OK, subject, "via %s dev %s", gateway, r->interface);
	} else {
		es_chain_set(
		    c, ES_LINK_ROUTE, ES_LINK_OK, subject, "on the link of %s", r->interface);
	}
}

/*
 * A default route is the way out of a resolver that runs on this machine; addresses of documentation (RFC 5737,
 * RFC 3849) have no other.
 */
static const struct es_addr anywhere[] = {
	{ .family = 4, .ip = { 198, 51, 100, 1 } },
	{ .family = 6, .ip = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};

static int
find_route(struct es_chain *c, const struct es_addr *to)
{
	int err = ES_ENOTFOUND;

	if (to != NULL) {
		c->way_to = *to;
		return c->io.route(c->io.ctx, to, &c->route);
	}
	c->is_way_of_stub = true;
	for (size_t i = 0; err != 0 && i < sizeof(anywhere) / sizeof(anywhere[0]); i++) {
		c->way_to = anywhere[i];
		err = c->io.route(c->io.ctx, &c->way_to, &c->route);
	}
	return err;
}

bool
es_chain_show_way(struct es_chain *c)
{
	if (find_route(c, NULL) != 0 || !c->route.is_up)
		return false;
	show_route(c);
	return true;
}

void
es_chain_way(struct es_chain *c, const struct es_addr *to, es_chain_stage *then)
{
	c->then = then;
	memset(&c->route, 0, sizeof(c->route));
	if (find_route(c, to) != 0) {
		no_way(c);
		return;
	}
	if (!c->route.is_up) {
		es_chain_fail(c, ES_LINK_INTERFACE, false, c->route.interface, "is down");
		return;
	}
	show_route(c);
	if (c->route.gateway.family == 0) {
		c->links[ES_LINK_GATEWAY].is_set = false;
		c->gateway = (struct gateway){ 0 };
		then(c);
		return;
	}
	if (es_addr_same_ip(&c->route.gateway, &c->gateway.address)) {
		then(c); /* was asked already */
		return;
	}
	memset(&c->links[ES_LINK_GATEWAY], 0, sizeof(struct link));
	c->gateway = (struct gateway){ .address = c->route.gateway };
	ping(c);
}
