/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's spooler: what comes in is stored, or counted; what matters least gives way. */
#include "agent/shipper/spooler.h"
#include "proto/encode.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct bench {
	struct es_agent_config cfg;
	struct es_loop *loop;
	struct es_spooler *spooler;
	char dir[TEST_DIR_MAX];
	uint8_t bytes[ES_RECORD_MAX_BYTES];
};

static void
on_synced(void *ctx)
{
	(void)ctx;
}

static void
begin(struct bench *b)
{
	CHECK_EQ(es_spooler_new(b->loop, &b->cfg, on_synced, b, &b->spooler), 0);
}

static struct bench *
bench_new(uint64_t quota_bytes)
{
	struct bench *b = calloc(1, sizeof(*b));

	if (b == NULL || es_loop_new(&b->loop) != 0)
		abort();
	test_dir(b->dir);
	b->cfg.state_dir = b->dir;
	(void)snprintf(b->cfg.spool_dir, sizeof(b->cfg.spool_dir), "%s/spool", b->dir);
	(void)snprintf(b->cfg.tenant_key_file, sizeof(b->cfg.tenant_key_file), "%s/key", b->dir);
	b->cfg.spool_bytes = quota_bytes;
	begin(b);
	return b;
}

static void
bench_free(struct bench *b)
{
	es_spooler_free(b->spooler);
	es_loop_free(b->loop);
	free(b);
}

static es_slice
record_of(struct bench *b, enum es_record_type type)
{
	static const struct es_vantage here = { { (const uint8_t *)"x", 1 }, ES_ROLE_SBC };
	struct es_record r;
	int n;

	memset(&r, 0, sizeof(r));
	r.type = type;
	r.at = es_time_of_ns(INT64_C(1800000000000000000));
	r.vantage = &here;
	if (type == ES_REC_CALL) {
		r.u.call.call_id = es_slice_str("c1");
	} else {
		r.u.interval.stream.ssrc = 7;
		r.u.interval.stream.src.family = r.u.interval.stream.dst.family = 4;
		r.u.interval.first_seq = 1;
		r.u.interval.last_seq = 256;
	}
	n = es_record_encode(&r, b->bytes, sizeof(b->bytes));
	if (n <= 0)
		abort();
	return es_slice_of(b->bytes, (size_t)n);
}

static int
take(struct bench *b, uint64_t number, enum es_record_type type, bool urgent)
{
	return es_spooler_take(
	    b->spooler, (struct es_ipc_pair){ 5, number }, record_of(b, type), urgent);
}

TEST(spooler_counts_numbers_of_the_ipc_that_never_come)
{
	struct bench *b = bench_new(0);

	CHECK_EQ(take(b, 3, ES_REC_CALL, false), 0); /* 1 and 2 are missing */
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, 2);
	CHECK_EQ(take(b, 4, ES_REC_CALL, false), 0);
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, 2);
	CHECK_EQ(take(b, 10, ES_REC_CALL, false), 0);
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, 7);
	CHECK_EQ(es_spool_next_seq(es_spooler_spool(b->spooler)), 4);
	bench_free(b);
}

TEST(spooler_knows_the_stream_in_progress)
{
	struct bench *b = bench_new(0);

	CHECK_EQ(take(b, 1, ES_REC_CALL, false), 0);
	CHECK_EQ(es_spooler_stream(b->spooler).src.family, 0);
	CHECK_EQ(take(b, 2, ES_REC_INTERVAL, false), 0);
	CHECK_EQ(es_spooler_stream(b->spooler).ssrc, 7);
	CHECK_EQ(es_spooler_stream(b->spooler).dst.family, 4);
	CHECK_EQ(take(b, 3, ES_REC_CALL, false), 0); /* a call is no stream: the last one stays */
	CHECK_EQ(es_spooler_stream(b->spooler).ssrc, 7);
	bench_free(b);
}

TEST(spooler_counts_a_malformed_record_and_continues_behind_it)
{
	struct bench *b = bench_new(0);

	CHECK_EQ(take(b, 1, ES_REC_CALL, false), 0);
	CHECK_EQ(es_spooler_take(
		     b->spooler, (struct es_ipc_pair){ 5, 2 }, es_slice_str("nonsense"), false),
	    0);
	CHECK_EQ(es_spooler_status(b->spooler).refused, 1);
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, 1);
	CHECK_EQ(es_spool_last_ipc(es_spooler_spool(b->spooler)).number, 2);
	CHECK_EQ(take(b, 3, ES_REC_CALL, false), 0);
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, 1); /* none is missing */
	es_spooler_free(b->spooler);
	b->spooler = NULL;
	begin(b);
	CHECK_EQ(es_spool_last_ipc(es_spooler_spool(b->spooler)).number, 3);
	CHECK(es_spool_has_unreported(es_spooler_spool(b->spooler)));
	bench_free(b);
}

/* A flood of good blocks fills three quarters; calls and bad blocks have the rest. */
TEST(spooler_keeps_room_for_calls_and_bad_blocks)
{
	struct bench *b = bench_new(40000);
	uint64_t number = 0, before, lost;

	while (es_spooler_status(b->spooler).spool.lost == 0 && number < 2000)
		CHECK_EQ(take(b, ++number, ES_REC_INTERVAL, false), 0);
	CHECK(es_spooler_status(b->spooler).spool.bytes >= 30000);
	CHECK(es_spooler_status(b->spooler).spool.bytes < 31000);
	before = es_spool_next_seq(es_spooler_spool(b->spooler));
	lost = es_spooler_status(b->spooler).spool.lost;
	CHECK_EQ(take(b, ++number, ES_REC_INTERVAL, false), 0);
	CHECK_EQ(es_spool_next_seq(es_spooler_spool(b->spooler)), before);
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, lost + 1);
	CHECK_EQ(take(b, ++number, ES_REC_INTERVAL, true), 0); /* a bad one */
	CHECK_EQ(take(b, ++number, ES_REC_CALL, false), 0);
	CHECK_EQ(es_spool_next_seq(es_spooler_spool(b->spooler)), before + 2);
	CHECK_EQ(es_spooler_status(b->spooler).spool.lost, lost + 1);
	bench_free(b);
}
