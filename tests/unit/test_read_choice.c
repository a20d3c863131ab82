/* SPDX-License-Identifier: Apache-2.0 */
/* Which records a reading prints: --call, --number, --sort, --worst; of a crowd of made calls. */
#include "agent/command/read_options.h"
#include "agent/output/read_choice.h"
#include "agent/output/read_output.h"
#include "tests/unit/full_records.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { CALLS = 8 };

/* Figures of stream i, such that MOS, loss and jitter each give another order. */
static const uint32_t mos[CALLS] = { 4000, 3900, 3000, 0, 4100, 2000, 4200, 3000 };
static const uint32_t lost[CALLS] = { 0, 50, 3, 9, 7, 5, 3, 1 };
static const uint32_t jitter[CALLS] = { 900, 100, 200, 300, 400, 500, 600, 700 };
static const char *const from[CALLS] = { "alice@a", "+49 (30) 12-34@b", "4930.1299@b", "bob@a",
	"30123@b", "carol@1234", "dave@a", "eve@a" };

static struct es_record
call_of(int i, enum es_state state)
{
	static char ids[CALLS][20];
	struct es_record rec = { .type = ES_REC_CALL };

	(void)snprintf(ids[i], sizeof(ids[i]), "Call-%d@host", i);
	rec.u.call.call_id = es_slice_str(ids[i]);
	rec.u.call.state = state;
	rec.u.call.from = es_slice_str(from[i]);
	rec.u.call.to = es_slice_str("zoe@z");
	rec.u.call.start = es_time_of_ns(i);
	return rec;
}

static struct es_record
stream_of(int i)
{
	struct es_record rec = full_stream();
	struct es_stream *s = &rec.u.stream;

	s->key.ssrc = 0x1000 + (uint32_t)i;
	s->start = es_time_of_ns(i);
	s->call_id = call_of(i, ES_STATE_COMPLETED).u.call.call_id;
	s->mos_lq_milli = mos[i];
	s->has = ES_STREAM_HAS_JITTER | (mos[i] != 0 ? ES_STREAM_HAS_QUALITY : 0);
	s->expected = 1000;
	s->lost = lost[i];
	s->jitter_mean_us = jitter[i];
	return rec;
}

static void
feed(const struct es_sink *sink)
{
	for (int i = 0; i < CALLS; i++) {
		struct es_record rec = call_of(i, ES_STATE_IN_PROGRESS);

		sink->record(sink->ctx, &rec);
	}
	for (int i = 0; i < CALLS; i++) {
		struct es_record rec = { .type = ES_REC_INTERVAL };

		rec.u.interval.stream = stream_of(i).u.stream.key;
		rec.u.interval.block = 256;
		sink->record(sink->ctx, &rec);
		rec = (struct es_record){ .type = ES_REC_REPORTED };
		rec.u.reported.subject_ssrc = 0x1000 + (uint32_t)i;
		sink->record(sink->ctx, &rec);
		rec = stream_of(i);
		sink->record(sink->ctx, &rec);
	}
	for (int i = 0; i < CALLS; i++) {
		struct es_record rec = call_of(i, ES_STATE_COMPLETED);

		sink->record(sink->ctx, &rec);
	}
}

