/* SPDX-License-Identifier: Apache-2.0 */
/* Records of calls, streams and blocks for `earshot top`, and its screen as text. */
#ifndef TESTS_TOP_RIG_H
#define TESTS_TOP_RIG_H

#include "agent/top/top_screen.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { TOP_CALLS = 64 };

struct top_rig {
	struct es_top_calls calls;
	struct es_top_view view;
	struct es_top_screen screen;
	struct es_top_head head;
};

/* Seconds behind 2026-09-21 14:13:20. */
static inline es_time
top_at(int64_t s)
{
	return es_time_of_ns((INT64_C(1790000000) + s) * ES_NS_PER_S);
}

static inline void
top_new(struct top_rig *r)
{
	static const uint8_t key[16] = { 1 };

	memset(r, 0, sizeof(*r));
	if (es_top_calls_new(&r->calls, TOP_CALLS, es_hash_key_of(key)) != 0)
		abort();
	r->screen.columns = 80;
	r->screen.lines = 24;
	r->head = (struct es_top_head){ .command = "top",
		.source = "eth0",
		.now = top_at(100),
		.began = top_at(0),
		.packets = 1234567,
		.dropped = 8 };
}

static inline void
top_free(struct top_rig *r)
{
	es_top_calls_free(&r->calls);
	es_top_screen_free(&r->screen);
}

static inline struct es_addr
top_addr(unsigned host, uint16_t port)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	a.family = 4;
	a.port = port;
	a.ip[0] = 10;
	a.ip[2] = (uint8_t)(host >> 8);
	a.ip[3] = (uint8_t)host;
	return a;
}

static inline void
top_put(struct top_rig *r, const struct es_record *rec)
{
	struct es_sink sink = es_top_calls_sink(&r->calls);

	sink.record(sink.ctx, rec);
}

/* A call whose caller receives at host 1, its callee at host 2, both at this port. */
struct top_call {
	const char *id;
	const char *from;
	const char *to;
	int64_t start_s;
	int64_t answer_s; /* behind the start; 0: no answer */
	uint16_t ringing; /* status; 0: nothing rings */
	enum es_state state;
	uint32_t status;
	int64_t end_s; /* behind the start */
	uint16_t port;
};

static inline void
top_put_call(struct top_rig *r, const struct top_call *c)
{
	struct es_record rec = { .type = ES_REC_CALL,
		.at = top_at(c->start_s + (c->end_s != 0 ? c->end_s : c->answer_s)) };
	struct es_call *o = &rec.u.call;
	struct es_addr caller = top_addr(1, c->port), callee = top_addr(2, c->port);

	o->call_id = es_slice_str(c->id);
	o->from = es_slice_str(c->from);
	o->to = es_slice_str(c->to);
	o->state = c->state;
	o->start = top_at(c->start_s);
	o->invite_src = top_addr(1, 5060);
	o->invite_dst = top_addr(2, 5060);
	o->caller_media = &caller;
	o->callee_media = &callee;
	o->n_caller_media = o->n_callee_media = c->port != 0;
	o->statuses = &c->ringing;
	o->n_statuses = c->ringing != 0;
	o->final_status = c->status;
	o->has = c->status != 0 ? ES_CALL_HAS_STATUS : 0;
	if (c->answer_s != 0) {
		o->has |= ES_CALL_HAS_SETUP;
		o->setup_us = (uint64_t)c->answer_s * 1000000;
	}
	if (c->answer_s != 0 && c->end_s != 0) {
		o->has |= ES_CALL_HAS_DURATION;
		o->duration_us = (uint64_t)(c->end_s - c->answer_s) * 1000000;
	}
	top_put(r, &rec);
}

/* From host to host, 1 or 2, at this port. */
static inline struct es_stream_key
top_key(unsigned from, unsigned to, uint16_t port)
{
	struct es_stream_key key;

	memset(&key, 0, sizeof(key));
	key.src = top_addr(from, port);
	key.dst = top_addr(to, port);
	key.ssrc = from * 0x10000u + port;
	return key;
}

static inline void
top_put_stream(
    struct top_rig *r, struct es_stream_key key, const char *call_id, enum es_state state)
{
	struct es_record rec = { .type = ES_REC_STREAM, .at = top_at(50) };
	struct es_stream *s = &rec.u.stream;

	s->key = key;
	s->state = state;
	s->kind = ES_KIND_AUDIO;
	s->has = ES_STREAM_HAS_CODEC;
	s->codec = es_slice_str("PCMU");
	s->start = top_at(12);
	s->call_id = call_id == NULL ? es_slice_of(NULL, 0) : es_slice_str(call_id);
	if (state != ES_STATE_IN_PROGRESS) {
		s->has |= ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_JITTER;
		s->expected = 1000;
		s->lost = 25;
		s->mos_lq_milli = 3900;
		s->jitter_mean_us = 7000;
	}
	top_put(r, &rec);
}

/* A block of 256, a quarter as many of them late as lost; mos_milli 0: it has none. */
static inline void
top_put_block(struct top_rig *r, struct es_stream_key key, uint64_t block, uint32_t lost,
    uint32_t jitter_us, uint32_t mos_milli)
{
	struct es_record rec = { .type = ES_REC_INTERVAL, .at = top_at(60) };
	struct es_interval *v = &rec.u.interval;

	v->stream = key;
	v->block = block;
	v->start = top_at(12 + 5 * (int64_t)block);
	v->expected = 256;
	v->received = 256 - lost;
	v->lost = lost;
	v->late = lost / 4;
	v->jitter_us = jitter_us;
	v->mos_lq_milli = mos_milli;
	v->has = ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_LATE |
		 (mos_milli != 0 ? ES_INTERVAL_HAS_QUALITY : 0);
	top_put(r, &rec);
}

/* The screen, given. */
static inline char *
top_drawn(struct top_rig *r, uint32_t columns, uint32_t lines)
{
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	r->screen.columns = columns;
	r->screen.lines = lines;
	if (to == NULL || es_top_screen_draw(&r->screen, &r->head, &r->calls, &r->view, to) != 0 ||
	    fclose(to) != 0)
		abort();
	return text;
}

static inline void
top_type(struct top_rig *r, const char *keys)
{
	es_top_view_input(&r->view, (const uint8_t *)keys, strlen(keys));
	(void)es_top_view_settle(&r->view);
}

#endif
