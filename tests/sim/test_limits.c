/* SPDX-License-Identifier: Apache-2.0 */
/* Full pools, failing memory, floods: who goes, what is counted, what is still right. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"

#include <stdlib.h>

static struct world w;

static struct world_rtp
stream(uint8_t host, uint16_t port, uint32_t ssrc)
{
	return (struct world_rtp){ .from = host,
		.to = 200,
		.from_port = port,
		.to_port = 5000,
		.ssrc = ssrc,
		.seq = 10,
		.ts = 1000 };
}

static void
call(double ms, uint8_t host, unsigned i)
{
	char id[32];
	char sdp[1024];
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0", .call_id = id, .cseq = 1 };

	snprintf(id, sizeof(id), "call%u", i);
	m.method = "INVITE";
	m.from_tag = "t";
	m.sdp = world_sdp(sdp, host, (uint16_t)(10000 + 2 * i), "0", NULL);
	world_send_sip(&w, ms, world_addr(host, 5060), world_addr(201, 5060), &m);
}

TEST(full_stream_pool_gives_up_the_unproven_first)
{
	struct world_rtp r = stream(1, 4000, 0xa);
	double ms = 0;

	world_init(&w);
	w.cfg.max_streams = 8;
	world_start(&w);
	world_run_rtp(&w, &ms, &r, 20);
	for (uint16_t i = 0; i < 100; i++) {
		struct world_rtp flood = stream(2, (uint16_t)(2000 + i), 0xf000u + i);

		world_send_rtp(&w, ms, &flood);
	}
	world_run_rtp(&w, &ms, &r, 20);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 40);
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->coverage.flags, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS_EVICTED), 93);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_UNPROVEN), 100);
	world_done(&w);
}

TEST(evicted_stream_says_so_in_its_record)
{
	double ms = 0;

	world_init(&w);
	w.cfg.max_streams = 4;
	world_start(&w);
	for (uint16_t i = 0; i < 5; i++) {
		struct world_rtp r = stream(1, (uint16_t)(2000 + i), 0xf000u + i);

		world_run_rtp(&w, &ms, &r, 10);
	}
	CHECK_EQ(world_stream(&w, 0xf000, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_stream(&w, 0xf000, 0)->packets, 10);
	CHECK_EQ(world_stream_record(&w, 0xf000, 0)->coverage.flags, ES_COV_EVICTED);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS_EVICTED), 1);
	world_done(&w);
}

/* One network opens stream after stream; the one of another network, though idler, stays. */
TEST(largest_share_of_a_prefix_goes_first)
{
	struct world_rtp mine = stream(1, 4000, 0xa);
	double ms = 0;

	world_init(&w);
	w.cfg.max_streams = 16;
	world_start(&w);
	world_run_rtp(&w, &ms, &mine, 3);
	for (uint16_t i = 0; i < 200; i++) {
		struct world_rtp r = stream(9, (uint16_t)(2000 + i), 0xf000u + i);

		r.net = 7;
		world_run_rtp(&w, &ms, &r, 3);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS_EVICTED), 185);
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_stream(&w, 0xf000, 0)->state, ES_STATE_COMPLETED);
	world_done(&w);
}

/* A call that was answered stays, as does one that was up already when the capture began. */
TEST(full_call_pool_gives_up_the_unanswered_and_counts)
{
	char sdp[1024];
	const struct world_sip ok = { .start = "SIP/2.0 200 OK",
		.call_id = "call0",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "t",
		.to_tag = "u" };
	const struct world_sip update = { .start = "UPDATE sip:x@example SIP/2.0",
		.call_id = "call0",
		.cseq = 7,
		.method = "UPDATE",
		.from_tag = "t",
		.to_tag = "u",
		.sdp = world_sdp(sdp, 1, 10000, "0", NULL) };

	for (unsigned is_late = 0; is_late < 2; is_late++) {
		world_init(&w);
		w.cfg.max_calls = 4;
		world_start(&w);
		if (is_late) {
			world_send_sip(&w, 10, world_addr(1, 5060), world_addr(201, 5060), &update);
		} else {
			call(0, 1, 0);
			world_send_sip(&w, 10, world_addr(201, 5060), world_addr(1, 5060), &ok);
		}
		for (unsigned i = 1; i < 20; i++)
			call(20 + i, 1, i);
		CHECK_EQ(world_counter(&w, ES_CNT_CALLS_EVICTED), 16);
		CHECK_EQ(world_call(&w, "call0")->state, ES_STATE_IN_PROGRESS);
		CHECK_EQ(world_call(&w, "call1")->state, ES_STATE_UNKNOWN);
		CHECK_EQ(es_engine_calls_up(w.e), 4);
		world_flush(&w);
		world_done(&w);
	}
}

