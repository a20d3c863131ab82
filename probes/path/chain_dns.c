/* SPDX-License-Identifier: Apache-2.0 */
/* From the target's name to its address: NAPTR and SRV as RFC 3263 and RFC 8489 want them, A, AAAA. */
#include "probes/path/chain_private.h"

#include <stdio.h>

enum {
	TRIES_MIN = 2, /* of one question, whatever the number of servers */
	ANSWER_MS = 1000,
	PORT_SIP = 5060,
	PORT_SIPS = 5061,
	PORT_HTTPS = 443,
	PORT_STUN = 3478,
};

static void ask(struct es_chain *c, enum es_record_type type, const char *name);
static void ask_host(struct es_chain *c, const char *name);

static bool
is_loopback(const struct es_addr *a)
{
	static const uint8_t v6[16] = { [15] = 1 };

	return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, v6, sizeof(v6)) == 0;
}

/* systemd-resolved: it fails, or is silent, where this machine has no way out. */
static bool
is_resolved(const struct es_addr *a)
{
	return a->family == 4 && is_loopback(a) && a->ip[1] == 0 && a->ip[2] == 0 &&
	       (a->ip[3] == 53 || a->ip[3] == 54);
}

static uint16_t
usual_port(const struct es_chain *c)
{
	switch (c->cfg.target.kind) {
	case ES_TARGET_SIP:
		return c->transport == ES_TRANSPORT_TLS ? PORT_SIPS : PORT_SIP;
	case ES_TARGET_HTTPS:
		return PORT_HTTPS;
	case ES_TARGET_STUN:
		return PORT_STUN;
	case ES_TARGET_HOST:
		break;
	}
	return 0;
}

static void
server_text(const struct es_chain *c, unsigned server, char out[ES_ADDR_TEXT_MAX])
{
	(void)es_addr_ip_text(&c->cfg.servers[server], out); /* fits */
}

/* ---- the end: an address, or none ---- */

static void
found(struct es_chain *c, const struct es_addr *addresses, size_t n)
{
	struct es_chain_route route;

	c->to = addresses[0];
	for (size_t i = n; i-- > 0;) /* the first that has a route */
		if (c->io.route(c->io.ctx, &addresses[i], &route) == 0)
			c->to = addresses[i];
	if (c->transport == ES_TRANSPORT_ANY)
		c->transport = ES_TRANSPORT_UDP;
	if (c->to.port == 0)
		c->to.port = c->cfg.target.port != 0 ? c->cfg.target.port : usual_port(c);
	es_chain_way(c, &c->to, es_chain_service);
}

/* The resolver on this machine failed: is it because this machine has no way out? It has one. */
static void
blame_stub(struct es_chain *c)
{
	char server[ES_ADDR_TEXT_MAX];

	server_text(c, c->dns.fault_server, server);
	es_chain_fail(c, ES_LINK_DNS, c->dns.is_silence || c->dns.rcode == ES_RCODE_SERVFAIL,
	    server, "%s", c->failure);
}

static void
fault_text(const struct es_chain *c, char out[ES_CHAIN_TEXT_MAX])
{
	const struct resolving *d = &c->dns;
	size_t n = ES_CHAIN_TEXT_MAX;
	const char *name = d->name;

	if (d->is_silence)
		(void)snprintf(
		    out, n, "no answer in %u tries to the question for %.100s", d->n_silent, name);
	else if (d->is_malformed)
		(void)snprintf(out, n, "answers with what is not DNS");
	else if (d->error != 0)
		(void)snprintf(out, n, "no name server there: %s", es_chain_errno(d->error));
	else if (d->rcode == ES_RCODE_NXDOMAIN)
		(void)snprintf(out, n, "NXDOMAIN: there is no name %.150s", name);
	else if (d->rcode == ES_RCODE_SERVFAIL)
		(void)snprintf(out, n, "SERVFAIL: cannot answer the question for %.100s", name);
	else if (d->rcode == ES_RCODE_REFUSED)
		(void)snprintf(out, n, "REFUSED: does not answer the question for %.100s", name);
	else if (d->rcode != ES_RCODE_NOERROR)
		(void)snprintf(out, n, "answers with error %u", d->rcode);
	else
		(void)snprintf(out, n, "the name %.150s has no address", name);
}

static void
not_found(struct es_chain *c)
{
	const struct es_addr *server = &c->cfg.servers[c->dns.fault_server];
	bool has_answer = c->dns.rcode == ES_RCODE_NXDOMAIN ||
			  (c->dns.rcode == ES_RCODE_NOERROR && !c->dns.is_silence &&
			      !c->dns.is_malformed && c->dns.error == 0);
	char text[ES_ADDR_TEXT_MAX];

	fault_text(c, c->failure);
	if (is_loopback(server)) {
		bool has_way = es_chain_show_way(c);

		if (!has_answer && (has_way || is_resolved(server))) {
			es_chain_way(c, NULL, blame_stub);
			return;
		}
	}
	server_text(c, c->dns.fault_server, text);
	es_chain_fail(c, ES_LINK_DNS, c->dns.is_silence || es_chain_is_silence(c->dns.error), text,
	    "%s", c->failure);
}

