/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks and directions of several codecs: each block by the clean value of its own, no bands mixed. */
#include "tests/unit/made_records.h"

static struct es_correlate *c;
static int vantage;
static bool has_call;

static void
start(bool signalled)
{
	struct es_correlate_config cfg = { .max_blocks = 512, .max_missing = 64 };

	CHECK_EQ(es_correlate_new(&cfg, &c), 0);
	vantage = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	CHECK(vantage >= 0);
	has_call = signalled;
	if (has_call)
		made_call_add(c, vantage, "c1", 70, 0, made_addr("10.0.0.1", 4000),
		    made_addr("10.0.0.2", 5000));
}

/* n blocks of packets that all came. clean 0: of an agent that reports it in the stream's record only. */
static void
blocks(uint32_t ssrc, uint32_t first, uint32_t n, uint32_t numbers, uint32_t mos, uint32_t clean)
{
	for (uint32_t i = 0; i < n; i++) {
		struct es_record r = { .type = ES_REC_INTERVAL };
		struct es_interval *iv = &r.u.interval;

		iv->stream.src = made_addr("10.0.0.1", 4000);
		iv->stream.dst = made_addr("10.0.0.2", 5000);
		iv->stream.ssrc = ssrc;
		iv->block = ES_SEQ_BASE / ES_BLOCK_SEQS + first + i;
		iv->first_seq = iv->block * ES_BLOCK_SEQS;
		iv->last_seq = iv->first_seq + numbers - 1;
		iv->start = made_time((int64_t)(first + i) * 5120);
		iv->end = made_time((int64_t)(first + i) * 5120 + 5100);
		iv->rtp_ts = (first + i) * 256 * MADE_STEP;
		iv->expected = iv->received = numbers;
		iv->mos_lq_milli = mos;
		iv->clean_mos_lq_milli = clean;
		iv->has = ES_INTERVAL_HAS_RTP_TS | ES_INTERVAL_HAS_LATE | ES_INTERVAL_HAS_QUALITY |
			  (clean > 0 ? ES_INTERVAL_HAS_CLEAN : 0);
		CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
	}
}

static void
stream(uint32_t ssrc, uint64_t expected, enum es_band band, uint32_t mos, uint32_t share_ppm)
{
	struct es_record r = { .type = ES_REC_STREAM };
	struct es_stream *st = &r.u.stream;

	st->key.src = made_addr("10.0.0.1", 4000);
	st->key.dst = made_addr("10.0.0.2", 5000);
	st->key.ssrc = ssrc;
	st->state = ES_STATE_COMPLETED;
	st->has = ES_STREAM_HAS_CODEC | ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_CLEAN |
		  ES_STREAM_HAS_STEP | ES_STREAM_HAS_LATE;
	st->codec = es_slice_str("PCMU");
	st->clock_rate_hz = 8000;
	st->rtp_step = MADE_STEP;
	st->start = made_time(0);
	st->duration_us = expected * MADE_PTIME_MS * 1000;
	st->packets = st->expected = expected;
	st->first_seq = ES_SEQ_BASE;
	st->last_seq = ES_SEQ_BASE + expected - 1;
	st->mos_lq_milli = mos;
	st->clean_mos_lq_milli = 4293;
	st->scored_ppm = share_ppm;
	st->band = band;
	st->call_id = es_slice_str(has_call ? "c1" : "");
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

static const struct es_explained *
solved(void)
{
	return &made_solve(c)->calls[0];
}

/* G.729 without a fault, then PCMU: 3.62 is what G.729 can be. */
static enum es_verdict_state
verdict_of(uint32_t g729_mos, uint32_t g729_clean)
{
	enum es_verdict_state state;

	start(false);
	blocks(0xa, 0, 4, 256, g729_mos, g729_clean);
	blocks(0xa, 4, 6, 256, 4293, 4293);
	stream(0xa, 2560, ES_BAND_NB, 4000, 0);
	state = solved()->verdict.state;
	es_correlate_free(c);
	return state;
}

TEST(correlate_judges_a_block_by_the_codec_of_its_own)
{
	CHECK_EQ(verdict_of(3620, 3620), ES_VERDICT_CLEAN);
	CHECK_EQ(verdict_of(3221, 3620), ES_VERDICT_CLEAN);
	CHECK_EQ(verdict_of(3219, 3620), ES_VERDICT_DEGRADED);
	CHECK_EQ(verdict_of(3620, 0), ES_VERDICT_DEGRADED); /* the stream's, where none was said */
}

/* A small last block of a worse codec goes with its neighbour: what both miss counts, not what they are. */
TEST(correlate_merges_blocks_of_two_codecs_by_what_they_miss)
{
	for (unsigned is_bad = 0; is_bad < 2; is_bad++) {
		start(false);
		blocks(0xa, 0, 1, 256, 4494, 4494);
		blocks(0xa, 1, 1, 60, is_bad ? 1000 : 3000, 3000);
		stream(0xa, 316, ES_BAND_WB, 4494, 0);
		CHECK_EQ(solved()->verdict.state, ES_VERDICT_CLEAN);
		es_correlate_free(c);
		start(false);
		blocks(0xa, 0, 1, 64, 4494, 4494);
		blocks(0xa, 1, 1, 60, is_bad ? 1000 : 3000, 3000);
		stream(0xa, 316, ES_BAND_WB, 4494, 0);
		CHECK_EQ(solved()->verdict.state, is_bad ? ES_VERDICT_DEGRADED : ES_VERDICT_CLEAN);
		es_correlate_free(c);
	}
}

/* Three streams one way: the wideband one has most packets, but fewer that were scored as such. */
TEST(correlate_reports_the_mos_of_the_band_that_led)
{
	start(true);
	blocks(0xa, 0, 4, 256, 4400, 4494);
	blocks(0xb, 4, 4, 256, 4000, 4293);
	blocks(0xc, 8, 2, 256, 4200, 4293);
	stream(0xa, 3000, ES_BAND_WB, 4400, 300000);
	stream(0xb, 1000, ES_BAND_NB, 4000, 0);
	stream(0xc, 500, ES_BAND_NB, 4200, 0);
	CHECK(solved()->directions[0].has_mos_lq || solved()->directions[1].has_mos_lq);
	for (unsigned i = 0; i < 2; i++)
		if (solved()->directions[i].has_mos_lq)
			CHECK_EQ(solved()->directions[i].mos_lq_milli, 4067);
	es_correlate_free(c);
}
