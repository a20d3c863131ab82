/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering calls that failed: their other legs are found by who called whom. */
#include "gather_store.h"

struct attempt {
	const char *call_id;
	int64_t at_s;
	const char *from, *to;
	enum es_state state;
};

static void
put_attempt(struct fixture *f, const struct attempt *a)
{
	struct es_record rec;
	struct es_call *call = &rec.u.call;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = call->start = es_time_of_ns(a->at_s * ES_NS_PER_S);
	call->call_id = es_slice_str(a->call_id);
	call->from = es_slice_str(a->from);
	call->to = es_slice_str(a->to);
	call->state = a->state;
	call->has = ES_CALL_HAS_STATUS;
	call->final_status = a->state == ES_STATE_COMPLETED ? 200 : 486;
	put(f, &rec);
}

static const struct attempt asked = { "a@x", 1000, "u1-aa@h1", "u1-bb@h1", ES_STATE_FAILED };

/* How many rows are collected for the call that was asked for, with one other row in the store. */
static size_t
rows_with(const struct attempt *other, es_slice asks)
{
	struct es_gather *g = NULL;
	struct fixture f;
	size_t n;

	setup(&f);
	put_attempt(&f, &asked);
	put_attempt(&f, other);
	if (es_gather_new(f.s, &g) != 0 || es_gather_load(g, asks) != 0)
		test_fail(__FILE__, __LINE__, "nothing was collected");
	n = es_gather_count(g);
	es_gather_free(g);
	teardown(&f);
	return n;
}

TEST(gather_of_a_failed_call_brings_what_the_same_two_tried_then)
{
	static const struct {
		struct attempt other;
		size_t rows;
	} cases[] = {
		{ { "b@y", 1000, "u1-aa@h2", "u1-bb@h2", ES_STATE_FAILED }, 2 },
		{ { "b@y", 1060, "u1-aa@h2", "u1-bb@h2", ES_STATE_CANCELLED }, 2 },
		{ { "b@y", 940, "u1-aa@h2", "u1-bb@h2", ES_STATE_FAILED }, 2 },
		{ { "b@y", 1061, "u1-aa@h2", "u1-bb@h2", ES_STATE_FAILED }, 1 },
		{ { "b@y", 939, "u1-aa@h2", "u1-bb@h2", ES_STATE_FAILED }, 1 },
		{ { "b@y", 1000, "u1-cc@h2", "u1-bb@h2", ES_STATE_FAILED }, 1 },
		{ { "b@y", 1000, "u1-aa@h2", "u1-cc@h2", ES_STATE_FAILED }, 1 },
		{ { "b@y", 1000, "u1-aa", "u1-bb", ES_STATE_FAILED }, 1 },
		{ { "b@y", 1000, "u1-aa@h2", "u1-bb@h2", ES_STATE_COMPLETED }, 1 },
		{ { "b@y", 1000, "u1-aa@h2", "u1-bb@h2", ES_STATE_IN_PROGRESS }, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (rows_with(&cases[i].other, es_slice_str("a@x")) != cases[i].rows)
			test_fail(__FILE__, __LINE__, "other rows than expected");
	}
}

/* Someone who is busy all day does not lead from one attempt to the next. */
TEST(gather_of_a_failed_call_does_not_walk_through_the_day)
{
	struct es_gather *g = NULL;
	struct fixture f;
	char id[16];

	setup(&f);
	for (int i = 0; i < 20; i++) {
		const struct attempt a = { id, 1000 + 50 * i, "u1-aa@h", "u1-bb@h",
			ES_STATE_FAILED };

		(void)snprintf(id, sizeof(id), "c%d", i);
		put_attempt(&f, &a);
	}
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	CHECK_EQ(es_gather_load(g, es_slice_str("c10")), 0);
	CHECK_EQ(es_gather_count(g), 3);
	es_gather_free(g);
	teardown(&f);
}

TEST(gather_of_attempts_among_many_is_bounded)
{
	struct es_gather *g = NULL;
	struct fixture f;
	char id[16];

	setup(&f);
	for (int i = 0; i < 200; i++) {
		const struct attempt a = { id, 1000, "u1-aa@h", "u1-bb@h", ES_STATE_FAILED };

		(void)snprintf(id, sizeof(id), "c%d", i);
		put_attempt(&f, &a);
	}
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	CHECK_EQ(es_gather_load(g, es_slice_str("c199")), 0);
	CHECK_EQ(es_gather_count(g), ES_STORE_NEAR_ROWS + 1);
	es_gather_free(g);
	teardown(&f);
}
