/* SPDX-License-Identifier: Apache-2.0 */
/* What a budget leaves out: in which order, whole or not at all, counted, and never a loss in what is kept. */
#include "tests/sim/rtcp.h"

#include <stdlib.h>
#include <string.h>

enum {
	STREAMS = 64,
	HALF_PPM = 500000,
	ALL_PPM = 1000000,
};

static struct world w;

static void
start(void)
{
	world_init(&w);
	w.cfg.may_shed = true;
	world_start(&w);
}

/* Stream i of a pair of addresses of its own, in one of its two directions. */
static struct world_rtp
stream(unsigned i, bool is_back)
{
	uint16_t port = (uint16_t)(10000 + 2 * i), other = (uint16_t)(20000 + 2 * i);

	return (struct world_rtp){ .from = is_back ? 2 : 1,
		.to = is_back ? 1 : 2,
		.from_port = is_back ? other : port,
		.to_port = is_back ? port : other,
		.ssrc = 0x100u * (i + 1) + is_back,
		.seq = 10,
		.ts = 1000 };
}

/* Both directions of streams [from, to): n packets of each, the whole lot every 20 ms. */
static void
run(struct world_rtp all[STREAMS][2], unsigned from, unsigned to, double *ms, unsigned n)
{
	for (unsigned k = 0; k < n; k++, *ms += 20)
		for (unsigned i = from; i < to; i++)
			for (unsigned back = 0; back < 2; back++) {
				double at = *ms + 0.1 * (STREAMS - i);

				world_run_rtp(&w, &at, &all[i][back], 1);
			}
}

static void
make(struct world_rtp all[STREAMS][2])
{
	for (unsigned i = 0; i < STREAMS; i++)
		for (unsigned back = 0; back < 2; back++)
			all[i][back] = stream(i, back == 1);
}

static bool
is_measured(unsigned i, bool is_back)
{
	return world_stream(&w, 0x100u * (i + 1) + is_back, 0) != NULL;
}

/* Packets that stream records have. */
static uint64_t
measured_packets(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < STREAMS; i++)
		for (unsigned back = 0; back < 2; back++)
			if (is_measured(i, back == 1))
				n += world_stream(&w, 0x100u * (i + 1) + back, 0)->packets;
	return n;
}

TEST(shed_streams_are_whole_and_counted)
{
	struct world_rtp all[STREAMS][2];
	unsigned kept = 0;
	double ms = 0;

	make(all);
	start();
	es_engine_shed(w.e, ES_SHED_RTP, HALF_PPM);
	run(all, 0, STREAMS, &ms, 30);
	es_engine_shed(w.e, ES_SHED_NOTHING, 0);
	run(all, 0, STREAMS, &ms, 30);
	world_flush(&w);
	for (unsigned i = 0; i < STREAMS; i++) {
		CHECK_EQ(is_measured(i, false), is_measured(i, true));
		if (!is_measured(i, false))
			continue;
		kept++;
		CHECK_EQ(world_stream(&w, 0x100u * (i + 1), 0)->packets, 60);
		CHECK_EQ(world_stream_record(&w, 0x100u * (i + 1), 0)->coverage.flags, 0);
	}
	CHECK(kept > STREAMS / 4 && kept < STREAMS * 3 / 4);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS_SHED), 2 * (STREAMS - kept));
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED), 2 * 60 * (STREAMS - kept));
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED) + measured_packets(),
	    world_counter(&w, ES_CNT_RTP_PACKETS));
	world_done(&w);
}

TEST(shed_spares_streams_that_are_measured)
{
	struct world_rtp all[STREAMS][2];
	double ms = 0;

	make(all);
	start();
	run(all, 0, 8, &ms, 10);
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	run(all, 0, STREAMS, &ms, 10);
	world_flush(&w);
	for (unsigned i = 0; i < STREAMS; i++)
		CHECK_EQ(is_measured(i, false), i < 8);
	CHECK_EQ(world_stream(&w, 0x100, 0)->packets, 20);
	CHECK_EQ(world_stream(&w, 0x100, 0)->lost, 0);
	world_done(&w);
}

