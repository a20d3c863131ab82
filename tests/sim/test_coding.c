/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of several codecs: each block and window is its own codec's, each finding goes by codec. */
#include "tests/sim/parties.h"

enum { PCMU = 0, PCMA = 8, G722 = 9, G729 = 18, EVENT = 101, OPUS = 107, G726 = 102, AMR_WB = 104 };

#define TYPES "0 8 9 18 107 101 102 104"
static const char maps[] = "a=rtpmap:107 opus/48000/2\r\na=rtpmap:102 G726-32/8000\r\n"
			   "a=rtpmap:104 AMR-WB/16000\r\na=rtpmap:101 telephone-event/8000\r\n";

static struct world_rtp r;
static double now_ms;

static void
answered(double ms, unsigned cseq, const char *types, const char *more)
{
	world_sdp(sdp_a, ALICE, A_PORT, types, more);
	world_sdp(sdp_b, BOB, B_PORT, types, more);
	request(ms, true, "INVITE", cseq, cseq > 1 ? "tb" : NULL, sdp_a);
	response(ms + 10, true, "200 OK", "INVITE", cseq, sdp_b);
	request(ms + 15, true, "ACK", cseq, "tb", NULL);
}

static void
start_with(const char *types, const char *more)
{
	begin();
	answered(0, 1, types, more);
	r = to_bob();
	r.seq = 1024; /* first of a block */
	now_ms = 100;
}

static void
start(const char *more)
{
	start_with(TYPES, more);
}

/* n packets of 20 ms, clock in ticks a millisecond. */
static void
speak(uint8_t pt, unsigned ticks_per_ms, unsigned n)
{
	r.pt = pt;
	for (unsigned i = 0; i < n; i++, r.seq++, now_ms += 20) {
		world_send_rtp(&w, now_ms, &r);
		r.ts += 20 * ticks_per_ms;
	}
}

static const struct es_stream *
end(void)
{
	world_flush(&w);
	return world_stream(&w, 0xa, 0);
}

static const struct es_interval *
block(unsigned i)
{
	const struct es_record *rec = world_nth(&w, ES_REC_INTERVAL, i);

	return rec != NULL ? &rec->u.interval : NULL;
}

/* 400 packets of PCMU, then opus: of the second block 144 are PCMU, and what comes after is opus. */
TEST(block_is_scored_by_the_codec_that_most_of_it_has)
{
	start(maps);
	speak(PCMU, 8, 400);
	speak(OPUS, 48, 800);
	(void)end();
	CHECK_EQ(block(0)->band, ES_BAND_NB);
	CHECK_EQ(block(1)->band, ES_BAND_NB);
	for (unsigned i = 2; block(i) != NULL; i++) {
		CHECK_EQ(block(i)->band, ES_BAND_FB);
		CHECK_EQ(block(i)->mos_lq_milli, 4423);
	}
	world_done(&w);
}

/* Just before, at and just behind the middle and the edges of a block; the first and the last half. */
TEST(block_has_one_codec_wherever_the_change_is)
{
	static const unsigned at[] = { 1, 127, 129, 255, 256, 257, 300, 383, 385, 511, 512, 513 };

	for (unsigned k = 0; k < sizeof(at) / sizeof(at[0]); k++) {
		start(maps);
		speak(PCMU, 8, at[k]);
		speak(G722, 8, 1024 - at[k]);
		(void)end();
		for (unsigned i = 0; i < 4; i++) {
			bool is_first = (i + 1) * 256 <= at[k] || at[k] > i * 256 + 128;

			CHECK_EQ(block(i)->band, is_first ? ES_BAND_NB : ES_BAND_WB);
			CHECK_EQ(block(i)->mos_lq_milli, is_first ? 4293 : 4494);
			CHECK_EQ(block(i)->clean_mos_lq_milli, block(i)->mos_lq_milli);
		}
		world_done(&w);
	}
}

/* A third codec for a moment, and events between: the longest stretch has the block. */
TEST(block_of_three_codecs_is_of_the_longest)
{
	start(maps);
	speak(PCMU, 8, 90);
	speak(EVENT, 0, 5);
	speak(G722, 8, 110);
	speak(OPUS, 48, 51);
	speak(OPUS, 48, 256);
	(void)end();
	CHECK_EQ(block(0)->band, ES_BAND_WB);
	CHECK_EQ(block(1)->band, ES_BAND_FB);
	world_done(&w);
}

