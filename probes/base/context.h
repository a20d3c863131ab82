/* SPDX-License-Identifier: Apache-2.0 */
/* What all trackers share: the clock, the deadlines, the counters and the sink for records. */
#ifndef EARSHOT_BASE_CONTEXT_H
#define EARSHOT_BASE_CONTEXT_H

#include "earshot/engine.h"
#include "probes/base/hash.h"
#include "probes/base/heap.h"
#include "probes/base/places.h"

enum {
	ES_LOCAL_MAX = 64, /* addresses of the host itself */
};

/* Types of deadlines; the order decides between two that are due at the same instant. */
enum es_due {
	ES_DUE_STREAM = 1,
	ES_DUE_CALL = 2,
	ES_DUE_REGISTRATION = 3,
};

struct es_context {
	struct es_sink sink;
	struct es_vantage vantage;
	struct es_keys keys; /* open NULL: nothing is decrypted */
	struct es_hash_key key;
	es_time clock; /* highest seen, of packets and of es_engine_advance */
	struct es_heap heap;
	uint64_t next_serial;      /* of streams and calls: the key of their deadlines */
	uint64_t media_generation; /* moves when SDP announces an address not known before */
	uint64_t count[ES_CNT_END];
	es_time
	    refused_at; /* the newest packet that a budget left out; counted in ES_CNT_RTP_SHED */
	es_time credit_at; /* of blocks lost whole for which no time passed, restart.h */
	uint32_t credit;
	struct es_places payloads; /* of streams with several types */
	struct es_places rare;     /* of what nearly no stream has */
	struct es_places damages;  /* of streams with a packet lost or late */
	struct es_places senders;  /* of those seen leaving their sender */
	struct es_places repairs; /* rings of recovered numbers; none where payloads are not read */
	struct es_places pauses;  /* of senders; none where payloads are not read */
	struct es_pool checks;    /* of SRTP against its keys; none without keys */
	struct es_places bands;   /* for streams that change theirs */
	uint32_t receiver_ms;     /* depth of the modelled buffer, 0 = adaptive */
	bool is_receiver_set;     /* configured: what ends report changes nothing */
	struct es_addr local[ES_LOCAL_MAX];
	uint32_t n_local;
};

static inline void
es_context_count(struct es_context *c, enum es_counter what)
{
	c->count[what]++;
}

/* A deadline is never set into the past: what it does is then done at the clock. */
static inline es_time
es_context_due(const struct es_context *c, es_time wanted)
{
	return es_time_max(wanted, c->clock);
}

/* Hands a record, whose u is filled in, to the sink. */
static inline void
es_context_emit(struct es_context *c, struct es_record *r, enum es_record_type type, es_time at,
    const struct es_coverage *coverage)
{
	r->type = type;
	r->at = at;
	r->vantage = &c->vantage;
	r->coverage = *coverage;
	c->sink.record(c->sink.ctx, r);
}

/* 0 where the packets came in the wrong order. */
static inline uint64_t
es_us_between(es_time from, es_time to)
{
	int64_t ns = es_time_diff(to, from);

	return ns > 0 ? (uint64_t)(ns / ES_NS_PER_US) : 0;
}

/* Adds what another coverage lacks. */
static inline void
es_coverage_merge(struct es_coverage *into, const struct es_coverage *more)
{
	into->flags |= more->flags;
	into->gap_ms += more->gap_ms;
	into->dropped += more->dropped;
}

#endif
