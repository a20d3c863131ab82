/* SPDX-License-Identifier: Apache-2.0 */
/* What few streams have is taken from side pools and given back to them. */
#include "probes/stream/side.h"

#include "probes/stream/coding.h"

#include "harness.h"

enum { STREAMS = 5 };

static struct es_context context;
static struct es_stream_state stream[STREAMS];

/* No place is given back. */
static void
forget_state(void)
{
	memset(stream, 0, sizeof(stream));
	for (unsigned i = 0; i < STREAMS; i++) {
		stream[i].id.index = i;
		es_coding_begin(&stream[i]);
	}
}

static void
begin(void)
{
	CHECK_EQ(es_side_new(&context, STREAMS), 0);
	forget_state();
}

TEST(stream_of_one_payload_type_takes_no_side_place)
{
	begin();
	CHECK_EQ(es_coding_payload(&context, &stream[0], 8)->is.pt, 8);
	CHECK_EQ(es_coding_payload(&context, &stream[0], 8)->slot, 0);
	CHECK(stream[0].coding.others == NULL);
	CHECK_EQ(context.payloads.pool.n_used, 0);
	CHECK_EQ(context.rare.pool.n_used, 0);
	es_side_end(&context, &stream[0]);
	es_coding_drop(&context, &stream[0]);
	es_side_drop(&context, &stream[0]); /* what it has not, it does not give back */
	es_side_free(&context);
}

TEST(all_streams_may_have_all_side_places_at_once)
{
	begin();
	for (unsigned round = 0; round < 3; round++) {
		for (uint8_t pt = 96; pt < 96 + ES_STREAM_PAYLOADS; pt++)
			for (unsigned i = 0; i < STREAMS; i++)
				es_coding_payload(&context, &stream[i], pt)->packets =
				    1000 * pt + i;
		for (unsigned i = 0; i < STREAMS; i++) {
			CHECK_EQ(es_side_rare(&context, &stream[i])->returned.first, 0);
			es_side_rare(&context, &stream[i])->returned.first = 10 + i;
			es_side_rare(&context, &stream[i])->returned.missed = 20 + i;
			stream[i].lowest = 5;
		}
		for (unsigned i = 0; i < STREAMS; i++) {
			CHECK(!es_stream_is_late(&stream[i], 300 + i));
			es_window_set(es_side_damage(&context, &stream[i])->late_at, 300 + i);
			CHECK_EQ(es_side_sender(&context, &stream[i])->starvations, 0);
			es_side_sender(&context, &stream[i])->starvations = 30 + i;
		}
		CHECK_EQ(context.payloads.pool.n_used, STREAMS);
		CHECK_EQ(context.rare.pool.n_used, STREAMS);
		CHECK_EQ(context.damages.pool.n_used, STREAMS);
		CHECK_EQ(context.senders.pool.n_used, STREAMS);
		for (unsigned i = 0; i < STREAMS; i++)
			for (unsigned slot = 0; slot < ES_STREAM_PAYLOADS; slot++)
				CHECK_EQ(es_stream_payload_at(&stream[i], slot)->packets,
				    1000 * (96 + slot) + i);
		for (unsigned i = 0; i < STREAMS; i++) {
			CHECK_EQ(es_stream_return(&stream[i])->missed, 20 + i);
			CHECK_EQ(es_stream_run_first(&stream[i]), 10 + i);
			for (unsigned late = 0; late < STREAMS; late++)
				CHECK_EQ(es_stream_is_late(&stream[i], 300 + late), late == i);
			CHECK_EQ(stream[i].side.sender->starvations, 30 + i);
			es_side_end(&context, &stream[i]);
			CHECK(!es_stream_is_late(&stream[i], 300 + i));
			es_side_drop(&context, &stream[i]);
			es_coding_drop(&context, &stream[i]);
			CHECK(es_stream_return(&stream[i]) == NULL);
			CHECK_EQ(es_stream_run_first(&stream[i]), 5);
			CHECK(stream[i].coding.others == NULL);
			CHECK(stream[i].coding.audio == &stream[i].coding.first);
			stream[i].coding.n_payloads = 0;
		}
		CHECK_EQ(context.payloads.pool.n_used, 0);
		CHECK_EQ(context.rare.pool.n_used, 0);
		CHECK_EQ(context.damages.pool.n_used, 0);
		CHECK_EQ(context.senders.pool.n_used, 0);
	}
	es_side_free(&context);
}

/* The state of a stream goes, and its places are not given back: the next stream of its slot has them. */
TEST(forgotten_side_places_are_never_missing)
{
	begin();
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < STREAMS; i++) {
			CHECK_EQ(es_side_rare(&context, &stream[i])->returned.first, 0);
			es_side_rare(&context, &stream[i])->returned.first = 10 + i;
			CHECK_EQ(es_side_sender(&context, &stream[i])->starvations, 0);
			es_side_sender(&context, &stream[i])->starvations = 30 + i;
			CHECK(!es_stream_is_late(&stream[i], 300));
			es_window_set(es_side_damage(&context, &stream[i])->late_at, 300);
			es_coding_payload(&context, &stream[i], 8);
			CHECK_EQ(es_coding_payload(&context, &stream[i], 9)->packets, 0);
			es_coding_payload(&context, &stream[i], 9)->packets = 40 + i;
		}
		for (unsigned i = 0; i < STREAMS; i++) {
			CHECK_EQ(stream[i].side.rare->returned.first, 10 + i);
			CHECK_EQ(stream[i].side.sender->starvations, 30 + i);
			CHECK_EQ(es_coding_payload(&context, &stream[i], 9)->packets, 40 + i);
		}
		forget_state();
	}
	es_side_free(&context);
}

/* Bursts, gaps and effective loss say the same as if they had been kept from the first packet on. */
TEST(damage_begins_with_what_was_judged_before)
{
	static const uint32_t clean[] = { 0, 1, ES_BURST_GMIN, 100000 };

	for (unsigned i = 0; i < sizeof(clean) / sizeof(clean[0]); i++) {
		struct es_stream_damage none, *damage;
		struct es_burst_result is, should;
		struct es_burst burst = { 0 };

		begin();
		stream[0].quality.clean = clean[i];
		stream[0].quality.moved = 7;
		none = es_side_damage_of(&stream[0]);
		CHECK_EQ(context.damages.pool.n_used, 0);
		CHECK_EQ(none.effective.expected, clean[i]);
		CHECK_EQ(none.effective.moved, 7);
		CHECK_EQ(none.effective.bad, 0);
		CHECK_EQ(es_burst_result(&none.burst, 20000, &is), clean[i] > 0);

		damage = es_side_damage(&context, &stream[0]);
		CHECK(es_side_damage(&context, &stream[0]) == damage);
		CHECK_EQ(damage->effective.expected, clean[i]);
		CHECK_EQ(damage->effective.moved, 7);
		es_burst_run(&burst, false, clean[i]);
		es_burst_run(&burst, true, 3);
		es_burst_run(&damage->burst, true, 3);
		CHECK(es_burst_result(&burst, 20000, &should));
		none = es_side_damage_of(&stream[0]);
		CHECK(es_burst_result(&none.burst, 20000, &is));
		CHECK_EQ(is.burst_packets, 3);
		CHECK_EQ(is.gap_packets, clean[i]);
		CHECK_EQ(is.gap_packets, should.gap_packets);
		CHECK_EQ(is.gap_length_us, should.gap_length_us);
		CHECK_EQ(is.burst_length_us, should.burst_length_us);
		es_side_end(&context, &stream[0]);
		es_side_free(&context);
	}
}
