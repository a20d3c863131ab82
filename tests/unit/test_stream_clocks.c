/* SPDX-License-Identifier: Apache-2.0 */
/* When a stream's clock is looked at, and what of it says something; what a jump may cost. */
#include "probes/stream/clocks.h"

#include "probes/stream/coding.h"
#include "probes/stream/restart.h"
#include "probes/stream/side.h"

#include "harness.h"

static struct es_context c;
static struct es_stream_state s;

static es_time
at_ms(int64_t ms)
{
	return es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

/* PCMU of 20 ms, looked at last at 0 ms. */
static void
begin(void)
{
	es_side_free(&c);
	memset(&c, 0, sizeof(c));
	memset(&s, 0, sizeof(s));
	if (es_side_new(&c, 1) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	es_coding_begin(&s);
	(void)es_coding_payload(&c, &s, 0);
	s.changes.step = 160;
	s.clock.transit.rate_hz = 8000;
	s.clock.transit.last_arrival = at_ms(0);
	es_clocks_begin(&s);
}

/* So many packets later, with so much drift; how many milliseconds of the pace fitted. */
static uint32_t
look(int64_t ms, uint64_t packets, int64_t drift_ms)
{
	s.clock.transit.last_arrival = at_ms(ms);
	s.clock.transit.transit_ns += drift_ms * ES_NS_PER_MS;
	s.distinct += packets;
	es_clocks_look(&s);
	return s.coding.audio->pace.fits_ms;
}

static bool
is_begun(void)
{
	return s.clock.looked_at.ns == s.clock.transit.last_arrival.ns &&
	       s.clock.looked_distinct == s.distinct &&
	       s.clock.looked_transit_ns == s.clock.transit.transit_ns &&
	       s.clock.looked_ahead == 0 && s.clock.looked_ahead_ns == 0;
}

TEST(clock_is_looked_at_after_a_second_and_25_packets)
{
	begin();
	CHECK_EQ(look(999, 25, 0), 0);
	CHECK(!is_begun());
	CHECK_EQ(look(1000, 0, 0), 1000);
	CHECK(is_begun());
	begin();
	CHECK_EQ(look(5000, 24, 0), 0);
	CHECK(!is_begun());
	CHECK_EQ(look(5001, 1, 0), 5001);
	CHECK(is_begun());
	begin();
	CHECK_EQ(look(0, 25, 0), 0); /* at once is not before: these count on */
	CHECK(!is_begun());
	CHECK_EQ(look(1000, 0, 0), 1000);
}

TEST(clock_is_judged_again_behind_another_rate_codec_or_time)
{
	begin();
	CHECK_EQ(look(-1, 50, 0), 0);
	CHECK(is_begun());
	CHECK_EQ(look(1000, 50, 0), 1001);
	begin();
	s.clock.transit.rate_hz = 16000;
	CHECK_EQ(look(1000, 50, 0), 0);
	CHECK(is_begun());
	begin();
	s.coding.audio->is.kind = ES_CODEC_EVENT;
	CHECK_EQ(look(1000, 50, 0), 0);
	CHECK(is_begun());
	begin();
	s.coding.audio->is.clock_rate_hz = s.clock.transit.rate_hz = 0;
	CHECK_EQ(look(1000, 50, 0), 0);
	CHECK(is_begun());
}

/* Jitter may be twice what each packet drifts by, and 10 ms more. */
TEST(clock_says_nothing_where_jitter_is_more_than_its_drift)
{
	static const struct {
		int64_t jitter_us;
		int64_t drift_ms;
		bool says;
	} rows[] = { { 10000, 0, true }, { 10001, 0, false }, { 12000, 50, true },
		{ 12001, 50, false }, { 12000, -50, true }, { 12001, -50, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		s.clock.jitter.j_ns16 = (uint64_t)rows[i].jitter_us * 16000;
		CHECK_EQ(look(10000, 50, rows[i].drift_ms) > 0, rows[i].says);
		CHECK(is_begun());
	}
}

TEST(clock_that_runs_ahead_does_so_with_most_packets)
{
	static const struct {
		uint32_t ahead; /* of 100 */
		bool says;
	} rows[] = { { 0, true }, { 1, false }, { 75, false }, { 76, true }, { 100, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		for (uint32_t k = 0; k < rows[i].ahead; k++)
			es_clocks_ahead(&s, -ES_NS_PER_MS);
		CHECK_EQ(s.clock.looked_ahead, rows[i].ahead);
		CHECK_EQ(s.clock.looked_ahead_ns, -(int64_t)(rows[i].ahead * ES_NS_PER_MS));
		CHECK_EQ(look(10000, 100, rows[i].ahead) > 0, rows[i].says);
		CHECK(is_begun());
	}
}

/* Media that came twice as far as the time: the second stretch confirms the first. */
TEST(clock_that_drifts_with_the_time_is_off)
{
	begin();
	CHECK(!es_clocks_is_off(s.coding.audio));
	CHECK_EQ(look(10000, 500, -10000), 0);
	CHECK_EQ(look(20000, 500, -10000), 0);
	CHECK(es_pace_is_off(&s.coding.audio->pace));
	CHECK(es_clocks_is_off(s.coding.audio));
	CHECK_EQ(es_pace_ratio_ppm(&s.coding.audio->pace), 2000000);
	CHECK(es_clocks_off(&s) == s.coding.audio);
}

TEST(clock_that_is_off_is_that_of_the_payload_with_most_packets)
{
	struct es_stream_payload *p[3];

	begin();
	CHECK(es_clocks_off(&s) == NULL);
	for (unsigned i = 0; i < 3; i++) {
		p[i] = es_coding_payload(&c, &s, (uint8_t)(i == 0 ? 0 : 95 + i));
		p[i]->packets = i == 1 ? 20 : 10;
	}
	p[2]->pace.off_ms = 30000;
	p[2]->pace.off_media_ms = 15000;
	CHECK(es_clocks_off(&s) == p[2]);
	p[0]->pace = p[2]->pace;
	CHECK(es_clocks_off(&s) == p[0]); /* of two alike the first */
	p[1]->pace = p[2]->pace;
	CHECK(es_clocks_off(&s) == p[1]);
}

/* The engine's credit for blocks that no time passed for. */
static void
with_credit(uint32_t credit)
{
	begin();
	c.credit = credit;
	c.credit_at = at_ms(0);
	s.highest_at = at_ms(0);
}

TEST(loss_of_less_than_three_blocks_is_believed)
{
	with_credit(0);
	CHECK(es_restart_believes(&c, &s, 767, at_ms(0)));
	CHECK(!es_restart_believes(&c, &s, 768, at_ms(0)));
	CHECK_EQ(c.count[ES_CNT_JUMPS_REFUSED], 1);
	with_credit(3);
	CHECK(es_restart_believes(&c, &s, 768, at_ms(0)));
	CHECK_EQ(c.credit, 0);
	CHECK_EQ(c.count[ES_CNT_JUMPS_REFUSED], 0);
	with_credit(2);
	CHECK(!es_restart_believes(&c, &s, 768, at_ms(0)));
	CHECK_EQ(c.credit, 2);
}

TEST(loss_for_which_time_passed_is_believed)
{
	with_credit(0);
	CHECK(es_restart_believes(&c, &s, 1000, at_ms(19000))); /* a second of slack */
	CHECK(!es_restart_believes(&c, &s, 1000, at_ms(18999 - 18000)));
	with_credit(0);
	c.credit_at = at_ms(18999);
	CHECK(!es_restart_believes(&c, &s, 1000, at_ms(18999)));
	with_credit(0); /* nothing is sent more densely than each 2 ms */
	s.changes.step = 8;
	c.credit_at = at_ms(1000);
	CHECK(es_restart_believes(&c, &s, 1000, at_ms(1000)));
	CHECK(!es_restart_believes(&c, &s, 1000, at_ms(999)));
	s.changes.step = 24; /* 3 ms */
	CHECK(!es_restart_believes(&c, &s, 1000, at_ms(1000)));
	c.credit_at = at_ms(2000);
	CHECK(es_restart_believes(&c, &s, 1000, at_ms(2000)));
	CHECK(!es_restart_believes(&c, &s, 1000, at_ms(1999)));
}

TEST(credit_grows_by_16_records_a_second_up_to_1024)
{
	with_credit(0);
	CHECK(!es_restart_pay(&c, 1, at_ms(999)));
	CHECK_EQ(c.count[ES_CNT_JUMPS_REFUSED], 1);
	CHECK(!es_restart_pay(&c, 17, at_ms(1000)));
	CHECK_EQ(c.credit, 16);
	CHECK(es_restart_pay(&c, 16, at_ms(1000)));
	CHECK_EQ(c.credit, 0);
	CHECK(!es_restart_pay(&c, 1, at_ms(1000))); /* once for each second */
	CHECK(!es_restart_pay(&c, 1, at_ms(500)));
	CHECK(es_restart_pay(&c, 31, at_ms(3000)));
	CHECK_EQ(c.credit, 1);
	CHECK(!es_restart_pay(&c, 1025, at_ms(1000000)));
	CHECK_EQ(c.credit, 1024);
	with_credit(1020);
	CHECK(es_restart_pay(&c, 0, at_ms(1000)));
	CHECK_EQ(c.credit, 1024);
	with_credit(0);
	CHECK(es_restart_pay(&c, 0, at_ms(63000)));
	CHECK_EQ(c.credit, 63 * 16);
	with_credit(0);
	CHECK(es_restart_pay(&c, 1024, at_ms(64000)));
}
