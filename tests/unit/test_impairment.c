/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of a score, over every row of the table of impairments: whole, parts, and what grows. */
#include "probes/quality/score.h"

#include "harness.h"

enum { ROWS_MAX = 128, SEQS = 512, ROUNDS = 60 };

static const struct es_equipment *rows[ROWS_MAX];
static unsigned n_rows;

static void
add_row(const struct es_equipment *q)
{
	if (q == NULL)
		return;
	for (unsigned i = 0; i < n_rows; i++)
		if (rows[i] == q)
			return;
	if (n_rows < ROWS_MAX)
		rows[n_rows++] = q;
}

/* All rows that any use of any codec leads to. */
static void
find_rows(void)
{
	static const char *const names[] = { "PCMU", "PCMA", "GSM", "G729", "G723", "GSM-EFR",
		"GSM-HR-08", "speex", "AMR", "G726-16", "G726-24", "G726-32", "G726-40", "G728",
		"iLBC", "L16", "SILK", "G722", "AMR-WB", "G7221", "opus", "EVS" };
	static const uint32_t rates[] = { 8000, 16000, 24000, 48000 };
	static const uint32_t ptimes_us[] = { 10000, 20000, 30000, 40000 };

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		for (unsigned k = 0; k < 4 * 4 * 4 * 2 * 2 * 170; k++) {
			struct es_codec_use use = {
				.codec = es_codec_find(es_slice_str(names[n]), rates[k % 4]),
				.band = (enum es_band)(k / 4 % 4 + 1),
				.ptime_us = ptimes_us[k / 16 % 4],
				.has_fec = k / 64 % 2 == 1,
				.has_no_concealment = k / 128 % 2 == 1,
				.payload_bytes = k / 256,
			};

			add_row(es_equipment_of(&use));
		}
	}
}

/* Packets in the order of playing. */
struct pattern {
	enum es_fate fate[SEQS];
	unsigned n;
};

static struct es_effective_loss
loss_of(const struct pattern *p)
{
	struct es_effective_loss l;

	es_effective_loss_init(&l);
	for (unsigned i = 0; i < p->n; i++) {
		es_effective_loss_add(&l, p->fate[i], 1);
		l.late += p->fate[i] == ES_FATE_LATE;
	}
	return l;
}

static struct es_score
score_of(const struct es_equipment *q, const struct es_effective_loss *l)
{
	struct es_score s = { 0 };

	(void)es_score_of(q, l, ES_DELAY_UNKNOWN, &s); /* packets are expected */
	return s;
}

static enum es_fate
bad_fate(uint64_t *seed)
{
	return test_random(seed) % 2 == 0 ? ES_FATE_LOST : ES_FATE_LATE;
}

/* Runs of 1 to 8 bad packets, apart, in a share that differs from call to call. */
static struct pattern
any_pattern(uint64_t *seed)
{
	struct pattern p = { .n = 40 + test_random(seed) % (SEQS - 40) };
	unsigned gap = 1 + test_random(seed) % 60;
	unsigned run = 1 + test_random(seed) % 8;
	unsigned at = 1 + test_random(seed) % gap;

	while (at < p.n - 1) { /* the last is good: a copy comes with it */
		for (unsigned end = at + 1 + test_random(seed) % run; at < end && at < p.n - 1;
		     at++)
			p.fate[at] = bad_fate(seed);
		at += 1 + test_random(seed) % gap;
	}
	return p;
}

/* The same packets, with a good stretch between two runs put behind the second: one run of both. */
static bool
join_runs(struct pattern *p, uint64_t *seed)
{
	unsigned from = test_random(seed) % p->n;
	unsigned first;
	unsigned second;
	unsigned end;
	unsigned bad;

	for (first = from; first < p->n && p->fate[first] == ES_FATE_GOOD; first++)
		;
	for (first++; first < p->n && p->fate[first] != ES_FATE_GOOD; first++)
		;
	for (second = first; second < p->n && p->fate[second] == ES_FATE_GOOD; second++)
		;
	for (end = second; end < p->n && p->fate[end] != ES_FATE_GOOD; end++)
		;
	if (second >= p->n)
		return false;
	bad = end - second;
	memmove(&p->fate[first], &p->fate[second], bad * sizeof(p->fate[0]));
	for (unsigned i = first + bad; i < end; i++)
		p->fate[i] = ES_FATE_GOOD;
	return true;
}

