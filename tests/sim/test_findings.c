/* SPDX-License-Identifier: Apache-2.0 */
/* Findings that need the call or the streams next to it: one-way, late start, another SSRC, a sender's stall. */
#include "tests/sim/parties.h"

/* Alice's (or Bob's) packets, n of 20 ms from ms on. */
static void
talk(struct world_rtp r, double ms, unsigned n)
{
	world_run_rtp(&w, &ms, &r, n);
}

static void
hang_up(double ms)
{
	request(ms, true, "BYE", 2, "tb", NULL);
	response(ms + 10, true, "200 OK", "BYE", 2, NULL);
	es_engine_advance(w.e, world_time(ms + 10000));
	world_flush(&w);
}

static uint32_t
findings_of(uint32_t ssrc)
{
	return world_stream(&w, ssrc, 0)->findings;
}

TEST(call_with_media_in_one_direction_is_one_way)
{
	set_up();
	talk(to_bob(), 1100, 500);
	CHECK_EQ(findings_of(0xa), 0); /* not before its end */
	hang_up(11200);
	CHECK_EQ(findings_of(0xa), ES_FINDING_ONE_WAY);
	world_done(&w);
}

TEST(call_with_media_both_ways_is_not_one_way)
{
	set_up();
	talk(to_bob(), 1100, 500);
	talk(to_alice(), 11080, 1); /* one packet is enough */
	hang_up(11200);
	CHECK_EQ(findings_of(0xa) & ES_FINDING_ONE_WAY, 0);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_ONE_WAY, 0);
	world_done(&w);
}

TEST(unanswered_call_is_not_one_way)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	talk(to_alice(), 200, 500); /* early media flows one way */
	request(11000, true, "CANCEL", 1, NULL, NULL);
	response(11010, true, "487 Request Terminated", "INVITE", 1, NULL);
	es_engine_advance(w.e, world_time(20000));
	CHECK_EQ(world_stream(&w, 0xb, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(findings_of(0xb), 0);
	world_done(&w);
}

TEST(call_on_hold_from_its_begin_is_not_one_way)
{
	begin();
	world_sdp(sdp_a, ALICE, A_PORT, "0", "a=sendonly\r\n");
	world_sdp(sdp_b, BOB, B_PORT, "0", "a=recvonly\r\n");
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	talk(to_bob(), 1100, 500);
	hang_up(11200);
	CHECK_EQ(findings_of(0xa), 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_LATE_START, 0);
	world_done(&w);
}

TEST(call_held_soon_after_the_answer_is_not_one_way)
{
	char hold[1024];

	set_up();
	request(
	    1500, true, "INVITE", 2, "tb", world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n"));
	response(1510, true, "200 OK", "INVITE", 2,
	    world_sdp(sdp_b, BOB, B_PORT, "0", "a=recvonly\r\n"));
	talk(to_bob(), 1100, 500);
	hang_up(11200);
	CHECK_EQ(findings_of(0xa), 0);
	world_done(&w);
}

TEST(call_with_an_address_of_zero_is_not_one_way)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1,
	    "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
	    "m=audio 5000 RTP/AVP 0\r\n");
	talk(to_alice(), 1100, 500);
	hang_up(11200);
	CHECK_EQ(findings_of(0xb), 0);
	world_done(&w);
}

