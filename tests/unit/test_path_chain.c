/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of links over a made network: the way out, the resolver, and what it names. */
#include "path_rig.h"

TEST(path_chain_without_trouble_names_nothing)
{
	struct net n;

	start(&n, "pc.test");
	CHECK_EQ(n.act.verb, ES_CHAIN_PING);
	CHECK(es_addr_same_ip(&n.act.to, &gateway));
	pong(&n);
	CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
	resolve(&n, 0, here, 4);
	CHECK_EQ(n.act.verb, ES_CHAIN_PROBE);
	CHECK_EQ(n.act.n_bytes, 1472);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_DNS)->state, ES_LINK_OK);
	CHECK_EQ(link_of(&n, ES_LINK_DNS)->rtt_us, 1000);
	CHECK_EQ(link_of(&n, ES_LINK_GATEWAY)->rtt_us, 1000);
	es_chain_free(n.chain);
}

TEST(path_chain_tells_a_dead_gateway_from_one_that_answers_no_ping)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	n.is_missing = true;
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	CHECK(says(link_of(&n, ES_LINK_GATEWAY), "ARP"));
	CHECK_EQ(link_of(&n, ES_LINK_SIP)->state, ES_LINK_NOT_KNOWN);
	es_chain_free(n.chain);

	/* nothing comes back from behind it either */
	start(&n, "sip:192.0.2.7");
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	es_chain_free(n.chain);

	/* a router behind it speaks: the server is silent */
	start(&n, "sip:192.0.2.7");
	while (n.act.verb != ES_CHAIN_PROBE && !es_chain_is_done(n.chain))
		timeout(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
		      .error = EHOSTUNREACH,
		      .port = n.act.to.port,
		      .from = { 4, 0, 0, { 192, 0, 2, 1 } } });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_SIP);
	CHECK_EQ(link_of(&n, ES_LINK_GATEWAY)->state, ES_LINK_OK);
	es_chain_free(n.chain);
}

TEST(path_chain_takes_a_refusal_for_a_word_from_behind_the_gateway)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	timeout(&n);
	timeout(&n);
	CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ERROR, .error = ECONNREFUSED });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_SIP);
	CHECK_EQ(link_of(&n, ES_LINK_GATEWAY)->state, ES_LINK_OK);
	es_chain_free(n.chain);
}

/* What this machine itself says of a neighbour that it does not find is no word from behind the gateway. */
TEST(path_chain_does_not_take_its_own_icmp_for_a_router)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	while (n.act.verb != ES_CHAIN_PROBE && !es_chain_is_done(n.chain))
		timeout(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
		      .error = EHOSTUNREACH,
		      .port = n.act.to.port,
		      .from = { 4, 0, 0, { 10, 0, 0, 2 } } });
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	es_chain_free(n.chain);
}

TEST(path_chain_names_the_route_and_the_interface)
{
	struct net n;

	start_with(&n, "https://pc.test/", &server, 1);
	n.has_route = false;
	es_chain_start(n.chain, 0);
	CHECK_EQ(broken(&n), ES_LINK_ROUTE);
	CHECK_EQ(link_of(&n, ES_LINK_INTERFACE)->state, ES_LINK_OK);
	CHECK_EQ(link_of(&n, ES_LINK_HTTP)->state, ES_LINK_NOT_KNOWN);
	CHECK_EQ(n.n_acts, 0);
	es_chain_free(n.chain);

	start_with(&n, "10.0.0.9", &server, 1);
	n.is_down = true;
	es_chain_start(n.chain, 0);
	CHECK_EQ(broken(&n), ES_LINK_INTERFACE);
	CHECK_SLICE(link_of(&n, ES_LINK_INTERFACE)->subject, "eth0");
	es_chain_free(n.chain);
}