TEST(impairment_knows_every_row)
{
	unsigned relieved = 0;

	find_rows();
	for (unsigned i = 0; i < n_rows; i++)
		relieved += rows[i]->after_milli > rows[i]->burst_milli;
	CHECK(n_rows >= 57 && n_rows < ROWS_MAX);
	CHECK(relieved > 10);
}

TEST(ie_eff_never_falls_as_runs_join)
{
	uint64_t seed = 21;

	find_rows();
	for (unsigned k = 0; k < n_rows * ROUNDS; k++) {
		struct pattern p = any_pattern(&seed);
		struct es_effective_loss before = loss_of(&p);

		while (join_runs(&p, &seed)) {
			struct es_effective_loss now = loss_of(&p);

			CHECK_EQ(now.bad, before.bad);
			CHECK(now.runs < before.runs);
			CHECK(score_of(rows[k % n_rows], &now).ie_eff_milli >=
			      score_of(rows[k % n_rows], &before).ie_eff_milli);
			before = now;
		}
	}
}

/* The formula alone: any number of runs, with a buffer that waits and moves. */
TEST(ie_eff_never_falls_as_the_burst_ratio_grows)
{
	find_rows();
	for (unsigned k = 0; k < n_rows; k++) {
		for (uint64_t bad = 1; bad <= 500; bad += 13 * test_step(3)) {
			uint32_t last = 0;

			for (uint64_t runs = bad; runs > 0; runs--) {
				struct es_effective_loss l = {
					.expected = 1000, .bad = bad, .runs = runs, .frozen = k % 5
				};
				uint32_t ie = score_of(rows[k], &l).ie_eff_milli;

				CHECK(ie >= last);
				last = ie;
			}
		}
	}
}

TEST(ie_eff_never_falls_with_one_more_packet_lost_or_late)
{
	uint64_t seed = 22;

	find_rows();
	for (unsigned k = 0; k < n_rows * ROUNDS; k += test_step(11)) {
		struct pattern p = any_pattern(&seed);
		struct es_effective_loss l = loss_of(&p);
		uint32_t last = score_of(rows[k % n_rows], &l).ie_eff_milli;
		unsigned at = test_random(&seed) % p.n;

		for (unsigned step = 0; step < 40; step++) {
			/* One next to the last makes runs longer, one elsewhere adds them. */
			at =
			    test_random(&seed) % 2 == 0 ? (at + 1) % p.n : test_random(&seed) % p.n;
			if (p.fate[at] == ES_FATE_GOOD)
				p.fate[at] = bad_fate(&seed);
			l = loss_of(&p);
			CHECK(score_of(rows[k % n_rows], &l).ie_eff_milli >= last);
			last = score_of(rows[k % n_rows], &l).ie_eff_milli;
		}
	}
}

static int64_t
any_weight(uint64_t *seed, uint64_t packets)
{
	return (int64_t)packets * ((int64_t)(test_random(seed) % 16) - 13);
}