/* The numbers of what is printed, kind by kind in the order of the output: "s25 c25 i25 r25". */
static void
check_chosen(const struct es_read_wish *wish, bool json, const char *expected)
{
	static const struct {
		char letter;
		const char *json, *table;
	} kinds[] = { { 's', "\"record\":\"stream\"", "" }, { 'c', "\"record\":\"call\"", "" },
		{ 'i', "\"record\":\"interval\"", "" }, { 'r', "\"record\":\"reported\"", "" } };
	struct es_output_config cfg = { .format = json ? ES_OUTPUT_JSON : ES_OUTPUT_TABLE,
		.wish = *wish,
		.style = { .columns = 100 },
		.wanted = 1u << ES_REC_STREAM | 1u << ES_REC_CALL | 1u << ES_REC_INTERVAL |
			  1u << ES_REC_REPORTED };
	char *text = NULL, got[200] = "", *rest, *line;
	struct es_output *o;
	struct es_sink sink;
	size_t n, at = 0;

	cfg.to = open_memstream(&text, &n);
	CHECK(cfg.to != NULL);
	CHECK_EQ(es_read_output_new(&cfg, &o), 0);
	sink = es_read_output_sink(o);
	feed(&sink);
	CHECK_EQ(es_read_output_finish(o), 0);
	es_read_output_free(o);
	(void)fclose(cfg.to);
	for (size_t k = 0; json && k < 4; k++) {
		char *copy = strdup(text);

		CHECK(copy != NULL);
		got[at++] = kinds[k].letter;
		for (rest = copy; (line = strsep(&rest, "\n")) != NULL;) {
			const char *id = strstr(line, k == 1 ? "Call-" : "0x0000100");

			if (strstr(line, kinds[k].json) == line + 1 && id != NULL)
				got[at++] = id[k == 1 ? 5 : 9];
		}
		got[at++] = ' ';
		free(copy);
	}
	for (rest = text; !json && (line = strsep(&rest, "\n")) != NULL;) {
		const char *id = strstr(line, " 0000100"), *call = strstr(line, "    call Call-");

		if (id != NULL)
			got[at++] = id[8];
		else if (call == line)
			got[at++] = call[14];
		else if (line[0] == '\0')
			got[at++] = ' ';
	}
	free(text);
	while (at > 0 && got[at - 1] == ' ')
		at--;
	got[at] = '\0';
	CHECK_STR(got, expected);
}

static void
check(const struct es_read_wish *wish, const char *json, const char *table)
{
	check_chosen(wish, true, json);
	check_chosen(wish, false, table);
}

TEST(choice_of_nothing_is_everything)
{
	const struct es_read_wish wish = { 0 };

	check(&wish, "s01234567 c01234567 i01234567 r01234567",
	    "01234567 01234567 01234567 01234567");
}

TEST(choice_by_call_is_of_its_streams_blocks_and_reports)
{
	struct es_read_wish wish = { .call = "call-5" };

	check(&wish, "s5 c5 i5 r5", "5 5 5 5");
	wish.call = "Call-9";
	check(&wish, "s c i r", "");
}

TEST(choice_by_number_is_by_the_user_without_what_separates_its_digits)
{
	struct es_read_wish wish = { .number = "301-2" };

	check(&wish, "s124 c124 i124 r124", "124 124 124 124");
	wish.number = "1234"; /* the host 1234 is no user */
	check(&wish, "s1 c1 i1 r1", "1 1 1 1");
	wish.number = "ZOE";
	check(&wish, "s01234567 c01234567 i01234567 r01234567",
	    "01234567 01234567 01234567 01234567");
	wish.call = "call-7";
	check(&wish, "s7 c7 i7 r7", "7 7 7 7");
}

TEST(choice_by_number_looks_at_each_place_that_names_a_party)
{
	static const struct es_read_wish wish = { .number = "4930-12" };
	static const struct es_hash_key key;
	static const struct {
		size_t member;
		const char *party;
		bool is_it;
	} rows[] = {
		{ offsetof(struct es_call, from), "+493012@h", true },
		{ offsetof(struct es_call, to), "+493012@h", true },
		{ offsetof(struct es_call, asserted), "+493012@h", true },
		{ offsetof(struct es_call, diverted_from), "+493012@h", true },
		{ offsetof(struct es_call, dialled), "+493012@h", true },
		{ offsetof(struct es_call, dialled), "493012", true }, /* of a tel URI */
		{ offsetof(struct es_call, from), "+49(30)1-2", true },
		{ offsetof(struct es_call, from), "4930.12", false }, /* a host */
		{ offsetof(struct es_call, caller_contact), "493012@h", false },
		{ offsetof(struct es_call, from), "", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_record rec = call_of(3, ES_STATE_COMPLETED);
		es_slice party = es_slice_str(rows[i].party);
		struct es_choice c;

		memcpy((char *)&rec.u.call + rows[i].member, &party, sizeof(party));
		CHECK_EQ(es_choice_new(&c, &wish, key), 0);
		if (es_choice_call(&c, &rec.u.call) != rows[i].is_it)
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, rows[i].party);
		es_choice_free(&c);
	}
}

