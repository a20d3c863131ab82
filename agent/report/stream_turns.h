/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of one capture that follow each other on the same ports with the same SSRC, as those of a trunk may: when a stream
 * was of which of them.
 */
#ifndef AGENT_REPORT_STREAM_TURNS_H
#define AGENT_REPORT_STREAM_TURNS_H

#include "agent/report/course.h"

/* A stream that a call names. */
struct es_stream_claim {
	struct es_call_stream stream;
	es_time begun;
	es_time end;       /* of the call, as far as it is known */
	es_time first_end; /* the earliest of this and the claims on this stream before it */
};

/* The claims by stream, then by when the call began. */
struct es_stream_turns {
	const struct es_course *course; /* borrowed */
	struct es_stream_claim *at;
	size_t n;
};

/* 0, or ES_ENOMEM; to be freed either way. */
int es_stream_turns_init(struct es_stream_turns *t, const struct es_course *course);
void es_stream_turns_free(struct es_stream_turns *t);

/* Whether a call names that stream. */
bool es_stream_turns_has(const struct es_stream_turns *t, const struct es_call_stream *stream);

/* When the streams of a call were its own: from the first packet to the last. */
struct es_course_period
es_stream_turns_of(const struct es_stream_turns *t, const struct es_course_call *k);

/* When a stream that no call names was there. */
struct es_course_period
es_stream_turns_unclaimed(const struct es_stream_turns *t, const struct es_call_stream *stream);

#endif
