/* SPDX-License-Identifier: Apache-2.0 */
/* When the depot syncs, saves what is open, and notices a step of the clock; what it starts from. */
#include "agent/shipper/depot.h"

#include "proto/decode.h"
#include "proto/encode.h"
#include "runtime/file.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_loop.h"
#include "tests/unit/harness.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	struct es_agent_config cfg;
	struct es_loop *loop;
	struct es_depot *depot;
	char dir[64];
	unsigned n_synced;
	struct es_record seen; /* read back last */
	struct es_counter_value values[64];
	uint32_t n_values;
	uint64_t number; /* of the hop, given last */
	uint8_t bytes[ES_RECORD_MAX_BYTES];
	uint8_t arena[ES_ALLOC_BYTES];
} d;

static const char *
in(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", d.dir, name);
	return path;
}

static void
on_synced(void *ctx)
{
	if (ctx == &d)
		d.n_synced++;
}

static int
start(void)
{
	return es_depot_new(d.loop, &d.cfg, on_synced, &d, &d.depot);
}

static void
stop(void)
{
	es_depot_free(d.depot);
	d.depot = NULL;
}

/* A directory without a depot in it. */
static bool
place(void)
{
	made_clock_reset();
	memset(&d, 0, sizeof(d));
	(void)snprintf(d.dir, sizeof(d.dir), "/tmp/earshot-loop-depot-XXXXXX");
	if (mkdtemp(d.dir) == NULL)
		return false;
	d.cfg.state_dir = d.dir;
	(void)snprintf(d.cfg.spool_dir, sizeof(d.cfg.spool_dir), "%s/spool", d.dir);
	(void)snprintf(d.cfg.tenant_key_file, sizeof(d.cfg.tenant_key_file), "%s/key", d.dir);
	return es_loop_new(&d.loop) == 0;
}

static bool
begin(void)
{
	return place() && start() == 0;
}

static void
remove_all(const char *dir)
{
	char path[512];
	struct dirent *e;
	DIR *h = opendir(dir);

	while (h != NULL && (e = readdir(h)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path);
	}
	if (h != NULL)
		closedir(h);
	(void)rmdir(dir);
}

/* False: something was left behind. */
static bool
end(void)
{
	unsigned left;

	stop();
	left = made_left(d.loop);
	es_loop_free(d.loop);
	remove_all(d.cfg.spool_dir);
	remove_all(d.dir);
	return left == 0;
}

static struct es_record
record_of(enum es_record_type type, const char *id, enum es_state state)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = type;
	r.at = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);
	if (type == ES_REC_CALL) {
		r.u.call.call_id = es_slice_str(id);
		r.u.call.state = state;
	} else {
		r.u.stream.key.ssrc = (uint32_t)strlen(id);
		r.u.stream.key.src.family = r.u.stream.key.dst.family = 4;
		r.u.stream.state = state;
	}
	return r;
}

static int
take(enum es_record_type type, const char *id, enum es_state state, bool urgent)
{
	struct es_record r = record_of(type, id, state);
	int n = es_record_encode(&r, d.bytes, sizeof(d.bytes)), err;

	if (n <= 0)
		abort();
	err = es_depot_take(d.depot, (struct es_hop_pair){ 5, d.number + 1 },
	    es_slice_of(d.bytes, (size_t)n), urgent);
	d.number += err == 0;
	es_depot_settle(d.depot);
	return err;
}

static uint64_t
synced(void)
{
	return es_spool_synced_seq(es_depot_spool(d.depot));
}

static uint64_t
next(void)
{
	return es_spool_next_seq(es_depot_spool(d.depot));
}

static void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	d.seen = *rec;
	d.n_values = 0;
	if (rec->type == ES_REC_HEALTH)
		for (; d.n_values < rec->u.health.n_values && d.n_values < 64; d.n_values++)
			d.values[d.n_values] = rec->u.health.values[d.n_values];
}

