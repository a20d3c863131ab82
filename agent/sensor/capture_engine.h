/* SPDX-License-Identifier: Apache-2.0 */
/* One capture section at work: packets in, an engine of its own, encoded records out. */
#ifndef AGENT_SENSOR_CAPTURE_ENGINE_H
#define AGENT_SENSOR_CAPTURE_ENGINE_H

#include "agent/agent_config.h"
#include "agent/capture/capture.h"
#include "agent/health.h"
#include "agent/sensor/governor.h"
#include "agent/srtp.h"
#include "proto/packer.h"

struct es_capture_engine;

struct es_capture_engine_sink {
	/* One encoded record, borrowed for the call. */
	void (*record)(void *ctx, es_slice bytes, bool urgent, es_time at);
	/* An input was bad; reading continues with what is left. why: borrowed until it returns. */
	void (*trouble)(void *ctx, const char *why);
	void *ctx;
};

/*
 * Opens the section's files; an interface is away until es_capture_engine_attach. Rights may be dropped afterwards;
 * section, cfg and srtp are kept and must outlive it. srtp NULL: no SRTCP is read. 0 and *out, to be freed by
 * es_capture_engine_free; else an ES_E... code with the reason in error.
 */
int
es_capture_engine_new(const struct es_agent_config *cfg, const struct es_capture_section *section,
    const uint8_t hash_key[16], struct es_srtp *srtp, const struct es_capture_engine_sink *sink,
    struct es_capture_engine **out, char error[ES_CAPTURE_ERROR_MAX]);
void es_capture_engine_free(struct es_capture_engine *t); /* NULL is fine */

/*
 * Live: source is what is heard from now on, and is taken; what an earlier one still held is measured first. What was open
 * has a gap since es_capture_engine_away, or of unknown length. now: wall clock.
 */
void es_capture_engine_attach(struct es_capture_engine *t, struct es_capture *source, es_time now);
/* Live: nothing is heard from now on, apart from what the source still holds. */
void es_capture_engine_away(struct es_capture_engine *t, es_time now);

/*
 * Measures up to max packets. 0: there may be more at once. ES_EAGAIN: live, wait for es_capture_engine_fd; a
 * paced replay, wait for *wait_ms. ES_EEOF: the end, flushed. ES_EIO: live, the capture broke and another is wanted.
 */
int
es_capture_engine_read(struct es_capture_engine *t, uint32_t max, int64_t now_ms, int64_t *wait_ms);
/* Readable when packets wait; -1: a replay, or away. Borrowed. */
int es_capture_engine_fd(const struct es_capture_engine *t);

/*
 * Live: moves the engine's time to now (wall clock) less what the capture may still hold back, so that blocks and calls
 * end without packets.
 */
void es_capture_engine_advance(struct es_capture_engine *t, es_time now);

/* Live: the wall clock was set; what is open continues across the step. */
void es_capture_engine_clock_stepped(struct es_capture_engine *t);

/*
 * Emits all that is open; later calls do nothing. now: packets that a live capture dropped until then are
 * counted. cut: the input broke off, so what is open did not end.
 */
void es_capture_engine_flush(struct es_capture_engine *t, es_time now, bool cut);
/* True: it was flushed, nothing comes any more. */
bool es_capture_engine_is_over(const struct es_capture_engine *t);

/* Live: from now on this is left out (es_engine_shed). */
void es_capture_engine_shed(struct es_capture_engine *t, enum es_shed what, uint32_t refused_ppm);
/* Adds what the engine holds and what the capture missed to a sample, and raises its buffer_ppm to the capture's. */
void es_capture_engine_pressure(const struct es_capture_engine *t, struct es_pressure *p);

/* True: packets came since the last call. */
bool es_capture_engine_was_busy(struct es_capture_engine *t);
/* Calls that are up now. */
uint32_t es_capture_engine_calls_up(const struct es_capture_engine *t);

/* Adds what engine and capture counted since the start to sum. at: wall clock of the sample. */
void es_capture_engine_health(struct es_capture_engine *t, es_time at, struct es_health_sum *sum);

#endif
