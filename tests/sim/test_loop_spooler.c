/* SPDX-License-Identifier: Apache-2.0 */
/* When the spooler syncs, saves what is open, and notices a step of the clock; what it starts from. */
#include "runtime/file.h"
#include "tests/sim/made_spooler.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

TEST(spooler_syncs_within_a_second_and_what_is_urgent_at_once)
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
	es_spooler_settle(d.spooler); /* no more of it */
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
TEST(spooler_own_records_wait_and_gaps_do_not)
{
	struct es_record own = record_of(ES_REC_CALL, "own", ES_STATE_COMPLETED);

	CHECK(begin());
	es_spooler_put(d.spooler, &own);
	es_spooler_settle(d.spooler);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	made_pass(d.loop, 1000);
	CHECK_EQ(synced(), 1);
	es_spooler_gap(d.spooler, 5); /* of nothing */
	CHECK_EQ(made_next_ms(d.loop), -1);
	CHECK_EQ(next(), 2);
	CHECK(!es_spooler_has_open(d.spooler));
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, false), 0);
	CHECK(es_spooler_has_open(d.spooler));
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_IN_PROGRESS, false), 0);
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 1);
	CHECK_EQ(es_spooler_status(d.spooler).open_streams, 1);
	made_pass(d.loop, 10000);
	CHECK_EQ(synced(), 3);
	es_spooler_gap(d.spooler, 777);
	CHECK(!es_spooler_has_open(d.spooler)); /* it was said */
	CHECK_EQ(es_spool_last_ipc(es_spooler_spool(d.spooler)).run, 5);
	CHECK_EQ(es_spool_last_ipc(es_spooler_spool(d.spooler)).number, 2);
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
	CHECK(es_spooler_has_open(d.spooler)); /* the stream, of which something may be new */
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_COMPLETED, false), 0);
	CHECK(!es_spooler_has_open(d.spooler));
	CHECK(end());
}

/* What is open is saved as often as its size allows: a second, and 5 ms for each of them. */
TEST(spooler_saves_what_is_open_now_and_then)
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

TEST(spooler_saves_the_last_of_what_is_open_when_it_ends)
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
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 2);
	CHECK(es_spooler_has_open(d.spooler)); /* a sensor may have died with the shipper */
	stop();
	CHECK_EQ(es_file_read(at("open"), 1 << 20, &text, &n), 0);
	text[n - 1] ^= 1;
	CHECK_EQ(es_file_write(at("open"), es_slice_of(text, n), 0600), 0);
	free(text);
	CHECK_EQ(start(), 0); /* damaged: nothing of it is believed */
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 0);
	CHECK(!es_spooler_has_open(d.spooler));
	CHECK(end());
}

TEST(spooler_notices_a_step_of_a_minute)
{
	static const int64_t steps_ms[] = { 59999, -59999, 60000, -60000, 86400000 };
	struct es_spool *spool;

	CHECK(begin());
	spool = es_spooler_spool(d.spooler);
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

/* A clock set a day ahead makes nothing old: the step is seen before ages are. */
TEST(spooler_ages_nothing_by_a_step)
{
	CHECK(prepare());
	d.cfg.spool_age_s = 3600;
	CHECK_EQ(start(), 0);
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
	made_settle(d.loop);
	es_spool_clock_agreed(es_spooler_spool(d.spooler), true);
	made_clock.wall_ns += 86400 * ES_NS_PER_S;
	es_spooler_minute(d.spooler);
	made_settle(d.loop);
	CHECK_EQ(es_spooler_status(d.spooler).spool.lost, 0);
	made_pass(d.loop, 3601000); /* so long it is kept, and no longer */
	es_spooler_minute(d.spooler);
	made_settle(d.loop);
	CHECK(es_spooler_status(d.spooler).spool.lost > 0);
	CHECK(end());
}

TEST(spooler_reports_its_own_health_each_minute)
{
	struct es_spool_stats before;

	CHECK(begin());
	made_clock.cpu_us = 4321;
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, true), 0);
	made_settle(d.loop);
	before = es_spooler_status(d.spooler).spool;
	CHECK_EQ(before.records, 1);
	CHECK(before.bytes > 0);
	es_spooler_minute(d.spooler);
	CHECK_EQ(made_next_ms(d.loop), 0);
	made_settle(d.loop);
	CHECK_EQ(synced(), 2);
	CHECK(read_back(2));
	CHECK_EQ(d.seen.type, ES_REC_HEALTH);
	CHECK_EQ(value_of(ES_CNT_SPOOL_BYTES), before.bytes);
	CHECK_EQ(value_of(ES_CNT_SPOOL_RECORDS), 1);
	CHECK_EQ(es_spool_last_ipc(es_spooler_spool(d.spooler)).run, 5);
	CHECK_EQ(value_of(ES_CNT_CPU_US), 4321);
	CHECK(value_of(ES_CNT_RSS_BYTES) > 0);
	CHECK_EQ(es_spooler_status(d.spooler).spool.lost, 0);
	CHECK(end());
}