/* The record of this number into d.seen. */
static bool
read_back(uint64_t seq)
{
	static uint8_t bytes[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;
	struct es_alloc alloc;

	es_alloc_init(&alloc, d.arena, sizeof(d.arena));
	return es_spool_next(es_depot_spool(d.depot), seq - 1, &e, bytes) == 0 && e.seq == seq &&
	       es_record_decode(es_slice_of(bytes, e.n_bytes), &alloc, see, NULL) == 1;
}

static uint64_t
value_of(unsigned counter)
{
	for (uint32_t i = 0; i < d.n_values; i++)
		if (d.values[i].counter == counter)
			return d.values[i].value;
	return 0;
}

/* How many bytes the saved table of what is open has; 0: there is no such file. */
static size_t
saved_bytes(void)
{
	struct stat st;

	return stat(in("open"), &st) == 0 ? (size_t)st.st_size : 0;
}

TEST(depot_syncs_within_a_second_and_what_is_urgent_at_once)
{
	CHECK(begin());
	CHECK_EQ(made_next_ms(d.loop), -1); /* nothing waits */
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, false), 0);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	made_pass(d.loop, 400);
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_COMPLETED, false), 0);
	CHECK_EQ(made_next_ms(d.loop), 600); /* the second does not begin again */
	made_pass(d.loop, 599);
	CHECK_EQ(synced(), 0);
	CHECK_EQ(d.n_synced, 0);
	made_pass(d.loop, 1);
	CHECK_EQ(synced(), 2);
	CHECK_EQ(d.n_synced, 1);
	CHECK_EQ(made_next_ms(d.loop), -1);
	CHECK_EQ(take(ES_REC_CALL, "c", ES_STATE_COMPLETED, false), 0);
	CHECK_EQ(take(ES_REC_CALL, "d", ES_STATE_COMPLETED, true), 0);
	CHECK_EQ(made_next_ms(d.loop), 50); /* of the sync before */
	made_pass(d.loop, 20);
	CHECK_EQ(take(ES_REC_CALL, "e", ES_STATE_COMPLETED, false), 0); /* stays urgent */
	CHECK_EQ(made_next_ms(d.loop), 30);
	made_pass(d.loop, 30);
	CHECK_EQ(synced(), 5);
	CHECK_EQ(d.n_synced, 2);
	es_depot_settle(d.depot); /* no more of it */
	CHECK_EQ(made_next_ms(d.loop), -1);
	made_pass(d.loop, 500);
	CHECK_EQ(take(ES_REC_CALL, "f", ES_STATE_COMPLETED, true), 0);
	CHECK_EQ(made_next_ms(d.loop), 0);
	made_settle(d.loop);
	CHECK_EQ(synced(), 6);
	CHECK_EQ(take(ES_REC_CALL, "g", ES_STATE_COMPLETED, false), 0);
	CHECK_EQ(made_next_ms(d.loop), 1000); /* urgent was the one before */
	CHECK(end());
}

/* A record of our own is not urgent; one for each that is open when a sensor dies is. */
TEST(depot_own_records_wait_and_gaps_do_not)
{
	struct es_record own = record_of(ES_REC_CALL, "own", ES_STATE_COMPLETED);

	CHECK(begin());
	es_depot_put(d.depot, &own);
	es_depot_settle(d.depot);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	made_pass(d.loop, 1000);
	CHECK_EQ(synced(), 1);
	es_depot_gap(d.depot, 5); /* of nothing */
	CHECK_EQ(made_next_ms(d.loop), -1);
	CHECK_EQ(next(), 2);
	CHECK(!es_depot_has_open(d.depot));
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, false), 0);
	CHECK(es_depot_has_open(d.depot));
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_IN_PROGRESS, false), 0);
	CHECK_EQ(es_depot_status(d.depot).open_calls, 1);
	CHECK_EQ(es_depot_status(d.depot).open_streams, 1);
	made_pass(d.loop, 10000);
	CHECK_EQ(synced(), 3);
	es_depot_gap(d.depot, 777);
	CHECK(!es_depot_has_open(d.depot)); /* it was said */
	CHECK_EQ(made_next_ms(d.loop), 0);
	made_settle(d.loop);
	CHECK_EQ(synced(), 5);
	for (uint64_t n = 4; n <= 5; n++) {
		CHECK(read_back(n));
		CHECK_EQ(d.seen.coverage.flags, ES_COV_GAP);
		CHECK_EQ(d.seen.coverage.gap_ms, 777);
		CHECK_EQ(
		    d.seen.at.ns, es_time_of_ns(made_clock.wall_ns + made_clock.monotonic_ns).ns);
	}
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, false), 0);
	CHECK(es_depot_has_open(d.depot)); /* the stream, of which something may be new */
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_COMPLETED, false), 0);
	CHECK(!es_depot_has_open(d.depot));
	CHECK(end());
}

