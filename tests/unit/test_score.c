/* SPDX-License-Identifier: Apache-2.0 */
/* Scores: the codec table, clean values, and what must hold for any losses. */
#include "probes/quality/frozen.h"
#include "probes/quality/opinion.h"

#include "harness.h"

enum { SEQS = 256 };

static const struct es_codec *
codec(const char *name)
{
	return es_codec_find(es_slice_str(name), 0);
}

static const struct es_equipment *
equipment(const char *name)
{
	struct es_codec_use use = { .codec = codec(name), .ptime_us = 20000 };

	return es_equipment_of(&use);
}

static const struct es_equipment *
equipment_used(const char *name, struct es_codec_use use)
{
	use.codec = codec(name);
	return es_equipment_of(&use);
}

static struct es_score
score_of_pattern(const struct es_equipment *q, const enum es_fate fate[], unsigned n)
{
	struct es_effective_loss l;
	struct es_score s = { 0 };

	es_effective_loss_init(&l);
	for (unsigned i = 0; i < n; i++)
		es_effective_loss_add(&l, fate[i], 1);
	(void)es_score_of(q, &l, ES_DELAY_UNKNOWN, &s); /* n > 0 */
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

TEST(codec_names_ignore_case_and_distinguish_rates)
{
	CHECK_STR(es_codec_find(es_slice_str("pcmu"), 8000)->name, "PCMU");
	CHECK(es_codec_find(es_slice_str("PCMU"), 16000) == NULL);
	CHECK_EQ(es_codec_find(es_slice_str("SPEEX"), 16000)->band, ES_BAND_WB);
	CHECK_EQ(es_codec_find(es_slice_str("OPUS"), 48000)->clock_rate_hz, 48000);
	CHECK_EQ(es_codec_find(es_slice_str("telephone-event"), 48000)->kind, ES_CODEC_EVENT);
	CHECK(es_codec_find(es_slice_str("PCMUX"), 0) == NULL);
	CHECK(es_codec_find(es_slice_of(NULL, 0), 0) == NULL);
}

static const char *const every[] = { "PCMU", "PCMA", "GSM", "G729", "G723", "GSM-EFR", "GSM-HR-08",
	"speex", "AMR", "G726-16", "G726-24", "G726-32", "G726-40", "G728", "iLBC", "L16", "SILK",
	"G722", "AMR-WB", "G7221", "opus" };

enum { N_EVERY = sizeof(every) / sizeof(every[0]) };

TEST(score_is_absent_without_constants)
{
	static const char *const names[] = { "EVRC", "BV32", "CN", "telephone-event", "H264" };
	struct es_effective_loss l = { .expected = 0 };
	struct es_codec_use nothing = { 0 };
	struct es_score s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(codec(names[i]) != NULL);
		CHECK(equipment(names[i]) == NULL);
	}
	CHECK(equipment("EVS") == NULL); /* its rate is not known without a payload */
	CHECK(es_equipment_of(&nothing) == NULL);
	CHECK(!es_score_of(equipment("PCMU"), &l, 0, &s));
}

