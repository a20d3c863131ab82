/* SPDX-License-Identifier: Apache-2.0 */
/* The disk refuses one thing and takes the others: what the spool says, counts and keeps. */
#include "agent/spool/spool_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

static struct rig r;
static struct es_disk whole; /* the rig's */
static int refuse_sync;      /* so many to come */
static int refuse_records;   /* writes behind a header, so many to come */
static int refuse_with;
static int refuse_names;  /* syncs of the directory, so many to come */
static bool keep_names;   /* nothing can be removed */
static int refuse_cursor; /* from this one on, of those opened for this: */
static enum es_disk_mode cursor_mode;
static unsigned n_cursor;

static int
sync_or_not(void *ctx, int file)
{
	return refuse_sync-- > 0 ? ES_EIO : whole.sync(ctx, file);
}

static int64_t
write_or_not(void *ctx, int file, const void *from, size_t n_bytes, uint64_t at)
{
	if (at >= ES_SPOOL_HEADER_BYTES && refuse_records-- > 0)
		return refuse_with;
	return whole.write(ctx, file, from, n_bytes, at);
}

static int
sync_dir_or_not(void *ctx)
{
	return refuse_names-- > 0 ? ES_EIO : whole.sync_dir(ctx);
}

static int
remove_or_not(void *ctx, const char *name)
{
	return keep_names ? ES_EIO : whole.remove(ctx, name);
}

static int
say_synced(void *ctx)
{
	(void)ctx;
	return 0;
}

static int
open_or_not(void *ctx, const char *name, enum es_disk_mode mode)
{
	if (mode == cursor_mode && strncmp(name, "cursor", 6) == 0) {
		n_cursor += strcmp(name, "cursor") == 0;
		if (refuse_cursor-- > 0)
			return ES_EIO;
	}
	return whole.open(ctx, name, mode);
}

static void
begin(int n)
{
	rig_init(&r);
	whole = r.disk;
	refuse_sync = refuse_records = refuse_cursor = refuse_names = 0;
	keep_names = false;
	refuse_with = ES_EIO;
	cursor_mode = ES_DISK_WRITE;
	n_cursor = 0;
	r.cfg.segment_bytes = 1 << 20;
	r.disk.sync = sync_or_not;
	r.disk.write = write_or_not;
	r.disk.open = open_or_not;
	r.disk.sync_dir = sync_dir_or_not;
	r.disk.remove = remove_or_not;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (int i = 0; i < n; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
}

static void
end_and_open(enum memdisk_cut how)
{
	r.mem.cut_at = r.mem.ops + 1;
	es_spool_close(r.spool);
	memdisk_reboot(&r.mem, how, &r.random);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(5), &r.spool), 0);
}

/* A sync is refused and so are the records in the new segment: that one must not take their place. */
TEST(spool_uses_no_new_segment_that_lacks_the_records)
{
	uint64_t last;

	begin(3);
	refuse_sync = refuse_records = 1;
	CHECK_EQ(es_spool_sync(r.spool), ES_EIO);
	CHECK_EQ(es_spool_synced_seq(r.spool), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(rig_read(&r, 0, &last), 3);
	rig_done(&r);
}

/* The records moved to a new segment: one error, and the disk is suspect from now on. */
TEST(spool_counts_the_sync_that_was_refused)
{
	uint64_t last;

	begin(3);
	CHECK(!es_spool_stats(r.spool).suspect);
	CHECK_EQ(es_spool_stats(r.spool).disk_errors, 0);
	refuse_sync = 1;
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_stats(r.spool).disk_errors, 1);
	CHECK(es_spool_stats(r.spool).suspect);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_stats(r.spool).disk_errors, 1);
	CHECK_EQ(rig_read(&r, 0, &last), 3);
	rig_done(&r);
}

/* No segment takes the record, however new: the caller hears of an error that it knows. */
TEST(spool_says_that_the_disk_failed_when_no_segment_takes_a_record)
{
	uint64_t last;

	begin(0);
	refuse_records = 2;
	CHECK_EQ(rig_append(&r, 1), ES_EIO);
	CHECK_EQ(es_spool_next_seq(r.spool), 1);
	refuse_records = 1;
	CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(rig_read(&r, 0, &last), 1);
	rig_done(&r);
}

