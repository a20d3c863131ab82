/* SPDX-License-Identifier: Apache-2.0 */
/* The searches of the store give their rows in an order that they ask for, and end where they say. */
#include "collector/store/store_private.h"
#include "tests/unit/store_rig.h"

struct seen {
	int n;
	char letters[512]; /* the bytes of each, in order */
	int64_t ids[512];
};

static bool
note(void *ctx, const struct es_found *found)
{
	struct seen *seen = ctx;
	size_t at = strlen(seen->letters);

	(void)snprintf(seen->letters + at, sizeof(seen->letters) - at, "%.*s",
	    (int)found->row.bytes.n, (const char *)found->row.bytes.p);
	if (seen->n < 512)
		seen->ids[seen->n] = found->id;
	seen->n++;
	return true;
}

static es_time
at(int64_t s)
{
	return es_time_of_ns(s * ES_NS_PER_S);
}

/* A store whose searches, where no order is asked for, come from behind: none must live on that order. */
static void
setup_from(struct fixture *f, bool is_reversed)
{
	setup(f);
	CHECK_EQ(es_store_execute(f->s, is_reversed ? "PRAGMA reverse_unordered_selects = ON"
						    : "PRAGMA reverse_unordered_selects = OFF"),
	    0);
}

static void
put(struct fixture *f, struct es_row row, const char *letter)
{
	row.bytes = es_slice_str(letter);
	CHECK_EQ(es_store_put(f->s, &row), 0);
}

TEST(store_minutes_of_a_stream_stand_by_time_then_by_number)
{
	static const struct {
		int64_t at_s;
		uint64_t first_seq;
		const char *letter;
	} rows[] = { { 160, 3, "d" }, { 100, 9, "b" }, { 130, 1, "c" }, { 100, 2, "a" } };

	for (int is_reversed = 0; is_reversed < 2; is_reversed++) {
		struct seen seen = { .n = 0 };
		struct fixture f;
		struct es_row r;

		setup_from(&f, is_reversed != 0);
		for (size_t i = 0; i < 4; i++) {
			r = row_of(&f, ES_REC_INTERVAL, rows[i].at_s);
			r.first_seq = rows[i].first_seq;
			put(&f, r, rows[i].letter);
		}
		CHECK_EQ(es_store_find_intervals(f.s, &r, at(0), at(999), note, &seen), 0);
		CHECK_STR(seen.letters, "abcd");
		teardown(&f);
	}
}

TEST(store_records_of_a_machine_stand_by_time_then_as_they_came)
{
	static const struct {
		int64_t at_s;
		const char *letter;
	} rows[] = { { 30, "d" }, { 10, "a" }, { 20, "c" }, { 10, "b" } };
	static const enum es_record_type types[] = { ES_REC_CHANGE, ES_REC_HOST };

	for (int i = 0; i < 4; i++) {
		enum es_record_type type = types[i / 2];
		struct seen seen = { .n = 0 };
		struct fixture f;

		setup_from(&f, i % 2 != 0);
		for (size_t k = 0; k < 4; k++)
			put(&f, row_of(&f, type, rows[k].at_s), rows[k].letter);
		CHECK_EQ(es_store_find_machine(f.s, f.agent, type, at(0), at(99), note, &seen), 0);
		CHECK_STR(seen.letters, "abcd");
		CHECK_EQ(es_store_find_last(f.s, f.agent, type, note, &seen), 0);
		CHECK_STR(seen.letters, "abcdd");
		teardown(&f);
	}
}

/* From the last full sample at or before the instant: of this machine, of this type; else from the instant on. */
TEST(store_samples_of_a_host_begin_with_a_full_one)
{
	struct es_agent other = { .cn = "f", .name = "other", .spki = { 1 } };
	struct seen seen = { .n = 0 };
	struct fixture f;
	struct es_row r;

	setup(&f);
	CHECK_EQ(es_store_agent_bind(f.s, &other), 0);
	CHECK_EQ(es_store_agent_by_spki(f.s, other.spki, &other), 0);
	put(&f, row_of(&f, ES_REC_HOST, 10), "a");
	r = row_of(&f, ES_REC_HOST, 5);
	r.full = true;
	r.agent = other.id;
	put(&f, r, "x");
	r = row_of(&f, ES_REC_CHANGE, 5);
	r.full = true;
	put(&f, r, "y");
	put(&f, row_of(&f, ES_REC_HOST, 20), "b");
	CHECK_EQ(es_store_find_machine(f.s, f.agent, ES_REC_HOST, at(15), at(99), note, &seen), 0);
	CHECK_STR(seen.letters, "b");
	r = row_of(&f, ES_REC_HOST, 15);
	r.full = true;
	put(&f, r, "c");
	CHECK_EQ(es_store_find_machine(f.s, f.agent, ES_REC_HOST, at(15), at(20), note, &seen), 0);
	CHECK_STR(seen.letters, "bcb");
	CHECK_EQ(es_store_find_machine(f.s, f.agent, ES_REC_HOST, at(14), at(19), note, &seen), 0);
	CHECK_STR(seen.letters, "bcbc");
	CHECK_EQ(es_store_find_machine(f.s, f.agent, ES_REC_HOST, at(18), at(19), note, &seen), 0);
	CHECK_STR(seen.letters, "bcbcc");
	teardown(&f);
}

