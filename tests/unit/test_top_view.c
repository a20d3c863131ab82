/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of `earshot top`: order, cursor, pages, filter. */
#include "tests/unit/top_rig.h"

/* Calls "0", "1" ... that began one after the other, with a MOS of their own. */
static void
some(struct top_rig *r, unsigned n)
{
	static char names[TOP_CALLS][12];

	top_new(r);
	for (unsigned i = 0; i < n; i++) {
		struct top_call c = { .id = names[i],
			.from = names[i],
			.to = "b",
			.start_s = i,
			.answer_s = 1,
			.state = ES_STATE_IN_PROGRESS,
			.port = (uint16_t)(4000 + i) };

		(void)snprintf(names[i], sizeof(names[i]), "%u", i);
		top_put_call(r, &c);
		top_put_stream(r, top_key(1, 2, c.port), names[i], ES_STATE_IN_PROGRESS);
		top_put_block(r, top_key(1, 2, c.port), 0, i * 7 % 5, (i * 2 % 7) * 1000,
		    4000 - i * 5 % 6 * 100);
	}
}

/* The callers on a screen of so many rows, in their order; the one under the cursor in brackets. */
static const char *
shown(struct top_rig *r, uint32_t rows)
{
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	if (es_top_list_fill(&r->screen.list, &r->calls, &r->view, rows) != 0)
		abort();
	for (uint32_t i = r->screen.list.first; i < r->screen.list.n; i++) {
		const struct es_top_call *c =
		    es_top_calls_at(&r->calls, r->screen.list.all[i].call);

		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    i == r->view.position ? "[%.*s] " : "%.*s ", (int)c->from.n,
		    (const char *)c->from.bytes);
	}
	return text;
}

TEST(top_keys_choose_the_order)
{
	/* MOS 4000 3500 3600 3700 3800 3900, lost 0 2 4 1 3 0, jitter 0 2 4 6 1 3 */
	static const struct {
		const char *keys, *shown;
	} rows[] = {
		{ "", "[1] 2 3 4 5 0 " },
		{ "r", "[0] 5 4 3 2 1 " },
		{ "rm", "[1] 2 3 4 5 0 " },
		{ "l", "[2] 4 1 3 5 0 " },
		{ "j", "[3] 2 5 1 4 0 " },
		{ "s", "[5] 4 3 2 1 0 " },
		{ "sr", "[0] 1 2 3 4 5 " },
		{ "w", "[1] 2 3 4 5 0 " },
		{ ">>", "[2] 4 1 3 5 0 " },
		{ "<", "[5] 4 3 2 1 0 " },
		{ "<>>>>>r", "[0] 1 2 3 4 5 " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct top_rig r;

		some(&r, 6);
		(void)shown(&r, 10);
		top_type(&r, rows[i].keys);
		if (strcmp(shown(&r, 10), rows[i].shown) != 0)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].keys, shown(&r, 10));
		top_free(&r);
	}
}

TEST(top_keys_move_the_cursor_and_the_page)
{
	/* Of twelve calls, the newest first, three on the screen. */
	static const struct {
		const char *keys, *shown;
	} rows[] = {
		{ "\x1b[A", "[11] 10 9 " }, { "\x1b[B", "11 [10] 9 " },
		{ "\x1bOB\x1bOB", "11 10 [9] " }, { "\x1b[B\x1b[B\x1b[B", "10 9 [8] " },
		{ "\x1b[6~", "11 10 [9] " }, { " \x06", "9 8 [7] " },
		{ "\x1b[6~\x1b[6~\x1b[5~", "[9] 8 7 " }, { "\x1b[F", "2 1 [0] " },
		{ "G\x1b[A", "2 [1] 0 " }, { "Gkkk", "[3] 2 1 " }, { "Gg", "[11] 10 9 " },
		{ "\x1b[4~\x1b[1~", "[11] 10 9 " },
		{ "\x1b[B\x1b[1;5C\x1b[Z\x1b[", "11 [10] 9 " }, /* keys without a meaning */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct top_rig r;
		const char *keys = rows[i].keys;

		some(&r, 12);
		top_type(&r, "s");
		(void)shown(&r, 3);
		for (size_t n; *keys != '\0'; keys += n) { /* each key is drawn */
			n = *keys == '\x1b' && keys[1] != '\0' ? 2 : 1;
			while (n > 1 && keys[n] != '\0' && keys[n] != '\x1b')
				n++;
			es_top_view_input(&r.view, (const uint8_t *)keys, n);
			(void)shown(&r, 3);
		}
		if (strcmp(shown(&r, 3), rows[i].shown) != 0)
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, shown(&r, 3));
		top_free(&r);
	}
}

