/* SPDX-License-Identifier: Apache-2.0 */
/* When the machine's health is looked at, on a loop whose clock the test drives. */
#include "agent/shipper/host_monitor.h"

#include "agent/record_json.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_loop.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MACHINE "tests/unit/fixtures/host/wired/1"

enum { UP_MS = 1000, IDLE_MS = 10000 };

static struct {
	struct es_loop *loop;
	struct es_agent_config cfg;
	struct es_host_monitor *monitor;
	unsigned n_records;
	unsigned n_full;
} v;

static void
on_record(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	v.n_records++;
	v.n_full += rec->type == ES_REC_HOST && rec->u.host.full;
}

static bool
begin(const char *root)
{
	made_clock_reset();
	memset(&v, 0, sizeof(v));
	v.cfg.host = true;
	v.cfg.host_root = root;
	v.cfg.host_period_up_ms = UP_MS;
	v.cfg.host_period_idle_ms = IDLE_MS;
	return es_loop_new(&v.loop) == 0 &&
	       es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor) == 0;
}

static bool
end(void)
{
	unsigned left;

	es_host_monitor_free(v.monitor);
	left = made_left(v.loop);
	es_loop_free(v.loop);
	return left == 0;
}

/* How long the timer was armed for when it was armed last, seen right after. */
static int64_t
next_ms(void)
{
	made_settle(v.loop);
	return made_next_ms(v.loop);
}

TEST(host_monitor_look_sooner_while_a_call_is_up)
{
	CHECK(begin(MACHINE));
	CHECK_EQ(made_next_ms(v.loop), 0); /* at once */
	CHECK_EQ(next_ms(), IDLE_MS);
	CHECK(v.n_records > 0);
	made_pass(v.loop, 4000);
	es_host_monitor_calls(v.monitor, 1);
	CHECK_EQ(made_next_ms(v.loop), 0); /* the last look is longer ago than that */
	CHECK_EQ(next_ms(), UP_MS);
	made_pass(v.loop, 300);
	es_host_monitor_calls(v.monitor, 2); /* up as before: nothing moves */
	CHECK_EQ(next_ms(), UP_MS - 300);
	es_host_monitor_calls(v.monitor, 0);
	CHECK_EQ(next_ms(), IDLE_MS - 300);
	made_pass(v.loop, IDLE_MS - 300);
	CHECK_EQ(next_ms(), IDLE_MS);
	CHECK(end());
}

/* Below a root nothing is sent; the second's timer is there, and late timers are a signal. */
TEST(host_monitor_probes_each_second_of_a_call)
{
	CHECK(begin(MACHINE));
	v.cfg.host_probes = true;
	v.cfg.host_period_up_ms = 5000;
	CHECK_EQ(next_ms(), IDLE_MS);
	es_host_monitor_calls(v.monitor, 1);
	made_settle(v.loop);
	CHECK_EQ(made_next_ms(v.loop), 1000);
	made_pass(v.loop, 1000);
	CHECK_EQ(next_ms(), 1000);
	es_host_monitor_calls(v.monitor, 0);
	CHECK_EQ(next_ms(), IDLE_MS - 1000);
	v.cfg.host_probes = false;
	es_host_monitor_calls(v.monitor, 1);
	CHECK_EQ(next_ms(), 4000);
	CHECK(end());
}

TEST(host_monitor_follows_periods_that_change)
{
	CHECK(begin(MACHINE));
	CHECK_EQ(next_ms(), IDLE_MS);
	made_pass(v.loop, 4000);
	v.cfg.host_period_idle_ms = 30000;
	es_host_monitor_periods(v.monitor);
	CHECK_EQ(next_ms(), 30000 - 4000);
	v.cfg.host_period_idle_ms = 3000;
	es_host_monitor_periods(v.monitor);
	CHECK_EQ(made_next_ms(v.loop), 0); /* the last look is longer ago than that */
	CHECK_EQ(next_ms(), 3000);
	CHECK(end());
}

TEST(host_monitor_list_everything_once_an_hour)
{
	unsigned first, second;

	CHECK(begin(MACHINE));
	made_settle(v.loop);
	first = v.n_full;
	CHECK(first > 0);
	made_pass(v.loop, 3600000 - 1);
	CHECK_EQ(v.n_full, first);
	made_pass(v.loop, 1);
	second = v.n_full;
	CHECK(second > first);
	made_pass(v.loop, IDLE_MS);
	CHECK_EQ(v.n_full, second);
	CHECK(end());
}

TEST(host_monitor_of_an_unreadable_machine_are_none)
{
	listen_to_log();
	CHECK(begin("/proc/self/nowhere"));
	CHECK_EQ(logged("the health of this machine cannot be read below /proc/self/nowhere\n"), 1);
	CHECK_EQ(next_ms(), -1);
	es_host_monitor_calls(v.monitor, 1);
	CHECK_EQ(next_ms(), -1);
	CHECK_EQ(v.n_records, 0);
	CHECK(end());
}

