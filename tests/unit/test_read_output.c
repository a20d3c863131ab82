/* SPDX-License-Identifier: Apache-2.0 */
/* What a reading prints: which records, and as table rows. */
#include "agent/command/read_output.h"
#include "agent/command/read_table.h"
#include "tests/unit/full_records.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

/* What an output prints for some records, given. */
static char *
printed(bool json, const struct es_record *recs, size_t n, size_t n_before_last)
{
	struct es_output *o;
	struct es_sink sink;
	size_t n_text, i;
	char *text = NULL;
	FILE *to = open_memstream(&text, &n_text);

	struct es_output_config cfg = {
		.to = to, .json = json, .wanted = 1u << ES_REC_STREAM | 1u << ES_REC_CALL
	};

	if (to == NULL || es_read_output_new(&cfg, &o) != 0)
		abort();
	sink = es_read_output_sink(o);
	for (i = 0; i < n; i++) {
		if (i == n_before_last)
			es_read_output_last(o);
		sink.record(sink.ctx, &recs[i]);
	}
	if (es_read_output_finish(o) != 0)
		abort();
	es_read_output_free(o);
	(void)fclose(to);
	return text;
}

TEST(output_prints_the_last_record_of_what_went_on)
{
	struct es_record recs[3] = { full_stream(), full_stream(), full_stream() };
	char *text;

	recs[0].u.stream.state = ES_STATE_IN_PROGRESS;
	recs[0].u.stream.packets = 111;
	recs[1].u.stream.packets = 222;
	recs[2].u.stream.state = ES_STATE_IN_PROGRESS;
	recs[2].u.stream.packets = 333;
	text = printed(true, recs, 3, 2);
	CHECK(strstr(text, "\"packets\":111") == NULL);
	CHECK(strstr(text, "\"packets\":222") != NULL);
	CHECK(strstr(text, "\"packets\":333") != NULL);
	free(text);
}

TEST(output_prints_the_latest_record_of_a_call)
{
	struct es_record recs[4] = { { .type = ES_REC_CALL } };
	char *text;
	int i;

	for (i = 0; i < 4; i++) {
		recs[i].type = ES_REC_CALL;
		recs[i].u.call.call_id = es_slice_str(i == 2 ? "other" : "one");
		recs[i].u.call.state = i == 0 ? ES_STATE_FAILED : ES_STATE_COMPLETED;
		recs[i].u.call.holds = (uint32_t)i + 10;
	}
	text = printed(true, recs, 4, 4);
	CHECK(strstr(text, "\"holds\":10") == NULL);
	CHECK(strstr(text, "\"holds\":11") == NULL);
	CHECK(strstr(text, "\"holds\":13") != NULL);
	CHECK(strstr(text, "\"holds\":13") < strstr(text, "\"holds\":12"));
	free(text);
	recs[3].u.call.start.ns = 1; /* the same name again later is another call */
	text = printed(true, recs, 4, 4);
	CHECK(strstr(text, "\"holds\":11") != NULL);
	CHECK(strstr(text, "\"holds\":13") != NULL);
	free(text);
}

TEST(output_prints_calls_of_one_call_id_and_instant)
{
	struct es_record recs[3] = { { .type = ES_REC_CALL } };
	char *text;
	int i;

	for (i = 0; i < 3; i++) {
		recs[i].type = ES_REC_CALL;
		recs[i].u.call.call_id = es_slice_str("one");
		recs[i].u.call.state = ES_STATE_COMPLETED;
		recs[i].u.call.holds = (uint32_t)i + 10;
		recs[i].u.call.has = ES_CALL_HAS_BEGUN;
		recs[i].u.call.begun.ns = i == 0 ? 0 : 1;
	}
	recs[2].u.call.start.ns = 5; /* its INVITE came behind its answer */
	text = printed(true, recs, 3, 3);
	CHECK(strstr(text, "\"holds\":10") != NULL);
	CHECK(strstr(text, "\"holds\":11") == NULL);
	CHECK(strstr(text, "\"holds\":12") != NULL);
	free(text);
}

TEST(output_tables_fit_100_columns_and_sort_by_start)
{
	struct es_record recs[3] = { full_stream(), full_stream(), { .type = ES_REC_CALL } };
	char *text, *line, *rest;

	recs[0].u.stream.key.src.port = 65000;
	recs[0].u.stream.start.ns += ES_NS_PER_S;
	recs[2].u.call.from = es_slice_str("a very long name of a caller@somewhere.example");
	recs[2].u.call.to = es_slice_str("\x1b[31mred\n");
	text = printed(false, recs, 3, 3);
	CHECK(strstr(text, "10.0.0.1:4000") < strstr(text, "10.0.0.1:65000"));
	CHECK(strstr(text, "?[31mred?") != NULL);
	CHECK(strchr(text, '\x1b') == NULL);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		CHECK(strlen(line) <= 100);
	free(text);
}

TEST(output_of_registrations_is_a_table_only_when_it_is_wanted)
{
	struct es_record rec = full_registration();
	char row[512] = "";
	char *text = printed(false, &rec, 1, 1);
	FILE *to = fmemopen(row, sizeof(row), "w");

	CHECK(strstr(text, "alice") == NULL);
	free(text);
	CHECK(to != NULL);
	es_read_table_row(&rec, to);
	(void)fclose(to);
	CHECK_STR(row, "10.0.0.1:5060 -> 10.0.0.9:5060               alice@example.net        "
		       "active    200    45.6    3600\n");
	CHECK(strlen(row) <= 101);
	CHECK(strlen(es_read_table_columns(ES_REC_REGISTRATION)) <= 100);
}

TEST(output_says_when_figures_are_not_whole)
{
	struct es_record rec = full_stream();
	char *text;

	rec.coverage.flags = ES_COV_DROPS;
	rec.coverage.dropped = 12;
	text = printed(false, &rec, 1, 1);
	CHECK(strstr(text, "note: incomplete: the capture lost 12 packets meanwhile") != NULL);
	free(text);
}

TEST(output_without_any_record_says_so)
{
	char *text = printed(false, NULL, 0, 1);

	CHECK_STR(text, "no calls\n\nno streams\n");
	free(text);
}

TEST(output_table_says_why_a_stream_has_no_mos)
{
	struct es_record rec = full_stream();
	char *text = printed(false, &rec, 1, 0);

	CHECK(strstr(text, "too_short") == NULL);
	free(text);
	rec.u.stream.has &= ~(uint32_t)ES_STREAM_HAS_QUALITY;
	rec.u.stream.unscored = ES_UNSCORED_TOO_SHORT;
	text = printed(false, &rec, 1, 0);
	CHECK(strstr(text, " too_short\n") != NULL);
	free(text);
	rec.u.stream.unscored = ES_UNSCORED_CLOCK_MISMATCH;
	text = printed(false, &rec, 1, 0);
	CHECK(strstr(text, " clock_mismatch\n") != NULL);
	free(text);
}