TEST(one_leg_of_two_at_a_vantage_can_be_one_way)
{
	/* A relay of media at host 9 stands between: both its legs are seen, under one Call-ID. */
	struct world_rtp a = to_bob();
	struct world_rtp b = to_alice();
	char sdp[1024];

	set_up();
	request(1020, true, "INVITE", 2, "tb", world_sdp(sdp, 9, 1000, "0", NULL));
	response(1030, true, "200 OK", "INVITE", 2, world_sdp(sdp, 9, 2000, "0", NULL));
	a.to = 9;
	a.to_port = 2000;
	talk(a, 1100, 500);
	a.from = 9;
	a.from_port = 1000;
	a.to = BOB;
	a.to_port = B_PORT;
	talk(a, 1101, 500);
	b.to = 9;
	b.to_port = 1000;
	talk(b, 1100, 500); /* and is never passed on to Alice */
	hang_up(11200);
	CHECK_EQ(world_count(&w, ES_REC_CALL) > 0, 1);
	CHECK_EQ(findings_of(0xb), 0);
	for (size_t i = 0, found = 0; i < w.n_records; i++) {
		const struct es_record *r = &w.records[i]->is;

		if (r->type != ES_REC_STREAM || r->u.stream.state != ES_STATE_COMPLETED)
			continue;
		found += (r->u.stream.findings & ES_FINDING_ONE_WAY) != 0;
		CHECK_EQ((r->u.stream.findings & ES_FINDING_ONE_WAY) != 0,
		    r->u.stream.key.dst.port == 2000);
		CHECK(found <= 1);
	}
	world_done(&w);
}

TEST(stream_that_begins_long_after_the_answer_is_late)
{
	set_up();
	talk(to_alice(), 1020, 500);
	talk(to_bob(), 3500, 300);
	CHECK(findings_of(0xa) & ES_FINDING_LATE_START); /* reported at once */
	hang_up(11200);
	CHECK_EQ(findings_of(0xa), ES_FINDING_LATE_START);
	CHECK_EQ(world_stream(&w, 0xa, 0)->late_start_us, 2500000);
	CHECK_EQ(findings_of(0xb), 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->late_start_us, 20000);
	CHECK(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_LATE_START);
	world_done(&w);
}

TEST(early_media_does_not_make_the_other_side_late)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	talk(to_alice(), 200, 700);
	response(10000, true, "200 OK", "INVITE", 1, sdp_b);
	talk(to_bob(), 10100, 200);
	hang_up(15000);
	CHECK_EQ(findings_of(0xa), 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->late_start_us, 100000);
	CHECK_EQ(world_stream(&w, 0xb, 0)->late_start_us, 0);
	world_done(&w);
}

TEST(stream_without_signalling_is_late_after_the_other_direction)
{
	begin();
	talk(to_alice(), 0, 300);
	talk(to_bob(), 1500, 200);
	world_flush(&w);
	CHECK_EQ(findings_of(0xa), ES_FINDING_LATE_START);
	CHECK_EQ(world_stream(&w, 0xa, 0)->late_start_us, 1500000);
	CHECK_EQ(findings_of(0xb), 0);
	world_done(&w);
}

TEST(ssrc_that_takes_over_follows_the_one_before)
{
	struct world_rtp r = to_bob();

	set_up();
	talk(to_alice(), 1100, 500);
	talk(r, 1100, 200);
	r.ssrc = 0xc;
	r.seq = 40000;
	r.ts = 7;
	talk(r, 5100, 200);
	hang_up(11200);
	CHECK_EQ(findings_of(0xa), 0);
	CHECK_EQ(findings_of(0xc), ES_FINDING_SSRC_CHANGED);
	CHECK_EQ(world_stream(&w, 0xc, 0)->follows_ssrc, 0xa);
	CHECK(world_stream(&w, 0xc, 0)->has & ES_STREAM_HAS_FOLLOWS);
	CHECK_EQ(world_stream(&w, 0xc, 0)->lost, 0);
	world_done(&w);
}

TEST(ssrc_at_a_moved_address_of_the_call_follows_too)
{
	struct world_rtp r = to_bob();

	set_up();
	talk(to_alice(), 1100, 500);
	talk(r, 1100, 200);
	world_sdp(sdp_b, BOB, 7000, "0", NULL);
	request(5050, false, "INVITE", 2, "ta", sdp_b);
	response(5060, false, "200 OK", "INVITE", 2, sdp_a);
	r.ssrc = 0xc;
	r.to_port = 7000;
	talk(r, 5100, 200);
	hang_up(11200);
	CHECK_EQ(world_stream(&w, 0xc, 0)->follows_ssrc, 0xa);
	CHECK_EQ(findings_of(0xc), ES_FINDING_SSRC_CHANGED);
	world_done(&w);
}

