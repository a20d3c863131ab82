/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever rotates, dies or is damaged: what was appended is delivered or counted as lost, once. */
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>

enum { IDS = 4096, EPOCHS = 64, ON_THE_WAY = 8 };

/* "L", count / "R", id */
struct payload {
	uint64_t kind;
	uint64_t value;
	uint8_t rest[48];
};

/* A spool, and a collector that believes what it is sent. */
struct world {
	struct rig rig; /* disk and configuration */
	uint64_t random;
	int64_t now_s;
	uint64_t appended;
	bool has[IDS];
	uint64_t delivered; /* distinct */
	uint64_t twice;
	uint64_t lost; /* as the loss records say */
	struct {
		uint64_t epoch;
		uint64_t through;
	} marks[EPOCHS];
	int n_epochs;
	bool connected;
	uint64_t sent;
	struct {
		uint64_t seq;
		struct payload p;
	} way[ON_THE_WAY];
	int n_way; /* sent, in order; not yet at the collector */
};

static uint32_t
chance(struct world *w, uint32_t n)
{
	return test_random(&w->random) % n;
}

static int
store_loss(void *ctx, const struct es_loss *loss)
{
	struct world *w = (struct world *)ctx;
	struct payload p = { 'L', loss->count, { 0 } };

	return es_spool_append(w->rig.spool, rig_sec(w->now_s), (struct es_ipc_pair){ 0, 0 },
	    es_slice_of(&p, sizeof(p)));
}

static uint64_t
world_random(void *ctx)
{
	struct world *w = ctx;

	return (uint64_t)test_random(&w->random) << 32 | test_random(&w->random);
}

static void
world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	rig_init(&w->rig);
	w->random = seed;
	w->rig.cfg.lost = store_loss;
	w->rig.cfg.random = world_random;
	w->rig.cfg.ctx = w;
	w->rig.cfg.max_bytes = 6000;
}

/* As often as a disk that refuses for a while makes it necessary. */
static bool
begin(struct world *w)
{
	int tries = 0, err;

	do
		err = es_spool_open(&w->rig.cfg, rig_sec(w->now_s), &w->rig.spool);
	while (err != 0 && ++tries < 20);
	return err == 0;
}

static uint64_t *
mark(struct world *w)
{
	uint64_t epoch = rig_epoch_of(w->rig.spool);
	int i;

	for (i = 0; i < w->n_epochs; i++)
		if (w->marks[i].epoch == epoch)
			return &w->marks[i].through;
	if (w->n_epochs == EPOCHS)
		abort();
	w->marks[w->n_epochs++].epoch = epoch;
	return &w->marks[i].through;
}

static void
append(struct world *w)
{
	struct payload p = { 'R', w->appended, { 0 } };

	if (w->appended < IDS && es_spool_append(w->rig.spool, rig_sec(w->now_s),
				     (struct es_ipc_pair){ 7, w->appended + 1 },
				     es_slice_of(&p, 16 + chance(w, 48))) == 0)
		w->appended++;
}

static void
connect_to(struct world *w)
{
	uint64_t through = *mark(w), synced = es_spool_synced_seq(w->rig.spool);

	if (es_spool_welcome(w->rig.spool, through < synced ? through : synced) != 0)
		return;
	w->connected = true;
	w->sent = es_spool_acked_seq(w->rig.spool);
	w->n_way = 0;
}

static void
send_one(struct world *w)
{
	static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;

	if (!w->connected || w->n_way == ON_THE_WAY ||
	    es_spool_next(w->rig.spool, w->sent, &e, buf) != 0)
		return;
	memset(&w->way[w->n_way], 0, sizeof(w->way[0]));
	w->way[w->n_way].seq = e.seq;
	memcpy(&w->way[w->n_way].p, buf,
	    e.n_bytes < sizeof(struct payload) ? e.n_bytes : sizeof(struct payload));
	w->n_way++;
	w->sent = e.seq;
	es_spool_sent(w->rig.spool, e.seq);
}

