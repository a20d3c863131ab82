/* SPDX-License-Identifier: Apache-2.0 */
/* An agent's connection to a collector that is the test, over a spool in memory. */
#ifndef TESTS_MADE_COLLECTOR_LINK_H
#define TESTS_MADE_COLLECTOR_LINK_H

#include "agent/shipper/collector_link.h"
#include "proto/encode.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>

static const char conf[] = "collector = \"c.example:6200\"\n"
			   "collector-name = \"collector.test\"\n"
			   "state-dir = \"/nonexistent/state\"\n"
			   "capture \"x\" { role = gateway replay = {\"a.pcap\"} }\n";

struct scene {
	struct rig spool;
	struct es_loop *loop;
	struct es_agent_config *cfg;
	struct es_collector_link *link;
	struct es_frame_reader frames;
	struct es_alloc alloc;
	uint8_t arena[ES_ALLOC_BYTES];
	struct es_envelope env; /* the last that the agent sent */
	uint8_t epoch[ES_EPOCH_BYTES];
	uint64_t first, last; /* of the last Batch */
};

static inline void
append(struct scene *s, int n)
{
	struct es_counter_value v = { ES_CNT_PACKETS, 1 };
	struct es_ipc_pair none = { 0, 0 };
	struct es_record rec;
	uint8_t bytes[512];
	int len;

	while (n-- > 0) {
		memset(&rec, 0, sizeof(rec));
		rec.type = ES_REC_HEALTH;
		rec.at = rec.u.health.time = rig_sec(1);
		rec.u.health.values = &v;
		rec.u.health.n_values = 1;
		len = es_record_encode(&rec, bytes, sizeof(bytes));
		if (len <= 0 || es_spool_append(s->spool.spool, rig_sec(1), none,
				    es_slice_of(bytes, (size_t)len)) != 0)
			abort();
	}
	(void)es_spool_sync(s->spool.spool);
}

static inline struct scene *
begin_with(int n_records, const char *text)
{
	struct scene *s = calloc(1, sizeof(*s));
	char error[ES_OPTIONS_ERROR_MAX];

	if (s == NULL)
		abort();
	made_clock_reset();
	made_tls_reset();
	rig_init(&s->spool);
	s->spool.cfg.segment_bytes = 8192;
	es_frame_reader_init(&s->frames, 0);
	es_alloc_init(&s->alloc, s->arena, sizeof(s->arena));
	if (es_spool_open(&s->spool.cfg, rig_sec(0), &s->spool.spool) != 0 ||
	    es_loop_new(&s->loop) != 0 || es_agent_config_parse(text, "t", error, &s->cfg) != 0)
		abort();
	append(s, n_records);
	if (es_collector_link_new(s->loop, s->cfg, s->spool.spool, &s->link) != 0)
		abort();
	return s;
}

static inline struct scene *
begin(int n_records)
{
	return begin_with(n_records, conf);
}

/* False: something was left behind. */
static inline bool
end(struct scene *s)
{
	unsigned left;

	es_collector_link_free(s->link);
	left = made_left(s->loop) + made_tls.n_open + made_dial.is_open;
	for (unsigned i = 0; i < made_conns(); i++)
		left += !made_conn(i)->is_freed;
	es_loop_free(s->loop);
	es_agent_config_free(s->cfg);
	es_frame_reader_done(&s->frames);
	rig_done(&s->spool);
	free(s);
	return left == 0;
}

static inline struct es_tls_conn *
conn(void)
{
	return made_conns() == 0 ? NULL : made_conn(made_conns() - 1);
}

/* Dials and shakes hands; the Hello waits. */
static inline void
connect_up(struct scene *s)
{
	made_settle(s->loop);
	made_dial_answer(0, NULL);
	es_frame_reader_done(&s->frames);
	es_frame_reader_init(&s->frames, 0);
	made_conn_ready(conn(), "collector.test", NULL);
}

/* The next envelope that the agent said is of this type. */
static inline bool
got(struct scene *s, enum es_envelope_type type)
{
	es_slice frame;
	int err = es_frame_next(&s->frames, &frame);

	if (err == ES_ESHORT) {
		es_frame_feed(&s->frames, made_conn_take(conn()));
		err = es_frame_next(&s->frames, &frame);
	}
	es_alloc_reset(&s->alloc);
	if (err != 0 || es_envelope_decode(frame, &s->alloc, &s->env) != 0 || s->env.type != type)
		return false;
	if (type == ES_ENV_HELLO)
		memcpy(s->epoch, s->env.u.hello.epoch, sizeof(s->epoch));
	if (type == ES_ENV_BATCH) {
		s->first = s->env.u.batch.first_seq;
		s->last = s->env.u.batch.last_seq;
	}
	return true;
}

static inline bool
is_silent(struct scene *s)
{
	return conn()->n_sent == 0 && s->frames.input.n == 0;
}

static inline void
say(const struct es_envelope *env)
{
	static uint8_t bytes[4096];
	int n = es_envelope_encode(env, bytes, sizeof(bytes));

	if (n <= 0)
		abort();
	made_conn_says(conn(), es_slice_of(bytes, (size_t)n));
}

static inline void
welcome(uint64_t acked, uint32_t credit, uint32_t window_ms)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.acked_seq = acked;
	env.u.welcome.credit_batches = credit;
	env.u.welcome.reconnect_window_ms = window_ms;
	env.u.welcome.wall = rig_sec(1);
	say(&env);
}

static inline void
ack(const struct scene *s, uint64_t through)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	memcpy(env.u.ack.epoch, s->epoch, ES_EPOCH_BYTES);
	env.u.ack.through_seq = through;
	say(&env);
}

static inline void
nack(enum es_nack_code code, uint32_t retry_after_ms)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_NACK;
	env.u.nack.code = code;
	env.u.nack.retry_after_ms = retry_after_ms;
	env.u.nack.reason = es_slice_str("because");
	say(&env);
}

static inline const char *
state(const struct scene *s)
{
	return es_collector_link_status(s->link).state;
}

static inline const char *
reason(const struct scene *s)
{
	static struct es_collector_link_status st;

	st = es_collector_link_status(s->link);
	return st.reason;
}

/* Milliseconds to the next attempt; -1: none. */
static inline int64_t
retry_in(const struct scene *s)
{
	int64_t at = es_collector_link_status(s->link).retry_ms;

	return at == 0 ? -1 : at - made_clock.monotonic_ns / ES_NS_PER_MS;
}

#endif
