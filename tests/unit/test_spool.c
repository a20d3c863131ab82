/* SPDX-License-Identifier: Apache-2.0 */
/* The spool: order, damage, quotas. */
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

TEST(spool_sends_only_what_is_synced)
{
	struct rig r;
	uint64_t last;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	CHECK_EQ(rig_append(&r, 1), 0);
	CHECK_EQ(rig_read(&r, 0, &last), 0);
	es_spool_tick(r.spool, rig_sec(2));
	CHECK_EQ(rig_read(&r, 0, &last), 1);
	CHECK_EQ(last, 1);
	CHECK_EQ(es_spool_ack(r.spool, 2), ES_EINVALID);
	CHECK_EQ(es_spool_ack(r.spool, 1), 0);
	CHECK_EQ(es_spool_acked_seq(r.spool), 1);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, 1);
	rig_done(&r);
}

TEST(spool_continues_where_it_was_closed)
{
	struct rig r;
	uint64_t last, epoch;
	int i;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	epoch = rig_epoch_of(r.spool);
	for (i = 0; i < 60; i++)
		CHECK_EQ(rig_append(&r, i), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_ack(r.spool, 25), 0);
	CHECK(es_spool_stats(r.spool).segments > 2);
	es_spool_close(r.spool);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(100), &r.spool), 0);
	CHECK_EQ(rig_epoch_of(r.spool), epoch);
	CHECK_EQ(es_spool_acked_seq(r.spool), 25);
	CHECK_EQ(es_spool_next_seq(r.spool), 61);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, 60);
	CHECK_EQ(rig_read(&r, 25, &last), 35);
	CHECK_EQ(rig_append(&r, 101), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(rig_read(&r, 60, &last), 1);
	CHECK_EQ(es_spool_ack(r.spool, 61), 0);
	CHECK_EQ(es_spool_stats(r.spool).segments, 1);
	rig_done(&r);
}

TEST(spool_keeps_the_ipc_pair_when_all_its_records_are_gone)
{
	struct rig r;
	int i;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (i = 0; i < 40; i++)
		CHECK_EQ(rig_append(&r, i), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(es_spool_renew_epoch(r.spool, rig_sec(41)), 0); /* a new, empty segment */
	CHECK_EQ(es_spool_ack(r.spool, 40), 0);
	es_spool_close(r.spool);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(50), &r.spool), 0);
	CHECK_EQ(es_spool_last_ipc(r.spool).run, 99);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, 40);
	CHECK_EQ(es_spool_next_seq(r.spool), 41);
	rig_done(&r);
}

/* A segment, the cursor: three records of which two are not acknowledged. */
static void
small(struct rig *r)
{
	int i;

	rig_init(r);
	r->cfg.segment_bytes = 1 << 20;
	if (es_spool_open(&r->cfg, rig_sec(0), &r->spool) != 0)
		return;
	for (i = 0; i < 4; i++)
		(void)rig_append(r, i);
	(void)es_spool_sync(r->spool);
	(void)es_spool_ack(r->spool, 1);
	es_spool_close(r->spool);
	r->spool = NULL;
}

/* Opens the damaged spool, checks that what is left is right; -1 or how many of 2..4 are left. */
static int
look(struct rig *r, const char **why)
{
	uint64_t last, had = es_spool_open(&r->cfg, rig_sec(9), &r->spool) == 0;
	int n, i;

	*why = had ? NULL : "does not open";
	if (!had)
		return -1;
	n = rig_read(r, 1, &last);
	if (n < 0)
		*why = "a wrong or repeated record";
	es_spool_tick(r->spool, rig_sec(10));
	for (i = 0; i < 3; i++)
		if (rig_append(r, 11) != 0)
			*why = "cannot go on";
	if (es_spool_sync(r->spool) != 0 || rig_read(r, last, &last) != 3)
		*why = "new records are not read";
	return n;
}

