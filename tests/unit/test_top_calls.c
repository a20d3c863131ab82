/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows `earshot top` has, from the first record of a call to minutes behind its last. */
#include "tests/unit/top_rig.h"

static const struct top_call up = { .id = "c",
	.from = "a",
	.to = "b",
	.start_s = 10,
	.answer_s = 2,
	.state = ES_STATE_IN_PROGRESS,
	.port = 4000 };

/* "talking 2/1": each row in the order it was made, its state, its streams and those of them that are up. */
static const char *
rows_of(const struct top_rig *r)
{
	static const char *const names[] = { "calling", "ringing", "talking", "unsignalled",
		"over" };
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (uint64_t serial = 1; serial <= r->calls.n_made; serial++) {
		for (uint32_t i = es_pool_next(&r->calls.calls, 0); i != ES_POOL_NONE;
		     i = es_pool_next(&r->calls.calls, i + 1)) {
			const struct es_top_call *c = es_top_calls_at(&r->calls, i);
			unsigned all = 0, running = 0;

			if (c->serial != serial)
				continue;
			for (uint32_t s = c->streams; s != ES_POOL_NONE; all++) {
				running += !es_top_calls_stream(&r->calls, s)->is_over;
				s = es_top_calls_stream(&r->calls, s)->next;
			}
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %u/%u",
			    n > 0 ? ", " : "", names[c->phase], all, running);
		}
	}
	return text;
}

TEST(top_call_goes_through_its_phases)
{
	struct top_call c = up;
	struct top_rig r;

	c.answer_s = 0;
	top_new(&r);
	top_put_call(&r, &c);
	CHECK_STR(rows_of(&r), "calling 0/0");
	c.ringing = 183;
	top_put_call(&r, &c);
	CHECK_STR(rows_of(&r), "ringing 0/0");
	c.answer_s = 2;
	top_put_call(&r, &c);
	CHECK_STR(rows_of(&r), "talking 0/0");
	CHECK_EQ(es_time_diff(es_top_calls_at(&r.calls, 0)->answered, top_at(12)), 0);
	c.state = ES_STATE_COMPLETED;
	c.end_s = 30;
	top_put_call(&r, &c);
	top_put_call(&r, &c); /* the answer to BYE */
	CHECK_STR(rows_of(&r), "over 0/0");
	CHECK_EQ(r.calls.n_over, 1);
	CHECK_EQ(es_top_calls_at(&r.calls, 0)->duration_us, 28000000);
	top_free(&r);
}

TEST(top_call_that_is_over_is_kept_for_minutes)
{
	struct top_call over = up;
	struct top_rig r;

	over.state = ES_STATE_COMPLETED;
	over.end_s = 30;
	top_new(&r);
	top_put_call(&r, &over);
	es_top_calls_advance(&r.calls, top_at(40 + ES_TOP_KEPT_S - 1));
	CHECK_STR(rows_of(&r), "over 0/0");
	es_top_calls_advance(&r.calls, top_at(40 + ES_TOP_KEPT_S));
	CHECK_STR(rows_of(&r), "");
	CHECK_EQ(r.calls.n_over, 0);
	top_free(&r);
}

TEST(top_call_that_continues_is_not_forgotten)
{
	struct top_call over = up;
	struct top_rig r;

	over.state = ES_STATE_UNKNOWN;
	over.end_s = 30;
	top_new(&r);
	top_put_call(&r, &over);
	top_put_call(&r, &up);
	CHECK_STR(rows_of(&r), "talking 0/0");
	es_top_calls_advance(&r.calls, top_at(10000));
	CHECK_STR(rows_of(&r), "talking 0/0");
	CHECK_EQ(r.calls.n_over, 0);
	top_free(&r);
}

TEST(top_uses_of_one_call_id_are_rows_of_their_own)
{
	struct top_call first = up, second = up;
	struct top_rig r;

	first.state = ES_STATE_COMPLETED;
	first.end_s = 20;
	second.start_s = 50;
	top_new(&r);
	top_put_call(&r, &first);
	top_put_call(&r, &second);
	CHECK_STR(rows_of(&r), "over 0/0, talking 0/0");
	top_put_stream(&r, top_key(1, 2, 4000), "c", ES_STATE_IN_PROGRESS);
	CHECK_STR(rows_of(&r), "over 0/0, talking 1/1");
	top_free(&r);
}

TEST(top_streams_without_a_call_share_a_row_with_the_other_direction)
{
	struct top_rig r;

	top_new(&r);
	top_put_stream(&r, top_key(3, 4, 6000), NULL, ES_STATE_IN_PROGRESS);
	top_put_stream(&r, top_key(4, 3, 6000), NULL, ES_STATE_IN_PROGRESS);
	top_put_stream(&r, top_key(3, 4, 6002), NULL, ES_STATE_IN_PROGRESS);
	CHECK_STR(rows_of(&r), "unsignalled 2/2, unsignalled 1/1");
	top_put_stream(&r, top_key(3, 4, 6000), NULL, ES_STATE_COMPLETED);
	CHECK_STR(rows_of(&r), "unsignalled 2/1, unsignalled 1/1");
	top_put_stream(&r, top_key(4, 3, 6000), NULL, ES_STATE_COMPLETED);
	CHECK_STR(rows_of(&r), "over 2/0, unsignalled 1/1");
	CHECK_EQ(r.calls.n_streams_up, 1);
	top_free(&r);
}

