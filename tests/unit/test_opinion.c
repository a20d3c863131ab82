/* SPDX-License-Identifier: Apache-2.0 */
/* The course of a stream: when windows close, what a change of codec does; every row of the table of
 * impairments; waits of the buffer. */
#include "probes/quality/frozen.h"
#include "probes/quality/opinion.h"

#include "harness.h"

enum { BLOCK = 256 };

static const struct es_equipment *
equipment(const char *name)
{
	struct es_codec_use use = { .codec = es_codec_find(es_slice_str(name), 0) };

	return es_equipment_of(&use);
}

/* A block of which every n-th packet is bad, 0: none. */
static void
block(struct es_opinion *o, const struct es_equipment *q, unsigned every_nth, uint32_t ptime_us)
{
	struct es_effective_loss l;
	struct es_score s;

	es_effective_loss_init(&l);
	for (unsigned i = 0; i < BLOCK; i++) {
		bool bad = every_nth != 0 && i % every_nth == every_nth / 2;

		es_effective_loss_add(&l, bad ? ES_FATE_LOST : ES_FATE_GOOD, 1);
		es_effective_loss_add(&o->open, bad ? ES_FATE_LOST : ES_FATE_GOOD, 1);
	}
	CHECK(es_score_of(q, &l, ES_DELAY_UNKNOWN, &s));
	es_opinion_block(o, q, &l, s.r_milli, ptime_us);
}

TEST(opinion_window_closes_at_the_first_block_after_ten_seconds)
{
	static const struct {
		uint32_t ptime_us;
		unsigned blocks;
	} rows[] = { { 10000, 4 }, { 20000, 2 }, { 30000, 2 }, { 40000, 1 }, { 0, 2 } };
	const struct es_equipment *q = equipment("PCMU");

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct es_opinion o = { 0 };

		for (unsigned i = 1; i <= 3 * rows[k].blocks; i++) {
			block(&o, q, 0, rows[k].ptime_us);
			CHECK_EQ(o.band.packets, i / rows[k].blocks * rows[k].blocks * BLOCK);
			CHECK_EQ(o.open.expected, i % rows[k].blocks * BLOCK);
		}
	}
}

/* A stream that ends in mid-window: what is open counts by its length, and asking changes nothing. */
TEST(opinion_counts_what_is_open_by_its_length)
{
	const struct es_equipment *q = equipment("PCMU");
	struct es_opinion o = { 0 };
	struct es_opinion_result r, again;
	struct es_score clean, bad;
	struct es_effective_loss lossy = { .expected = BLOCK, .bad = 32, .runs = 32 };
	struct es_effective_loss none = { .expected = BLOCK };

	block(&o, q, 0, 20000);
	block(&o, q, 0, 20000);
	block(&o, q, 8, 20000);
	CHECK(es_score_of(q, &none, ES_DELAY_UNKNOWN, &clean));
	CHECK(es_score_of(q, &lossy, ES_DELAY_UNKNOWN, &bad));
	CHECK(es_opinion_result(&o, q, &r));
	CHECK(es_opinion_result(&o, q, &again));
	CHECK_NEAR(r.r_milli, (2 * clean.r_milli + bad.r_milli) / 3.0, 2);
	CHECK_EQ(r.r_milli, again.r_milli);
	CHECK_EQ(o.open.expected, BLOCK);
}

/* Where it was reported in two windows, half of it bad: the mean in R, not the score of all losses at once. */
TEST(opinion_is_kinder_than_one_formula_over_all)
{
	const struct es_equipment *q = equipment("G729");
	struct es_effective_loss all = { .expected = 4 * BLOCK, .bad = 128, .runs = 128 };
	struct es_opinion o = { 0 };
	struct es_opinion_result r;
	struct es_score flat;

	block(&o, q, 0, 20000);
	block(&o, q, 0, 20000);
	block(&o, q, 4, 20000);
	block(&o, q, 4, 20000);
	CHECK(es_score_of(q, &all, ES_DELAY_UNKNOWN, &flat));
	CHECK(es_opinion_result(&o, q, &r));
	CHECK(r.r_milli > flat.r_milli + 2000);
	CHECK(r.mos_p10_milli < flat.mos_lq_milli);
}

static void
set_codec(struct es_opinion *o, const char *name)
{
	es_opinion_set_codec(o, es_codec_find(es_slice_str(name), 0), 0);
}

