/* SPDX-License-Identifier: Apache-2.0 */
/* A point that saw one direction of a call, and whose budget left out the other one. */
#include "tests/unit/made_records.h"

/* The call's record at a point once more, with what was left out of it. */
static void
add_shed(struct call4 *s, int point)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.coverage.flags = ES_COV_SHED_RTP;
	r.u.call.call_id = es_slice_str(s->fwd[point].call_id);
	r.u.call.state = ES_STATE_COMPLETED;
	r.u.call.has = ES_CALL_HAS_STATUS;
	r.u.call.final_status = 200;
	r.u.call.start = made_time(s->fwd[point].at_ms - 500);
	r.u.call.caller_media = &s->fwd[point].src;
	r.u.call.callee_media = &s->fwd[point].dst;
	r.u.call.n_caller_media = r.u.call.n_callee_media = 1;
	CHECK_EQ(es_correlate_add(s->c, s->vantage[point], &r), 0);
}

/* A call of which the last point heard no signalling, and by ports of their own only one of its two directions. */
TEST(shed_direction_without_signalling_is_no_loss)
{
	for (unsigned is_shed = 0; is_shed < 2; is_shed++) {
		struct call4 *s = call4_new(1000);
		const struct made_solved *h;
		const struct es_segment *last;

		s->rev[3].call_id = "";
		s->rev[3].coverage = is_shed == 1 ? ES_COV_SHED_RTP : 0;
		for (int i = 0; i < 4; i++) {
			if (i < 3) {
				made_call_add(s->c, s->vantage[i], s->fwd[i].call_id,
				    i < 2 ? 70 : 69, s->fwd[i].at_ms - 500, s->fwd[i].src,
				    s->fwd[i].dst);
				made_stream_add(&s->fwd[i]);
			}
			made_stream_add(&s->rev[i]);
		}
		h = made_solve(s->c);
		CHECK_EQ(h->n, 1);
		CHECK_EQ(h->calls[0].directions[0].n_segments, 3);
		last = &h->calls[0].directions[0].segments[2];
		CHECK_EQ(last->lost, is_shed == 0 ? 1000 : 0);
		CHECK_EQ(h->calls[0].verdict.state,
		    is_shed == 0 ? ES_VERDICT_DEGRADED : ES_VERDICT_UNKNOWN);
		es_correlate_free(s->c);
	}
}

/* Without that word of its record the last point, which sees the way back, would have lost all of it. */
TEST(shed_direction_is_no_loss_at_the_point_that_left_it_out)
{
	for (unsigned is_shed = 0; is_shed < 2; is_shed++) {
		struct call4 *s = call4_new(1000);
		const struct made_solved *h;
		const struct es_segment *last;

		call4_signal(s);
		if (is_shed == 1)
			add_shed(s, 3);
		for (int i = 0; i < 4; i++) {
			if (i < 3)
				made_stream_add(&s->fwd[i]);
			made_stream_add(&s->rev[i]);
		}
		h = made_solve(s->c);
		CHECK_EQ(h->n, 1);
		CHECK_EQ(h->calls[0].directions[0].n_segments, 3);
		last = &h->calls[0].directions[0].segments[2];
		CHECK_EQ((last->has & ES_SEGMENT_HAS_LOST) != 0, is_shed == 0);
		CHECK_EQ(last->lost, is_shed == 0 ? 1000 : 0);
		CHECK_EQ(h->calls[0].verdict.state,
		    is_shed == 0 ? ES_VERDICT_DEGRADED : ES_VERDICT_UNKNOWN);
		es_correlate_free(s->c);
	}
}
