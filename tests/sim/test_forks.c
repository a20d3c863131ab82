/* SPDX-License-Identifier: Apache-2.0 */
/* One INVITE, several targets, several hops, and strangers who know the Call-ID. */
#include "tests/sim/parties.h"

enum { CAROL = 3, PROXY = 9 };

/* The response of a target, on the way back to who sent the INVITE with this branch. */
static void
answer(double ms, uint8_t from, uint8_t to, const char *status, const char *to_tag,
    const char *branch, const char *sdp)
{
	char start[64];

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	send_sip(ms, from, to,
	    (struct world_sip){ .start = start,
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "ta",
		.to_tag = to_tag,
		.branch = branch,
		.sdp = sdp });
}

static void
invite(double ms, uint8_t from, uint8_t to, const char *branch)
{
	send_sip(ms, from, to,
	    (struct world_sip){
		.method = "INVITE", .cseq = 1, .from_tag = "ta", .branch = branch, .sdp = sdp_a });
}

static void
bye(double ms, const char *from_tag, const char *to_tag)
{
	send_sip(ms, ALICE, BOB,
	    (struct world_sip){
		.method = "BYE", .cseq = 2, .from_tag = from_tag, .to_tag = to_tag });
}

TEST(fork_rings_at_two_targets_and_one_answers)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	answer(100, BOB, ALICE, "180 Ringing", "tb", NULL, NULL);
	answer(200, BOB, ALICE, "180 Ringing", "tc", NULL, NULL);
	answer(900, BOB, ALICE, "200 OK", "tc", NULL, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->branches, 2);
	CHECK_EQ(world_call(&w, "c1")->ring_us, 800000);
	bye(5900, "ta", "tc");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->duration_us, 5000000);
	world_done(&w);
}

TEST(second_answer_of_a_fork_is_ended_without_ending_the_call)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	answer(1000, BOB, ALICE, "200 OK", "tb", NULL, sdp_b);
	answer(1100, BOB, ALICE, "200 OK", "tc", NULL, sdp_b);
	bye(1200, "ta", "tc");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1000000);
	CHECK_EQ(world_call(&w, "c1")->branches, 2);
	bye(9000, "ta", "tb");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->duration_us, 8000000);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_ANSWERED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_COMPLETED), 1);
	world_done(&w);
}

