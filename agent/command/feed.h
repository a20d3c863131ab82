/* SPDX-License-Identifier: Apache-2.0 */
/* Captured files on their way into an engine: packets, what the captures lost, what was bad. */
#ifndef AGENT_COMMAND_FEED_H
#define AGENT_COMMAND_FEED_H

#include "agent/capture/capture.h"
#include "agent/command/progress.h"
#include "earshot/engine.h"

struct es_feed {
	const char *command; /* "read": begins each message */
	const char *filter;  /* pcap-filter(7) that packets must pass; NULL: none */
	struct es_progress progress;
	/* Whether nobody wants what is still to come; NULL: never. */
	bool (*is_over)(void *ctx);
	void *ctx;
	struct es_capture *capture;
	struct es_engine *engine;
	bool bad;         /* something was reported on stderr: exit status 1 */
	size_t n_unread;  /* files that could not be opened */
	uint64_t dropped; /* packets that the captures report as lost */
	uint64_t n_cut;   /* packets that the capture holds in part */
	es_time last;     /* highest packet time */
	uint64_t n_back;  /* packets well before it: what es_capture_order_new could not sort */
	int64_t back_ns;  /* the furthest */
};

/* Opens the files, merged by time. As es_capture_files_open. */
int es_feed_open(struct es_feed *f, char *const *files, size_t n_files);

/* Hands everything to the engine, to the end of the capture or until it is over; the caller flushes it. */
void es_feed_run(struct es_feed *f);

void es_feed_done(struct es_feed *f); /* frees capture and engine */

#endif