/* n of what is on the way reach the collector and are committed. */
static void
commit(struct world *w, int n)
{
	uint64_t *through = mark(w);
	int i;

	for (i = 0; i < n; i++) {
		if (w->way[i].seq <= *through)
			continue;
		*through = w->way[i].seq;
		if (w->way[i].p.kind == 'L') {
			w->lost += w->way[i].p.value;
		} else if (w->way[i].p.value < IDS && !w->has[w->way[i].p.value]) {
			w->has[w->way[i].p.value] = true;
			w->delivered++;
		} else {
			w->twice++;
		}
	}
	memmove(w->way, w->way + n, (size_t)(w->n_way - n) * sizeof(w->way[0]));
	w->n_way -= n;
}

static void
hang_up(struct world *w)
{
	if (w->connected)
		es_spool_hung_up(w->rig.spool);
	w->connected = false;
	w->n_way = 0;
}

/* SIGKILL: what was written stays. The process gets no word in. */
static void
kill_it(struct world *w)
{
	w->connected = false;
	w->n_way = 0;
	w->rig.mem.cut_at = w->rig.mem.ops + 1;
	es_spool_close(w->rig.spool);
	w->rig.spool = NULL;
	memdisk_reboot(&w->rig.mem, MEMDISK_KEEP_ALL, NULL);
}

static bool
settle_all(struct world *w)
{
	int i;

	hang_up(w);
	for (i = 0; i < 3000; i++) {
		w->now_s++;
		es_spool_tick(w->rig.spool, rig_sec(w->now_s));
		if (!w->connected)
			connect_to(w);
		while (w->n_way < ON_THE_WAY && es_spool_synced_seq(w->rig.spool) > w->sent) {
			int before = w->n_way;

			send_one(w);
			if (w->n_way == before)
				break;
		}
		commit(w, w->n_way);
		(void)es_spool_ack(w->rig.spool, *mark(w));
		if (es_spool_stats(w->rig.spool).records == 0)
			return true;
	}
	return false;
}

/* One step of a life; 'lives' allows the process to die, 'line' connections. */
static bool
step(struct world *w, bool lives, bool line)
{
	uint32_t what = chance(w, 100);
	uint64_t *through;

	w->now_s++;
	if (what < 55)
		append(w);
	else if (what < 65)
		es_spool_tick(w->rig.spool, rig_sec(w->now_s));
	else if (what < 68 && line && !w->connected)
		connect_to(w);
	else if (what < 80 && w->connected)
		send_one(w);
	else if (what < 86 && w->connected)
		commit(w, (int)chance(w, (uint32_t)w->n_way + 1));
	else if (what < 92 && w->connected) {
		through = mark(w);
		(void)es_spool_ack(w->rig.spool, *through);
	} else if (what < 94) {
		hang_up(w);
	} else if (what < 97 && lives) {
		kill_it(w);
		return begin(w);
	} else if (what < 98 && lives) {
		hang_up(w);
		es_spool_close(w->rig.spool);
		return begin(w);
	}
	return true;
}

static const char *
verdict(struct world *w, char why[160])
{
	if (!settle_all(w))
		return "is never drained";
	if (w->delivered + w->lost == w->appended && w->twice == 0)
		return NULL;
	snprintf(why, 160, "appended %llu, delivered %llu, reported as lost %llu, twice %llu",
	    (unsigned long long)w->appended, (unsigned long long)w->delivered,
	    (unsigned long long)w->lost, (unsigned long long)w->twice);
	return why;
}

TEST(spool_ledger_is_exact_when_it_rotates_and_dies)
{
	static struct world w;
	char text[160];
	const char *why = NULL;
	uint64_t seed;
	int i;

	for (seed = 1; seed <= 400 && why == NULL; seed += test_step(5)) {
		world_init(&w, seed);
		if (!begin(&w))
			why = "does not open";
		for (i = 0; i < 600 && why == NULL; i++)
			if (!step(&w, true, seed % 4 != 0))
				why = "does not open again";
		if (why == NULL)
			why = verdict(&w, text);
		if (why == NULL && w.n_epochs > 1)
			why = "a new epoch without need";
		if (why != NULL)
			test_fail(
			    __FILE__, __LINE__, "seed %llu: %s", (unsigned long long)seed, why);
		rig_done(&w.rig);
	}
}

