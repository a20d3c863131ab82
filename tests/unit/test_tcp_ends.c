/* SPDX-License-Identifier: Apache-2.0 */
/* How connections of TCP begin and end (RFC 9293, RFC 5961), and which of them a full pool gives up. */
#include "tcp_rig.h"
#include "tls_hello.h"

enum { FIRST = 0xfffffff0 };

static char one[RIG_TEXT_MAX], two[RIG_TEXT_MAX], three[RIG_TEXT_MAX];
static uint32_t n_one, n_two, n_three;

static void
begin_of(uint32_t cap)
{
	rig_begin(cap);
	n_one = (uint32_t)rig_sip(one, sizeof(one), "1");
	n_two = (uint32_t)rig_sip(two, sizeof(two), "the second");
	n_three = (uint32_t)rig_sip(three, sizeof(three), "and the third of them");
}

static void
begin(void)
{
	begin_of(16);
	rig_flags(0, FIRST - 1, ES_TCP_SYN);
}

static uint64_t
resyncs(void)
{
	return context.count[ES_CNT_TCP_RESYNCS];
}

static struct es_addr
client(uint16_t port)
{
	return (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, 7 } };
}

/* From a client with this port; no bytes: a SYN. */
static void
send_from(int64_t ms, uint16_t port, uint32_t seq, const char *bytes, size_t n)
{
	const struct es_addr from = client(port);
	const struct es_tcp seg = { .seq = seq, .flags = n > 0 ? ES_TCP_PSH : ES_TCP_SYN };

	rig_segment(ms, &from, &rig_b, &seg, bytes, n, n);
}

/*
 * RFC 5961 section 3: a reset stands where the next byte is expected. That is behind what is there in order,
 * behind what waits behind a hole, or, if the capture missed bytes, what the other end acknowledged.
 */
