/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine on an interface, or on captures as if they passed now, until a signal or the user ends it: what `earshot
 * live` and `earshot top` share.
 */
#ifndef AGENT_COMMAND_LISTENING_H
#define AGENT_COMMAND_LISTENING_H

#include "agent/capture/capture.h"
#include "agent/clock_step.h"
#include "agent/command/keys.h"
#include "agent/command/read_options.h"

struct es_listening {
	const char *command; /* "live": begins each message */
	struct es_capture *capture;
	struct es_engine *engine;
	struct es_command_keys keys;
	struct es_clock_step step;
	uint64_t dropped;                 /* by the capture */
	bool is_replay;                   /* captures, each packet at its time */
	bool is_over;                     /* the captures are: no packet will come */
	bool is_left;                     /* whoever read the output has left */
	bool bad;                         /* a file could not be read whole */
	char error[ES_CAPTURE_ERROR_MAX]; /* why, to be printed in the end; empty: nothing */
	uint32_t speed; /* of a replay: so many times as fast as they were captured */
	/* After each look at the capture, several times a second. False: the user has left. */
	bool (*turn)(void *ctx, struct es_listening *l);
	void *ctx;
	int fd;      /* ends a wait when it is readable, -1: none */
	es_time now; /* in capture time: what came up to here is measured; 0: no packet came */
	/* Of a replay: the packet that waits for its time. */
	struct es_packet waiting;
	bool has_waiting;
	es_time first;
	int64_t began_ms;
};

/* Opens keys and capture, drops rights and catches the signals that end. 0, or an enum es_exit: the reason was printed. */
int es_listening_open(
    struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n_files);

/* Measures until SIGINT, SIGTERM, the user or the end of the capture. 0; else the capture ended early, printed later. */
int es_listening_run(struct es_listening *l);

/* Prints what was not measured, and why. */
void es_listening_report(struct es_listening *l, int ended);

void es_listening_close(struct es_listening *l);

#endif
