/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: what changes without a restart, what is said of the rest, and that nothing ends. */
#include "runtime/file.h"
#include "runtime/log.h"
#include "runtime/loop/reread.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_shipper.h"

#include <sys/stat.h>

/* The file of the process under test; lines of more stand behind those that all have. */
static void
write_file(const char *more)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "state-dir = \"%s/state\"\nrun-dir = \"%s/run\"\nhost = no\n"
	    "collector-name = \"collector.test\"\n%s",
	    place.dir, place.dir, more);
	if (es_file_write(at("e.conf"), es_slice_str(text), 0600) != 0)
		abort();
}

/* The line that begins with the file's place. */
static unsigned
said_at(const char *who, const char *rest)
{
	char line[512];

	(void)snprintf(line, sizeof(line), "%s: %s/e.conf:%s", who, place.dir, rest);
	return said(line);
}

static void
reload(struct es_loop *l)
{
	NEED(made_signal(l, SIGHUP));
	made_pass(l, ES_REREAD_PAUSE_MS);
}

#define REPLAY "capture \"x\" { replay = {\"" CAPTURE "\"} }\n"

static bool
begin_with(const char *more)
{
	static char path[128];
	char error[ES_OPTIONS_ERROR_MAX];

	if (!begin(""))
		return false;
	es_agent_config_free(role.cfg);
	role.cfg = NULL;
	write_file(more);
	(void)snprintf(path, sizeof(path), "%s", at("e.conf"));
	return es_agent_config_load(path, error, &role.cfg) == 0;
}

/* A shipper of this configuration runs, and what it says is kept. */
static bool
shipper_runs(const char *more, void (*day)(struct es_loop *l))
{
	if (!begin_with(more))
		return false;
	made_run = day;
	listen_to_log();
	return es_shipper_run(role.cfg, -1) == 0;
}