/* A name of a file that is there, any of its kind; NULL: none. */
static struct memdisk_file *
any_file(struct world *w, const char *ext, char name[40])
{
	int i, k, start = (int)chance(w, MEMDISK_NAMES);

	for (k = 0; k < MEMDISK_NAMES; k++) {
		i = (start + k) % MEMDISK_NAMES;
		if (w->rig.mem.now[i].file < 0 || strstr(w->rig.mem.now[i].name, ext) == NULL)
			continue;
		snprintf(name, 40, "%s", w->rig.mem.now[i].name);
		return memdisk_file(&w->rig.mem, name);
	}
	return NULL;
}

/* The disk is not what it was: bits, blocks, ends and whole files. */
static void
damage(struct world *w)
{
	char name[40];
	struct memdisk_file *f = any_file(w, chance(w, 8) == 0 ? "cursor" : ".seg", name);
	size_t at, n;

	if (f == NULL || f->n_now == 0)
		return;
	at = chance(w, (uint32_t)f->n_now);
	switch (chance(w, 6)) {
	case 0:
		f->now[at] ^= (uint8_t)(1u << chance(w, 8));
		break;
	case 1:
		n = f->n_now - at < 200 ? f->n_now - at : 200;
		memset(f->now + at, 0, n);
		break;
	case 2:
		f->n_now = at;
		break;
	case 3:
		f->n_now = 0;
		break;
	case 4:
		(void)w->rig.disk.remove(&w->rig.mem, name);
		break;
	default:
		memset(f->now, 0x45, f->n_now < 64 ? f->n_now : 64); /* the header */
	}
}

/* A full spool is damaged while it is closed; then it is delivered. */
static const char *
damaged_life(struct world *w, int n_hits, char why[160])
{
	int i, k;

	w->rig.cfg.max_bytes = chance(w, 2) == 0 ? 6000 : 1 << 20;
	if (!begin(w))
		return "does not open";
	for (i = 0; i < 200; i++)
		if (!step(w, true, false))
			return "does not open again";
	es_spool_close(w->rig.spool);
	for (k = 0; k < n_hits; k++) {
		damage(w);
		if (!begin(w))
			return "does not open after damage";
		for (i = (int)chance(w, 20); i > 0; i--)
			if (!step(w, true, false))
				return "does not open again after damage";
		es_spool_close(w->rig.spool);
		w->rig.spool = NULL;
	}
	if (!begin(w))
		return "does not open at last";
	return verdict(w, why);
}

TEST(spool_ledger_is_exact_when_files_are_damaged)
{
	static struct world w;
	char text[160];
	const char *why = NULL;
	uint64_t seed;

	for (seed = 1; seed <= 1500 && why == NULL; seed += test_step(5)) {
		world_init(&w, seed);
		why = damaged_life(&w, 1 + (int)(seed % 3), text);
		if (why != NULL)
			test_fail(
			    __FILE__, __LINE__, "seed %llu: %s", (unsigned long long)seed, why);
		rig_done(&w.rig);
	}
}

