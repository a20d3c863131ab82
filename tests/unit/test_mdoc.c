/* SPDX-License-Identifier: Apache-2.0 */
/* Text of manual pages: what mandoc's lint and a reader of the source expect of it. */
#include "runtime/text/mdoc.h"
#include "tests/unit/harness.h"
#include "tests/unit/printed.h"

TEST(mdoc_text_has_short_lines_and_a_line_for_each_sentence)
{
	static const struct {
		const char *text, *page;
	} rows[] = {
		{ "One. Two.", "One.\nTwo.\n" },
		{ "", "" },
		{ "at 4.41 in all", "at 4.41 in all\n" },
		{ ".hidden and 'quoted'", "\\&.hidden and 'quoted'\n" },
		{ "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12345678 "
		  "'and this behind it",
		    "123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
		    "12345678\n"
		    "\\&'and this behind it\n" },
		{ "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
		  "x",
		    "123456789 123456789 123456789 123456789 123456789 123456789 123456789\n"
		    "123456789 x\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *out = printed(es_mdoc_text, rows[i].text);

		CHECK_STR(out, rows[i].page);
		free(out);
	}
}
