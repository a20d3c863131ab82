/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a leg of a call, and what does not. */
#include "tests/unit/hearsay.h"

/* The SBC hands SIP of its access side to a monitor beyond the gateway: it passes core and gw as HEP. */
TEST(correlate_call_handed_on_in_hep_is_no_leg)
{
	struct call4 *s = call4_new(1200);
	struct heard *h;

	call4_signal(s);
	call4_media(s);
	for (int i = 2; i < 4; i++) {
		struct es_record r;

		memset(&r, 0, sizeof(r));
		r.type = ES_REC_CALL;
		r.u.call.call_id = es_slice_str(s->fwd[0].call_id);
		r.u.call.state = ES_STATE_COMPLETED;
		r.u.call.transport = ES_TRANSPORT_HEP;
		r.u.call.start = hear_time(0);
		CHECK_EQ(es_correlate_add(s->c, s->vantage[i], &r), 0);
	}
	h = hear_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_EQ(h->calls[0].directions[0].n_segments, 3);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}
