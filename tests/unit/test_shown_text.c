/* SPDX-License-Identifier: Apache-2.0 */
/* Which characters of a text from outside a terminal gets, and how wide they are. */
#include "runtime/shown_text.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

TEST(shown_text_has_printable_characters_and_their_widths)
{
	static const struct {
		const char *text;
		int columns; /* -1: a '?' takes its place */
	} rows[] = {
		{ "a", 1 }, { "~", 1 }, { "\xc3\xa9", 1 },          /* U+E9 */
		{ "\xe4\xb8\xad", 2 }, { "\xf0\x9f\x98\x80", 2 },   /* U+4E2D, U+1F600 */
		{ "\xcc\x81", 0 }, { "\xe2\x96\x81", 1 },           /* U+301, U+2581 */
		{ "\x1b", -1 }, { "\n", -1 }, { "\x7f", -1 },       /* C0 and DEL */
		{ "\xc2\x85", -1 }, { "\xc2\x9b", -1 },             /* C1: U+85, U+9B */
		{ "\x9b", -1 }, { "\xff", -1 }, { "\xe4\xb8", -1 }, /* no UTF-8 */
		{ "\xc0\xaf", -1 }, { "\xed\xa0\x80", -1 },         /* overlong, surrogate */
		{ "\xe2\x80\x8e", -1 }, { "\xe2\x80\x8f", -1 },     /* U+200E, U+200F */
		{ "\xe2\x80\xaa", -1 }, { "\xe2\x80\xae", -1 },     /* U+202A, U+202E */
		{ "\xe2\x81\xa6", -1 }, { "\xe2\x81\xa9", -1 },     /* U+2066, U+2069 */
		{ "\xd8\x9c", -1 }, { "\xe2\x80\x8b", -1 },         /* U+61C, U+200B */
		{ "\xe2\x80\xa8", -1 }, { "\xef\xbb\xbf", -1 },     /* U+2028, U+FEFF */
		{ "\xf3\xa0\x81\x81", -1 }, { "\xef\xbf\xbf", -1 }, /* U+E0041, U+FFFF */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		es_slice text = test_guarded(rows[i].text, strlen(rows[i].text));
		struct es_shown_char c = es_shown_text_next(text, true),
				     ascii = es_shown_text_next(text, false);

		if (c.is_fine != (rows[i].columns >= 0) ||
		    c.columns != (rows[i].columns < 0 ? 1 : rows[i].columns) ||
		    ascii.is_fine != (rows[i].columns == 1 && text.n == 1) || ascii.n_bytes != 1)
			test_fail(__FILE__, __LINE__, "row %zu: %d columns", i, c.columns);
		if (c.n_bytes != text.n && text.p[0] != 0xe4 && text.p[0] != 0xc0 &&
		    text.p[0] != 0xed)
			test_fail(__FILE__, __LINE__, "row %zu: %zu bytes", i, c.n_bytes);
	}
	CHECK_EQ(es_shown_text_columns(es_slice_str("a\xe4\xb8\xad\xcc\x81\x1b"), true), 4);
	CHECK_EQ(es_shown_text_columns(es_slice_str("a\xe4\xb8\xad"), false), 4);
	CHECK_EQ(es_shown_text_columns(es_slice_of(NULL, 0), true), 0);
}

TEST(shown_text_is_utf8_where_the_environment_says_so)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	CHECK(es_shown_text_is_utf8());
	setenv("LC_ALL", "C", 1);
	CHECK(!es_shown_text_is_utf8());
	unsetenv("LC_ALL");
	setenv("LC_CTYPE", "C.UTF-8", 1);
	CHECK(es_shown_text_is_utf8());
	unsetenv("LC_CTYPE");
}
