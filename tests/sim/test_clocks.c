/* SPDX-License-Identifier: Apache-2.0 */
/* Senders whose timestamps do not run in the clock of their codec, and those that only seem so. */
#include "tests/sim/parties.h"

enum { PCMU = 0, G722 = 9, OPUS = 107, AMR_WB = 104, SPEEX = 105, PCMU_16K = 106 };

static const char usual[] = "a=rtpmap:107 opus/48000/2\r\na=rtpmap:104 AMR-WB/16000\r\n"
			    "a=rtpmap:105 speex/16000\r\na=rtpmap:106 PCMU/16000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n";
static struct world_rtp r;
static double now_ms;

static void
start(const char *maps)
{
	begin();
	world_sdp(sdp_a, ALICE, A_PORT, "0 9 107 104 105 106 101", maps);
	world_sdp(sdp_b, BOB, B_PORT, "0 9 107 104 105 106 101", maps);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "200 OK", "INVITE", 1, sdp_b);
	request(15, true, "ACK", 1, "tb", NULL);
	r = to_bob();
	r.seq = 1024; /* first of a block */
	now_ms = 100;
}

/* n packets, one each ptime_ms. */
static void
speak(uint8_t pt, uint32_t step, double ptime_ms, unsigned n)
{
	r.pt = pt;
	for (unsigned i = 0; i < n; i++, r.seq++, r.ts += step, now_ms += ptime_ms)
		world_send_rtp(&w, now_ms, &r);
}

static const struct es_stream *
end(void)
{
	world_flush(&w);
	return world_stream(&w, 0xa, 0);
}

/* Nothing that rests on its clock is reported, of the stream or of a block. */
static void
check_off(uint32_t ratio_ppm)
{
	const struct es_stream *s = end();
	const struct es_record *rec;

	CHECK(s->findings & ES_FINDING_CLOCK_MISMATCH);
	CHECK_EQ(s->unscored, ES_UNSCORED_CLOCK_MISMATCH);
	CHECK_NEAR(s->clock_ratio_ppm, ratio_ppm, ratio_ppm / 50);
	CHECK_EQ(s->has & (ES_STREAM_HAS_JITTER | ES_STREAM_HAS_DELAY_VARIATION |
			      ES_STREAM_HAS_LATE | ES_STREAM_HAS_SKEW | ES_STREAM_HAS_QUALITY |
			      ES_STREAM_HAS_MOS_CQ | ES_STREAM_HAS_PTIME | ES_STREAM_HAS_WORST |
			      ES_STREAM_HAS_CONCEALMENT | ES_STREAM_HAS_SENDER),
	    0);
	CHECK_EQ(s->findings & ES_FINDING_STARVED, 0);
	for (unsigned i = 0; (rec = world_nth(&w, ES_REC_INTERVAL, i)) != NULL; i++)
		CHECK_EQ(rec->u.interval.has & ~(uint32_t)ES_INTERVAL_HAS_RTP_TS, 0);
	world_done(&w);
}

static void
check_fits(uint32_t clock_rate_hz)
{
	const struct es_stream *s = end();

	CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
	CHECK_EQ(s->clock_ratio_ppm, 0);
	CHECK_EQ(s->clock_rate_hz, clock_rate_hz);
	CHECK_EQ(s->unscored, ES_UNSCORED_NOT);
	CHECK_EQ(s->late, 0);
	CHECK(s->has & ES_STREAM_HAS_JITTER);
	world_done(&w);
}

TEST(clock_of_the_rfc_holds_against_a_wrong_rtpmap)
{
	static const struct {
		const char *map;
		uint8_t pt;
		uint32_t step, rate_hz;
	} rows[] = {
		{ "a=rtpmap:9 G722/16000\r\n", G722, 160, 8000 },
		{ "a=rtpmap:107 opus/8000\r\n", OPUS, 960, 48000 },
		{ "a=rtpmap:107 opus/16000/2\r\n", OPUS, 960, 48000 },
		{ "a=rtpmap:104 AMR-WB/8000\r\n", AMR_WB, 320, 16000 },
		{ "a=rtpmap:106 PCMU/16000\r\n", PCMU_16K, 320, 16000 }, /* RFC 4856: any rate */
		{ "a=rtpmap:105 speex/16000\r\n", SPEEX, 320, 16000 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(rows[i].map);
		speak(rows[i].pt, rows[i].step, 20, 500);
		check_fits(rows[i].rate_hz);
	}
}

TEST(clock_that_the_sender_does_not_count_in_is_found)
{
	static const struct {
		const char *map;
		uint8_t pt;
		uint32_t step;
		double ptime_ms;
		uint32_t ratio_ppm;
	} rows[] = {
		{ usual, OPUS, 160, 20, 166667 },
		{ usual, OPUS, 320, 20, 333333 },
		{ usual, OPUS, 80, 10, 166667 },
		{ usual, G722, 320, 20, 2000000 },
		{ "a=rtpmap:9 G722/16000\r\n", G722, 320, 20, 2000000 },
		{ "a=rtpmap:107 opus/8000\r\n", OPUS, 160, 20, 166667 },
		{ usual, PCMU, 320, 20, 2000000 },
		{ usual, PCMU, 960, 20, 6000000 },
		{ usual, PCMU, 960, 60, 2000000 },
		{ usual, AMR_WB, 160, 20, 500000 },
		{ usual, SPEEX, 160, 20, 500000 },
		{ usual, SPEEX, 640, 20, 2000000 },
	};

	for (unsigned n = 160; n < 2000; n += 900)
		for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			start(rows[i].map);
			speak(rows[i].pt, rows[i].step, rows[i].ptime_ms,
			    rows[i].ptime_ms < 20 ? 2 * n : n);
			check_off(rows[i].ratio_ppm);
		}
}