/* Of many calls under one value: so many delivered up to the one asked about, and as many behind it. */
TEST(store_calls_of_one_value_are_the_nearest_on_either_side)
{
	enum { MANY = 3 * ES_STORE_NEAR_ROWS, NEAR = 40 };
	static const enum es_call_key keys[] = { ES_BY_SESSION_ID, ES_BY_X_CALL_ID };
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int64_t i = 1; i <= MANY; i++) {
		struct es_row r = row_of(&f, ES_REC_CALL, i);

		r.begun = r.start;
		r.session_id = es_slice_str("same");
		r.x_call_id = es_slice_str("same");
		put(&f, r, "");
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	for (size_t k = 0; k < 2; k++) {
		struct seen seen = { .n = 0 };

		CHECK_EQ(
		    es_store_find_calls(f.s, keys[k], es_slice_str("same"), NEAR, note, &seen), 0);
		CHECK_EQ(seen.n, 2 * ES_STORE_NEAR_ROWS);
		for (int i = 0; i < ES_STORE_NEAR_ROWS; i++) {
			CHECK_EQ(seen.ids[i], NEAR - i);
			CHECK_EQ(seen.ids[ES_STORE_NEAR_ROWS + i], NEAR + 1 + i);
		}
		memset(&seen, 0, sizeof(seen));
		CHECK_EQ(
		    es_store_find_calls(f.s, keys[k], es_slice_str("same"), INT64_MAX, note, &seen),
		    0);
		CHECK_EQ(seen.n, ES_STORE_NEAR_ROWS);
		CHECK_EQ(seen.ids[0], MANY);
		CHECK_EQ(seen.ids[seen.n - 1], MANY - ES_STORE_NEAR_ROWS + 1);
	}
	teardown(&f);
}

/* The streams of one SSRC, or those of one path at one agent. */
static int
find(struct fixture *f, bool is_mirrored, int64_t from_ns, int64_t to_s, int64_t near_s,
    struct seen *seen)
{
	struct es_row r = row_of(f, ES_REC_STREAM, near_s);

	memset(seen, 0, sizeof(*seen));
	return is_mirrored
		   ? es_store_find_mirrored(f->s, &r, es_time_of_ns(from_ns), at(to_s), note, seen)
		   : es_store_find_streams(
			 f->s, 7, es_time_of_ns(from_ns), at(to_s), at(near_s), note, seen);
}

static void
put_stream(struct fixture *f, int64_t start_s, int64_t end_s, const char *letter)
{
	struct es_row r = row_of(f, ES_REC_STREAM, start_s);

	r.end = at(end_s);
	put(f, r, letter);
}

TEST(store_streams_stand_by_their_distance_from_the_instant)
{
	for (int i = 0; i < 4; i++) {
		struct seen seen;
		struct fixture f;

		setup_from(&f, i % 2 != 0);
		put_stream(&f, 115, 120, "d");
		put_stream(&f, 90, 100, "c");
		put_stream(&f, 108, 110, "b");
		put_stream(&f, 100, 101, "a"); /* at the instant: once */
		CHECK_EQ(find(&f, i > 1, at(90).ns, 115, 100, &seen), 0);
		CHECK_STR(seen.letters, "abcd");
		CHECK_EQ(find(&f, i > 1, at(90).ns, 114, 100, &seen), 0);
		CHECK_STR(seen.letters, "abc");
		CHECK_EQ(find(&f, i > 1, at(101).ns, 115, 100, &seen), 0);
		CHECK_STR(seen.letters, "abd"); /* c was over */
		teardown(&f);
	}
}

