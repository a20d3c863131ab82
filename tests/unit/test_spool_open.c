/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool does with its last file and its damaged places when it is opened. */
#include "agent/spool/spool_format.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>

static const char first_file[] = "0000000000000001.seg";

/* A closed spool of n records in files of this size. */
static void
closed_in(struct rig *r, int n, uint32_t segment_bytes)
{
	int i;

	rig_init(r);
	r->cfg.segment_bytes = segment_bytes;
	CHECK_EQ(es_spool_open(&r->cfg, rig_sec(0), &r->spool), 0);
	for (i = 0; i < n; i++)
		CHECK_EQ(rig_append(r, i), 0);
	es_spool_close(r->spool);
	r->spool = NULL;
}

static void
closed(struct rig *r, int n)
{
	closed_in(r, n, 1 << 20);
}

/* The file ends with n bytes that are no record. */
static void
tear(struct rig *r, size_t n)
{
	struct memdisk_file *f = memdisk_file(&r->mem, first_file);

	f->now = realloc(f->now, f->n_now + n + 1);
	if (f->now == NULL)
		abort();
	memset(f->now + f->n_now, 'E', n);
	f->n_now += n;
}

/* One record more, read behind the old ones, in this life and in the next. */
static const char *
continues(struct rig *r, int n_old)
{
	uint64_t last;
	int tries;

	for (tries = 0; rig_append(r, 20) != 0 || es_spool_sync(r->spool) != 0; tries++)
		if (tries == 30)
			return "takes no record";
	if (rig_read(r, 0, &last) < 1 || last != es_spool_next_seq(r->spool) - 1)
		return "does not read what it took";
	if (r->mem.n_suspect > 0)
		return "writes on where the disk refused";
	es_spool_close(r->spool);
	r->spool = NULL;
	r->mem.fail_at = 0;
	if (es_spool_open(&r->cfg, rig_sec(30), &r->spool) != 0)
		return "does not open again";
	es_spool_tick(r->spool, rig_sec(31));
	if ((uint64_t)rig_read(r, 0, &last) + r->reported[ES_LOSS_DISK] != (uint64_t)n_old + 1)
		return "a record is neither delivered nor lost, or both";
	return NULL;
}

/*
 * Each operation of opening fails for a moment, or for longer than it is tried. After a failed sync or
 * truncation the kernel may call lost pages clean: nothing is written to that file again.
 */
TEST(spool_opened_on_a_failing_disk_writes_to_sound_files_only)
{
	static const uint64_t lasts[] = { 1, 10, 25 };
	static struct rig r;
	const char *why = NULL;
	uint64_t k, n_ops;
	size_t c;

	closed(&r, 4);
	tear(&r, 30);
	n_ops = r.mem.ops;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(10), &r.spool), 0);
	n_ops = r.mem.ops - n_ops;
	rig_done(&r);
	CHECK(n_ops > 10);
	for (k = 1; k <= n_ops; k++)
		for (c = 0; c < 6 && why == NULL; c++) {
			closed(&r, 4);
			tear(&r, c < 3 ? 30 : 0);
			r.mem.fail_at = r.mem.ops + k;
			r.mem.fail_n = lasts[c % 3];
			r.mem.fail_with = ES_EIO;
			if (es_spool_open(&r.cfg, rig_sec(10), &r.spool) == 0)
				why = continues(&r, 4);
			else
				r.spool = NULL;
			rig_done(&r);
			if (why != NULL)
				test_fail(__FILE__, __LINE__, "operation %llu, kind %zu: %s",
				    (unsigned long long)k, c, why);
		}
}

/* The last file cannot be opened today: the next record goes to a new one, and at once. */
TEST(spool_whose_last_file_cannot_be_read_begins_another)
{
	static struct rig r;
	uint64_t errors, last, k, n_ops;
	int n_new = 0;

	/* eleven records, of which the last did not fit into the first file; one more would */
	closed_in(&r, 11, 1130);
	n_ops = r.mem.ops;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(10), &r.spool), 0);
	CHECK_EQ(es_spool_stats(r.spool).segments, 2);
	n_ops = r.mem.ops - n_ops;
	rig_done(&r);
	for (k = 1; k <= n_ops; k++) {
		closed_in(&r, 11, 1130);
		r.mem.fail_at = r.mem.ops + k;
		r.mem.fail_n = 10;
		r.mem.fail_with = ES_EIO;
		if (es_spool_open(&r.cfg, rig_sec(10), &r.spool) == 0 &&
		    r.mem.ops >= r.mem.fail_at + r.mem.fail_n) {
			errors = es_spool_stats(r.spool).disk_errors;
			CHECK_EQ(rig_append(&r, 11), 0);
			CHECK_EQ(es_spool_stats(r.spool).disk_errors, errors);
			CHECK_EQ(es_spool_sync(r.spool), 0);
			n_new += rig_read(&r, 0, &last) < 12; /* one file is missing */
			es_spool_close(r.spool);
			CHECK_EQ(es_spool_open(&r.cfg, rig_sec(20), &r.spool), 0);
			es_spool_tick(r.spool, rig_sec(21));
			CHECK_EQ((uint64_t)rig_read(&r, 0, &last) + r.reported[ES_LOSS_DISK], 12);
		}
		rig_done(&r);
	}
	CHECK(n_new > 0);
}