/* ---- which question is next ---- */

static const char *
service_prefix(const struct es_chain *c)
{
	if (c->cfg.target.kind == ES_TARGET_STUN)
		return c->dns.service == 0 ? "_stun._udp." : NULL;
	switch (c->transport) {
	case ES_TRANSPORT_TLS:
		return c->dns.service == 0 ? "_sips._tcp." : NULL;
	case ES_TRANSPORT_TCP:
		return c->dns.service == 0 ? "_sip._tcp." : NULL;
	case ES_TRANSPORT_UDP:
		return c->dns.service == 0 ? "_sip._udp." : NULL;
	case ES_TRANSPORT_ANY:
		break;
	}
	return c->dns.service == 0 ? "_sip._udp." : c->dns.service == 1 ? "_sip._tcp." : NULL;
}

/* The next SRV that may be there, else the host itself. */
static void
ask_service(struct es_chain *c)
{
	const char *prefix = service_prefix(c);
	char name[ES_TARGET_HOST_MAX + 16];

	if (prefix == NULL || c->dns.is_quiet) {
		ask_host(c, c->cfg.target.host);
		return;
	}
	(void)snprintf(name, sizeof(name), "%s%s", prefix, c->cfg.target.host);
	if (!es_target_is_name(es_slice_str(name))) {
		ask_host(c, c->cfg.target.host);
		return;
	}
	ask(c, ES_RECORD_SRV, name);
}

static void
ask_host(struct es_chain *c, const char *name)
{
	ask(c, ES_RECORD_A, name);
}

static void
took_srv(struct es_chain *c, const struct es_answer *a)
{
	char name[ES_TARGET_HOST_MAX];

	if (c->transport == ES_TRANSPORT_ANY)
		c->transport = c->dns.service == 0 ? ES_TRANSPORT_UDP : ES_TRANSPORT_TCP;
	c->dns.is_srv = true;
	c->to.port = a->port;
	memcpy(name, a->name, sizeof(name));
	ask_host(c, name);
}

static void
took_naptr(struct es_chain *c, const struct es_answer *a)
{
	char name[ES_TARGET_HOST_MAX];

	c->transport = a->transport;
	c->dns.service = 1; /* the name in NAPTR stands for what service_prefix would make */
	memcpy(name, a->name, sizeof(name));
	ask(c, ES_RECORD_SRV, name);
}

static void
took_addresses(struct es_chain *c, struct es_answer *a)
{
	char first[ES_ADDR_TEXT_MAX], server[ES_ADDR_TEXT_MAX];
	unsigned at = c->dns.attempt % c->cfg.n_servers;

	for (uint32_t i = 0; i < a->n_addresses; i++)
		a->addresses[i].port = c->dns.is_srv ? c->to.port : 0;
	(void)es_addr_ip_text(&a->addresses[0], first); /* fits */
	server_text(c, at, server);
	es_chain_set(c, ES_LINK_DNS, c->dns.was_retried ? ES_LINK_SLOW : ES_LINK_OK, server,
	    "%.120s is %s%s", c->dns.name, first,
	    c->dns.was_retried ? "; it took more than one try" : "");
	es_chain_took(c, ES_LINK_DNS, c->now_us - c->step_us);
	found(c, a->addresses, a->n_addresses);
}

/* An answer without an error, which may still lack what was wanted; NULL: no answer of use. */
static void
next(struct es_chain *c, struct es_answer *a)
{
	char name[ES_TARGET_HOST_MAX];

	switch (c->dns.type) {
	case ES_RECORD_NAPTR:
		if (a != NULL && a->has_service)
			took_naptr(c, a);
		else
			ask_service(c);
		return;
	case ES_RECORD_SRV:
		if (a != NULL && a->has_service) {
			took_srv(c, a);
			return;
		}
		c->dns.service++;
		ask_service(c);
		return;
	case ES_RECORD_A:
		if (a != NULL && a->n_addresses > 0) {
			took_addresses(c, a);
		} else if (a != NULL && a->rcode == ES_RCODE_NOERROR) {
			memcpy(name, c->dns.name, sizeof(name));
			ask(c, ES_RECORD_AAAA, name);
		} else {
			not_found(c);
		}
		return;
	case ES_RECORD_AAAA:
	case ES_RECORD_CNAME:
		break;
	}
	if (a != NULL && a->n_addresses > 0)
		took_addresses(c, a);
	else
		not_found(c);
}

/* ---- one question ---- */

static void on_answer(struct es_chain *c, const struct es_chain_event *e);