TEST(equipment_knows_modes_by_payload_size)
{
	static const struct {
		const char *codec;
		uint32_t bytes, ptime_ms;
		uint32_t ie_milli;
	} rows[] = {
		{ "AMR", 33, 20, 11600 },    /* 12.2 octet-aligned */
		{ "AMR", 32, 20, 11600 },    /* bandwidth-efficient */
		{ "AMR", 14, 20, 35600 },    /* 4.75 */
		{ "AMR", 27, 40, 35600 },    /* two frames of 4.75 */
		{ "AMR", 77, 20, 11600 },    /* nobody knows: the highest */
		{ "AMR-WB", 34, 20, 45400 }, /* 12.65 */
		{ "AMR-WB", 62, 20, 28000 }, /* 23.85 */
		{ "AMR-WB", 18, 20, 81400 }, /* 6.6 */
		{ "G722", 160, 20, 1000 },
		{ "G722", 120, 20, 19000 },
		{ "G723", 24, 30, 15000 },
		{ "G723", 20, 30, 19000 },
		{ "EVS", 61, 20, 7200 },
		{ "EVS", 33, 20, 17100 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct es_equipment *q = equipment_used(
		    rows[i].codec, (struct es_codec_use){ .payload_bytes = rows[i].bytes,
				       .ptime_us = rows[i].ptime_ms * 1000 });

		CHECK(q != NULL && q->ie_milli == rows[i].ie_milli);
	}
}

/* 33 bytes are one frame of 12.2 kbit/s, and two of 5.9. */
TEST(equipment_knows_modes_of_amr_in_two_channels)
{
	struct es_codec_use use = { .payload_bytes = 33, .ptime_us = 20000, .channels = 2 };

	CHECK_EQ(equipment_used("AMR", use)->ie_milli, 30100);
	use.channels = 1;
	CHECK_EQ(equipment_used("AMR", use)->ie_milli, 11600);
}

TEST(equipment_of_opus_is_of_the_band_agreed_on)
{
	struct es_codec_use nb = { .band = ES_BAND_NB };
	struct es_codec_use wb_fec = { .band = ES_BAND_WB, .has_fec = true };

	CHECK_EQ(equipment_used("opus", nb)->band, ES_BAND_NB);
	CHECK_EQ(equipment_used("opus", wb_fec)->band, ES_BAND_WB);
	CHECK(equipment_used("opus", wb_fec)->repairs_lone);
	CHECK_EQ(equipment("opus")->band, ES_BAND_FB);
	CHECK_STR(es_score_model(equipment("opus")), "es-fb/1");
	CHECK_STR(es_score_model(equipment("G722")), "es-wb/2");
	CHECK_STR(es_score_model(equipment("PCMU")), "es-nb/3");
}

TEST(score_without_loss_is_the_clean_value)
{
	struct es_effective_loss l = { .expected = 12345 };
	struct es_score s;

	for (size_t i = 0; i < N_EVERY; i++) {
		const struct es_equipment *q = equipment(every[i]);
		enum es_emodel_scale scale = es_equipment_scale(q);
		double r = es_emodel_ro(scale) - q->ie_milli / 1000.0;

		CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
		CHECK_EQ(s.mos_lq_milli, es_score_clean_mos_milli(q));
		CHECK(!s.has_cq);
		CHECK_EQ(s.ie_eff_milli, q->ie_milli);
		CHECK_NEAR(s.r_milli / 1000.0, r, 0.00051);
		CHECK_NEAR(s.mos_lq_milli / 1000.0, es_emodel_mos(scale, r), 0.00051);
	}
}

/* A codec with constants of G.113 is scored by the Recommendation's own formula. */
TEST(score_is_the_e_model_at_common_losses)
{
	struct es_effective_loss l = { .expected = 1000, .bad = 50, .runs = 25 };
	const struct es_equipment *q = equipment("G723");
	struct es_score s;

	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_NEAR(s.r_milli / 1000.0, 93.20621 - es_ie_eff(15, 16.1, 5, 2 * 0.95), 0.001);
	CHECK(es_score_of(q, &l, 200000, &s));
	CHECK(s.has_cq);
	CHECK_NEAR(s.id_milli / 1000.0, 93.2062 - 90.1618, 1e-3);
	CHECK(s.mos_cq_milli < s.mos_lq_milli);
	l.bad = 600;
	l.runs = 60;
	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_EQ(s.r_milli, 0);
	CHECK_EQ(s.mos_lq_milli, 1000);
}

TEST(score_of_derived_constants_is_their_formula)
{
	struct es_effective_loss l = {
		.expected = 1000, .bad = 30, .runs = 20, .frozen = 5, .moved = 2
	};
	const struct es_equipment *q = equipment("PCMU");
	double x = 100 * (30 + 0.13 * 20 + 0.27 * 10 + 1.5 * 5 + 0.7 * 2) / 1000;
	struct es_score s;

	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_NEAR(s.ie_eff_milli / 1000.0, 5 + (76.5 - 5) * x / (x + 9.5), 0.001);
	q = equipment("G722");
	x = 100 * (30 + 0.85 * 20 + 5 + 0.12 * 2) / 1000;
	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_NEAR(s.r_milli / 1000.0, 129 - 1 - (119 - 1.0) * x / (x + 6.4), 0.001);
}

TEST(score_never_rises_with_one_more_bad_packet)
{
	struct es_codec_use fec = { .band = ES_BAND_WB, .has_fec = true };
	uint64_t seed = 11;

	for (int round = 0; round < 4000; round += (int)test_step(7)) {
		const struct es_equipment *q = round % 25 == 24 ? equipment_used("opus", fec)
								: equipment(every[round % N_EVERY]);
		enum es_fate fate[SEQS] = { ES_FATE_GOOD };
		unsigned burstiness = test_random(&seed) % 64;
		unsigned n = 8 + test_random(&seed) % (SEQS - 8);
		struct es_score before = score_of_pattern(q, fate, n);
		unsigned at = 0;

		for (unsigned i = 0; i < n; i++) {
			struct es_score now;

			/* The next lone packet, or one next to the last: runs and lone losses mix. */
			at = test_random(&seed) % 64 < burstiness ? (at + 1) % n
								  : test_random(&seed) % n;
			if (fate[at] == ES_FATE_GOOD)
				fate[at] = test_random(&seed) % 2 ? ES_FATE_LOST : ES_FATE_LATE;
			now = score_of_pattern(q, fate, n);
			CHECK(now.r_milli <= before.r_milli);
			CHECK(now.mos_lq_milli <= before.mos_lq_milli);
			CHECK(now.r_milli >= 0 && now.mos_lq_milli >= 1000);
			before = now;
		}
		CHECK_EQ(before.mos_lq_milli >= 1000 && before.mos_lq_milli <= 4500, true);
	}
}

/* Narrowband; wideband, the reference has lone losses cost more: docs/QUALITY.md. */
static void
check_burstiness(const struct es_equipment *q)
{
	for (uint64_t bad = 1; bad <= 500; bad += 7) {
		uint32_t last = 0;

		for (uint64_t runs = 1; runs <= bad; runs++) { /* fewer runs: burstier */
			struct es_effective_loss l = { .expected = 1000, .bad = bad, .runs = runs };
			struct es_score s;

			CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
			CHECK(s.mos_lq_milli >= last);
			last = s.mos_lq_milli;
		}
	}
}

TEST(score_never_rises_with_burstiness_narrowband)
{
	static const uint32_t ptimes_us[] = { 10000, 20000, 30000, 40000, 60000 };
	unsigned narrow = 0;

	for (size_t i = 0; i < N_EVERY; i++) {
		if (equipment(every[i])->band != ES_BAND_NB)
			continue;
		narrow++;
		check_burstiness(equipment(every[i]));
	}
	CHECK(narrow > 10);
	for (size_t i = 0; i < sizeof(ptimes_us) / sizeof(ptimes_us[0]); i++)
		check_burstiness(
		    equipment_used("PCMU", (struct es_codec_use){ .ptime_us = ptimes_us[i] }));
	check_burstiness(equipment_used("opus", (struct es_codec_use){ .band = ES_BAND_NB }));
	for (uint32_t bytes = 13; bytes <= 32; bytes++) /* modes of AMR */
		check_burstiness(equipment_used(
		    "AMR", (struct es_codec_use){ .ptime_us = 20000, .payload_bytes = bytes }));
}

/* The same share lost in runs of the same time: 40 ms, of packets of 10 and of 40. */
TEST(score_of_g711_takes_runs_by_their_time)
{
	static const struct {
		uint32_t ptime_us;
		uint64_t expected, bad, runs;
	} calls[] = { { 10000, 4000, 160, 40 }, { 20000, 2000, 80, 40 }, { 40000, 1000, 40, 40 } };

	for (unsigned i = 0; i < 3; i++) {
		struct es_effective_loss l = {
			.expected = calls[i].expected, .bad = calls[i].bad, .runs = calls[i].runs
		};
		struct es_score s;

		CHECK(es_score_of(
		    equipment_used("PCMU", (struct es_codec_use){ .ptime_us = calls[i].ptime_us }),
		    &l, ES_DELAY_UNKNOWN, &s));
		CHECK_NEAR(s.ie_eff_milli / 1000.0, 29.0, 0.1);
	}
}

TEST(score_never_rises_with_delay)
{
	for (size_t i = 0; i < N_EVERY; i++) {
		struct es_effective_loss l = { .expected = 1000, .bad = 50, .runs = 20 };
		uint32_t last = 4500;

		for (uint32_t ms = 0; ms < 3000; ms += 3) {
			struct es_score s;

			CHECK(es_score_of(equipment(every[i]), &l, ms * 1000, &s));
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
		const struct es_equipment *q = equipment(every[i % N_EVERY]);
		struct es_effective_loss l = { 0 };
		struct es_score s;

		l.expected = 1 + ((uint64_t)test_random(&seed) << (test_random(&seed) % 30));
		l.bad = test_random(&seed) % (l.expected + 1);
		l.runs = l.bad == 0 ? 0 : 1 + test_random(&seed) % l.bad;
		l.frozen = (uint64_t)test_random(&seed) << (test_random(&seed) % 30);
		CHECK(es_score_of(q, &l, test_random(&seed) * 2u, &s));
		CHECK(s.r_milli >= 0 && s.r_milli <= 148000);
		CHECK(s.mos_lq_milli >= 1000 && s.mos_lq_milli <= 4500);
		CHECK(s.mos_cq_milli >= 1000 && s.mos_cq_milli <= s.mos_lq_milli);
	}
}

/* Half a minute at 20 ms, the last third of it with every fifth packet lost. */
TEST(opinion_is_the_mean_of_windows_in_r)
{
	const struct es_equipment *q = equipment("PCMU");
	struct es_effective_loss bad = { .expected = 512, .bad = 102, .runs = 102 };
	struct es_opinion_result r;
	struct es_opinion o = { 0 };
	struct es_score s;

	CHECK(!es_opinion_result(&o, q, &r));
	(void)es_score_of(q, &bad, ES_DELAY_UNKNOWN, &s);
	for (unsigned block = 0; block < 6; block++) {
		struct es_effective_loss l = { 0 };
		struct es_score of_block;

		for (unsigned i = 0; i < 256; i++) {
			bool is_bad = block >= 4 && i % 5 == 0;

			es_effective_loss_add(&l, is_bad ? ES_FATE_LOST : ES_FATE_GOOD, 1);
			es_effective_loss_add(&o.open, is_bad ? ES_FATE_LOST : ES_FATE_GOOD, 1);
		}
		(void)es_score_of(q, &l, ES_DELAY_UNKNOWN, &of_block);
		es_opinion_block(&o, q, &l, of_block.r_milli, 20000);
	}
	CHECK(es_opinion_result(&o, q, &r));
	CHECK_NEAR(r.r_milli / 1000.0, (2 * (93.206 - 5) + s.r_milli / 1000.0) / 3, 0.3);
	CHECK(r.has_p10);
	CHECK_NEAR(r.mos_p10_milli / 1000.0, s.mos_lq_milli / 1000.0, 0.1);
}

TEST(frozen_frames_are_reported_once_with_their_block)
{
	struct es_frozen f = { 0 };

	es_frozen_add(&f, 100, 3);
	es_frozen_add(&f, 300, 5);
	CHECK_EQ(es_frozen_take(&f, 255), 3);
	CHECK_EQ(es_frozen_take(&f, 255), 0);
	for (unsigned i = 0; i < 2 * ES_FROZEN_EVENTS; i++)
		es_frozen_add(&f, 400 + i, 1);
	CHECK_EQ(es_frozen_take(&f, 511), 5 + 2 * ES_FROZEN_EVENTS);
	CHECK_EQ(f.times, 2 + 2 * ES_FROZEN_EVENTS);
}

/* In-band FEC brings the last packet of a run that is lost, not of one that comes late. */
TEST(effective_loss_counts_runs_that_end_lost)
{
	struct es_codec_use fec = { .band = ES_BAND_WB, .has_fec = true };
	const struct es_equipment *q = equipment_used("opus", fec);
	static const enum es_fate fates[2] = { ES_FATE_LOST, ES_FATE_LATE };
	struct es_score s[2];

	for (unsigned i = 0; i < 2; i++) {
		struct es_effective_loss l;

		es_effective_loss_init(&l);
		es_effective_loss_add(&l, ES_FATE_GOOD, 100);
		es_effective_loss_add(&l, fates[1 - i], 1);
		es_effective_loss_add(&l, fates[i], 1); /* the last one counts */
		es_effective_loss_add(&l, ES_FATE_GOOD, 100);
		es_effective_loss_add(&l, fates[i], 1);
		es_effective_loss_add(&l, ES_FATE_GOOD, 100);
		es_effective_loss_add(&l, fates[i], 1); /* no good one follows */
		CHECK_EQ(l.runs, 3);
		CHECK_EQ(l.ended, i == 0 ? 2 : 0);
		CHECK_EQ(l.lone, i == 0 ? 1 : 0);
		CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s[i]));
	}
	CHECK(s[0].mos_lq_milli > s[1].mos_lq_milli);
}

