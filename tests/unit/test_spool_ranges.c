/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of lost numbers at their first and last, and what opening counts, tries and closes. */
#include "agent/spool/spool_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>
#include <zlib.h>

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

static struct es_spool_slot
saved(void)
{
	struct memdisk_file *f = memdisk_file(&r.mem, "cursor");
	struct es_spool_slot slot;

	if (f == NULL || es_spool_slot_parse(es_slice_of(f->now, f->n_now), &slot) != 0)
		abort();
	return slot;
}

TEST(spool_loss_without_numbers_names_none)
{
	struct es_loss loss;

	begin(3);
	CHECK_EQ(
	    es_spool_forgo(r.spool, rig_sec(2), (struct es_ipc_pair){ 99, 7 }, 4, ES_LOSS_MEMORY),
	    0);
	loss = saved().pending[ES_LOSS_MEMORY];
	CHECK_EQ(loss.count, 4);
	CHECK_EQ(loss.first_seq, 0);
	CHECK_EQ(loss.last_seq, 0);
	r.reported_first = r.reported_last = 99;
	es_spool_tick(r.spool, rig_sec(3));
	CHECK_EQ(r.reported[ES_LOSS_MEMORY], 4);
	CHECK_EQ(r.reported_first, 0);
	CHECK_EQ(r.reported_last, 0);
	rig_done(&r);
}

/* Lost one by one: two neighbours are one range, whichever of them was lost first. */
TEST(spool_ranges_that_touch_become_one)
{
	static const struct {
		uint64_t lost[2];
		uint32_t n;
	} rows[] = { { { 5, 6 }, 1 }, { { 6, 5 }, 1 }, { { 5, 7 }, 2 }, { { 7, 5 }, 2 } };
	struct es_spool_slot slot;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(9);
		for (int k = 0; k < 2; k++)
			CHECK_EQ(es_spool_unsendable(r.spool, rows[i].lost[k], rig_sec(2)), 0);
		slot = saved();
		CHECK_EQ(slot.n_gone, rows[i].n);
		CHECK_EQ(slot.gone[0].first, 5);
		CHECK_EQ(slot.gone[slot.n_gone - 1].last, rows[i].n == 1 ? 6 : 7);
		CHECK_EQ(slot.pending[ES_LOSS_REFUSED].count, 2);
		rig_done(&r);
	}
}

/* Number 1 was perhaps never given: what is counted around it leaves it out, until it is found. */
TEST(spool_spare_number_one_is_no_counted_one)
{
	begin(9);
	es_spool_spare(r.spool, 1, 1);
	es_spool_damage(r.spool, 1, 3, rig_sec(1), rig_sec(2));
	CHECK_EQ(es_spool_stats(r.spool).lost, 2);
	CHECK(!es_spool_is_given_up(r.spool, 1));
	CHECK(es_spool_is_given_up(r.spool, 2));
	CHECK(es_spool_is_given_up(r.spool, 3));
	es_spool_found(r.spool, 1, rig_sec(1));
	CHECK_EQ(es_spool_stats(r.spool).lost, 3);
	CHECK(es_spool_is_given_up(r.spool, 1));
	rig_done(&r);
}

/* They were passed over when later ones were delivered; numbers in doubt before them change nothing. */
TEST(spool_spare_numbers_beyond_those_in_doubt_are_lost_when_found)
{
	begin(12);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	es_spool_sent(r.spool, 3);
	es_spool_spare(r.spool, 8, 9);
	CHECK_EQ(es_spool_give_up(r.spool, 3, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2)), 3);
	es_spool_damage(r.spool, 7, 9, rig_sec(1), rig_sec(2));
	CHECK_EQ(es_spool_stats(r.spool).lost, 4);
	CHECK_EQ(es_spool_ack(r.spool, 12), 0);
	CHECK_EQ(es_spool_stats(r.spool).lost, 1);
	es_spool_found(r.spool, 8, rig_sec(1));
	CHECK_EQ(es_spool_stats(r.spool).lost, 2);
	rig_done(&r);
}

/* Two losses of one reason are one; where only one has numbers they are its numbers. */
TEST(spool_loss_without_numbers_takes_none_from_another)
{
	struct es_ipc_pair none = { 0, 0 };

	begin(9);
	CHECK_EQ(es_spool_unsendable(r.spool, 4, rig_sec(2)), 0);
	CHECK_EQ(es_spool_forgo(r.spool, rig_sec(3), none, 2, ES_LOSS_REFUSED), 0);
	es_spool_tick(r.spool, rig_sec(4));
	CHECK_EQ(r.reported[ES_LOSS_REFUSED], 3);
	CHECK_EQ(r.reported_first, 4);
	CHECK_EQ(r.reported_last, 4);
	rig_done(&r);
}

