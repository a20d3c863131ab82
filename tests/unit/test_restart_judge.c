/* SPDX-License-Identifier: Apache-2.0 */
/* What a jump of the number is, to the packet, the timestamp unit and the millisecond. */
#include "probes/stream/restart.h"

#include "probes/stream/arrival.h"
#include "probes/stream/receiver.h"
#include "probes/stream/side.h"
#include "probes/stream/window.h"

#include "streams_rig.h"

enum verdict { CONTINUES, HELD, OUTAGE, STALE, RESTART };

static struct es_stream_state *s;

/* A packet d from the highest, so many units and milliseconds behind it. */
static struct es_arrival
packet(int32_t d, int64_t ts, int64_t ms)
{
	return (struct es_arrival){ .seq = (uint16_t)(s->highest + (uint64_t)(int64_t)d),
		.ts = (uint32_t)(s->highest_ts + ts),
		.at = es_time_add(s->highest_at, ms * ES_NS_PER_MS),
		.payload_bytes = 160 };
}

/* PCMU of 20 ms, so many packets. */
static void
begin(unsigned n)
{
	struct es_arrival a = { .seq = 1000, .ts = 500000, .at = at_ms(0), .payload_bytes = 160 };

	rig_open();
	c.credit = ES_JUMP_CREDIT;
	c.credit_at = at_ms(0);
	s = rig_stream(host(1, 4000), host(2, 5000), 0xa);
	es_arrival_begin(&c, s, &a);
	for (; n > 1; n--) {
		a = packet(1, 160, 20);
		es_arrival_accept(&c, s, s->highest + 1, &a);
	}
}

static enum es_stream_took
take(struct es_arrival a)
{
	return es_restart_packet(&c, s, &a);
}

static uint64_t
copies(void)
{
	return s->count.duplicates + s->count.capture_duplicates + es_window_identical(s);
}

/* What becomes of a packet and of the next one in order behind it. */
static enum verdict
verdict_of(struct es_arrival a)
{
	uint64_t highest = s->highest, stale = s->count.stale;
	enum es_stream_took took = take(a);

	if (took != ES_TOOK || s->n_held == 0)
		return took == ES_TOOK ? CONTINUES : RESTART;
	a.seq++;
	a.ts += 160;
	a.at = es_time_add(a.at, 20 * ES_NS_PER_MS);
	took = take(a);
	if (took == ES_TOOK_RESTART)
		return RESTART;
	if (s->n_held > 0)
		return HELD;
	return s->count.stale == stale + 2 ? STALE : s->highest > highest ? OUTAGE : HELD;
}

static enum verdict
jump(int32_t d, int64_t ts, int64_t ms)
{
	return verdict_of(packet(d, ts, ms));
}

TEST(jump_is_more_than_3000_ahead_or_100_back)
{
	static const struct {
		int32_t d;
		int64_t ts;
		enum verdict is;
	} rows[] = { { 2, 77777777, CONTINUES }, { 100, 77777777, CONTINUES },
		{ 101, 77777777, CONTINUES }, { 3000, 77777777, CONTINUES },
		{ 3001, 77777777, RESTART }, { -100, -16000, CONTINUES }, { -101, -16160, HELD },
		{ -102, -16320, STALE } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(40);
		s->lowest -= 300; /* of its numbers those before the first packet never came */
		CHECK_EQ(jump(rows[i].d, rows[i].ts, 20), rows[i].is);
		CHECK_EQ(s->count.reordered, rows[i].d == -100 || rows[i].d == -101);
		rig_close();
	}
}

/* 8000 units are a second. */
static const struct row {
	int32_t d;
	int64_t ts, ms;
	enum verdict is;
} by_number[] = { { 4001, 4001 * 160, 20, OUTAGE }, { 4001, 4001 * 160 + 8000, 20, OUTAGE },
	{ 4001, 4001 * 160 + 8001, 20, RESTART }, { 4001, 4001 * 160 - 8000, 20, OUTAGE },
	{ 4001, 4001 * 160 - 8001, 20, RESTART } };

static const struct row by_time[] = { { 4001, 1280000, 160000, OUTAGE },
	{ 4001, 1288000, 160000, OUTAGE }, { 4001, 1288001, 160000, RESTART },
	{ 4001, 1272000, 160000, OUTAGE }, { 4001, 1271999, 160000, RESTART },
	{ 4001, 8000, 0, OUTAGE }, { 4001, 8000, -1, RESTART },
	{ 4001, 691199992, 86399999, OUTAGE }, { 4001, 691200000, 86400000, RESTART } };

static const struct row behind[] = { { -200, -32000, 20, STALE }, { -200, -40000, 20, STALE },
	{ -200, -40001, 20, RESTART }, { -200, -24000, 20, STALE }, { -200, -23999, 20, RESTART } };