TEST(top_stream_moves_to_the_call_that_claims_it)
{
	struct top_rig r;

	top_new(&r);
	top_put_stream(&r, top_key(1, 2, 4000), NULL, ES_STATE_IN_PROGRESS);
	top_put_stream(&r, top_key(2, 1, 4000), NULL, ES_STATE_IN_PROGRESS);
	top_put_call(&r, &up);
	CHECK_STR(rows_of(&r), "unsignalled 2/2, talking 0/0");
	top_put_stream(&r, top_key(1, 2, 4000), "c", ES_STATE_IN_PROGRESS);
	CHECK_STR(rows_of(&r), "unsignalled 1/1, talking 1/1");
	top_put_stream(&r, top_key(2, 1, 4000), "c", ES_STATE_IN_PROGRESS);
	CHECK_STR(rows_of(&r), "talking 2/2");
	top_free(&r);
}

TEST(top_stream_that_outlives_its_call_stays)
{
	struct top_call over = up;
	struct top_rig r;

	over.state = ES_STATE_COMPLETED;
	over.end_s = 30;
	top_new(&r);
	top_put_call(&r, &up);
	top_put_stream(&r, top_key(1, 2, 4000), "c", ES_STATE_IN_PROGRESS);
	top_put_stream(&r, top_key(2, 1, 4000), "c", ES_STATE_IN_PROGRESS);
	top_put_stream(&r, top_key(2, 1, 4000), "c", ES_STATE_COMPLETED);
	top_put_call(&r, &over);
	CHECK_STR(rows_of(&r), "over 2/1");
	es_top_calls_advance(&r.calls, top_at(1000));
	CHECK_STR(rows_of(&r), "unsignalled 1/1");
	CHECK_EQ(r.calls.n_streams_up, 1);
	top_free(&r);
}

TEST(top_figures_are_of_each_direction)
{
	/* An early stream of the callee, then another; both are seen from behind a NAT, where SDP fits one end only. */
	struct es_stream_key early = top_key(9, 1, 4000), late = top_key(9, 1, 4000);
	struct es_top_figures f;
	struct top_rig r;

	late.ssrc++;
	top_new(&r);
	top_put_call(&r, &up);
	top_put_stream(&r, early, "c", ES_STATE_IN_PROGRESS);
	top_put_block(&r, early, 0, 128, 5000, 1500);
	top_put_stream(&r, late, "c", ES_STATE_IN_PROGRESS);
	top_put_block(&r, late, 0, 0, 3000, 4400);
	f = es_top_figures_of(&r.calls, es_top_calls_at(&r.calls, 0));
	CHECK(f.side[0].stream == NULL);
	CHECK_EQ(f.side[1].expected, 512);
	CHECK_EQ(f.side[1].lost, 128);
	CHECK_EQ(f.side[1].late, 32);
	CHECK_EQ(f.side[1].worst_mos_milli, 1500);
	CHECK_EQ(f.side[1].stream->mos_milli, 4400);
	CHECK_EQ(f.side[1].stream->jitter_us, 3000);
	top_put_stream(&r, late, "c", ES_STATE_COMPLETED); /* its own record has all of it */
	f = es_top_figures_of(&r.calls, es_top_calls_at(&r.calls, 0));
	CHECK_EQ(f.side[1].stream->key.ssrc, early.ssrc);
	CHECK_EQ(f.side[1].expected, 256 + 1000);
	CHECK_EQ(f.side[1].lost, 128 + 25);
	top_free(&r);
}

TEST(top_calls_beyond_their_room_replace_the_oldest_that_is_over)
{
	static char names[TOP_CALLS + 2][8];
	struct top_call c = up;
	struct top_rig r;

	top_new(&r);
	for (unsigned i = 0; i < TOP_CALLS + 2; i++) {
		bool is_over = i == 3;

		(void)snprintf(names[i], sizeof(names[i]), "%u", i);
		c.id = names[i];
		c.state = is_over ? ES_STATE_COMPLETED : ES_STATE_IN_PROGRESS;
		c.end_s = is_over ? 5 : 0;
		top_put_call(&r, &c);
	}
	CHECK_EQ(r.calls.calls.n_used, TOP_CALLS);
	CHECK_EQ(r.calls.n_over, 0);
	CHECK_EQ(r.calls.n_refused, 1);
	for (unsigned i = 0; i < 2 * TOP_CALLS + 1; i++)
		top_put_stream(&r, top_key(1, 2, (uint16_t)i), names[0], ES_STATE_IN_PROGRESS);
	CHECK_EQ(r.calls.n_streams_up, 2 * TOP_CALLS);
	CHECK_EQ(r.calls.n_refused, 2);
	top_free(&r);
}

TEST(top_ignores_what_belongs_to_no_stream_it_knows)
{
	struct top_rig r;

	top_new(&r);
	top_put_block(&r, top_key(1, 2, 4000), 0, 0, 0, 4000);
	top_put_stream(&r, top_key(1, 2, 4000), NULL, ES_STATE_COMPLETED);
	CHECK_STR(rows_of(&r), "");
	top_free(&r);
}
