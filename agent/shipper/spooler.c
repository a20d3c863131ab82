/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's spooler: sanitizer, open table, spool, and when to sync. */
#include "agent/shipper/spooler.h"

#include "agent/health.h"
#include "runtime/clock.h"
#include "runtime/file.h"
#include "runtime/log.h"
#include "runtime/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SYNC_MS = 1000,
	SYNC_URGENT_MS = 50, /* bad blocks of many streams come together */
	OPEN_FILE_MAX = 16 << 20,
	STEP_MS = 60000, /* of the wall clock against the boot's: more is a step, less is drift */
};

struct es_spooler {
	const struct es_agent_config *cfg;
	struct es_disk disk;
	struct es_disk_dir *dir;
	struct es_spool *spool;
	struct es_open *open;
	struct es_pseudonym pseudonym;
	struct es_sanitizer sanitizer;
	struct es_sensor_health sensor;
	struct es_stream_key stream; /* the last in progress */
	struct es_timer *sync;
	int64_t synced_ms;
	int64_t saved_ms;
	int64_t boot_wall_ns; /* wall clock when the boot clock was 0 */
	bool urgent;
	bool pending;
	bool unsaved;    /* the disk refused the table of what is open */
	bool unreported; /* something may be open whose gap no record reports */
	int memory;      /* of es_health_open_memory */
	struct es_log_limit limit;
	void (*synced)(void *ctx);
	void *ctx;
	char open_file[ES_CONFIG_PATH_MAX + 8];
	uint8_t bytes[ES_RECORD_MAX_BYTES];
};

/* Of a record that no sensor sent. */
static const struct es_ipc_pair no_pair;

static int
append_own(struct es_spooler *st, const struct es_record *rec)
{
	int n = es_record_encode(rec, st->bytes, sizeof(st->bytes));

	if (n <= 0)
		return ES_EINVALID;
	st->pending = true;
	return es_spool_append(
	    st->spool, es_clock_wall(), no_pair, es_slice_of(st->bytes, (size_t)n));
}

static int
on_lost(void *ctx, const struct es_loss *loss)
{
	struct es_spooler *st = ctx;
	struct es_record rec = { .type = ES_REC_LOSS, .at = es_clock_wall(), .u.loss = *loss };

	log_warn("spool: %llu records (%llu to %llu) are lost, reason %d",
	    (unsigned long long)loss->count, (unsigned long long)loss->first_seq,
	    (unsigned long long)loss->last_seq, (int)loss->reason);
	return append_own(st, &rec);
}

static void
log_refusal(struct es_spooler *st, int err)
{
	uint32_t held_back;

	if (es_log_limit_pass(&st->limit, es_clock_monotonic_ms(), 60000, &held_back))
		log_error("spool: %s: %s; it is tried again", st->cfg->spool_dir,
		    err == ES_EFULL ? "no space left" : "the disk refused a record");
}

/* Numbers of IPC before this one that will not come: counted before the pair moves past them. */
static int
count_missing(struct es_spooler *st, struct es_ipc_pair pair)
{
	struct es_ipc_pair last = es_spool_last_ipc(st->spool);
	uint64_t expected = pair.run == last.run ? last.number + 1 : 1;
	struct es_ipc_pair before = { pair.run, pair.number - 1 };

	if (pair.number <= expected)
		return 0;
	return es_spool_forgo(
	    st->spool, es_clock_wall(), before, pair.number - expected, ES_LOSS_MEMORY);
}

/* While there is little room, blocks without damage are dropped in favour of calls, streams and bad blocks. */
static bool
is_dispensable(const struct es_spooler *st, bool urgent)
{
	return !urgent && es_spool_is_tight(st->spool) && es_sanitizer_is_blocks(&st->sanitizer);
}

static void
note_stream(struct es_spooler *st)
{
	const struct es_stream_key *key = es_sanitizer_stream(&st->sanitizer);

	if (key != NULL)
		st->stream = *key;
}

struct es_stream_key
es_spooler_stream(const struct es_spooler *st)
{
	return st->stream;
}

