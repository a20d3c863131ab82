/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the receiver of a stream. */
#include "probes/stream/receiver.h"

/* Codes of RFC 3611 section 4.7.6, the same in RFC 6035. */
enum { PLC_DISABLED = 1, PLC_STANDARD = 3, BUFFER_FIXED = 2, BUFFER_ADAPTIVE = 3 };

enum { DEPTH_MAX_MS = 1000 };

struct reported {
	int64_t plc; /* 0: nothing */
	int64_t buffer;
	int64_t nominal_us;
};

static struct reported
read_values(const struct es_reported_value *values, uint32_t n)
{
	struct reported t = { 0, 0, 0 };

	for (uint32_t i = 0; i < n; i++) {
		if (values[i].metric == ES_RM_PLC)
			t.plc = values[i].value;
		else if (values[i].metric == ES_RM_JITTER_BUFFER_ADAPTIVE)
			t.buffer = values[i].value;
		else if (values[i].metric == ES_RM_JITTER_BUFFER_NOMINAL_US)
			t.nominal_us = values[i].value;
	}
	return t;
}

/* False: not reported, or no depth that a buffer has. */
static bool
depth_ms(const struct reported *t, uint32_t *ms)
{
	*ms = 0;
	if (t->buffer == BUFFER_ADAPTIVE)
		return true;
	if (t->buffer != BUFFER_FIXED || t->nominal_us < 1000 ||
	    t->nominal_us > DEPTH_MAX_MS * 1000)
		return false;
	*ms = (uint32_t)(t->nominal_us / 1000);
	return true;
}

void
es_receiver_begin(const struct es_context *c, struct es_stream_state *s)
{
	es_dejitter_init(&s->receiver.dejitter, c->receiver_ms);
	if (c->is_receiver_set)
		s->receiver.by = ES_RECEIVER_BY_CONFIG;
	else if (s->receiver.by == ES_RECEIVER_BY_NOBODY)
		s->receiver.by = ES_RECEIVER_BY_DEFAULT;
}

void
es_receiver_expect(const struct es_context *c, struct es_stream_state *s, uint8_t by)
{
	if (by != ES_RECEIVER_BY_NOBODY && !c->is_receiver_set &&
	    s->receiver.by != ES_RECEIVER_BY_END)
		s->receiver.by = by;
}

void
es_receiver_learn(const struct es_context *c, struct es_stream_state *s,
    const struct es_reported_value *values, uint32_t n)
{
	struct reported t = read_values(values, n);
	uint32_t moves = s->receiver.dejitter.moves;
	uint32_t ms;

	if (t.plc >= PLC_DISABLED && t.plc <= PLC_STANDARD)
		s->receiver.has_no_concealment = t.plc == PLC_DISABLED;
	if (c->is_receiver_set || s->receiver.by == ES_RECEIVER_BY_END || !depth_ms(&t, &ms))
		return;
	s->receiver.by = ES_RECEIVER_BY_END;
	if (s->receiver.dejitter.depth_us == ms * 1000)
		return;
	es_dejitter_init(&s->receiver.dejitter, ms);
	s->receiver.dejitter.moves = moves;
}