/* Power goes at any operation: what was synced is delivered or counted, what was not is not counted twice. */
TEST(spool_ledger_counts_what_was_synced_through_power_cuts)
{
	static struct world w;
	char text[160];
	const char *why = NULL;
	uint64_t seed, synced, cut;
	int i;

	for (seed = 1; seed <= 1500 && why == NULL; seed += test_step(5)) {
		world_init(&w, seed);
		if (!begin(&w))
			why = "does not open";
		cut = 40 + chance(&w, 600);
		for (i = 0, synced = 0; i < 300 && w.rig.mem.ops < cut; i++) {
			w.rig.mem.cut_at = cut;
			(void)step(&w, false, seed % 3 != 0);
			if (es_spool_synced_seq(w.rig.spool) + 1 == es_spool_next_seq(w.rig.spool))
				synced = w.appended;
		}
		hang_up(&w);
		es_spool_close(w.rig.spool);
		memdisk_reboot(&w.rig.mem, (enum memdisk_cut)(seed % 3), &w.random);
		if (!begin(&w))
			why = "does not open after the cut";
		if (why == NULL && !settle_all(&w))
			why = "is never drained";
		if (why == NULL && (w.delivered + w.lost < synced ||
				       w.delivered + w.lost > w.appended + 1 || w.twice != 0)) {
			(void)verdict(&w, text);
			why = text;
		}
		if (why != NULL)
			test_fail(__FILE__, __LINE__, "seed %llu, synced %llu: %s",
			    (unsigned long long)seed, (unsigned long long)synced, why);
		rig_done(&w.rig);
	}
}

/* From some byte on a file cannot be read, or not be opened at all; or all can be read again. */
static void
trouble(struct world *w, bool heal)
{
	char name[40];
	struct memdisk_file *f = any_file(w, ".seg", name);
	int i;

	for (i = 0; heal && i < w->rig.mem.n_files; i++)
		w->rig.mem.files[i].unreadable = false;
	if (heal || f == NULL)
		return;
	f->unreadable = true;
	f->readable_to = chance(w, 2) == 0 ? 0 : chance(w, (uint32_t)f->n_now + 1);
}

/* The process is killed, ends, or power goes where all is synced, also what a refused sync or end left. */
static bool
end_and_begin(struct world *w, uint32_t how)
{
	es_spool_tick(w->rig.spool, rig_sec(w->now_s));
	hang_up(w);
	if (how == 0 || !memdisk_is_synced(&w->rig.mem, ".seg")) {
		kill_it(w);
	} else {
		w->rig.mem.cut_at = how == 1 ? w->rig.mem.ops + 1 : 0;
		es_spool_close(w->rig.spool);
		w->rig.spool = NULL;
		if (how == 1)
			memdisk_reboot(&w->rig.mem, MEMDISK_KEEP_NONE, &w->random);
	}
	return begin(w);
}

/*
 * Passed over and counted while it could not be read: not delivered when it can be. What was given since
 * the cursor was synced, and then could not be read any more for ever, nobody can count.
 */
TEST(spool_ledger_is_exact_when_files_cannot_be_read_for_a_while)
{
	static struct world w;
	char text[160];
	const char *why = NULL;
	uint64_t seed;
	bool heals;
	int i;

	for (seed = 1; seed <= 1500 && why == NULL; seed += test_step(5)) {
		heals = seed % 2 == 0;
		world_init(&w, seed);
		w.rig.cfg.max_bytes = seed % 3 == 0 ? 6000 : 1 << 20;
		if (!begin(&w))
			why = "does not open";
		for (i = 0; i < 400 && why == NULL; i++) {
			if (chance(&w, 30) == 0)
				trouble(&w, chance(&w, 3) == 0);
			if (chance(&w, 40) == 0 &&
			    !end_and_begin(&w, heals ? chance(&w, 3) : 2 * chance(&w, 2)))
				why = "does not open again";
			else
				(void)step(&w, false, true);
		}
		if (why == NULL && heals)
			trouble(&w, true);
		if (why == NULL && !end_and_begin(&w, heals ? 0 : 2))
			why = "does not open at last";
		if (why == NULL)
			append(&w); /* behind what cannot be read */
		if (why == NULL)
			why = verdict(&w, text);
		if (why != NULL)
			test_fail(
			    __FILE__, __LINE__, "seed %llu: %s", (unsigned long long)seed, why);
		rig_done(&w.rig);
	}
}

