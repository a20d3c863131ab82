/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of calls: what a page shows of their streams, blocks, SIP messages and machines, kept from the records
 * of each vantage point until the page is written. Each kind has a limit; what is beyond it is counted.
 */
#ifndef AGENT_REPORT_COURSE_H
#define AGENT_REPORT_COURSE_H

#include "earshot/correlate.h"
#include "earshot/engine.h"

/* Both ends are in it. */
struct es_course_period {
	es_time from;
	es_time to;
};

#define ES_COURSE_ALWAYS ((struct es_course_period){ { INT64_MIN }, { INT64_MAX } })

enum {
	ES_COURSE_BLOCKS_MAX = 1 << 20,
	ES_COURSE_STREAMS_MAX = 1 << 17,
	ES_COURSE_CALLS_MAX = 1 << 17,
	ES_COURSE_MESSAGES_MAX = 1 << 18,
	ES_COURSE_SAMPLES_MAX = 1 << 20,
	ES_COURSE_METHOD_MAX = 16, /* bytes; none of a call is longer */
};

/* Members as in es_interval. */
struct es_course_block {
	uint32_t vantage;
	uint32_t has;
	struct es_stream_key key;
	es_time start;
	es_time end;
	uint32_t expected;
	uint32_t lost;
	uint32_t late;
	uint32_t jitter_us;
	uint32_t p95_us; /* of its delay variation */
	uint32_t mos_lq_milli;
};

/* Members as in es_stream. */
struct es_course_stream {
	uint32_t vantage;
	uint32_t has;
	uint32_t order; /* of the records */
	struct es_stream_key key;
	es_slice codec;
	es_slice call_id;
	es_time start;
	uint64_t duration_us;
	uint64_t packets;
	uint64_t expected;
	uint64_t lost;
	uint64_t late;
	uint32_t jitter_mean_us;
	uint32_t jitter_max_us;
	uint32_t p95_us;
	uint32_t mos_lq_milli;
	enum es_stream_kind kind;
	enum es_unscored unscored;
};

/* Members as in es_call. */
struct es_course_call {
	uint32_t vantage;
	uint32_t has;
	uint32_t order; /* of the records */
	enum es_state state;
	es_slice call_id;
	es_slice from;
	es_slice to;
	es_slice asserted;
	es_slice diverted_from;
	es_slice dialled;
	es_slice caller_agent;
	es_slice callee_agent;
	es_time begun;
	es_time start;
	uint32_t final_status;
	uint64_t duration_us;
	struct es_addr invite_src;
	const struct es_call_stream *streams;
	uint32_t n_streams;
	const struct es_addr *caller_media;
	uint32_t n_caller_media;
};

/* Members as in es_sip_message. */
struct es_course_message {
	uint32_t vantage;
	uint32_t cseq;
	uint32_t status;
	bool has_sdp;
	bool is_resent;
	uint64_t call; /* hash of the Call-ID */
	es_time at;
	struct es_addr src;
	struct es_addr dst;
	char method[ES_COURSE_METHOD_MAX];
};

/* What a signal of a machine was in [start, end). */
struct es_course_sample {
	uint32_t host;
	enum es_signal signal;
	es_time start;
	es_time end;
	int64_t value;
};

struct es_course_host {
	es_slice name;
	bool is_synthetic; /* some of its timeline was made up */
};

struct es_course;

/* 0 and *out given, or ES_ENOMEM. */
int es_course_new(const uint8_t hash_key[16], struct es_course **out);

/* NULL is fine. */
void es_course_free(struct es_course *c);

/* A vantage point; name is borrowed, empty where there is one only. Its number, which counts from 0. */
uint32_t es_course_vantage(struct es_course *c, es_slice name);

void es_course_record(struct es_course *c, uint32_t vantage, const struct es_record *rec);
void es_course_message(struct es_course *c, uint32_t vantage, const struct es_sip_message *m);

/* A record of the machine named host; its clock is that of the vantage points that are named so, or host/LABEL. */
void es_course_machine(
    struct es_course *c, es_slice host, bool is_synthetic, const struct es_record *rec);

/* Call when everything is there, and before what follows. */
void es_course_sort(struct es_course *c);

/* Records that did not fit. */
uint64_t es_course_refused(const struct es_course *c);

/* The vantage point of a leg, named like it or with /1, /2 behind. ES_ENOTFOUND. */
int es_course_vantage_of(const struct es_course *c, es_slice leg);

/*
 * Streams with these addresses and SSRC that began in a period, one per restart, and blocks that did; by time, *n of them.
 * Without the period they are those of all calls that had these ports and this SSRC, one after the other.
 */
const struct es_course_stream *es_course_streams(const struct es_course *c, uint32_t vantage,
    const struct es_call_stream *which, struct es_course_period when, size_t *n);
const struct es_course_block *es_course_blocks(const struct es_course *c, uint32_t vantage,
    const struct es_call_stream *which, struct es_course_period when, size_t *n);

/* Every stream and every call: the latest record of each. */
const struct es_course_stream *es_course_all_streams(const struct es_course *c, size_t *n);
const struct es_course_call *es_course_all_calls(const struct es_course *c, size_t *n);

/* The call with that Call-ID at a vantage point that began last by then, else the first one; NULL: none. */
const struct es_course_call *
es_course_call(const struct es_course *c, uint32_t vantage, es_slice call_id, es_time by);

/* Messages of that call, by time: until another call took its Call-ID. */
const struct es_course_message *es_course_messages(
    const struct es_course *c, uint32_t vantage, es_slice call_id, es_time by, size_t *n);

/* Samples of the machine of a vantage point, by signal and time; *host NULL: it has no timeline. */
const struct es_course_sample *es_course_samples(
    const struct es_course *c, uint32_t vantage, const struct es_course_host **host, size_t *n);

#endif