/* A terminal far away sends a sequence in parts: wherever it is cut, it is one key. */
TEST(top_takes_an_escape_sequence_in_parts)
{
	static const struct {
		const char *keys, *shown;
	} rows[] = { { "\x1b[B", "11 [10] 9 " }, { "\x1bOB", "11 [10] 9 " },
		{ "\x1b[6~", "11 10 [9] " }, { "\x1b[1;5C", "[11] 10 9 " },
		{ "\x1b[F", "2 1 [0] " }, { "\x1b[\x1b[B", "11 [10] 9 " } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].keys);

		for (size_t cut = 0; cut <= n; cut++) {
			struct top_rig r;

			some(&r, 12);
			top_type(&r, "s");
			(void)shown(&r, 3);
			es_top_view_input(&r.view, (const uint8_t *)rows[i].keys, cut);
			es_top_view_input(&r.view, (const uint8_t *)rows[i].keys + cut, n - cut);
			if (strcmp(shown(&r, 3), rows[i].shown) != 0 || r.view.page != ES_TOP_LIST)
				test_fail(__FILE__, __LINE__, "row %zu cut at %zu: %s", i, cut,
				    shown(&r, 3));
			top_free(&r);
		}
	}
}

TEST(top_escape_is_a_key_when_nothing_comes_behind_it)
{
	struct es_top_view v = { .page = ES_TOP_DETAIL };

	es_top_view_input(&v, (const uint8_t *)"\x1b", 1);
	CHECK_EQ(v.page, ES_TOP_DETAIL);
	CHECK(es_top_view_settle(&v));
	CHECK_EQ(v.page, ES_TOP_LIST);
	CHECK(!es_top_view_settle(&v));
	v.page = ES_TOP_DETAIL;
	es_top_view_input(&v, (const uint8_t *)"\x1b", 1);
	es_top_view_input(&v, (const uint8_t *)"?", 1); /* and not of a sequence */
	CHECK_EQ(v.page, ES_TOP_HELP);
	v.page = ES_TOP_DETAIL;
	es_top_view_input(&v, (const uint8_t *)"\x1b[", 2); /* its end was lost */
	CHECK(es_top_view_settle(&v));
	CHECK_EQ(v.page, ES_TOP_DETAIL);
}

TEST(top_cursor_follows_its_call_when_others_get_worse)
{
	struct top_rig r;

	some(&r, 6);
	CHECK_STR(shown(&r, 4), "[1] 2 3 4 ");
	top_type(&r, "\x1b[B\x1b[B");
	CHECK_STR(shown(&r, 4), "1 2 [3] 4 ");
	top_put_block(&r, top_key(1, 2, 4003), 1, 0, 0, 3950);
	CHECK_STR(shown(&r, 4), "2 4 5 [3] ");
	top_put_block(&r, top_key(1, 2, 4003), 2, 0, 0, 1000);
	CHECK_STR(shown(&r, 4), "[3] 1 2 4 ");
	top_free(&r);
}

TEST(top_cursor_at_the_top_stays_there)
{
	struct top_rig r;

	some(&r, 4);
	CHECK_STR(shown(&r, 4), "[1] 2 3 0 ");
	top_type(&r, "\x1b[B");
	CHECK_STR(shown(&r, 4), "1 [2] 3 0 ");
	top_type(&r, "k");
	CHECK_STR(shown(&r, 4), "[1] 2 3 0 ");
	top_put_block(&r, top_key(1, 2, 4000), 1, 0, 0, 1000);
	CHECK_STR(shown(&r, 4), "[0] 1 2 3 ");
	top_free(&r);
}

TEST(top_calls_that_are_over_stand_below_whatever_their_figures)
{
	struct top_rig r;
	struct top_call c = { .id = "5",
		.from = "5",
		.to = "b",
		.start_s = 5,
		.answer_s = 1,
		.state = ES_STATE_COMPLETED,
		.end_s = 30,
		.port = 4005 };

	some(&r, 6);
	top_put_call(&r, &c);
	CHECK_STR(shown(&r, 10), "[1] 2 3 4 0 5 ");
	top_type(&r, "r");
	CHECK_STR(shown(&r, 10), "[0] 4 3 2 1 5 ");
	top_free(&r);
}

