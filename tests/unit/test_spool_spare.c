/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that may stand in a file that could not be read: found, passed over, in doubt, too many. */
#include "agent/spool/spool_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>

static const char first_file[] = "0000000000000001.seg";

static struct rig r;

/* One file for all, n records in it, on disk. */
static void
begin(int n)
{
	rig_init(&r);
	r.cfg.segment_bytes = 1 << 20;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (int i = 0; i < n; i++)
		CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
}

static void
open_again(void)
{
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(10), &r.spool), 0);
}

static void
die(enum memdisk_cut how)
{
	r.mem.cut_at = r.mem.ops + 1;
	es_spool_close(r.spool);
	r.spool = NULL;
	memdisk_reboot(&r.mem, how, &r.random);
}

static struct es_spool_slot
saved(void)
{
	struct memdisk_file *f = memdisk_file(&r.mem, "cursor");
	struct es_spool_slot slot;

	if (f == NULL || es_spool_slot_parse(es_slice_of(f->now, f->n_now), &slot) != 0)
		abort();
	return slot;
}

static uint64_t
n_lost(void)
{
	return es_spool_stats(r.spool).lost;
}

/*
 * 8 and 9 were passed over when 10 was delivered; then a quota drops what is around them, and the
 * collector answers for numbers behind them. That says nothing of 8 and 9.
 */
TEST(spool_numbers_passed_over_stay_lost_when_the_quota_drops_others_around_them)
{
	begin(12);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	es_spool_spare(r.spool, 8, 9);
	es_spool_damage(r.spool, 8, 9, rig_sec(1), rig_sec(2));
	es_spool_sent(r.spool, 10);
	CHECK_EQ(es_spool_give_up(r.spool, 11, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2)), 9);
	CHECK_EQ(es_spool_ack(r.spool, 10), 0);
	CHECK_EQ(n_lost(), 1);
	es_spool_found(r.spool, 8, rig_sec(3));
	es_spool_found(r.spool, 9, rig_sec(3));
	CHECK_EQ(n_lost(), 3);
	rig_done(&r);
}

/* A quota drops 1 to 9 while they are on the way, 4 to 6 unread. What is found of those is in doubt, too. */
TEST(spool_numbers_in_doubt_are_counted_once_when_they_are_found)
{
	static const struct {
		uint64_t has, lost;
	} rows[] = { { 0, 8 }, { 4, 4 }, { 5, 3 }, { 9, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(12);
		CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
		es_spool_spare(r.spool, 4, 6);
		es_spool_sent(r.spool, 9);
		CHECK_EQ(es_spool_give_up(r.spool, 9, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2)), 6);
		es_spool_found(r.spool, 4, rig_sec(3));
		es_spool_found(r.spool, 5, rig_sec(3));
		CHECK_EQ(n_lost(), 8);
		es_spool_hung_up(r.spool);
		CHECK_EQ(es_spool_welcome(r.spool, rows[i].has), 0);
		CHECK_EQ(n_lost(), rows[i].lost);
		es_spool_tick(r.spool, rig_sec(4));
		CHECK_EQ(r.reported[ES_LOSS_QUOTA] + r.reported[ES_LOSS_DISK], rows[i].lost);
		rig_done(&r);
	}
}

/* Of those in doubt only what was sent can be the collector's: 4 and 5; 6 is lost whatever it says. */
TEST(spool_number_that_was_not_sent_is_lost_when_it_is_found)
{
	begin(12);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	es_spool_spare(r.spool, 4, 7);
	es_spool_sent(r.spool, 5);
	CHECK_EQ(es_spool_give_up(r.spool, 9, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2)), 5);
	es_spool_found(r.spool, 6, rig_sec(3));
	CHECK_EQ(n_lost(), 8);
	es_spool_hung_up(r.spool);
	CHECK_EQ(es_spool_welcome(r.spool, 5), 0);
	CHECK_EQ(n_lost(), 3);
	es_spool_tick(r.spool, rig_sec(4));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 1);
	CHECK_EQ(r.reported[ES_LOSS_QUOTA], 2);
	rig_done(&r);
}