TEST(full_media_pool_gives_up_the_oldest_and_counts)
{
	struct world_rtp r;
	double ms = 100;

	world_init(&w);
	w.cfg.max_expected = 4;
	world_start(&w);
	for (unsigned i = 0; i < 10; i++)
		call(i, 1, i);
	CHECK_EQ(world_counter(&w, ES_CNT_EXPECTED_EVICTED), 6);
	r = stream(50, 4000, 0xa);
	r.to = 1;
	r.to_port = 10018;
	world_run_rtp(&w, &ms, &r, 5);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "call9");
	world_flush(&w);
	world_done(&w);
}

TEST(call_with_running_media_is_not_the_idlest)
{
	struct world_sip ok = { .start = "SIP/2.0 200 OK", .cseq = 1, .method = "INVITE" };
	struct world_rtp r = stream(50, 4000, 0xa);
	char id[32];
	double ms = 100;

	world_init(&w);
	w.cfg.max_calls = 3;
	world_start(&w);
	ok.from_tag = "t";
	ok.to_tag = "u";
	ok.call_id = id;
	r.to = 1;
	r.to_port = 10000;
	for (unsigned i = 0; i < 3; i++) {
		call(i, 1, i);
		snprintf(id, sizeof(id), "call%u", i);
		world_send_sip(&w, i + 10, world_addr(201, 5060), world_addr(1, 5060), &ok);
	}
	world_run_rtp(&w, &ms, &r, 1500); /* half a minute of call0 */
	call(ms, 1, 3);
	CHECK_EQ(world_call(&w, "call0")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "call1")->state, ES_STATE_UNKNOWN);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS_EVICTED), 1);
	world_flush(&w);
	world_done(&w);
}

TEST(evicted_call_lets_its_streams_live)
{
	struct world_rtp r = stream(50, 4000, 0xa);
	double ms = 100;

	world_init(&w);
	w.cfg.max_calls = 2;
	world_start(&w);
	call(0, 1, 0);
	r.to = 1;
	r.to_port = 10000;
	world_run_rtp(&w, &ms, &r, 50);
	for (unsigned i = 1; i < 6; i++)
		call(ms, 1, i);
	world_run_rtp(&w, &ms, &r, 50);
	CHECK_EQ(
	    es_engine_calls_up(w.e), 2 + 1); /* what nobody signals any more is a call by itself */
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 100);
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->coverage.flags, ES_COV_EVICTED);
	world_done(&w);
}

TEST(one_flow_takes_64_ssrcs_and_no_more)
{
	world_init(&w);
	world_start(&w);
	for (uint32_t i = 0; i < 200; i++) {
		struct world_rtp r = stream(1, 4000, 0xf000u + i);
		double ms = 0;

		world_run_rtp(&w, &ms, &r, 3);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS), 64);
	world_flush(&w);
	world_done(&w);
}

/* Call after call on the same two ports, as a load generator makes them, and somebody's junk. */
TEST(full_flow_gives_up_what_is_unproven_or_ended)
{
	double ms = 0;

	world_init(&w);
	world_start(&w);
	for (uint32_t i = 0; i < 40; i++) {
		struct world_rtp junk = stream(1, 4000, 0xe000u + i);

		world_send_rtp(&w, 0, &junk);
	}
	for (uint32_t i = 0; i < 30; i++) {
		struct world_rtp r = stream(1, 4000, 0xf000u + i);

		world_run_rtp(&w, &ms, &r, 5);
	}
	ms += 301000;
	for (uint32_t i = 0; i < 60; i++) {
		struct world_rtp r = stream(1, 4000, 0xf100u + i);

		world_run_rtp(&w, &ms, &r, 5);
	}
	world_flush(&w);
	for (uint32_t i = 0; i < 30; i++)
		CHECK(world_stream(&w, 0xf000u + i, 0) != NULL);
	for (uint32_t i = 0; i < 60; i++)
		CHECK(world_stream(&w, 0xf100u + i, 0) != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_UNPROVEN), 40);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS_EVICTED), 0);
	world_done(&w);
}