/* The collector has 3: of 3 to 5 two are lost. */
TEST(spool_loss_does_not_count_what_was_acknowledged)
{
	begin(9);
	CHECK_EQ(es_spool_ack(r.spool, 3), 0);
	es_spool_damage(r.spool, 3, 5, rig_sec(1), rig_sec(2));
	CHECK_EQ(es_spool_stats(r.spool).lost, 2);
	es_spool_damage(r.spool, 1, 3, rig_sec(1), rig_sec(2));
	CHECK_EQ(es_spool_stats(r.spool).lost, 2);
	rig_done(&r);
}

/* One record of 48 and 24 bytes is damaged in the middle. */
TEST(spool_counts_the_bytes_that_opening_passed_over)
{
	begin(5);
	es_spool_close(r.spool);
	memdisk_file(&r.mem, first_file)->now[64 + 48 + 16 + 50] ^= 1;
	open_again();
	CHECK_EQ(es_spool_stats(r.spool).skipped_bytes, 48 + 24);
	rig_done(&r);
}

/* Five were in doubt and the collector has two of them: three are lost, and they begin at the third. */
TEST(spool_loss_begins_behind_what_was_delivered)
{
	begin(9);
	CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
	es_spool_sent(r.spool, 5);
	CHECK_EQ(es_spool_give_up(r.spool, 5, ES_LOSS_QUOTA, rig_sec(1), rig_sec(2)), 5);
	CHECK_EQ(es_spool_ack(r.spool, 2), 0);
	es_spool_hung_up(r.spool);
	CHECK_EQ(es_spool_welcome(r.spool, 2), 0);
	es_spool_tick(r.spool, rig_sec(3));
	CHECK_EQ(r.reported[ES_LOSS_QUOTA], 3);
	CHECK_EQ(r.reported_first, 3);
	CHECK_EQ(r.reported_last, 5);
	rig_done(&r);
}

/* Or files of one directory, copied into another, would be taken for its own. */
TEST(spool_directories_have_each_their_own_salt)
{
	uint8_t id[2][ES_SPOOL_EPOCH_BYTES];
	static const uint8_t none[8];

	for (size_t i = 0; i < 2; i++) {
		rig_init(&r);
		r.random = 7 + i;
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
		es_spool_epoch(r.spool, id[i]);
		CHECK(memcmp(id[i], none, sizeof(none)) != 0);
		rig_done(&r);
	}
	CHECK(memcmp(id[0], id[1], sizeof(none)) != 0);
}

/* Calls of the disk, on their way to the one in memory. */
static struct es_disk in_memory;
static int n_open;        /* handles, now */
static unsigned n_opened; /* calls for one file */
static unsigned n_more;   /* files that the directory lists and that cannot be opened */

static int
counted_open(void *ctx, const char *name, enum es_disk_mode mode)
{
	int file = in_memory.open(ctx, name, mode);

	n_opened += strcmp(name, first_file) == 0;
	n_open += file >= 0;
	return file;
}

static void
counted_close(void *ctx, int file)
{
	n_open--;
	in_memory.close(ctx, file);
}

static int
list_more(void *ctx, void (*each)(void *arg, const char *name, uint64_t n_bytes), void *arg)
{
	char name[SPOOL_NAME_MAX];
	int err = in_memory.list(ctx, each, arg);

	for (unsigned i = 0; i < n_more; i++) {
		es_spool_name(1000 + i, name);
		each(arg, name, 0);
	}
	return err;
}

static void
count_calls(void)
{
	in_memory = r.disk;
	r.disk.open = counted_open;
	r.disk.close = counted_close;
	r.disk.list = list_more;
	n_open = 0;
	n_opened = n_more = 0;
}

