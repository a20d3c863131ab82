/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: what changes without a restart, what is said of the rest, and that nothing ends. */
#include "runtime/file.h"
#include "runtime/log.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_shipper.h"

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

static void
run_other_values(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(strcmp(made_dial.host, "c.example") == 0 && made_dial.port == 6100);
	log_debug("too much");
	write_file("log-level = debug\ncollector = \"d.example:7\"\nspool-bytes = 4MiB\n"
		   "host-period-up = 2s\nspool-age = 168h\n" REPLAY);
	NEED(made_signal(l, SIGHUP));
	log_debug("what is wanted now");
	made_settle(l);
	NEED(strcmp(made_dial.host, "d.example") == 0 && made_dial.port == 7);
	NEED(made_dial.times == 2);
	NEED(role.cfg->spool_bytes == 4 << 20 && role.cfg->host_period_up_ms == 2000);
	NEED(made_signal(l, SIGHUP)); /* and the same again: the connection stays */
	made_settle(l);
	NEED(made_dial.times == 2);
	write_file("spool-bytes = 4MiB\n" REPLAY);
	NEED(made_signal(l, SIGHUP));
	made_settle(l);
	NEED(role.cfg->collector == NULL && !made_dial.is_open);
	NEED(status_says("\"no collector\""));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(shipper_takes_other_values_at_sighup)
{
	CHECK(begin_with("collector = \"c.example\"\n" REPLAY));
	made_run = run_other_values;
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
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
	NEED(made_signal(l, SIGHUP));
	NEED(made_signal(l, SIGHUP)); /* said as long as it is so */
	NEED(strcmp(role.cfg->state_dir, at("state")) == 0 && role.cfg->user == NULL);
	NEED(role.cfg->n_captures == 1 && es_agent_config_is_replay(role.cfg));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(reload_names_what_takes_effect_at_a_restart)
{
	CHECK(begin_with(REPLAY));
	made_run = run_what_needs_a_restart;
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	(void)end_of_log();
	CHECK_EQ(said_at("shipper", "5:8: user: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said_at("shipper", "6:27: interface: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said_at("shipper", "6:9: replay: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said_at("shipper", "7:9: capture: changed: takes effect at a restart\n"), 2);
	CHECK_EQ(said("in force"), 0);
	end();
}

static void
run_mistake(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("log-level = debug\nspool-bytes = much\n" REPLAY);
	NEED(made_signal(l, SIGHUP));
	log_debug("too much");
	NEED(role.cfg->spool_bytes == 64 << 20);
	NEED(unlink(at("e.conf")) == 0);
	NEED(made_signal(l, SIGHUP));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

TEST(reload_of_a_file_with_a_mistake_changes_nothing)
{
	CHECK(begin_with(REPLAY));
	made_run = run_mistake;
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK_EQ(logged("too much"), 0);
	CHECK_EQ(said_at("shipper", "6:15: spool-bytes = \"much\" is not right"), 1);
	CHECK_EQ(said(": nothing changes\n"), 2);
	CHECK_EQ(said("e.conf: No such file or directory: nothing changes\n"), 1);
	CHECK_EQ(said("in force"), 0);
	end();
}

static void
run_sensor(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	write_file("log-level = debug\nuse-keys = yes\n" REPLAY);
	NEED(made_signal(l, SIGHUP));
	log_debug("what is wanted now");
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 4000);
}

/* The supervisor reads the same file and has said what changed. */
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
		CHECK_EQ(es_sensor_run(role.cfg, is_child ? pair[0] : -1), 0);
		es_log_set_level(ES_LOG_INFO);
		CHECK_EQ(logged("what is wanted now\n"), 1);
		CHECK_EQ(said("sensor: configuration read again\n"), 1);
		CHECK_EQ(said_at("sensor", "5:13: log-level: in force from now on\n"), !is_child);
		CHECK_EQ(said_at("sensor", "6:12: use-keys: changed: takes effect at a restart\n"),
		    !is_child);
		end();
	}
}
