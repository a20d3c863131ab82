/* SPDX-License-Identifier: Apache-2.0 */
/* What the spool leaves behind for others to go by: epochs, flags, counts of errors, cursors, wakes. */
#include "agent/spool/spool_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <string.h>

static struct rig r;
static struct es_disk whole; /* the rig's, where a test puts a fault before it */
static int64_t write_says;
static const char *refused_name;
static int n_wakes;
static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];

static void
count_wake(void *ctx)
{
	(void)ctx;
	n_wakes++;
}

static int64_t
write_nothing(void *ctx, int file, const void *from, size_t n_bytes, uint64_t at)
{
	(void)ctx;
	(void)file;
	(void)from;
	(void)at;
	return write_says <= 0 ? write_says : (int64_t)n_bytes + write_says;
}

static int
refuse_name(void *ctx, const char *name, enum es_disk_mode mode)
{
	return strcmp(name, refused_name) == 0 ? ES_EIO : whole.open(ctx, name, mode);
}

static void
begin(void)
{
	rig_init(&r);
	whole = r.disk;
	n_wakes = 0;
	r.cfg.wake = count_wake;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
}

static void
fill(int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
}

/* The epoch was renewed and both files of the cursor are lost: the newest segment names it. */
TEST(spool_new_epoch_stands_in_a_segment)
{
	uint64_t before, renewed;

	begin();
	fill(5);
	before = rig_epoch_of(r.spool);
	CHECK_EQ(es_spool_renew_epoch(r.spool, rig_sec(2)), 0);
	renewed = rig_epoch_of(r.spool);
	CHECK(renewed != before);
	es_spool_close(r.spool);
	CHECK_EQ(r.disk.remove(&r.mem, "cursor"), 0);
	CHECK_EQ(r.disk.remove(&r.mem, "cursor.2"), 0);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(3), &r.spool), 0);
	CHECK_EQ(rig_epoch_of(r.spool), renewed);
	rig_done(&r);
}

/* A clock that nobody keeps right leaves no flag at all: the record is no loss report. */
TEST(spool_flags_say_whether_the_clock_was_right)
{
	struct es_spool_entry e;

	begin();
	r.clock.good = false;
	es_spool_tick(r.spool, rig_sec(1));
	fill(1);
	r.clock.good = true;
	es_spool_tick(r.spool, rig_sec(2));
	fill(1);
	CHECK_EQ(es_spool_next(r.spool, 0, &e, buf), 0);
	CHECK_EQ(e.flags, 0);
	CHECK_EQ(es_spool_next(r.spool, 1, &e, buf), 0);
	CHECK_EQ(e.flags, ES_SPOOL_CLOCK_GOOD);
	rig_done(&r);
}

/* A disk that takes nothing, or says it took more than there was, has not kept the record. */
TEST(spool_record_that_the_disk_did_not_take_is_refused)
{
	static const int64_t rows[] = { ES_EIO, 0, 1 };
	uint64_t last;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		fill(2);
		write_says = rows[i];
		r.disk.write = write_nothing;
		CHECK_EQ(rig_append(&r, 1), ES_EIO);
		CHECK_EQ(es_spool_next_seq(r.spool), 3);
		CHECK(es_spool_stats(r.spool).disk_errors > 0);
		r.disk.write = whole.write;
		fill(2);
		CHECK_EQ(rig_read(&r, 0, &last), 4);
		CHECK_EQ(last, 4);
		rig_done(&r);
	}
}

/* Appending dropped the oldest segment: the loss is to be reported within a second, so it wakes. */
TEST(spool_wakes_for_what_the_quota_took)
{
	begin();
	es_spool_close(r.spool);
	r.cfg.max_bytes = 4096;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	while (es_spool_stats(r.spool).lost == 0 && r.payload_id < 100) {
		CHECK_EQ(n_wakes, 0);
		CHECK_EQ(rig_append(&r, 1), 0);
	}
	CHECK(es_spool_stats(r.spool).lost > 0);
	CHECK(es_spool_has_unreported(r.spool));
	CHECK_EQ(n_wakes, 1);
	rig_done(&r);
}

/* The cursor wears the flash: both files are written once for each segment that goes. */
TEST(spool_segment_that_goes_costs_one_write_of_the_cursor)
{
	uint64_t before;

	begin();
	fill(40);
	CHECK(es_spool_stats(r.spool).segments > 2);
	for (int i = 0; i < 2; i++) {
		before = r.spool->slot.generation;
		CHECK(es_spool_drop_oldest(r.spool, ES_LOSS_QUOTA));
		CHECK_EQ(r.spool->slot.generation - before, 2);
	}
	rig_done(&r);
}