/* A stream may have begun up to half a day before the range in which it is looked for. */
TEST(store_finds_streams_that_began_half_a_day_before)
{
	const int64_t half_day_s = INT64_C(12) * 3600, from_s = 100000;

	for (int i = 0; i < 2; i++) {
		struct seen seen;
		struct fixture f;

		setup(&f);
		put_stream(&f, from_s - half_day_s, from_s + 10, "a");
		CHECK_EQ(find(&f, i > 0, at(from_s).ns, from_s + 9, from_s, &seen), 0);
		CHECK_STR(seen.letters, "a");
		CHECK_EQ(find(&f, i > 0, at(from_s).ns + 1, from_s + 9, from_s, &seen), 0);
		CHECK_STR(seen.letters, "");
		teardown(&f);
	}
}

/* A packed minute may have begun a quarter of an hour before the range. */
TEST(store_finds_minutes_that_began_a_quarter_of_an_hour_before)
{
	struct seen seen = { .n = 0 };
	struct fixture f;
	struct es_row r;

	setup(&f);
	r = row_of(&f, ES_REC_INTERVAL, 100);
	r.end = at(2000);
	put(&f, r, "a");
	CHECK_EQ(es_store_find_intervals(f.s, &r, at(1000), at(1001), note, &seen), 0);
	CHECK_STR(seen.letters, "a");
	CHECK_EQ(
	    es_store_find_intervals(f.s, &r, es_time_add(at(1000), 1), at(1001), note, &seen), 0);
	CHECK_EQ(seen.n, 1);
	teardown(&f);
}

/* Behind so many short streams a long one is not looked for; behind one fewer it is. */
TEST(store_looks_through_a_bounded_number_of_streams)
{
	enum { MOST = 2 * ES_STORE_NEAR_ROWS };

	for (int i = 0; i < 2; i++) {
		struct seen seen;
		struct fixture f;

		setup(&f);
		CHECK_EQ(es_store_begin(f.s), 0);
		put_stream(&f, 100, 10000, "l");
		for (int k = 1; k < MOST; k++)
			put_stream(&f, 1000 + k, 1001 + k, "");
		CHECK_EQ(es_store_commit(f.s), 0);
		CHECK_EQ(find(&f, i > 0, at(9000).ns, 9999, 9500, &seen), 0);
		CHECK_STR(seen.letters, "l");
		put_stream(&f, 2000, 2001, "");
		CHECK_EQ(find(&f, i > 0, at(9000).ns, 9999, 9500, &seen), 0);
		CHECK_EQ(seen.n, 0);
		for (int k = 0; k < MOST; k++)
			put_stream(&f, 9510 + k, 9511 + k, k == 0 ? "f" : "");
		CHECK_EQ(find(&f, i > 0, at(9000).ns, 9999, 9500, &seen), 0);
		CHECK_EQ(seen.n, ES_STORE_NEAR_ROWS);
		CHECK_STR(seen.letters, "f");
		teardown(&f);
	}
}

/* One look at the list brings so many rows of a kind, the newest, and no stream that has a call. */
TEST(store_page_has_a_bounded_number_of_rows)
{
	const es_time end = es_time_of_ns(INT64_MAX);
	struct seen seen = { .n = 0 };
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int64_t i = 1; i <= ES_STORE_PAGE_ROWS + 5; i++) {
		struct es_row r = row_of(&f, ES_REC_CALL, i);

		r.begun = r.start;
		put(&f, r, "");
		put_stream(&f, 1000 + i, 1000 + i, "");
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(es_store_find_page(f.s, at(0), end, NULL, note, &seen), 0);
	CHECK_EQ(seen.n, ES_STORE_PAGE_ROWS);
	CHECK_EQ(seen.ids[0], ES_STORE_PAGE_ROWS + 5);
	CHECK_EQ(seen.ids[seen.n - 1], 6);
	CHECK_EQ(es_store_execute(f.s, "UPDATE stream SET call_id = ''"), 0);
	memset(&seen, 0, sizeof(seen));
	CHECK_EQ(es_store_find_page(f.s, at(0), end, NULL, note, &seen), 0);
	CHECK_EQ(seen.n, 2 * ES_STORE_PAGE_ROWS);
	teardown(&f);
}

static bool
first_only(void *ctx, const struct es_agent *a)
{
	(void)a;
	++*(int *)ctx;
	return false;
}

TEST(store_list_of_agents_ends_when_it_is_asked_to)
{
	struct es_agent other = { .cn = "f", .name = "other", .spki = { 1 } };
	struct fixture f;
	int n = 0;

	setup(&f);
	CHECK_EQ(es_store_agent_bind(f.s, &other), 0);
	CHECK_EQ(es_store_agents(f.s, first_only, &n), 0);
	CHECK_EQ(n, 1);
	teardown(&f);
}