TEST(ssrc_next_to_another_does_not_follow_it)
{
	struct world_rtp r = to_bob();

	set_up();
	talk(to_alice(), 1100, 500);
	r.ssrc = 0xc;
	for (unsigned i = 0; i < 200; i++) { /* from the hundredth on, two in turn */
		struct world_rtp a = to_bob();

		a.seq = (uint16_t)(a.seq + i);
		a.ts += 160 * i;
		talk(a, 1100 + 20 * i, 1);
		if (i >= 100)
			talk(r, 1105 + 20 * i, 1);
		r.seq++;
		r.ts += 160;
	}
	hang_up(11200);
	CHECK_EQ(findings_of(0xc), 0);
	CHECK_EQ(world_stream(&w, 0xc, 0)->has & ES_STREAM_HAS_FOLLOWS, 0);
	world_done(&w);
}

TEST(ssrc_of_the_next_call_on_the_same_ports_follows_nobody)
{
	struct world_rtp r = to_bob();

	set_up();
	talk(r, 1100, 100);
	talk(to_alice(), 1100, 100);
	request(3200, true, "BYE", 2, "tb", NULL);
	response(3210, true, "200 OK", "BYE", 2, NULL);
	for (unsigned i = 0; i < 2; i++) {
		struct world_sip m = { .start = i == 0 ? "INVITE sip:x@example SIP/2.0"
						       : "SIP/2.0 200 OK",
			.call_id = "c2",
			.from_tag = "t2",
			.to_tag = i == 0 ? NULL : "t3",
			.cseq = 1,
			.method = "INVITE",
			.sdp = i == 0 ? sdp_a : sdp_b };

		world_send_sip(&w, 4000 + 10 * i, world_addr(i == 0 ? ALICE : BOB, 5060),
		    world_addr(i == 0 ? BOB : ALICE, 5060), &m);
	}
	r.ssrc = 0xd;
	talk(r, 4100, 100);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xd, 0)->call_id, "c2");
	CHECK_EQ(findings_of(0xd) & ES_FINDING_SSRC_CHANGED, 0);
	CHECK_EQ(world_stream(&w, 0xd, 0)->late_start_us, 90000);
	world_done(&w);
}

static const struct es_addr alices_machine = { .family = 4, .ip = { 10, 0, 0, ALICE } };

/* A world on Alice's machine. */
static void
begin_at_alice(void)
{
	begin();
	w.cfg.local = &alices_machine;
	w.cfg.n_local = 1;
	world_restart(&w);
}

TEST(sender_that_stalls_is_starved)
{
	struct world_rtp r = to_bob();
	const struct es_stream *s;
	double ms = 0;

	begin_at_alice();
	world_run_rtp(&w, &ms, &r, 100);
	ms += 300; /* the machine stood still, and what was due comes in one go */
	for (unsigned i = 0; i < 16; i++) {
		world_run_rtp(&w, &ms, &r, 1);
		ms -= 19;
	}
	ms = 100 * 20 + 16 * 20;
	world_run_rtp(&w, &ms, &r, 300);
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK_EQ(s->seen, ES_SEEN_EGRESS);
	CHECK_EQ(s->findings, ES_FINDING_STARVED);
	CHECK(s->has & ES_STREAM_HAS_SENDER);
	CHECK_EQ(s->starvations, 1);
	CHECK_EQ(s->starved_us, 300000);
	CHECK(s->send_irregularity_us < 256);
	world_done(&w);
}

