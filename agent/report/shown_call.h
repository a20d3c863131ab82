/* SPDX-License-Identifier: Apache-2.0 */
/* One call as a page shows it: what was explained of it, its course, and the time axis that all of it shares. */
#ifndef AGENT_REPORT_SHOWN_CALL_H
#define AGENT_REPORT_SHOWN_CALL_H

#include "agent/report/course.h"
#include "agent/report/mask.h"

struct es_shown_call {
	const struct es_explained *call;
	const struct es_course *course;
	struct es_mask mask;
	bool has_verdict; /* several places were compared; false: one capture was measured */
	uint32_t number;  /* of the call on its page: makes ids of elements unique */
	int vantage[ES_PATH_MAX];  /* of each leg, in the course; below 0: not there */
	es_time zero[ES_PATH_MAX]; /* by the clock of each leg, where the axis has 0 */
	bool is_aligned; /* the clocks of all legs are known in terms of the first one's */
	int64_t from_ms; /* the axis: first and last of what is shown */
	int64_t to_ms;
};

/* Where its legs are in the course: enough to find its streams. */
void es_shown_call_init(struct es_shown_call *s, const struct es_course *course,
    const struct es_explained *call, bool is_masked);

/* What the axis needs, and who is to be hidden: before anything of the call is shown. */
void es_shown_call_prepare(struct es_shown_call *s);

/* An instant of a leg's clock on the axis. */
int64_t es_shown_call_ms(const struct es_shown_call *s, uint32_t leg, es_time t);

/* Of a stream of a leg, while the call was there: its records, one per restart, and its blocks. NULL: none. */
const struct es_course_stream *
es_shown_call_streams(const struct es_shown_call *s, uint32_t leg, uint32_t stream, size_t *n);
const struct es_course_block *
es_shown_call_blocks(const struct es_shown_call *s, uint32_t leg, uint32_t stream, size_t *n);

/* Whether blocks of a stream are drawn: audio, or not known to be anything else. */
bool es_shown_call_is_audio(const struct es_shown_call *s, uint32_t leg, uint32_t stream);

/* The name of a leg's vantage point, or that there is one capture only. */
void es_shown_call_vantage(const struct es_shown_call *s, uint32_t leg, struct es_html *h);

/* Whether packets of this direction came into that leg from a segment that the verdict names, or may mean. */
bool es_shown_call_is_hit(
    const struct es_shown_call *s, enum es_direction_name direction, es_slice from, es_slice to);

const char *es_shown_call_direction(enum es_direction_name direction);

#endif