TEST(effective_loss_joins_over_pieces)
{
	struct es_effective_loss l;

	es_effective_loss_init(&l);
	es_effective_loss_add(&l, ES_FATE_LOST, 3);
	es_effective_loss_add(&l, ES_FATE_LOST, 2); /* the same run, added in two pieces */
	es_effective_loss_add(&l, ES_FATE_LOST, 0);
	es_effective_loss_add(&l, ES_FATE_GOOD, 10);
	es_effective_loss_add(&l, ES_FATE_LOST, 1);
	CHECK_EQ(l.expected, 16);
	CHECK_EQ(l.bad, 6);
	CHECK_EQ(l.runs, 2);
}

/* A window that begins in the midst of a run that a repair ends: nothing of it is bad, and one ended. */
TEST(score_is_never_above_clean)
{
	struct es_codec_use fec = { .band = ES_BAND_WB, .has_fec = true, .ptime_us = 20000 };
	const struct es_equipment *q = equipment_used("opus", fec);
	struct es_effective_loss l = { .expected = 100, .ended = 4, .lone = 4 };
	struct es_score s = { 0 };

	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_EQ(s.mos_lq_milli, es_score_clean_mos_milli(q));
	l = (struct es_effective_loss){ .expected = 100, .more = { .bad = -50, .runs = -50 } };
	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	CHECK_EQ(s.mos_lq_milli, es_score_clean_mos_milli(q));
}