TEST(spool_closes_every_file_it_opened)
{
	uint64_t last;

	begin(5);
	es_spool_close(r.spool);
	count_calls();
	open_again();
	CHECK_EQ(rig_append(&r, 11), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(rig_read(&r, 0, &last), 6);
	es_spool_tick(r.spool, rig_sec(12));
	CHECK(n_open > 0);
	es_spool_close(r.spool);
	r.spool = NULL;
	CHECK_EQ(n_open, 0);
	rig_done(&r);
}

TEST(spool_tries_a_file_that_cannot_be_opened_so_often_and_no_more)
{
	begin(5);
	es_spool_close(r.spool);
	count_calls();
	memdisk_file(&r.mem, first_file)->unreadable = true;
	open_again();
	CHECK_EQ(n_opened, SPOOL_TRIES);
	rig_done(&r);
}

/* As many files as there is room for, next to the one to be written: the oldest is read. With one more not. */
TEST(spool_reads_as_many_files_as_it_has_room_for)
{
	uint64_t last;

	for (unsigned over = 0; over < 2; over++) {
		begin(5);
		es_spool_close(r.spool);
		count_calls();
		n_more = SPOOL_SEGMENTS_MAX - 2 + over;
		open_again();
		CHECK_EQ(rig_read(&r, 0, &last), over == 0 ? 5 : 0);
		rig_done(&r);
	}
}

/* A cursor of version 1: nothing was acknowledged, damage up to `reported` is in the counts. */
static void
write_version_1(uint64_t reported)
{
	struct memdisk_file *f = memdisk_file(&r.mem, "cursor");
	uint8_t *s = f->now, zero[8] = { 0 };
	uint32_t crc;

	memset(s, 0, ES_SPOOL_SLOT_1_BYTES);
	memcpy(s, "EScur001", 8);
	s[8] = 7;
	memcpy(s + 16, memdisk_file(&r.mem, first_file)->now + 8, 16); /* salt, epoch */
	s[40] = (uint8_t)reported;
	crc = (uint32_t)crc32(crc32(0, zero, sizeof(zero)), s, 60);
	for (int i = 0; i < 4; i++)
		s[60 + i] = (uint8_t)(crc >> (8 * i));
	f->n_now = ES_SPOOL_SLOT_1_BYTES;
	(void)r.disk.remove(&r.mem, "cursor.2");
}

/* Record 2 is damaged; the third one, counted with it once, can be read again. */
TEST(spool_counts_no_damage_that_version_1_had_reported)
{
	for (uint64_t reported = 2; reported <= 4; reported++) {
		begin(5);
		es_spool_close(r.spool);
		write_version_1(reported);
		memdisk_file(&r.mem, first_file)->now[64 + 48 + 16 + 50] ^= 1;
		open_again();
		CHECK_EQ(es_spool_stats(r.spool).lost, 0);
		CHECK_EQ(saved().pending[ES_LOSS_DISK].count, 0);
		rig_done(&r);
	}
}

/* Nor does the reader, who comes by later, nor the next life, whose cursor is of version 2. */
TEST(spool_reader_counts_no_damage_that_version_1_had_reported)
{
	uint64_t last;

	for (uint64_t reported = 1; reported <= 3; reported++) {
		begin(5);
		es_spool_close(r.spool);
		write_version_1(reported);
		memdisk_file(&r.mem, first_file)->now[64 + 48 + 16 + 50] ^= 1;
		for (int life = 0; life < 2; life++) {
			open_again();
			CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
			CHECK_EQ(rig_read(&r, 0, &last), 4);
			es_spool_tick(r.spool, rig_sec(11));
			es_spool_close(r.spool);
		}
		r.spool = NULL;
		CHECK_EQ(r.reported[ES_LOSS_DISK], reported < 2);
		rig_done(&r);
	}
}

/* One file of each version, as an upgrade leaves them that did not end: the newer one is believed. */
TEST(spool_believes_the_newer_cursor_of_whichever_version)
{
	static const char *const names[] = { "cursor", "cursor.2" };
	struct es_spool_slot slot;
	struct memdisk_file *f;

	for (int i = 0; i < 4; i++) {
		begin(5);
		CHECK_EQ(es_spool_ack(r.spool, 3), 0);
		es_spool_close(r.spool);
		slot = saved();
		slot.generation = i < 2 ? 6 : 8; /* version 1: 7 */
		write_version_1(4);
		if (i % 2 == 1)
			CHECK_EQ(r.disk.rename(&r.mem, names[0], names[1]), 0);
		CHECK(r.disk.open(&r.mem, names[(i + 1) % 2], ES_DISK_CREATE) >= 0);
		f = memdisk_file(&r.mem, names[(i + 1) % 2]);
		f->now = realloc(f->now, ES_SPOOL_SLOT_BYTES);
		if (f->now == NULL)
			abort();
		es_spool_slot_encode(&slot, f->now);
		f->n_now = ES_SPOOL_SLOT_BYTES;
		open_again();
		CHECK_EQ(es_spool_acked_seq(r.spool), i < 2 ? 0 : 3);
		CHECK_EQ(r.spool->reported_seq, i < 2 ? 4 : 0);
		CHECK_EQ(memdisk_file(&r.mem, names[0])->n_now, ES_SPOOL_SLOT_BYTES);
		CHECK_EQ(memdisk_file(&r.mem, names[1])->n_now, ES_SPOOL_SLOT_BYTES);
		CHECK_EQ(saved().acked_seq, i < 2 ? 0 : 3);
		rig_done(&r);
	}
}

/* The cursors are lost and one record is all there is: it is read, under its number. */
TEST(spool_without_cursors_reads_its_only_record)
{
	uint64_t last;

	begin(1);
	es_spool_close(r.spool);
	(void)r.disk.remove(&r.mem, "cursor");
	(void)r.disk.remove(&r.mem, "cursor.2");
	open_again();
	CHECK_EQ(es_spool_next_seq(r.spool), 2);
	CHECK_EQ(rig_read(&r, 0, &last), 1);
	CHECK_EQ(last, 1);
	CHECK_EQ(es_spool_stats(r.spool).lost, 0);
	rig_done(&r);
}
