/* SPDX-License-Identifier: Apache-2.0 */
/* The E-model against published and independently computed values. */
#include "earshot/emodel.h"

#include "harness.h"

#include <math.h>

static double
r_at_loss(double ie, double bpl, double ppl, double burst_r)
{
	struct es_emodel_params p = es_emodel_defaults();

	p.ie = ie;
	p.bpl = bpl;
	p.ppl = ppl;
	p.burst_r = burst_r;
	return es_emodel(&p).r;
}

static double
r_at_delay(double ta_ms)
{
	struct es_emodel_params p = es_emodel_defaults();

	p.ta_ms = ta_ms;
	return es_emodel(&p).r;
}

TEST(emodel_defaults_give_93_2)
{
	struct es_emodel_params p = es_emodel_defaults();
	struct es_emodel_result r = es_emodel(&p);

	CHECK_NEAR(r.r, 93.2062, 1e-3);
	CHECK_NEAR(r.ro, 94.7688, 1e-3);
	CHECK_NEAR(r.is, 1.4136, 1e-3);
	CHECK_NEAR(r.idle, 0.1490, 1e-3);
	CHECK_NEAR(es_mos_of_r(r.r), 4.4094, 1e-3);
}

TEST(emodel_scores_loss_as_g107_does)
{
	static const struct {
		double ie, bpl, ppl, burst_r, r, mos;
	} rows[] = {
		{ 0, 25.1, 1, 1, 89.5664, 4.3282 },
		{ 0, 25.1, 5, 1, 77.4255, 3.9231 },
		{ 0, 25.1, 5, 2, 75.9961, 3.8641 },
		{ 0, 4.3, 1, 1, 75.2817, 3.8339 },
		{ 0, 4.3, 5, 1, 42.1309, 2.1696 },
		{ 11, 19.0, 0, 1, 82.2062, 4.1046 },
		{ 11, 19.0, 2, 1, 74.2062, 3.7876 },
		{ 15, 16.1, 3, 1, 65.6408, 3.3865 },
		{ 5, 10.0, 0, 1, 88.2062, 4.2926 },
		{ 5, 10.0, 5, 1, 58.2062, 3.0067 },
		{ 20, 10.0, 0, 1, 73.2062, 3.7435 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double r = r_at_loss(rows[i].ie, rows[i].bpl, rows[i].ppl, rows[i].burst_r);

		CHECK_NEAR(r, rows[i].r, 1e-3);
		CHECK_NEAR(es_mos_of_r(r), rows[i].mos, 1e-3);
	}
	CHECK_NEAR(es_ie_eff(0, 25.1, 1, 1), 3.6398, 1e-3);
	CHECK_NEAR(es_ie_eff(0, 25.1, 5, 2), 17.2101, 1e-3);
}

TEST(emodel_scores_delay_as_g107_does)
{
	struct es_emodel_params p = es_emodel_defaults();

	CHECK_NEAR(r_at_delay(100), 93.2062, 1e-3);
	CHECK_NEAR(r_at_delay(150), 93.0427, 1e-3);
	CHECK_NEAR(r_at_delay(200), 90.1618, 1e-3);
	CHECK_NEAR(r_at_delay(300), 78.4455, 1e-3);
	CHECK_NEAR(r_at_delay(400), 69.1361, 1e-3);
	p.t_ms = p.ta_ms = 100;
	p.tr_ms = 200;
	CHECK_NEAR(es_emodel(&p).r, 90.6637, 1e-3);
	p.telr = 45;
	p.t_ms = p.ta_ms = 50;
	p.tr_ms = 100;
	CHECK_NEAR(es_emodel(&p).r, 82.4006, 1e-3);
}

TEST(emodel_scores_noise_quantisation_and_advantage)
{
	struct es_emodel_params p = es_emodel_defaults();

	p.qdu = 4;
	CHECK_NEAR(es_emodel(&p).r, 88.2031, 1e-3);
	p = es_emodel_defaults();
	p.ps_dba = 60;
	CHECK_NEAR(es_emodel(&p).r, 71.5503, 1e-3);
	p = es_emodel_defaults();
	p.ie = 11;
	p.bpl = 19;
	p.ppl = 3;
	p.a = 10;
	CHECK_NEAR(es_emodel(&p).r, 80.7517, 1e-3);
}

TEST(mos_of_r_is_annex_b)
{
	static const double rows[][2] = { { 50, 2.575 }, { 60, 3.100 }, { 70, 3.597 },
		{ 80, 4.024 }, { 90, 4.339 }, { 100, 4.5 }, { 120, 4.5 }, { 0, 1 }, { -10, 1 },
		{ 3, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_NEAR(es_mos_of_r(rows[i][0]), rows[i][1], 1e-3);
}

TEST(r_of_mos_inverts_mos_of_r)
{
	static const double rows[][2] = { { 1.5, 27.269 }, { 2, 38.684 }, { 3, 58.079 },
		{ 3.6, 70.064 }, { 4, 79.371 }, { 4.41, 93.237 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_NEAR(es_r_of_mos(rows[i][0]), rows[i][1], 1e-3);
	for (double r = 7; r <= 100; r += 0.5)
		CHECK_NEAR(es_r_of_mos(es_mos_of_r(r)), r, 1e-4);
	CHECK_NEAR(es_r_of_mos(0), 6.5, 0.1);
	CHECK_NEAR(es_r_of_mos(9), 100, 1e-3);
}

TEST(emodel_is_finite_for_any_input)
{
	static const double odd[] = { -1e300, -1, 0, 1, 1e300, INFINITY, -INFINITY, NAN };
	uint64_t seed = 7;

	for (int i = 0; i < 20000; i++) {
		double field[sizeof(struct es_emodel_params) / sizeof(double)];
		struct es_emodel_params p;
		double mos;

		for (size_t k = 0; k < sizeof(field) / sizeof(field[0]); k++)
			field[k] = odd[test_random(&seed) % 8];
		memcpy(&p, field, sizeof(p));
		CHECK(isfinite(es_emodel(&p).r));
		mos = es_mos_of_r(es_emodel(&p).r);
		CHECK(mos >= 1 && mos <= 4.5);
	}
	CHECK_NEAR(es_mos_of_r(NAN), 1, 0);
}

TEST(emodel_wideband_is_g107_1)
{
	static const double clean[][2] = { { 0, 4.5 }, { 1, 4.4940 }, { 8, 4.4206 }, { 13, 4.3371 },
		{ 41, 3.5123 }, { 56, 2.9220 } };
	double ro = es_emodel_ro(ES_EMODEL_WB);
	double r = ro - es_emodel_ie_eff(ES_EMODEL_WB, 20, 4.3, 2, 1);

	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++) {
		double ie = es_emodel_ie_eff(ES_EMODEL_WB, clean[i][0], 4.3, 0, 1);

		CHECK_NEAR(ro - ie, 129 - clean[i][0], 1e-9);
		CHECK_NEAR(es_emodel_mos(ES_EMODEL_WB, ro - ie), clean[i][1], 1e-3);
	}
	CHECK_NEAR(r, 85.1905, 1e-3); /* AMR-WB 12.65, diotic, at 2 % */
	CHECK_NEAR(es_emodel_mos(ES_EMODEL_WB, r), 3.4062, 1e-3);
}

TEST(emodel_fullband_is_g107_2)
{
	static const struct {
		double ie, bpl, ppl, r, mos;
	} evs[] = { { 7.2, 11.4, 0, 140.8, 4.4436 }, { 7.2, 11.4, 3, 114.8, 3.9288 },
		{ 10.2, 9.6, 2, 116.8, 3.9825 }, { 17.1, 11.7, 5, 96.4988, 3.3647 } };

	for (size_t i = 0; i < sizeof(evs) / sizeof(evs[0]); i++) {
		double r = es_emodel_ro(ES_EMODEL_FB) -
			   es_emodel_ie_eff(ES_EMODEL_FB, evs[i].ie, evs[i].bpl, evs[i].ppl, 1);

		CHECK_NEAR(r, evs[i].r, 1e-3);
		CHECK_NEAR(es_emodel_mos(ES_EMODEL_FB, r), evs[i].mos, 1e-3);
	}
}

TEST(emodel_narrowband_scale_is_the_whole_model_at_its_defaults)
{
	struct es_emodel_params p = es_emodel_defaults();

	CHECK_NEAR(es_emodel_ro(ES_EMODEL_NB), es_emodel(&p).r, 1e-9);
	p.ta_ms = 300;
	CHECK_NEAR(es_emodel_idd(ES_EMODEL_NB, 300), es_emodel(&p).idd, 1e-9);
	CHECK_NEAR(es_emodel_idd(ES_EMODEL_FB, 300), 1.48 * es_emodel(&p).idd, 1e-9);
}

TEST(emodel_impairment_never_falls_with_loss_and_r_never_rises_with_delay)
{
	for (int scale = ES_EMODEL_NB; scale <= ES_EMODEL_FB; scale++) {
		double last = -1;
		double idd = 0;

		for (double ppl = 0; ppl <= 100; ppl += 0.25) {
			double ie = es_emodel_ie_eff(scale, 7, 9, ppl, 1);

			CHECK(ie >= last);
			last = ie;
			for (double burst = 1; burst < 8; burst += 0.5)
				CHECK(es_emodel_ie_eff(scale, 7, 9, ppl, burst + 0.5) >=
				      es_emodel_ie_eff(scale, 7, 9, ppl, burst));
		}
		for (double ms = 0; ms < 3000; ms += 5) {
			CHECK(es_emodel_idd(scale, ms) >= idd);
			idd = es_emodel_idd(scale, ms);
		}
	}
}