/* The capture sees the proxy's far side only: two targets, and nobody upstream of them. */
TEST(fork_fails_when_all_targets_have_failed)
{
	begin();
	invite(0, PROXY, BOB, "b1");
	invite(1, PROXY, CAROL, "b2");
	answer(100, BOB, PROXY, "486 Busy Here", "tb", "b1", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	answer(200, CAROL, PROXY, "603 Decline", "tc", "b2", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 603);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

TEST(fork_is_answered_by_one_while_the_other_is_busy)
{
	begin();
	invite(0, PROXY, BOB, "b1");
	invite(1, PROXY, CAROL, "b2");
	answer(100, BOB, PROXY, "486 Busy Here", "tb", "b1", NULL);
	answer(900, CAROL, PROXY, "200 OK", "tc", "b2", sdp_b);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_call(&w, "c1")->branches, 2);
	world_done(&w);
}

TEST(losers_of_a_fork_do_not_end_the_answered_call)
{
	begin();
	invite(0, PROXY, BOB, "b1");
	invite(1, PROXY, CAROL, "b2");
	answer(900, CAROL, PROXY, "200 OK", "tc", "b2", sdp_b);
	send_sip(901, PROXY, BOB,
	    (struct world_sip){ .method = "CANCEL",
		.cseq = 1,
		.from_tag = "ta",
		.branch = "b1",
		.extra = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n" });
	answer(903, BOB, PROXY, "487 Request Terminated", "tb", "b1", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_CAUSE, 0);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	world_done(&w);
}

/* The capture stands at the proxy: what a target says is the proxy's to pass on. */
TEST(failure_downstream_of_a_proxy_is_the_proxys_to_report)
{
	begin();
	invite(0, ALICE, PROXY, "b0");
	invite(1, PROXY, BOB, "b1");
	answer(100, BOB, PROXY, "486 Busy Here", "tb", "b1", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	invite(101, PROXY, CAROL, "b2");
	answer(500, CAROL, PROXY, "180 Ringing", "tc", "b2", NULL);
	answer(501, PROXY, ALICE, "180 Ringing", "tc", "b0", NULL);
	answer(900, CAROL, PROXY, "200 OK", "tc", "b2", sdp_b);
	answer(901, PROXY, ALICE, "200 OK", "tc", "b0", sdp_b);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

TEST(next_target_of_a_serial_fork_continues)
{
	begin();
	invite(0, PROXY, BOB, "b1");
	answer(100, BOB, PROXY, "480 Temporarily Unavailable", "tb", "b1", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	invite(200, PROXY, CAROL, "b2");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	answer(700, CAROL, PROXY, "180 Ringing", "tc", "b2", NULL);
	answer(1200, CAROL, PROXY, "200 OK", "tc", "b2", sdp_b);
	CHECK_EQ(world_call(&w, "c1")->request_delay_us, 700000);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1200000);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	world_done(&w);
}

TEST(bye_of_a_stranger_does_not_end_the_call)
{
	set_up();
	bye(2000, "zz", "tb");
	bye(2100, "ta", "zz");
	bye(2200, "zz", "ta");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 3);
	bye(3000, "ta", "tb");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	world_done(&w);
}

TEST(failure_of_a_stranger_does_not_end_the_attempt)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	answer(50, BOB, ALICE, "486 Busy Here", "tb", "not-that-branch", NULL);
	send_sip(60, BOB, ALICE,
	    (struct world_sip){ .start = "SIP/2.0 603 Decline",
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "zz",
		.to_tag = "tb" });
	send_sip(
	    70, CAROL, BOB, (struct world_sip){ .method = "CANCEL", .cseq = 1, .from_tag = "zz" });
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(241000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_UNKNOWN);
	world_done(&w);
}

/* A B2BUA that keeps the Call-ID and changes the tags: its far side's media is the call's. */
TEST(far_side_of_a_b2bua_with_the_same_call_id_belongs_to_the_call)
{
	struct world_rtp r = { .from = PROXY,
		.to = BOB,
		.from_port = 7000,
		.to_port = B_PORT,
		.ssrc = 0xf,
		.seq = 5,
		.ts = 5 };
	double ms = 1300;
	char far[1024];

	world_sdp(far, PROXY, 7000, "0", NULL);
	begin();
	invite(0, ALICE, PROXY, NULL);
	send_sip(10, PROXY, BOB,
	    (struct world_sip){
		.method = "INVITE", .cseq = 7, .from_tag = "tp", .branch = "bp", .sdp = far });
	send_sip(900, BOB, PROXY,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.method = "INVITE",
		.cseq = 7,
		.from_tag = "tp",
		.to_tag = "tb2",
		.branch = "bp",
		.sdp = sdp_b });
	answer(1000, PROXY, ALICE, "200 OK", "tb", NULL, sdp_b);
	world_run_rtp(&w, &ms, &r, 20);
	CHECK_SLICE(world_stream(&w, 0xf, 0)->call_id, "c1");
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1000000);
	send_sip(5000, BOB, PROXY,
	    (struct world_sip){
		.method = "BYE", .cseq = 1, .from_tag = "tb2", .to_tag = "tp", .branch = "bq" });
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	send_sip(5001, PROXY, ALICE,
	    (struct world_sip){ .method = "BYE", .cseq = 1, .from_tag = "tb", .to_tag = "ta" });
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLEE);
	world_done(&w);
}

/* Only what the caller sends is captured. */
TEST(one_way_capture_knows_from_the_ack_that_the_call_was_answered)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	send_sip(1010, ALICE, BOB,
	    (struct world_sip){ .method = "ACK",
		.cseq = 1,
		.from_tag = "ta",
		.to_tag = "tb",
		.branch = "of-its-own" });
	CHECK_EQ(world_call(&w, "c1")->has & (ES_CALL_HAS_SETUP | ES_CALL_HAS_STATUS), 0);
	bye(9000, "ta", "tb");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_DURATION, 0);
	world_done(&w);
}

static void
answer_of(double ms, unsigned branch, const char *status, const char *sdp)
{
	char tag[16];

	snprintf(tag, sizeof(tag), "t%u", branch);
	answer(ms, BOB, ALICE, status, tag, NULL, sdp);
}

