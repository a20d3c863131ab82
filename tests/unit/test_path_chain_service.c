/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of links over a made network: services, hops, and what a run may cost. */
#include "path_rig.h"

TEST(path_chain_reset_before_a_byte_is_tcp_and_behind_one_is_not)
{
	struct net n;

	start(&n, "https://192.0.2.7/");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CLOSED, .error = ECONNRESET });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_TCP);
	es_chain_free(n.chain);

	start(&n, "https://192.0.2.7/");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_SECURED, .text = "fine" });
	answer(&n, "HTTP/1.1 ", 9);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CLOSED, .error = ECONNRESET });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_HTTP);
	CHECK_EQ(link_of(&n, ES_LINK_TLS)->state, ES_LINK_OK);
	es_chain_free(n.chain);
}

TEST(path_chain_keeps_no_more_of_a_response_than_fits)
{
	static const char start_line[] = "SIP/2.0 200 OK\r\n", field[] = "A: b\r\n";
	char much[3000];
	struct net n;

	for (size_t i = 0; i < sizeof(much); i++)
		much[i] = field[i % (sizeof(field) - 1)];
	start(&n, "sip:192.0.2.7;transport=tcp");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	answer(&n, start_line, sizeof(start_line) - 1);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(n.act.verb, ES_CHAIN_STREAM);
		answer(&n, much, sizeof(much));
	}
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_SIP);
	CHECK(says(link_of(&n, ES_LINK_SIP), "not SIP"));
	es_chain_free(n.chain);
}

/* A binding that is answered: our address seen there is 203.0.113.1:port, the server's other one is a.b.c.d. */
static void
bind_answer(struct net *n, uint8_t port, const uint8_t other[4])
{
	uint8_t bytes[44] = { 1, 1, 0, 24 };
	const uint8_t attributes[] = { 0, 1, 0, 8, 0, 1, 0x10, port, 203, 0, 113, 1, 0x80, 0x2c, 0,
		8, 0, 1, 0x0d, 0x97, other[0], other[1], other[2], other[3] };

	memcpy(bytes + 4, n->bytes + 4, 16);
	memcpy(bytes + 20, attributes, sizeof(attributes));
	answer(n, bytes, sizeof(bytes));
}

TEST(path_chain_tells_the_kind_of_nat_by_a_second_address)
{
	static const uint8_t other[4] = { 192, 0, 2, 8 };
	static const uint8_t own[4] = { 127, 0, 0, 1 };
	static const uint8_t group[4] = { 224, 0, 0, 1 };
	struct net n;

	for (uint8_t k = 0; k < 2; k++) {
		start(&n, "stun:192.0.2.7");
		pong(&n);
		bind_answer(&n, 1, other);
		CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
		CHECK(n.act.more);
		CHECK_EQ(n.act.to.ip[3], 8);
		bind_answer(&n, (uint8_t)(1 + k), other);
		go_silent(&n);
		CHECK_EQ(broken(&n), 0);
		CHECK(says(link_of(&n, ES_LINK_STUN), k == 0 ? "one mapping" : "symmetric"));
		es_chain_free(n.chain);
	}
	/* a server cannot send us to this machine or to a group */
	for (unsigned k = 0; k < 2; k++) {
		start(&n, "stun:192.0.2.7");
		pong(&n);
		bind_answer(&n, 1, k == 0 ? own : group);
		CHECK_EQ(n.act.verb, ES_CHAIN_PROBE);
		es_chain_free(n.chain);
	}
}

TEST(path_chain_lists_hops_with_loss_and_delay)
{
	struct net n;
	const struct es_path *p;

	start(&n, "192.0.2.7");
	pong(&n);
	timeout(&n); /* of the full size */
	CHECK_EQ(n.n_probes, 5);
	for (unsigned i = 1; i < 5; i++) {
		n.now_us += 2000;
		event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
			      .error = i < 3 ? EHOSTUNREACH : ECONNREFUSED,
			      .port = n.ports[i],
			      .from = { 4, 0, 0, { 192, 0, 2, i < 3 ? (uint8_t)i : 7 } } });
	}
	CHECK_EQ(n.n_probes, 8); /* each of the three once more */
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
		      .error = EHOSTUNREACH,
		      .port = n.ports[5],
		      .from = { 4, 0, 0, { 192, 0, 2, 1 } } });
	/* the same error again, and one of a probe that was never sent, count nothing */
	for (unsigned i = 0; i < 2; i++)
		event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
			      .error = EHOSTUNREACH,
			      .port = i == 0 ? n.ports[5] : 9,
			      .from = { 4, 0, 0, { 192, 0, 2, 1 } } });
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	p = es_chain_path(n.chain);
	CHECK_EQ(p->links[p->n_links - 1].kind, ES_LINK_HOP);
	CHECK_SLICE(p->links[p->n_links - 1].subject, "192.0.2.7");
	CHECK_EQ(p->links[p->n_links - 1].loss_ppm, 500000);
	CHECK_SLICE(p->links[p->n_links - 3].subject, "192.0.2.1");
	CHECK_EQ(p->links[p->n_links - 3].loss_ppm, 0);
	CHECK_EQ(p->links[p->n_links - 3].rtt_us, 0);
	CHECK_EQ(p->links[p->n_links - 2].rtt_us, 4000);
	es_chain_free(n.chain);
}

/* Twelve routers that answer, and a resolver that is slow: the budget ends the run, and names nobody. */
TEST(path_chain_sends_at_most_twenty_packets)
{
	static const char *const targets[] = { "sip:pbx.test", "stun:pbx.test",
		"https://192.0.2.7/", "192.0.2.7" };
	const struct es_addr all[] = { server, second, server };

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct net n;

		start_with(&n, targets[i], all, 3);
		n.segments = 9;
		es_chain_start(n.chain, 0);
		for (unsigned k = 0; k < 200 && !es_chain_is_done(n.chain); k++) {
			bool is_late = k % 2 == 0;

			if (n.act.verb == ES_CHAIN_PROBE && n.n_probes > 0)
				event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
					      .port = n.ports[k % n.n_probes],
					      .from = { 4, 0, 0, { 192, 0, 3, 1 } } });
			if (n.act.verb == ES_CHAIN_CONNECT)
				event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
			else if (is_late || n.act.verb != ES_CHAIN_DATAGRAM || n.act.to.port != 53)
				timeout(&n);
			else
				resolve(&n, 0, here, 4);
		}
		CHECK(es_chain_is_done(n.chain));
		CHECK(n.n_packets <= ES_CHAIN_PACKETS_MAX);
		CHECK(n.now_us <= (ES_CHAIN_TOTAL_MS + 100) * INT64_C(1000));
		es_chain_free(n.chain);
	}
}

/* Whoever was not asked, because time or packets were used up, is not accused. */
TEST(path_chain_accuses_nobody_whom_it_did_not_ask)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	n.now_us = (ES_CHAIN_TOTAL_MS + 1) * INT64_C(1000);
	pong(&n);
	CHECK_EQ(n.act.verb, ES_CHAIN_WAIT);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_SIP)->state, ES_LINK_NOT_KNOWN);
	es_chain_free(n.chain);
}

TEST(path_chain_does_not_accuse_a_server_that_wants_what_we_lack)
{
	struct net n;

	start(&n, "https://192.0.2.7/");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_UNABLE, .text = "a certificate" });
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_TLS)->state, ES_LINK_NOT_KNOWN);
	CHECK_EQ(link_of(&n, ES_LINK_HTTP)->state, ES_LINK_NOT_KNOWN);
	es_chain_free(n.chain);
}