int
es_spooler_take(struct es_spooler *st, struct es_ipc_pair pair, es_slice bytes, bool urgent)
{
	es_time now = es_clock_wall();
	es_slice store;
	int err = count_missing(st, pair);

	if (err != 0) {
		log_refusal(st, err);
		return err;
	}
	if (es_sanitizer_prepare(&st->sanitizer, bytes, &store) != 0) {
		if (st->sanitizer.refused == 1)
			log_warn("hop: a record that cannot be decoded was dropped");
		err = es_spool_forgo(st->spool, now, pair, 1, ES_LOSS_REFUSED);
	} else if (is_dispensable(st, urgent)) {
		err = es_spool_forgo(st->spool, now, pair, 1, ES_LOSS_QUOTA);
	} else {
		err = es_spool_append(st->spool, now, pair, store);
		if (err == 0) {
			es_sensor_health_take(&st->sensor, &st->sanitizer.records[0]);
			note_stream(st);
			es_sanitizer_stored(&st->sanitizer);
			st->unreported = true;
			st->pending = true;
			st->urgent = st->urgent || urgent;
		}
	}
	if (err != 0)
		log_refusal(st, err);
	return err;
}

/* A record of our own that the disk refuses is counted, as far as the disk takes that. */
static void
put_failed(struct es_spooler *st, int err)
{
	log_refusal(st, err);
	(void)es_spool_forgo(st->spool, es_clock_wall(), no_pair, 1, ES_LOSS_DISK); /* logged */
}

void
es_spooler_put(struct es_spooler *st, const struct es_record *rec)
{
	int err = append_own(st, rec);

	if (err != 0)
		put_failed(st, err);
}

static void
each_gap(void *ctx, const struct es_record *rec)
{
	es_spooler_put(ctx, rec);
}

void
es_spooler_gap(struct es_spooler *st, uint32_t gap_ms)
{
	uint32_t streams = es_open_streams(st->open), calls = es_open_calls(st->open);

	st->unreported = false;
	if (streams + calls == 0)
		return;
	log_warn("shipper: the sensor is gone: %u streams and %u calls that were open get a gap",
	    streams, calls);
	es_open_gap(st->open, es_clock_wall(), gap_ms, &st->sanitizer.alloc, each_gap, st);
	st->urgent = true;
	es_spooler_settle(st);
}

bool
es_spooler_has_open(const struct es_spooler *st)
{
	return st->unreported && es_open_streams(st->open) + es_open_calls(st->open) > 0;
}

static bool
needs_saving(const struct es_spooler *st)
{
	return st->unsaved || es_open_is_dirty(st->open);
}

/* Saves what is open, so that a restarted shipper can report a gap in it. */
static void
save_open(struct es_spooler *st, int64_t now_ms)
{
	uint32_t n = es_open_streams(st->open) + es_open_calls(st->open);
	int64_t every_ms = 1000 + 5 * (int64_t)(n < 1800 ? n : 1800);
	uint8_t *bytes;
	size_t n_bytes;

	if (!needs_saving(st) || now_ms - st->saved_ms < every_ms)
		return;
	st->saved_ms = now_ms;
	if (es_open_save(st->open, &bytes, &n_bytes) != 0)
		return;
	st->unsaved = es_file_write(st->open_file, es_slice_of(bytes, n_bytes), 0600) != 0;
	if (st->unsaved)
		log_refusal(st, ES_EIO);
	free(bytes);
}

static void
notice_step(struct es_spooler *st)
{
	es_time now = es_clock_wall();
	int64_t boot_wall_ns = now.ns - es_clock_boot_ns();
	int64_t by_ns = boot_wall_ns - st->boot_wall_ns;

	if (by_ns / ES_NS_PER_MS >= STEP_MS || by_ns / ES_NS_PER_MS <= -STEP_MS)
		es_spool_clock_stepped(st->spool, by_ns, now);
	st->boot_wall_ns = boot_wall_ns;
}

/* Losses wait to be stored. Before the timer there is, es_spooler_settle sees to it. */
static void
on_wake(void *ctx)
{
	struct es_spooler *st = ctx;

	st->pending = true;
	if (st->sync != NULL && !es_timer_is_armed(st->sync))
		(void)es_timer_arm(st->sync, SYNC_MS);
}