/* Twenty seconds of G.711, then ten of G.722, then five of full band: each on its own scale, and alone. */
TEST(opinion_keeps_bands_apart)
{
	static const char *const names[] = { "PCMU", "G722", "opus" };
	static const unsigned n[] = { 4, 2, 1 };
	struct es_opinion_band more[ES_OPINION_MORE] = { 0 };
	struct es_opinion o = { 0 };
	struct es_opinion_result r;

	for (unsigned k = 0; k < 3; k++) {
		set_codec(&o, names[k]);
		CHECK_EQ(es_opinion_wants_more(&o, equipment(names[k])), k == 1);
		o.more = k > 0 ? more : NULL;
		for (unsigned i = 0; i < n[k]; i++)
			block(&o, equipment(names[k]), 0, 20000);
	}
	for (unsigned k = 0; k < 3; k++) {
		CHECK(es_opinion_result(&o, equipment(names[k]), &r));
		CHECK_EQ(r.mos_lq_milli, es_score_clean_mos_milli(equipment(names[k])));
		CHECK_EQ(r.mos_p10_milli, r.mos_lq_milli);
		CHECK_NEAR(r.share_ppm, n[k] * 1e6 / 7, 2);
	}
}

/* A window of one codec alone: what follows of another one, in the midst of ten seconds, is the next. */
TEST(opinion_window_ends_with_its_codec)
{
	const struct es_equipment *g729 = equipment("G729");
	const struct es_equipment *pcmu = equipment("PCMU");
	struct es_opinion o = { 0 };
	struct es_opinion_result r;
	struct es_score clean[2];
	struct es_effective_loss none = { .expected = BLOCK };

	set_codec(&o, "G729");
	block(&o, g729, 0, 20000);
	set_codec(&o, "PCMU");
	CHECK_EQ(o.open.expected, 0);
	CHECK_EQ(o.band.packets, BLOCK);
	block(&o, pcmu, 0, 20000);
	CHECK(es_score_of(g729, &none, ES_DELAY_UNKNOWN, &clean[0]));
	CHECK(es_score_of(pcmu, &none, ES_DELAY_UNKNOWN, &clean[1]));
	CHECK(es_opinion_result(&o, pcmu, &r));
	CHECK_NEAR(r.r_milli, (clean[0].r_milli + clean[1].r_milli) / 2.0, 2);
	CHECK_EQ(r.share_ppm, 0);
	CHECK_EQ(r.clean_mos_lq_milli, r.mos_lq_milli);
}

/* Whichever led: what the score is held against has the same shares of the same codecs. */
TEST(opinion_is_clean_by_the_codecs_of_its_windows)
{
	const struct es_equipment *q[] = { equipment("G729"), equipment("PCMU") };

	for (unsigned led = 0; led < 2; led++) {
		struct es_opinion o = { 0 };
		struct es_opinion_result r;

		set_codec(&o, led == 0 ? "PCMU" : "G729");
		block(&o, q[1 - led], 20, 20000);
		set_codec(&o, led == 0 ? "G729" : "PCMU");
		for (unsigned i = 0; i < 3; i++)
			block(&o, q[led], 0, 20000);
		CHECK(es_opinion_result(&o, q[led], &r));
		CHECK(r.mos_lq_milli + 20 < r.clean_mos_lq_milli);
		CHECK(r.clean_mos_lq_milli > es_score_clean_mos_milli(q[0]) + 50);
		CHECK(r.clean_mos_lq_milli + 50 < es_score_clean_mos_milli(q[1]));
	}
	for (unsigned i = 0; i < 2; i++) {
		struct es_opinion o = { 0 };
		struct es_opinion_result r;

		for (unsigned k = 0; k < 7; k++)
			block(&o, q[i], 10, 20000);
		CHECK(es_opinion_result(&o, q[i], &r));
		CHECK_EQ(r.clean_mos_lq_milli, es_score_clean_mos_milli(q[i]));
	}
}

/* A band that found no place, and a codec without constants: no part of any score, and not forgotten. */
TEST(opinion_says_what_it_does_not_stand_for)
{
	struct es_opinion o = { 0 };
	struct es_opinion_result r;

	set_codec(&o, "PCMU");
	block(&o, equipment("PCMU"), 0, 20000);
	set_codec(&o, "G722");
	block(&o, equipment("G722"), 2, 20000);
	set_codec(&o, "EVRC");
	es_effective_loss_add(&o.open, ES_FATE_LOST, 2 * BLOCK);
	set_codec(&o, "PCMU");
	CHECK(es_opinion_result(&o, equipment("PCMU"), &r));
	CHECK_EQ(r.mos_lq_milli, es_score_clean_mos_milli(equipment("PCMU")));
	CHECK_NEAR(r.share_ppm, 250000, 2);
	CHECK(!es_opinion_result(&o, equipment("G722"), &r));
}

