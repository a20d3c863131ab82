/* SPDX-License-Identifier: Apache-2.0 */
/* What a reading prints: which records, and as table rows. */
#include "agent/output/read_output.h"
#include "agent/output/read_table.h"
#include "tests/unit/full_records.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <unistd.h>

static struct es_read_style style = { .columns = 100 };

/* What an output prints for some records, given. */
static char *
printed(bool json, const struct es_record *recs, size_t n, size_t n_before_last)
{
	struct es_output *o;
	struct es_sink sink;
	size_t n_text, i;
	char *text = NULL;
	FILE *to = open_memstream(&text, &n_text);

	struct es_output_config cfg = { .to = to,
		.format = json ? ES_OUTPUT_JSON : ES_OUTPUT_TABLE,
		.style = style,
		.wanted = 1u << ES_REC_STREAM | 1u << ES_REC_CALL };

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

static struct es_record
ended_call(const char *call_id, uint32_t holds, int64_t at_ms)
{
	struct es_record rec = { .type = ES_REC_CALL, .at = es_time_of_ns(at_ms * ES_NS_PER_MS) };

	rec.u.call.call_id = es_slice_str(call_id);
	rec.u.call.state = ES_STATE_COMPLETED;
	rec.u.call.holds = holds;
	return rec;
}

/* A live output that knows two ended calls; what it printed at each step is looked at by the caller. */
struct live {
	char *text;
	size_t n_text;
	FILE *to;
	struct es_output *o;
};

static void
live_new(struct live *l, enum es_output_format format)
{
	l->to = open_memstream(&l->text, &l->n_text);
	if (l->to == NULL || es_read_output_new(&(struct es_output_config){ .to = l->to,
						    .format = format,
						    .style = style,
						    .at_once = true,
						    .max_calls = 2,
						    .wanted = 1u << ES_REC_CALL },
				 &l->o) != 0)
		abort();
}

static void
live_put(struct live *l, const char *call_id, uint32_t holds, int64_t at_ms)
{
	struct es_record rec = ended_call(call_id, holds, at_ms);
	struct es_sink sink = es_read_output_sink(l->o);

	sink.record(sink.ctx, &rec);
}

/* All that is printed once the capture has come to at_ms. */
static const char *
live_at(struct live *l, int64_t at_ms)
{
	es_read_output_advance(l->o, es_time_of_ns(at_ms * ES_NS_PER_MS));
	if (es_read_output_push(l->o) != 0)
		abort();
	return l->text;
}

static unsigned
lines_with(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static const char *
live_end(struct live *l)
{
	if (es_read_output_finish(l->o) != 0)
		abort();
	return l->text;
}

static void
live_free(struct live *l)
{
	es_read_output_free(l->o);
	(void)fclose(l->to);
	free(l->text);
}

TEST(live_prints_a_call_once_when_it_is_over)
{
	static const enum es_output_format formats[] = { ES_OUTPUT_JSON, ES_OUTPUT_TABLE };
	struct live l;

	for (size_t i = 0; i < 2; i++) {
		live_new(&l, formats[i]);
		live_put(&l, "one", 10, 1000);
		live_put(&l, "one", 11, 1020); /* the answer to BYE */
		CHECK_EQ(lines_with(live_at(&l, 2999), "one"), 0);
		CHECK_EQ(lines_with(live_at(&l, 3000), "one"), 1);
		live_put(&l, "one", 12, 33000); /* its linger is over */
		CHECK_EQ(lines_with(live_at(&l, 60000), "one"), 1);
		CHECK_EQ(lines_with(live_end(&l), "one"), 1);
		if (formats[i] == ES_OUTPUT_JSON)
			CHECK(strstr(l.text, "\"holds\":11") != NULL);
		live_free(&l);
	}
}

TEST(live_prints_at_the_end_what_it_held)
{
	struct live l;

	live_new(&l, ES_OUTPUT_JSON);
	live_put(&l, "one", 10, 1000);
	live_put(&l, "two", 11, 1500);
	CHECK_EQ(lines_with(live_at(&l, 1600), "holds"), 0);
	CHECK_EQ(lines_with(live_end(&l), "holds"), 2);
	CHECK(strstr(l.text, "\"holds\":10") < strstr(l.text, "\"holds\":11"));
	live_free(&l);
}

TEST(live_knows_a_bounded_number_of_ended_calls)
{
	struct live l;

	live_new(&l, ES_OUTPUT_JSON);
	live_put(&l, "one", 10, 1000);
	live_put(&l, "two", 11, 1100);
	live_put(&l, "three", 12, 1200); /* no place is left: the oldest is printed at once */
	CHECK_EQ(lines_with(live_at(&l, 1300), "holds"), 1);
	CHECK(strstr(l.text, "\"holds\":10") != NULL);
	CHECK_EQ(lines_with(live_at(&l, 63300), "holds"), 3); /* and the others are forgotten */
	live_put(&l, "two", 13, 64000);
	CHECK_EQ(lines_with(live_end(&l), "holds"), 4);
	live_free(&l);
}

TEST(live_knows_that_its_reader_has_left_before_it_writes)
{
	struct live l = { .text = NULL };
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	l.to = fdopen(ends[1], "w");
	CHECK(l.to != NULL);
	CHECK_EQ(es_read_output_new(
		     &(struct es_output_config){ .to = l.to, .format = ES_OUTPUT_JSON }, &l.o),
	    0);
	CHECK(!es_read_output_has_no_reader(l.o));
	(void)close(ends[0]);
	CHECK(es_read_output_has_no_reader(l.o));
	CHECK(!es_read_output_is_left(l.o)); /* nothing was lost */
	live_free(&l);
}

/* Characters of a line as a terminal shows them: continuation bytes of UTF-8 and colours take no room. */
static size_t
columns_of(const char *line)
{
	size_t n = 0;

	for (; *line != '\0'; line++) {
		if (*line == '\x1b')
			line += strcspn(line, "m");
		else
			n += ((uint8_t)*line >> 6) != 2;
	}
	return n;
}

TEST(output_tables_fit_the_columns_and_sort_by_start)
{
	static const int widths[] = { 72, 80, 99, 100, 160 };

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct es_record recs[3] = { full_stream(), full_stream(),
			{ .type = ES_REC_CALL } };
		char *text, *line, *rest;

		style = (struct es_read_style){ .columns = widths[i], .is_coloured = i % 2 != 0 };
		recs[0].u.stream.key.src.port = 65000;
		recs[0].u.stream.start.ns += ES_NS_PER_S;
		recs[0].u.stream.call_id =
		    es_slice_str("a-call-id-of-a-hundred-letters-a-call-id-of-a-hundred-letters-"
				 "a-call-id-of-a-hundred-letters-a-call-id-of-a-hundred-letters");
		recs[2].u.call.from =
		    es_slice_str("a very long name of a caller@somewhere.example");
		recs[2].u.call.to = es_slice_str("\x1b[31mred\n");
		recs[2].u.call.call_id = recs[0].u.stream.call_id;
		text = printed(false, recs, 3, 3);
		CHECK(strstr(text, "10.0.0.1:4000") < strstr(text, "10.0.0.1:65000"));
		CHECK(strstr(text, "call a-call-id-") != NULL);
		for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
			CHECK(columns_of(line) <= (size_t)widths[i]);
		free(text);
	}
	style = (struct es_read_style){ .columns = 100 };
}

TEST(output_wide_tables_have_whole_names)
{
	static const char name[] = "a very long name of a caller@somewhere.example";
	static const char id[] = "a-call-id-of-a-hundred-letters-a-call-id-of-a-hundred-letters-"
				 "a-call-id-of-a-hundred-letters-a-call-id-of-a-hundred-letters";
	struct es_record recs[2] = { full_stream(), { .type = ES_REC_CALL } };
	char *text;

	recs[0].u.stream.call_id = es_slice_str(id);
	recs[1].u.call.from = es_slice_str(name);
	recs[1].u.call.call_id = es_slice_str("other");
	text = printed(false, recs, 2, 2);
	CHECK(strstr(text, name) == NULL && strstr(text, id) == NULL);
	free(text);
	style.is_wide = true;
	text = printed(false, recs, 2, 2);
	style.is_wide = false;
	CHECK(strstr(text, name) != NULL && strstr(text, id) != NULL);
	free(text);
}

/* Escape sequences, NUL, C1 controls, and U+202E, which turns the direction of what follows. */
TEST(output_shows_no_hostile_byte_of_a_name)
{
	static const char hostile[] = "\x1b]0;x\x07\xe2\x80\xae\x9b\x31m\r\n\x7f";
	struct es_record recs[3] = { full_stream(), { .type = ES_REC_CALL }, full_registration() };
	es_slice bytes = es_slice_of(hostile, sizeof(hostile));

	recs[0].u.stream.call_id = recs[0].u.stream.codec = bytes;
	recs[1].u.call.call_id = recs[1].u.call.from = recs[1].u.call.to = bytes;
	recs[1].u.call.codecs = &bytes;
	recs[1].u.call.n_codecs = 1;
	recs[2].u.registration.aor = bytes;
	for (int form = 0; form < 4; form++) {
		char row[2048] = "", *text;
		FILE *to = fmemopen(row, sizeof(row), "w");

		CHECK(to != NULL);
		style.is_wide = form & 1;
		style.is_utf8 = form & 2;
		text = printed(false, recs, 2, 2);
		es_read_table_row(&style, &recs[2], NULL, to);
		style.is_wide = style.is_utf8 = false;
		(void)fclose(to);
		for (const char *c = text; *c != '\0'; c++)
			CHECK(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
		for (const char *c = row; *c != '\0'; c++)
			CHECK(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
		free(text);
	}
}

/* Names of other alphabets, wide and combining characters: what follows stands where it stands behind ASCII. */
TEST(output_shows_names_in_utf8_and_keeps_its_columns)
{
	static const struct {
		const char *from, *utf8, *ascii;
	} rows[] = {
		{ "Zo\xc3\xab@h", " Zo\xc3\xab@h          -> b ", " Zo??@h         -> b " },
		{ "\xe4\xb8\xad\xe6\x96\x87@h", " \xe4\xb8\xad\xe6\x96\x87@h         -> b ",
		    " ??????@h       -> b " },
		{ "e\xcc\x81@h", " e\xcc\x81@h            -> b ", " e??@h          -> b " },
		/* cut before a character that has no room */
		{ "a23456789012\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", " a23456789012~  -> b ",
		    " a23456789012?~ -> b " },
		{ "a2345678901\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad",
		    " a2345678901\xe4\xb8\xad~ -> b ", " a2345678901??~ -> b " },
	};
	struct es_record rec = { .type = ES_REC_CALL };

	rec.u.call.call_id = es_slice_str("other");
	rec.u.call.to = es_slice_str("b");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rec.u.call.from = es_slice_str(rows[i].from);
		for (int utf8 = 0; utf8 < 2; utf8++) {
			const char *wanted = utf8 ? rows[i].utf8 : rows[i].ascii;
			char *text;

			style.is_utf8 = utf8;
			text = printed(false, &rec, 1, 1);
			style.is_utf8 = false;
			if (strstr(text, wanted) == NULL)
				test_fail(__FILE__, __LINE__, "row %zu: no \"%s\" in %s", i, wanted,
				    text);
			free(text);
		}
	}
}

TEST(output_colours_bad_scores_only_where_there_are_colours)
{
	struct es_record rec = full_stream();
	char *text;

	rec.u.stream.mos_lq_milli = 2100;
	text = printed(false, &rec, 1, 1);
	CHECK(strchr(text, '\x1b') == NULL);
	free(text);
	style.is_coloured = true;
	text = printed(false, &rec, 1, 1);
	CHECK(strstr(text, " \x1b[31m2.10\x1b[0m") != NULL);
	free(text);
	rec.u.stream.mos_lq_milli = 3599;
	text = printed(false, &rec, 1, 1);
	CHECK(strstr(text, " \x1b[33m3.60\x1b[0m") != NULL);
	free(text);
	rec.u.stream.mos_lq_milli = 3600;
	text = printed(false, &rec, 1, 1);
	style.is_coloured = false;
	CHECK(strstr(text, " 3.60 ") != NULL);
	free(text);
}

TEST(output_shows_how_a_stream_went)
{
	struct es_record recs[4] = { { .type = ES_REC_INTERVAL }, { .type = ES_REC_INTERVAL },
		full_stream(), full_stream() };
	char *text;

	for (int i = 0; i < 2; i++) {
		recs[i].u.interval.stream = recs[2].u.stream.key;
		recs[i].u.interval.block = (uint64_t)(256 + i);
		recs[i].u.interval.expected = 256;
		recs[i].u.interval.lost = i == 0 ? 0 : 60;
		recs[i].u.interval.mos_lq_milli = i == 0 ? 4400 : 1000;
		recs[i].u.interval.has = ES_INTERVAL_HAS_QUALITY;
	}
	recs[3].u.stream.key.ssrc++; /* of this one no block came */
	text = printed(false, recs, 4, 4);
	CHECK(strstr(text, "\n    00:00:00  loss 07  MOS 60  call abc@host\n") != NULL);
	CHECK(strstr(text, "\n    00:00:00  call abc@host\n") != NULL);
	free(text);
	style.is_utf8 = true;
	text = printed(false, recs, 4, 4);
	style.is_utf8 = false;
	CHECK(
	    strstr(text, "  loss \xe2\x96\x81\xe2\x96\x88  MOS \xe2\x96\x87\xe2\x96\x81") != NULL);
	free(text);
}

TEST(output_rows_of_blocks_have_their_time)
{
	struct es_record rec = { .type = ES_REC_INTERVAL };
	char row[512] = "";
	FILE *to = fmemopen(row, sizeof(row), "w");

	CHECK(to != NULL);
	rec.u.interval.stream = full_stream().u.stream.key;
	rec.u.interval.start =
	    es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S + INT64_C(61250) * ES_NS_PER_MS);
	rec.u.interval.block = 257;
	rec.u.interval.expected = 256;
	rec.u.interval.lost = 6;
	es_read_table_row(&style, &rec, NULL, to);
	(void)fclose(to);
	CHECK_STR(row, "00:01:01.250 1234abcd     257  256    6    -       -     -    - "
		       "10.0.0.1:4000 -> 10.0.0.2:5000\n");
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
	es_read_table_row(&style, &rec, NULL, to);
	(void)fclose(to);
	CHECK_STR(row, "10.0.0.1:5060 -> 10.0.0.9:5060               alice@example.net        "
		       "active    200    45.6    3600\n");
	CHECK(strlen(row) <= 101);
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

	CHECK(strstr(text, "no MOS") == NULL);
	free(text);
	rec.u.stream.has &= ~(uint32_t)ES_STREAM_HAS_QUALITY;
	rec.u.stream.unscored = ES_UNSCORED_TOO_SHORT;
	text = printed(false, &rec, 1, 0);
	CHECK(strstr(text, "  no MOS: too short  call abc@host\n") != NULL);
	free(text);
	rec.u.stream.unscored = ES_UNSCORED_CLOCK_MISMATCH;
	text = printed(false, &rec, 1, 0);
	CHECK(strstr(text, "  no MOS: clock is not codec's  call abc@host\n") != NULL);
	free(text);
}