TEST(choice_sorts_the_worst_first_and_what_has_no_figure_last)
{
	struct es_read_wish wish = { .sort = ES_SORT_MOS };

	check(&wish, "s52710463 c52710463 i01234567 r01234567",
	    "52710463 52710463 01234567 01234567");
	wish.sort = ES_SORT_LOSS;
	check(&wish, "s13452670 c13452670 i01234567 r01234567",
	    "13452670 13452670 01234567 01234567");
	wish.sort = ES_SORT_JITTER;
	check(&wish, "s07654321 c07654321 i01234567 r01234567",
	    "07654321 07654321 01234567 01234567");
}

TEST(choice_of_the_worst_holds_so_many_and_their_calls)
{
	struct es_read_wish wish = { .worst = 2 };

	check(&wish, "s25 c25 i25 r25", "25 25 25 25"); /* by MOS, in order of start */
	wish.sort = ES_SORT_MOS;
	check(&wish, "s52 c52 i25 r25", "52 52 25 25");
	wish.worst = 3; /* equals: the first */
	check(&wish, "s527 c527 i257 r257", "527 527 257 257");
	wish.sort = ES_SORT_LOSS;
	check(&wish, "s134 c134 i134 r134", "134 134 134 134");
	wish.worst = 100;
	wish.sort = ES_SORT_MOS; /* without a MOS none is the worst */
	check(&wish, "s5271046 c5271046 i0124567 r0124567", "5271046 5271046 0124567 0124567");
	wish.number = "a"; /* of the chosen calls only */
	wish.worst = 1;
	wish.call = "-1";
	check(&wish, "s c i r", "");
	wish.number = "alice";
	wish.call = NULL;
	check(&wish, "s0 c0 i0 r0", "0 0 0 0");
}

TEST(choice_takes_a_stream_by_any_of_its_calls)
{
	const struct es_read_wish wish = { .call = "Call-3" };
	static const struct es_hash_key key;
	struct es_record rec = stream_of(1);
	struct es_choice c;

	CHECK_EQ(es_choice_new(&c, &wish, key), 0);
	CHECK(!es_choice_stream(&c, &rec.u.stream));
	rec.u.stream.other_call_ids[0] = call_of(3, ES_STATE_COMPLETED).u.call.call_id;
	rec.u.stream.n_other_call_ids = 1;
	CHECK(es_choice_stream(&c, &rec.u.stream));
	es_choice_free(&c);
}

/* Phones that begin with one SSRC, and one gateway that sends all with it. */
TEST(choice_of_streams_with_one_ssrc_keeps_it_once)
{
	enum { STREAMS = 1000 };
	const struct es_read_wish wish = { .worst = STREAMS };
	static const struct es_hash_key key;
	struct es_stream_key stream = { .ssrc = 7 };
	struct es_choice c;

	CHECK_EQ(es_choice_new(&c, &wish, key), 0);
	for (uint32_t i = 0; i < STREAMS; i++) {
		stream.restart = i;
		es_choice_add(&c, &stream);
	}
	CHECK(!c.out_of_memory);
	CHECK_EQ(c.streams.n, STREAMS + 1);
	CHECK(es_choice_block(&c, &stream));
	CHECK(es_choice_report(&c, 7, es_slice_of(NULL, 0)));
	CHECK(!es_choice_report(&c, 8, es_slice_of(NULL, 0)));
	es_choice_free(&c);
}

/* A script whose variable is empty must not print, or write into a page, the calls of everybody. */
TEST(choice_by_an_empty_text_is_refused)
{
	static const struct {
		const char *option;
		bool is_right;
	} cases[] = {
		{ "--number=", false },
		{ "--number=(-) .", false },
		{ "--number=(0)", true },
		{ "--call=", false },
		{ "--call=-", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[] = { "read", (char *)(uintptr_t)cases[i].option, "a.pcap", NULL };
		struct es_read_options o;

		CHECK_EQ(es_read_options_parse(es_read_arguments, 3, argv, &o),
		    cases[i].is_right ? 0 : ES_EINVALID);
	}
}
