/* SPDX-License-Identifier: Apache-2.0 */
/* What calls on the same ports find of their streams, and how much they look at. */
#include "agent/report/course.h"
#include "agent/report/stream_turns.h"
#include "tests/unit/harness.h"

enum { T0_S = 1767225600, CALLS = 2000, BLOCKS = 3, CALL_MS = 30000 };

static const uint8_t key[16] = { 1 };
static const struct es_call_stream one = { 7, { .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } },
	{ .family = 4, .port = 4002, .ip = { 10, 0, 0, 2 } } };

static es_time
at(int64_t ms)
{
	return es_time_of_ns(T0_S * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static void
stream(struct es_course *c, int64_t ms, uint32_t restart, uint64_t lost)
{
	struct es_record rec = { .type = ES_REC_STREAM };
	struct es_stream *r = &rec.u.stream;

	r->key = (struct es_stream_key){ one.src, one.dst, one.ssrc, restart };
	r->start = at(ms);
	r->duration_us = 20000000;
	r->lost = lost;
	es_course_record(c, 0, &rec);
}

static void
block(struct es_course *c, int64_t ms)
{
	struct es_record rec = { .type = ES_REC_INTERVAL };

	rec.u.interval.stream = (struct es_stream_key){ one.src, one.dst, one.ssrc, 0 };
	rec.u.interval.start = at(ms);
	rec.u.interval.end = at(ms + 5000);
	es_course_record(c, 0, &rec);
}

static void
call(struct es_course *c, const char *id, int64_t ms, uint64_t duration_ms)
{
	struct es_record rec = { .type = ES_REC_CALL };
	struct es_call *k = &rec.u.call;

	k->call_id = es_slice_str(id);
	k->state = ES_STATE_COMPLETED;
	k->start = at(ms);
	k->has = duration_ms > 0 ? ES_CALL_HAS_DURATION : 0;
	k->duration_us = duration_ms * 1000;
	k->streams = &one;
	k->n_streams = 1;
	es_course_record(c, 0, &rec);
}

static void
message(struct es_course *c, const char *id, int64_t ms)
{
	const struct es_sip_message m = {
		.at = at(ms), .call_id = es_slice_str(id), .method = es_slice_str("BYE")
	};

	es_course_message(c, 0, &m);
}

static struct es_course *
begin(void)
{
	struct es_course *c = NULL;

	if (es_course_new(key, &c) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	(void)es_course_vantage(c, es_slice_of(NULL, 0));
	return c;
}

static const struct es_course_call *
call_named(const struct es_course *c, const char *id)
{
	return es_course_call(c, 0, es_slice_str(id), ES_COURSE_ALWAYS.to);
}

/* Each call of a trunk looks at its own blocks, however many calls its ports carried: all of them at as many as there are. */
TEST(course_of_calls_on_the_same_ports_costs_no_more_than_their_blocks)
{
	struct es_course *c = begin();
	struct es_stream_turns turns;
	size_t n_calls, n_blocks = 0, n_streams = 0;
	const struct es_course_call *k;
	char id[16];

	for (int i = 0; i < CALLS; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		call(c, id, i * CALL_MS, 25000);
		stream(c, i * CALL_MS + 1000, 0, (uint64_t)i);
		for (int j = 0; j < BLOCKS; j++)
			block(c, i * CALL_MS + 1000 + j * 5000);
	}
	es_course_sort(c);
	CHECK_EQ(es_stream_turns_init(&turns, c), 0);
	k = es_course_all_calls(c, &n_calls);
	CHECK_EQ(n_calls, CALLS);
	for (size_t i = 0; i < n_calls; i++) {
		struct es_course_period when = es_stream_turns_of(&turns, &k[i]);
		size_t n, m;
		const struct es_course_stream *s = es_course_streams(c, 0, &one, when, &n);
		const struct es_course_block *b = es_course_blocks(c, 0, &one, when, &m);

		CHECK(s != NULL && b != NULL);
		CHECK_EQ(es_time_diff(s->start, k[i].start), 1000 * ES_NS_PER_MS);
		CHECK_EQ(b->start.ns, s->start.ns);
		n_streams += n;
		n_blocks += m;
	}
	CHECK_EQ(n_streams, CALLS);
	CHECK_EQ(n_blocks, CALLS * BLOCKS);
	es_stream_turns_free(&turns);
	es_course_free(c);
}

/* An engine that forgot a stream numbers its restarts from 0 again: another start is another stream. */
TEST(course_keeps_streams_that_have_one_number_and_another_start)
{
	struct es_course *c = begin();
	const struct es_course_stream *s;
	size_t n;

	stream(c, 0, 0, 1);
	stream(c, 0, 0, 2); /* a later record of the same one */
	stream(c, 60000, 0, 3);
	stream(c, 30000, 1, 4);
	es_course_sort(c);
	s = es_course_streams(c, 0, &one, ES_COURSE_ALWAYS, &n);
	CHECK_EQ(n, 3);
	CHECK_EQ(s[0].lost, 2);
	CHECK_EQ(s[1].lost, 4);
	CHECK_EQ(s[2].lost, 3);
	s = es_course_streams(
	    c, 0, &one, (struct es_course_period){ at(30000), at(60000) }, &n); /* ends included */
	CHECK_EQ(n, 2);
	CHECK_EQ(s[0].lost, 4);
	CHECK(es_course_streams(c, 0, &one, (struct es_course_period){ at(1), at(29999) }, &n) ==
	      NULL);
	CHECK_EQ(n, 0);
	es_course_free(c);
}

/* Both calls of a B2BUA announce the same media, and one may be over before the other has an answer. */
TEST(stream_turns_share_what_calls_at_the_same_time_carry)
{
	static const struct {
		const char *name;
		int64_t second_ms;  /* when the second call begins */
		int64_t first_last; /* last message of the first one */
		uint64_t first_duration_ms;
		size_t first_sees; /* of two streams at 1 s and 31 s */
		size_t second_sees;
	} rows[] = {
		{ "both at once", 20, 50000, 48000, 2, 2 },
		{ "failed, with messages for a while", 20, 50000, 0, 2, 2 },
		{ "one after the other", 30000, 25000, 24000, 1, 1 },
		{ "failed, and over", 30000, 25000, 0, 1, 1 },
		{ "rang for long", 30000, 45000, 20000, 2, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_course *c = begin();
		struct es_stream_turns turns;
		size_t n, m;

		call(c, "first", 0, rows[i].first_duration_ms);
		call(c, "second", rows[i].second_ms, 30000);
		message(c, "first", rows[i].first_last);
		message(c, "second", rows[i].second_ms + 40000);
		stream(c, 1000, 0, 1);
		stream(c, 31000, 0, 2);
		es_course_sort(c);
		CHECK_EQ(es_stream_turns_init(&turns, c), 0);
		(void)es_course_streams(
		    c, 0, &one, es_stream_turns_of(&turns, call_named(c, "first")), &n);
		(void)es_course_streams(
		    c, 0, &one, es_stream_turns_of(&turns, call_named(c, "second")), &m);
		if (n != rows[i].first_sees || m != rows[i].second_sees)
			test_fail(__FILE__, __LINE__, "%s: the calls see %zu and %zu streams",
			    rows[i].name, n, m);
		es_stream_turns_free(&turns);
		es_course_free(c);
	}
}

/* A capture that began within the first call knows its media before its signalling. */
TEST(stream_turns_give_media_before_the_first_message_to_the_first_call)
{
	struct es_course *c = begin();
	struct es_stream_turns turns;
	struct es_course_period first;

	stream(c, 0, 0, 1);
	call(c, "first", 25000, 0); /* its BYE */
	message(c, "first", 25000);
	call(c, "second", 60000, 20000);
	stream(c, 61000, 0, 2);
	es_course_sort(c);
	CHECK_EQ(es_stream_turns_init(&turns, c), 0);
	first = es_stream_turns_of(&turns, call_named(c, "first"));
	CHECK_EQ(first.from.ns, at(0).ns);
	CHECK_EQ(first.to.ns, at(20000).ns);
	es_stream_turns_free(&turns);
	es_course_free(c);
}

/* A Call-ID that is used again has messages of its own each time. */
TEST(course_messages_of_a_call_id_used_again_are_apart)
{
	struct es_course *c = begin();
	size_t n;

	call(c, "again", 1000, 1000);
	call(c, "again", 60000, 1000);
	message(c, "again", 0); /* before the record's beginning, and of the first all the same */
	message(c, "again", 2000);
	message(c, "again", 60000);
	es_course_sort(c);
	CHECK(es_course_messages(c, 0, es_slice_str("again"), at(1000), &n) != NULL);
	CHECK_EQ(n, 2);
	CHECK_EQ(
	    es_course_messages(c, 0, es_slice_str("again"), at(60000), &n)->at.ns, at(60000).ns);
	CHECK_EQ(n, 1);
	CHECK(es_course_messages(c, 0, es_slice_str("other"), at(0), &n) == NULL);
	es_course_free(c);
}
