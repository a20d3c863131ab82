/* SPDX-License-Identifier: Apache-2.0 */
/* A collector with two agents, over a real store; what they say and what it answers. */
#ifndef TESTS_MADE_SESSION_H
#define TESTS_MADE_SESSION_H

#include "collector/ingest/session.h"
#include "proto/batch.h"
#include "proto/encode.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { COMMIT_MS = 50, IDLE_MS = 600000 };

struct scene {
	char dir[TEST_DIR_MAX];
	char path[96];
	struct es_collector_config cfg;
	struct es_ingest in;
	struct es_batch_writer *writer;
	struct es_alloc alloc;
	uint8_t arena[ES_ALLOC_BYTES];
	struct es_envelope env; /* the last that the collector said */
	uint8_t frame_arena[ES_ALLOC_BYTES];
	uint8_t record_arena[ES_RECORD_ARENA_BYTES];
};

static const uint8_t epoch_a[ES_EPOCH_BYTES] = { 1 }, epoch_b[ES_EPOCH_BYTES] = { 2 };

static inline void
on_group(void *ctx, int err)
{
	es_sessions_committed(ctx, err);
}

/* Agent n: its key is n, its common name a hexadecimal digit 32 times, its name "ep<n>". */
static inline void
enrol(struct scene *s, unsigned n)
{
	struct es_agent a;

	memset(&a, 0, sizeof(a));
	memset(a.cn, (int)"0123456789abcdef"[n], ES_STORE_CN_LEN);
	memset(a.spki, (int)n, sizeof(a.spki));
	(void)snprintf(a.name, sizeof(a.name), "ep%u", n);
	a.enrolled = es_time_of_ns(1);
	a.not_after = es_time_of_ns(INT64_MAX);
	if (es_store_begin(s->in.store) != 0 || es_store_agent_bind(s->in.store, &a) != 0 ||
	    es_store_commit(s->in.store) != 0)
		abort();
}

static inline struct scene *
begin(void)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct es_group_config group = { NULL, COMMIT_MS, 1000, on_group, NULL };
	char error[512];

	if (s == NULL)
		abort();
	made_clock_reset();
	made_tls_reset();
	test_dir(s->dir);
	(void)snprintf(s->path, sizeof(s->path), "%s/earshot.db", s->dir);
	(void)snprintf(s->cfg.database, sizeof(s->cfg.database), "%s", s->path);
	s->cfg.max_connections = 3;
	s->cfg.credit_batches = 6;
	s->cfg.idle_ms = IDLE_MS;
	s->cfg.reconnect_ms = 2000;
	s->cfg.retry_ms = 7000;
	s->in.cfg = &s->cfg;
	es_alloc_init(&s->alloc, s->arena, sizeof(s->arena));
	es_alloc_init(&s->in.frame_alloc, s->frame_arena, sizeof(s->frame_arena));
	es_alloc_init(&s->in.record_alloc, s->record_arena, sizeof(s->record_arena));
	if (es_loop_new(&s->in.loop) != 0 ||
	    es_store_open(s->path, ES_STORE_CREATE, &s->in.store, error) != 0 ||
	    es_batch_writer_new(&s->writer) != 0)
		abort();
	group.store = s->in.store;
	group.ctx = &s->in;
	if (es_group_new(s->in.loop, &group, &s->in.group) != 0)
		abort();
	enrol(s, 1);
	enrol(s, 2);
	return s;
}

/* True: nothing is left open, and no last word was followed by another. */
static inline bool
end(struct scene *s)
{
	unsigned left = 0;

	es_sessions_free(&s->in);
	left += s->in.n_sessions;
	for (unsigned i = 0; i < made_conns(); i++)
		left += !made_conn(i)->is_freed + made_conn(i)->n_late;
	es_group_free(s->in.group);
	left += made_left(s->in.loop);
	es_store_close(s->in.store);
	es_loop_free(s->in.loop);
	es_batch_writer_free(s->writer);
	free(s);
	return left == 0;
}

/* A connection whose handshake has not begun. */
static inline struct es_tls_conn *
arrive(struct scene *s)
{
	struct es_addr peer;
	unsigned before = made_conns();

	(void)es_addr_parse_ip("192.0.2.1", 9, &peer);
	es_session_start(&s->in, open("/dev/null", O_RDWR | O_CLOEXEC), &peer);
	return made_conn(before);
}

static inline void
ready(struct es_tls_conn *c, unsigned n)
{
	uint8_t spki[ES_PKI_PIN_BYTES];
	char cn[ES_STORE_CN_LEN + 1] = { 0 };

	memset(spki, (int)n, sizeof(spki));
	memset(cn, (int)"0123456789abcdef"[n], ES_STORE_CN_LEN);
	made_conn_ready(c, cn, spki);
}

static inline struct es_tls_conn *
join(struct scene *s, unsigned n)
{
	struct es_tls_conn *c = arrive(s);

	ready(c, n);
	return c;
}

