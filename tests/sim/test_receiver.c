/* SPDX-License-Identifier: Apache-2.0 */
/* Which receiver is modelled: configured, reported by the end that hears the stream, default. */
#include "tests/sim/rtcp.h"
#include "tests/unit/harness.h"

enum {
	PLC_DISABLED = 1 << 6,
	PLC_STANDARD = 3 << 6,
	BUFFER_FIXED = 2 << 4,
	BUFFER_ADAPTIVE = 3 << 4,
	HEARD = 0xa, /* SSRC that host 2 hears */
	SAID = 0xb,
};

static struct world w;
static double now_ms;
static struct world_rtp out;
static struct world_rtp back;

static void
begin(enum es_receiver receiver, uint32_t ms)
{
	out = (struct world_rtp){ .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	back = (struct world_rtp){ .from = 2, .to = 1, .from_port = 5000, .to_port = 4000 };
	out.ssrc = HEARD;
	back.ssrc = SAID;
	now_ms = 0;
	world_init(&w);
	w.cfg.receiver = receiver;
	w.cfg.receiver_ms = ms;
	world_start(&w);
}

/* n packets each way; every tenth that host 2 hears is `late_ms` late. */
static void
talk(unsigned n, double late_ms)
{
	for (unsigned i = 0; i < n; i++, now_ms += 20) {
		double at = now_ms + (i % 10 == 9 ? late_ms : 0);

		world_send_rtp(&w, at, &out);
		world_send_rtp(&w, now_ms + 1, &back);
		out.seq++;
		out.ts += 160;
		back.seq++;
		back.ts += 160;
	}
}

/* Host 2 about what it hears. */
static void
report(uint8_t config, uint8_t nominal_ms)
{
	uint8_t p[44];

	world_send_udp(&w, now_ms, world_addr(2, 5001), world_addr(1, 4001), p,
	    voip_metrics(p, SAID, HEARD, 0, config, nominal_ms));
}

TEST(receiver_is_adaptive_until_an_end_reports)
{
	begin(ES_RECEIVER_LEARNED, 0);
	talk(600, 0);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_DEFAULT, 0);
	world_done(&w);
}

TEST(receiver_is_the_fixed_one_that_its_end_reports)
{
	begin(ES_RECEIVER_LEARNED, 0);
	talk(20, 0);
	report(BUFFER_FIXED, 10);
	talk(600, 15);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_END, 10);
	check_receiver(&w, SAID, ES_RECEIVER_BY_DEFAULT, 0);
	CHECK_EQ(world_stream(&w, HEARD, 0)->late, 60);
	world_done(&w);
}

/* Host 2 about what it hears, in a block of RFC 7005: nominal and maximum, high and low water in ms. */
static void
report_buffer(bool is_adaptive, uint8_t nominal_ms)
{
	uint8_t block[12] = { 0 };
	uint8_t p[24];

	put32(block, HEARD);
	block[5] = nominal_ms;
	block[7] = block[9] = 200;
	block[11] = 20;
	world_send_udp(&w, now_ms, world_addr(2, 5001), world_addr(1, 4001), p,
	    extended_report(p, SAID, 23, 0x40 | (is_adaptive ? 0x20 : 0), block, sizeof(block)));
}

TEST(receiver_is_the_one_of_its_ends_jitter_buffer_block)
{
	begin(ES_RECEIVER_LEARNED, 0);
	talk(20, 0);
	report_buffer(false, 30);
	talk(600, 35);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_END, 30);
	check_receiver(&w, SAID, ES_RECEIVER_BY_DEFAULT, 0);
	CHECK_EQ(world_stream(&w, HEARD, 0)->late, 60);
	world_done(&w);
	begin(ES_RECEIVER_LEARNED, 0);
	talk(20, 0);
	report_buffer(true, 30);
	talk(600, 35);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_END, 0);
	world_done(&w);
}

TEST(receiver_that_was_reported_first_stays)
{
	begin(ES_RECEIVER_LEARNED, 0);
	talk(20, 0);
	report(BUFFER_FIXED, 40);
	talk(100, 0);
	report(BUFFER_FIXED, 80);
	report(BUFFER_ADAPTIVE, 80);
	talk(400, 0);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_END, 40);
	world_done(&w);
}

TEST(receiver_of_a_report_from_mid_stream_judges_what_comes_then)
{
	begin(ES_RECEIVER_LEARNED, 0);
	talk(500, 15);
	report(BUFFER_FIXED, 10);
	talk(600, 15);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_END, 10);
	CHECK_EQ(world_stream(&w, HEARD, 0)->late, 60);
	world_done(&w);
}

TEST(receiver_that_is_configured_learns_nothing)
{
	begin(ES_RECEIVER_FIXED, 60);
	talk(20, 0);
	report(BUFFER_FIXED, 10);
	talk(600, 15);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_CONFIG, 60);
	CHECK_EQ(world_stream(&w, HEARD, 0)->late, 0);
	world_done(&w);
	begin(ES_RECEIVER_ADAPTIVE, 0);
	talk(20, 0);
	report(BUFFER_FIXED, 10);
	talk(600, 0);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_CONFIG, 0);
	world_done(&w);
}

TEST(receiver_without_a_depth_teaches_nothing)
{
	begin(ES_RECEIVER_LEARNED, 0);
	talk(20, 0);
	report(BUFFER_FIXED, 0);
	report(0, 60);
	talk(600, 0);
	world_flush(&w);
	check_receiver(&w, HEARD, ES_RECEIVER_BY_DEFAULT, 0);
	world_done(&w);
}

/* G.113 has Ie 0 and Bpl 4.3 for G.711 without concealment. */
TEST(receiver_without_concealment_is_scored_as_such)
{
	begin(ES_RECEIVER_FIXED, 60);
	talk(20, 0);
	report(PLC_DISABLED, 0);
	talk(600, 0);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, HEARD, 0)->basis, ES_BASIS_ITU);
	CHECK_EQ(world_stream(&w, SAID, 0)->basis, ES_BASIS_DERIVED);
	world_done(&w);
	begin(ES_RECEIVER_FIXED, 60);
	talk(20, 0);
	report(PLC_STANDARD, 0);
	talk(600, 0);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, HEARD, 0)->basis, ES_BASIS_DERIVED);
	world_done(&w);
}