static void
on_clock(void *ctx, struct es_spool_clock *out)
{
	uint8_t id[16];

	(void)ctx;
	out->good = es_clock_is_synchronised();
	out->boot_ns = es_clock_boot_ns();
	(void)es_clock_boot_id(id); /* zeroes where there is none */
	memcpy(&out->boot, id, sizeof(out->boot));
}

static void
on_sync(void *ctx)
{
	struct es_spooler *st = ctx;
	int64_t now_ms = es_clock_monotonic_ms();

	st->pending = st->urgent = false;
	st->synced_ms = now_ms;
	notice_step(st);
	es_spool_tick(st->spool, es_clock_wall());
	save_open(st, now_ms);
	if (es_spool_synced_seq(st->spool) + 1 < es_spool_next_seq(st->spool) ||
	    es_spool_has_unreported(st->spool) || needs_saving(st))
		(void)es_timer_arm(st->sync, SYNC_MS);
	st->synced(st->ctx);
}

void
es_spooler_settle(struct es_spooler *st)
{
	int64_t wait_ms = st->synced_ms + SYNC_URGENT_MS - es_clock_monotonic_ms();

	if (st->urgent)
		(void)es_timer_arm(st->sync, wait_ms > 0 ? wait_ms : 0);
	else if (st->pending && !es_timer_is_armed(st->sync))
		(void)es_timer_arm(st->sync, SYNC_MS);
}

void
es_spooler_minute(struct es_spooler *st)
{
	struct es_spool_stats spool = es_spool_stats(st->spool);
	struct es_health_sum c;
	int n;

	memset(&c, 0, sizeof(c));
	es_health_process(&c, st->memory);
	c.value[ES_CNT_SPOOL_BYTES] = spool.bytes;
	c.value[ES_CNT_SPOOL_RECORDS] = spool.records;
	n = es_health_encode(&c, es_clock_wall(), st->bytes, sizeof(st->bytes));
	if (n > 0 && es_spool_append(st->spool, es_clock_wall(), no_pair,
			 es_slice_of(st->bytes, (size_t)n)) != 0)
		put_failed(st, ES_EIO);
	(void)es_timer_arm(st->sync, 0); /* quotas by age and free space are looked at there */
}

struct es_spool *
es_spooler_spool(struct es_spooler *st)
{
	return st->spool;
}

struct es_spooler_status
es_spooler_status(const struct es_spooler *st)
{
	struct es_spooler_status s;

	s.spool = es_spool_stats(st->spool);
	s.open_streams = es_open_streams(st->open);
	s.open_calls = es_open_calls(st->open);
	s.refused = st->sanitizer.refused;
	s.sensor = st->sensor;
	return s;
}

/* The tenant's key; one of our own where enrolment brought none. */
static int
load_key(struct es_spooler *st)
{
	uint8_t key[ES_KEY_BYTES];
	char hex[2 * ES_KEY_BYTES + 1], why[ES_TRUST_WHY_MAX], *text;
	size_t n;
	int err;

	err = es_trust_read_secret(st->cfg->tenant_key_file, 256, 0, &text, &n, why);
	if (err == 0) {
		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
			n--;
		err = es_hex_parse(es_slice_of(text, n), key, sizeof(key));
		es_secret_zero(text, n);
		free(text);
		if (err != 0)
			snprintf(why, sizeof(why), "%s: expected %d hexadecimal digits",
			    st->cfg->tenant_key_file, 2 * ES_KEY_BYTES);
	} else if (err == ES_ENOTFOUND) {
		es_random_bytes(key, sizeof(key));
		es_hex_text(key, sizeof(key), hex);
		err = es_file_write(st->cfg->tenant_key_file, es_slice_str(hex), 0600);
		if (err == 0)
			log_warn("shipper: no tenant key: made one in %s; pseudonyms will not "
				 "match other agents'",
			    st->cfg->tenant_key_file);
		else
			snprintf(
			    why, sizeof(why), "%s: %s", st->cfg->tenant_key_file, strerror(errno));
		es_secret_zero(hex, sizeof(hex));
	}
	if (err != 0) {
		log_error("shipper: %s", why);
		return err;
	}
	err = es_pseudonym_init(&st->pseudonym, key, st->cfg->country);
	es_secret_zero(key, sizeof(key));
	return err;
}

