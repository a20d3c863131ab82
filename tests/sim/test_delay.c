/* SPDX-License-Identifier: Apache-2.0 */
/* Mouth to ear, and the conversational score that is only there where it is known. */
#include "tests/sim/rtcp.h"
#include "tests/unit/harness.h"

#include "earshot/emodel.h"

enum { PACKETS = 600, NTP = 0x12345678, TENTH = 6554 /* of a second, in 1/65536 */ };

static struct world w;
static uint8_t bytes[64];

static void
begin(const struct es_addr *local)
{
	world_init(&w);
	w.cfg.receiver = ES_RECEIVER_FIXED;
	w.cfg.receiver_ms = 60;
	w.cfg.local = local;
	w.cfg.n_local = local != NULL;
	world_start(&w);
}

/* n packets each way between hosts 1 (SSRC 0xa) and 2 (0xb), 20 ms of PCMU, on one media clock. */
static void
talk(double ms, unsigned from, unsigned n)
{
	struct world_rtp out = { .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	struct world_rtp back = { .from = 2, .to = 1, .from_port = 5000, .to_port = 4000 };

	out.ssrc = 0xa;
	back.ssrc = 0xb;
	for (unsigned i = from; i < from + n; i++) {
		out.seq = back.seq = (uint16_t)i;
		out.ts = back.ts = 160 * (i - from) + (uint32_t)(8 * ms);
		world_send_rtp(&w, ms + 20.0 * (i - from), &out);
		world_send_rtp(&w, ms + 20.0 * (i - from) + 1, &back);
	}
}

/* A sender report of one end, and the other's answer to it that says it took 100 ms of `took_ms`. */
static void
ask(double ms, bool of_first, double took_ms)
{
	struct es_addr one = world_addr(1, 4001);
	struct es_addr two = world_addr(2, 5001);
	uint32_t own = of_first ? 0xa : 0xb;
	uint32_t other = of_first ? 0xb : 0xa;

	world_send_udp(&w, ms, of_first ? one : two, of_first ? two : one, bytes,
	    sender_report(bytes, own, NTP, other));
	world_send_udp(&w, ms + took_ms, of_first ? two : one, of_first ? one : two, bytes,
	    receiver_report(bytes, other, own, NTP, TENTH));
}

/* 60 ms from here to host 2 and back, 140 ms to host 1 and back: 100 ms one way. */
TEST(delay_seen_in_the_middle_is_half_of_both_round_trips)
{
	const struct es_stream *s;

	begin(NULL);
	talk(0, 0, 50);
	ask(1000, true, 160);
	ask(1200, false, 240);
	talk(1500, 50, PACKETS);
	world_flush(&w);
	for (uint32_t ssrc = 0xa; ssrc <= 0xb; ssrc++) {
		s = world_stream(&w, ssrc, 0);
		CHECK(s->has & ES_STREAM_HAS_MOS_CQ);
		CHECK_NEAR(s->mouth_to_ear_us, 100000 + 20000 + 60000, 50);
		CHECK_EQ(s->device_us, 20000 + 60000);
		CHECK_NEAR(s->id_milli / 1000.0, es_emodel_idd(ES_EMODEL_NB, 180), 1e-3);
		CHECK(s->id_milli > 0);
		CHECK_NEAR(s->mos_cq_milli / 1000.0,
		    es_mos_of_r((s->r_milli - (int32_t)s->id_milli) / 1000.0), 2e-3);
	}
	world_done(&w);
}

TEST(delay_is_in_every_interval_that_closes_behind_both_answers)
{
	unsigned with = 0;

	begin(NULL);
	talk(0, 0, PACKETS);
	ask(12000, true, 160);
	ask(12200, false, 240);
	talk(12500, PACKETS, PACKETS);
	world_flush(&w);
	for (unsigned i = 0; i < world_count(&w, ES_REC_INTERVAL); i++) {
		const struct es_interval *v = &world_nth(&w, ES_REC_INTERVAL, i)->u.interval;

		with += (v->has & ES_INTERVAL_HAS_MOS_CQ) != 0;
		if (v->has & ES_INTERVAL_HAS_MOS_CQ)
			CHECK(v->mos_cq_milli < v->mos_lq_milli);
	}
	CHECK(with > 0);
	CHECK(with < world_count(&w, ES_REC_INTERVAL));
	world_done(&w);
}

/* One end states its time, and the other's answer says it took 100 ms of took_ms: RFC 3611 4.4, 4.5. */
static void
ask_by_reference(double ms, bool of_first, double took_ms)
{
	static const uint8_t reference[] = { 0xe0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0 };
	uint8_t dlrr[12];
	struct es_addr one = world_addr(1, 4001);
	struct es_addr two = world_addr(2, 5001);
	uint32_t own = of_first ? 0xa : 0xb;
	uint32_t other = of_first ? 0xb : 0xa;

	put32(dlrr, own);
	put32(dlrr + 4, NTP);
	put32(dlrr + 8, TENTH);
	world_send_udp(&w, ms, of_first ? one : two, of_first ? two : one, bytes,
	    extended_report(bytes, own, 4, 0, reference, sizeof(reference)));
	world_send_udp(&w, ms + took_ms, of_first ? two : one, of_first ? one : two, bytes,
	    extended_report(bytes, other, 5, 0, dlrr, sizeof(dlrr)));
}

/* The same delays as above, known from extended reports alone. */
TEST(delay_is_known_from_reference_times_of_receivers_too)
{
	begin(NULL);
	talk(0, 0, 50);
	ask_by_reference(1000, true, 160);
	ask_by_reference(1200, false, 240);
	talk(1500, 50, PACKETS);
	world_flush(&w);
	for (uint32_t ssrc = 0xa; ssrc <= 0xb; ssrc++) {
		const struct es_stream *s = world_stream(&w, ssrc, 0);

		CHECK(s->has & ES_STREAM_HAS_MOS_CQ);
		CHECK_NEAR(s->mouth_to_ear_us, 100000 + 20000 + 60000, 50);
		CHECK(s->mos_cq_milli < s->mos_lq_milli);
	}
	world_done(&w);
}

TEST(delay_of_one_reference_time_is_unknown)
{
	begin(NULL);
	talk(0, 0, 50);
	ask_by_reference(1000, true, 160);
	talk(1500, 50, PACKETS);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	world_done(&w);
}

TEST(delay_of_one_half_of_the_path_is_unknown)
{
	begin(NULL);
	talk(0, 0, 50);
	ask(1000, true, 160);
	talk(1500, 50, PACKETS);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->mouth_to_ear_us, 0);
	world_done(&w);
}

