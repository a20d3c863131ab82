/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as one capture has them. */
#include "agent/report/unexplained.h"

#include "agent/report/stream_turns.h"

#include <stdlib.h>

enum { NAME_BYTES = 14 }; /* "rtp:0x1234abcd" */

static bool
is_of_caller(const struct es_course_call *k, const struct es_addr *a)
{
	for (uint32_t i = 0; i < k->n_caller_media; i++)
		if (es_addr_eq(&k->caller_media[i], a))
			return true;
	return k->n_caller_media == 0 && es_addr_same_ip(&k->invite_src, a);
}

static enum es_direction_name
by_addresses(const struct es_course_call *k, const struct es_call_stream *s)
{
	bool is_from = is_of_caller(k, &s->src), is_to = is_of_caller(k, &s->dst);

	return is_from == is_to ? ES_BOTH : is_from ? ES_FORWARD : ES_REVERSE;
}

/* By its addresses, else as another stream of the same source: its media may move to addresses that SDP does not name. */
static enum es_direction_name
direction_of(const struct es_course_call *k, uint32_t stream)
{
	enum es_direction_name out = by_addresses(k, &k->streams[stream]);

	for (uint32_t i = 0; i < k->n_streams && out == ES_BOTH; i++)
		if (k->streams[i].ssrc == k->streams[stream].ssrc)
			out = by_addresses(k, &k->streams[i]);
	return out;
}

/* A duration to the ms, as the JSON of records has it: what explains calls cuts it off there. */
static uint64_t
rounded_us(uint64_t us)
{
	return (us + 500) / 1000 * 1000;
}

static void
give_call(const struct es_course_call *k, struct es_course_period when, struct es_explained *out,
    void (*call)(void *ctx, const struct es_explained *call), void *ctx)
{
	enum es_direction_name directions[ES_CALL_STREAMS_MAX];
	struct es_leg *leg = &out->legs[0];

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < k->n_streams; i++)
		directions[i] = direction_of(k, i);
	out->call = k->call_id;
	out->start = k->start;
	out->has_duration = (k->has & ES_CALL_HAS_DURATION) != 0;
	out->duration_us = rounded_us(k->duration_us);
	out->from = k->from;
	out->to = k->to;
	out->final_status = (k->has & ES_CALL_HAS_STATUS) != 0 ? k->final_status : 0;
	out->n_legs = 1;
	leg->call_id = k->call_id;
	leg->start = k->start;
	leg->streams = k->streams;
	leg->directions = directions;
	leg->n_streams = k->n_streams;
	leg->from = when.from;
	leg->to = when.to;
	leg->has_clock_offset = true;
	call(ctx, out);
}

static void
give_stream(const struct es_call_stream *which, struct es_course_period when,
    struct es_explained *out, void (*call)(void *ctx, const struct es_explained *call), void *ctx)
{
	static const char hex[] = "0123456789abcdef";
	enum es_direction_name direction = ES_BOTH;
	uint8_t name[NAME_BYTES] = "rtp:0x";
	struct es_leg *leg = &out->legs[0];

	for (int i = 0; i < 8; i++)
		name[6 + i] = (uint8_t)hex[which->ssrc >> (28 - 4 * i) & 15];
	memset(out, 0, sizeof(*out));
	out->call = es_slice_of(name, sizeof(name));
	out->start = when.from;
	out->has_duration = true;
	out->duration_us = rounded_us((uint64_t)(es_time_diff(when.to, when.from) / ES_NS_PER_US));
	out->n_legs = 1;
	leg->streams = which;
	leg->directions = &direction;
	leg->n_streams = 1;
	leg->from = when.from;
	leg->to = when.to;
	leg->has_clock_offset = true;
	call(ctx, out);
}

int
es_unexplained_calls(
    const struct es_course *c, void (*call)(void *ctx, const struct es_explained *call), void *ctx)
{
	struct es_explained *out = malloc(sizeof(*out));
	struct es_stream_turns turns = { .n = 0 };
	int rc = out == NULL ? ES_ENOMEM : es_stream_turns_init(&turns, c);
	size_t n;

	if (rc == 0) {
		const struct es_course_call *k = es_course_all_calls(c, &n);
		const struct es_course_stream *s;

		for (size_t i = 0; i < n; i++)
			give_call(&k[i], es_stream_turns_of(&turns, &k[i]), out, call, ctx);
		s = es_course_all_streams(c, &n);
		for (size_t i = 0; i < n; i++) {
			const struct es_call_stream which = { s[i].key.ssrc, s[i].key.src,
				s[i].key.dst };
			bool is_again = i > 0 && s[i - 1].key.ssrc == which.ssrc &&
					es_addr_eq(&s[i - 1].key.src, &which.src) &&
					es_addr_eq(&s[i - 1].key.dst, &which.dst);

			if (!is_again && !es_stream_turns_has(&turns, &which))
				give_stream(&which, es_stream_turns_unclaimed(&turns, &which), out,
				    call, ctx);
		}
	}
	es_stream_turns_free(&turns);
	free(out);
	return rc;
}