TEST(spool_keeps_its_epoch_when_a_new_one_cannot_be_written)
{
	uint64_t before;

	begin(3);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_welcome(r.spool, 2), 0);
	es_spool_prove(r.spool, 2, 77);
	before = rig_epoch_of(r.spool);
	refuse_sync = 1; /* of the new segment */
	CHECK_EQ(es_spool_renew_epoch(r.spool, rig_sec(2)), ES_EIO);
	CHECK_EQ(rig_epoch_of(r.spool), before);
	CHECK_EQ(es_spool_proof(r.spool, &before), 77);
	CHECK_EQ(es_spool_renew_epoch(r.spool, rig_sec(2)), 0);
	CHECK(rig_epoch_of(r.spool) != before);
	rig_done(&r);
}

/* Or the record could be delivered twice: nobody would know after a kill that it was on its way. */
TEST(spool_reports_no_loss_before_the_cursor_says_by_which_record)
{
	begin(5);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_unsendable(r.spool, 3, rig_sec(2)), 0);
	refuse_cursor = 1000;
	es_spool_tick(r.spool, rig_sec(3));
	CHECK_EQ(r.reported[ES_LOSS_REFUSED], 0);
	CHECK(es_spool_has_unreported(r.spool));
	refuse_cursor = 0;
	es_spool_tick(r.spool, rig_sec(4));
	CHECK_EQ(r.reported[ES_LOSS_REFUSED], 1);
	CHECK(!es_spool_has_unreported(r.spool));
	rig_done(&r);
}

/* Neither file can be read: ten times, then the numbers are guessed from the segments. */
TEST(spool_tries_to_read_its_cursor_ten_times)
{
	for (int more = 0; more < 2; more++) {
		begin(5);
		es_spool_tick(r.spool, rig_sec(2));
		CHECK_EQ(es_spool_ack(r.spool, 3), 0);
		es_spool_close(r.spool);
		n_cursor = 0;
		cursor_mode = ES_DISK_READ;
		refuse_cursor = 2 * (SPOOL_TRIES - 1 + more); /* two files */
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(3), &r.spool), 0);
		CHECK_EQ(n_cursor, SPOOL_TRIES);
		CHECK_EQ(es_spool_acked_seq(r.spool), more == 0 ? 3 : 0);
		rig_done(&r);
	}
}

/* What no record reports yet waits like a record; what one reports is that record. */
TEST(spool_losses_that_wait_are_counted_with_the_records)
{
	struct es_ipc_pair none = { 0, 0 };

	begin(4);
	for (uint64_t i = 0; i < ES_SPOOL_REASONS; i++) {
		CHECK_EQ(es_spool_stats(r.spool).records, 4 + i);
		CHECK_EQ(es_spool_forgo(r.spool, rig_sec(2), none, 9, (enum es_loss_reason)i), 0);
	}
	CHECK_EQ(es_spool_stats(r.spool).records, 4 + ES_SPOOL_REASONS);
	es_spool_tick(r.spool, rig_sec(3));
	CHECK_EQ(r.spool->slot.reported[0].count, 9);
	CHECK_EQ(es_spool_stats(r.spool).records, 4);
	rig_done(&r);
}

/* A quota took the oldest segment and counted it, but the disk refused the cursor, so the file is still here. */
TEST(spool_sends_nothing_that_it_counted_as_lost)
{
	static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;
	uint64_t n;

	begin(0);
	es_spool_close(r.spool);
	r.cfg.segment_bytes = 1024;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (int i = 0; i < 40; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	refuse_cursor = 1000;
	CHECK(!es_spool_drop_oldest(r.spool, ES_LOSS_QUOTA));
	refuse_cursor = 0;
	n = es_spool_stats(r.spool).lost;
	CHECK(n > 3);
	CHECK_EQ(es_spool_next(r.spool, 0, &e, buf), 0);
	CHECK_EQ(e.seq, n + 1);
	CHECK_EQ(es_spool_next(r.spool, 2, &e, buf), 0);
	CHECK_EQ(e.seq, n + 1);
	es_spool_tick(r.spool, rig_sec(2));
	CHECK_EQ(r.reported[ES_LOSS_QUOTA], n);
	CHECK_EQ(r.reported_last, n);
	CHECK_EQ(es_spool_stats(r.spool).lost, n);
	rig_done(&r);
}

/* The process that made the files was killed before it synced their names: the next one does. */
TEST(spool_syncs_the_names_that_it_finds)
{
	uint64_t last;

	begin(0);
	es_spool_close(r.spool);
	memdisk_done(&r.mem);
	memdisk_init(&r.mem, &whole);
	r.disk.sync_dir = say_synced;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	es_spool_close(r.spool);
	r.disk.sync_dir = sync_dir_or_not;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(1), &r.spool), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	end_and_open(MEMDISK_KEEP_NONE);
	CHECK_EQ(rig_read(&r, 0, &last), 3);
	rig_done(&r);
}