/* A timeline of one record that lists everything. */
static bool
write_timeline(const char *path)
{
	char text[4096];
	struct es_record rec;
	struct es_json j;
	FILE *to;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HOST;
	rec.u.host =
	    (struct es_host){ .start = es_time_of_ns(1), .end = es_time_of_ns(7000), .full = true };
	es_json_init(&j, text, sizeof(text), NULL, NULL);
	es_record_json(&rec, &j);
	to = fopen(path, "w");
	return !j.bad && to != NULL && fwrite(text, 1, j.n_bytes, to) == j.n_bytes &&
	       fclose(to) == 0;
}

/* A timeline stands for the machine once: a mark keeps a shipper that starts again from reporting it twice. */
TEST(host_monitor_timeline_is_reported_once_in_the_life_of_its_mark)
{
	char dir[64], mark[96], path[96];
	struct stat st;

	(void)snprintf(dir, sizeof(dir), "/tmp/earshot-host_monitor-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(mark, sizeof(mark), "%s/timeline-told", dir);
	(void)snprintf(path, sizeof(path), "%s/timeline", dir);
	CHECK(write_timeline(path));
	made_clock_reset();
	memset(&v, 0, sizeof(v));
	v.cfg.state_dir = dir;
	v.cfg.host_timeline = path;
	CHECK_EQ(es_loop_new(&v.loop), 0);
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
	CHECK_EQ(v.n_full, 1);
	CHECK_EQ(v.n_records, 1);
	CHECK_EQ(stat(mark, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	es_host_monitor_free(v.monitor);
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
	CHECK_EQ(v.n_full, 1);
	es_host_monitor_free(v.monitor);
	CHECK_EQ(unlink(mark), 0);
	listen_to_log();
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
	CHECK_EQ(logged("/timeline stand for this machine's health\n"), 1);
	CHECK_EQ(said("shipper: 1 records of "), 1);
	CHECK_EQ(v.n_full, 2);
	CHECK_EQ(made_next_ms(v.loop), -1); /* the machine itself is not looked at */
	CHECK(end());
	CHECK_EQ(unlink(mark), 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(rmdir(dir), 0);
}

/* The mark is of one path: another is reported, one that is invalid stops the start, and no mark is no harm. */
TEST(host_monitor_timeline_is_known_by_its_path)
{
	char dir[64], mark[96], first[96], second[96];

	(void)snprintf(dir, sizeof(dir), "/tmp/earshot-host_monitor-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(mark, sizeof(mark), "%s/timeline-told", dir);
	(void)snprintf(first, sizeof(first), "%s/1", dir);
	(void)snprintf(second, sizeof(second), "%s/2", dir);
	CHECK(write_timeline(first) && write_timeline(second));
	made_clock_reset();
	memset(&v, 0, sizeof(v));
	v.cfg.state_dir = dir;
	CHECK_EQ(es_loop_new(&v.loop), 0);
	for (unsigned n = 0; n < 4; n++) { /* each once: the first, the second, and again */
		v.cfg.host_timeline = n / 2 == 0 ? first : second;
		CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
		CHECK_EQ(v.n_full, 1 + n / 2);
		es_host_monitor_free(v.monitor);
	}
	v.monitor = NULL;
	v.cfg.host_timeline = "/nonexistent/timeline";
	listen_to_log();
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), ES_EMALFORMED);
	CHECK_EQ(logged("shipper: host-timeline: /nonexistent/timeline"), 1);
	CHECK_EQ(made_left(v.loop), 0);
	v.cfg.host_timeline = first;
	CHECK_EQ(unlink(mark), 0);
	CHECK_EQ(mkdir(mark, 0700), 0);
	listen_to_log();
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
	CHECK_EQ(logged("timeline-told cannot be written"), 1);
	CHECK_EQ(v.n_full, 3);
	CHECK_EQ(rmdir(mark), 0);
	es_host_monitor_free(v.monitor);
	listen_to_log();
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
	CHECK_EQ(logged("cannot be written"), 0);
	CHECK(end());
	CHECK_EQ(unlink(mark), 0);
	CHECK_EQ(unlink(first), 0);
	CHECK_EQ(unlink(second), 0);
	CHECK_EQ(rmdir(dir), 0);
}

TEST(host_monitor_start_fails_cleanly)
{
	CHECK(begin(MACHINE));
	es_host_monitor_free(v.monitor);
	v.monitor = NULL;
	for (unsigned n = 1; n <= 2; n++) {
		made_fail_in = n;
		CHECK(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor) != 0);
		CHECK_EQ(made_left(v.loop), 0);
	}
	made_fail_in = 0;
	v.cfg.host = false;
	CHECK_EQ(es_host_monitor_new(v.loop, &v.cfg, on_record, NULL, &v.monitor), 0);
	CHECK_EQ(next_ms(), -1);
	CHECK_EQ(v.n_records, 0);
	es_host_monitor_free(NULL);
	CHECK(end());
}
