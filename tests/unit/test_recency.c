/* SPDX-License-Identifier: Apache-2.0 */
/* Annoyance between bursts and gaps, against values computed apart from it. */
#include "probes/quality/recency.h"

#include "harness.h"

static struct es_burst burst;
static struct es_effective_loss loss;

static void
begin(void)
{
	burst = (struct es_burst){ 0 };
	es_effective_loss_init(&loss);
}

static void
run(bool bad, uint32_t n)
{
	es_burst_run(&burst, bad, n);
	es_effective_loss_add(&loss, bad ? ES_FATE_LOST : ES_FATE_GOOD, n);
}

static const struct es_equipment *
pcmu(void)
{
	struct es_codec_use use = { .codec = es_codec_find(es_slice_str("PCMU"), 8000) };

	return es_equipment_of(&use);
}

static uint32_t
mos_milli(void)
{
	uint32_t mos;

	return es_recency_mos_milli(pcmu(), &burst, &loss, 20000, &mos) ? mos : 0;
}

TEST(recency_of_a_burst_of_2_s_every_12_s)
{
	struct es_recency r = es_recency_of(40, 5, 2, 10);

	CHECK_NEAR(r.worst, 22.594, 1e-3);
	CHECK_NEAR(r.best, 14.033, 1e-3);
	CHECK_NEAR(r.average, 17.967, 1e-3);
}

TEST(recency_without_end_is_the_burst_or_the_gap)
{
	CHECK_NEAR(es_recency_of(40, 5, 2, 0).average, 40, 1e-9);
	CHECK_NEAR(es_recency_of(40, 5, 0, 10).average, 5, 1e-9);
	CHECK_NEAR(es_recency_of(40, 5, 0, 0).average, 5, 1e-9);
	CHECK_NEAR(es_recency_of(40, 5, 1e6, 1).average, 40, 1e-3);
}

TEST(recency_of_a_clean_stream_is_its_clean_score)
{
	begin();
	run(false, 1000);
	CHECK_EQ(mos_milli(), es_score_clean_mos_milli(pcmu()));
}

TEST(recency_of_losses_alone_is_the_score_of_their_loss)
{
	struct es_score s;

	begin();
	for (int i = 0; i < 20; i++) {
		run(false, 49);
		run(true, 1);
	}
	run(false, 49);
	CHECK(es_score_of(pcmu(), &loss, ES_DELAY_UNKNOWN, &s));
	CHECK_NEAR(mos_milli(), s.mos_lq_milli, 1);
}

TEST(recency_counts_a_burst_at_the_end_for_more)
{
	uint32_t late;

	begin();
	run(false, 1400);
	for (int i = 0; i < 10; i++) {
		run(true, 2);
		run(false, 3);
	}
	run(false, 50);
	late = mos_milli();
	begin();
	run(false, 50);
	for (int i = 0; i < 10; i++) {
		run(true, 2);
		run(false, 3);
	}
	run(false, 1400);
	CHECK(mos_milli() > late + 10);
	CHECK(mos_milli() < es_score_clean_mos_milli(pcmu()));
}

TEST(recency_stays_in_range_whatever_the_losses)
{
	for (uint32_t seed = 1; seed < 200; seed++) {
		uint64_t rnd = seed;

		begin();
		for (int i = 0; i < 50; i++) {
			run(false, (uint32_t)(test_random(&rnd) % 40));
			run(true, (uint32_t)(test_random(&rnd) % (seed % 20 + 1)));
		}
		loss.frozen = test_random(&rnd) % 100000;
		loss.moved = test_random(&rnd) % 100000;
		if (loss.expected == 0)
			continue;
		CHECK(mos_milli() >= 1000);
		CHECK(mos_milli() <= 4500);
	}
}

TEST(recency_of_nothing_is_empty)
{
	uint32_t mos = 7;

	begin();
	CHECK(!es_recency_mos_milli(pcmu(), &burst, &loss, 20000, &mos));
	run(false, 10);
	CHECK(!es_recency_mos_milli(pcmu(), &burst, &loss, 0, &mos));
	CHECK_EQ(mos, 7);
}