TEST(spool_never_reads_a_flipped_bit_as_a_record)
{
	static const char *const names[2] = { "0000000000000001.seg", "cursor" };
	static struct rig r;
	const char *why = NULL;
	size_t n, bit, f;
	int left;

	for (f = 0; f < 2; f++) {
		small(&r);
		n = memdisk_file(&r.mem, names[f])->n_now;
		rig_done(&r);
		for (bit = 0; bit < n * 8; bit += test_step(7)) {
			small(&r);
			memdisk_file(&r.mem, names[f])->now[bit / 8] ^= (uint8_t)(1u << bit % 8);
			left = look(&r, &why);
			if (why == NULL && left < 2)
				why = "more than one record is gone";
			rig_done(&r);
			if (why != NULL) {
				test_fail(__FILE__, __LINE__, "%s bit %zu: %s", names[f], bit, why);
				return;
			}
		}
	}
}

TEST(spool_cuts_a_torn_tail_and_nothing_else)
{
	static struct rig r;
	const char *why = NULL;
	size_t n, cut, whole;
	int left;

	small(&r);
	n = memdisk_file(&r.mem, "0000000000000001.seg")->n_now;
	rig_done(&r);
	for (cut = 0; cut <= n; cut++) {
		small(&r);
		memdisk_file(&r.mem, "0000000000000001.seg")->n_now = cut;
		left = look(&r, &why);
		/* payloads of 2, 3, 4, 5 words */
		whole = cut >= 64 + 48 * 4 + 112 ? 3 : cut >= 64 + 48 * 3 + 72 ? 2 : 0;
		whole = whole == 0 && cut >= 64 + 48 * 2 + 40 ? 1 : whole;
		if (why == NULL && left != (int)whole)
			why = "a whole record is gone, or half a one is there";
		rig_done(&r);
		if (why != NULL) {
			test_fail(__FILE__, __LINE__, "cut at byte %zu: %s", cut, why);
			return;
		}
	}
}

TEST(spool_reports_damaged_records_once)
{
	static struct rig r;
	uint64_t last;

	small(&r);
	memdisk_file(&r.mem, "0000000000000001.seg")->now[64 + 48 * 2 + 50] ^= 1; /* record 3 */
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(9), &r.spool), 0);
	CHECK_EQ(rig_read(&r, 1, &last), 2);
	es_spool_tick(r.spool, rig_sec(10));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 1);
	CHECK_EQ(r.reported_first, 3);
	CHECK_EQ(r.reported_last, 3);
	CHECK(es_spool_stats(r.spool).skipped_bytes > 0);
	es_spool_close(r.spool);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(9), &r.spool), 0);
	CHECK_EQ(rig_read(&r, 1, &last), 2);
	es_spool_tick(r.spool, rig_sec(10));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 1);
	rig_done(&r);
}

TEST(spool_gives_up_the_oldest_and_says_what_went)
{
	static struct rig r;
	struct es_spool_stats st;
	uint64_t last;
	int i;

	rig_init(&r);
	r.cfg.max_bytes = 4096;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (i = 0; i < 100; i++) {
		CHECK_EQ(rig_append(&r, i), 0);
		es_spool_tick(r.spool, rig_sec(i));
	}
	st = es_spool_stats(r.spool);
	CHECK(st.bytes <= 4096);
	CHECK(st.lost > 0);
	CHECK_EQ(r.reported[ES_LOSS_QUOTA], st.lost);
	CHECK_EQ(rig_read(&r, 0, &last), 100 - (int)st.lost);
	CHECK_EQ(last, 100);
	es_spool_tick(r.spool, rig_sec(101));
	CHECK_EQ(r.reported[ES_LOSS_DISK], 0); /* what a quota took is not damage */
	rig_done(&r);
}

