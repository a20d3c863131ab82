/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two legs of a B2BUA (9) that relays media with an SSRC of its own, lets the phones send to each other, and
 * relays again.
 */
#include "tests/sim/two_legs.h"

/* The relay keeps the gaps of the phones' numbers. */
TEST(replacement_by_media_of_both_legs_is_no_loss)
{
	static const bool is_direct[] = { false, true, false };
	char relay_a[1024], relay_b[1024];

	begin();
	world_sdp(relay_a, B2BUA, 10000, "0 101", "");
	world_sdp(relay_b, B2BUA, 10002, "0 101", "");
	a = to_bob();
	b = to_alice();
	now_ms = 0;
	for (unsigned i = 0; i < 3; i++) {
		const char *start =
		    i == 0 ? "INVITE sip:x@example SIP/2.0" : "INVITE sip:y@example SIP/2.0";

		say(now_ms, "leg-a", ALICE, B2BUA, true, start, "INVITE", i + 1, sdp_a);
		say(now_ms + 1, "leg-b", B2BUA, BOB, true, start, "INVITE", i + 1,
		    is_direct[i] ? sdp_a : relay_b);
		say(now_ms + 2, "leg-b", BOB, B2BUA, false, "SIP/2.0 200 OK", "INVITE", i + 1,
		    sdp_b);
		say(now_ms + 3, "leg-a", B2BUA, ALICE, false, "SIP/2.0 200 OK", "INVITE", i + 1,
		    is_direct[i] ? sdp_b : relay_a);
		for (unsigned n = 0; n < 300; n++) {
			struct world_rtp out[2] = { a, b };

			out[0].from = out[1].from = B2BUA;
			out[0].from_port = 10002;
			out[1].from_port = 10000;
			for (unsigned k = 0; k < 2 && !is_direct[i]; k++) {
				out[k].ssrc += 0x100;
				world_send_rtp(&w, now_ms + 7 + k, &out[k]);
			}
			if (is_direct[i])
				talk(1);
			else
				talk_elsewhere();
		}
	}
	world_flush(&w);
	for (unsigned k = 0; k < 2; k++) {
		const struct es_stream *s = world_stream(&w, 0x10a + k, 0);

		CHECK_SLICE(s->call_id, k == 0 ? "leg-b" : "leg-a");
		CHECK_EQ(s->n_other_call_ids, 0);
		CHECK_EQ(s->packets, 600);
		CHECK_EQ(s->lost, 0);
		CHECK_EQ(world_stream(&w, 0xa + k, 0)->n_other_call_ids, 1);
	}
	world_done(&w);
}