/* A lower share keeps a part of what a higher one keeps: two places that are short of time still see the same calls. */
TEST(shed_choice_is_the_same_at_each_place_and_nested)
{
	bool kept[2][STREAMS];

	for (unsigned place = 0; place < 2; place++) {
		struct world_rtp all[STREAMS][2];
		double ms = 0;

		make(all);
		world_init(&w);
		w.cfg.may_shed = true;
		memset(w.cfg.hash_key, (int)(17 * (place + 1)), sizeof(w.cfg.hash_key));
		world_start(&w);
		es_engine_shed(w.e, ES_SHED_RTP, place == 0 ? HALF_PPM : 750000);
		run(all, 0, STREAMS, &ms, 5);
		world_flush(&w);
		for (unsigned i = 0; i < STREAMS; i++)
			kept[place][i] = is_measured(i, false);
		world_done(&w);
	}
	for (unsigned i = 0; i < STREAMS; i++)
		CHECK(!kept[1][i] || kept[0][i]);
}

/* What is kept leaves the same bytes as without pressure: its records, not those of others. */
TEST(shed_leaves_kept_streams_byte_identical)
{
	size_t n_bytes[2];
	uint8_t *log[2];

	for (unsigned pressed = 0; pressed < 2; pressed++) {
		struct world_rtp all[STREAMS][2];
		double ms = 0;

		make(all);
		start();
		run(all, 0, 4, &ms, 300);
		if (pressed == 1)
			es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
		run(all, 0, pressed == 1 ? STREAMS : 4, &ms, 300);
		world_flush(&w);
		log[pressed] = w.log;
		n_bytes[pressed] = w.log_bytes;
		w.log = NULL;
		w.log_bytes = w.log_cap = 0;
		world_done(&w);
	}
	CHECK(n_bytes[0] > 1000);
	CHECK_EQ(n_bytes[0], n_bytes[1]);
	CHECK(memcmp(log[0], log[1], n_bytes[0]) == 0);
	free(log[0]);
	free(log[1]);
}

/* After 300 s of silence it is a new stream, as it is when it was measured. */
TEST(shed_pair_is_forgotten_when_silent)
{
	struct world_rtp r = stream(0, false);
	double ms = 0;

	start();
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	world_run_rtp(&w, &ms, &r, 10);
	es_engine_shed(w.e, ES_SHED_NOTHING, 0);
	ms += 299000;
	world_run_rtp(&w, &ms, &r, 10);
	CHECK(!is_measured(0, false));
	ms += 301000;
	world_run_rtp(&w, &ms, &r, 10);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, r.ssrc, 0)->packets, 10);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED), 20);
	world_done(&w);
}

/* More refused pairs than there is room for: what is new stays out until all of them are remembered or silent. */
TEST(shed_without_room_makes_no_half_streams)
{
	struct world_rtp all[STREAMS][2];
	double ms = 0;

	make(all);
	world_init(&w);
	w.cfg.may_shed = true;
	w.cfg.max_streams = 16;
	world_start(&w);
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	run(all, 0, STREAMS, &ms, 10);
	es_engine_shed(w.e, ES_SHED_NOTHING, 0);
	run(all, 0, STREAMS, &ms, 10);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED), world_counter(&w, ES_CNT_RTP_PACKETS));
	ms += 301000;
	run(all, 0, 4, &ms, 10);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0x100, 0)->packets, 10);
	world_done(&w);
}

static void
invite(double ms, const char *call_id, uint8_t host, uint16_t port)
{
	char sdp[1024];
	const struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = call_id,
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "t",
		.sdp = world_sdp(sdp, host, port, "0", NULL) };

	world_send_sip(&w, ms, world_addr(1, 5060), world_addr(2, 5060), &m);
}

static void
answer(double ms, const char *call_id, const char *start_line, const char *method, uint8_t host,
    uint16_t port)
{
	char sdp[1024];
	const struct world_sip m = { .start = start_line,
		.call_id = call_id,
		.cseq = 1,
		.method = method,
		.from_tag = "t",
		.to_tag = "u",
		.sdp = host != 0 ? world_sdp(sdp, host, port, "0", NULL) : NULL };

	world_send_sip(&w, ms, world_addr(2, 5060), world_addr(1, 5060), &m);
}

static const struct es_record *
call_record(const char *call_id)
{
	const struct es_record *found = NULL, *r;

	for (unsigned i = 0; (r = world_nth(&w, ES_REC_CALL, i)) != NULL; i++)
		if (r->u.call.call_id.n == strlen(call_id) &&
		    memcmp(r->u.call.call_id.p, call_id, r->u.call.call_id.n) == 0)
			found = r;
	return found;
}

