/* SPDX-License-Identifier: Apache-2.0 */
/* Payload types and receiver of a stream, without its packets. */
#include "probes/stream/coding.h"
#include "probes/stream/receiver.h"
#include "probes/stream/side.h"
#include "probes/stream/stream.h"

#include "harness.h"

static struct es_context context;
static struct es_stream_state s;

static void
with_packets(unsigned n, const uint32_t *packets)
{
	es_side_free(&context);
	CHECK_EQ(es_side_new(&context, 1), 0);
	memset(&s, 0, sizeof(s));
	es_coding_begin(&s);
	for (unsigned i = 0; i < n; i++)
		es_coding_payload(&context, &s, (uint8_t)(96 + i))->packets = packets[i];
}

static unsigned
slot_of(uint8_t pt)
{
	return es_coding_payload(&context, &s, pt)->slot;
}

TEST(payload_type_that_was_heard_least_makes_room)
{
	static const uint32_t packets[][4] = { { 5, 9, 7, 6 }, { 9, 5, 7, 6 }, { 9, 7, 5, 6 },
		{ 9, 8, 7, 6 } };

	for (unsigned i = 0; i < 4; i++) {
		with_packets(4, packets[i]);
		s.coding.audio = es_coding_at(&s, i == 1 ? 0 : 1);
		CHECK_EQ(slot_of(120), i);
		CHECK_EQ(s.coding.n_payloads, 4);
		CHECK_EQ(es_coding_at(&s, i)->packets, 0);
		CHECK_EQ(es_coding_at(&s, i)->is.pt, 120);
	}
}

TEST(payload_type_that_is_spoken_never_makes_room)
{
	static const uint32_t first[4] = { 1, 9, 3, 8 }, last[4] = { 4, 9, 8, 1 };

	with_packets(4, first);
	s.coding.audio = es_coding_at(&s, 0);
	CHECK_EQ(slot_of(120), 2);
	with_packets(4, last);
	s.coding.audio = es_coding_at(&s, 3);
	CHECK_EQ(slot_of(120), 0);
}

/* Of types that were heard as little the first one makes room, and what is not spoken before what is. */
TEST(payload_type_that_makes_room_is_the_first_of_the_rarest)
{
	static const uint32_t same[4] = { 1, 1, 1, 1 };

	for (uint8_t now = 0; now < 4; now++) {
		with_packets(4, same);
		s.coding.audio = es_coding_at(&s, now);
		CHECK_EQ(slot_of(120), now == 0 ? 1 : 0);
	}
}

TEST(payload_type_whose_codec_is_past_gets_another_place)
{
	static const uint32_t packets[2] = { 5, 9 };

	with_packets(2, packets);
	CHECK_EQ(slot_of(97), 1);
	es_coding_at(&s, 1)->is_past = true;
	CHECK_EQ(slot_of(97), 2);
	CHECK_EQ(slot_of(97), 2);
}

static void
learn(const struct es_context *c, uint16_t metric, int64_t value, uint16_t second, int64_t value2)
{
	struct es_reported_value v[2] = { { 0 } };

	v[0].metric = metric;
	v[0].value = value;
	v[1].metric = second;
	v[1].value = value2;
	es_receiver_learn(c, &s, v, 2);
}

static void
begin_receiver(struct es_context *c)
{
	memset(&s, 0, sizeof(s));
	memset(c, 0, sizeof(*c));
	c->receiver_ms = 60;
	es_receiver_begin(c, &s);
}

/* RFC 3611 section 4.7.6: 0 unspecified, 1 disabled, 2 enhanced, 3 standard. */
TEST(receiver_says_whether_it_conceals)
{
	static struct es_context c;

	for (unsigned plc = 2; plc <= 3; plc++) {
		begin_receiver(&c);
		CHECK(!s.receiver.has_no_concealment);
		learn(&c, ES_RM_PLC, 1, ES_RM_END, 0);
		CHECK(s.receiver.has_no_concealment);
		learn(&c, ES_RM_PLC, 0, ES_RM_END, 0);
		CHECK(s.receiver.has_no_concealment);
		learn(&c, ES_RM_PLC, 4, ES_RM_END, 0);
		CHECK(s.receiver.has_no_concealment);
		learn(&c, ES_RM_PLC, plc, ES_RM_END, 0);
		CHECK(!s.receiver.has_no_concealment);
	}
}

TEST(receiver_of_a_depth_that_a_buffer_has_is_learnt)
{
	static const struct {
		int64_t us;
		uint32_t depth_ms;
		uint8_t by;
	} rows[] = {
		{ 999, 60, ES_RECEIVER_BY_DEFAULT },
		{ 1000, 1, ES_RECEIVER_BY_END },
		{ 80000, 80, ES_RECEIVER_BY_END },
		{ 1000000, 1000, ES_RECEIVER_BY_END },
		{ 1000001, 60, ES_RECEIVER_BY_DEFAULT },
	};
	static struct es_context c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_receiver(&c);
		learn(&c, ES_RM_JITTER_BUFFER_ADAPTIVE, 2, ES_RM_JITTER_BUFFER_NOMINAL_US,
		    rows[i].us);
		CHECK_EQ(s.receiver.by, rows[i].by);
		CHECK_EQ(s.receiver.dejitter.depth_us, rows[i].depth_ms * 1000);
	}
}

