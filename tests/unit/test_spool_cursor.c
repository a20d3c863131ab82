/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's cursor: upgraded, torn, lost, refused; and what depends on it. */
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <zlib.h>

static void
fill(struct rig *r, int n)
{
	int i;

	for (i = 0; i < n; i++)
		CHECK_EQ(rig_append(r, i), 0);
	CHECK_EQ(es_spool_sync(r->spool), 0);
}

static void
put_le64(uint8_t *at, uint64_t v)
{
	int i;

	for (i = 0; i < 8; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

/* One file as the version before wrote it: two slots, the second one newer. */
static void
write_version_1(struct rig *r, uint64_t acked, uint64_t reported)
{
	struct memdisk_file *f = memdisk_file(&r->mem, "cursor");
	uint8_t bytes[128] = { 0 }, zero[8] = { 0 };
	const uint8_t *header = memdisk_file(&r->mem, "0000000000000001.seg")->now;
	uint32_t crc;
	int i, k;

	for (i = 0; i < 2; i++) {
		uint8_t *s = bytes + 64 * i;

		memcpy(s, "EScur001", 8);
		put_le64(s + 8, 7 + (uint64_t)i);
		memcpy(s + 16, header + 8, 16); /* salt, epoch */
		put_le64(s + 32, i == 0 ? 1 : acked);
		put_le64(s + 40, reported);
		crc = (uint32_t)crc32(crc32(0, zero, 8), s, 60);
		for (k = 0; k < 4; k++)
			s[60 + k] = (uint8_t)(crc >> (8 * k));
	}
	(void)r->disk.remove(&r->mem, "cursor.2");
	memcpy(f->now, bytes, sizeof(bytes));
	f->n_now = sizeof(bytes);
}

TEST(spool_continues_from_a_cursor_of_version_1)
{
	static struct rig r;
	uint64_t epoch, last;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	epoch = rig_epoch_of(r.spool);
	fill(&r, 40);
	es_spool_close(r.spool);
	write_version_1(&r, 3, 0);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(50), &r.spool), 0);
	CHECK_EQ(rig_epoch_of(r.spool), epoch);
	CHECK_EQ(es_spool_acked_seq(r.spool), 3);
	CHECK_EQ(es_spool_sent_seq(r.spool), UINT64_MAX);
	CHECK_EQ(rig_read(&r, 3, &last), 37);
	CHECK_EQ(memdisk_file(&r.mem, "cursor")->n_now, ES_SPOOL_SLOT_BYTES); /* replaced */
	CHECK_EQ(memdisk_file(&r.mem, "cursor.2")->n_now, ES_SPOOL_SLOT_BYTES);
	es_spool_tick(r.spool, rig_sec(51));
	CHECK_EQ(es_spool_stats(r.spool).lost, 0);
	rig_done(&r);
}

/* That version dropped segments and reported them by records alone: no loss once more. */
TEST(spool_counts_nothing_again_that_version_1_gave_up)
{
	static struct rig r;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 40);
	es_spool_close(r.spool);
	write_version_1(&r, 3, 0);
	(void)r.disk.remove(&r.mem, "0000000000000001.seg");
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(50), &r.spool), 0);
	CHECK(es_spool_acked_seq(r.spool) > 3);
	CHECK_EQ(es_spool_stats(r.spool).lost, 0);
	rig_done(&r);
}

/* Both files are gone: what the collector has not got before the first record here is lost. */
TEST(spool_without_a_cursor_counts_what_the_collector_lacks)
{
	static struct rig r;
	uint64_t epoch, first;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	epoch = rig_epoch_of(r.spool);
	fill(&r, 40);
	es_spool_close(r.spool);
	(void)r.disk.remove(&r.mem, "cursor");
	(void)r.disk.remove(&r.mem, "cursor.2");
	(void)r.disk.remove(&r.mem, "0000000000000001.seg");
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(50), &r.spool), 0);
	CHECK_EQ(rig_epoch_of(r.spool), epoch);
	first = es_spool_acked_seq(r.spool) + 1;
	CHECK(first > 5);
	es_spool_tick(r.spool, rig_sec(51));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 0); /* the collector may have all of it */
	CHECK_EQ(es_spool_welcome(r.spool, 2), 0);
	es_spool_tick(r.spool, rig_sec(52));
	CHECK_EQ(r.reported[ES_LOSS_DISK], first - 3);
	CHECK_EQ(r.reported_first, 3);
	CHECK_EQ(r.reported_last, first - 1);
	rig_done(&r);
}