/* Both files of the cursor are made again and their names are not synced: nothing is counted yet. */
TEST(spool_counts_nothing_in_a_cursor_without_a_name)
{
	begin(5);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(r.disk.remove(&r.mem, "cursor"), 0);
	CHECK_EQ(r.disk.remove(&r.mem, "cursor.2"), 0);
	CHECK_EQ(whole.sync_dir(&r.mem), 0);
	refuse_names = 2;
	CHECK_EQ(es_spool_unsendable(r.spool, 3, rig_sec(2)), ES_EIO);
	CHECK_EQ(es_spool_unsendable(r.spool, 3, rig_sec(2)), 0);
	end_and_open(MEMDISK_KEEP_NONE);
	es_spool_tick(r.spool, rig_sec(6));
	CHECK_EQ(r.reported[ES_LOSS_REFUSED], 1);
	rig_done(&r);
}

/*
 * A new segment got its name, but the disk said otherwise and keeps it. Were the next records written
 * behind the old ones, a start that cannot read those would give their numbers again.
 */
TEST(spool_gives_no_number_twice_when_a_new_segment_stays_behind)
{
	struct memdisk_file *f;

	begin(3);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	f = memdisk_file(&r.mem, "0000000000000001.seg");
	f->readable_to = f->n_now;
	refuse_names = 1;
	keep_names = true;
	CHECK_EQ(es_spool_renew_epoch(r.spool, rig_sec(2)), ES_EIO);
	keep_names = false;
	for (int i = 0; i < 2; i++)
		CHECK_EQ(rig_append(&r, 3), 0);
	CHECK_EQ(es_spool_next_seq(r.spool), 6);
	f->unreadable = true;
	end_and_open(MEMDISK_KEEP_ALL);
	CHECK(es_spool_next_seq(r.spool) >= 6);
	rig_done(&r);
}

/*
 * The only file cannot be read, so that numbers are left out. Were they not on disk before the next one is
 * given, a start after a kill would count them as lost.
 */
TEST(spool_gives_no_number_before_it_is_noted_which_are_left_out)
{
	struct memdisk_file *f;

	begin(5);
	es_spool_tick(r.spool, rig_sec(2));
	r.mem.cut_at = r.mem.ops + 1;
	es_spool_close(r.spool);
	r.spool = NULL;
	memdisk_reboot(&r.mem, MEMDISK_KEEP_ALL, NULL);
	f = memdisk_file(&r.mem, "0000000000000001.seg");
	f->unreadable = true;
	refuse_cursor = 2;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(3), &r.spool), ES_EIO);
	r.spool = NULL;
	refuse_cursor = 1; /* one of two files is enough */
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(3), &r.spool), 0);
	rig_done(&r);
}

/* Each of two segments that cannot be read is tried as often, then passed over. */
TEST(spool_tries_each_unreadable_segment_as_often)
{
	static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;
	uint64_t last;
	int n = 0;

	begin(0);
	es_spool_close(r.spool);
	r.cfg.segment_bytes = 1024;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (int i = 0; i < 40; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK(r.spool->n_segments > 2);
	last = r.spool->segments[1].last_seq;
	for (int i = 0; i < 2; i++) {
		char name[SPOOL_NAME_MAX];

		es_spool_name(r.spool->segments[i].serial, name);
		memdisk_file(&r.mem, name)->unreadable = true;
	}
	while (n < 5 * SPOOL_TRIES && es_spool_next(r.spool, 0, &e, buf) == ES_EIO)
		n++;
	CHECK_EQ(n, 2 * (SPOOL_TRIES - 1));
	CHECK_EQ(e.seq, last + 1);
	CHECK_EQ(es_spool_stats(r.spool).lost, last);
	rig_done(&r);
}