/* The call itself is seen; its record says that media of it was left out, whichever came first. */
TEST(shed_marks_the_call_of_a_refused_stream)
{
	for (unsigned is_late = 0; is_late < 2; is_late++) {
		struct world_rtp all[STREAMS][2];
		double ms = 100;

		make(all);
		start();
		es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
		if (is_late == 1)
			run(all, 0, 1, &ms, 10);
		invite(ms, "a", 1, 10000);
		answer(ms + 1, "a", "SIP/2.0 200 OK", "INVITE", 2, 20000);
		invite(ms + 2, "b", 1, 30000);
		run(all, 0, 1, &ms, 100);
		world_flush(&w);
		CHECK_EQ(call_record("a")->coverage.flags, ES_COV_SHED_RTP);
		CHECK_EQ(call_record("b")->coverage.flags, 0);
		CHECK_EQ(world_count(&w, ES_REC_STREAM), 0);
		world_done(&w);
	}
}

/* Its media moves to other ports: they are of a measured call, and no new stream. */
TEST(shed_keeps_all_media_of_a_measured_call)
{
	struct world_rtp there = stream(0, false), moved = stream(7, false);
	double ms = 100;

	start();
	invite(0, "a", 1, 10000);
	answer(1, "a", "SIP/2.0 200 OK", "INVITE", 2, 20000);
	world_run_rtp(&w, &ms, &there, 50);
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	answer(ms, "a", "UPDATE sip:x@example SIP/2.0", "UPDATE", 2, 20014);
	world_run_rtp(&w, &ms, &moved, 50);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, moved.ssrc, 0)->packets, 50);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED), 0);
	world_done(&w);
}

/* One direction of a call goes by other ports than the other one: both are refused, and neither is called one-way. */
TEST(shed_refuses_all_media_of_a_refused_call)
{
	struct world_rtp all[STREAMS][2];
	double ms = 100;

	make(all);
	start();
	invite(0, "a", 1, 10000);
	answer(1, "a", "SIP/2.0 200 OK", "INVITE", 2, 20000);
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	run(all, 0, 1, &ms, 50);
	es_engine_shed(w.e, ES_SHED_NOTHING, 0);
	all[1][1].to_port = 10000;
	run(all, 0, 1, &ms, 50);
	world_run_rtp(&w, &ms, &all[1][1], 500);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED), world_counter(&w, ES_CNT_RTP_PACKETS));
	world_done(&w);
}

/*
 * A stream was refused before anything announced it; its call's other direction uses other ports and begins when there
 * is room again. It is measured, and not called one-way for what was left out.
 */
TEST(shed_direction_makes_no_call_one_way)
{
	struct world_rtp refused = stream(0, false), kept = stream(1, true);
	double ms = 0;

	kept.to_port = 10000;
	start();
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	world_run_rtp(&w, &ms, &refused, 10);
	es_engine_shed(w.e, ES_SHED_NOTHING, 0);
	invite(ms, "a", 1, 10000);
	answer(ms + 1, "a", "SIP/2.0 200 OK", "INVITE", 2, 20000);
	ms += 2;
	for (unsigned i = 0; i < 1000; i++) {
		double at = ms;

		world_run_rtp(&w, &ms, &kept, 1);
		world_run_rtp(&w, &at, &refused, 1);
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, kept.ssrc, 0)->packets, 1000);
	CHECK_EQ(world_stream(&w, kept.ssrc, 0)->findings & ES_FINDING_ONE_WAY, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_SHED), 1010);
	CHECK_EQ(call_record("a")->coverage.flags, ES_COV_SHED_RTP);
	world_done(&w);
}

/*
 * Nothing announced either direction of a call, and they use different ports: the one that is kept says that the other
 * may have been left out. One with both directions says nothing of the kind, and is as exact as ever.
 */
TEST(shed_without_signalling_marks_a_direction_that_is_alone)
{
	struct world_rtp refused = stream(0, false), kept = stream(1, true),
			 both = stream(2, false), back = stream(2, true), later = stream(3, false);
	double ms = 0;

	start();
	world_run_rtp(&w, &ms, &kept, 1);
	world_run_rtp(&w, &ms, &both, 1);
	world_run_rtp(&w, &ms, &back, 1);
	es_engine_shed(w.e, ES_SHED_RTP, ALL_PPM);
	world_run_rtp(&w, &ms, &refused, 100);
	world_run_rtp(&w, &ms, &kept, 100);
	world_run_rtp(&w, &ms, &both, 100);
	world_run_rtp(&w, &ms, &back, 100);
	es_engine_shed(w.e, ES_SHED_NOTHING, 0);
	world_run_rtp(&w, &ms, &later, 100);
	world_flush(&w);
	CHECK_EQ(world_stream_record(&w, kept.ssrc, 0)->coverage.flags, ES_COV_SHED_RTP);
	CHECK_EQ(world_stream_record(&w, both.ssrc, 0)->coverage.flags, 0);
	CHECK_EQ(world_stream_record(&w, back.ssrc, 0)->coverage.flags, 0);
	CHECK_EQ(world_stream_record(&w, later.ssrc, 0)->coverage.flags, 0);
	world_done(&w);
}