static void
run_other_values(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(strcmp(made_dial.host, "c.example") == 0 && made_dial.port == 6100);
	log_debug("too much");
	write_file("log-level = debug\ncollector = \"d.example:7\"\nspool-bytes = 4MiB\n"
		   "host-period-up = 2s\nspool-age = 168h\n" REPLAY);
	reload(l);
	log_debug("what is wanted now");
	NEED(strcmp(made_dial.host, "d.example") == 0 && made_dial.port == 7);
	NEED(made_dial.times == 2);
	NEED(role.cfg->spool_bytes == 4 << 20 && role.cfg->host_period_up_ms == 2000);
	reload(l); /* and the same again: the connection stays */
	NEED(made_dial.times == 2);
	write_file("spool-bytes = 4MiB\n" REPLAY);
	reload(l);
	NEED(role.cfg->collector == NULL && !made_dial.is_open);
	NEED(status_says("\"no collector\""));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(shipper_takes_other_values_at_sighup)
{
	CHECK(shipper_runs("collector = \"c.example\"\n" REPLAY, run_other_values));
	es_log_set_level(ES_LOG_INFO);
	CHECK_EQ(logged("too much"), 0);
	CHECK_EQ(said("what is wanted now"), 1);
	CHECK_EQ(said_at("shipper", "5:13: log-level: in force from now on\n"), 1);
	CHECK_EQ(said_at("shipper", "6:13: collector: in force from now on\n"), 1);
	CHECK_EQ(said_at("shipper", "7:15: spool-bytes: in force from now on\n"), 1);
	CHECK_EQ(said_at("shipper", "8:18: host-period-up: in force from now on\n"), 1);
	CHECK_EQ(said("spool-age"), 0); /* 168h are 7d */
	CHECK_EQ(said(": read again: nothing changed\n"), 1);
	CHECK_EQ(said("/e.conf: collector: in force from now on\n"), 1); /* it was taken out */
	CHECK_EQ(said("restart"), 0);
	end();
}

static void
run_what_needs_a_restart(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("user = nobody\ncapture \"x\" { interface = eth7 }\n"
		   "capture \"y\" { interface = eth8 }\n");
	reload(l);
	reload(l); /* said as long as it is so */
	NEED(strcmp(role.cfg->state_dir, at("state")) == 0 && role.cfg->user == NULL);
	NEED(role.cfg->n_captures == 1 && es_agent_config_is_replay(role.cfg));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(reload_names_what_takes_effect_at_a_restart)
{
	CHECK(shipper_runs(REPLAY, run_what_needs_a_restart));
	(void)end_of_log();
	CHECK_EQ(said_at("shipper", "5:8: user: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said_at("shipper", "6:27: interface: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said_at("shipper", "6:9: replay: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said_at("shipper", "7:9: capture: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said("in force"), 0);
	end();
}

static void
run_pipe(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(unlink(at("e.conf")) == 0 && mkfifo(at("e.conf"), 0600) == 0);
	reload(l);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

/* As of earshotd --config <(...): nobody writes into it any more, and the process waited for ever. */
TEST(sighup_does_not_wait_for_a_pipe)
{
	CHECK(shipper_runs(REPLAY, run_pipe));
	(void)end_of_log();
	CHECK_EQ(said("/e.conf: is not a regular file: it was read once: nothing changes\n"), 1);
	end();
}

static void
run_included_pipe(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("include(more.conf)\nspool-bytes = 8MiB\n" REPLAY);
	NEED(mkfifo(at("more.conf"), 0600) == 0);
	reload(l);
	NEED(role.cfg->spool_bytes == 64 << 20);
	NEED(unlink(at("more.conf")) == 0);
	NEED(es_file_write(at("more.conf"), es_slice_str("log-level = debug\n"), 0600) == 0);
	NEED(made_signal(l, SIGHUP));
	made_pass(l, ES_REREAD_PAUSE_MS / 2);
	NEED(unlink(at("more.conf")) == 0 && mkfifo(at("more.conf"), 0600) == 0);
	made_pass(l, 2 * ES_REREAD_PAUSE_MS);
	NEED(role.cfg->spool_bytes == 64 << 20);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(sighup_does_not_wait_for_an_included_pipe)
{
	char refused[200];

	CHECK(shipper_runs(REPLAY, run_included_pipe));
	(void)end_of_log();
	(void)snprintf(refused, sizeof(refused),
	    "5:9: %s: is not a regular file: nothing changes\n", at("more.conf"));
	CHECK_EQ(said_at("shipper", refused), 2);
	CHECK_EQ(said("in force"), 0);
	end();
}

static void
run_mistake(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("log-level = debug\nspool-bytes = much\n" REPLAY);
	reload(l);
	log_debug("too much");
	NEED(role.cfg->spool_bytes == 64 << 20);
	NEED(unlink(at("e.conf")) == 0);
	reload(l);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(reload_of_a_file_with_a_mistake_changes_nothing)
{
	CHECK(shipper_runs(REPLAY, run_mistake));
	CHECK_EQ(logged("too much"), 0);
	CHECK_EQ(said_at("shipper", "6:15: spool-bytes = \"much\" is not right"), 1);
	CHECK_EQ(said(": nothing changes\n"), 2);
	CHECK_EQ(said("e.conf: No such file or directory: nothing changes\n"), 1);
	CHECK_EQ(said("in force"), 0);
	end();
}

static void
run_half_written(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("spool-bytes = 4MiB\n" REPLAY); /* and the rest of it is yet to come */
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 700);
	write_file("spool-bytes = 64MiB\nlog-level = debug\n" REPLAY);
	made_pass(l, 5000);
	write_file(REPLAY "spool-bytes = 8MiB"); /* of 8MiB, or of 8MiBs to come */
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 5000);
	NEED(role.cfg->spool_bytes == 64 << 20);
	for (int i = 0; i < 40; i++) { /* it never rests */
		write_file(
		    i % 2 == 0 ? "spool-bytes = 8MiB\n" REPLAY : "spool-bytes = 9MiB\n" REPLAY);
		if (i == 0)
			NEED(made_signal(l, SIGHUP));
		made_pass(l, i == 0 ? 500 : 1000);
	}
	NEED(role.cfg->spool_bytes == 64 << 20);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(sighup_at_a_half_written_file_does_not_shrink_the_spool)
{
	CHECK(shipper_runs(REPLAY, run_half_written));
	es_log_set_level(ES_LOG_INFO);
	(void)end_of_log();
	CHECK_EQ(said("spool-bytes: in force"), 0);
	CHECK_EQ(said_at("shipper", "6:13: log-level: in force from now on\n"), 1);
	CHECK_EQ(said("e.conf: its last line has no end"), 1);
	CHECK_EQ(said("e.conf: it changes while it is read: nothing changes\n"), 1);
	end();
}

static void
run_storm(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("spool-bytes = 8MiB\n" REPLAY);
	for (int i = 0; i < 5; i++) {
		NEED(made_signal(l, SIGHUP));
		made_pass(l, ES_REREAD_PAUSE_MS / 4);
	}
	NEED(role.cfg->spool_bytes == 8 << 20);
	write_file("spool-bytes = 9MiB\n" REPLAY);
	for (int i = 0; i < 8; i++) {
		NEED(made_signal(l, SIGHUP));
		made_pass(l, ES_REREAD_PAUSE_MS / 4);
	}
	NEED(role.cfg->spool_bytes == 9 << 20);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

/* Each signal forgot the reading before it, so that there was never a second one to compare. */
TEST(storm_of_sighup_does_not_keep_a_file_from_being_taken)
{
	CHECK(shipper_runs(REPLAY, run_storm));
	(void)end_of_log();
	CHECK_EQ(said_at("shipper", "5:15: spool-bytes: in force from now on\n"), 2);
	end();
}

/* A file that changes each second, and rests from the signal of a given moment on. */
static void
run_signal_during(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(made_signal(l, SIGHUP));
	made_pass(l, ES_REREAD_PAUSE_MS / 2);
	for (int i = 0; i < ES_REREAD_MAX - 2; i++) {
		write_file(
		    i % 2 == 0 ? "spool-bytes = 8MiB\n" REPLAY : "spool-bytes = 9MiB\n" REPLAY);
		made_pass(l, ES_REREAD_PAUSE_MS);
	}
	write_file("spool-bytes = 7MiB\n" REPLAY);
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 2 * ES_REREAD_PAUSE_MS);
	NEED(role.cfg->spool_bytes == 7 << 20);
	made_pass(l, 2 * ES_REREAD_MAX * ES_REREAD_PAUSE_MS); /* and no reading comes after it */
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(sighup_before_the_last_reading_of_a_restless_file_is_not_lost)
{
	CHECK(shipper_runs(REPLAY, run_signal_during));
	(void)end_of_log();
	CHECK_EQ(said("e.conf: it changes while it is read: nothing changes\n"), 1);
	CHECK_EQ(said_at("shipper", "5:15: spool-bytes: in force from now on\n"), 1);
	CHECK_EQ(said(": read again: nothing changed\n"), 0);
	end();
}

static void
run_child(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("spool-bytes = 8MiB\nuse-keys = yes\n" REPLAY);
	NEED(made_signal(l, SIGHUP));
	made_pass(l, 2000);
	NEED(role.cfg->spool_bytes == 8 << 20);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

/* The supervisor cannot know it: the role may not be able to read the file. */
TEST(role_says_itself_what_is_in_force_in_it)
{
	int pair[2];

	CHECK(begin_with(REPLAY));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	role.fd = pair[1];
	es_ipc_socket_prepare(role.fd);
	made_run = run_child;
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, pair[0]), 0);
	(void)end_of_log();
	CHECK_EQ(said_at("shipper", "5:15: spool-bytes: in force from now on\n"), 1);
	CHECK_EQ(said("restart"), 0); /* which the supervisor says, once */
	end();
}

/* The number in the next message of this type to the parser, who is the test; -1: none comes. */
static int
number_in(enum es_handover_type type)
{
	struct es_handover m;
	int fd;

	while (es_handover_receive(made_process.pair, &m, &fd) == 0) {
		if (fd >= 0)
			close(fd);
		if (m.type == type)
			return (int)m.n;
	}
	return -1;
}

static void
run_sensor(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(number_in(ES_HANDOVER_LOG_LEVEL) == 2); /* "info": of a new parser */
	write_file("log-level = debug\nuse-keys = yes\n" REPLAY);
	reload(l);
	log_debug("what is wanted now");
	NEED(number_in(ES_HANDOVER_LOG_LEVEL) == 3); /* "debug" */
	NEED(made_signal(l, SIGTERM));
	NEED(number_in(ES_HANDOVER_STOP) == 0);
	NEED(made_child_ends(l, made_process_pid(), 0));
}

/* The supervisor reads the same file and says what needs a restart. */
TEST(sensor_takes_another_log_level_at_sighup)
{
	int pair[2];

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	for (int is_child = 0; is_child < 2; is_child++) {
		CHECK(begin_with(REPLAY));
		CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
		role.fd = pair[1];
		es_ipc_socket_prepare(role.fd);
		if (!is_child)
			(void)close(pair[0]);
		made_run = run_sensor;
		listen_to_log();
		CHECK_EQ(es_opener_run(role.cfg, is_child ? pair[0] : -1), 0);
		es_log_set_level(ES_LOG_INFO);
		CHECK_EQ(logged("what is wanted now\n"), 1);
		CHECK_EQ(said("sensor: configuration read again\n"), 1);
		CHECK_EQ(said_at("sensor", "5:13: log-level: in force from now on\n"), 1);
		CHECK_EQ(said_at("sensor", "6:12: use-keys: changed: takes effect at a restart\n"),
		    !is_child);
		end();
	}
}
