/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of `earshot top` as text: whole ones at three sizes, and what must hold at each. */
#include "tests/unit/top_rig.h"

#include "agent/output/read_cell.h"

/* Calls of each kind, two of them with a name that a terminal would obey. */
static void
busy(struct top_rig *r)
{
	static const struct top_call calls[] = {
		{ .id = "good@pbx",
		    .from = "+4930123456@pbx.example",
		    .to = "bob@pbx.example",
		    .start_s = 10,
		    .answer_s = 5,
		    .state = ES_STATE_IN_PROGRESS,
		    .port = 4000 },
		{ .id = "bad@pbx",
		    .from = "carol@a-very-long-host-name.example.org",
		    .to = "dave@pbx.example",
		    .start_s = 20,
		    .answer_s = 3,
		    .ringing = 180,
		    .state = ES_STATE_IN_PROGRESS,
		    .port = 4002 },
		{ .id = "ring\x1b[2J@pbx",
		    .from = "\x1b]0;owned\a\xe5\xb1\xb1\xe7\x94\xb0@pbx",
		    .to = "\x9b"
			  "31mred@pbx",
		    .start_s = 90,
		    .ringing = 183,
		    .state = ES_STATE_IN_PROGRESS },
		{ .id = "refused@pbx",
		    .from = "erin@pbx",
		    .to = "frank@pbx",
		    .start_s = 60,
		    .state = ES_STATE_FAILED,
		    .status = 486,
		    .end_s = 2 },
		{ .id = "past@pbx",
		    .from = "grace@pbx",
		    .to = "heidi@pbx",
		    .start_s = 5,
		    .answer_s = 2,
		    .state = ES_STATE_COMPLETED,
		    .status = 200,
		    .end_s = 42,
		    .port = 4004 },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		top_put_call(r, &calls[i]);
	top_put_stream(r, top_key(1, 2, 4000), "good@pbx", ES_STATE_IN_PROGRESS);
	top_put_stream(r, top_key(2, 1, 4000), "good@pbx", ES_STATE_IN_PROGRESS);
	top_put_block(r, top_key(1, 2, 4000), 0, 0, 400, 4410);
	top_put_block(r, top_key(2, 1, 4000), 0, 1, 12400, 4300);
	top_put_stream(r, top_key(1, 2, 4002), "bad@pbx", ES_STATE_IN_PROGRESS);
	top_put_stream(r, top_key(2, 1, 4002), "bad@pbx", ES_STATE_IN_PROGRESS);
	top_put_block(r, top_key(1, 2, 4002), 0, 0, 900, 4410);
	top_put_block(r, top_key(2, 1, 4002), 0, 64, 30000, 1800);
	top_put_block(r, top_key(2, 1, 4002), 1, 8, 20000, 3300);
	top_put_stream(r, top_key(1, 2, 4004), "past@pbx", ES_STATE_IN_PROGRESS);
	top_put_stream(r, top_key(1, 2, 4004), "past@pbx", ES_STATE_COMPLETED);
	top_put_stream(r, top_key(3, 4, 6000), NULL, ES_STATE_IN_PROGRESS);
	top_put_stream(r, top_key(4, 3, 6000), NULL, ES_STATE_IN_PROGRESS);
	top_put_block(r, top_key(4, 3, 6000), 0, 256, 0, 0);
}

static char *
read_whole(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *from = fopen(path, "r");

	if (text == NULL || from == NULL)
		abort();
	if (fread(text, 1, 65535, from) == 0 || fclose(from) != 0)
		abort();
	return text;
}

/* Blanks at the end of a line do not count: they may not stand in a file. */
static void
without_blanks(char *text)
{
	const char *start = text;
	char *to = text;

	for (; *text != '\0'; text++) {
		while (*text == '\n' && to > start && to[-1] == ' ')
			to--;
		*to++ = *text;
	}
	while (to > start && to[-1] == ' ')
		to--;
	*to = '\0';
}

TEST(top_screens_are_as_they_were)
{
	static const struct {
		const char *file, *keys;
		uint32_t columns, lines;
	} rows[] = {
		{ "tests/unit/fixtures/top/80x24.txt", "", 80, 24 },
		{ "tests/unit/fixtures/top/200x50.txt", "l", 200, 50 },
		{ "tests/unit/fixtures/top/40x10.txt", "", 40, 10 },
		{ "tests/unit/fixtures/top/detail.txt", "\r", 80, 24 },
		{ "tests/unit/fixtures/top/help.txt", "?", 80, 24 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct top_rig r;
		char *drawn, *wanted;

		top_new(&r);
		busy(&r);
		free(top_drawn(&r, rows[i].columns, rows[i].lines)); /* keys act on what is seen */
		top_type(&r, rows[i].keys);
		drawn = top_drawn(&r, rows[i].columns, rows[i].lines);
		without_blanks(drawn);
		wanted = read_whole(rows[i].file);
		wanted[strlen(wanted) - 1] = '\0';
		if (strcmp(drawn, wanted) != 0)
			test_fail(__FILE__, __LINE__, "not as in %s:\n%s", rows[i].file, drawn);
		free(drawn);
		free(wanted);
		top_free(&r);
	}
}

static bool
is_in_frame(const char *text, uint32_t columns, uint32_t lines)
{
	uint32_t n_lines = 1, n = 0;

	for (const uint8_t *c = (const uint8_t *)text; *c != '\0'; c++) {
		if (*c == 0x1b) { /* a colour */
			while (*c != 'm')
				c++;
			continue;
		}
		if (*c == '\n') {
			n_lines++;
			n = 0;
			continue;
		}
		n += (*c & 0xc0) != 0x80; /* the bars are of three bytes */
		if (n > columns)
			return false;
	}
	return n_lines == lines;
}

TEST(top_screen_of_any_size_has_no_line_beyond_its_edge)
{
	static const char *const pages[] = { "", "\r", "?", "/x" };
	struct top_rig r;

	for (size_t p = 0; p < sizeof(pages) / sizeof(pages[0]); p++) {
		top_new(&r);
		busy(&r);
		r.screen.style = (struct es_read_style){ 100, false, true, true };
		free(top_drawn(&r, 80, 24));
		top_type(&r, pages[p]);
		for (uint32_t columns = 1; columns < 240; columns += columns < 120 ? 1 : 17) {
			for (uint32_t lines = 5; lines < 40; lines += 7) {
				char *drawn = top_drawn(&r, columns, lines);

				if (!is_in_frame(drawn, columns, lines))
					test_fail(__FILE__, __LINE__, "%ux%u, page %zu:\n%s",
					    columns, lines, p, drawn);
				free(drawn);
			}
		}
		top_free(&r);
	}
}

/* Without colours no byte of a screen is a control character, whatever names are made of. */
TEST(top_screen_hands_no_control_characters_of_names_to_the_terminal)
{
	static const char *const pages[] = { "", "\r" };

	for (size_t p = 0; p < 2; p++) {
		for (unsigned byte = 1; byte < 256; byte += byte < 32 || byte > 120 ? 1 : 9) {
			char name[8] = { 'a', (char)byte, '[', '2', 'J', (char)byte, '@', 0 };
			struct top_call call = { .id = name,
				.from = name,
				.to = name,
				.start_s = 10,
				.state = ES_STATE_IN_PROGRESS };
			struct top_rig r;
			char *drawn;

			top_new(&r);
			top_put_call(&r, &call);
			r.head.source = name;
			free(top_drawn(&r, 200, 24));
			top_type(&r, pages[p]);
			drawn = top_drawn(&r, 200, 24);
			for (const uint8_t *c = (const uint8_t *)drawn; *c != '\0'; c++)
				if ((*c < 0x20 && *c != '\n') || *c >= 0x7f)
					test_fail(__FILE__, __LINE__,
					    "byte %u of a name came as %u", byte, *c);
			free(drawn);
			top_free(&r);
		}
	}
}

static bool
holds_bad(const void *ctx, es_slice call_id)
{
	return ctx != NULL && es_slice_eq(call_id, es_slice_str("bad@pbx"));
}

TEST(top_screen_shows_who_is_held)
{
	struct top_rig r;
	char *drawn;

	top_new(&r);
	busy(&r);
	r.head.is_held = holds_bad;
	r.head.ctx = &r;
	drawn = top_drawn(&r, 80, 24);
	CHECK(strstr(drawn, ">carol        dave         held    01:17") != NULL);
	CHECK(strstr(drawn, " +4930123456  bob          talking 01:25") != NULL);
	free(drawn);
	top_type(&r, "\r");
	drawn = top_drawn(&r, 80, 24);
	CHECK(strstr(drawn, "state    held, 01:17") != NULL);
	free(drawn);
	top_free(&r);
}

TEST(top_screen_colours_what_is_bad_but_not_under_the_cursor)
{
	struct top_rig r;
	char *drawn;

	top_new(&r);
	busy(&r);
	r.screen.style.is_coloured = true;
	drawn = top_drawn(&r, 80, 24);
	CHECK(strstr(drawn, "\x1b[7m>carol") != NULL);
	CHECK(strstr(drawn, "\x1b[31m 100\x1b[0m") != NULL); /* media of which nothing came */
	CHECK(strstr(drawn, "\x1b[31merr 486\x1b[0m") != NULL);
	free(drawn);
	top_free(&r);
}

TEST(top_screen_shows_the_filter_as_it_is_typed)
{
	struct top_rig r;
	char *drawn;

	top_new(&r);
	busy(&r);
	top_type(&r, "/CAROL");
	drawn = top_drawn(&r, 80, 24);
	CHECK(strstr(drawn, "\nfilter: CAROL_") != NULL);
	CHECK(strstr(drawn, ">carol") != NULL && strstr(drawn, "bob") == NULL);
	free(drawn);
	top_type(&r, "x\r");
	drawn = top_drawn(&r, 80, 24);
	CHECK(strstr(drawn, " no call contains this text") != NULL);
	free(drawn);
	top_free(&r);
}