/* What was heard before SDP named the codec is of that codec. */
TEST(opinion_of_a_payload_that_is_explained_later_is_whole)
{
	struct es_opinion o = { 0 };
	struct es_opinion_result r;

	es_opinion_set_codec(&o, NULL, 1);
	es_effective_loss_add(&o.open, ES_FATE_GOOD, BLOCK);
	es_opinion_set_codec(&o, es_codec_find(es_slice_str("opus"), 0), 1);
	block(&o, equipment("opus"), 0, 20000);
	CHECK(es_opinion_result(&o, equipment("opus"), &r));
	CHECK_EQ(r.share_ppm, 0);
	CHECK_EQ(o.band.packets, 2 * BLOCK);
}

/* A window of losses alone and one of as many in runs, half of them late: parts by their mean. */
TEST(opinion_has_the_terms_of_its_windows)
{
	static const char *const names[] = { "PCMU", "G722", "G723" };

	for (unsigned k = 0; k < 3; k++) {
		const struct es_equipment *q = equipment(names[k]);
		int32_t ro_milli = (int32_t)(es_emodel_ro(es_equipment_scale(q)) * 1000 + 0.5);
		struct es_effective_loss window[2] = { { .expected = 512, .bad = 30, .runs = 30 },
			{ .expected = 512, .bad = 30, .runs = 6, .ended = 3, .late = 15 } };
		struct es_opinion o = { 0 };
		struct es_opinion_result r;
		struct es_score s[2];

		for (unsigned i = 0; i < 2; i++) {
			CHECK(es_score_of(q, &window[i], ES_DELAY_UNKNOWN, &s[i]));
			o.open = window[i];
			es_opinion_block(&o, q, &window[i], s[i].r_milli, 20000);
		}
		CHECK_EQ(o.band.packets, 1024);
		CHECK(es_opinion_result(&o, q, &r));
		CHECK_NEAR(r.ie_eff_milli, (s[0].ie_eff_milli + s[1].ie_eff_milli) / 2.0, 1);
		CHECK(s[0].ie_discard_milli == 0 && s[1].ie_discard_milli > 0);
		CHECK_NEAR(r.ie_discard_milli, s[1].ie_discard_milli / 2.0, 1);
		CHECK_EQ(s[0].ie_burst_milli, 0);
		CHECK((q->band == ES_BAND_NB) == (s[1].ie_burst_milli > 0));
		CHECK_NEAR(r.ie_burst_milli, s[1].ie_burst_milli / 2.0, 1);
		CHECK((q->band == ES_BAND_WB) == (s[1].burst_relief_milli > 0));
		CHECK_NEAR(r.burst_relief_milli, s[1].burst_relief_milli / 2.0, 1);
		CHECK_EQ(
		    r.r_milli, ro_milli - (int32_t)r.ie_eff_milli + (int32_t)r.burst_relief_milli);
	}
}

TEST(opinion_keeps_the_shares_of_a_stream_of_days)
{
	const struct es_equipment *q = equipment("PCMU");
	struct es_effective_loss clean = { .expected = BLOCK };
	struct es_opinion_result r;
	struct es_opinion o = { 0 };

	for (unsigned i = 0; i < 400000; i++) { /* 23 days: 3 of 20 blocks at R 40 */
		o.open.expected += BLOCK;
		es_opinion_block(&o, q, &clean, i % 20 < 3 ? 40000 : 86000, 20000);
	}
	CHECK(es_opinion_result(&o, q, &r));
	CHECK_NEAR(r.mos_p10_milli, es_score_mos_milli(q, 42000), 30); /* of a bin of 4 R */
}

/* Blocks cut short by silences say nothing of a tenth. */
TEST(opinion_of_short_blocks_has_no_percentile)
{
	const struct es_equipment *q = equipment("PCMU");
	struct es_effective_loss piece = { .expected = ES_OPINION_BLOCK_MIN - 1 };
	struct es_opinion_result r;
	struct es_opinion o = { 0 };

	for (unsigned i = 0; i < 40; i++) {
		o.open.expected += piece.expected;
		es_opinion_block(&o, q, &piece, 86000, 20000);
	}
	CHECK(es_opinion_result(&o, q, &r));
	CHECK(!r.has_p10);
}

