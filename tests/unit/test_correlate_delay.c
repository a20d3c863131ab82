/* SPDX-License-Identifier: Apache-2.0 */
/* Delay between vantage points whose clocks have nothing to do with each other. */
#include "tests/unit/made_records.h"

#include "earshot/emodel.h"

enum { THERE_MS = 250, BACK_MS = 150, DEVICE_US = 80000 };

/*
 * ep to gw takes THERE_MS and 3 ms, gw to ep BACK_MS and 3 ms, all but 6 ms of it between core and gw.
 * Clocks are off by shift_ms at gw, and by half of it the other way at access.
 */
static struct call4 *
far_call(int64_t shift_ms, uint32_t device_us)
{
	struct call4 *s = call4_new(1000);

	for (int i = 0; i < 4; i++) {
		if (i == 3)
			s->fwd[i].at_ms += THERE_MS;
		else
			s->rev[i].at_ms += BACK_MS;
		s->fwd[i].device_us = s->rev[i].device_us = device_us;
	}
	s->fwd[3].at_ms += shift_ms;
	s->rev[3].at_ms += shift_ms;
	s->fwd[1].at_ms -= shift_ms / 2;
	s->rev[1].at_ms -= shift_ms / 2;
	call4_signal(s);
	return s;
}

TEST(delay_of_both_ways_is_known_whatever_the_clocks_say)
{
	for (int64_t shift_ms = -2000; shift_ms <= 2000; shift_ms += 400) {
		struct call4 *s = far_call(shift_ms, DEVICE_US);
		const uint32_t way_us = (THERE_MS + BACK_MS + 6) * 1000 / 2;
		double r = 85 - es_emodel_idd(ES_EMODEL_NB, (way_us + DEVICE_US) / 1000.0);
		struct made_solved *h;

		call4_media(s);
		h = made_solve(s->c);
		CHECK_EQ(h->n, 1);
		CHECK_EQ(h->calls[0].n_directions, 2);
		for (int i = 0; i < 2; i++) {
			const struct es_direction *d = &h->calls[0].directions[i];

			CHECK_EQ(d->segments[i == 0 ? 0 : 2].round_trip_us, 2000);
			CHECK_EQ(d->segments[1].round_trip_us, 2000);
			CHECK_EQ(d->segments[i == 0 ? 2 : 0].round_trip_us,
			    (THERE_MS + BACK_MS + 2) * 1000);
			CHECK(d->has_mos_cq);
			CHECK_EQ(d->mouth_to_ear_us, way_us + DEVICE_US);
			CHECK_NEAR(d->mos_cq_milli / 1000.0, es_emodel_mos(ES_EMODEL_NB, r), 1e-3);
			CHECK(d->mos_cq_milli < d->mos_lq_milli);
		}
		CHECK(strstr(h->json[0], "\"mouth_to_ear_ms\":283.000") != NULL);
		CHECK(strstr(h->json[0], "\"round_trip_ms\":402.000") != NULL);
		es_correlate_free(s->c);
	}
}

/* The middle of both ways, so half of their difference is in it. */
TEST(delay_leaves_the_clocks_of_the_legs_known)
{
	static const int64_t clock_ms[] = { 0, 1500, -700, 90000 + (THERE_MS - BACK_MS) / 2 };

	for (int64_t shift_ms = -2000; shift_ms <= 2000; shift_ms += 400) {
		const int64_t off_ms[] = { 0, -shift_ms / 2, 0, shift_ms };
		struct call4 *s = far_call(shift_ms, DEVICE_US);
		struct made_solved *h;

		call4_media(s);
		h = made_solve(s->c);
		for (int i = 0; i < 4; i++) {
			CHECK(h->calls[0].legs[i].has_clock_offset);
			CHECK_EQ(
			    h->calls[0].legs[i].clock_offset_us, (clock_ms[i] + off_ms[i]) * 1000);
		}
		es_correlate_free(s->c);
	}
}

TEST(delay_names_the_direction_of_each_stream_of_a_leg)
{
	struct call4 *s = far_call(0, DEVICE_US);
	struct made_solved *h;

	call4_media(s);
	h = made_solve(s->c);
	for (int i = 0; i < 4; i++) {
		const struct es_leg *leg = &h->calls[0].legs[i];

		CHECK_EQ(leg->n_streams, 2);
		for (uint32_t j = 0; j < leg->n_streams; j++)
			CHECK_EQ(leg->directions[j],
			    leg->streams[j].ssrc == s->fwd[0].ssrc ? ES_FORWARD : ES_REVERSE);
	}
	es_correlate_free(s->c);
}

/* Captures without a common packet have clocks of their own. */
TEST(delay_of_nothing_in_common_leaves_clocks_unknown)
{
	struct call4 *s = call4_new(1000);
	struct made_solved *h;

	for (int i = 0; i < 2; i++)
		made_call_add(s->c, s->vantage[i], s->fwd[i].call_id, 70, s->fwd[i].at_ms - 500,
		    s->fwd[i].src, s->fwd[i].dst);
	made_stream_add(&s->fwd[0]);
	made_stream_add(&s->rev[1]);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 2);
	CHECK(h->calls[0].legs[0].has_clock_offset);
	CHECK(!h->calls[0].legs[1].has_clock_offset);
	es_correlate_free(s->c);
}

TEST(delay_of_a_call_that_goes_one_way_is_unknown)
{
	struct call4 *s = far_call(0, DEVICE_US);
	struct made_solved *h;

	for (int i = 0; i < 4; i++)
		made_stream_add(&s->fwd[i]);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(h->calls[0].directions[0].segments[i].has & ES_SEGMENT_HAS_ROUND_TRIP, 0);
	CHECK(!h->calls[0].directions[0].has_mos_cq);
	CHECK(strstr(h->json[0], "mos_cq") == NULL);
	es_correlate_free(s->c);
}

/* Nobody said how deep the buffer is: there is a round trip, and no score. */
TEST(delay_without_what_the_ends_add_is_no_score)
{
	struct call4 *s = far_call(0, 0);
	struct made_solved *h;

	call4_media(s);
	h = made_solve(s->c);
	CHECK(h->calls[0].directions[0].segments[2].has & ES_SEGMENT_HAS_ROUND_TRIP);
	CHECK(!h->calls[0].directions[0].has_mos_cq);
	es_correlate_free(s->c);
}

/* Beyond an SBC the path continues: what it is to there is not the delay of the call. */
TEST(delay_up_to_an_sbc_is_no_score)
{
	struct call4 *s = far_call(0, DEVICE_US);
	struct made_solved *h;

	for (int i = 0; i < 3; i++) {
		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
	}
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK(h->calls[0].directions[0].segments[0].has & ES_SEGMENT_HAS_ROUND_TRIP);
	CHECK(!h->calls[0].directions[0].has_mos_cq);
	CHECK(!h->calls[0].directions[1].has_mos_cq);
	es_correlate_free(s->c);
}

/* Less than no time there and back: a clock stepped between both ways. */
TEST(delay_below_zero_is_unknown)
{
	struct call4 *s = far_call(0, DEVICE_US);
	struct made_solved *h;

	s->fwd[3].at_ms -= 1000;
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].directions[0].segments[2].has & ES_SEGMENT_HAS_ROUND_TRIP, 0);
	CHECK(!h->calls[0].directions[0].has_mos_cq);
	es_correlate_free(s->c);
}