TEST(terms_add_up_to_the_thousandth)
{
	uint64_t seed = 23;

	find_rows();
	for (unsigned k = 0; k < n_rows * ROUNDS * 4; k++) {
		const struct es_equipment *q = rows[k % n_rows];
		int32_t ro_milli = (int32_t)(es_emodel_ro(es_equipment_scale(q)) * 1000 + 0.5);
		struct pattern p = any_pattern(&seed);
		struct es_effective_loss l = loss_of(&p);
		struct es_score s;

		l.frozen = test_random(&seed) % 3 * 10;
		l.moved = test_random(&seed) % 3 * 5;
		if (k % 2 == 0) { /* payloads showed pauses */
			l.more.bad = any_weight(&seed, l.bad - l.ended);
			l.more.last = any_weight(&seed, l.ended);
			l.more.runs = any_weight(&seed, l.runs - l.lone);
			l.more.lone = any_weight(&seed, l.lone);
		}
		s = score_of(q, &l);
		CHECK_EQ(
		    s.r_milli, ro_milli - (int32_t)s.ie_eff_milli + (int32_t)s.burst_relief_milli);
		CHECK(s.r_milli >= 0 && s.ie_eff_milli >= q->ie_milli);
		CHECK(s.ie_eff_milli <= (uint32_t)ro_milli);
		CHECK(s.ie_discard_milli <= s.ie_eff_milli - q->ie_milli);
		CHECK(s.ie_burst_milli <= s.ie_eff_milli - q->ie_milli);
		CHECK(s.ie_burst_milli == 0 || s.burst_relief_milli == 0);
		CHECK(q->after_milli > q->burst_milli || s.burst_relief_milli == 0);
	}
}

/* Whatever is counted and weighed: windows begin and end in the midst of runs. */
TEST(terms_are_in_range_for_any_numbers)
{
	uint64_t seed = 27;

	find_rows();
	for (unsigned k = 0; k < n_rows * 1000; k++) {
		const struct es_equipment *q = rows[k % n_rows];
		uint32_t ro_milli = (uint32_t)(es_emodel_ro(es_equipment_scale(q)) * 1000 + 0.5);
		struct es_effective_loss l = { .expected = 1 + test_random(&seed) % 4000 };
		struct es_score s;

		l.bad = test_random(&seed) % (l.expected / 2 + 1);
		l.runs = l.bad == 0 ? 0 : 1 + test_random(&seed) % l.bad;
		l.ended = test_random(&seed) % (l.runs + 2);
		l.lone = test_random(&seed) % (l.ended + 1);
		l.late = test_random(&seed) % (k % 2 == 0 ? 4 : l.expected);
		l.more.bad = any_weight(&seed, l.bad);
		l.more.last = any_weight(&seed, l.ended);
		l.more.runs = any_weight(&seed, l.runs);
		l.more.lone = any_weight(&seed, l.lone);
		s = score_of(q, &l);
		CHECK(s.ie_eff_milli >= q->ie_milli && s.ie_eff_milli <= ro_milli);
		CHECK(s.ie_discard_milli <= s.ie_eff_milli && s.ie_burst_milli <= s.ie_eff_milli);
		CHECK(s.burst_relief_milli <= s.ie_eff_milli);
		CHECK_EQ(ro_milli - (uint32_t)s.r_milli, s.ie_eff_milli - s.burst_relief_milli);
	}
}

TEST(ie_discard_is_absent_where_all_came_in_time)
{
	uint64_t seed = 24;

	find_rows();
	for (unsigned k = 0; k < n_rows * ROUNDS; k++) {
		struct pattern p = any_pattern(&seed);
		struct es_effective_loss l;

		for (unsigned i = 0; i < p.n; i++)
			if (p.fate[i] == ES_FATE_LATE)
				p.fate[i] = ES_FATE_LOST;
		l = loss_of(&p);
		CHECK_EQ(score_of(rows[k % n_rows], &l).ie_discard_milli, 0);
	}
}

TEST(ie_discard_is_all_but_the_codec_where_nothing_was_lost)
{
	uint64_t seed = 25;

	find_rows();
	for (unsigned k = 0; k < n_rows * ROUNDS; k++) {
		const struct es_equipment *q = rows[k % n_rows];
		struct pattern p = any_pattern(&seed);
		struct es_effective_loss l;
		struct es_score s;

		for (unsigned i = 0; i < p.n; i++)
			if (p.fate[i] == ES_FATE_LOST)
				p.fate[i] = ES_FATE_LATE;
		l = loss_of(&p);
		l.frozen = k % 7;
		l.moved = k % 3;
		s = score_of(q, &l);
		CHECK_EQ(s.ie_eff_milli - s.ie_discard_milli, q->ie_milli);
	}
}