/* From one narrowband codec to another whose clean value is lower, and back: no block misses anything. */
TEST(block_is_clean_by_its_own_codec)
{
	start(maps);
	speak(G729, 8, 1000);
	speak(PCMU, 8, 700);
	speak(G729, 8, 300);
	(void)end();
	CHECK_EQ(block(0)->clean_mos_lq_milli, block(0)->mos_lq_milli);
	for (unsigned i = 0; block(i) != NULL; i++) {
		CHECK(block(i)->has & ES_INTERVAL_HAS_CLEAN);
		CHECK_EQ(block(i)->clean_mos_lq_milli, block(i)->mos_lq_milli);
	}
	CHECK(block(0)->clean_mos_lq_milli + 400 < block(5)->clean_mos_lq_milli);
	world_done(&w);
}

/* Ten seconds of G.722, twelve of PCMA: the score of the narrowband part, and how much that is. */
TEST(stream_of_two_bands_is_scored_by_the_one_that_led)
{
	const struct es_stream *s;

	start(maps);
	speak(G722, 8, 512);
	speak(PCMA, 8, 600);
	s = end();
	CHECK_SLICE(s->codec, "PCMA");
	CHECK_EQ(s->band, ES_BAND_NB);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	CHECK_EQ(s->mos_p10_milli, s->clean_mos_lq_milli);
	CHECK_EQ(s->worst_mos_lq_milli, s->clean_mos_lq_milli);
	CHECK_EQ(s->r_milli + (int32_t)s->ie_eff_milli, 93206);
	CHECK_NEAR(s->scored_ppm, 600e6 / 1112, 2);
	CHECK_EQ(s->has & ES_STREAM_HAS_MOS_RECENCY, 0);
	world_done(&w);
}

TEST(stream_of_three_bands_is_scored_by_the_one_that_led)
{
	const struct es_stream *s;

	start(maps);
	speak(PCMU, 8, 256);
	speak(G722, 8, 512);
	speak(OPUS, 48, 1024);
	speak(PCMU, 8, 256);
	s = end();
	CHECK_SLICE(s->codec, "opus");
	CHECK_EQ(s->mos_lq_milli, 4423);
	CHECK_NEAR(s->scored_ppm, 500000, 2);
	CHECK_EQ(s->ptime_us, 20000);
	CHECK_EQ(s->rtp_step, 960);
	world_done(&w);
}

/* Losses of the wideband part are no part of the narrowband score. */
TEST(score_of_a_band_has_no_losses_of_another)
{
	const struct es_stream *s;

	start(maps);
	for (unsigned i = 0; i < 50; i++) {
		speak(G722, 8, 9);
		r.seq++;
		r.ts += 160;
		now_ms += 20;
	}
	speak(PCMA, 8, 1036);
	s = end();
	CHECK_EQ(s->lost, 50);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	world_done(&w);
}

TEST(stream_of_one_band_says_no_share)
{
	const struct es_stream *s;

	start(maps);
	speak(PCMU, 8, 700);
	speak(G729, 8, 300);
	s = end();
	CHECK_EQ(s->scored_ppm, 0);
	CHECK(s->mos_lq_milli + 100 < block(0)->clean_mos_lq_milli);
	world_done(&w);
}

/* PCMU, then a longer G.729: above what G.729 can have, and with nothing lost as good as it can be. */
TEST(stream_of_two_codecs_is_clean_in_their_shares)
{
	const struct es_stream *s;

	start(maps);
	speak(PCMU, 8, 512);
	speak(G729, 8, 1024);
	s = end();
	CHECK_SLICE(s->codec, "G729");
	CHECK(s->mos_lq_milli > block(5)->clean_mos_lq_milli);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	world_done(&w);
}

/* RFC 3264 section 8.3.2 forbids it, and it is done: 102 was G726-32 and is opus from the answer on. */
TEST(number_that_means_another_codec_is_a_change)
{
	const struct es_stream *s;

	start_with("102 101", maps);
	speak(G726, 8, 400);
	answered(now_ms, 2, "102 101",
	    "a=rtpmap:102 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n");
	now_ms += 20;
	r.ts = 99000000;
	speak(G726, 48, 300);
	s = end();
	CHECK(s->findings & ES_FINDING_CODEC_CHANGED);
	CHECK_EQ(s->findings & ES_FINDING_PTIME_CHANGED, 0);
	CHECK_SLICE(s->codec, "G726-32");
	CHECK_EQ(s->rtp_step, 160);
	CHECK_EQ(s->lost + s->late, 0);
	CHECK_EQ(block(0)->band, ES_BAND_NB);
	CHECK_EQ(block(2)->band, ES_BAND_FB);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 1);
	world_done(&w);
}