static void
load_open(struct es_spooler *st)
{
	char *text;
	size_t n;

	snprintf(st->open_file, sizeof(st->open_file), "%s/open", st->cfg->state_dir);
	if (es_file_read(st->open_file, OPEN_FILE_MAX, &text, &n) != 0)
		return;
	if (es_open_load(st->open, es_slice_of(text, n), &st->sanitizer.alloc) != 0)
		log_warn("shipper: %s is damaged: gaps of what was open may stay unreported",
		    st->open_file);
	st->unreported = true;
	free(text);
}

static uint64_t
random_number(void *ctx)
{
	(void)ctx;
	return es_random_u64();
}

static int
open_spool(struct es_spooler *st)
{
	struct es_spool_config cfg = { .disk = &st->disk,
		.max_bytes = st->cfg->spool_bytes,
		.max_age_s = st->cfg->spool_age_s,
		.min_free_bytes = st->cfg->spool_free_bytes,
		.random = random_number,
		.lost = on_lost,
		.wake = on_wake,
		.clock = on_clock,
		.ctx = st };
	char why[ES_TRUST_WHY_MAX];
	int err;

	if (es_trust_make_dir(st->cfg->state_dir, 0, why) != 0 ||
	    es_trust_make_dir(st->cfg->spool_dir, 0, why) != 0) {
		log_error("shipper: %s", why);
		return ES_EDENIED;
	}
	err = es_disk_dir_open(st->cfg->spool_dir, &st->disk, &st->dir);
	if (err == 0)
		err = es_spool_open(&cfg, es_clock_wall(), &st->spool);
	if (err == ES_EAGAIN)
		log_error("spool: %s is in use by another shipper", st->cfg->spool_dir);
	else if (err != 0)
		log_error("spool: %s: %s", st->cfg->spool_dir,
		    err == ES_EIO || err == ES_EFULL ? strerror(errno) : es_strerror(err));
	return err;
}

void
es_spooler_limit(struct es_spooler *st)
{
	es_spool_limit(
	    st->spool, st->cfg->spool_bytes, st->cfg->spool_age_s, st->cfg->spool_free_bytes);
}

int
es_spooler_new(struct es_loop *loop, const struct es_agent_config *cfg, void (*synced)(void *ctx),
    void *ctx, struct es_spooler **out)
{
	struct es_spooler *st = calloc(1, sizeof(*st));
	uint8_t key[16];
	int err;

	if (st == NULL)
		return ES_ENOMEM;
	st->cfg = cfg;
	st->synced = synced;
	st->ctx = ctx;
	st->memory = es_health_open_memory();
	st->boot_wall_ns = es_clock_wall().ns - es_clock_boot_ns();
	es_random_bytes(key, sizeof(key));
	err = open_spool(st);
	if (err == 0)
		err = load_key(st);
	if (err == 0)
		err = es_open_new(key, &st->open);
	if (err == 0)
		err = es_sanitizer_init(&st->sanitizer, &st->pseudonym, st->open);
	if (err == 0)
		err = es_timer_new(loop, on_sync, st, &st->sync);
	if (err != 0) {
		es_spooler_free(st);
		return err;
	}
	load_open(st);
	st->pending = es_spool_has_unreported(st->spool);
	*out = st;
	return 0;
}

void
es_spooler_free(struct es_spooler *st)
{
	if (st == NULL)
		return;
	if (st->sync != NULL) { /* else it never began */
		st->saved_ms = 0;
		save_open(st, INT64_MAX);
	}
	es_timer_free(st->sync);
	es_spool_close(st->spool);
	es_disk_dir_close(st->dir);
	es_sanitizer_done(&st->sanitizer);
	es_open_free(st->open);
	es_secret_zero(&st->pseudonym, sizeof(st->pseudonym));
	if (st->memory >= 0)
		close(st->memory);
	free(st);
}
