/* SPDX-License-Identifier: Apache-2.0 */
/* Scores: the codec table, clean values, and what must hold for any losses. */
#include "probes/quality/score.h"

#include "earshot/emodel.h"

#include "harness.h"

enum { SEQS = 256 };

static const struct es_codec *
codec(const char *name)
{
	return es_codec_find(es_slice_str(name), 0);
}

static struct es_score
score_of_pattern(const struct es_codec *c, const bool bad[], unsigned n)
{
	struct es_effective_loss l;
	struct es_score s = { 0 };

	es_effective_loss_init(&l);
	for (unsigned i = 0; i < n; i++)
		es_effective_loss_add(&l, bad[i], 1);
	(void)es_score_of(c, &l, ES_DELAY_UNKNOWN, &s); /* n > 0 and a scored codec */
	return s;
}

TEST(codec_static_types_are_those_of_rfc_3551)
{
	CHECK_STR(es_codec_static(0)->name, "PCMU");
	CHECK_STR(es_codec_static(8)->name, "PCMA");
	CHECK_STR(es_codec_static(18)->name, "G729");
	CHECK_EQ(es_codec_static(9)->clock_rate_hz, 8000); /* section 4.5.2: an old error, kept */
	CHECK_EQ(es_codec_static(9)->band, ES_BAND_WB);
	CHECK_EQ(es_codec_static(16)->clock_rate_hz, 11025);
	CHECK_EQ(es_codec_static(13)->kind, ES_CODEC_COMFORT);
	CHECK_EQ(es_codec_static(4)->ptime_ms, 30);
	CHECK(es_codec_static(1) == NULL);
	CHECK(es_codec_static(35) == NULL);
	CHECK(es_codec_static(96) == NULL);
	CHECK(es_codec_static(255) == NULL);
}

TEST(codec_names_ignore_case_and_tell_rates_apart)
{
	CHECK_STR(es_codec_find(es_slice_str("pcmu"), 8000)->name, "PCMU");
	CHECK(es_codec_find(es_slice_str("PCMU"), 16000) == NULL);
	CHECK_EQ(es_codec_find(es_slice_str("SPEEX"), 16000)->band, ES_BAND_WB);
	CHECK_EQ(es_codec_find(es_slice_str("OPUS"), 48000)->clock_rate_hz, 48000);
	CHECK_EQ(es_codec_find(es_slice_str("telephone-event"), 48000)->kind, ES_CODEC_EVENT);
	CHECK(es_codec_find(es_slice_str("PCMUX"), 0) == NULL);
	CHECK(es_codec_find(es_slice_of(NULL, 0), 0) == NULL);
}

TEST(score_is_absent_without_constants)
{
	static const char *const names[] = { "opus", "G722", "AMR-WB", "iLBC", "SILK", "EVS", "CN",
		"telephone-event", "H264" };
	struct es_effective_loss l = { .expected = 100 };
	struct es_score s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(codec(names[i]) != NULL);
		CHECK(!es_score_of(codec(names[i]), &l, 0, &s));
		CHECK_EQ(es_score_clean_mos_milli(codec(names[i])), 0);
	}
	CHECK(!es_score_of(NULL, &l, 0, &s));
	l.expected = 0;
	CHECK(!es_score_of(codec("PCMU"), &l, 0, &s));
}

TEST(score_without_loss_is_the_clean_value)
{
	static const char *const names[] = { "PCMU", "PCMA", "GSM", "G729", "G723", "GSM-EFR",
		"speex", "AMR", "G726-32", "G728" };
	struct es_effective_loss l = { .expected = 12345 };
	struct es_score s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct es_codec *c = codec(names[i]);
		struct es_emodel_params p = es_emodel_defaults();

		CHECK(es_score_of(c, &l, ES_DELAY_UNKNOWN, &s));
		CHECK_EQ(s.mos_lq_milli, es_score_clean_mos_milli(c));
		CHECK(!s.has_cq);
		p.ie = c->ie_milli / 1000.0; /* the fixed R of score.c is that of the model */
		CHECK_NEAR(s.r_milli / 1000.0, es_emodel(&p).r, 0.00051);
		CHECK_NEAR(s.mos_lq_milli / 1000.0, es_mos_of_r(es_emodel(&p).r), 0.00051);
	}
}