TEST(same_codec_under_a_new_number_is_no_change)
{
	const struct es_stream *s;

	start_with("104", maps);
	speak(AMR_WB, 16, 300);
	answered(now_ms, 2, "96", "a=rtpmap:96 AMR-WB/16000\r\n");
	speak(96, 16, 400);
	s = end();
	CHECK_EQ(s->findings & (ES_FINDING_CODEC_CHANGED | ES_FINDING_PTIME_CHANGED), 0);
	CHECK_SLICE(s->codec, "AMR-WB");
	CHECK_EQ(s->payload_type, 96);
	CHECK_EQ(s->scored_ppm, 0);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 0);
	world_done(&w);
}

/* Under two numbers it has more packets than the one that has more than either. */
TEST(codec_leads_by_all_its_numbers)
{
	const struct es_stream *s;

	start("a=rtpmap:107 opus/48000/2\r\na=rtpmap:102 opus/48000/2\r\n");
	speak(107, 48, 200);
	speak(PCMU, 8, 300);
	speak(102, 48, 220);
	s = end();
	CHECK_SLICE(s->codec, "opus");
	CHECK_EQ(s->payload_type, 102);
	world_done(&w);
}

/* Redundancy that comes and goes (RFC 2198) packs the same codec. */
TEST(codec_in_redundancy_is_the_same)
{
	const struct es_stream *s;

	begin();
	answered(0, 1, "107 99",
	    "a=rtpmap:107 opus/48000/2\r\na=rtpmap:99 red/48000/2\r\na=fmtp:99 107/107\r\n");
	r = to_bob();
	now_ms = 100;
	speak(107, 48, 200);
	speak(99, 48, 200);
	s = end();
	CHECK_EQ(s->findings & (ES_FINDING_CODEC_CHANGED | ES_FINDING_PTIME_CHANGED), 0);
	world_done(&w);
}

/* With an event and a lost packet between: the codec is another one all the same, its time too. */
TEST(packet_time_of_another_codec_is_no_change_of_it)
{
	const struct es_stream *s;

	start(maps);
	speak(PCMU, 8, 300);
	speak(EVENT, 0, 6);
	r.seq++;
	now_ms += 140;
	r.ts += 48000;
	for (unsigned i = 0; i < 300; i++, r.seq++, r.ts += 1920, now_ms += 40) {
		r.pt = OPUS;
		world_send_rtp(&w, now_ms, &r);
	}
	s = end();
	CHECK_EQ(s->findings & ES_FINDING_PTIME_CHANGED, 0);
	CHECK(s->findings & ES_FINDING_CODEC_CHANGED);
	world_done(&w);
}

/* SDP that comes behind the first packets explains what they were: that is no change. */
TEST(codec_that_is_explained_later_is_no_change)
{
	const struct es_stream *s;

	begin();
	r = to_bob();
	now_ms = 0;
	speak(OPUS, 48, 300);
	answered(now_ms, 1, TYPES, maps);
	speak(OPUS, 48, 300);
	s = end();
	CHECK_SLICE(s->codec, "opus");
	CHECK_EQ(s->findings & (ES_FINDING_CODEC_CHANGED | ES_FINDING_PTIME_CHANGED), 0);
	CHECK_EQ(s->scored_ppm, 0);
	world_done(&w);
}

/* RFC 7587 section 6.1: the receiver plays no more than this, so more is not sent. */
TEST(band_of_opus_is_what_its_receiver_plays)
{
	static const struct {
		unsigned rate_hz;
		uint32_t band;
	} rows[] = { { 8000, ES_BAND_NB }, { 8001, ES_BAND_WB }, { 16000, ES_BAND_WB },
		{ 16001, ES_BAND_FB }, { 48000, ES_BAND_FB } };
	char more[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(more, sizeof(more),
		    "a=rtpmap:107 opus/48000/2\r\na=fmtp:107 maxplaybackrate=%u\r\n",
		    rows[i].rate_hz);
		start_with("107", more);
		speak(OPUS, 48, 400);
		(void)end();
		CHECK_EQ(block(0)->band, rows[i].band);
		world_done(&w);
	}
}
