/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that wait for the end: which call a stream's rank is of, and what finding it costs. */
#include "agent/output/read_rows.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static void
put_call(struct es_rows *r, const char *id, int64_t begun)
{
	struct es_record rec = { .type = ES_REC_CALL };

	rec.u.call.call_id = es_slice_str(id);
	rec.u.call.start = es_time_of_ns(begun);
	if (es_read_rows_put(r, &rec, rec.u.call.start, strdup(id)) != 0)
		abort();
}

static void
put_stream(struct es_rows *r, const char *id, const char *other, int64_t start, uint64_t badness)
{
	struct es_stream s = { .start = es_time_of_ns(start), .call_id = es_slice_str(id) };

	s.other_call_ids[0] = es_slice_str(other);
	s.n_other_call_ids = other[0] != '\0';
	if (es_read_rows_rank(r, &s, badness, NULL) != 0)
		abort();
}

/* The calls that are not out, each with its begin and badness: "a10=5 b20=0". */
static void
check_calls(const struct es_rows *r, const char *expected)
{
	char text[200] = "";
	size_t at = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].type == ES_REC_CALL && !r->at[i].is_out)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s%d=%u",
			    at > 0 ? " " : "", r->at[i].text, (int)r->at[i].begun.ns,
			    (unsigned)r->at[i].badness);
	CHECK_STR(text, expected);
}

static struct es_rows
rows(uint32_t worst)
{
	static const struct es_hash_key key = { 1, 2 };
	struct es_rows r;

	if (es_read_rows_new(&r, key, worst) != 0)
		abort();
	return r;
}

TEST(rows_rank_each_use_of_a_call_id_by_its_own_streams)
{
	for (uint32_t worst = 0; worst < 2; worst++) {
		struct es_rows r = rows(worst);

		put_call(&r, "b", 20);
		put_call(&r, "a", 30);
		put_call(&r, "a", 10);
		put_call(&r, "a", 20);
		put_call(&r, "ab", 20);
		put_stream(&r, "a", "", 15, 5);
		put_stream(&r, "a", "", 29, 50);
		put_stream(&r, "a", "", 30, 7);
		put_stream(&r, "a", "", 31, 6);
		CHECK_EQ(es_read_rows_settle(&r), 0);
		check_calls(&r, worst == 0 ? "b20=0 a30=7 a10=5 a20=50 ab20=0" : "a20=50");
		es_read_rows_free(&r);
	}
}

TEST(rows_rank_all_legs_of_a_stream_and_the_first_use_for_what_came_before_it)
{
	struct es_rows r = rows(0);

	put_call(&r, "a", 10);
	put_call(&r, "a", 20);
	put_call(&r, "b", 12);
	put_call(&r, "c", 1);
	put_stream(&r, "a", "b", 9, 5);
	put_stream(&r, "", "", 9, 8);
	put_stream(&r, "d", "aa", 9, 9);
	CHECK_EQ(es_read_rows_settle(&r), 0);
	check_calls(&r, "a10=5 a20=0 b12=5 c1=0");
	es_read_rows_free(&r);
}

TEST(rows_of_a_call_id_used_50000_times_cost_n_log_n)
{
	enum { USES = 50000, LOG2 = 16 };
	struct es_rows r = rows(0);

	for (int i = 0; i < USES; i++) {
		put_call(&r, "same", 10 * i);
		put_stream(&r, "same", "", 10 * i + 1, (uint64_t)i + 1);
	}
	CHECK_EQ(es_read_rows_settle(&r), 0);
	for (size_t i = 0; i < r.n; i++)
		if (r.at[i].type == ES_REC_CALL)
			CHECK_EQ(r.at[i].badness, (uint64_t)r.at[i].begun.ns / 10 + 1);
	CHECK(r.n_compared < UINT64_C(3) * USES * LOG2); /* sorted, then searched */
	es_read_rows_free(&r);
}
