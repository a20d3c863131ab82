/* SPDX-License-Identifier: Apache-2.0 */
/* A command that is printed does the same when it is copied into a shell. */
#include "runtime/text/shell_word.h"
#include "tests/unit/harness.h"
#include "tests/unit/printed.h"

TEST(shell_word_is_one_word_of_a_shell)
{
	static const struct {
		const char *text, *word;
	} rows[] = {
		{ "/var/lib/earshot-collector", "/var/lib/earshot-collector" },
		{ "[::1]:6100", "'[::1]:6100'" },
		{ "c.example:6100", "c.example:6100" },
		{ "", "''" },
		{ "my calls", "'my calls'" },
		{ "it's $HOME", "'it'\\''s $HOME'" },
		{ "~/x", "'~/x'" },
		{ "a\nb", "'a\nb'" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *out = printed(es_shell_word, rows[i].text);

		CHECK_STR(out, rows[i].word);
		free(out);
	}
}
