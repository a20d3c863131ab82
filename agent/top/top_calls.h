/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `earshot top` knows: calls in progress and those that ended within minutes, each with its streams, made of the
 * engine's records as they come. A stream without a call has a row of its own with the stream of the other direction.
 */
#ifndef AGENT_TOP_TOP_CALLS_H
#define AGENT_TOP_TOP_CALLS_H

#include "agent/output/sparkline.h"
#include "earshot/engine.h"

enum {
	ES_TOP_CALLS_MAX = 65536,
	ES_TOP_KEPT_S = 300, /* behind the end of a call */
	ES_TOP_PARTY_BYTES = 64,
	ES_TOP_CODEC_BYTES = 12,
	ES_TOP_MEDIA = 4, /* newest media addresses of a party */
};

enum es_top_phase {
	ES_TOP_CALLING, /* nothing rings yet */
	ES_TOP_RINGING,
	ES_TOP_TALKING,
	ES_TOP_UNSIGNALLED, /* media without signalling */
	ES_TOP_OVER,
};

struct es_top_stream {
	struct es_stream_key key;
	uint32_t call; /* whose it is */
	uint32_t next; /* of the same call, from the newest on; ES_POOL_NONE */
	bool is_over;
	char codec[ES_TOP_CODEC_BYTES]; /* as the network has it; empty: not known */
	enum es_stream_kind kind;
	enum es_unscored unscored;
	uint32_t findings;
	uint32_t coverage; /* ES_COV_ flags of all that came */
	es_time start;
	/* Since it began. */
	uint64_t expected;
	uint64_t lost;
	uint64_t late;
	bool has_late;
	uint32_t worst_mos_milli; /* of a block; 0: none has a MOS */
	es_time worst_at;
	/* Of its last block; once it is over, of the whole stream. */
	uint32_t last_expected;
	uint32_t last_lost;
	uint32_t mos_milli; /* 0: not known */
	uint32_t jitter_us;
	bool has_jitter;
};

struct es_top_text {
	uint8_t bytes[ES_TOP_PARTY_BYTES];
	uint32_t n;
};

/* A row. */
struct es_top_call {
	uint64_t serial;  /* of all rows ever made, from 1 on */
	uint8_t *call_id; /* given; NULL: without signalling */
	size_t call_id_bytes;
	struct es_top_text from; /* as the network has them */
	struct es_top_text to;
	enum es_top_phase phase;
	enum es_state state;
	uint32_t status; /* final; 0: not known */
	uint32_t holds;
	uint32_t transfers;
	es_time start; /* of the call; of the first stream */
	es_time begun;
	es_time answered; /* once it is talking */
	es_time over_at;
	uint64_t duration_us;   /* once it is over, answer to BYE; 0: not known */
	struct es_addr ends[2]; /* who sent the INVITE, and to whom; or sender and receiver */
	struct es_addr media[2][ES_TOP_MEDIA]; /* of caller and callee */
	uint32_t streams;                      /* the newest one; ES_POOL_NONE */
	uint32_t older;                        /* in the order of their end; ES_POOL_NONE */
	uint32_t newer;
};

struct es_top_calls {
	struct es_pool calls;
	struct es_pool streams;
	struct es_table by_id;   /* calls by Call-ID */
	struct es_table by_ends; /* rows without signalling that are not over */
	struct es_table by_key;  /* streams */
	struct es_sparklines lines;
	struct es_hash_key key;
	uint64_t n_made;
	uint32_t n_over;
	uint32_t n_streams_up;
	uint32_t oldest_over;
	uint32_t newest_over;
	uint64_t n_refused; /* calls and streams without a place */
};

/*
 * Fills a struct of the caller, for so many calls and twice as many streams. One call beyond makes the oldest that is
 * over give way. ES_ENOMEM.
 */
int es_top_calls_new(struct es_top_calls *t, uint32_t max_calls, struct es_hash_key key);

/* Zeroed is fine. */
void es_top_calls_free(struct es_top_calls *t);

/* The engine's sink. */
struct es_sink es_top_calls_sink(struct es_top_calls *t);

/* Forgets what was over for ES_TOP_KEPT_S at now, in capture time. */
void es_top_calls_advance(struct es_top_calls *t, es_time now);

static inline const struct es_top_call *
es_top_calls_at(const struct es_top_calls *t, uint32_t i)
{
	return es_pool_at(&t->calls, i);
}

static inline const struct es_top_stream *
es_top_calls_stream(const struct es_top_calls *t, uint32_t i)
{
	return es_pool_at(&t->streams, i);
}

/* 0: from the caller, or from the first sender; 1: to it. */
unsigned es_top_calls_direction(const struct es_top_call *c, const struct es_top_stream *s);

#endif