/* SERVFAIL of systemd-resolved on a machine without a default route is not the resolver's fault; NXDOMAIN is its word. */
TEST(path_chain_looks_behind_a_resolver_on_this_machine)
{
	struct net n;

	start_with(&n, "pc.test", &stub, 1);
	n.has_default = false;
	es_chain_start(n.chain, 0);
	resolve(&n, 2, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_ROUTE);
	es_chain_free(n.chain);

	start_with(&n, "pc.test", &stub, 1);
	es_chain_start(n.chain, 0);
	resolve(&n, 2, NULL, 0);
	CHECK_EQ(n.act.verb, ES_CHAIN_PING);
	pong(&n);
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	CHECK_SLICE(link_of(&n, ES_LINK_DNS)->subject, "127.0.0.53");
	es_chain_free(n.chain);

	start_with(&n, "pc.test", &stub, 1);
	n.has_default = false;
	es_chain_start(n.chain, 0);
	resolve(&n, 3, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	es_chain_free(n.chain);
}

/* A resolver that is not systemd's may have nothing to do with the way out. */
TEST(path_chain_names_another_resolver_on_this_machine_without_a_default_route)
{
	const struct es_addr own = { 4, 0, 53, { 127, 0, 0, 1 } };
	struct net n;

	start_with(&n, "pc.test", &own, 1);
	n.has_default = false;
	es_chain_start(n.chain, 0);
	resolve(&n, 2, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	es_chain_free(n.chain);

	/* with a default route its gateway is looked at */
	start_with(&n, "pc.test", &own, 1);
	n.is_missing = true;
	es_chain_start(n.chain, 0);
	resolve(&n, 2, NULL, 0);
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	es_chain_free(n.chain);
}

TEST(path_chain_asks_the_second_name_server)
{
	const struct es_addr both[] = { server, second };
	struct net n;

	start_with(&n, "pc.test", both, 2);
	es_chain_start(n.chain, 0);
	pong(&n);
	timeout(&n);
	CHECK(es_addr_eq(&n.act.to, &second));
	resolve(&n, 0, here, 4);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_DNS)->state, ES_LINK_SLOW);
	CHECK_SLICE(link_of(&n, ES_LINK_DNS)->subject, "192.0.2.54");
	es_chain_free(n.chain);

	/* a word counts more than silence */
	start_with(&n, "pc.test", both, 2);
	es_chain_start(n.chain, 0);
	pong(&n);
	timeout(&n);
	resolve(&n, 5, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	CHECK_SLICE(link_of(&n, ES_LINK_DNS)->subject, "192.0.2.54");
	CHECK(says(link_of(&n, ES_LINK_DNS), "REFUSED"));
	es_chain_free(n.chain);
}

TEST(path_chain_waits_on_when_an_answer_is_not_to_its_question)
{
	static const uint8_t forged[12] = { 0x99, 0x99, 0x81, 0x83 };
	struct net n;

	start(&n, "pc.test");
	pong(&n);
	answer(&n, forged, sizeof(forged));
	CHECK(!es_chain_is_done(n.chain));
	resolve(&n, 0, here, 4);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	es_chain_free(n.chain);
}

TEST(path_chain_asks_for_aaaa_where_there_is_no_a)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
	struct net n;

	start(&n, "pc.test");
	pong(&n);
	resolve(&n, 0, NULL, 0);
	CHECK_EQ(n.bytes[n.act.bytes.n - 3], 28);
	resolve(&n, 0, v6, 16);
	CHECK_EQ(n.act.to.family, 6);
	CHECK_EQ(n.act.n_bytes, 1452);
	es_chain_free(n.chain);
	start(&n, "pc.test");
	pong(&n);
	resolve(&n, 0, NULL, 0);
	resolve(&n, 0, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	CHECK(says(link_of(&n, ES_LINK_DNS), "has no address"));
	es_chain_free(n.chain);
}

TEST(path_chain_follows_rfc_3263_to_port_and_transport)
{
	static const uint8_t naptr[] = { 0, 1, 0, 1, 1, 's', 8, 'S', 'I', 'P', 'S', '+', 'D', '2',
		'T', 0, 2, '_', 's', 0xc0, 12 };
	static const uint8_t srv[] = { 0, 1, 0, 1, 0x13, 0xce, 1, 'a', 0xc0, 12 };
	struct net n;

	start(&n, "sip:pbx.test");
	pong(&n);
	resolve(&n, 0, naptr, sizeof(naptr));
	resolve(&n, 0, srv, sizeof(srv));
	resolve(&n, 0, here, 4);
	CHECK_EQ(n.act.verb, ES_CHAIN_CONNECT);
	CHECK_EQ(n.act.to.port, 5070);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	CHECK_EQ(n.act.verb, ES_CHAIN_SECURE);
	CHECK_STR(n.act.name, "pbx.test");
	es_chain_free(n.chain);

	/* without any of them: UDP to 5060 */
	start(&n, "sip:pbx.test");
	pong(&n);
	resolve(&n, 3, NULL, 0);
	resolve(&n, 3, NULL, 0);
	resolve(&n, 3, NULL, 0);
	resolve(&n, 0, here, 4);
	CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
	CHECK_EQ(n.act.to.port, 5060);
	CHECK_EQ(n.n_packets, 6);
	es_chain_free(n.chain);
}