static inline void
say(struct es_tls_conn *c, const struct es_envelope *env)
{
	static uint8_t bytes[ES_FRAME_MAX_BYTES + 4];
	int n = es_envelope_encode(env, bytes, sizeof(bytes));

	if (n <= 0)
		abort();
	made_conn_says(c, es_slice_of(bytes, (size_t)n));
}

static inline void
hello(struct es_tls_conn *c, const uint8_t *epoch, uint64_t next_seq)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_HELLO;
	env.u.hello.version_min = env.u.hello.version_max = ES_PROTO_VERSION;
	env.u.hello.agent_version = es_slice_str("9.9");
	memcpy(env.u.hello.epoch, epoch, ES_EPOCH_BYTES);
	env.u.hello.next_seq = next_seq;
	env.u.hello.clocks.wall = es_time_of_ns(1);
	env.u.hello.role = ES_ROLE_TAP;
	say(c, &env);
}

/* A health record, bytes at out; returns their number. */
static inline size_t
record(uint8_t *out, size_t cap, int64_t at_s)
{
	struct es_counter_value v = { ES_CNT_PACKETS, 1 };
	struct es_record rec;
	int n;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = es_time_of_ns(at_s * ES_NS_PER_S);
	rec.u.health.values = &v;
	rec.u.health.n_values = 1;
	n = es_record_encode(&rec, out, cap);
	if (n <= 0)
		abort();
	return (size_t)n;
}

/* A call, bytes at out, whose Call-ID has no room in the store; returns their number. */
static inline size_t
bad_record(uint8_t *out, size_t cap)
{
	static char call_id[ES_STORE_TEXT_MAX + 1];
	struct es_record rec;
	int n;

	memset(call_id, 'a', sizeof(call_id));
	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = rec.u.call.start = es_time_of_ns(1800000000 * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_of(call_id, sizeof(call_id));
	rec.u.call.state = ES_STATE_COMPLETED;
	n = es_record_encode(&rec, out, cap);
	if (n <= 0)
		abort();
	return (size_t)n;
}

/* first..last, the one called bad being a record no store can take (0: none). */
static inline void
batch_with(struct scene *s, struct es_tls_conn *c, const uint8_t *epoch, uint64_t first,
    uint64_t last, uint64_t bad, bool is_torn)
{
	struct es_envelope env;
	uint8_t bytes[2048];

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BATCH;
	es_batch_writer_begin(s->writer);
	for (uint64_t seq = first; seq <= last; seq++) {
		size_t n = seq == bad ? bad_record(bytes, sizeof(bytes))
				      : record(bytes, sizeof(bytes), 1800000000 + (int64_t)seq);

		if (es_batch_writer_add(s->writer, es_slice_of(bytes, n)) != 0)
			abort();
	}
	env.u.batch.first_seq = first;
	memcpy(env.u.batch.epoch, epoch, ES_EPOCH_BYTES);
	if (es_batch_writer_end(s->writer, &env.u.batch) != 0)
		abort();
	env.u.batch.crc32 ^= is_torn;
	say(c, &env);
}

static inline void
batch(struct scene *s, struct es_tls_conn *c, const uint8_t *epoch, uint64_t first, uint64_t last)
{
	batch_with(s, c, epoch, first, last, 0, false);
}

/* What the collector said next on it is one whole envelope of this type. */
static inline bool
got(struct scene *s, struct es_tls_conn *c, enum es_envelope_type type)
{
	es_slice sent = es_slice_of(c->sent, c->n_sent);
	size_t n;

	if (sent.n < 4)
		return false;
	n = 4 + ((size_t)sent.p[1] << 16 | (size_t)sent.p[2] << 8 | sent.p[3]);
	es_alloc_reset(&s->alloc);
	if (sent.n < n ||
	    es_envelope_decode(es_slice_of(sent.p + 4, n - 4), &s->alloc, &s->env) != 0)
		return false;
	memmove(c->sent, c->sent + n, sent.n - n);
	c->n_sent -= n;
	return s->env.type == type;
}

/* A Nack with this code, as a last word. */
static inline bool
refused(struct scene *s, struct es_tls_conn *c, enum es_nack_code code)
{
	return got(s, c, ES_ENV_NACK) && s->env.u.nack.code == code && c->is_finishing &&
	       c->n_sent == 0;
}

static inline bool
acked(struct scene *s, struct es_tls_conn *c, uint64_t through, uint64_t n_refused)
{
	return got(s, c, ES_ENV_ACK) && s->env.u.ack.through_seq == through &&
	       s->env.u.ack.refused == n_refused && !c->is_finishing;
}

static inline struct es_agent
agent(const struct scene *s, int64_t id)
{
	struct es_agent a;

	if (es_store_agent_by_id(s->in.store, id, &a) != 0)
		abort();
	return a;
}

static inline void
leave(struct es_tls_conn *c)
{
	made_conn_end(c, ES_TLS_END_CUT, "cut");
}

#endif