TEST(jump_whose_timestamp_fits_its_number_is_an_outage)
{
	for (size_t i = 0; i < sizeof(by_number) / sizeof(by_number[0]); i++)
		for (unsigned variant = 0; variant < 3; variant++) {
			begin(40);
			if (variant == 1) /* the step of a codec that shows none: 20 ms */
				memset(&s->coding.steps, 0, sizeof(s->coding.steps));
			if (variant == 2) /* nobody knows the rate: fifty steps are a second */
				s->coding.now->is.clock_rate_hz = 0;
			CHECK_EQ(jump(by_number[i].d, by_number[i].ts, by_number[i].ms),
			    by_number[i].is);
			if (by_number[i].is == OUTAGE)
				CHECK_EQ(s->distinct, 42);
			rig_close();
		}
}

TEST(jump_whose_timestamp_fits_the_time_is_an_outage)
{
	for (size_t i = 0; i < sizeof(by_time) / sizeof(by_time[0]); i++) {
		begin(40);
		CHECK_EQ(jump(by_time[i].d, by_time[i].ts, by_time[i].ms), by_time[i].is);
		rig_close();
		begin(40);
		s->coding.now->is.clock_rate_hz = 0;
		CHECK_EQ(jump(by_time[i].d, by_time[i].ts, by_time[i].ms), RESTART);
		rig_close();
	}
}

TEST(jump_back_whose_timestamp_fits_its_number_is_stale)
{
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		begin(40);
		s->lowest -= 300;
		CHECK_EQ(jump(behind[i].d, behind[i].ts, behind[i].ms), behind[i].is);
		rig_close();
	}
}

/* Back in number while next to no time passed: 65336 packets were not sent meanwhile. */
TEST(jump_back_with_the_timestamp_of_now_is_a_restart)
{
	for (int64_t ms = 20; ms <= 1000; ms += 980) {
		begin(40);
		CHECK_EQ(jump(-200, 0, ms), RESTART);
		rig_close();
	}
}

TEST(jump_of_many_lost_waits_for_credit_and_for_the_next_packet)
{
	begin(40); /* 3000 at once: 11 blocks */
	c.credit = 10;
	c.credit_at = at_ms(1000000);
	CHECK_EQ(jump(3000, 0, 20), RESTART);
	CHECK_EQ(c.credit, 10);
	rig_close();
	begin(40);
	c.credit = 11;
	c.credit_at = at_ms(1000000);
	CHECK_EQ(jump(3000, 0, 20), CONTINUES);
	CHECK_EQ(c.credit, 0);
	CHECK_EQ(s->count.stale, 0);
	rig_close();
	begin(40); /* what is held is an outage once there is credit */
	c.credit = 0;
	c.credit_at = at_ms(1000000);
	CHECK_EQ(take(packet(2000, 320000, 20)), ES_TOOK);
	CHECK_EQ(s->n_held, 1);
	c.credit = 100;
	CHECK_EQ(take(packet(2001, 320160, 40)), ES_TOOK);
	CHECK_EQ(s->count.stale, 0);
	CHECK_EQ(s->distinct, 42);
	rig_close();
}

TEST(comfort_noise_further_than_100_ahead_waits)
{
	static const struct {
		int32_t d;
		uint8_t pt;
		bool is_held;
	} rows[] = { { 100, 13, false }, { 101, 13, true }, { 101, 0, false }, { 101, 8, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_arrival a;

		begin(40);
		(void)es_coding_payload(&c, s, 13);
		a = packet(rows[i].d, 160 * rows[i].d, 20);
		a.pt = rows[i].pt;
		CHECK_EQ(take(a), ES_TOOK);
		CHECK_EQ(s->n_held, rows[i].is_held);
		CHECK_EQ(s->distinct, rows[i].is_held ? 40 : 41);
		rig_close();
	}
}

TEST(restart_is_free_behind_32_packets_else_of_four_records)
{
	static const struct {
		unsigned packets;
		uint32_t credit;
		enum verdict is;
	} rows[] = { { 32, 0, RESTART }, { 31, 4, RESTART }, { 31, 3, STALE } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].packets);
		c.credit = rows[i].credit;
		c.credit_at = at_ms(1000000);
		CHECK_EQ(jump(4001, 77777777, 20), rows[i].is);
		CHECK_EQ(c.credit, rows[i].is == STALE ? 3 : 0);
		CHECK_EQ(s->record.coverage.flags, rows[i].is == STALE ? ES_COV_EVICTED : 0);
		rig_close();
	}
}

