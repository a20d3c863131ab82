/* SPDX-License-Identifier: Apache-2.0 */
/* Senders that begin again with the numbers and timestamps they had, at several vantage points. */
#include "tests/unit/made_records.h"

/*
 * An announcement played twice: its numbers and timestamps are the same ones, far or near the last one.
 * What the segment lost of the first is not made good by the second. The second vantage point saw
 * nothing of the first one where seen_twice is false.
 */
static void
played_again(uint32_t n, bool seen_twice)
{
	static bool seen[MADE_PACKETS_MAX];
	struct call4 *s = call4_new(n);
	struct made_solved *h;

	memset(seen, true, sizeof(seen));
	memset(seen + 20, false, 10);
	for (int i = 0; i < 4; i++) {
		struct made_stream again = s->fwd[i];

		s->fwd[i].seen = i > 0 ? seen : NULL;
		if (i == 0 || seen_twice)
			made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
		again.restart = i == 0 || seen_twice;
		again.at_ms += n * MADE_PTIME_MS + 20000;
		made_stream_add(&again);
	}
	call4_signal(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].directions[0].segments[0].expected, 2 * n);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, seen_twice ? 10 : n);
	CHECK_EQ(h->calls[0].directions[0].segments[1].lost, 0);
	es_correlate_free(s->c);
}

TEST(correlate_sender_that_begins_again_has_packets_of_its_own)
{
	played_again(600, true);
	played_again(80, true);
	played_again(600, false);
}
