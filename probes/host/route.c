/* SPDX-License-Identifier: Apache-2.0 */
/* Default routes from /proc/net/route and /proc/net/ipv6_route. */
#include "probes/host/route.h"

#include <linux/ipv6_route.h>
#include <linux/route.h>
#include <stdio.h>

struct best {
	bool any;
	uint64_t metric;
	es_slice interface;
	struct es_addr gateway; /* family 0: none */
};

static void
offer(struct best *b, uint64_t metric, es_slice interface, const struct es_addr *gateway)
{
	if (interface.n == 0 || interface.n >= ES_HOST_NAME_MAX || (b->any && metric >= b->metric))
		return;
	b->any = true;
	b->metric = metric;
	b->interface = interface;
	b->gateway = *gateway;
}

static void
set_route(const struct best *b, struct es_host_route *out)
{
	char gateway[ES_ADDR_TEXT_MAX];

	*out = (struct es_host_route){ 0 };
	if (!b->any)
		return;
	out->gateway = b->gateway;
	es_host_copy(out->interface, sizeof(out->interface), b->interface);
	if (b->gateway.family == 0) {
		(void)snprintf(out->text, sizeof(out->text), "dev %s", out->interface);
		return;
	}
	(void)es_addr_ip_text(&b->gateway, gateway); /* always fits */
	(void)snprintf(out->text, sizeof(out->text), "via %s dev %s", gateway, out->interface);
}

/* The kernel prints the four bytes of an address as one number of this machine's byte order. */
static struct es_addr
addr4_of(uint64_t printed)
{
	struct es_addr a = { 0 };
	uint32_t word = (uint32_t)printed;

	if (word == 0)
		return a;
	a.family = 4;
	memcpy(a.ip, &word, sizeof(word));
	return a;
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
void
es_host_route4_read(struct es_host_files *files, struct es_host_route *out)
{
	es_slice text = es_host_read(files, "proc/net/route");
	es_slice line;
	struct best best = { 0 };

	while (es_text_line(&text, &line)) {
		es_slice interface = es_text_word(&line);
		uint64_t to, gateway, flags, metric, mask;
		struct es_addr via;

		if (es_text_hex(es_text_word(&line), &to) != 0 ||
		    es_text_hex(es_text_word(&line), &gateway) != 0 ||
		    es_text_hex(es_text_word(&line), &flags) != 0)
			continue;          /* the heading too */
		(void)es_text_word(&line); /* references */
		(void)es_text_word(&line); /* use */
		if (es_text_u64(es_text_word(&line), UINT32_MAX, &metric) != 0 ||
		    es_text_hex(es_text_word(&line), &mask) != 0)
			continue;
		if (to != 0 || mask != 0 || !(flags & RTF_UP) || (flags & RTF_REJECT))
			continue;
		via = addr4_of(gateway);
		offer(&best, metric, interface, &via);
	}
	set_route(&best, out);
}

/* 32 digits without colons. */
static bool
addr6_of(es_slice digits, struct es_addr *out)
{
	uint8_t any = 0;

	*out = (struct es_addr){ 0 };
	if (digits.n != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		uint64_t byte;

		if (es_text_hex(es_text_first(es_text_from(digits, 2 * i), 2), &byte) != 0)
			return false;
		out->ip[i] = (uint8_t)byte;
		any |= out->ip[i];
	}
	out->family = any != 0 ? 6 : 0;
	return true;
}

/* Destination, its length, source, its length, next hop, metric, references, use, flags, Iface */
void
es_host_route6_read(struct es_host_files *files, struct es_host_route *out)
{
	es_slice text = es_host_read(files, "proc/net/ipv6_route");
	es_slice line;
	struct best best = { 0 };

	while (es_text_line(&text, &line)) {
		struct es_addr to, via;
		uint64_t bits, metric, flags;
		es_slice interface;

		if (!addr6_of(es_text_word(&line), &to) ||
		    es_text_hex(es_text_word(&line), &bits) != 0)
			continue;
		(void)es_text_word(&line); /* source */
		(void)es_text_word(&line); /* its length */
		if (!addr6_of(es_text_word(&line), &via) ||
		    es_text_hex(es_text_word(&line), &metric) != 0)
			continue;
		(void)es_text_word(&line); /* references */
		(void)es_text_word(&line); /* use */
		if (es_text_hex(es_text_word(&line), &flags) != 0)
			continue;
		interface = es_text_word(&line);
		/* The kernel ends the list with an unreachable default on lo. */
		if (to.family != 0 || bits != 0 || !(flags & RTF_UP) || (flags & RTF_REJECT) ||
		    es_text_is(interface, "lo"))
			continue;
		offer(&best, metric, interface, &via);
	}
	set_route(&best, out);
}