/* A file with a hole is evidence: it is read, not written to and not cut. */
TEST(spool_leaves_a_damaged_last_file_as_it_is)
{
	static struct rig r;
	struct memdisk_file *f;
	static uint8_t before[4096];
	size_t n;

	closed(&r, 4);
	tear(&r, 30);
	f = memdisk_file(&r.mem, first_file);
	f->now[64 + 48 * 2 + 50] ^= 1; /* record 3 */
	n = f->n_now;
	CHECK(n <= sizeof(before));
	memcpy(before, f->now, n);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(10), &r.spool), 0);
	CHECK_EQ(es_spool_stats(r.spool).segments, 2);
	CHECK_EQ(es_spool_stats(r.spool).cut_bytes, 0);
	CHECK_EQ(rig_append(&r, 11), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	f = memdisk_file(&r.mem, first_file);
	CHECK_EQ(f->n_now, n);
	CHECK(memcmp(f->now, before, n) == 0);
	rig_done(&r);
}

/* A sound file with a torn tail is cut to its last record and written to again. */
TEST(spool_cuts_the_torn_tail_and_writes_behind_it)
{
	static struct rig r;
	uint64_t last;
	size_t n;

	closed(&r, 4);
	n = memdisk_file(&r.mem, first_file)->n_now;
	tear(&r, 30);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(10), &r.spool), 0);
	CHECK_EQ(es_spool_stats(r.spool).segments, 1);
	CHECK_EQ(es_spool_stats(r.spool).cut_bytes, 30);
	CHECK_EQ(memdisk_file(&r.mem, first_file)->n_now, n);
	CHECK_EQ(rig_append(&r, 11), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK(memdisk_file(&r.mem, first_file)->n_now > n);
	CHECK_EQ(rig_read(&r, 0, &last), 5);
	rig_done(&r);
}

/* Payload and number i are damaged; all places lie four apart but the one pair, which lies two apart. */
static uint64_t
damaged(size_t place, size_t nearest)
{
	return 4 * place + 1 + (place >= nearest ? 0 : 2);
}

static void
damage(struct rig *r, size_t nearest)
{
	struct memdisk_file *f = memdisk_file(&r->mem, first_file);
	size_t at = 64, place = 0, i;

	for (i = 1; place <= ES_SPOOL_GONE_MAX; at += 48 + 8 * (1 + i % 12), i++)
		if (i == damaged(place, nearest)) {
			f->now[at + 50] ^= 1;
			place++;
		}
}

/* The list of damaged places is full: those two become one between which the least is still readable. */
TEST(spool_joins_the_two_nearest_damaged_places)
{
	static const size_t nearest[] = { 1, 2, 3, 31, ES_SPOOL_GONE_MAX - 2,
		ES_SPOOL_GONE_MAX - 1 };
	static struct rig r;
	struct es_spool_slot slot;
	struct memdisk_file *f;
	size_t c, i, p;

	for (c = 0; c < sizeof(nearest) / sizeof(nearest[0]); c++) {
		p = nearest[c];
		closed(&r, 4 * ES_SPOOL_GONE_MAX + 8);
		damage(&r, p);
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(10), &r.spool), 0);
		CHECK_EQ(es_spool_stats(r.spool).lost, ES_SPOOL_GONE_MAX + 1);
		f = memdisk_file(&r.mem, "cursor");
		CHECK_EQ(es_spool_slot_parse(es_slice_of(f->now, f->n_now), &slot), 0);
		CHECK_EQ(slot.n_gone, ES_SPOOL_GONE_MAX);
		CHECK_EQ(slot.pending[ES_LOSS_DISK].count, ES_SPOOL_GONE_MAX + 1);
		for (i = 0; i < ES_SPOOL_GONE_MAX; i++) {
			CHECK_EQ(slot.gone[i].first, damaged(i < p ? i : i + 1, p));
			CHECK_EQ(slot.gone[i].last, damaged(i + 1 < p ? i : i + 1, p));
			if (i + 1 == p)
				CHECK_EQ(slot.gone[i].last - slot.gone[i].first, 2);
		}
		rig_done(&r);
	}
}