/* What is open is saved as often as its size allows: a second, and 5 ms for each of them. */
TEST(depot_saves_what_is_open_now_and_then)
{
	size_t one, two;

	CHECK(begin());
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	one = saved_bytes();
	CHECK(one > 16);
	made_pass(d.loop, 100);
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop); /* saved 100 ms ago */
	CHECK_EQ(saved_bytes(), one);
	CHECK_EQ(made_next_ms(d.loop), 1000); /* it is tried again, though all is synced */
	CHECK_EQ(synced(), 2);
	made_pass(d.loop, 909);
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop); /* 1009 ms of 1010 */
	CHECK_EQ(saved_bytes(), one);
	made_pass(d.loop, 1);
	CHECK_EQ(saved_bytes(), one);
	made_pass(d.loop, 998);
	CHECK_EQ(saved_bytes(), one);
	made_pass(d.loop, 1);
	two = saved_bytes();
	CHECK(two > one);
	CHECK_EQ(made_next_ms(d.loop), -1);
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, false), 0);
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_COMPLETED, false), 0);
	made_pass(d.loop, 1000); /* with nothing open a second is enough */
	CHECK_EQ(saved_bytes(), 16);
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, false), 0);
	made_pass(d.loop, 1000); /* 5 ms too soon */
	CHECK_EQ(saved_bytes(), 16);
	made_pass(d.loop, 1000);
	CHECK_EQ(saved_bytes(), one);
	CHECK(end());
}

TEST(depot_saves_the_last_of_what_is_open_when_it_ends)
{
	char *text;
	size_t n, one;

	CHECK(begin());
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	one = saved_bytes();
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, false), 0);
	stop(); /* neither synced nor saved yet */
	CHECK(saved_bytes() > one);
	CHECK_EQ(start(), 0);
	CHECK_EQ(next(), 3);
	CHECK_EQ(es_depot_status(d.depot).open_calls, 2);
	CHECK(es_depot_has_open(d.depot)); /* a sensor may have died with the shipper */
	stop();
	CHECK_EQ(es_file_read(in("open"), 1 << 20, &text, &n), 0);
	text[n - 1] ^= 1;
	CHECK_EQ(es_file_write(in("open"), es_slice_of(text, n), 0600), 0);
	free(text);
	CHECK_EQ(start(), 0); /* damaged: nothing of it is believed */
	CHECK_EQ(es_depot_status(d.depot).open_calls, 0);
	CHECK(!es_depot_has_open(d.depot));
	CHECK(end());
}

TEST(depot_notices_a_step_of_a_minute)
{
	static const int64_t steps_ms[] = { 59999, -59999, 60000, -60000, 86400000 };
	struct es_spool *spool;

	CHECK(begin());
	spool = es_depot_spool(d.depot);
	made_pass(d.loop, 5000000);
	for (int i = 0; i < 5; i++) {
		es_spool_clock_agreed(spool, true);
		made_clock.wall_ns += steps_ms[i] * ES_NS_PER_MS;
		CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
		made_pass(d.loop, 100);
		CHECK_EQ(es_spool_clock_is_good(spool), i < 2);
		es_spool_clock_agreed(spool, true);
		CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
		made_pass(d.loop, 100); /* it was one step */
		CHECK(es_spool_clock_is_good(spool));
	}
	made_clock.synchronised = true; /* a clock that is kept is good after a step as well */
	made_clock.wall_ns += 86400 * ES_NS_PER_S;
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
	made_pass(d.loop, 100);
	CHECK(es_spool_clock_is_good(spool));
	CHECK(end());
}

