/* SPDX-License-Identifier: Apache-2.0 */
/* Old records are removed while agents deliver: a step at a time, and each batch is acknowledged on time. */
#include "collector/collector_reload.h"
#include "runtime/file.h"
#include "tests/sim/made_ingest.h"
#include "tests/sim/made_log.h"

enum { OLD_ROWS = 3 * ES_STORE_PRUNE_ROWS };

/* As if the agent had delivered so many records 100 days ago. */
static void
fill_old(int n)
{
	struct es_age_clock now = es_age_clock_now();
	struct es_store *store;
	char error[512];
	struct es_agent a;
	uint8_t spki[ES_STORE_HASH_LEN];

	memset(spki, 1, sizeof(spki));
	if (es_store_open(in.cfg.database, ES_STORE_WRITE, &store, error) != 0 ||
	    es_store_agent_by_spki(store, spki, &a) != 0 || es_store_begin(store) != 0)
		abort();
	for (int i = 0; i < n; i++) {
		struct es_row r = { .type = ES_REC_REPORTED, .agent = a.id, .key = { .ssrc = 7 } };

		r.received = es_time_of_ns((INT64_C(1800000000) - 100 * 86400 + i) * ES_NS_PER_S);
		r.bytes = es_slice_str("old");
		if (es_store_put(store, &r) != 0)
			abort();
	}
	if (es_store_commit(store) != 0 || es_age_trust(store, &now) != 0)
		abort();
	es_store_close(store);
}

static uint64_t
removed(void)
{
	uint64_t n[ES_CLASSES];
	struct es_store *store;
	char error[512];

	if (es_store_open(in.cfg.database, ES_STORE_READ, &store, error) != 0 ||
	    es_store_pruned(store, n) != 0)
		abort();
	es_store_close(store);
	return n[ES_CLASS_REPORTED];
}

static void
run_old(struct es_loop *l)
{
	int fd;

	in.loop = l;
	in.ran = true;
	NEED(removed() == 0);
	fd = arrive(in.cfg.listen.port);
	join(made_conn(0));
	made_pass(l, 1000); /* the first step, one second after the start */
	NEED(removed() == ES_STORE_PRUNE_ROWS);
	deliver(made_conn(0), 1);
	NEED(!got(made_conn(0), ES_ENV_ACK)); /* it waits for others, as always */
	made_pass(l, 50);                     /* the next step ends the group before it begins */
	NEED(got(made_conn(0), ES_ENV_ACK));
	NEED(in.env.u.ack.through_seq == 1);
	NEED(removed() == 2 * ES_STORE_PRUNE_ROWS);
	made_pass(l, 49);
	NEED(removed() == 2 * ES_STORE_PRUNE_ROWS);
	made_pass(l, 1);
	NEED(removed() == OLD_ROWS);
	made_pass(l, 50);
	deliver(made_conn(0), 2);
	made_pass(l, 50);
	NEED(got(made_conn(0), ES_ENV_ACK));
	made_pass(l, 60000);
	NEED(removed() == OLD_ROWS); /* what came now stays */
	NEED(made_signal(l, SIGTERM));
	close(fd);
}

TEST(ingest_removes_old_records_in_steps_between_its_groups)
{
	CHECK(begin());
	in.cfg.retention_reported_ms = INT64_C(90) * 86400 * 1000;
	fill_old(OLD_ROWS);
	made_clock.synchronised = true;
	made_run = run_old;
	listen_to_log();
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	(void)end_of_log();
	CHECK_EQ(said("removed what is older"), 1); /* one line for all of it */
	CHECK_EQ(said("older than retention or max-database allows: 1536 reported\n"), 1);
	end();
}

static void
write_config(const char *more)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "name = collector.test\n%s", more);
	NEED(es_file_write(at("collector.conf"), es_slice_str(text), 0600) == 0);
}