static void
send_question(struct es_chain *c)
{
	struct es_question q = { c->dns.name, c->dns.type, c->dns.id };
	uint8_t bytes[ES_QUESTION_MAX_BYTES];
	struct es_chain_act act = { .verb = ES_CHAIN_DATAGRAM,
		.to = c->cfg.servers[c->dns.attempt % c->cfg.n_servers],
		.wait_ms = ANSWER_MS };
	size_t n = 0;

	if (es_question_build(&q, bytes, &n) != 0) {
		next(c, NULL); /* names are checked when they are taken */
		return;
	}
	act.bytes = es_slice_of(bytes, n);
	c->step_us = c->now_us;
	es_chain_do(c, &act, on_answer);
}

static void
ask(struct es_chain *c, enum es_record_type type, const char *name)
{
	struct resolving *d = &c->dns;

	d->type = type;
	(void)snprintf(d->name, sizeof(d->name), "%s", name);
	d->attempt = 0;
	d->n_silent = 0;
	d->has_fault = d->is_silence = d->is_malformed = false;
	d->rcode = ES_RCODE_NOERROR;
	d->error = 0;
	d->fault_server = 0;
	d->id = (uint16_t)c->io.random(c->io.ctx);
	send_question(c);
}

/* This try failed; a server's word counts more than another's silence. */
static void
fault(struct es_chain *c, uint8_t rcode, int error, bool is_malformed)
{
	struct resolving *d = &c->dns;
	bool is_silence = rcode == 0 && error == 0 && !is_malformed;
	unsigned tries = c->cfg.n_servers > TRIES_MIN ? c->cfg.n_servers : TRIES_MIN;

	if (!d->has_fault || (d->is_silence && !is_silence)) {
		d->has_fault = true;
		d->is_silence = is_silence;
		d->rcode = rcode;
		d->error = error;
		d->is_malformed = is_malformed;
		d->fault_server = d->attempt % c->cfg.n_servers;
	}
	d->n_silent += is_silence;
	d->attempt++;
	/* one server is asked again only when it was silent */
	if (d->attempt < tries && (is_silence || d->attempt < c->cfg.n_servers)) {
		d->was_retried = true;
		send_question(c);
		return;
	}
	if (d->is_silence)
		d->is_quiet = true;
	next(c, NULL);
}

static void
on_answer(struct es_chain *c, const struct es_chain_event *e)
{
	struct es_question q = { c->dns.name, c->dns.type, c->dns.id };
	struct es_answer a;
	int err;

	if (e->kind == ES_CHAIN_TIMEOUT) {
		fault(c, 0, 0, false);
		return;
	}
	if (e->kind == ES_CHAIN_ERROR) {
		fault(c, 0, e->error, false);
		return;
	}
	if (e->kind != ES_CHAIN_ANSWER)
		return;
	err = es_question_answer(&q, e->bytes, &a);
	if (err == ES_ENOTFOUND)
		return; /* late, or forged: the wait continues */
	if (err != 0) {
		fault(c, 0, 0, true);
		return;
	}
	if (a.rcode == ES_RCODE_NXDOMAIN) { /* the last word of any server */
		c->dns.has_fault = true;
		c->dns.is_silence = false;
		c->dns.rcode = a.rcode;
		c->dns.fault_server = c->dns.attempt % c->cfg.n_servers;
		next(c, NULL);
		return;
	}
	if (a.rcode != ES_RCODE_NOERROR) {
		fault(c, a.rcode, 0, false);
		return;
	}
	c->dns.fault_server = c->dns.attempt % c->cfg.n_servers;
	next(c, &a);
}

/* ---- the beginning ---- */

static void
begin(struct es_chain *c)
{
	const struct es_target *t = &c->cfg.target;

	if (t->kind == ES_TARGET_SIP && t->port == 0 && t->transport == ES_TRANSPORT_ANY)
		ask(c, ES_RECORD_NAPTR, t->host);
	else if (t->port == 0 && (t->kind == ES_TARGET_SIP || t->kind == ES_TARGET_STUN))
		ask_service(c);
	else
		ask_host(c, t->host);
}

void
es_chain_resolve(struct es_chain *c)
{
	const struct es_target *t = &c->cfg.target;
	struct es_chain_route route;

	c->transport = t->transport;
	if (t->address.family != 0) {
		found(c, &t->address, 1);
		return;
	}
	if (c->cfg.listed.family != 0) {
		es_chain_set(
		    c, ES_LINK_DNS, ES_LINK_OK, "/etc/hosts", "%.120s is listed there", t->host);
		found(c, &c->cfg.listed, 1);
		return;
	}
	for (unsigned i = 0; i < c->cfg.n_servers; i++) {
		const struct es_addr *server = &c->cfg.servers[i];

		if (is_loopback(server)) {
			begin(c); /* the way out shows when the address is known */
			return;
		}
		if (c->io.route(c->io.ctx, server, &route) == 0) {
			es_chain_way(c, server, begin);
			return;
		}
	}
	es_chain_way(c, &c->cfg.servers[0], begin);
}