static void
check_row(const struct es_equipment *q)
{
	uint32_t ro_milli = (uint32_t)(es_emodel_ro(es_equipment_scale(q)) * 1000 + 0.5);
	uint32_t top_milli = q->band == ES_BAND_NB   ? 95000
			     : q->band == ES_BAND_WB ? 129000
						     : 148000;

	CHECK(q->basis >= ES_BASIS_ITU && q->basis <= ES_BASIS_PLACEHOLDER);
	CHECK(q->ie_milli < ro_milli);
	CHECK(q->bpl_milli >= 1000 && q->bpl_milli <= 40000);
	CHECK(q->after_milli <= 1000); /* more, and a lost packet that joins two runs would help */
	CHECK(q->burst_milli <= 1000 && q->shifted_milli <= 3000);
	CHECK(q->limit_milli == 0 || (q->limit_milli > q->ie_milli && q->limit_milli <= top_milli));
	CHECK(q->basis != ES_BASIS_ITU || (q->limit_milli == 0 && q->after_milli == 0));
	CHECK(q->basis != ES_BASIS_DERIVED || q->limit_milli != 0);
	CHECK(es_score_clean_mos_milli(q) > 1000 && es_score_clean_mos_milli(q) <= 4500);
}

TEST(equipment_rows_are_in_range_for_every_use)
{
	static const char *const names[] = { "PCMU", "PCMA", "GSM", "G729", "G723", "GSM-EFR",
		"GSM-HR-08", "speex", "AMR", "G726-16", "G726-24", "G726-32", "G726-40", "G728",
		"iLBC", "L16", "SILK", "G722", "AMR-WB", "G7221", "opus", "EVS" };
	static const uint32_t rates[] = { 8000, 16000, 48000 };
	unsigned rows = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		for (unsigned k = 0; k < 3 * 4 * 2 * 2 * 400; k++) {
			struct es_codec_use use = {
				.codec = es_codec_find(es_slice_str(names[n]), rates[k % 3]),
				.band = (enum es_band)(k / 3 % 4 + 1),
				.has_fec = k / 12 % 2 == 1,
				.has_no_concealment = k / 24 % 2 == 1,
				.ptime_us = 20000,
				.payload_bytes = k / 48,
			};
			const struct es_equipment *q = es_equipment_of(&use);

			if (q == NULL)
				continue;
			rows++;
			check_row(q);
		}
	}
	CHECK(rows > 10000);
}

/* Of one codec a mode of more bits is not worse, but for what G.113 and the fits say themselves. */
TEST(equipment_of_amr_is_better_at_higher_rates)
{
	static const uint32_t bytes[] = { 13, 14, 16, 18, 19, 21, 26, 31 }; /* packed */
	uint32_t last = 0;

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct es_codec_use use = { .codec = es_codec_find(es_slice_str("AMR"), 8000),
			.ptime_us = 20000,
			.payload_bytes = bytes[i] + 1 };
		uint32_t clean = es_score_clean_mos_milli(es_equipment_of(&use));

		CHECK(clean > last);
		last = clean;
	}
}

TEST(frozen_events_wait_for_their_own_block)
{
	struct es_frozen f = { 0 };

	CHECK_EQ(es_frozen_take(&f, UINT64_MAX), 0);
	es_frozen_add(&f, 255, 1);
	es_frozen_add(&f, 256, 10);
	es_frozen_add(&f, 511, 100);
	CHECK_EQ(es_frozen_take(&f, 254), 0);
	CHECK_EQ(es_frozen_take(&f, 255), 1);
	CHECK_EQ(es_frozen_take(&f, 511), 110);
	CHECK_EQ(f.n, 0);
	CHECK_EQ(f.times, 3);
}

TEST(frozen_counts_end_at_their_top)
{
	struct es_frozen f = { 0 };

	es_frozen_add(&f, 1, UINT32_MAX);
	es_frozen_add(&f, 2, UINT32_MAX);
	CHECK_EQ(es_frozen_take(&f, 1), UINT32_MAX);
	for (unsigned i = 0; i < 2 * ES_FROZEN_EVENTS; i++)
		es_frozen_add(&f, 3 + i, UINT32_MAX);
	CHECK_EQ(es_frozen_take(&f, 1000), UINT32_MAX);
	f.times = UINT32_MAX;
	es_frozen_add(&f, 1001, 1);
	CHECK_EQ(f.times, UINT32_MAX);
}