TEST(ie_burst_and_relief_are_none_where_all_are_lone)
{
	uint64_t seed = 26;

	find_rows();
	for (unsigned k = 0; k < n_rows * ROUNDS; k++) {
		struct pattern p = { .n = SEQS };
		struct es_effective_loss l;
		struct es_score s;

		for (unsigned at = 2; at < SEQS; at += 2 + test_random(&seed) % (2 + k % 90))
			p.fate[at] = bad_fate(&seed);
		l = loss_of(&p);
		s = score_of(rows[k % n_rows], &l);
		CHECK_EQ(s.ie_burst_milli, 0);
		CHECK_EQ(s.burst_relief_milli, 0);
	}
}

static const struct es_equipment *
equipment_used(const char *name, struct es_codec_use use)
{
	use.codec = es_codec_find(es_slice_str(name), 0);
	return es_equipment_of(&use);
}

static double
curve(const struct es_equipment *q, double x)
{
	double ie = q->ie_milli / 1000.0;

	return ie + (q->limit_milli / 1000.0 - ie) * x / (x + q->bpl_milli / 1000.0);
}

/* G.711: 30 packets in 20 runs. 10 of them came late, 8 runs of 13 lost ones ended. */
TEST(terms_of_g711_are_its_formula_with_and_without)
{
	const struct es_equipment *q = equipment_used("PCMU", (struct es_codec_use){ 0 });
	struct es_effective_loss l = { .expected = 1000,
		.bad = 30,
		.runs = 20,
		.ended = 12,
		.late = 10,
		.frozen = 5,
		.moved = 2 };
	double buffer = 1.5 * 5 + 0.7 * 2;
	double whole = curve(q, (30 + 0.13 * 20 + 0.27 * 10 + buffer) / 10);
	double lone = curve(q, (30 + 0.13 * 30 + buffer) / 10);
	double lost = curve(q, (20 + 0.13 * 12 + 0.27 * 8) / 10);
	struct es_score s = score_of(q, &l);

	CHECK_NEAR(s.ie_eff_milli / 1000.0, whole, 0.0011);
	CHECK_NEAR(s.ie_burst_milli / 1000.0, whole - lone, 0.0011);
	CHECK_NEAR(s.ie_discard_milli / 1000.0, whole - lost, 0.0011);
	CHECK_EQ(s.burst_relief_milli, 0);
}

/* G.722: 40 lost in 10 runs are milder than 40 lone ones, and Ie,eff is that of lone ones. */
TEST(terms_of_g722_hold_relief_apart)
{
	const struct es_equipment *q = equipment_used("G722", (struct es_codec_use){ 0 });
	struct es_effective_loss l = { .expected = 1000, .bad = 40, .runs = 10 };
	struct es_effective_loss lone = { .expected = 1000, .bad = 40, .runs = 40 };
	double whole = curve(q, (40 + 0.85 * 10) / 10);
	double eff = curve(q, 40 * 1.85 / 10);
	struct es_score s = score_of(q, &l);

	CHECK_NEAR(s.r_milli / 1000.0, 129 - whole, 0.001);
	CHECK_NEAR(s.ie_eff_milli / 1000.0, eff, 0.001);
	CHECK_NEAR(s.burst_relief_milli / 1000.0, eff - whole, 0.0011);
	CHECK_EQ(s.ie_burst_milli, 0);
	CHECK_EQ(score_of(q, &lone).ie_eff_milli, s.ie_eff_milli);
	CHECK(score_of(q, &lone).r_milli < s.r_milli);
}

