/* SPDX-License-Identifier: Apache-2.0 */
/* What few streams have, while streams come, take places aside, and make room for others. */
#include "probes/engine/engine_private.h"
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { STREAMS = 4, COME_AND_GO = 50 };

static struct world w;

/* A full engine has STREAMS streams; host 1 is the one that captures. */
static const struct es_context *
begin(void)
{
	static struct es_addr local;

	local = world_addr(1, 0);
	world_init(&w);
	w.cfg.max_streams = STREAMS;
	w.cfg.local = &local;
	w.cfg.n_local = 1;
	world_start(&w);
	return &w.e->c;
}

/* Two codecs, lost packets in a block that closes, and a packet behind a jump that waits. */
static void
run_damaged(double *ms, uint8_t from, uint32_t ssrc)
{
	struct world_rtp r = { .from = from,
		.to = 200,
		.from_port = 4000,
		.to_port = 5000,
		.ssrc = ssrc,
		.seq = 10,
		.ts = 1000 };

	world_run_rtp(&w, ms, &r, 100);
	r.seq = (uint16_t)(r.seq + 5);
	r.ts += 5 * 160;
	r.pt = 8;
	world_run_rtp(&w, ms, &r, 400);
	r.seq = (uint16_t)(r.seq + 20000);
	world_run_rtp(&w, ms, &r, 1);
}

static void
check_used(const struct es_places *p, uint32_t used)
{
	CHECK_EQ(p->pool.n_used, used);
	CHECK_EQ(p->pool.cap, STREAMS);
}

TEST(streams_that_make_room_give_back_what_they_had_aside)
{
	const struct es_context *c = begin();
	double ms = 0;

	for (uint32_t i = 0; i < COME_AND_GO; i++) {
		uint32_t streams = i + 1 < STREAMS ? i + 1 : STREAMS;

		run_damaged(&ms, i % 2 == 0 ? 1 : 2, 0xf000 + i);
		check_used(&c->payloads, streams);
		check_used(&c->rare, streams);
		check_used(&c->damages, streams);
		check_used(&c->senders, (streams + 1) / 2);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS_EVICTED), COME_AND_GO - STREAMS);
	world_flush(&w);
	check_used(&c->payloads, 0);
	check_used(&c->rare, 0);
	check_used(&c->damages, 0);
	check_used(&c->senders, 0);
	for (uint32_t i = 0; i < COME_AND_GO; i++) {
		const struct es_stream *s = world_stream(&w, 0xf000 + i, 0);

		CHECK_EQ(s->lost, 5);
		CHECK_EQ(s->stale, 1);
		CHECK_EQ(s->loss_run[4], 1);
		CHECK_EQ((s->has & ES_STREAM_HAS_SENDER) != 0, i % 2 == 0);
	}
	world_done(&w);
}

/* Silence for five minutes ends a stream: its damage and what its sender did are in its record. */
TEST(stream_that_ended_keeps_aside_what_others_may_ask)
{
	const struct es_context *c = begin();
	double ms = 0;

	run_damaged(&ms, 1, 0xf000);
	es_engine_advance(w.e, world_time(ms + (ES_STREAM_IDLE_S + 1) * 1000.0));
	CHECK_EQ(world_stream(&w, 0xf000, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(w.e->streams.pool.n_used, 1);
	check_used(&c->payloads, 1);
	check_used(&c->rare, 1);
	check_used(&c->damages, 0);
	check_used(&c->senders, 0);
	world_done(&w);
}