/* The configuration was read again. */
TEST(spool_follows_limits_that_change)
{
	static struct rig r;
	uint64_t last;
	int i;

	rig_init(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (i = 0; i < 100; i++)
		CHECK_EQ(rig_append(&r, i), 0);
	es_spool_tick(r.spool, rig_sec(100));
	CHECK_EQ(es_spool_stats(r.spool).lost, 0);
	es_spool_limit(r.spool, 4096, 1000, 0);
	es_spool_tick(r.spool, rig_sec(101));
	CHECK(es_spool_stats(r.spool).bytes <= 4096);
	CHECK(r.reported[ES_LOSS_QUOTA] > 0);
	CHECK_EQ(r.reported[ES_LOSS_QUOTA], es_spool_stats(r.spool).lost);
	CHECK_EQ(rig_read(&r, 0, &last), 100 - (int)es_spool_stats(r.spool).lost);
	es_spool_tick(r.spool, rig_sec(1200));
	CHECK_EQ(r.reported[ES_LOSS_AGE] + r.reported[ES_LOSS_QUOTA], 100);
	rig_done(&r);
}

TEST(spool_gives_up_what_is_too_old)
{
	static struct rig r;
	uint64_t last;

	rig_init(&r);
	r.cfg.max_age_s = 1000;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	CHECK_EQ(rig_append(&r, 0), 0);
	es_spool_tick(r.spool, rig_sec(1000));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	es_spool_tick(r.spool, rig_sec(1001));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 1);
	CHECK_EQ(rig_append(&r, 1002), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(rig_read(&r, 0, &last), 1);
	CHECK_EQ(last, 2);
	rig_done(&r);
}

/* A gateway without a battery for its clock begins in 1970 and learns the time from the network. */
TEST(spool_keeps_what_only_a_clock_step_made_old)
{
	static struct rig r;
	int64_t step_ns = (int64_t)1700000000 * ES_NS_PER_S;

	rig_init(&r);
	r.cfg.max_age_s = 1000;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	CHECK_EQ(rig_append(&r, 1), 0);
	es_spool_clock_stepped(r.spool, step_ns, es_time_add(rig_sec(10), step_ns));
	es_spool_tick(r.spool, es_time_add(rig_sec(10), step_ns));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	es_spool_tick(r.spool, es_time_add(rig_sec(1100), step_ns));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 1); /* the age continues where it was */
	rig_done(&r);
}

/* Nothing keeps the clock right: what it says is 30 days on. The boot's clock counts. */
TEST(spool_gives_up_nothing_for_an_age_that_an_unkept_clock_shows)
{
	static struct rig r;
	int64_t days = 30 * 86400;

	rig_init(&r);
	r.cfg.max_age_s = 1000;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	CHECK_EQ(rig_append(&r, 1), 0);
	r.clock.good = false;
	r.clock.boot_ns = 1000 * ES_NS_PER_S;
	es_spool_tick(r.spool, rig_sec(days));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	r.clock.boot_ns = 1001 * ES_NS_PER_S;
	es_spool_tick(r.spool, rig_sec(days));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 1);
	CHECK_EQ(rig_append(&r, days), 0); /* at a time that nobody vouches for */
	r.clock.good = true;
	es_spool_tick(r.spool, rig_sec(2 * days));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 1);
	rig_done(&r);
}

TEST(spool_believes_a_clock_that_agrees_with_the_collectors)
{
	static struct rig r;

	rig_init(&r);
	r.cfg.max_age_s = 1000;
	r.clock.good = false;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	es_spool_clock_agreed(r.spool, true);
	CHECK_EQ(rig_append(&r, 1), 0);
	es_spool_tick(r.spool, rig_sec(1001));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	es_spool_clock_agreed(r.spool, false);
	es_spool_tick(r.spool, rig_sec(1002));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	es_spool_clock_agreed(r.spool, true);
	es_spool_clock_stepped(r.spool, 0, rig_sec(1002)); /* whose word was for the old time */
	es_spool_tick(r.spool, rig_sec(1002));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	es_spool_clock_agreed(r.spool, true);
	es_spool_tick(r.spool, rig_sec(1002));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 1);
	rig_done(&r);
}