/* Seen leaving its sender it did not starve either. */
TEST(clock_mismatch_at_the_egress_is_no_starvation)
{
	struct es_addr local = world_addr(ALICE, 0);

	start(usual);
	w.cfg.local = &local;
	w.cfg.n_local = 1;
	world_restart(&w);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "200 OK", "INVITE", 1, sdp_b);
	speak(OPUS, 160, 20, 600);
	check_off(166667);
}

TEST(clock_says_nothing_of_too_few_packets)
{
	const struct es_stream *s;

	start(usual);
	speak(OPUS, 160, 20, 40);
	s = end();
	CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
	world_done(&w);
}

/* Two clocks of machines never agree: hundreds of millionths are skew. */
TEST(clock_skew_is_no_mismatch)
{
	static const double ptime_ms[] = { 20.01, 19.99, 20.2, 19.8 };

	for (unsigned i = 0; i < 4; i++) {
		const struct es_stream *s;

		start(usual);
		speak(OPUS, 960, ptime_ms[i], 3000);
		s = end();
		CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
		CHECK_EQ(s->unscored, ES_UNSCORED_NOT);
		CHECK(i >= 2 || s->late == 0);
		world_done(&w);
	}
}

/* Talk and silence by turns, the timestamp running on or standing still, in equal parts. */
TEST(clock_is_not_judged_by_pauses)
{
	for (unsigned stands = 0; stands < 2; stands++) {
		const struct es_stream *s;

		start(usual);
		for (unsigned i = 0; i < 20; i++) {
			r.marker = true;
			speak(PCMU, 160, 20, 1);
			r.marker = false;
			speak(PCMU, 160, 20, 49);
			now_ms += 1000;
			r.ts += stands ? 0 : 8000;
		}
		s = end();
		CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
		CHECK(s->has & ES_STREAM_HAS_QUALITY);
		world_done(&w);
	}
}

/* A hold of as long as it spoke, a timestamp that jumps by as much: half and twice as fast, and neither. */
TEST(clock_is_not_judged_by_a_jump)
{
	for (unsigned jumps = 0; jumps < 2; jumps++) {
		const struct es_stream *s;

		start(usual);
		speak(PCMU, 160, 20, 150);
		now_ms += jumps ? 0 : 3000;
		r.ts += jumps ? 24000 : 0;
		speak(PCMU, 160, 20, 150);
		s = end();
		CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
		world_done(&w);
	}
}

/* A link that lets half of it pass for two seconds, then all that waited: the network's, not the clock's. */
TEST(clock_is_not_judged_by_a_queue)
{
	const struct es_stream *s;

	start(usual);
	speak(PCMU, 160, 20, 300);
	speak(PCMU, 160, 40, 50);
	speak(PCMU, 160, 1, 53);
	speak(PCMU, 160, 20, 600);
	s = end();
	CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
	CHECK(s->late > 20);
	world_done(&w);
}

/* A codec next to one that counts wrong keeps its score, and says of how much it is. */
TEST(clock_of_one_codec_leaves_the_others_score)
{
	const struct es_stream *s;

	start(usual);
	speak(PCMU, 160, 20, 768);
	speak(OPUS, 160, 20, 512);
	s = end();
	CHECK(s->findings & ES_FINDING_CLOCK_MISMATCH);
	CHECK_SLICE(s->codec, "PCMU");
	CHECK_EQ(s->unscored, ES_UNSCORED_NOT);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	CHECK_NEAR(s->scored_ppm, 600000, 3000);
	world_done(&w);
}

/*
 * Timestamps that run ahead by 200 ms and more with each packet look like a sender that sets them
 * again and again. What each packet says alone, all of them say together: another clock.
 */
TEST(clock_that_runs_far_ahead_with_each_packet_is_found)
{
	static const struct {
		uint8_t pt;
		uint32_t step;
		double ptime_ms;
		uint32_t ratio_ppm;
	} rows[] = {
		{ PCMU, 1920, 40, 6000000 },
		{ PCMU, 2880, 60, 6000000 },
		{ PCMU, 1920, 120, 2000000 },
		{ PCMU, 3200, 200, 2000000 },
		{ PCMU, 1800, 20, 11250000 },
		{ AMR_WB, 5760, 120, 3000000 },
		{ OPUS, 1920, 240, 166667 },
	};

	for (unsigned lossy = 0; lossy < 2; lossy++)
		for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			start(usual);
			for (unsigned k = 0; k < 30; k++) {
				speak(rows[i].pt, rows[i].step, rows[i].ptime_ms, 19);
				if (lossy) {
					r.seq++;
					r.ts += rows[i].step;
					now_ms += rows[i].ptime_ms;
				}
			}
			check_off(rows[i].ratio_ppm);
		}
}

/* A sender that does set them again, with each second packet at most, as far as another clock would come. */
TEST(clock_is_not_judged_by_timestamps_set_again)
{
	static const struct {
		unsigned every;
		uint32_t by;
	} rows[] = { { 2, 1600 }, { 3, 2400 }, { 5, 2400 },
		{ 10, 1600 } }; /* 6, 6, 4 and 2 times */

	for (unsigned k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		const struct es_stream *s;

		start(usual);
		for (unsigned i = 0; i < 600; i++) {
			speak(PCMU, 160, 20, 1);
			r.ts += i % rows[k].every == 0 ? rows[k].by : 0;
		}
		s = end();
		CHECK_EQ(s->findings & ES_FINDING_CLOCK_MISMATCH, 0);
		world_done(&w);
	}
}
