/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that the first SBC or tap did not expect, and that a capture behind it misses. */
#include "tests/unit/made_records.h"

enum { EP, ACCESS, CORE, GW, AWAY_FROM = 300, AWAY_TO = 800 };

/* The access side of the SBC did not expect some packets, as its SDP says, and nothing of them came to the core side. */
static struct call4 *
sent_past_access(void)
{
	struct call4 *s = call4_new(1500);

	for (uint32_t i = AWAY_FROM; i < AWAY_TO; i++)
		call4_lose(s->fwd_seen, EP, 1, i);
	s->fwd[ACCESS].away_from = AWAY_FROM;
	s->fwd[ACCESS].away_to = AWAY_TO;
	return s;
}

/* With captures from one point to another. */
static void
is_judged(struct call4 *s, int first, int last, enum es_verdict_state state)
{
	struct made_solved *h;

	call4_signal(s);
	for (int i = first; i <= last; i++) {
		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
	}
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].verdict.state, state);
	es_correlate_free(s->c);
}

TEST(correlate_what_the_first_side_of_an_sbc_did_not_expect_is_not_lost_behind_it)
{
	is_judged(sent_past_access(), ACCESS, CORE, ES_VERDICT_CLEAN);
}

/* What SDP sends past an SBC goes to the terminal. */
TEST(correlate_what_an_sbc_did_not_expect_must_come_to_a_terminal)
{
	is_judged(sent_past_access(), ACCESS, GW, ES_VERDICT_DEGRADED);
}

/* Its capture sees what it sends, wherever that goes. */
TEST(correlate_what_a_terminal_did_not_send_is_not_excused)
{
	struct call4 *s = sent_past_access();

	s->fwd[EP].away_from = AWAY_FROM;
	s->fwd[EP].away_to = AWAY_TO;
	is_judged(s, EP, CORE, ES_VERDICT_DEGRADED);
}

TEST(correlate_what_came_in_part_past_the_first_side_of_an_sbc_is_lost)
{
	struct call4 *s = sent_past_access();

	for (uint32_t i = AWAY_FROM; i < AWAY_TO; i += 2)
		s->fwd_seen[CORE][i] = true;
	is_judged(s, ACCESS, CORE, ES_VERDICT_DEGRADED);
}

/* More may come of a stream that has not ended. */
TEST(correlate_what_a_stream_in_progress_leaves_out_is_not_excused)
{
	struct call4 *s = sent_past_access();

	s->fwd[ACCESS].is_open = true;
	is_judged(s, ACCESS, CORE, ES_VERDICT_DEGRADED);
}
