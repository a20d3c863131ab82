/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot live -i IFACE`: measures until Ctrl-C; records come as they are known. */
#include "agent/command/live_command.h"
#include "agent/capture/capture.h"
#include "agent/clock_step.h"
#include "agent/command/keys.h"
#include "agent/command/notes.h"
#include "agent/command/read_options.h"
#include "agent/output/read_columns.h"
#include "agent/output/read_output.h"
#include "agent/output/read_table.h"
#include "runtime/clock.h"
#include "runtime/columns.h"
#include "runtime/rights.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	TICK_MS = 250,
	TIMEOUT_MS = 200, /* the kernel may hold packets so long */
	SLACK_MS = 1000,  /* ticks stay so far behind the clock: no tick overtakes a held packet */
	BATCH = 4096,     /* packets between two looks at the clock */
};

/* The process's stop flag. */
static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number; /* all of them mean: finish and leave */
	stop = 1;
}

struct living {
	struct es_capture *capture;
	struct es_output *output;
	struct es_command_keys keys;
	struct es_engine *engine;
	struct es_clock_step step;
	uint64_t dropped;
};

static void
usage(FILE *to)
{
	fprintf(to, "usage: earshot live -i IFACE [options]\n"
		    "Measures the calls on an interface until Ctrl-C.\n");
	es_arguments_help(es_live_arguments, to);
	es_read_columns_help(to);
}

/* Without SA_RESTART, so that poll returns at once. */
static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &action, NULL); /* cannot fail for these numbers */
	(void)sigaction(SIGTERM, &action, NULL);
}

/* Reads what is there, at most a batch. 0 or ES_EAGAIN: continue; else the capture ended. */
static int
drain(struct living *l)
{
	struct es_packet packet;
	int n, rc = 0;

	for (n = 0; n < BATCH && rc == 0; n++) {
		rc = es_capture_next(l->capture, &packet);
		if (rc == 0)
			es_engine_packet(l->engine, &packet);
	}
	return rc;
}

static int
listen_until_stopped(struct living *l)
{
	struct pollfd wait = { .fd = es_capture_fd(l->capture), .events = POLLIN };
	struct es_capture_drops drops;
	int rc = 0;

	while (!stop && (rc == 0 || rc == ES_EAGAIN)) {
		es_time now, captured;

		if (rc == ES_EAGAIN && poll(&wait, 1, TICK_MS) < 0 && errno != EINTR)
			return ES_EIO;
		if (es_clock_step_look(&l->step) != 0)
			es_engine_clock_stepped(l->engine);
		rc = drain(l);
		now = es_clock_wall();
		if (es_capture_drops(l->capture, now, &drops)) {
			es_engine_dropped(l->engine, drops.from, drops.to, drops.n);
			l->dropped += drops.n;
		}
		captured = es_time_add(now, -(int64_t)SLACK_MS * ES_NS_PER_MS);
		if (rc == ES_EAGAIN) {
			es_engine_advance(l->engine, captured);
			es_read_output_advance(l->output, captured);
		}
		if (es_read_output_push(l->output) != 0)
			return ES_EIO;
	}
	if (stop || rc == ES_EEOF)
		return 0;
	fprintf(stderr, "earshot live: %s\n", es_capture_error(l->capture));
	return rc;
}

static int
measure(struct living *l, const struct es_read_options *o)
{
	struct es_config cfg = es_read_options_config(o);
	struct es_output_config out = {
		.to = stdout,
		.format = es_read_options_format(o),
		.style = es_read_style_of(STDOUT_FILENO, es_columns_of(STDOUT_FILENO), o->wide),
		.at_once = true,
		.max_calls = cfg.max_calls,
		.wanted = o->records,
	};
	struct es_sink sink;
	int rc, ended;

	memcpy(out.hash_key, cfg.hash_key, sizeof(out.hash_key));
	rc = es_read_output_new(&out, &l->output);
	if (rc != 0)
		return rc;
	sink = es_read_output_sink(l->output);
	es_command_keys_apply(&l->keys, &cfg);
	rc = es_engine_new(&cfg, &sink, &l->engine);
	if (rc != 0)
		return rc;
	ended = listen_until_stopped(l);
	es_read_output_last(l->output);
	if (ended != 0)
		es_engine_cut(l->engine);
	es_engine_flush(l->engine);
	es_engine_health(l->engine, es_clock_wall());
	rc = es_read_output_finish(l->output);
	es_notes_engine(&(struct es_notes){ .to = stderr, .command = "live" }, l->engine, 0);
	if (l->dropped != 0)
		fprintf(stderr, "earshot live: note: the capture lost %" PRIu64 " packets\n",
		    l->dropped);
	es_command_keys_report(&l->keys, l->engine, es_slice_of(NULL, 0));
	return ended != 0 ? ended : rc;
}

static int
listen_on(const struct es_read_options *o)
{
	struct es_capture_live_config live = {
		.iface = o->iface, .timeout_ms = TIMEOUT_MS, .filter = o->filter
	};
	struct es_rights none = { 0 };
	char error[ES_CAPTURE_ERROR_MAX];
	const struct es_command_keys_wanted keys = { o->use_keys, o->keylog, true };
	struct living l = { .keys = { .command = "live" } };
	int rc;

	if (es_command_keys_open(&l.keys, &keys) != 0) {
		es_command_keys_done(&l.keys);
		return ES_EXIT_BAD;
	}
	if (es_capture_live_open(&live, &l.capture, error) != 0 ||
	    es_rights_drop(&none, error, sizeof(error)) != 0) {
		fprintf(stderr, "earshot live: %s\n", error);
		es_command_keys_done(&l.keys);
		es_capture_free(l.capture);
		return ES_EXIT_BAD;
	}
	catch_signals();
	fprintf(stderr, "earshot live: listening on %s, until Ctrl-C\n", o->iface);
	rc = measure(&l, o);
	es_engine_free(l.engine);
	es_command_keys_done(&l.keys);
	es_read_output_free(l.output);
	es_capture_free(l.capture);
	if (rc != 0)
		fprintf(stderr, "earshot live: ended early: %s\n", es_strerror(rc));
	return rc != 0 || l.keys.bad ? ES_EXIT_BAD : ES_EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct es_read_options o;

	if (es_read_options_parse(es_live_arguments, argc, argv, &o) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	if (o.iface == NULL || o.first_file != argc) {
		usage(stderr);
		return ES_EXIT_USAGE;
	}
	return listen_on(&o);
}

const struct es_agent_command es_live_command = {
	.name = "live",
	.args = "-i IFACE [options]",
	.arguments = es_live_arguments,
	.help = "the same as read, on a live interface, without any collector",
	.run = run,
};