/* Each of 64 was heard once, the first of them twice: the second is the longest silent. */
TEST(full_flow_gives_up_the_longest_silent_of_the_unproven)
{
	struct world_rtp r[64], next = stream(1, 4000, 0xe000);
	double ms;

	world_init(&w);
	world_start(&w);
	for (uint32_t i = 0; i < 64; i++) {
		r[i] = stream(1, 4000, 0xf000u + i);
		world_send_rtp(&w, i, &r[i]);
	}
	r[0].seq += 50;
	r[0].ts += 160 * 50;
	world_send_rtp(&w, 90, &r[0]);
	world_send_rtp(&w, 100, &next);
	for (uint32_t i = 0; i < 64; i++) {
		if (i == 1)
			continue;
		ms = 110 + i;
		r[i].seq++;
		r[i].ts += 160;
		world_run_rtp(&w, &ms, &r[i], 2);
	}
	world_flush(&w);
	for (uint32_t i = 0; i < 64; i++)
		CHECK_EQ(world_stream(&w, 0xf000u + i, 0) != NULL, i != 1);
	world_done(&w);
}

TEST(call_claims_256_streams_at_a_time)
{
	const struct es_call *c;
	unsigned n_claimed = 0;

	world_init(&w);
	world_start(&w);
	call(0, 1, 0);
	for (uint32_t i = 0; i < 300; i++) {
		struct world_rtp r = stream(50, (uint16_t)(2000 + 2 * i), 0xf000u + i);

		r.to = 1;
		r.to_port = 10000;
		for (unsigned k = 0; k < 3; k++) {
			world_send_rtp(&w, 10 + 20 * k, &r);
			r.seq++;
			r.ts += 160;
		}
	}
	for (uint32_t i = 0; i < 300; i++)
		n_claimed += world_stream(&w, 0xf000u + i, 0)->call_id.n > 0;
	CHECK_EQ(n_claimed, 256);
	c = world_call(&w, "call0");
	CHECK_EQ(c->n_streams, ES_CALL_STREAMS_MAX);
	world_flush(&w);
	world_done(&w);
}

TEST(call_that_announces_without_end_keeps_64_addresses)
{
	char sdp[1024];
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0", .call_id = "c", .cseq = 1 };
	struct world_rtp r = stream(50, 4000, 0xa);

	world_init(&w);
	world_start(&w);
	m.method = "INVITE";
	m.from_tag = "t";
	m.sdp = sdp;
	for (uint16_t i = 0; i < 100; i++) {
		world_sdp(sdp, 1, (uint16_t)(10000 + 2 * i), "0", NULL);
		world_send_sip(&w, i, world_addr(1, 5060), world_addr(201, 5060), &m);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_EXPECTED_EVICTED), 36);
	CHECK_EQ(world_call(&w, "c")->n_caller_media, ES_CALL_MEDIA_MAX);
	r.to = 1;
	r.to_port = 10000 + 2 * 35;
	world_send_rtp(&w, 200, &r);
	CHECK(world_stream(&w, 0xa, 0) == NULL);
	r.to_port = 10000 + 2 * 36;
	world_send_rtp(&w, 200, &r);
	CHECK(world_stream(&w, 0xa, 0) != NULL);
	world_flush(&w);
	world_done(&w);
}

/* An INVITE of one call whose SDP has so many lines, each with 16 candidates. */
static void
announce_candidates(double ms, uint8_t host, uint16_t port, unsigned lines)
{
	static char sdp[7000];
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0", .call_id = "c", .cseq = 1 };
	size_t n = (size_t)snprintf(sdp, sizeof(sdp), "v=0\r\nc=IN IP4 10.0.0.1\r\n");

	for (unsigned k = 0; k < lines; k++) {
		n += (size_t)snprintf(
		    sdp + n, sizeof(sdp) - n, "m=audio %u RTP/AVP 0\r\n", port + 2 * k);
		for (unsigned i = 0; i < 16; i++)
			n += (size_t)snprintf(sdp + n, sizeof(sdp) - n,
			    "a=candidate:1 1 udp 1 10.0.0.%u %u typ host\r\n", host + i,
			    port + 2 * k);
	}
	m.method = "INVITE";
	m.from_tag = "t";
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(1, 5060), world_addr(201, 5060), &m);
}

