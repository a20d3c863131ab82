/* SPDX-License-Identifier: Apache-2.0 */
/* The word someone meant: which names are near to a mistyped one. */
#include "runtime/near.h"
#include "tests/unit/harness.h"

static const char *
best(const char *written, const char *one, const char *other)
{
	struct es_near near = { .written = written };

	es_near_offer(&near, one);
	es_near_offer(&near, other);
	return near.best == NULL ? "" : near.best;
}

TEST(near_takes_two_edits_and_no_more)
{
	CHECK_STR(best("json", "json", "csv"), "json");
	CHECK_STR(best("jsn", "json", "csv"), "json");   /* left out */
	CHECK_STR(best("jsoon", "json", "csv"), "json"); /* put in */
	CHECK_STR(best("jzon", "json", "csv"), "json");  /* replaced */
	CHECK_STR(best("josn", "json", "csv"), "json");  /* swapped: one edit */
	CHECK_STR(best("joson", "json", "csv"), "json");
	CHECK_STR(best("recrods", "receiver", "records"), "records");
	CHECK_STR(best("use_payload", "use-payload", "use-keys"), "use-payload");
	CHECK_STR(best("ojns", "json", "csv"), ""); /* three apart */
	CHECK_STR(best("records", "receiver", "record-types"), "");
}

TEST(near_takes_the_nearest_and_of_equals_the_one_that_begins_alike)
{
	CHECK_STR(best("wort", "sort", "worst"), "worst");
	CHECK_STR(best("sorte", "sort", "sorted"), "sorted");
	CHECK_STR(best("call", "calls", "call"), "call");
	CHECK_STR(best("xsort", "short", "sort"), "sort");
}

TEST(near_does_not_guess_at_words_shorter_than_the_edits)
{
	CHECK_STR(best("x", "i", "V"), "");
	CHECK_STR(best("to", "on", "of"), "");
	CHECK_STR(best("", "on", "of"), "");
	CHECK_STR(best("rad", "read", "live"), "read");
}

TEST(near_of_words_beyond_all_length_is_nothing)
{
	char word[66];

	memset(word, 'a', sizeof(word) - 1);
	word[65] = '\0';
	CHECK_STR(best(word, word, "a"), "");
	word[64] = '\0';
	CHECK_STR(best(word, word, "a"), word);
}