/* Host 1 is where this runs: what it hears comes the whole way that its own reports are answered on. */
TEST(delay_at_the_receivers_own_host_is_half_of_the_one_round_trip)
{
	struct es_addr local = world_addr(1, 0);
	const struct es_stream *s;

	begin(&local);
	talk(0, 0, 50);
	ask(1000, true, 160);
	talk(1500, 50, PACKETS);
	world_flush(&w);
	s = world_stream(&w, 0xb, 0);
	CHECK_EQ(s->seen, ES_SEEN_INGRESS);
	CHECK(s->has & ES_STREAM_HAS_MOS_CQ);
	CHECK_NEAR(s->mouth_to_ear_us, 30000 + 20000 + 60000, 50);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	world_done(&w);
}

/* VoIP metrics of host 2 about what it receives: round trip 240 ms, measured by itself. */
TEST(delay_that_an_end_measured_is_of_the_whole_way)
{
	const struct es_stream *s;

	begin(NULL);
	talk(0, 0, 50);
	world_send_udp(&w, 1000, world_addr(2, 5001), world_addr(1, 4001), bytes,
	    voip_metrics(bytes, 0xb, 0xa, 240, 0, 0));
	talk(1500, 50, PACKETS);
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s->has & ES_STREAM_HAS_MOS_CQ);
	CHECK_EQ(s->mouth_to_ear_us, 120000 + 20000 + 60000);
	CHECK_EQ(world_stream(&w, 0xb, 0)->mouth_to_ear_us, 200000);
	world_done(&w);
}

TEST(delay_is_absent_without_reports)
{
	begin(NULL);
	talk(0, 0, PACKETS);
	world_flush(&w);
	CHECK(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_QUALITY);
	CHECK(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_DEVICE); /* the ends need no network */
	CHECK_EQ(world_stream(&w, 0xa, 0)->device_us, 20000 + 60000);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	world_done(&w);
}