/* Unreadable files, quotas, kills, power cuts and ends in one life; at last all can be read. */
static const char *
hard_life(struct world *w, uint64_t seed, bool refuses, char why[160])
{
	uint32_t trouble_in = seed % 2 == 0 ? 30 : 12, end_in = seed % 2 == 0 ? 40 : 25;
	int i;

	w->rig.cfg.max_bytes = seed % 3 == 0 ? 6000 : 3000 + chance(w, 8000);
	if (!begin(w))
		return "does not open";
	for (i = 0; i < 400; i++) {
		bool ends = chance(w, end_in) == 0;

		if (chance(w, trouble_in) == 0)
			trouble(w, chance(w, 3) == 0);
		if (refuses && chance(w, 25) == 0) {
			w->rig.mem.fail_at = w->rig.mem.ops + 1 + chance(w, 30);
			w->rig.mem.fail_n = 1 + chance(w, 6);
			w->rig.mem.fail_with = ES_EIO;
		}
		if (ends && chance(w, 3) != 0)
			w->rig.mem.fail_at = 0;
		if (!(ends ? end_and_begin(w, w->rig.mem.fail_at == 0 ? chance(w, 3) : 2)
			   : step(w, true, true)))
			return "does not open again";
	}
	w->rig.mem.fail_at = 0;
	trouble(w, true);
	if (!end_and_begin(w, 0))
		return "does not open at last";
	append(w); /* behind what could not be read */
	return verdict(w, why);
}

static void
hard_lives(bool refuses)
{
	static struct world w;
	char text[160];
	const char *why = NULL;
	uint64_t seed;

	for (seed = 1; seed <= 300 && why == NULL; seed += test_step(5)) {
		world_init(&w, seed);
		why = hard_life(&w, seed, refuses, text);
		if (why != NULL)
			test_fail(
			    __FILE__, __LINE__, "seed %llu: %s", (unsigned long long)seed, why);
		rig_done(&w.rig);
	}
}

TEST(spool_ledger_is_exact_when_quota_power_cuts_and_unreadable_files_meet)
{
	hard_lives(false);
}

/* Any operation is refused besides, a few in a row. */
TEST(spool_ledger_is_exact_when_the_disk_refuses_for_a_while)
{
	hard_lives(true);
}

/* The note which record is to report a loss is refused or not synced, then power goes: it is reported once. */
TEST(spool_loss_is_reported_once_when_its_note_is_not_synced_before_a_power_cut)
{
	static struct world w;
	char text[160];
	const char *why;
	uint64_t k, n, n_ops = 1;
	int i;

	for (k = 0; k <= n_ops; k++)
		for (n = 1; n <= 8; n++) {
			world_init(&w, k + 1);
			CHECK(begin(&w));
			for (i = 0; i < 9; i++)
				append(&w);
			es_spool_tick(w.rig.spool, rig_sec(1));
			CHECK_EQ(es_spool_unsendable(w.rig.spool, 4, rig_sec(2)), 0);
			n_ops = w.rig.mem.ops;
			w.rig.mem.fail_at = n_ops + k;
			w.rig.mem.fail_n = k == 0 ? 0 : n;
			w.rig.mem.fail_with = ES_EIO;
			es_spool_tick(w.rig.spool, rig_sec(3));
			n_ops = w.rig.mem.ops - n_ops;
			w.rig.mem.cut_at = w.rig.mem.ops + 1;
			es_spool_close(w.rig.spool);
			memdisk_reboot(&w.rig.mem,
			    n % 2 == 0 ? MEMDISK_KEEP_NONE : MEMDISK_KEEP_SOME, &w.random);
			CHECK(begin(&w));
			why = verdict(&w, text);
			if (why == NULL && w.lost != 1)
				why = "another record is lost, too";
			if (why != NULL)
				test_fail(__FILE__, __LINE__, "operation %llu, %llu refused: %s",
				    (unsigned long long)k, (unsigned long long)n, why);
			rig_done(&w.rig);
		}
}