TEST(depot_tells_of_itself_each_minute)
{
	struct es_spool_stats before;

	CHECK(begin());
	made_clock.cpu_us = 4321;
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
	made_settle(d.loop);
	before = es_depot_status(d.depot).spool;
	CHECK_EQ(before.records, 1);
	CHECK(before.bytes > 0);
	es_depot_minute(d.depot);
	CHECK_EQ(made_next_ms(d.loop), 0);
	made_settle(d.loop);
	CHECK_EQ(synced(), 2);
	CHECK(read_back(2));
	CHECK_EQ(d.seen.type, ES_REC_HEALTH);
	CHECK_EQ(value_of(ES_CNT_SPOOL_BYTES), before.bytes);
	CHECK_EQ(value_of(ES_CNT_SPOOL_RECORDS), 1);
	CHECK_EQ(value_of(ES_CNT_CPU_US), 4321);
	CHECK(value_of(ES_CNT_RSS_BYTES) > 0);
	CHECK_EQ(es_depot_status(d.depot).spool.lost, 0);
	CHECK(end());
}

/* Losses wait to be stored: they are without any other record, and after a restart as well. */
TEST(depot_stores_losses_by_themselves)
{
	CHECK(begin());
	CHECK_EQ(
	    es_depot_take(d.depot, (struct es_hop_pair){ 5, 3 }, es_slice_str("none"), false), 0);
	es_depot_settle(d.depot);
	CHECK_EQ(es_depot_status(d.depot).spool.lost, 3);
	CHECK_EQ(next(), 1);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	stop();
	CHECK_EQ(start(), 0);
	es_depot_settle(d.depot);
	CHECK_EQ(made_next_ms(d.loop), next() == 1 ? 1000 : -1);
	made_pass(d.loop, 2000);
	CHECK_EQ(next(), 3); /* of the reasons there are two */
	for (uint64_t n = 1; n <= 2; n++) {
		CHECK(read_back(n));
		CHECK_EQ(d.seen.type, ES_REC_LOSS);
		CHECK_EQ(d.seen.u.loss.count, d.seen.u.loss.reason == ES_LOSS_REFUSED ? 1 : 2);
	}
	CHECK_EQ(synced(), 2);
	CHECK_EQ(made_next_ms(d.loop), -1);
	CHECK(end());
}

/* A disk that takes nothing: the sensor hears it and asks again; our own is counted when there is room. */
TEST(depot_counts_what_a_full_disk_refused)
{
	struct es_record own = record_of(ES_REC_CALL, "own", ES_STATE_COMPLETED);
	struct rlimit was, none;

	CHECK(begin());
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
	made_settle(d.loop);
	CHECK_EQ(getrlimit(RLIMIT_FSIZE, &was), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	none = was;
	none.rlim_cur = 1;
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
	CHECK(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, true) != 0);
	CHECK_EQ(es_depot_status(d.depot).open_calls, 0);
	CHECK_EQ(es_depot_status(d.depot).spool.lost, 0);
	CHECK(
	    es_depot_take(d.depot, (struct es_hop_pair){ 5, 9 }, es_slice_str("none"), false) != 0);
	CHECK_EQ(es_depot_status(d.depot).spool.lost, 0);
	es_depot_put(d.depot, &own);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
	CHECK_EQ(next(), 2);
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, true), 0);
	CHECK_EQ(es_depot_status(d.depot).open_calls, 1);
	made_pass(d.loop, 2000);
	CHECK_EQ(next(), synced() + 1);
	CHECK(read_back(2));
	CHECK_EQ(d.seen.type, ES_REC_CALL);
	CHECK(end());
}