TEST(sender_that_stalls_for_seconds_is_starved)
{
	struct world_rtp r = to_bob();
	double ms = 0;

	begin_at_alice();
	world_run_rtp(&w, &ms, &r, 100);
	ms += 2000;
	world_run_rtp(&w, &ms, &r, 100);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->starvations, 1);
	CHECK_EQ(world_stream(&w, 0xa, 0)->starved_us, 2000000);
	world_done(&w);
}

TEST(pauses_of_a_sender_are_no_starvation)
{
	struct world_rtp r = to_bob();
	const struct es_stream *s;
	double ms = 0;

	begin_at_alice();
	for (unsigned i = 0; i < 10; i++) {
		world_run_rtp(&w, &ms, &r, 50);
		ms += 700;
		r.ts += 160 * 35;
		r.marker = true;
		world_run_rtp(&w, &ms, &r, 1);
		r.marker = false;
	}
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK_EQ(s->starvations, 0);
	CHECK_EQ(s->findings, 0);
	CHECK_EQ(s->silences, 10);
	world_done(&w);
}

TEST(sender_a_little_late_is_uneven_and_not_starved)
{
	struct world_rtp r = to_bob();
	const struct es_stream *s;
	double ms = 0;

	begin_at_alice();
	for (unsigned i = 0; i < 300; i++) { /* every second packet 10 ms late */
		world_run_rtp(&w, &ms, &r, 1);
		ms += i % 2 == 0 ? 10 : -10;
	}
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK_EQ(s->starvations, 0);
	CHECK_NEAR(s->send_irregularity_us, 10000, 2300); /* a bin is 8.2 to 12.3 ms */
	world_done(&w);
}

TEST(stream_in_transit_says_nothing_of_its_sender)
{
	struct world_rtp r = to_bob();
	double ms = 0;

	begin();
	world_run_rtp(&w, &ms, &r, 100);
	ms += 300;
	world_run_rtp(&w, &ms, &r, 100);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_SENDER, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings, 0);
	world_done(&w);
}

TEST(direction_that_stops_while_the_other_continues_is_found)
{
	set_up();
	talk(to_bob(), 1100, 1000);
	talk(to_alice(), 1100, 300);
	hang_up(21200);
	CHECK_EQ(findings_of(0xb), ES_FINDING_STOPPED);
	CHECK_EQ(findings_of(0xa), 0);
	world_done(&w);
}

