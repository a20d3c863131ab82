/* SPDX-License-Identifier: Apache-2.0 */
/* The spool on a disk that fails: nothing synced is lost, nothing comes twice, nothing is wrong. */
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

/* A day in the life; stops where the disk does. Returns the acknowledged number. */
static uint64_t
live(struct rig *r, uint64_t *synced, uint64_t *epoch)
{
	uint64_t acked = 0, s;
	int i;

	*synced = *epoch = 0;
	if (es_spool_open(&r->cfg, rig_sec(0), &r->spool) != 0)
		return 0;
	for (i = 0; i < 48; i++) {
		*epoch = rig_epoch_of(r->spool);
		(void)rig_append(r, i);
		if (i % 5 == 4)
			es_spool_tick(r->spool, rig_sec(i));
		s = es_spool_synced_seq(r->spool);
		if (s > *synced)
			*synced = s;
		if (r->mem.cut_at != 0 && r->mem.ops >= r->mem.cut_at)
			return acked;
		if (i % 11 == 10 && es_spool_ack(r->spool, s - s / 3) == 0)
			acked = s - s / 3;
		if (i == 30)
			(void)es_spool_renew_epoch(r->spool, rig_sec(i));
	}
	return acked;
}

static const char *
after_cut(struct rig *r, uint64_t acked, uint64_t synced, uint64_t epoch)
{
	uint64_t from, last, before;
	int n;

	if (es_spool_open(&r->cfg, rig_sec(1000), &r->spool) != 0)
		return "does not open";
	if (es_spool_acked_seq(r->spool) > acked)
		return "acked too much";
	if (es_spool_next_seq(r->spool) <= synced && rig_epoch_of(r->spool) == epoch)
		return "gives a number twice";
	from = acked;
	n = rig_read(r, from, &last);
	if (n < 0)
		return "a wrong or repeated record";
	if (synced > from && (uint64_t)n < synced - from)
		return "a synced record is gone";
	for (n = 0; n < 5; n++)
		if (rig_append(r, 1001 + n) != 0)
			return "cannot go on";
	if (es_spool_sync(r->spool) != 0)
		return "cannot sync";
	before = last;
	if (rig_read(r, before, &last) != 5 || last != es_spool_next_seq(r->spool) - 1)
		return "new records are not read";
	es_spool_close(r->spool);
	r->spool = NULL;
	if (es_spool_open(&r->cfg, rig_sec(1010), &r->spool) != 0 ||
	    rig_read(r, before, &last) != 5)
		return "not the same after another start";
	return NULL;
}

TEST(spool_survives_a_power_cut_at_every_operation)
{
	static struct rig r;
	uint64_t n_ops, k, acked, synced, epoch, random = 42;
	const char *why;
	int how;

	rig_init(&r);
	live(&r, &synced, &epoch);
	n_ops = r.mem.ops;
	rig_done(&r);
	CHECK(n_ops > 80);
	for (k = 1; k <= n_ops + 1; k++)
		for (how = 0; how < 6; how++) {
			rig_init(&r);
			r.mem.cut_at = k;
			acked = live(&r, &synced, &epoch);
			es_spool_close(r.spool); /* without power: closes handles only */
			r.spool = NULL;
			memdisk_reboot(
			    &r.mem, how < 2 ? (enum memdisk_cut)how : MEMDISK_KEEP_SOME, &random);
			why = after_cut(&r, acked, synced, epoch);
			rig_done(&r);
			if (why != NULL) {
				test_fail(__FILE__, __LINE__, "cut at operation %llu, kept %d: %s",
				    (unsigned long long)k, how, why);
				return;
			}
		}
}

/* SIGKILL: everything written stays; a record counts as handed over once append returned. */
TEST(spool_keeps_every_appended_record_when_killed)
{
	static struct rig r;
	uint64_t last, synced, epoch, next;

	rig_init(&r);
	r.cfg.sync_bytes = 1 << 20;
	live(&r, &synced, &epoch);
	CHECK_EQ(rig_append(&r, 50), 0);
	next = es_spool_next_seq(r.spool);
	r.mem.cut_at = r.mem.ops + 1; /* nothing more reaches the disk */
	es_spool_close(r.spool);
	memdisk_reboot(&r.mem, MEMDISK_KEEP_ALL, NULL);
	CHECK_EQ(es_spool_open(&r.cfg, rig_sec(60), &r.spool), 0);
	CHECK_EQ(es_spool_next_seq(r.spool), next);
	CHECK_EQ(es_spool_synced_seq(r.spool), next - 1);
	CHECK_EQ(es_spool_last_ipc(r.spool).number, r.payload_id);
	CHECK(rig_read(&r, es_spool_acked_seq(r.spool), &last) > 0);
	CHECK_EQ(last, next - 1);
	rig_done(&r);
}

/* Everything accepted is read once, in order, in this life and the next. */
static const char *
with_fault(struct rig *r)
{
	uint64_t last;
	int i, tries, n;

	for (tries = 0; es_spool_open(&r->cfg, rig_sec(0), &r->spool) != 0; tries++)
		if (tries == 20)
			return "does not open";
	for (i = 0; i < 40; i++)
		for (tries = 0; rig_append(r, i) != 0; tries++) {
			if (tries == 20)
				return "does not recover";
			es_spool_tick(r->spool, rig_sec(i));
		}
	for (tries = 0; es_spool_sync(r->spool) != 0; tries++)
		if (tries == 20)
			return "does not sync";
	n = rig_read(r, 0, &last);
	if (n != 40 || last != 40)
		return "records missing";
	es_spool_close(r->spool);
	r->spool = NULL;
	for (tries = 0; es_spool_open(&r->cfg, rig_sec(0), &r->spool) != 0; tries++)
		if (tries == 20)
			return "does not open again";
	if (rig_read(r, 0, &last) != 40)
		return "records missing after restart";
	return r->reported[ES_LOSS_DISK] != 0 ? "a loss was reported that did not happen" : NULL;
}

TEST(spool_survives_any_operation_failing)
{
	static struct rig r;
	const int codes[2] = { ES_EIO, ES_EFULL };
	uint64_t k, n_ops;
	const char *why;
	int c;

	rig_init(&r);
	why = with_fault(&r);
	n_ops = r.mem.ops;
	rig_done(&r);
	CHECK(why == NULL);
	for (k = 1; k <= n_ops; k++)
		for (c = 0; c < 8; c++) {
			rig_init(&r);
			r.mem.fail_at = k;
			r.mem.fail_n = (uint64_t)c / 2 * 2 + 1; /* 1, 3, 5, 7 in a row */
			r.mem.fail_with = codes[c % 2];
			r.mem.write_at_most = c % 3 == 1 ? 50 : 0;
			r.cfg.max_bytes = 1 << 20;
			why = with_fault(&r);
			/* A full disk may cost the oldest segment; then that was reported. */
			if (why != NULL && c % 2 == 1 && r.spool != NULL) {
				es_spool_tick(r.spool, rig_sec(0));
				if (r.reported[ES_LOSS_FREE_SPACE] > 0)
					why = NULL;
			}
			if (why == NULL && r.mem.n_suspect > 0)
				why = "writes on where the disk refused";
			rig_done(&r);
			if (why != NULL) {
				test_fail(__FILE__, __LINE__, "operation %llu, kind %d: %s",
				    (unsigned long long)k, c, why);
				return;
			}
		}
}