/* A large record has no room, the count of what is lost has. */
TEST(depot_counts_its_own_record_that_found_no_room)
{
	static char text[1000];
	struct es_record own = record_of(ES_REC_CALL, "own", ES_STATE_COMPLETED);
	struct rlimit was, small;

	CHECK(begin());
	memset(text, 'x', sizeof(text));
	own.u.call.from = own.u.call.to = own.u.call.diverted_from = own.u.call.asserted =
	    own.u.call.caller_agent = own.u.call.callee_agent = es_slice_of(text, sizeof(text));
	CHECK_EQ(getrlimit(RLIMIT_FSIZE, &was), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	small = was;
	small.rlim_cur = 4096; /* the file of the counts is no larger */
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
	es_depot_put(d.depot, &own);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
	CHECK_EQ(es_depot_status(d.depot).spool.lost, 1);
	CHECK_EQ(next(), 1);
	es_depot_settle(d.depot);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	made_pass(d.loop, 1000);
	CHECK_EQ(next(), 2);
	CHECK(read_back(1));
	CHECK_EQ(d.seen.type, ES_REC_LOSS);
	CHECK_EQ(d.seen.u.loss.count, 1);
	CHECK_EQ(d.seen.u.loss.reason, ES_LOSS_DISK);
	CHECK(end());
}

/* What goes wrong is said, and what goes well is not. */
TEST(depot_saves_again_what_the_disk_refused_and_says_so)
{
	listen_to_log();
	CHECK(begin());
	CHECK_EQ(logged("no tenant key"), 1);
	listen_to_log();
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	CHECK(saved_bytes() > 16);
	stop();
	CHECK_EQ(start(), 0);
	CHECK_EQ(logged(":"), 0);
	CHECK_EQ(unlink(in("open")), 0);
	CHECK_EQ(mkdir(in("open"), 0700), 0);
	listen_to_log();
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	made_pass(d.loop, 2000);
	CHECK_EQ(logged("the disk refused a record; it is tried again"), 1); /* a minute's worth */
	CHECK(made_next_ms(d.loop) >= 0);                                    /* and it is */
	CHECK_EQ(rmdir(in("open")), 0);
	stop();
	CHECK_EQ(start(), 0);
	CHECK_EQ(es_depot_status(d.depot).open_calls, 2);
	stop();
	CHECK_EQ(es_file_write(in("open"), es_slice_str("damaged"), 0600), 0);
	listen_to_log();
	CHECK_EQ(start(), 0);
	CHECK_EQ(logged("is damaged"), 1);
	listen_to_log();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(es_depot_take(d.depot, (struct es_hop_pair){ 5, ++d.number },
			     es_slice_str("none"), false),
		    0);
	CHECK_EQ(logged("a record that is none"), 1); /* the first says it */
	es_depot_free(NULL);
	CHECK(end());
}

/* A key file: 64 digits, with what an editor leaves behind them; one of our own where there is none. */
TEST(depot_reads_the_tenant_key_or_makes_one)
{
	static const char digits[] =
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	static const struct {
		const char *tail;
		bool good;
	} rows[] = { { "", true }, { "\n", true }, { "\r\n", true }, { " ", true },
		{ "  \r\n\n", true }, { "0", false }, { "\t", false }, { "\n0", false } };
	char text[128], *made;
	struct stat st;
	size_t n;

	CHECK(place());
	CHECK_EQ(start(), 0);
	stop();
	CHECK_EQ(stat(in("key"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(es_file_read(in("key"), 1000, &made, &n), 0);
	CHECK_EQ(n, 64);
	CHECK_EQ(strspn(made, "0123456789abcdef"), 64);
	CHECK(strspn(made, "0") < 64);
	free(made);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", digits, rows[i].tail);
		CHECK_EQ(es_file_write(in("key"), es_slice_str(text), 0600), 0);
		CHECK_EQ(start() == 0, rows[i].good);
		if (rows[i].good)
			stop();
		(void)snprintf(text, sizeof(text), "%.63s%s", digits, rows[i].tail);
		if (rows[i].good) {
			CHECK_EQ(es_file_write(in("key"), es_slice_str(text), 0600), 0);
			CHECK(start() != 0);
		}
	}
	CHECK_EQ(es_file_write(in("key"), es_slice_str("\n \r\n"), 0600), 0);
	CHECK(start() != 0);
	CHECK_EQ(made_left(d.loop), 0);
	CHECK(end());
}

/* The start that fails leaves what was saved of the last one alone, and no timer behind. */
TEST(depot_start_fails_cleanly)
{
	struct es_depot *first;
	size_t saved;

	CHECK(begin());
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	first = d.depot;
	CHECK_EQ(start(), ES_EAGAIN); /* one spool has one shipper */
	d.depot = first;
	stop();
	saved = saved_bytes();
	CHECK(saved > 16);
	made_fail_in = 1;
	CHECK(start() != 0);
	made_fail_in = 0;
	d.depot = NULL;
	CHECK_EQ(made_left(d.loop), 0);
	CHECK_EQ(saved_bytes(), saved);
	CHECK_EQ(start(), 0);
	CHECK_EQ(es_depot_status(d.depot).open_calls, 1);
	CHECK(end());
}