/* The clock was set while no shipper ran: within one boot that shows. */
TEST(spool_notices_a_step_between_two_processes_of_one_boot)
{
	static struct rig r;
	int64_t days = 30 * 86400;
	uint64_t boot;

	for (boot = 5; boot <= 6; boot++) {
		rig_init(&r);
		r.cfg.max_age_s = 1000;
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
		CHECK_EQ(rig_append(&r, 0), 0);
		r.clock.boot_ns = 100 * ES_NS_PER_S;
		es_spool_tick(r.spool, rig_sec(100));
		es_spool_close(r.spool);
		r.clock.boot = boot;
		r.clock.boot_ns = 900 * ES_NS_PER_S;
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(900 + days), &r.spool), 0);
		es_spool_tick(r.spool, rig_sec(1000 + days));
		CHECK_EQ(r.reported[ES_LOSS_AGE], boot == 5 ? 0 : 1);
		es_spool_tick(r.spool, rig_sec(1001 + days));
		CHECK_EQ(r.reported[ES_LOSS_AGE], 1); /* its age continues */
		rig_done(&r);
	}
}

TEST(spool_continues_when_the_disk_is_full)
{
	static struct rig r;
	uint64_t last;
	int i, refused = 0;

	rig_init(&r);
	r.mem.cap_bytes = 9096; /* 4096 of them for the cursor */
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	for (i = 0; i < 200; i++) {
		refused += rig_append(&r, i) != 0;
		es_spool_tick(r.spool, rig_sec(i));
	}
	CHECK_EQ(refused, 0);
	CHECK(r.reported[ES_LOSS_FREE_SPACE] > 0);
	CHECK_EQ(rig_read(&r, 0, &last) + (int)r.reported[ES_LOSS_FREE_SPACE], 200);
	CHECK_EQ(last, 200);
	rig_done(&r);
}

TEST(spool_reports_a_loss_again_until_it_is_taken)
{
	static struct rig r;

	rig_init(&r);
	r.cfg.max_age_s = 1;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(0), &r.spool), 0);
	CHECK_EQ(rig_append(&r, 0), 0);
	r.report_with = ES_EFULL;
	es_spool_tick(r.spool, rig_sec(5));
	CHECK_EQ(rig_append(&r, 5), 0);
	es_spool_tick(r.spool, rig_sec(10));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 0);
	r.report_with = 0;
	es_spool_tick(r.spool, rig_sec(10));
	CHECK_EQ(r.reported[ES_LOSS_AGE], 2);
	CHECK_EQ(r.reported_first, 1);
	CHECK_EQ(r.reported_last, 2);
	rig_done(&r);
}

/* A spool whose tail was acknowledged and then lost must not give its numbers again. */
TEST(spool_takes_a_new_epoch_when_acked_records_are_gone)
{
	static struct rig r;
	uint64_t epoch, last;

	small(&r);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(5), &r.spool), 0);
	epoch = rig_epoch_of(r.spool);
	CHECK_EQ(es_spool_ack(r.spool, 4), 0);
	es_spool_close(r.spool);
	memdisk_file(&r.mem, "0000000000000001.seg")->n_now -= 10;
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(5), &r.spool), 0);
	CHECK(rig_epoch_of(r.spool) != epoch);
	CHECK_EQ(es_spool_next_seq(r.spool), 5);
	CHECK_EQ(rig_append(&r, 6), 0);
	CHECK_EQ(es_spool_sync(r.spool), 0);
	CHECK_EQ(rig_read(&r, 4, &last), 1);
	rig_done(&r);
}

TEST(spool_starts_whatever_its_files_hold)
{
	static struct rig r;
	uint64_t last;
	int i;

	for (i = 0; i < 6; i++) { /* six bad files: three are kept */
		small(&r);
		memset(memdisk_file(&r.mem, "0000000000000001.seg")->now, 0x55, 300);
		memset(memdisk_file(&r.mem, "cursor")->now, i, 64);
		CHECK_EQ(es_spool_open(&r.cfg, rig_sec(9), &r.spool), 0);
		CHECK_EQ(es_spool_stats(r.spool).quarantined, 1);
		CHECK(memdisk_file(&r.mem, "0000000000000001.bad") != NULL);
		CHECK_EQ(rig_append(&r, 11), 0);
		CHECK_EQ(es_spool_sync(r.spool), 0);
		CHECK_EQ(rig_read(&r, es_spool_acked_seq(r.spool), &last), 1);
		rig_done(&r);
	}
}