static void
send_request(double ms, const char *method, const char *call_id)
{
	char start_line[64];
	struct world_sip m = { .start = start_line,
		.call_id = call_id,
		.cseq = 1,
		.method = method,
		.from_tag = "t",
		.extra = "Contact: <sip:x@10.0.0.1:5060>;expires=60\r\n" };

	snprintf(start_line, sizeof(start_line), "%s sip:example SIP/2.0", method);
	world_send_sip(&w, ms, world_addr(1, 5060), world_addr(2, 5060), &m);
	m.start = "SIP/2.0 200 OK";
	m.to_tag = "u";
	world_send_sip(&w, ms + 10, world_addr(2, 5060), world_addr(1, 5060), &m);
}

/* SIP of INVITE dialogs is never left out; a binding whose refresh may have been is not called expired. */
TEST(shed_sip_leaves_dialogs_alone_and_accuses_nobody)
{
	start();
	send_request(0, "REGISTER", "r");
	es_engine_shed(w.e, ES_SHED_RTCP, 0);
	send_request(100, "OPTIONS", "o1");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_SHED), 0);
	es_engine_shed(w.e, ES_SHED_SIP, 0);
	send_request(200, "OPTIONS", "o2");
	send_request(300, "REGISTER", "r2");
	invite(400, "a", 1, 10000);
	answer(410, "a", "SIP/2.0 486 Busy Here", "INVITE", 0, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_SHED), 4);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 6);
	CHECK_EQ(call_record("a")->u.call.final_status, 486);
	es_engine_advance(w.e, world_time(400000));
	world_flush(&w);
	CHECK_EQ(world_nth(&w, ES_REC_REGISTRATION, 0)->coverage.flags, 0);
	for (unsigned i = 0; i < world_count(&w, ES_REC_REGISTRATION); i++)
		CHECK(world_nth(&w, ES_REC_REGISTRATION, i)->u.registration.state !=
		      ES_REGISTRATION_EXPIRED);
	world_done(&w);
}

/* A sender's report, and its receiver's answer 110 ms later. */
static void
report(double ms, const struct world_rtp *sender, const struct world_rtp *other)
{
	struct es_addr from = world_addr(sender->from, sender->from_port + 1);
	struct es_addr to = world_addr(sender->to, sender->to_port + 1);
	uint8_t p[64];
	size_t n = sender_report(p, sender->ssrc, 0x12345678 + sender->from, other->ssrc);

	world_send_udp(&w, ms, from, to, p, n);
	n = receiver_report(p, other->ssrc, sender->ssrc, 0x12345678 + sender->from, 65536 / 100);
	world_send_udp(&w, ms + 110, to, from, p, n);
}

/* Reports are no records any more; what streams learn from them stays as exact as without pressure. */
TEST(shed_rtcp_leaves_out_reports_and_no_knowledge)
{
	const struct es_stream *measured;
	uint32_t mos_cq[2];

	for (unsigned pressed = 0; pressed < 2; pressed++) {
		struct world_rtp all[STREAMS][2];
		double ms = 100;

		make(all);
		start();
		invite(0, "a", 1, 10000);
		answer(1, "a", "SIP/2.0 200 OK", "INVITE", 2, 20000);
		run(all, 0, 1, &ms, 50);
		if (pressed == 1)
			es_engine_shed(w.e, ES_SHED_RTCP, 0);
		report(ms, &all[0][0], &all[0][1]);
		report(ms + 5, &all[0][1], &all[0][0]);
		ms += 20;
		run(all, 0, 1, &ms, 500);
		world_flush(&w);
		measured = world_stream(&w, all[0][0].ssrc, 0);
		mos_cq[pressed] = measured->mos_cq_milli;
		CHECK_EQ(world_count(&w, ES_REC_REPORTED), pressed == 1 ? 0 : 4);
		CHECK_EQ(world_counter(&w, ES_CNT_RTCP_SHED), pressed == 1 ? 4 : 0);
		CHECK_EQ(world_stream_record(&w, all[0][0].ssrc, 0)->coverage.flags, 0);
		CHECK_EQ(call_record("a")->coverage.flags, pressed == 1 ? ES_COV_SHED_RTCP : 0);
		world_done(&w);
	}
	CHECK_EQ(mos_cq[0], mos_cq[1]);
	CHECK(mos_cq[0] > 0);
}