TEST(spool_does_without_one_file_of_its_cursor)
{
	static struct rig r;
	static const char *const names[2] = { "cursor", "cursor.2" };
	int i, how;

	for (i = 0; i < 2; i++)
		for (how = 0; how < 3; how++) {
			rig_init(&r);
			CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
			fill(&r, 40);
			CHECK_EQ(es_spool_ack(r.spool, 25), 0);
			es_spool_close(r.spool);
			if (how == 0)
				(void)r.disk.remove(&r.mem, names[i]);
			else if (how == 1)
				memdisk_file(&r.mem, names[i])->n_now = 100;
			else
				memdisk_file(&r.mem, names[i])->now[40] ^= 1;
			CHECK_EQ(es_spool_open(&r.cfg, rig_sec(50), &r.spool), 0);
			CHECK_EQ(es_spool_acked_seq(r.spool), 25);
			CHECK_EQ(es_spool_stats(r.spool).lost, 0);
			rig_done(&r);
		}
}

/* What the disk holds stays, the process gets no word in. */
static void
kill_it(struct rig *r)
{
	r->mem.cut_at = r->mem.ops + 1;
	es_spool_close(r->spool);
	memdisk_reboot(&r->mem, MEMDISK_KEEP_ALL, &r->random);
}

/*
 * One of its files cannot be read, for good or for a while: the other is taken. Both were taken for lost:
 * what a quota had dropped and counted was counted once more. The file that can be read later is the older.
 */
TEST(spool_with_one_unreadable_cursor_goes_by_the_other)
{
	static struct rig r;
	static const char *const names[2] = { "cursor", "cursor.2" };
	struct memdisk_file *f;
	uint64_t acked;

	for (int i = 0; i < 2; i++)
		for (size_t readable_to = 0; readable_to <= 100; readable_to += 100) {
			rig_init(&r);
			r.cfg.max_bytes = 3000;
			CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
			fill(&r, 60);
			es_spool_tick(r.spool, rig_sec(60));
			CHECK(r.reported[ES_LOSS_QUOTA] > 10);
			for (int s = 61; s < 81; s++) { /* the first file alone */
				es_spool_hung_up(r.spool);
				es_spool_tick(r.spool, rig_sec(s));
			}
			kill_it(&r);
			f = memdisk_file(&r.mem, names[i]);
			f->unreadable = true;
			f->readable_to = readable_to;
			CHECK_EQ(es_spool_open(&r.cfg, rig_sec(90), &r.spool), 0);
			CHECK_EQ(es_spool_welcome(r.spool, 0), 0);
			CHECK_EQ(es_spool_stats(r.spool).lost, 0);
			acked = es_spool_synced_seq(r.spool) - 1;
			CHECK_EQ(es_spool_ack(r.spool, acked), 0);
			kill_it(&r);
			f->unreadable = false;
			CHECK_EQ(es_spool_open(&r.cfg, rig_sec(95), &r.spool), 0);
			CHECK_EQ(es_spool_acked_seq(r.spool), acked);
			rig_done(&r);
		}
}

/* The cursor cannot be written: nothing may go that is not counted. */
TEST(spool_keeps_its_oldest_records_when_their_loss_cannot_be_counted)
{
	static struct rig r;
	uint64_t segments;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 60);
	segments = es_spool_stats(r.spool).segments;
	r.mem.fail_at = r.mem.ops + 1;
	r.mem.fail_n = 1000;
	r.mem.fail_with = ES_EIO;
	es_spool_tick(r.spool, rig_sec(700000));
	CHECK_EQ(es_spool_stats(r.spool).segments, segments);
	CHECK(es_spool_stats(r.spool).disk_errors > 0);
	r.mem.fail_at = 0;
	es_spool_tick(r.spool, rig_sec(700000));
	es_spool_tick(r.spool, rig_sec(700001));
	CHECK(es_spool_stats(r.spool).segments < segments);
	CHECK_EQ(r.reported[ES_LOSS_AGE], 60);
	rig_done(&r);
}

