/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what is open, with records to put into it and what a gap in them reported last. */
#ifndef TESTS_OPEN_RIG_H
#define TESTS_OPEN_RIG_H

#include "agent/shipper/open.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static struct {
	struct es_open *open;
	struct es_record seen; /* reported last */
	unsigned n_seen;
	uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	uint8_t bytes[16384];
} o;

static const uint8_t key[16] = { 4 };

static inline bool
begin(void)
{
	memset(&o, 0, sizeof(o));
	es_alloc_init(&o.alloc, o.arena, sizeof(o.arena));
	return es_open_new(key, &o.open) == 0;
}

static inline struct es_record
call_of(const char *id, enum es_state state)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.at = es_time_of_ns(5);
	r.u.call.call_id = es_slice_str(id);
	r.u.call.start = es_time_of_ns(1);
	r.u.call.state = state;
	return r;
}

static inline struct es_record
stream_of(enum es_state state, uint64_t packets)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_STREAM;
	r.at = es_time_of_ns(5 * ES_NS_PER_S);
	r.u.stream.key.ssrc = 7;
	r.u.stream.key.src.family = r.u.stream.key.dst.family = 4;
	r.u.stream.state = state;
	r.u.stream.start = es_time_of_ns(10 * ES_NS_PER_S);
	r.u.stream.packets = r.u.stream.expected = packets;
	r.u.stream.first_seq = 65536;
	r.u.stream.last_seq = 65535 + packets;
	r.u.stream.duration_us = 1000000;
	return r;
}

static inline struct es_record
block_of(uint64_t last_seq, uint32_t received, uint32_t lost, int64_t end_s)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_INTERVAL;
	r.u.interval.stream = stream_of(ES_STATE_UNKNOWN, 1).u.stream.key;
	r.u.interval.last_seq = last_seq;
	r.u.interval.received = received;
	r.u.interval.lost = lost;
	r.u.interval.end = es_time_of_ns(end_s * ES_NS_PER_S);
	return r;
}

static inline void
note(const struct es_record *rec)
{
	int n = es_record_encode(rec, o.bytes, sizeof(o.bytes));

	if (n <= 0)
		abort();
	es_open_note(o.open, rec, es_slice_of(o.bytes, (size_t)n));
}

static inline void
note_call(const char *id, enum es_state state)
{
	struct es_record r = call_of(id, state);

	note(&r);
}

static inline void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	o.seen = *rec;
	o.n_seen++;
}

static inline unsigned
gap(uint32_t ms)
{
	o.n_seen = 0;
	es_open_gap(o.open, es_time_of_ns(99), ms, &o.alloc, see, NULL);
	return o.n_seen;
}

#endif
