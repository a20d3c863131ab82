/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the spool at their exact value, and what it holds of a loss that somebody else keeps. */
#include "agent/spool/spool_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

static struct rig r;
static int64_t free_bytes;

static int64_t
say_free(void *ctx)
{
	(void)ctx;
	return free_bytes;
}

static void
begin(uint32_t segment_bytes, uint32_t sync_bytes)
{
	rig_init(&r);
	r.cfg.segment_bytes = segment_bytes;
	r.cfg.sync_bytes = sync_bytes;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
}

static void
fill(int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
}

static void
lose_power(int64_t at_s)
{
	r.mem.cut_at = r.mem.ops;
	es_spool_close(r.spool);
	memdisk_reboot(&r.mem, MEMDISK_KEEP_NONE, &r.random);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(at_s), &r.spool), 0);
}

/* The rig takes a loss record without appending it: nothing of it may come a second time. */
TEST(spool_loss_that_is_kept_elsewhere_is_reported_once)
{
	begin(1 << 20, 512);
	fill(9);
	CHECK_EQ(es_spool_unsendable(r.spool, 4, rig_sec(2)), 0);
	es_spool_tick(r.spool, rig_sec(3));
	CHECK_EQ(r.reported[ES_LOSS_REFUSED], 1);
	es_spool_tick(r.spool, rig_sec(4));
	for (int i = 0; i < 3; i++) {
		lose_power(5 + i);
		es_spool_tick(r.spool, rig_sec(6 + i));
		CHECK_EQ(r.reported[ES_LOSS_REFUSED], 1);
	}
	rig_done(&r);
}

TEST(spool_gives_way_to_a_disk_that_has_less_than_it_should)
{
	static const struct {
		int64_t has;
		bool drops;
	} rows[] = { { -1, false }, { 0, true }, { 1, true }, { 999, true }, { 1000, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(1024, 512);
		es_spool_close(r.spool);
		r.cfg.min_free_bytes = 1000;
		r.disk.free_bytes = say_free;
		free_bytes = rows[i].has;
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
		fill(60);
		CHECK_EQ(es_spool_sync(r.spool), 0);
		CHECK(es_spool_stats(r.spool).segments > 2 || rows[i].drops);
		es_spool_tick(r.spool, rig_sec(2));
		CHECK_EQ(es_spool_stats(r.spool).segments == 1, rows[i].drops);
		CHECK_EQ(r.reported[ES_LOSS_FREE_SPACE] > 0, rows[i].drops);
		rig_done(&r);
	}
}

/* One record less than it takes is in memory only; the one that completes it brings all to the disk. */
TEST(spool_syncs_by_itself_when_enough_was_written)
{
	uint64_t last;

	for (int more = 0; more < 2; more++) {
		begin(1 << 20, 48 + 16 + 48 + 24 + 48 + 32); /* the first three records */
		es_spool_tick(r.spool, rig_sec(1));
		fill(2 + more);
		lose_power(2);
		CHECK_EQ(rig_read(&r, 0, &last), more == 0 ? 0 : 3);
		rig_done(&r);
	}
}

/* Room for what waits and for the largest record behind it. */
TEST(spool_takes_the_largest_record_however_seldom_it_syncs)
{
	static uint8_t bytes[ES_SPOOL_PAYLOAD_MAX];

	begin(1 << 20, SPOOL_WINDOW_BYTES + 8);
	fill(5);
	CHECK_EQ(es_spool_append(r.spool, rig_sec(1), (struct es_ipc_pair){ 99, 6 },
		     es_slice_of(bytes, sizeof(bytes))),
	    0);
	CHECK_EQ(es_spool_append(r.spool, rig_sec(1), (struct es_ipc_pair){ 99, 7 },
		     es_slice_of(bytes, sizeof(bytes))),
	    0);
	CHECK_EQ(es_spool_next_seq(r.spool), 8);
	rig_done(&r);
}

/* Both slots of the cursor are lost and the oldest file does not begin at 1: all that is there is read. */
TEST(spool_without_cursors_reads_from_the_first_record_there_is)
{
	uint64_t first, last;

	begin(1024, 512);
	fill(60);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_ack(r.spool, 30), 0);
	es_spool_tick(r.spool, rig_sec(2));
	es_spool_close(r.spool);
	(void)r.disk.remove(&r.mem, "cursor");
	(void)r.disk.remove(&r.mem, "cursor.2");
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(3), &r.spool), 0);
	first = es_spool_acked_seq(r.spool) + 1;
	CHECK(first > 1 && first <= 31);
	CHECK_EQ(rig_read(&r, first - 1, &last), 60 - (int)first + 1);
	CHECK_EQ(last, 60);
	rig_done(&r);
}