TEST(top_calls_without_the_figure_stand_below_those_with_it)
{
	struct top_rig r;
	struct top_call c = {
		.id = "x", .from = "x", .to = "y", .start_s = 50, .state = ES_STATE_IN_PROGRESS
	};

	some(&r, 2);
	top_put_call(&r, &c);
	CHECK_STR(shown(&r, 10), "[1] 0 x ");
	top_type(&r, "r");
	CHECK_STR(shown(&r, 10), "[0] 1 x ");
	top_free(&r);
}

TEST(top_filter_is_typed_kept_and_taken_back)
{
	static const struct {
		const char *keys, *shown;
		bool is_typing;
	} rows[] = {
		{ "/1", "[11] 10 1 ", true },
		{ "/1\r", "[11] 10 1 ", false },
		{ "/1\r/\x7f"
		  "2\r",
		    "[2] ", false },
		{ "/1\r/23\x1b", "[11] 10 1 ", false },
		{ "/12\x15\b\r", "[11] 10 9 8 7 6 5 4 3 2 1 0 ", false },
		{ "/q\r", "", false }, /* letters are no commands there */
		{ "/1\x1b[A\r", "[11] 10 1 ", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct top_rig r;

		some(&r, 12);
		top_type(&r, "s");
		top_type(&r, rows[i].keys);
		if (strcmp(shown(&r, 20), rows[i].shown) != 0 ||
		    r.view.is_typing != rows[i].is_typing || r.view.is_left)
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, shown(&r, 20));
		top_free(&r);
	}
}

TEST(top_filter_is_as_long_as_its_room)
{
	struct es_top_view v = { .is_typing = true };

	for (unsigned i = 0; i < 3 * ES_TOP_FILTER_BYTES; i++)
		es_top_view_input(&v, (const uint8_t *)"x", 1);
	CHECK_EQ(strlen(v.filter), ES_TOP_FILTER_BYTES - 1);
}

TEST(top_pages_open_and_close)
{
	static const struct {
		const char *keys;
		enum es_top_page page;
		bool is_left, is_paused;
	} rows[] = {
		{ "\r", ES_TOP_DETAIL, false, false }, { "\rq", ES_TOP_LIST, false, false },
		{ "\r\x1b", ES_TOP_LIST, false, false }, { "?", ES_TOP_HELP, false, false },
		{ "hh", ES_TOP_LIST, false, false }, { "?m", ES_TOP_HELP, false, false },
		{ "p", ES_TOP_LIST, false, true }, { "pp", ES_TOP_LIST, false, false },
		{ "\x1b", ES_TOP_LIST, false, false }, { "q", ES_TOP_LIST, true, false },
		{ "?qq", ES_TOP_LIST, true, false },
		{ "q?", ES_TOP_LIST, true, false }, /* what comes behind the end is not looked at */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_top_view v = { 0 };

		es_top_view_input(&v, (const uint8_t *)rows[i].keys, strlen(rows[i].keys));
		(void)es_top_view_settle(&v);
		if (v.page != rows[i].page || v.is_left != rows[i].is_left ||
		    v.is_paused != rows[i].is_paused || v.sort != ES_TOP_BY_MOS)
			test_fail(__FILE__, __LINE__, "keys \"%s\"", rows[i].keys);
	}
}

/* The same order as by sorting all of them, whatever part of it is shown. */
TEST(top_list_of_any_page_is_that_of_a_whole_sort)
{
	struct top_rig r;
	char whole[TOP_CALLS][8];
	uint32_t n;

	some(&r, 50);
	top_type(&r, "l");
	(void)es_top_list_fill(&r.screen.list, &r.calls, &r.view, 50);
	n = r.screen.list.n;
	CHECK_EQ(n, 50);
	for (uint32_t i = 0; i < n; i++) {
		const struct es_top_call *c = es_top_calls_at(&r.calls, r.screen.list.all[i].call);

		(void)snprintf(whole[i], sizeof(whole[i]), "%.*s", (int)c->from.n,
		    (const char *)c->from.bytes);
	}
	for (uint32_t rows = 1; rows < 50; rows++) {
		top_type(&r, "g");
		(void)shown(&r, rows);
		for (uint32_t at = 0; at < 50; at++) {
			char wanted[12];

			(void)snprintf(wanted, sizeof(wanted), "[%.7s]", whole[at]);
			if (strstr(shown(&r, rows), wanted) == NULL)
				test_fail(__FILE__, __LINE__, "%u rows: %s is not in %s", rows,
				    wanted, shown(&r, rows));
			top_type(&r, "\x1b[B");
		}
	}
	top_free(&r);
}