/* A loss on the way to a sync that is due does not put it off. */
TEST(spooler_loss_puts_no_sync_off)
{
	struct es_ipc_pair pair = { 5, 2 };

	CHECK(begin());
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_COMPLETED, false), 0);
	made_pass(d.loop, 400);
	CHECK_EQ(es_spooler_take(d.spooler, pair, es_slice_str("none"), false), 0);
	CHECK_EQ(made_next_ms(d.loop), 600);
	es_spooler_settle(d.spooler);
	CHECK_EQ(made_next_ms(d.loop), 600);
	CHECK(end());
}

/* Losses wait to be stored: they are without any other record, and after a restart as well. */
TEST(spooler_stores_losses_by_themselves)
{
	CHECK(begin());
	CHECK_EQ(
	    es_spooler_take(d.spooler, (struct es_ipc_pair){ 5, 3 }, es_slice_str("none"), false),
	    0);
	es_spooler_settle(d.spooler);
	CHECK_EQ(es_spooler_status(d.spooler).spool.lost, 3);
	CHECK_EQ(next(), 1);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	stop();
	CHECK_EQ(start(), 0);
	es_spooler_settle(d.spooler);
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
TEST(spooler_counts_what_a_full_disk_refused)
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
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 0);
	CHECK_EQ(es_spooler_status(d.spooler).spool.lost, 0);
	CHECK(es_spooler_take(
		  d.spooler, (struct es_ipc_pair){ 5, 9 }, es_slice_str("none"), false) != 0);
	CHECK_EQ(es_spooler_status(d.spooler).spool.lost, 0);
	es_spooler_put(d.spooler, &own);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
	CHECK_EQ(next(), 2);
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, true), 0);
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 1);
	made_pass(d.loop, 2000);
	CHECK_EQ(next(), synced() + 1);
	CHECK(read_back(2));
	CHECK_EQ(d.seen.type, ES_REC_CALL);
	CHECK(end());
}

/* A large record has no room, the count of what is lost has. */
TEST(spooler_counts_its_own_record_that_found_no_room)
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
	es_spooler_put(d.spooler, &own);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
	CHECK_EQ(es_spool_last_ipc(es_spooler_spool(d.spooler)).run, 0); /* no word of a sensor */
	CHECK_EQ(es_spooler_status(d.spooler).spool.lost, 1);
	CHECK_EQ(next(), 1);
	es_spooler_settle(d.spooler);
	CHECK_EQ(made_next_ms(d.loop), 1000);
	made_pass(d.loop, 1000);
	CHECK_EQ(next(), 2);
	CHECK(read_back(1));
	CHECK_EQ(d.seen.type, ES_REC_LOSS);
	CHECK_EQ(d.seen.u.loss.count, 1);
	CHECK_EQ(d.seen.u.loss.reason, ES_LOSS_DISK);
	CHECK(end());
}

/* The start that fails leaves what was saved of the last one alone, and no timer behind. */
TEST(spooler_start_fails_cleanly)
{
	struct es_spooler *first;
	size_t saved;

	CHECK(begin());
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	first = d.spooler;
	CHECK_EQ(start(), ES_EAGAIN); /* one spool has one shipper */
	d.spooler = first;
	stop();
	saved = saved_bytes();
	CHECK(saved > 16);
	made_fail_in = 1;
	CHECK(start() != 0);
	made_fail_in = 0;
	d.spooler = NULL;
	CHECK_EQ(made_left(d.loop), 0);
	CHECK_EQ(saved_bytes(), saved);
	CHECK_EQ(start(), 0);
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 1);
	CHECK(end());
}