/* G.107 7.5 with BurstR and with 1; 10 of 50 late, in runs of their own. */
TEST(terms_of_the_recommendation_are_its_formula)
{
	const struct es_equipment *q = equipment_used("G723", (struct es_codec_use){ 0 });
	struct es_effective_loss l = {
		.expected = 1000, .bad = 50, .runs = 25, .ended = 20, .late = 10
	};
	double whole = es_ie_eff(15, 16.1, 5, 2 * 0.95);
	struct es_score s = score_of(q, &l);

	CHECK_NEAR(s.ie_eff_milli / 1000.0, whole, 0.001);
	CHECK_NEAR(s.ie_burst_milli / 1000.0, whole - es_ie_eff(15, 16.1, 5, 1), 0.0011);
	CHECK_NEAR(s.ie_discard_milli / 1000.0, whole - es_ie_eff(15, 16.1, 4, 2 * 0.96), 0.0011);
}

/* In-band FEC brings lost ones back, and no late ones: all that is concealed of these is late. */
TEST(ie_discard_with_fec_is_of_those_that_stay_bad)
{
	struct es_codec_use fec = { .band = ES_BAND_WB, .has_fec = true };
	const struct es_equipment *q = equipment_used("opus", fec);
	struct pattern p = { .n = 400 };
	struct es_effective_loss l;
	struct es_score s;

	for (unsigned at = 10; at < 390; at += 20)
		p.fate[at] = at / 20 % 2 == 0 ? ES_FATE_LOST : ES_FATE_LATE;
	l = loss_of(&p);
	s = score_of(q, &l);
	CHECK(s.ie_discard_milli > 0);
	CHECK_EQ(s.ie_eff_milli - s.ie_discard_milli, q->ie_milli);
}

/* Pauses known: late ones weigh what they weigh, and go with it. */
TEST(ie_discard_takes_its_share_of_weights)
{
	const struct es_equipment *q = equipment_used("PCMU", (struct es_codec_use){ 0 });
	struct es_effective_loss l = { .expected = 1000,
		.bad = 40,
		.runs = 40,
		.ended = 30,
		.lone = 30,
		.late = 10,
		.more = { .bad = -130, .last = -390, .runs = -130, .lone = -390 } };
	double whole = curve(q, 40 * 3 / 16.0 * 1.13 / 10);
	double lost = curve(q, 30 * 3 / 16.0 * 1.13 / 10);
	struct es_score s = score_of(q, &l);

	CHECK_NEAR(s.ie_eff_milli / 1000.0, whole, 0.001);
	CHECK_NEAR(s.ie_discard_milli / 1000.0, whole - lost, 0.0011);
}

TEST(terms_of_more_than_half_bad_end_at_ro)
{
	find_rows();
	for (unsigned k = 0; k < n_rows; k++) {
		const struct es_equipment *q = rows[k];
		struct es_effective_loss l = {
			.expected = 100, .bad = 60, .runs = 6, .ended = 5, .late = 20
		};
		struct es_effective_loss lost = {
			.expected = 100, .bad = 40, .runs = 5, .ended = 5
		};
		struct es_score s = score_of(q, &l);

		CHECK_EQ(s.r_milli, 0);
		CHECK_EQ(s.ie_burst_milli + s.burst_relief_milli, 0);
		CHECK_EQ(s.ie_eff_milli - s.ie_discard_milli, score_of(q, &lost).ie_eff_milli);
		l.late = 5; /* too many without them too */
		CHECK_EQ(score_of(q, &l).ie_discard_milli, 0);
	}
}

TEST(impairment_of_nothing_expected_is_the_codecs_own)
{
	const struct es_equipment *q = equipment_used("G729", (struct es_codec_use){ 0 });
	struct es_effective_loss none = { 0 };
	struct es_impairment i = es_impairment_of(q, &none);

	CHECK_NEAR(i.measured, 22.7, 1e-9);
	CHECK_NEAR(i.eff, 22.7, 1e-9);
	CHECK_NEAR(i.without_late, 22.7, 1e-9);
}
