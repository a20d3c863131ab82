/* SPDX-License-Identifier: Apache-2.0 */
/* Hands packets to an engine as they come, and the time when none comes. */
#include "agent/command/listening.h"
#include "agent/capture/capture_filter.h"
#include "agent/command/agent_command.h"
#include "agent/command/notes.h"
#include "runtime/clock.h"
#include "runtime/rights.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

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

/* Without SA_RESTART, so that poll returns at once. */
static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &action, NULL); /* cannot fail for these numbers */
	(void)sigaction(SIGTERM, &action, NULL);
}

static void
report_unread(void *ctx, const char *error)
{
	struct es_listening *l = ctx;

	fprintf(stderr, "earshot %s: %s\n", l->command, error);
	l->bad = true;
}

static int
open_files(struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n)
{
	struct es_capture *filtered;
	int rc = es_capture_files_open(files, n, ES_FILE_ANY, report_unread, l, &l->capture);

	l->is_replay = true;
	if (rc == 0 && o->filter != NULL) {
		rc = es_capture_filter_new(l->capture, o->filter, NULL, NULL, &filtered);
		if (rc == 0)
			l->capture = filtered;
	}
	if (rc == 0)
		rc = es_command_keys_inside(&l->keys, l->capture);
	if (rc != 0 && rc != ES_ENOTFOUND)
		fprintf(stderr, "earshot %s: %s\n", l->command, es_strerror(rc));
	return rc;
}

static int
open_interface(struct es_listening *l, const struct es_read_options *o)
{
	struct es_capture_live_config live = {
		.iface = o->iface, .timeout_ms = TIMEOUT_MS, .filter = o->filter
	};
	struct es_rights none = { 0 };
	char error[ES_CAPTURE_ERROR_MAX];

	if (es_capture_live_open(&live, &l->capture, error) != 0 ||
	    es_rights_drop(&none, error, sizeof(error)) != 0) {
		fprintf(stderr, "earshot %s: %s\n", l->command, error);
		return ES_EIO;
	}
	return 0;
}

int
es_listening_open(
    struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n_files)
{
	const struct es_command_keys_wanted keys = { o->use_keys, o->keylog, n_files == 0 };

	l->keys.command = l->command;
	if (es_command_keys_open(&l->keys, &keys) != 0)
		return ES_EXIT_BAD;
	if ((n_files > 0 ? open_files(l, o, files, n_files) : open_interface(l, o)) != 0)
		return ES_EXIT_BAD;
	catch_signals();
	return ES_EXIT_OK;
}

/* Reads what is there, at most a batch. 0 or ES_EAGAIN: continue; else the capture ended. */
static int
drain(struct es_listening *l)
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

static void
take_drops(struct es_listening *l, es_time now)
{
	struct es_capture_drops drops;

	while (es_capture_drops(l->capture, now, &drops)) {
		es_engine_dropped(l->engine, drops.from, drops.to, drops.n);
		l->dropped += drops.n;
	}
}

/* One look at the interface. */
static int
listen_once(struct es_listening *l)
{
	es_time now;
	int rc;

	if (es_clock_step_look(&l->step) != 0)
		es_engine_clock_stepped(l->engine);
	rc = drain(l);
	now = es_clock_wall();
	take_drops(l, now);
	if (rc == ES_EAGAIN) {
		l->now = es_time_add(now, -(int64_t)SLACK_MS * ES_NS_PER_MS);
		es_engine_advance(l->engine, l->now);
	}
	return rc;
}

/* How long the packet that waits still has to. */
static int64_t
wait_of(const struct es_listening *l)
{
	int64_t due_ms =
	    l->began_ms + es_time_diff(l->waiting.ts, l->first) / ES_NS_PER_MS / (int64_t)l->speed;

	return due_ms - es_clock_monotonic_ms();
}

/* The packets of a replay whose time has come, at most a batch. */
static int
replay_once(struct es_listening *l)
{
	int n, rc = 0;

	for (n = 0; n < BATCH; n++) {
		if (!l->has_waiting) {
			rc = es_capture_next(l->capture, &l->waiting);
			if (rc != 0)
				return rc;
			l->has_waiting = true;
			if (l->now.ns == 0) {
				l->first = l->waiting.ts;
				l->began_ms = es_clock_monotonic_ms();
			}
		}
		if (wait_of(l) > 0) {
			rc = ES_EAGAIN;
			break;
		}
		l->has_waiting = false;
		l->now = es_time_max(l->now, l->waiting.ts);
		es_engine_packet(l->engine, &l->waiting);
		take_drops(l, l->now);
	}
	return rc;
}

/* Until there may be something to do. */
static int
rest(struct es_listening *l)
{
	struct pollfd wait[2] = { { .fd = l->is_over ? -1 : es_capture_fd(l->capture),
				      .events = POLLIN },
		{ .fd = l->fd, .events = POLLIN } };
	int64_t ms = l->has_waiting ? wait_of(l) : TICK_MS;

	ms = ms < 0 ? 0 : ms > TICK_MS ? TICK_MS : ms;
	return poll(wait, 2, (int)ms) < 0 && errno != EINTR ? ES_EIO : 0;
}

/*
 * The end of captures that are replayed, and of one of them that could not be read whole. On a screen their last state
 * stays, and what is wrong is printed behind it.
 */
static int
end_replay(struct es_listening *l, int rc)
{
	if (rc != ES_EEOF) {
		if (l->error[0] == '\0')
			(void)snprintf(
			    l->error, sizeof(l->error), "%s", es_capture_error(l->capture));
		l->bad = true;
		return 0;
	}
	l->is_over = true;
	if (l->bad)
		es_engine_cut(l->engine);
	es_engine_flush(l->engine);
	return l->fd < 0 ? ES_EEOF : ES_EAGAIN;
}

int
es_listening_run(struct es_listening *l)
{
	int rc = 0;

	while (!stop && (rc == 0 || rc == ES_EAGAIN)) {
		if (rc == ES_EAGAIN && rest(l) != 0)
			return ES_EIO;
		if (!l->is_over) {
			rc = l->is_replay ? replay_once(l) : listen_once(l);
			if (l->is_replay && rc != 0 && rc != ES_EAGAIN)
				rc = end_replay(l, rc);
		}
		if (!l->turn(l->ctx, l))
			return 0;
	}
	return stop || rc == ES_EEOF ? 0 : rc;
}

void
es_listening_report(struct es_listening *l, int ended)
{
	if (l->error[0] == '\0' && ended != 0)
		(void)snprintf(l->error, sizeof(l->error), "%s", es_capture_error(l->capture));
	if (l->error[0] != '\0')
		fprintf(stderr, "earshot %s: %s\n", l->command, l->error);
	es_notes_engine(&(struct es_notes){ .to = stderr, .command = l->command }, l->engine, 0);
	if (l->dropped != 0)
		fprintf(stderr, "earshot %s: note: the capture lost %" PRIu64 " packets\n",
		    l->command, l->dropped);
	es_command_keys_report(&l->keys, l->engine, es_slice_of(NULL, 0));
}

void
es_listening_close(struct es_listening *l)
{
	es_engine_free(l->engine);
	es_command_keys_done(&l->keys);
	es_capture_free(l->capture);
}