TEST(score_is_the_e_model_at_common_losses)
{
	struct es_effective_loss l = { .expected = 1000, .bad = 50, .runs = 25 };
	const struct es_codec *c = codec("PCMU");
	struct es_score s;

	CHECK(es_score_of(c, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_NEAR(s.r_milli / 1000.0, 93.20621 - es_ie_eff(6.9, 14.6, 5, 2 * 0.95), 0.001);
	CHECK(es_score_of(c, &l, 200000, &s));
	CHECK(s.has_cq);
	CHECK(s.mos_cq_milli < s.mos_lq_milli);
	l.bad = 600;
	l.runs = 60;
	CHECK(es_score_of(c, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_EQ(s.r_milli, 0);
	CHECK_EQ(s.mos_lq_milli, 1000);
}

TEST(score_never_rises_with_one_more_bad_packet)
{
	static const char *const names[] = { "PCMU", "G729", "G723", "GSM-EFR", "AMR" };
	uint64_t seed = 11;

	for (int round = 0; round < 3000; round++) {
		const struct es_codec *c = codec(names[round % 5]);
		bool bad[SEQS] = { false };
		unsigned burstiness = test_random(&seed) % 64;
		unsigned n = 8 + test_random(&seed) % (SEQS - 8);
		struct es_score before = score_of_pattern(c, bad, n);
		unsigned at = 0;

		for (unsigned i = 0; i < n; i++) {
			struct es_score now;

			/* The next lone packet, or one beside the last: runs and lone losses mix. */
			at = test_random(&seed) % 64 < burstiness ? (at + 1) % n
								  : test_random(&seed) % n;
			bad[at] = true;
			now = score_of_pattern(c, bad, n);
			CHECK(now.r_milli <= before.r_milli);
			CHECK(now.mos_lq_milli <= before.mos_lq_milli);
			CHECK(now.r_milli >= 0 && now.mos_lq_milli >= 1000);
			before = now;
		}
		CHECK_EQ(before.mos_lq_milli >= 1000 && before.mos_lq_milli <= 4500, true);
	}
}

TEST(score_never_rises_with_burstiness_or_delay)
{
	const struct es_codec *c = codec("PCMU");

	for (uint64_t bad = 1; bad <= 500; bad += 7) {
		uint32_t last = 0;

		for (uint64_t runs = 1; runs <= bad; runs++) { /* fewer runs: burstier */
			struct es_effective_loss l = { .expected = 1000, .bad = bad, .runs = runs };
			struct es_score s;

			CHECK(es_score_of(c, &l, ES_DELAY_UNKNOWN, &s));
			CHECK(s.mos_lq_milli >= last);
			last = s.mos_lq_milli;
		}
	}
	for (uint64_t bad = 0; bad <= 300; bad += 50) {
		struct es_effective_loss l = {
			.expected = 1000, .bad = bad, .runs = (bad + 1) / 2
		};
		uint32_t last = 4500;

		for (uint32_t ms = 0; ms < 3000; ms++) {
			struct es_score s;

			CHECK(es_score_of(c, &l, ms * 1000, &s));
			CHECK(s.mos_cq_milli <= last && s.mos_cq_milli >= 1000);
			CHECK(s.mos_cq_milli <= s.mos_lq_milli);
			last = s.mos_cq_milli;
		}
	}
}

TEST(score_is_in_range_for_any_numbers)
{
	uint64_t seed = 5;

	for (int i = 0; i < 20000; i++) {
		struct es_effective_loss l;
		struct es_score s;

		l.expected = 1 + ((uint64_t)test_random(&seed) << (test_random(&seed) % 30));
		l.bad = test_random(&seed) % (l.expected + 1);
		l.runs = l.bad == 0 ? 0 : 1 + test_random(&seed) % l.bad;
		CHECK(es_score_of(codec("PCMA"), &l, test_random(&seed) * 2u, &s));
		CHECK(s.r_milli >= 0 && s.r_milli <= 100000);
		CHECK(s.mos_lq_milli >= 1000 && s.mos_lq_milli <= 4500);
		CHECK(s.mos_cq_milli >= 1000 && s.mos_cq_milli <= s.mos_lq_milli);
	}
}

TEST(effective_loss_joins_over_pieces)
{
	struct es_effective_loss l;

	es_effective_loss_init(&l);
	es_effective_loss_add(&l, true, 3);
	es_effective_loss_add(&l, true, 2); /* the same run, told in two pieces */
	es_effective_loss_add(&l, true, 0);
	es_effective_loss_add(&l, false, 10);
	es_effective_loss_add(&l, true, 1);
	CHECK_EQ(l.expected, 16);
	CHECK_EQ(l.bad, 6);
	CHECK_EQ(l.runs, 2);
}