TEST(spool_that_has_nothing_to_do_leaves_the_disk_alone)
{
	static struct rig r;
	uint64_t ops;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 5);
	es_spool_tick(r.spool, rig_sec(6));
	ops = r.mem.ops;
	es_spool_tick(r.spool, rig_sec(7));
	CHECK_EQ(r.mem.ops, ops);
	CHECK_EQ(es_spool_ack(r.spool, 5), 0);
	es_spool_tick(r.spool, rig_sec(8));
	CHECK_EQ(r.mem.ops, ops + 2); /* open and write one file of the cursor; no sync */
	rig_done(&r);
}

/* Missing numbers of IPC: counted with the pair, so that neither a kill nor the next life repeats them. */
TEST(spool_counts_what_the_ipc_lost_with_its_pair)
{
	static struct rig r;
	struct es_ipc_pair pair = { 99, 12 };

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 2);
	CHECK_EQ(es_spool_forgo(r.spool, rig_sec(3), pair, 0, ES_LOSS_MEMORY), ES_EINVALID);
	CHECK_EQ(es_spool_forgo(r.spool, rig_sec(3), pair, 10, ES_LOSS_MEMORY), 0);
	CHECK(es_spool_has_unreported(r.spool));
	CHECK_EQ(es_spool_stats(r.spool).records, 3);
	CHECK_EQ(es_spool_stats(r.spool).lost, 10);
	r.mem.cut_at = r.mem.ops + 1;
	es_spool_close(r.spool);
	memdisk_reboot(&r.mem, MEMDISK_KEEP_ALL, NULL);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(4), &r.spool), 0);
	CHECK_EQ(es_spool_last_ipc(r.spool).run, 99);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, 12);
	es_spool_tick(r.spool, rig_sec(5));
	CHECK_EQ(r.reported[ES_LOSS_MEMORY], 10);
	CHECK(!es_spool_has_unreported(r.spool));
	r.payload_id = 12;
	CHECK_EQ(rig_append(&r, 6), 0); /* 13: later than what the cursor says */
	es_spool_close(r.spool);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(7), &r.spool), 0);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, 13);
	r.mem.fail_at = r.mem.ops + 1;
	r.mem.fail_n = 2;
	r.mem.fail_with = ES_EIO;
	pair.number = 20;
	CHECK_EQ(es_spool_forgo(r.spool, rig_sec(8), pair, 7, ES_LOSS_MEMORY), ES_EIO);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, 13); /* nothing happened */
	CHECK(!es_spool_has_unreported(r.spool));
	CHECK_EQ(es_spool_stats(r.spool).lost, 0);
	rig_done(&r);
}

static int n_wakes;

static void
on_wake(void *ctx)
{
	(void)ctx;
	n_wakes++;
}

TEST(spool_asks_for_a_tick_when_a_loss_waits)
{
	static struct rig r;
	struct es_ipc_pair none = { 0, 0 };

	rig_init(&r);
	n_wakes = 0;
	r.cfg.wake = on_wake;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 3);
	CHECK_EQ(es_spool_ack(r.spool, 1), 0);
	CHECK_EQ(n_wakes, 0);
	CHECK_EQ(es_spool_forgo(r.spool, rig_sec(3), none, 1, ES_LOSS_DISK), 0);
	CHECK_EQ(n_wakes, 1);
	CHECK_EQ(es_spool_last_ipc(r.spool).run, 99); /* one of our own moves no pair */
	CHECK_EQ(es_spool_pass_over(r.spool, 2, rig_sec(3)), 0);
	CHECK_EQ(es_spool_welcome(r.spool, 2), 0);
	CHECK(n_wakes > 1);
	rig_done(&r);
}

TEST(spool_passes_over_only_the_record_that_comes_first)
{
	static struct rig r;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 3);
	CHECK_EQ(es_spool_pass_over(r.spool, 2, rig_sec(3)), ES_EINVALID);
	CHECK_EQ(es_spool_pass_over(r.spool, 1, rig_sec(3)), 0);
	CHECK_EQ(es_spool_acked_seq(r.spool), 1);
	CHECK_EQ(es_spool_unsendable(r.spool, 3, rig_sec(3)), 0);
	CHECK_EQ(es_spool_stats(r.spool).lost, 2);
	CHECK_EQ(es_spool_unsendable(r.spool, 3, rig_sec(3)), 0); /* on the next try */
	CHECK_EQ(es_spool_pass_over(r.spool, 2, rig_sec(3)), 0);
	CHECK_EQ(es_spool_pass_over(r.spool, 3, rig_sec(3)), 0);
	CHECK_EQ(es_spool_stats(r.spool).lost, 3); /* it was counted */
	CHECK_EQ(es_spool_pass_over(r.spool, 4, rig_sec(3)), ES_EINVALID);
	es_spool_tick(r.spool, rig_sec(4));
	CHECK_EQ(r.reported[ES_LOSS_REFUSED], 3);
	rig_done(&r);
}