/* Eight dialogs of a call are remembered. */
TEST(fork_with_more_branches_than_fit_is_ended_by_any_of_them)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	for (unsigned i = 0; i < 9; i++)
		answer_of(100 + i, i, "180 Ringing", NULL);
	answer_of(1000, 8, "200 OK", sdp_b);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1000000);
	bye(6000, "ta", "t8");
	CHECK_EQ(world_call(&w, "c1")->branches, 8);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->duration_us, 5000000);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 0);
	world_done(&w);
}

TEST(fork_of_eight_branches_still_knows_strangers)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	for (unsigned i = 0; i < 8; i++)
		answer_of(100 + i, i, "180 Ringing", NULL);
	answer_of(1000, 7, "200 OK", sdp_b);
	bye(2000, "ta", "t8");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 1);
	bye(6000, "ta", "t7");
	CHECK_EQ(world_call(&w, "c1")->branches, 8);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	world_done(&w);
}

static void
invite_targets(unsigned n)
{
	char branch[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(branch, sizeof(branch), "b%u", i);
		invite(i, PROXY, (uint8_t)(20 + i), branch);
	}
}

/* A fork to eight targets waits for all of them, in whatever order they fail. */
TEST(fork_to_eight_targets_waits_for_the_last)
{
	char branch[16];

	begin();
	invite_targets(8);
	for (unsigned i = 8; i-- > 0;) {
		CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
		snprintf(branch, sizeof(branch), "b%u", i);
		answer(100 + 10 * (8 - i), (uint8_t)(20 + i), PROXY, "486 Busy Here", branch,
		    branch, NULL);
	}
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 486);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 0);
	world_done(&w);
}

TEST(failure_of_a_ninth_target_is_no_strangers)
{
	begin();
	invite_targets(9);
	answer(100, 28, PROXY, "486 Busy Here", "t", "b8", NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 0);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
}

/* RFC 3261 section 16.7: 6xx, then a request terminated, then the lowest class. */
static uint32_t
best_of(const char *first, const char *second)
{
	uint32_t status;

	begin();
	invite(0, PROXY, BOB, "b1");
	invite(1, PROXY, CAROL, "b2");
	answer(100, BOB, PROXY, first, "tb", "b1", NULL);
	answer(200, CAROL, PROXY, second, "tc", "b2", NULL);
	status = world_call(&w, "c1")->final_status;
	world_done(&w);
	return status;
}

TEST(status_of_a_fork_is_the_best_of_its_targets)
{
	CHECK_EQ(best_of("404 Not Found", "302 Moved Temporarily"), 302);
	CHECK_EQ(best_of("302 Moved Temporarily", "404 Not Found"), 302);
	CHECK_EQ(best_of("503 Service Unavailable", "486 Busy Here"), 486);
	CHECK_EQ(best_of("486 Busy Here", "600 Busy Everywhere"), 600);
	CHECK_EQ(best_of("600 Busy Everywhere", "302 Moved Temporarily"), 600);
	CHECK_EQ(best_of("487 Request Terminated", "302 Moved Temporarily"), 487);
	CHECK_EQ(best_of("480 Temporarily Unavailable", "404 Not Found"), 480);
}

/* What the proxy says counts, also where the target it sent the INVITE on to said something better. */
TEST(status_downstream_of_a_proxy_is_not_the_calls)
{
	begin();
	invite(0, ALICE, PROXY, "b0");
	invite(1, PROXY, BOB, "b1");
	answer(100, BOB, PROXY, "603 Decline", "tb", "b1", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	answer(200, PROXY, ALICE, "480 Temporarily Unavailable", "tb", "b0", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 480);
	world_done(&w);
}

/* A proxy that gives up one target of its fork does not give up the call. */
TEST(cancel_downstream_of_a_proxy_does_not_cancel_the_call)
{
	begin();
	invite(0, ALICE, PROXY, "b0");
	invite(1, PROXY, BOB, "b1");
	invite(2, PROXY, CAROL, "b2");
	send_sip(100, PROXY, BOB,
	    (struct world_sip){ .method = "CANCEL", .cseq = 1, .from_tag = "ta", .branch = "b1" });
	es_engine_advance(w.e, world_time(241000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_UNKNOWN);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_UNKNOWN);
	world_done(&w);
}
