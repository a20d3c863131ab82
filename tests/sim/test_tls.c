/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling that nobody can read: counted, and the media next to it measured. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"
#include "tests/unit/tls_hello.h"

enum { SYN = 2, SYN_ACK = 0x12, PSH = 0x18 };

static struct world w;
static const uint8_t server[] = { 22, 3, 3, 0, 5, 2, 0, 0, 1, 0 };
static const uint8_t later[] = { 23, 3, 3, 0, 5, 9, 9, 9, 9, 9 };

static void
connect_tls(uint16_t from_port, uint16_t to_port, const char *alpn)
{
	struct es_addr a = world_addr(1, from_port), b = world_addr(2, to_port);
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, alpn);

	world_send_tcp(&w, 0, a, b, 100, SYN, NULL, 0);
	world_send_tcp(&w, 0, b, a, 500, SYN_ACK, NULL, 0);
	world_send_tcp(&w, 0, a, b, 101, PSH, hello, n / 2);
	world_send_tcp(&w, 0, a, b, 101 + (uint32_t)n / 2, PSH, hello + n / 2, n - n / 2);
	world_send_tcp(&w, 0, b, a, 501, PSH, server, sizeof(server));
	for (uint32_t i = 0; i < 20; i++) {
		world_send_tcp(&w, 1, a, b, 101 + (uint32_t)n + i * 10, PSH, later, sizeof(later));
		world_send_tcp(&w, 1, b, a, 511 + i * 10, PSH, later, sizeof(later));
	}
}

TEST(tls_is_counted_once_by_connection)
{
	world_init(&w);
	world_start(&w);
	connect_tls(40000, 443, "h2");
	connect_tls(40001, 5061, NULL);
	connect_tls(40002, 443, "sip/2");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(tls_on_5061_is_counted_from_its_middle)
{
	struct es_addr a = world_addr(1, 40000), b = world_addr(2, 5061);

	world_init(&w);
	world_start(&w);
	for (uint32_t i = 0; i < 5; i++) {
		world_send_tcp(&w, 0, b, a, 900 + i * 10, PSH, later, sizeof(later));
		world_send_tcp(&w, 0, a, b, 100 + i * 10, PSH, later, sizeof(later));
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS), 0);
	world_done(&w);
}

TEST(tls_call_has_its_media_measured)
{
	struct world_rtp r = {
		.from = 1, .to = 2, .from_port = 4000, .to_port = 5000, .ssrc = 9, .seq = 5
	};
	double ms = 0;

	world_init(&w);
	world_start(&w);
	connect_tls(40001, 5061, NULL);
	world_run_rtp(&w, &ms, &r, 300);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 1);
	CHECK_EQ(world_stream(&w, 9, 0)->packets, 300);
	CHECK((world_stream(&w, 9, 0)->has & ES_STREAM_HAS_QUALITY) != 0);
	CHECK_EQ(world_stream(&w, 9, 0)->call_id.n, 0);
	world_done(&w);
}
