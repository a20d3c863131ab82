/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's end of a batch client: a pipe of bytes and a clock of our own. */
#ifndef TESTS_BATCH_PEER_H
#define TESTS_BATCH_PEER_H

#include "agent/shipper/batch_client.h"
#include "proto/encode.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>

struct peer {
	struct rig spool;
	struct es_batch_client *up;
	uint8_t wire[256 << 10]; /* what the agent sent on this connection */
	size_t n_wire;
	size_t n_fed;
	struct es_frame_reader frames;
	struct es_alloc alloc;
	uint8_t arena[ES_ALLOC_BYTES];
	uint8_t out[4096];
	uint8_t seen[512]; /* how often each number arrived */
	uint64_t opened_seq;
	struct es_envelope env;
	uint8_t epoch[ES_EPOCH_BYTES];
	int room; /* frames the connection still takes */
	int closed;
	char why[256];
	uint64_t refused;
	int64_t now_ms;
};

static inline int
on_send(void *ctx, es_slice frame)
{
	struct peer *p = ctx;

	if (p->room == 0 || p->n_wire + frame.n > sizeof(p->wire))
		return ES_EFULL;
	p->room--;
	memcpy(p->wire + p->n_wire, frame.p, frame.n);
	p->n_wire += frame.n;
	return 0;
}

static inline void
on_close(void *ctx, const char *why)
{
	struct peer *p = ctx;

	p->closed++;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

static inline void
on_clocks(void *ctx, struct es_clocks *out)
{
	struct peer *p = ctx;

	memset(out, 0, sizeof(*out));
	out->wall = rig_sec(p->now_ms / 1000);
}

static inline void
on_refused(void *ctx, uint64_t seq)
{
	(void)seq;
	((struct peer *)ctx)->refused++;
}

static inline void
append(struct peer *p, int n)
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
		v.value = es_spool_next_seq(p->spool.spool);
		rec.u.health.values = &v;
		rec.u.health.n_values = 1;
		len = es_record_encode(&rec, bytes, sizeof(bytes));
		if (len <= 0 || es_spool_append(p->spool.spool, rig_sec(1), none,
				    es_slice_of(bytes, (size_t)len)) != 0)
			abort();
	}
	(void)es_spool_sync(p->spool.spool);
}

static inline struct peer *
peer_new(int n_records)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct es_batch_client_config cfg = { .role = ES_ROLE_SBC,
		.clocks = on_clocks,
		.send = on_send,
		.close = on_close,
		.refused = on_refused,
		.ctx = p };

	if (p == NULL)
		abort();
	rig_init(&p->spool);
	p->spool.cfg.segment_bytes = 4096;
	if (es_spool_open(&p->spool.cfg, rig_sec(0), &p->spool.spool) != 0)
		abort();
	append(p, n_records);
	cfg.spool = p->spool.spool;
	es_alloc_init(&p->alloc, p->arena, sizeof(p->arena));
	es_frame_reader_init(&p->frames, 0);
	p->room = 1000;
	p->now_ms = 1000;
	if (es_batch_client_new(&cfg, &p->up) != 0)
		abort();
	return p;
}

static inline void
peer_free(struct peer *p)
{
	es_batch_client_free(p->up);
	es_frame_reader_done(&p->frames);
	rig_done(&p->spool);
	free(p);
}

static inline int
each_record(void *ctx, uint64_t seq, es_slice record)
{
	struct peer *p = ctx;

	(void)record;
	if (seq < sizeof(p->seen) && p->seen[seq] < 255)
		p->seen[seq]++;
	p->opened_seq = seq;
	return 0;
}

/* The next frame the agent sent, of this type. */
static inline bool
got(struct peer *p, enum es_envelope_type type)
{
	es_slice frame;

	int err = es_frame_next(&p->frames, &frame);

	if (err == ES_ESHORT && p->n_fed < p->n_wire) {
		es_frame_feed(&p->frames, es_slice_of(p->wire + p->n_fed, p->n_wire - p->n_fed));
		p->n_fed = p->n_wire;
		err = es_frame_next(&p->frames, &frame);
	}
	es_alloc_reset(&p->alloc);
	return err == 0 && es_envelope_decode(frame, &p->alloc, &p->env) == 0 &&
	       p->env.type == type;
}

static inline void
reply(struct peer *p, const struct es_envelope *env)
{
	int n = es_envelope_encode(env, p->out, sizeof(p->out));

	if (n <= 0)
		abort();
	es_batch_client_input(p->up, es_slice_of(p->out, (size_t)n), p->now_ms);
}

static inline void
welcome(struct peer *p, uint64_t acked, uint32_t credit)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.acked_seq = acked;
	env.u.welcome.credit_batches = credit;
	env.u.welcome.wall = rig_sec(1);
	reply(p, &env);
}

/* The Welcome of a collector that knows what record `acked` was. */
static inline void
welcome_with(struct peer *p, uint64_t acked, uint64_t digest)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.acked_seq = acked;
	env.u.welcome.acked_digest = digest;
	env.u.welcome.credit_batches = 4;
	reply(p, &env);
}

static inline uint64_t
digest_of(struct peer *p, uint64_t seq)
{
	static uint8_t buf[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e;

	if (es_spool_find(p->spool.spool, seq, &e, buf) != 0)
		return 0;
	return es_record_digest(es_slice_of(buf, e.n_bytes));
}

static inline void
ack(struct peer *p, uint64_t through)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	memcpy(env.u.ack.epoch, p->epoch, ES_EPOCH_BYTES);
	env.u.ack.through_seq = through;
	reply(p, &env);
}

static inline void
nack(struct peer *p, enum es_nack_code code, uint32_t retry_ms)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_NACK;
	env.u.nack.code = code;
	env.u.nack.retry_after_ms = retry_ms;
	env.u.nack.reason = es_slice_str("because");
	reply(p, &env);
}

static inline bool
greet(struct peer *p)
{
	p->closed = 0;
	p->n_wire = p->n_fed = 0;
	es_frame_reader_done(&p->frames);
	es_frame_reader_init(&p->frames, 0);
	es_batch_client_up(p->up, p->now_ms);
	if (!got(p, ES_ENV_HELLO))
		return false;
	memcpy(p->epoch, p->env.u.hello.epoch, ES_EPOCH_BYTES);
	return p->env.u.hello.next_seq == es_spool_next_seq(p->spool.spool);
}

static inline bool
open_batch(struct peer *p)
{
	return got(p, ES_ENV_BATCH) && memcmp(p->env.u.batch.epoch, p->epoch, 16) == 0 &&
	       es_batch_open(&p->env.u.batch, &p->alloc, each_record, p, NULL) > 0;
}

#endif
