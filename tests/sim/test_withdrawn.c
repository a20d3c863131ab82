/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SBC that asks the phones by re-INVITE to send to each other, and to itself again, as its own capture counts
 * it: what SDP sent elsewhere is no loss, what went missing next to that is.
 */
#include "tests/sim/vantages.h"

enum { AT_SBC = 1 };

/* All streams that the capture at the SBC has, with what each of them lost, or so many more. */
static void
streams_lost_about(uint64_t forward, uint64_t reverse, uint64_t more)
{
	const struct world *w = &v_world[AT_SBC];
	unsigned n = world_count(w, ES_REC_STREAM), found = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct es_stream *s = &world_nth(w, ES_REC_STREAM, i)->u.stream;
		bool is_forward = (s->key.ssrc & 0xf) == 0xa;

		if (s->state == ES_STATE_IN_PROGRESS)
			continue;
		found++;
		CHECK_EQ(s->key.restart, 0);
		CHECK(s->lost >= (is_forward ? forward : reverse));
		CHECK(s->lost <= (is_forward ? forward : reverse) + more);
		CHECK_EQ(s->expected, s->packets + s->lost);
		CHECK_EQ(s->stale + s->duplicates, 0);
		if (s->lost == 0)
			CHECK(s->mos_lq_milli > 4000);
	}
	CHECK_EQ(found, 4);
	v_done();
}

static void
streams_lost(uint64_t forward, uint64_t reverse)
{
	streams_lost_about(forward, reverse, 0);
}

TEST(withdrawn_address_that_comes_back_lost_nothing)
{
	static const char *const phases[] = { "rdr", "rdrdr", "drdrd" };

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			for (unsigned one = 0; one < 2; one++) {
				v_run(&(struct v_call){ .phases = phases[i],
				    .ssrc = (enum v_ssrc)kind,
				    .has_reinvite = true,
				    .is_one_call = one != 0 });
				streams_lost(0, 0);
			}
		}
	}
}

TEST(withdrawn_on_one_leg_alone_is_no_loss_behind_the_relay)
{
	v_run(&(struct v_call){ .phases = "rfrfr", .has_reinvite = true });
	streams_lost(0, 0);
}

TEST(withdrawn_for_a_hold_is_no_loss)
{
	v_run(&(struct v_call){ .phases = "rhr", .has_reinvite = true });
	streams_lost(0, 0);
}

/* The phones are back, and the network is not. SDP was there two packets before the media. */
TEST(withdrawn_address_leaves_what_is_lost_behind_it)
{
	v_run(&(struct v_call){ .phases = "rdxr", .n = { 500, 500, 250 }, .has_reinvite = true });
	streams_lost_about(250, 250, 2);
}

TEST(withdrawn_address_leaves_what_is_lost_before_it)
{
	v_run(&(struct v_call){ .phases = "rxdr", .n = { 500, 250 }, .has_reinvite = true });
	streams_lost_about(248, 248, 2);
}

TEST(withdrawn_address_leaves_every_other_outage)
{
	v_run(&(struct v_call){ .phases = "rdrxr", .has_reinvite = true });
	streams_lost(500, 500);
	v_run(&(struct v_call){ .phases = "rxrdr", .has_reinvite = true });
	streams_lost(500, 500);
	v_run(&(struct v_call){ .phases = "rhryr", .has_reinvite = true });
	streams_lost(500, 0);
}

/* A session refresh names the same address again: nothing was withdrawn. */
TEST(withdrawn_is_nothing_by_a_refresh)
{
	for (unsigned one = 0; one < 2; one++) {
		v_run(&(struct v_call){
		    .phases = "rxr", .is_refreshed = true, .is_one_call = one != 0 });
		streams_lost(500, 500);
		v_run(&(struct v_call){
		    .phases = "ryryr", .is_refreshed = true, .is_one_call = one != 0 });
		streams_lost(1000, 0);
	}
}

/* Without a re-INVITE the stream misses what it misses; what that means, the correlation asks. */
TEST(withdrawn_is_nothing_that_no_sdp_said)
{
	v_run(&(struct v_call){ .phases = "rdr" });
	streams_lost(500, 500);
}

TEST(withdrawn_address_that_media_come_to_all_the_same_hides_no_loss)
{
	v_run(&(struct v_call){ .phases = "riwr", .n = { 500, 500, 250 }, .has_reinvite = true });
	streams_lost(250, 250);
}
