/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the spool that says Hello is the one that delivered what is stored under its epoch. */
#include "collector/ingest/another_spool.h"
#include "tests/unit/harness.h"

TEST(another_spool_is_known_by_numbers_and_digests)
{
	static const struct {
		const char *why; /* NULL: it is that one */
		struct es_hello hello;
		uint64_t through, digest;
	} rows[] = {
		{ NULL, { .next_seq = 1 }, 0, 0 },
		{ NULL, { .next_seq = 11 }, 10, 0 },
		{ "next_seq is not above what was acknowledged", { .next_seq = 10 }, 10, 0 },
		{ "more is stored than this spool ever sent",
		    { .next_seq = 20, .has_sent_seq = true, .sent_seq = 9 }, 10, 0 },
		{ NULL, { .next_seq = 20, .has_sent_seq = true, .sent_seq = 10 }, 10, 0 },
		{ NULL, { .next_seq = 20, .has_sent_seq = true, .sent_seq = 9 }, 10, 7 },
		{ "another record is stored under the same number",
		    { .next_seq = 20, .proof_seq = 10, .proof_digest = 8 }, 10, 7 },
		{ NULL, { .next_seq = 20, .proof_seq = 10, .proof_digest = 7 }, 10, 7 },
		{ NULL, { .next_seq = 20, .proof_seq = 9, .proof_digest = 8 }, 10, 7 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = es_another_spool(&rows[i].hello, rows[i].through, rows[i].digest);

		if (rows[i].why == NULL)
			CHECK(why == NULL);
		else
			CHECK_STR(why, rows[i].why);
	}
}