/* Whether one packet to there is believed. */
static bool
is_expected(uint8_t host, uint16_t port, uint32_t ssrc)
{
	struct world_rtp r = stream(50, 4000, ssrc);

	r.to = host;
	r.to_port = port;
	world_send_rtp(&w, 200, &r);
	return world_stream(&w, ssrc, 0) != NULL;
}

TEST(candidates_of_a_call_give_way_before_what_it_said)
{
	world_init(&w);
	world_start(&w);
	announce_candidates(1, 100, 10000, 3); /* 51 */
	announce_candidates(2, 100, 11000, 1); /* 17, of which 4 are too many */
	CHECK_EQ(world_counter(&w, ES_CNT_EXPECTED_EVICTED), 4);
	CHECK(is_expected(1, 10000, 0xa0)); /* the oldest of all, but said */
	CHECK(is_expected(1, 10002, 0xa1));
	CHECK(is_expected(1, 11000, 0xa2));
	CHECK(is_expected(115, 11000, 0xa3));
	CHECK(!is_expected(100, 10000, 0xa4));
	CHECK(is_expected(104, 10000, 0xa5));
	world_done(&w);
}

TEST(address_that_is_said_takes_the_place_of_the_oldest_candidate)
{
	char sdp[1024];
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0", .call_id = "c", .cseq = 1 };

	world_init(&w);
	world_start(&w);
	announce_candidates(1, 100, 10000, 3); /* 51 */
	m.method = "INVITE";
	m.from_tag = "t";
	m.sdp = sdp;
	for (uint16_t i = 0; i < 20; i++) {
		world_sdp(sdp, 1, (uint16_t)(20000 + 2 * i), "0", NULL);
		world_send_sip(&w, 10 + i, world_addr(1, 5060), world_addr(201, 5060), &m);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_EXPECTED_EVICTED), 7);
	CHECK(is_expected(1, 10000, 0xa0));
	CHECK(is_expected(1, 20000, 0xa1));
	CHECK(!is_expected(106, 10000, 0xa2));
	CHECK(is_expected(107, 10000, 0xa3));
	world_done(&w);
}

TEST(call_id_of_any_length_is_kept_or_counted)
{
	char id[300];
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0", .call_id = id, .cseq = 1 };

	world_init(&w);
	world_start(&w);
	memset(id, 'x', sizeof(id));
	m.method = "INVITE";
	m.from_tag = "t";
	id[256] = '\0';
	world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 1);
	CHECK_EQ(world_count(&w, ES_REC_CALL), 0);
	id[255] = '\0';
	world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
	CHECK(world_call(&w, id) != NULL);
	world_done(&w);
}

TEST(engine_refuses_what_makes_no_sense)
{
	struct es_config cfg;
	struct es_sink none = { NULL, NULL };
	struct es_engine *e;

	memset(&cfg, 0, sizeof(cfg));
	CHECK_EQ(es_engine_new(&cfg, NULL, &e), ES_EINVALID);
	CHECK_EQ(es_engine_new(&cfg, &none, &e), ES_EINVALID);
	es_engine_free(NULL);
}

#ifdef TEST_ALLOCATIONS_FAIL
static void
ignore(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	(void)rec;
}

TEST(allocation_that_fails_in_new_leaves_nothing_behind)
{
	struct es_config cfg;
	struct es_sink sink = { ignore, NULL };
	struct es_engine *e = NULL;
	long n = 0;
	int err;

	memset(&cfg, 0, sizeof(cfg));
	cfg.max_streams = 16;
	for (;; n++) {
		test_allocations_left = n;
		err = es_engine_new(&cfg, &sink, &e);
		test_allocations_left = -1;
		if (err == 0)
			break;
		CHECK_EQ(err, ES_ENOMEM);
		CHECK(e == NULL);
	}
	es_engine_free(e);
	CHECK(n > 10);
}
#endif