TEST(direction_that_stops_for_a_hold_has_not_stopped)
{
	char hold[1024];

	set_up();
	talk(to_alice(), 1100, 300);
	request(
	    7200, true, "INVITE", 2, "tb", world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n"));
	response(7210, true, "200 OK", "INVITE", 2,
	    world_sdp(sdp_b, BOB, B_PORT, "0", "a=recvonly\r\n"));
	talk(to_bob(), 7300, 690);
	hang_up(21200);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

/* An announcement, 20 s of silence, the announcement again with the numbers it had. */
TEST(direction_whose_sender_begins_again_has_not_stopped)
{
	set_up();
	talk(to_bob(), 1100, 1800);
	talk(to_alice(), 1100, 300);
	talk(to_alice(), 27100, 300);
	hang_up(37200);
	CHECK_EQ(findings_of(0xb), 0);
	CHECK(world_stream(&w, 0xb, 1) != NULL);
	CHECK_EQ(world_stream(&w, 0xb, 1)->findings, 0);
	world_done(&w);
}

TEST(direction_that_continues_under_another_ssrc_has_not_stopped)
{
	struct world_rtp other = to_alice();

	set_up();
	other.ssrc = 0xc;
	talk(to_bob(), 1100, 1000);
	talk(to_alice(), 1100, 300);
	talk(other, 7200, 600);
	hang_up(21200);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	CHECK_EQ(findings_of(0xc) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

TEST(directions_that_stop_together_have_not_stopped)
{
	set_up();
	talk(to_bob(), 1100, 300);
	talk(to_alice(), 1100, 300);
	hang_up(21200);
	CHECK_EQ(findings_of(0xa) & ES_FINDING_STOPPED, 0);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

/* Alice holds from 7.2 s to 12.2 s of a call in which Bob's media end with the hold. */
static void
hold_and_resume(unsigned talks)
{
	struct world_rtp r = to_bob();
	char hold[1024];
	double ms = 7300;

	set_up();
	talk(to_alice(), 1100, 300);
	request(
	    7200, true, "INVITE", 2, "tb", world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n"));
	response(7210, true, "200 OK", "INVITE", 2,
	    world_sdp(sdp_b, BOB, B_PORT, "0", "a=recvonly\r\n"));
	world_run_rtp(&w, &ms, &r, 240);
	request(12200, true, "INVITE", 3, "tb", sdp_a);
	response(12210, true, "200 OK", "INVITE", 3, world_sdp(sdp_b, BOB, B_PORT, "0", NULL));
	ms = 12300;
	world_run_rtp(&w, &ms, &r, talks);
}

TEST(direction_that_never_comes_back_after_a_hold_has_stopped)
{
	hold_and_resume(1000);
	hang_up(33400);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, ES_FINDING_STOPPED);
	world_done(&w);
}

TEST(direction_that_comes_back_after_a_hold_has_not_stopped)
{
	struct world_rtp r = to_alice();

	hold_and_resume(1000);
	r.seq = (uint16_t)(r.seq + 300);
	r.ts += 160 * 555;
	talk(r, 12300, 1000);
	hang_up(33400);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

TEST(direction_that_never_comes_back_in_the_last_seconds_has_not_stopped)
{
	hold_and_resume(200);
	hang_up(17000);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

TEST(direction_that_begins_again_after_a_silence_has_not_stopped)
{
	struct world_rtp r = to_alice();

	set_up();
	talk(to_bob(), 1100, 2000);
	talk(r, 1100, 300);
	r.seq = 30000; /* another file, played 20 s later */
	r.ts = 99;
	talk(r, 27100, 600);
	hang_up(41200);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	CHECK_EQ(world_stream(&w, 0xb, 1)->findings & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

/* The capture ends within the call; Alice's stream, which began first, has its last word first. */
TEST(direction_that_stopped_before_the_capture_ended_is_found)
{
	set_up();
	talk(to_bob(), 1100, 1000);
	talk(to_alice(), 1110, 300);
	world_flush(&w);
	CHECK_EQ(findings_of(0xa), 0);
	CHECK_EQ(findings_of(0xb), ES_FINDING_STOPPED);
	world_done(&w);
}

/* As above, and a second stream of Bob's began before and went on. */
TEST(direction_that_continues_until_the_capture_ends_has_not_stopped)
{
	struct world_rtp other = to_alice();

	set_up();
	other.ssrc = 0xc;
	talk(other, 1100, 1000);
	talk(to_bob(), 1105, 1000);
	talk(to_alice(), 1110, 300);
	world_flush(&w);
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

/* The answer to the hold was missed; its ACK says that there was one, and whether it was a 2xx. */
static void
hold_without_answer(const char *ack_branch)
{
	struct world_sip ack = {
		.method = "ACK", .cseq = 2, .from_tag = "ta", .to_tag = "tb", .branch = ack_branch
	};
	char hold[1024];

	set_up();
	talk(to_alice(), 1100, 300);
	request(
	    7200, true, "INVITE", 2, "tb", world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n"));
	send_sip(7300, ALICE, BOB, ack);
	talk(to_bob(), 7400, 690);
	hang_up(21200);
}

TEST(hold_whose_answer_was_missed_is_no_stop)
{
	hold_without_answer("z9hG4bKown");
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, 0);
	world_done(&w);
}

TEST(hold_that_was_refused_unseen_excuses_no_stop)
{
	hold_without_answer("z9hG4bK2INVITE");
	CHECK_EQ(findings_of(0xb) & ES_FINDING_STOPPED, ES_FINDING_STOPPED);
	world_done(&w);
}
