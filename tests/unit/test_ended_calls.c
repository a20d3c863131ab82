/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are over are printed once, in their last form. */
#include "agent/output/call_key.h"
#include "agent/output/ended_calls.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <string.h>

static char printed[256];

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	(void)strncat(printed, text, sizeof(printed) - strlen(printed) - 1);
	(void)strncat(printed, " ", sizeof(printed) - strlen(printed) - 1);
}

static struct es_ended_calls *
calls_of(uint32_t cap)
{
	static const uint8_t key[16] = { 1 };
	struct es_ended_calls *e = NULL;

	printed[0] = '\0';
	if (es_ended_calls_new(cap, es_hash_key_of(key), note, NULL, &e) != 0)
		abort();
	return e;
}

static es_time
at(int64_t ms)
{
	return es_time_of_ns(INT64_C(1790000000) * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

/* A record of a call that began at an instant, known at another. */
static void
put(struct es_ended_calls *e, const char *call_id, int64_t begun_ms, int64_t known_ms,
    const char *text)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = at(known_ms);
	rec.u.call.call_id = es_slice_str(call_id);
	rec.u.call.start = at(begun_ms);
	if (es_ended_calls_put(e, &rec, strdup(text)) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
}

/* What was printed in all, when the end prints what is held; e is freed. */
static void
check_end(struct es_ended_calls *e, const char *expected)
{
	es_ended_calls_flush(e);
	CHECK_STR(printed, expected);
	es_ended_calls_free(e);
}

TEST(ended_call_is_printed_once_in_its_last_form)
{
	struct es_ended_calls *e = calls_of(8);

	put(e, "a", 0, 1000, "bye");
	es_ended_calls_advance(e, at(2999));
	CHECK_STR(printed, "");
	put(e, "a", 0, 1100, "answered");
	es_ended_calls_advance(e, at(3000));
	CHECK_STR(printed, "answered ");
	put(e, "a", 0, 3100, "resent");
	es_ended_calls_advance(e, at(62999));
	check_end(e, "answered ");
}

TEST(ended_calls_of_one_call_id_differ_by_their_begin)
{
	struct es_ended_calls *e = calls_of(8);

	put(e, "a", 0, 1000, "first");
	put(e, "a", 5000, 6000, "second");
	check_end(e, "first second ");
}

/* Else a table in which one Call-ID stands a thousand times is searched from end to end for each. */
TEST(ended_calls_of_one_call_id_have_hashes_of_their_own)
{
	static const struct es_hash_key key = { 1, 2 };
	uint64_t first = es_call_key_hash(&key, es_slice_str("a"), at(0));

	for (int64_t ms = 1; ms < 1000; ms++)
		CHECK(es_call_key_hash(&key, es_slice_str("a"), at(ms)) != first);
	CHECK_EQ(es_call_key_hash(&key, es_slice_str("a"), at(0)), first);
	CHECK(es_call_key_hash(&key, es_slice_str("b"), at(0)) != first);
}

TEST(ended_calls_beyond_the_room_print_the_oldest)
{
	struct es_ended_calls *e = calls_of(2);

	put(e, "a", 0, 1000, "a");
	put(e, "b", 0, 1001, "b");
	put(e, "c", 0, 1002, "c");
	CHECK_STR(printed, "a ");
	check_end(e, "a b c ");
}

TEST(ended_calls_that_are_freed_are_not_printed)
{
	struct es_ended_calls *e = calls_of(4);

	put(e, "a", 0, 1000, "a");
	put(e, "", 0, 1000, "nobody");
	es_ended_calls_free(e);
	es_ended_calls_free(NULL);
	CHECK_STR(printed, "");
}
