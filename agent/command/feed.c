/* SPDX-License-Identifier: Apache-2.0 */
/* Captured files on their way into an engine. */
#include "agent/command/feed.h"
#include "agent/capture/capture_filter.h"
#include "runtime/clock.h"

#include <stdio.h>

enum {
	BACK_REPORTED_MS = 100,
	LOOK_PACKETS = 4096, /* between two looks at progress and at whoever reads */
};

static void
report_bad(void *ctx, const char *error)
{
	struct es_feed *f = ctx;

	es_progress_erase(&f->progress);
	fprintf(stderr, "earshot %s: %s\n", f->command, error);
	f->bad = true;
}

static void
report_unread(void *ctx, const char *error)
{
	struct es_feed *f = ctx;

	report_bad(f, error);
	f->n_unread++;
}

/* Now and then. False: it is over. */
static bool
look(void *ctx)
{
	struct es_feed *f = ctx;
	struct es_capture_position at;

	if (f->is_over != NULL && f->is_over(f->ctx))
		return false;
	if (f->progress.to == NULL)
		return true;
	at = es_capture_position(f->capture);
	es_progress_show(
	    &f->progress, es_clock_monotonic_ms(), &at, es_engine_counter(f->engine, ES_CNT_CALLS));
	return true;
}

int
es_feed_open(struct es_feed *f, char *const *files, size_t n_files)
{
	struct es_capture *filtered;
	int rc = es_capture_files_open(files, n_files, ES_FILE_ANY, report_unread, f, &f->capture);

	if (rc != 0 || f->filter == NULL)
		return rc;
	rc = es_capture_filter_new(f->capture, f->filter, look, f, &filtered);
	if (rc == 0)
		f->capture = filtered;
	return rc;
}

static void
take_drops(struct es_feed *f)
{
	struct es_capture_drops drops;

	while (es_capture_drops(f->capture, f->last, &drops)) {
		es_engine_dropped(f->engine, drops.from, drops.to, drops.n);
		f->dropped += drops.n;
	}
}

/* A capture of one interface may stamp a little off; only what could not be sorted is reported. */
static void
note_back(struct es_feed *f, es_time ts)
{
	int64_t ns = es_time_diff(f->last, ts);

	if (ns < BACK_REPORTED_MS * ES_NS_PER_MS)
		return;
	f->n_back++;
	f->back_ns = ns > f->back_ns ? ns : f->back_ns;
}

void
es_feed_run(struct es_feed *f)
{
	struct es_packet packet;
	bool cut = false; /* input was lost behind some place */
	uint64_t n = 0;
	int rc;

	while ((rc = es_capture_next(f->capture, &packet)) != ES_EEOF) {
		if (rc != 0) {
			report_bad(f, es_capture_error(f->capture));
			cut = true;
			continue;
		}
		take_drops(f);
		if (es_time_before(packet.ts, f->last))
			note_back(f, packet.ts);
		else
			f->last = packet.ts;
		f->n_cut += packet.cap_bytes < packet.wire_bytes;
		es_engine_packet(f->engine, &packet);
		if (++n % LOOK_PACKETS == 0 && !look(f))
			break;
	}
	es_progress_erase(&f->progress);
	take_drops(f);
	if (cut)
		es_engine_cut(f->engine);
}

void
es_feed_done(struct es_feed *f)
{
	es_engine_free(f->engine);
	es_capture_free(f->capture);
}