TEST(receiver_whose_buffer_is_of_no_known_kind_teaches_nothing)
{
	static struct es_context c;

	for (int64_t kind = 0; kind < 2; kind++) {
		begin_receiver(&c);
		learn(
		    &c, ES_RM_JITTER_BUFFER_ADAPTIVE, kind, ES_RM_JITTER_BUFFER_NOMINAL_US, 80000);
		CHECK_EQ(s.receiver.by, ES_RECEIVER_BY_DEFAULT);
		CHECK_EQ(s.receiver.dejitter.depth_us, 60000);
	}
	begin_receiver(&c);
	learn(&c, ES_RM_JITTER_BUFFER_ADAPTIVE, 3, ES_RM_JITTER_BUFFER_NOMINAL_US, 80000);
	CHECK_EQ(s.receiver.by, ES_RECEIVER_BY_END);
	CHECK_EQ(s.receiver.dejitter.depth_us, 0); /* adaptive, whatever its depth is just now */
}

TEST(receiver_keeps_what_its_buffer_moved_so_far)
{
	static struct es_context c;

	begin_receiver(&c);
	s.receiver.dejitter.moves = 7;
	learn(&c, ES_RM_JITTER_BUFFER_ADAPTIVE, 2, ES_RM_JITTER_BUFFER_NOMINAL_US, 80000);
	CHECK_EQ(s.receiver.dejitter.moves, 7);
	/* The first that is announced stays. */
	learn(&c, ES_RM_JITTER_BUFFER_ADAPTIVE, 2, ES_RM_JITTER_BUFFER_NOMINAL_US, 90000);
	CHECK_EQ(s.receiver.dejitter.depth_us, 80000);
}

/* What is configured goes before the end's report, that before the call's product, that before the default. */
TEST(receiver_is_chosen_by_who_knows_it_best)
{
	static const struct {
		const char *name;
		bool is_set;
		uint8_t by, expected, begun, then;
	} rows[] = {
		{ "nobody", false, ES_RECEIVER_BY_NOBODY, ES_RECEIVER_BY_NOBODY,
		    ES_RECEIVER_BY_DEFAULT, ES_RECEIVER_BY_END },
		{ "product", false, ES_RECEIVER_BY_NOBODY, ES_RECEIVER_BY_AGENT,
		    ES_RECEIVER_BY_AGENT, ES_RECEIVER_BY_END },
		{ "another product", false, ES_RECEIVER_BY_AGENT, ES_RECEIVER_BY_CLASS,
		    ES_RECEIVER_BY_CLASS, ES_RECEIVER_BY_END },
		{ "product that stays", false, ES_RECEIVER_BY_AGENT, ES_RECEIVER_BY_NOBODY,
		    ES_RECEIVER_BY_AGENT, ES_RECEIVER_BY_END },
		{ "report", false, ES_RECEIVER_BY_END, ES_RECEIVER_BY_AGENT, ES_RECEIVER_BY_END,
		    ES_RECEIVER_BY_END },
		{ "configured", true, ES_RECEIVER_BY_NOBODY, ES_RECEIVER_BY_AGENT,
		    ES_RECEIVER_BY_CONFIG, ES_RECEIVER_BY_CONFIG },
	};
	static struct es_context c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool learns = rows[i].then != rows[i].begun;

		memset(&s, 0, sizeof(s));
		memset(&c, 0, sizeof(c));
		c.receiver_ms = 60;
		c.is_receiver_set = rows[i].is_set;
		s.receiver.by = rows[i].by;
		es_receiver_expect(&c, &s, rows[i].expected);
		if (rows[i].is_set)
			CHECK_EQ(s.receiver.by, rows[i].by);
		es_receiver_begin(&c, &s);
		if (s.receiver.by != rows[i].begun || s.receiver.dejitter.depth_us != 60000)
			test_fail(__FILE__, __LINE__, "%s: begins by %d", rows[i].name,
			    (int)s.receiver.by);
		learn(&c, ES_RM_JITTER_BUFFER_NOMINAL_US, 80000, ES_RM_JITTER_BUFFER_ADAPTIVE, 2);
		if (s.receiver.by != rows[i].then ||
		    s.receiver.dejitter.depth_us != (learns ? 80000 : 60000))
			test_fail(__FILE__, __LINE__, "%s: by %d, %u us", rows[i].name,
			    (int)s.receiver.by, s.receiver.dejitter.depth_us);
	}
}

/* A buffer that is as deep as the one modelled keeps what that one has seen. */
TEST(receiver_of_the_depth_that_is_modelled_begins_no_other_buffer)
{
	static struct es_context c;

	for (int64_t ms = 60; ms <= 61; ms++) {
		begin_receiver(&c);
		s.receiver.dejitter.started = true;
		learn(
		    &c, ES_RM_JITTER_BUFFER_ADAPTIVE, 2, ES_RM_JITTER_BUFFER_NOMINAL_US, ms * 1000);
		CHECK_EQ(s.receiver.by, ES_RECEIVER_BY_END);
		CHECK_EQ(s.receiver.dejitter.started, ms == 60);
	}
}

/* Concealment is no part of the buffer: it is learnt also where that is configured. */
TEST(receiver_that_is_configured_may_yet_say_that_it_conceals_nothing)
{
	static struct es_context c;

	begin_receiver(&c);
	c.is_receiver_set = true;
	learn(&c, ES_RM_PLC, 1, ES_RM_END, 0);
	CHECK(s.receiver.has_no_concealment);
}