/* Either file of the cursor may be the one that is lost: a segment goes when both say it is acked. */
TEST(spool_keeps_acked_segments_until_both_cursors_say_so)
{
	static const char *const names[] = { "cursor", "cursor.2" };
	uint64_t segments;

	for (int i = 0; i < 2; i++) {
		begin();
		fill(40);
		segments = es_spool_stats(r.spool).segments;
		CHECK(segments > 2);
		refused_name = names[i];
		r.disk.open = refuse_name;
		CHECK_EQ(es_spool_ack(r.spool, 40), 0);
		es_spool_tick(r.spool, rig_sec(2));
		CHECK_EQ(es_spool_stats(r.spool).segments, segments);
		r.disk.open = whole.open;
		es_spool_tick(r.spool, rig_sec(3));
		CHECK_EQ(es_spool_stats(r.spool).segments, 1);
		CHECK_EQ(es_spool_stats(r.spool).lost, 0);
		rig_done(&r);
	}
}

TEST(spool_counts_each_read_that_the_disk_refused)
{
	char name[SPOOL_NAME_MAX];
	struct memdisk_file *f;
	struct es_spool_entry e;

	begin();
	fill(3);
	es_spool_name(es_spool_active(r.spool)->serial, name);
	f = memdisk_file(&r.mem, name);
	CHECK(f != NULL);
	f->readable_to = ES_SPOOL_HEADER_BYTES;
	f->unreadable = true;
	for (uint64_t n = 1; n <= 3; n++) {
		CHECK_EQ(es_spool_next(r.spool, 0, &e, buf), ES_EIO);
		CHECK_EQ(es_spool_stats(r.spool).disk_errors, n);
	}
	f->unreadable = false;
	CHECK_EQ(es_spool_next(r.spool, 0, &e, buf), 0);
	CHECK_EQ(e.seq, 1);
	CHECK_EQ(es_spool_stats(r.spool).disk_errors, 3);
	rig_done(&r);
}

TEST(spool_finds_the_first_and_the_last_and_nothing_next_to_them)
{
	static const struct {
		uint64_t seq;
		int err;
	} rows[] = { { 0, ES_ENOTFOUND }, { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, ES_ENOTFOUND } };
	struct es_spool_entry e;

	begin();
	fill(3);
	CHECK_EQ(rig_append(&r, 1), 0); /* not synced */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(es_spool_find(r.spool, rows[i].seq, &e, buf), rows[i].err);
		CHECK(rows[i].err != 0 || e.seq == rows[i].seq);
	}
	rig_done(&r);
}

/* Record 3 is damaged after 1 and 2 were read, and the disk refuses both files of the cursor. */
static void
hole_without_a_cursor(void)
{
	struct es_spool_entry e;
	struct memdisk_file *f;

	begin();
	fill(5);
	es_spool_tick(r.spool, rig_sec(2));
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	f = memdisk_file(&r.mem, "0000000000000001.seg");
	f->now[64 + 48 + 16 + 48 + 24 + 50] ^= 1;
	CHECK_EQ(r.disk.sync(&r.mem, (int)(f - r.mem.files)), 0);
	for (uint64_t seq = 1; seq <= 2; seq++) {
		CHECK_EQ(es_spool_next(r.spool, seq - 1, &e, buf), 0);
		es_spool_sent(r.spool, e.seq);
	}
	write_says = ES_EIO;
	r.disk.write = write_nothing;
	for (int i = 0; i < 3 * SPOOL_TRIES; i++)
		CHECK_EQ(es_spool_next(r.spool, 2, &e, buf), ES_EIO);
}

TEST(spool_sends_no_record_behind_a_loss_that_it_cannot_count)
{
	struct es_spool_entry e;

	hole_without_a_cursor();
	r.mem.cut_at = r.mem.ops + 1;
	es_spool_close(r.spool);
	memdisk_reboot(&r.mem, MEMDISK_KEEP_NONE, &r.random);
	r.disk.write = whole.write;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(9), &r.spool), 0);
	CHECK_EQ(es_spool_welcome(r.spool, 2), 0);
	CHECK_EQ(es_spool_next(r.spool, 2, &e, buf), 0);
	CHECK_EQ(e.seq, 4);
	es_spool_tick(r.spool, rig_sec(10));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 1);
	rig_done(&r);
}

/* The record behind the hole was read and not handed out: it must not be missed the next time. */
TEST(spool_reads_on_behind_a_loss_when_it_can_be_counted)
{
	struct es_spool_entry e;

	hole_without_a_cursor();
	r.disk.write = whole.write;
	CHECK_EQ(es_spool_next(r.spool, 2, &e, buf), 0);
	CHECK_EQ(e.seq, 4);
	CHECK_EQ(es_spool_next(r.spool, 4, &e, buf), 0);
	CHECK_EQ(e.seq, 5);
	CHECK_EQ(es_spool_stats(r.spool).lost, 1);
	rig_done(&r);
}