TEST(spool_takes_no_payload_that_its_reader_would_refuse)
{
	static uint8_t payload[ES_SPOOL_PAYLOAD_MAX + 1];
	static struct rig r;
	struct es_ipc_pair none = { 0, 0 };

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	CHECK_EQ(es_spool_append(r.spool, rig_sec(1), none, es_slice_of(payload, 0)), ES_EINVALID);
	CHECK_EQ(es_spool_append(r.spool, rig_sec(1), none, es_slice_of(payload, sizeof(payload))),
	    ES_EINVALID);
	CHECK_EQ(es_spool_next_seq(r.spool), 1);
	CHECK_EQ(
	    es_spool_append(r.spool, rig_sec(1), none, es_slice_of(payload, sizeof(payload) - 1)),
	    0);
	CHECK_EQ(es_spool_next_seq(r.spool), 2);
	rig_done(&r);
}

TEST(spool_is_tight_from_three_quarters_of_its_quota_on)
{
	static struct rig r;
	int i;

	rig_init(&r);
	r.cfg.max_bytes = 8000;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (i = 0; es_spool_stats(r.spool).bytes < 6000; i++) {
		CHECK(!es_spool_is_tight(r.spool));
		CHECK_EQ(rig_append(&r, i), 0);
	}
	CHECK(es_spool_is_tight(r.spool));
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_ack(r.spool, es_spool_synced_seq(r.spool)), 0);
	CHECK(!es_spool_is_tight(r.spool));
	rig_done(&r);
}

TEST(spool_is_tight_after_the_disk_was_full_until_it_is_drained)
{
	static struct rig r;
	int i;

	rig_init(&r);
	r.mem.cap_bytes = 9096;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (i = 0; es_spool_stats(r.spool).lost == 0 && i < 200; i++)
		CHECK_EQ(rig_append(&r, i), 0);
	CHECK(es_spool_is_tight(r.spool));
	es_spool_tick(r.spool, rig_sec(i));
	CHECK(es_spool_is_tight(r.spool));
	CHECK_EQ(es_spool_ack(r.spool, es_spool_synced_seq(r.spool)), 0);
	es_spool_tick(r.spool, rig_sec(i));
	CHECK(!es_spool_is_tight(r.spool));
	rig_done(&r);
}

/* More damaged places than the ledger lists: the nearest become one; each record is counted once. */
TEST(spool_counts_more_damaged_places_than_it_can_list)
{
	static struct rig r;
	struct memdisk_file *f;
	uint64_t last;
	size_t at;
	int i, hit = 0;

	rig_init(&r);
	r.cfg.segment_bytes = 1 << 20;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	fill(&r, 300);
	es_spool_close(r.spool);
	f = memdisk_file(&r.mem, "0000000000000001.seg");
	for (i = 1, at = 64; i <= 300; at += 48 + 8 * (1 + (size_t)i % 12), i++)
		if (i % 4 == 1 && i < 297) {
			f->now[at + 50] ^= 1;
			hit++;
		}
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(9), &r.spool), 0);
	CHECK_EQ(es_spool_stats(r.spool).lost, (uint64_t)hit);
	CHECK_EQ(rig_read(&r, 0, &last), 300 - hit);
	es_spool_tick(r.spool, rig_sec(10));
	CHECK_EQ(r.reported[ES_LOSS_DISK], (uint64_t)hit);
	es_spool_close(r.spool);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(11), &r.spool), 0);
	CHECK_EQ(es_spool_ack(r.spool, 300), 0);
	es_spool_tick(r.spool, rig_sec(12));
	CHECK_EQ(r.reported[ES_LOSS_DISK], (uint64_t)hit);
	rig_done(&r);
}