TEST(tcp_ends_reset_where_a_byte_is_expected)
{
	static const struct {
		const char *name;
		uint32_t at;
		bool ends;
	} rows[] = {
		{ "behind the bytes in order", 10, true },
		{ "before their last", 9, false },
		{ "behind the next", 11, false },
		{ "at the first waiting byte", 20, false },
		{ "behind the first that wait", 24, true },
		{ "one further", 25, false },
		{ "behind the second that wait", 34, true },
		{ "where the other end is", 15, true },
		{ "one before", 14, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		rig_send(0, FIRST, three, 10);
		rig_send(0, FIRST + 20, three + 20, 4);
		rig_send(0, FIRST + 30, three + 30, 4);
		rig_ack(0, FIRST + 15);
		rig_flags(0, FIRST + rows[i].at, ES_TCP_RST);
		rig_send(1, FIRST + 10, three + 10, n_three - 10);
		if (n_got != (rows[i].ends ? 0 : 1))
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		rig_end();
	}
}

/* Without RST the same numbers end nothing. */
TEST(tcp_ends_acknowledgement_is_no_reset)
{
	begin();
	rig_send(0, FIRST, three, 10);
	rig_flags(0, FIRST + 10, ES_TCP_ACK);
	rig_send(0, FIRST + 10, three + 10, n_three - 10);
	CHECK_EQ(n_got, 1);
	rig_end();
}

/* The end of the connection before, which was never reached, is not that of the next one. */
TEST(tcp_ends_fin_of_the_connection_before_does_not_count)
{
	begin();
	rig_send(0, FIRST, one, n_one);
	rig_flags(0, FIRST + n_one + 50, ES_TCP_FIN); /* bytes are missing */
	rig_flags(1, FIRST + 9999, ES_TCP_SYN);
	rig_send(2, FIRST + 10000, two, 10);
	rig_send(3, FIRST + 10010, two + 10, n_two - 10);
	CHECK_EQ(n_got, 2);
	check_got(1, two);
	rig_end();
}

/* Nor what the other end had acknowledged of it: a hole is then waited for as ever. */
TEST(tcp_ends_acknowledgement_of_the_connection_before_does_not_count)
{
	begin();
	rig_send(0, FIRST, one, 10);
	rig_ack(0, FIRST + 10 + 5000);
	rig_flags(1, FIRST + 99, ES_TCP_SYN);
	rig_send(2, FIRST + 100, one, n_one);
	rig_send(3, FIRST + 100 + n_one + n_two, three, n_three);
	rig_flags(3 + 10 * ES_TCP_ACKED_HOLE_MS, FIRST + 100, ES_TCP_ACK);
	CHECK_EQ(n_got, 1);
	rig_send(4 + 10 * ES_TCP_ACKED_HOLE_MS, FIRST + 100 + n_one, two, n_two);
	CHECK_EQ(n_got, 3);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* RFC 5961 section 4: a SYN alone, and an acknowledgement behind it, end no running connection. */
TEST(tcp_ends_syn_without_bytes_behind_it_changes_nothing)
{
	begin();
	rig_send(0, FIRST, three, 10);
	rig_flags(1, FIRST + 7999, ES_TCP_SYN);
	rig_flags(2, FIRST + 8000, ES_TCP_ACK);
	rig_ack(3, FIRST + 10);
	rig_send(4, FIRST + 10, three + 10, n_three - 10);
	CHECK_EQ(n_got, 1);
	check_got(0, three);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* Its first byte, be it by itself, begins the new connection; sent again it begins nothing. */
TEST(tcp_ends_first_byte_behind_a_syn_begins_a_connection_once)
{
	begin();
	rig_send(0, FIRST, "abcdefghij", 10); /* waits, as what is behind a hole does */
	rig_send(0, FIRST + 20, "klmno", 5);
	rig_flags(1, FIRST + 7999, ES_TCP_SYN);
	rig_send(2, FIRST + 8000, two, 1);
	rig_send(2, FIRST + 8001, two + 1, n_two - 1);
	CHECK_EQ(n_got, 1);
	rig_send(3, FIRST + 8000, two, 1);
	rig_send(3, FIRST + 8000, two, n_two);
	rig_send(4, FIRST + 8000 + n_two, one, n_one);
	CHECK_EQ(n_got, 2);
	check_got(0, two);
	check_got(1, one);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* The other end answers the SYN while nothing waits anywhere: then the new connection's numbers count. */
TEST(tcp_ends_acknowledged_syn_of_an_idle_connection_begins_the_next)
{
	begin();
	rig_send(0, FIRST, three, n_three);
	rig_flags(1, FIRST + 49, ES_TCP_SYN); /* among the old numbers */
	rig_ack(2, FIRST + 50);
	rig_send(3, FIRST + 60, two + 10, n_two - 10);
	rig_send(4, FIRST + 50, two, 10);
	CHECK_EQ(n_got, 2);
	check_got(1, two);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* An acknowledgement is one by its flag. */
TEST(tcp_ends_number_without_its_flag_acknowledges_nothing)
{
	const struct es_tcp seg = { .seq = 900, .ack = FIRST + 5000, .flags = ES_TCP_PSH };

	begin();
	rig_send(0, FIRST, one, n_one);
	rig_send(0, FIRST + n_one + n_two, three, n_three);
	rig_segment(1, &rig_b, &rig_a, &seg, "", 0, 0);
	rig_segment(10 * ES_TCP_ACKED_HOLE_MS, &rig_b, &rig_a, &seg, "", 0, 0);
	CHECK_EQ(n_got, 1);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* A connection that ended leaves nothing: neither a place nor a buffer. */
TEST(tcp_ends_leave_nothing)
{
	static const uint8_t flags[] = { ES_TCP_FIN, ES_TCP_RST };

	for (size_t i = 0; i < sizeof(flags); i++) {
		begin();
		rig_send(0, FIRST, three, 10);
		CHECK_EQ(tcps.pool.n_used, 1);
		CHECK_EQ(tcps.owners.n_used, 1);
		rig_flags(0, FIRST + 10, flags[i]);
		CHECK_EQ(tcps.pool.n_used, 0);
		CHECK_EQ(tcps.owners.n_used, 0);
		CHECK_EQ(tcps.table.n, 0);
		rig_end();
	}
}

/* A FIN stands behind all bytes of its direction: one before bytes that are there is none (RFC 5961). */
TEST(tcp_ends_fin_among_the_bytes_that_are_there_ends_nothing)
{
	begin();
	rig_send(0, FIRST, three, 10);
	rig_flags(0, FIRST + 5, ES_TCP_FIN);
	rig_send(0, FIRST + 10, three + 10, n_three - 10);
	CHECK_EQ(n_got, 1);
	check_got(0, three);
	rig_end();
}

/* A SYN that is sent again may bring bytes which the first one did not (RFC 7413). */
TEST(tcp_ends_syn_sent_again_with_bytes)
{
	const struct es_tcp seg = { .seq = FIRST - 1, .flags = ES_TCP_SYN };

	begin();
	rig_segment(0, &rig_a, &rig_b, &seg, three, 10, 10);
	rig_send(0, FIRST + 10, three + 10, n_three - 10);
	CHECK_EQ(n_got, 1);
	check_got(0, three);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* Two connections that come byte by byte, in turn: what waits of one is not the other's. */
TEST(tcp_ends_two_connections_in_turn_are_apart)
{
	begin_of(8);
	send_from(0, 1, 9, "", 0);
	send_from(0, 2, 9, "", 0);
	for (uint32_t i = 0; i < n_three; i++) {
		if (i < n_two)
			send_from(1, 1, 10 + i, two + i, 1);
		send_from(1, 2, 10 + i, three + i, 1);
	}
	CHECK_EQ(n_got, 2);
	check_got(0, two);
	check_got(1, three);
	rig_end();
}

TEST(tcp_pool_half_of_the_directions_can_wait)
{
	begin_of(8);
	for (uint16_t i = 0; i < 4; i++) {
		send_from(i, i, 9, "", 0);
		send_from(i, i, 10, two, 20);
	}
	for (uint16_t i = 0; i < 4; i++)
		send_from(10 + i, i, 30, two + 20, n_two - 20);
	CHECK_EQ(n_got, 4);
	for (uint16_t i = 0; i < 5; i++) {
		send_from(20 + i, i, 9, "", 0);
		send_from(20 + i, i, 10 + n_two, two, 20);
	}
	CHECK_EQ(tcps.owners.n_used, 4);
	rig_end();
}

/* Of those that wait the idlest goes, with its connection; that it spoke SIP is counted. */
TEST(tcp_pool_idlest_gives_its_buffer)
{
	begin_of(8);
	for (uint16_t i = 0; i < 4; i++) {
		send_from(i, i, 9, "", 0);
		send_from(i, i, 10, one, n_one);
		send_from(i, i, 10 + n_one, two, 20);
	}
	send_from(5, 0, 30 + n_one, two + 20, 1); /* the first one is not the idlest */
	send_from(6, 4, 9, "", 0);
	send_from(7, 4, 10, two, 20);
	CHECK_EQ(context.count[ES_CNT_TCP_EVICTED], 1);
	CHECK_EQ(tcps.pool.n_used, 4);
	for (uint16_t i = 0; i < 4; i++)
		send_from(8, i, 30 + n_one, two + 20, n_two - 20);
	CHECK_EQ(n_got, 4 + 3);
	for (unsigned i = 4; i < 7; i++)
		CHECK(got[i].src.port != 1);
	rig_end();
}

/* A full pool gives up one that speaks nothing known, and counts it only if it did. */
TEST(tcp_pool_eviction_is_counted_where_something_was_read)
{
	begin_of(4);
	for (uint16_t i = 0; i < 3; i++) {
		send_from(i, i, 9, "", 0);
		send_from(i, i, 10, one, n_one);
	}
	send_from(3, 3, 9, "", 0);
	send_from(4, 4, 9, "", 0); /* in the place of port 3 */
	CHECK_EQ(context.count[ES_CNT_TCP_EVICTED], 0);
	send_from(5, 4, 10, one, n_one);
	send_from(6, 5, 9, "", 0); /* all four spoke: the idlest goes */
	CHECK_EQ(context.count[ES_CNT_TCP_EVICTED], 1);
	CHECK_EQ(tcps.pool.n_used, 4);
	send_from(7, 1, 10 + n_one, two + 5, 5);
	send_from(8, 4, 10 + n_one, two, n_two);
	CHECK_EQ(n_got, 5);
	rig_end();
}

/* The answer of a connection does not take the place of its own first direction. */
TEST(tcp_pool_both_directions_of_a_new_connection_find_room)
{
	const struct es_tcp syn_ack = {
		.seq = 500, .ack = FIRST, .flags = ES_TCP_SYN | ES_TCP_ACK
	};
	static const char begins[] = "zz\r\n"; /* none begins so in the middle of a connection */

	begin_of(4);
	for (uint16_t i = 0; i < 3; i++) {
		send_from(i, i, 9, "", 0);
		send_from(i, i, 10, one, n_one);
	}
	rig_flags(4, FIRST - 1, ES_TCP_SYN);
	rig_segment(5, &rig_b, &rig_a, &syn_ack, "", 0, 0);
	CHECK_EQ(context.count[ES_CNT_TCP_EVICTED], 1);
	rig_send(6, FIRST, begins, 4);
	rig_send(7, FIRST + 4, two, n_two);
	CHECK_EQ(n_got, 4);
	check_got(3, two);
	rig_end();
}

/* TLS without keys is counted by connections: one in both directions, and another on the same ports. */
TEST(tcp_ends_each_connection_of_tls_is_counted)
{
	static const uint8_t server_hello[] = { 22, 3, 3, 0, 4, 2, 0, 0, 0 };
	const struct es_addr server = { .family = 4, .port = 5061, .ip = { 10, 0, 0, 2 } };
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	rig_begin(16);
	for (uint32_t i = 1; i <= 3; i++) {
		struct es_tcp seg = { .seq = 1000000 * i, .flags = ES_TCP_SYN };

		rig_segment(i, &rig_a, &server, &seg, "", 0, 0);
		seg.flags |= ES_TCP_ACK;
		seg.ack = seg.seq + 1;
		rig_segment(i, &server, &rig_a, &seg, "", 0, 0);
		seg = (struct es_tcp){ .seq = seg.ack, .ack = seg.ack, .flags = ES_TCP_ACK };
		rig_segment(i, &rig_a, &server, &seg, hello, n, n);
		rig_segment(i, &server, &rig_a, &seg, server_hello, sizeof(server_hello),
		    sizeof(server_hello));
		seg.seq += (uint32_t)n;
		rig_segment(i, &rig_a, &server, &seg, hello, n, n);
		CHECK_EQ(context.count[ES_CNT_SIP_TLS], i);
	}
	CHECK_EQ(context.count[ES_CNT_TLS], 0);
	CHECK_EQ(tcps.owners.n_used, 0);
	rig_end();
}
