/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine is made to write by few packets, and what a clock that is set
 * does to its word. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

static struct world w;

static struct world_rtp
stream(uint32_t ssrc)
{
	return (struct world_rtp){ .from = 1,
		.to = 200,
		.from_port = 4000,
		.to_port = 5000,
		.ssrc = ssrc,
		.seq = 10,
		.ts = 1000 };
}

/* Each two packets in order at a number and time of their own: a restart, if it
 * is believed. */
static unsigned
jump_about(double *ms, struct world_rtp *r, unsigned n, unsigned packets, double apart_ms)
{
	uint64_t random = 3;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		r->seq = (uint16_t)(r->seq + 8000 + test_random(&random) % 40000);
		r->ts += 0x10000000u + test_random(&random) % 0x10000000u;
		for (k = 0; k < packets; k++) {
			world_send_rtp(&w, *ms, r);
			r->seq++;
			r->ts += 160;
			*ms += apart_ms;
		}
	}
	return n;
}

/* 20,000 packets at an announced port made 40,000 records, which pushed calls
 * out of the spool. */
TEST(restarts_that_two_packets_claim_draw_on_a_credit)
{
	struct world_rtp r = stream(0xa);
	double ms = 0;
	unsigned records;

	world_init(&w);
	world_start(&w);
	world_run_rtp(&w, &ms, &r, 50);
	jump_about(&ms, &r, 2000, 2, 0.5); /* 2 s */
	world_flush(&w);
	records = world_count(&w, ES_REC_STREAM) + world_count(&w, ES_REC_INTERVAL);
	CHECK(records > 500);
	CHECK(records < 1024 + 2 * 16 + 64);
	CHECK(world_counter(&w, ES_CNT_JUMPS_REFUSED) > 1500);
	world_done(&w);
}

/* What is refused is stale, never received, and the stream says that it was not
 * measured whole. */
TEST(refused_restart_counts_as_stale_and_lowers_coverage)
{
	struct world_rtp r = stream(0xa);
	double ms = 0;
	uint64_t packets = 0, stale = 0;
	unsigned i;
	const struct es_record *rec;

	world_init(&w);
	world_start(&w);
	world_run_rtp(&w, &ms, &r, 50);
	jump_about(&ms, &r, 1000, 2, 0.1);
	world_flush(&w);
	for (i = 0; (rec = world_nth(&w, ES_REC_STREAM, i)) != NULL; i++) {
		if (rec->u.stream.state == ES_STATE_IN_PROGRESS)
			continue;
		packets += rec->u.stream.packets;
		stale += rec->u.stream.stale;
		if (rec->u.stream.stale > 0)
			CHECK((rec->coverage.flags & ES_COV_EVICTED) != 0);
	}
	CHECK(stale > 1000);
	CHECK_EQ(packets + stale, 2050);
	world_done(&w);
}

/* Senders that do begin again are believed, however often: there were packets
 * enough in between. */
TEST(restarts_of_a_stream_that_was_heard_are_free)
{
	struct world_rtp r = stream(0xa);
	double ms = 0;

	world_init(&w);
	world_start(&w);
	world_run_rtp(&w, &ms, &r, 50);
	jump_about(&ms, &r, 500, 34, 1); /* the two that confirm count in the one they confirm */
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_JUMPS_REFUSED), 0);
	CHECK(world_stream(&w, 0xa, 500) != NULL);
	CHECK_EQ(world_stream(&w, 0xa, 500)->packets, 34);
	world_done(&w);
}

/* The credit comes back with time. */
TEST(refused_restart_is_believed_when_there_is_credit_again)
{
	struct world_rtp r = stream(0xa);
	double ms = 0;
	uint64_t refused;

	world_init(&w);
	world_start(&w);
	world_run_rtp(&w, &ms, &r, 50);
	jump_about(&ms, &r, 1000, 2, 0.1);
	refused = world_counter(&w, ES_CNT_JUMPS_REFUSED);
	CHECK(refused > 0);
	ms += 2000;
	jump_about(&ms, &r, 1, 100, 20);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_JUMPS_REFUSED), refused);
	world_done(&w);
}

TEST(clock_that_was_set_lowers_the_coverage_of_what_is_open)
{
	struct world_rtp before = stream(0xa), open = stream(0xb);
	const struct es_record *rec;
	double ms = 0;
	unsigned i, marked = 0, clean = 0;

	world_init(&w);
	world_start(&w);
	open.from_port = 4002;
	world_run_rtp(&w, &ms, &before, 100);
	ms += 400000; /* it has ended */
	world_run_rtp(&w, &ms, &open, 600);
	es_engine_clock_stepped(w.e);
	world_run_rtp(&w, &ms, &open, 600);
	world_flush(&w);
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->coverage.flags, 0);
	CHECK_EQ(world_stream_record(&w, 0xb, 0)->coverage.flags, ES_COV_CLOCK);
	for (i = 0; (rec = world_nth(&w, ES_REC_INTERVAL, i)) != NULL; i++) {
		if (rec->u.interval.stream.ssrc != 0xb)
			continue;
		marked += rec->coverage.flags == ES_COV_CLOCK;
		clean += rec->coverage.flags == 0;
	}
	CHECK(marked >= 1 && marked <= 2); /* the blocks that were open */
	CHECK(clean >= 2);
	world_done(&w);
}

/* A call in progress says so as well. */
TEST(clock_that_was_set_lowers_the_coverage_of_calls)
{
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "t" };
	unsigned i;
	const struct es_record *rec;
	bool marked = false;

	world_init(&w);
	world_start(&w);
	world_send_sip(&w, 0, world_addr(1, 5060), world_addr(201, 5060), &m);
	es_engine_clock_stepped(w.e);
	world_flush(&w);
	for (i = 0; (rec = world_nth(&w, ES_REC_CALL, i)) != NULL; i++)
		marked = marked || rec->coverage.flags == ES_COV_CLOCK;
	CHECK(marked);
	world_done(&w);
}