static void
run_reload(struct es_loop *l)
{
	in.loop = l;
	in.ran = true;
	made_pass(l, 60000);
	NEED(removed() == 0);
	write_config("retention-reported = 90d\nmax-database = 1MiB\nlisten = 127.0.0.1:7\n");
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 1000 + 600000 + 1000);
	NEED(removed() == 5);
	write_config("retention-reported = soon\n");
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 1000);
	NEED(made_signal(l, SIGTERM));
}

/* What is kept follows the file; where it listens does not. */
TEST(ingest_takes_another_retention_at_sighup)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_collector_reload *reload;
	struct es_collector_config *cfg;

	for (int is_child = 0; is_child < 2; is_child++) {
		CHECK(begin());
		fill_old(5);
		write_config("retention-reported = 0\n");
		CHECK_EQ(es_collector_reload_new(place.dir, is_child, error, &reload), 0);
		cfg = (struct es_collector_config *)(uintptr_t)es_collector_reload_config(reload);
		cfg->listen = in.cfg.listen; /* of the test's own collector */
		cfg->enroll = in.cfg.enroll;
		made_clock.synchronised = true;
		made_run = run_reload;
		listen_to_log();
		CHECK_EQ(es_ingest_run(cfg, reload), 0);
		(void)end_of_log();
		CHECK_EQ(said("ingest: configuration read again\n"), 1);
		CHECK_EQ(cfg->max_database_bytes, 1 << 20);
		CHECK_EQ(cfg->retention_reported_ms, INT64_C(90) * 86400 * 1000);
		es_collector_reload_free(reload);
		CHECK_EQ(said("collector.conf:3:16: max-database: in force from now on\n"), 1);
		CHECK_EQ(
		    said("collector.conf:2:22: retention-reported: in force in 10 minutes"), 1);
		CHECK_EQ(said("collector.conf:4:10: listen: changed: takes effect at a restart\n"),
		    !is_child);
		CHECK_EQ(said("retention-reported = \"soon\" is not right"), 1);
		CHECK_EQ(said(": nothing changes\n"), 1);
		end();
	}
}

static void
run_half_written(struct es_loop *l)
{
	in.loop = l;
	in.ran = true;
	write_config(""); /* an editor has truncated the file and written its first line */
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 900);
	write_config("max-database = 0\nretention-reported = 0\n");
	made_pass(l, 60000);
	NEED(removed() == 0);
	write_config("retention-reported = 1d"); /* of 1d and more, as 1day would be */
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 3600000);
	NEED(removed() == 0);
	NEED(made_signal(l, SIGTERM));
}

/* Runs ingest with five old records; what it logged is kept. */
static void
serve(const char *config, void (*run)(struct es_loop *l))
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_collector_reload *reload;
	struct es_collector_config *cfg;

	fill_old(5);
	write_config(config);
	CHECK_EQ(es_collector_reload_new(place.dir, false, error, &reload), 0);
	cfg = (struct es_collector_config *)(uintptr_t)es_collector_reload_config(reload);
	cfg->listen = in.cfg.listen; /* of the test's own collector */
	cfg->enroll = in.cfg.enroll;
	made_clock.synchronised = true;
	made_run = run;
	listen_to_log();
	CHECK_EQ(es_ingest_run(cfg, reload), 0);
	(void)end_of_log();
	es_collector_reload_free(reload);
}

TEST(sighup_at_a_half_written_file_does_not_shorten_retention)
{
	CHECK(begin());
	serve("retention-reported = 0\n", run_half_written);
	CHECK_EQ(said("nothing changes"), 1);
	CHECK_EQ(said("collector.conf: its last line has no end"), 1);
	CHECK_EQ(said("in force"), 0);
	end();
}

static void
run_shorter(struct es_loop *l)
{
	in.loop = l;
	in.ran = true;
	write_config("retention-reported = 90d\n");
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 300000);
	NEED(removed() == 0);
	write_config("retention-reported = 200d\n"); /* it was a mistake */
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 1000000);
	NEED(removed() == 0);
	write_config("retention-reported = 90d\n");
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 599000);
	NEED(removed() == 0);
	made_pass(l, 4000);
	NEED(removed() == 5);
	NEED(made_signal(l, SIGTERM));
}