/* The collector has up to 5: what is found of that is no loss, the next one is. */
TEST(spool_number_that_was_delivered_is_no_loss_when_it_is_found)
{
	begin(12);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	es_spool_spare(r.spool, 4, 7);
	es_spool_sent(r.spool, 9);
	(void)es_spool_give_up(r.spool, 9, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2));
	CHECK_EQ(es_spool_ack(r.spool, 5), 0);
	CHECK_EQ(n_lost(), 2);
	es_spool_found(r.spool, 5, rig_sec(3));
	CHECK_EQ(n_lost(), 2);
	es_spool_found(r.spool, 6, rig_sec(3));
	CHECK_EQ(n_lost(), 3);
	rig_done(&r);
}

/* Nobody answered yet for 4 to 6 when the process ended: the next one knows that they are in doubt. */
TEST(spool_doubt_of_spare_numbers_outlives_the_process)
{
	struct es_spool_slot slot;

	begin(12);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	es_spool_spare(r.spool, 2, 3);
	es_spool_spare(r.spool, 4, 6);
	es_spool_damage(r.spool, 2, 3, rig_sec(1), rig_sec(2));
	es_spool_sent(r.spool, 9);
	(void)es_spool_give_up(r.spool, 9, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2));
	es_spool_tick(r.spool, rig_sec(3));
	slot = saved();
	for (size_t i = ES_SPOOL_SPARE_MAX - 2; i < ES_SPOOL_SPARE_MAX; i++) {
		CHECK(slot.spare[i].passed);
		CHECK_EQ(slot.spare[i].in_doubt, slot.spare[i].first == 4);
	}
	rig_done(&r);
}

/* Number 5 of 4 to 6 is there, so 4 was given; it is damaged, and both were passed over. */
TEST(spool_numbers_before_a_found_one_were_given)
{
	begin(12);
	es_spool_spare(r.spool, 4, 6);
	es_spool_damage(r.spool, 4, 6, rig_sec(1), rig_sec(2));
	CHECK_EQ(n_lost(), 0);
	es_spool_found(r.spool, 5, rig_sec(3));
	CHECK_EQ(n_lost(), 2);
	CHECK(es_spool_is_given_up(r.spool, 4));
	CHECK(es_spool_is_given_up(r.spool, 5));
	CHECK(!es_spool_is_given_up(r.spool, 6));
	rig_done(&r);
}

/*
 * The last file begins behind spare numbers, so that it holds higher ones than the file before it ends
 * with and the cursor of before a power cut knows: what it may hold is not given a second time.
 */
TEST(spool_gives_no_number_twice_behind_spare_ones)
{
	uint64_t spare_to, next;
	char name[SPOOL_NAME_MAX];

	begin(20);
	die(MEMDISK_KEEP_ALL);
	memdisk_file(&r.mem, first_file)->unreadable = true;
	open_again();
	memdisk_file(&r.mem, first_file)->unreadable = false;
	spare_to = es_spool_next_seq(r.spool) - 1;
	CHECK(spare_to > 30);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(rig_append(&r, 11), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0); /* the cursor is as it was */
	next = es_spool_next_seq(r.spool);
	es_spool_name(es_spool_active(r.spool)->serial, name);
	die(MEMDISK_KEEP_NONE);
	memdisk_file(&r.mem, name)->unreadable = true;
	open_again();
	CHECK(es_spool_next_seq(r.spool) >= next);
	rig_done(&r);
}

/* All files can be read again: what they do not hold was never given, and frees its place. */
TEST(spool_forgets_spare_numbers_when_all_files_are_read)
{
	static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;
	uint64_t next;

	begin(5);
	es_spool_tick(r.spool, rig_sec(2));
	die(MEMDISK_KEEP_ALL);
	memdisk_file(&r.mem, first_file)->unreadable = true;
	open_again();
	CHECK(es_spool_has_spare(r.spool));
	next = es_spool_next_seq(r.spool);
	CHECK_EQ(rig_append(&r, 11), 0);
	die(MEMDISK_KEEP_ALL);
	memdisk_file(&r.mem, first_file)->unreadable = false;
	open_again();
	CHECK(!es_spool_has_spare(r.spool));
	for (uint64_t seq = 0; seq <= 5; seq++) {
		CHECK_EQ(es_spool_next(r.spool, seq, &e, buf), 0);
		CHECK_EQ(e.seq, seq < 5 ? seq + 1 : next);
	}
	CHECK_EQ(n_lost(), 0);
	CHECK_EQ(es_spool_ack(r.spool, next), 0);
	es_spool_tick(r.spool, rig_sec(12));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 0);
	rig_done(&r);
}