TEST(jump_is_confirmed_by_the_next_packet_in_order)
{
	static const int32_t next[] = { 4001, 4002, 4003, 4000 };

	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		struct es_arrival a;

		begin(40);
		CHECK_EQ(take(packet(4001, 4001 * 160, 20)), ES_TOOK);
		CHECK_EQ(s->n_held, 1);
		CHECK_EQ(s->last_at.ns, es_time_add(s->highest_at, 20 * ES_NS_PER_MS).ns);
		a = packet(next[i], 4002 * 160, 40);
		CHECK_EQ(take(a), ES_TOOK);
		CHECK_EQ(s->distinct, i == 1 ? 42 : 40);
		CHECK_EQ(s->count.stale, i != 1);
		CHECK_EQ(s->n_held, i != 1);
		if (i != 1)
			CHECK_EQ(es_stream_held(s, 0)->seq, a.seq); /* it waits instead */
		rig_close();
	}
}

/* The same content within two seconds. */
TEST(copy_of_what_is_held_waits_with_it)
{
	static const struct {
		int64_t ts, ms;
		bool is;
	} rows[] = { { 0, 0, true }, { 1, 0, false }, { 0, 1999, true }, { 0, 2000, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(40);
		CHECK_EQ(take(packet(4001, 4001 * 160, 20)), ES_TOOK);
		CHECK_EQ(take(packet(4001, 4001 * 160 + rows[i].ts, 20 + rows[i].ms)), ES_TOOK);
		CHECK_EQ(es_stream_count_held(s), rows[i].is ? 2 : 1);
		CHECK_EQ(s->count.stale, !rows[i].is);
		CHECK_EQ(take(packet(4002, 4002 * 160, 40 + rows[i].ms)), ES_TOOK);
		CHECK_EQ(s->distinct, 42);
		CHECK_EQ(copies(), rows[i].is);
		CHECK_EQ(s->n_held, 0);
		CHECK_EQ(s->side.rare->jump.held_more, 0);
		rig_close();
	}
}

TEST(copies_that_are_held_are_counted_up_to_257)
{
	static const unsigned copies[] = { 1, 2, 3, 256, 257, 258, 400 };

	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		unsigned kept = copies[i] < 257 ? copies[i] : 257;

		begin(40);
		for (unsigned k = 0; k < copies[i]; k++)
			CHECK_EQ(take(packet(4001, 4001 * 160, 20)), ES_TOOK);
		CHECK_EQ(es_stream_count_held(s), kept);
		CHECK_EQ(take(packet(1, 160, 20)), ES_TOOK); /* the stream runs on */
		CHECK_EQ(s->count.stale, kept);
		CHECK_EQ(s->n_held, 0);
		CHECK_EQ(s->distinct, 41);
		rig_close();
	}
}

TEST(stale_jump_counts_its_copies_and_what_confirmed_it)
{
	begin(40);
	s->lowest -= 300;
	CHECK_EQ(take(packet(-200, -32000, 20)), ES_TOOK);
	CHECK_EQ(take(packet(-200, -32000, 20)), ES_TOOK);
	CHECK_EQ(take(packet(-199, -31840, 40)), ES_TOOK);
	CHECK_EQ(s->count.stale, 3);
	CHECK_EQ(s->n_held, 0);
	CHECK_EQ(s->distinct, 40);
	rig_close();
}

/* Behind a pause of two seconds an old packet may be of a sender that begins again; then it does not. */
TEST(old_packet_that_was_held_counts_as_what_it_is)
{
	for (int32_t d = -101; d <= -100; d++) {
		begin(200);
		CHECK_EQ(take(packet(d, 160 * d, 2000)), ES_TOOK);
		CHECK_EQ(s->n_held, 1);
		CHECK(s->side.rare->jump.is_held_past);
		CHECK_EQ(take(packet(1, 160, 2020)), ES_TOOK);
		CHECK_EQ(s->n_held, 0);
		CHECK_EQ(s->count.stale, d < -100);
		CHECK_EQ(copies(), d >= -100);
		CHECK(s->side.rare->jump.has_delayed);
		rig_close();
	}
}

TEST(old_packet_leaves_what_is_held_where_it_is)
{
	begin(200);
	CHECK_EQ(take(packet(4001, 4001 * 160, 20)), ES_TOOK);
	CHECK_EQ(take(packet(-3, -480, 20)), ES_TOOK);
	CHECK_EQ(s->n_held, 1);
	CHECK_EQ(copies(), 1);
	CHECK_EQ(take(packet(0, 0, 20)), ES_TOOK);
	CHECK_EQ(s->n_held, 1);
	CHECK_EQ(take(packet(2, 320, 40)), ES_TOOK);
	CHECK_EQ(s->n_held, 0);
	CHECK_EQ(s->count.stale, 1);
	rig_close();
}