TEST(retention_that_removes_records_waits_ten_minutes)
{
	CHECK(begin());
	serve("retention-reported = 0\n", run_shorter);
	CHECK_EQ(said("collector.conf:2:22: retention-reported: in force in 10 minutes; then "), 2);
	CHECK_EQ(said("then reported from before 2026-10-17T08:"), 2);
	CHECK_EQ(said("are removed, the oldest of 2026-10-07T08:00:00Z\n"), 2);
	CHECK_EQ(said("collector.conf:2:22: retention-reported: in force from now on\n"), 1);
	CHECK_EQ(said("ingest: retention-reported: in force from now on\n"), 1);
	end();
}

static void
run_smaller(struct es_loop *l)
{
	in.loop = l;
	in.ran = true;
	write_config("max-database = 1MiB\nretention-reported = 0\n");
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 599000);
	NEED(removed() == 0);
	made_pass(l, 60000);
	NEED(removed() > 0);
	NEED(made_signal(l, SIGTERM));
}

TEST(database_limit_that_removes_records_waits_ten_minutes)
{
	CHECK(begin());
	fill_old(12000);
	serve("max-database = 0\nretention-reported = 0\n", run_smaller);
	CHECK_EQ(said("collector.conf:2:16: max-database: in force in 10 minutes; then "), 1);
	CHECK_EQ(said("ingest: max-database: in force from now on\n"), 1);
	end();
}

static void
run_held(struct es_loop *l)
{
	struct es_store *other;
	char error[512];

	in.loop = l;
	in.ran = true;
	if (es_store_open(in.cfg.database, ES_STORE_WRITE, &other, error) != 0 ||
	    es_store_begin(other) != 0)
		abort();
	made_pass(l, 1000); /* another program writes: later, then */
	NEED(removed() == 0);
	es_store_rollback(other);
	es_store_close(other);
	made_pass(l, 1000);
	NEED(removed() == 5);
	NEED(made_signal(l, SIGTERM));
}

TEST(ingest_tries_again_to_remove_what_it_could_not)
{
	CHECK(begin());
	in.cfg.retention_reported_ms = INT64_C(90) * 86400 * 1000;
	fill_old(5);
	made_clock.synchronised = true;
	made_run = run_held;
	listen_to_log();
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	CHECK_EQ(logged("old records cannot be removed: database is locked"), 1);
	end();
}

static void
run_ahead(struct es_loop *l)
{
	struct es_store_instant i;
	struct es_store *store;
	char error[512];

	in.loop = l;
	in.ran = true;
	made_pass(l, 5000);
	NEED(removed() == 0);
	NEED(es_store_open(in.cfg.database, ES_STORE_READ, &store, error) == 0);
	NEED(es_store_instant_get(store, &i) == 0 && i.is_held); /* as the portal sees it */
	made_clock.wall_ns -= INT64_C(400) * 86400 * ES_NS_PER_S;
	made_pass(l, 2000);
	NEED(removed() == 0);
	NEED(es_store_instant_get(store, &i) == 0 && !i.is_held);
	es_store_close(store);
	NEED(made_signal(l, SIGTERM));
}

/* Why nothing is removed stands in the log once, and that it is over. */
TEST(ingest_says_when_it_does_not_believe_the_clock)
{
	CHECK(begin());
	in.cfg.retention_reported_ms = INT64_C(110) * 86400 * 1000;
	fill_old(5);
	made_clock.wall_ns += INT64_C(400) * 86400 * ES_NS_PER_S;
	made_run = run_ahead;
	listen_to_log();
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	(void)end_of_log();
	CHECK_EQ(said("ingest: the clock says 2028-02-19T08:00Z, 400 days after "
		      "2027-01-15T08:00Z, up to which time is known to have passed, and nothing "
		      "keeps it right (NTP, PTP): ages count to then. Set the clock right; if it "
		      "is: earshot-collector prune --trust-clock\n"),
	    1);
	CHECK_EQ(
	    said("ingest: the clock is believed again: records are removed by their age\n"), 1);
	end();
}