/* There is room for six ranges: the oldest that may yet hide a loss is counted, none is lost in silence. */
TEST(spool_counts_the_spare_numbers_it_has_no_room_for)
{
	begin(100);
	CHECK_EQ(es_spool_ack(r.spool, 15), 0);
	for (uint64_t i = 1; i <= ES_SPOOL_SPARE_MAX; i++)
		es_spool_spare(r.spool, 10 * i, 10 * i + 7);
	CHECK_EQ(n_lost(), 0);
	es_spool_spare(r.spool, 80, 87);
	CHECK_EQ(n_lost(), 2); /* 16 and 17; the collector has those before */
	CHECK(!es_spool_is_given_up(r.spool, 15));
	CHECK(es_spool_is_given_up(r.spool, 16));
	CHECK(es_spool_is_given_up(r.spool, 17));
	CHECK(!es_spool_is_given_up(r.spool, 18));
	es_spool_found(r.spool, 17, rig_sec(3));
	CHECK_EQ(n_lost(), 2);
	es_spool_damage(r.spool, 20, 27, rig_sec(1), rig_sec(2));
	CHECK_EQ(n_lost(), 2);
	es_spool_spare(r.spool, 90, 97); /* passed over: still to be counted */
	CHECK_EQ(n_lost(), 10);
	es_spool_tick(r.spool, rig_sec(4));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 10);
	rig_done(&r);
}

/* Ranges that the collector has, or of which the last number was found, make room without a loss. */
TEST(spool_makes_room_where_no_spare_number_can_be_lost)
{
	begin(100);
	for (uint64_t i = 1; i <= ES_SPOOL_SPARE_MAX; i++)
		es_spool_spare(r.spool, 10 * i, 10 * i + 7);
	es_spool_found(r.spool, 37, rig_sec(3));
	es_spool_spare(r.spool, 80, 87);
	CHECK_EQ(n_lost(), 0);
	CHECK_EQ(es_spool_ack(r.spool, 17), 0);
	es_spool_spare(r.spool, 90, 97);
	CHECK_EQ(n_lost(), 0);
	es_spool_damage(r.spool, 20, 97, rig_sec(1), rig_sec(2));
	CHECK_EQ(n_lost(), 78 - 8 * ES_SPOOL_SPARE_MAX);
	rig_done(&r);
}

/* Each of the six was in doubt until the collector said that it has nothing: what is found is lost. */
TEST(spool_doubt_of_every_spare_range_ends_with_the_next_welcome)
{
	for (uint64_t k = 1; k <= ES_SPOOL_SPARE_MAX; k++) {
		begin(100);
		CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
		for (uint64_t i = 1; i <= ES_SPOOL_SPARE_MAX; i++)
			es_spool_spare(r.spool, 10 * i, 10 * i + 7);
		es_spool_sent(r.spool, 98);
		(void)es_spool_give_up(r.spool, 98, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2));
		es_spool_hung_up(r.spool);
		CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
		CHECK_EQ(n_lost(), 98 - 8 * ES_SPOOL_SPARE_MAX);
		es_spool_sent(r.spool, 100);
		CHECK_EQ(es_spool_ack(r.spool, 100), 0);
		es_spool_found(r.spool, 10 * k, rig_sec(3));
		CHECK_EQ(n_lost(), 98 - 8 * ES_SPOOL_SPARE_MAX + 1);
		rig_done(&r);
	}
}

static int
store_one(void *ctx, const struct es_loss *loss)
{
	struct es_ipc_pair none = { 0, 0 };

	(void)ctx;
	return es_spool_append(
	    r.spool, rig_sec(3), none, es_slice_of(&loss->count, sizeof(loss->count)));
}

/* The last thing before the kill was a loss record, and it cannot be read: its number was given. */
TEST(spool_number_of_a_loss_record_is_no_spare_one)
{
	struct memdisk_file *f;

	begin(5);
	es_spool_close(r.spool);
	r.cfg.lost = store_one;
	open_again();
	f = memdisk_file(&r.mem, first_file);
	f->readable_to = f->n_now;
	CHECK_EQ(es_spool_unsendable(r.spool, 3, rig_sec(2)), 0);
	es_spool_report(r.spool);
	CHECK_EQ(es_spool_next_seq(r.spool), 7);
	die(MEMDISK_KEEP_ALL);
	f->unreadable = true;
	open_again();
	CHECK_EQ(saved().spare[ES_SPOOL_SPARE_MAX - 1].first, 7);
	rig_done(&r);
}
