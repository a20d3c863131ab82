/* SPDX-License-Identifier: Apache-2.0 */
/* Help that a terminal of 80 columns shows whole. */
#include "runtime/text/wrapped.h"
#include "tests/unit/harness.h"
#include "tests/unit/printed.h"

#define TENS(n) "123456789 " n

static void
print_at_10(const char *text, FILE *to)
{
	es_wrapped(text, 10, "    ", to);
}

TEST(wrapped_text_breaks_at_blanks_before_column_80)
{
	static const struct {
		const char *text, *lines;
	} rows[] = {
		{ "", "\n" },
		{ "short enough", "short enough\n" },
		/* 10 + 69 columns are the last that fit */
		{ TENS(TENS(TENS(TENS(TENS(TENS("123456789")))))) " x",
		    TENS(TENS(TENS(TENS(TENS(TENS("123456789")))))) "\n    x\n" },
		{ TENS(TENS(TENS(TENS(TENS(TENS("1234567890")))))),
		    TENS(TENS(TENS(TENS(TENS("123456789"))))) "\n    1234567890\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *out = printed(print_at_10, rows[i].text);

		CHECK_STR(out, rows[i].lines);
		free(out);
	}
}

TEST(wrapped_text_keeps_an_option_and_its_value_in_one_line)
{
	char *out = printed(print_at_10,
	    TENS(TENS(TENS(TENS(TENS("123456789"))))) " [--name NAME] [--sort [a | b]]");

	CHECK_STR(out,
	    TENS(TENS(TENS(TENS(TENS("123456789"))))) "\n    [--name NAME] [--sort [a | b]]\n");
	free(out);
}

TEST(wrapped_text_does_not_break_a_word_that_is_longer_than_a_line)
{
	static const char text[] = "a 1234567890123456789012345678901234567890123456789012345678901"
				   "23456789012345678901234567890 b";
	char *out = printed(print_at_10, text);

	CHECK_STR(out, "a\n    1234567890123456789012345678901234567890123456789012345678901"
		       "23456789012345678901234567890\n    b\n");
	free(out);
}
