/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scripted agent: speaks the wire to a collector, rightly and wrongly, and prints what it is answered.
 * usage: talk enroll ADDR:PORT TOKEN DIR             writes DIR/{agent.key,agent.pem,ca.pem,name}
 *        talk data ADDR:PORT DIR STEP...             with those files
 * Steps: hello EPOCH NEXT   32 hex digits and the next number; waits for the answer
 *        send FIRST COUNT   COUNT records (health) in one batch
 *        poison FIRST COUNT the same, each second one cannot be kept
 *        torn FIRST COUNT   the same, with a checksum that does not fit
 *        scene CALL-ID SSRC AGENT FIRST  what AGENT of scene.h delivers of a damaged call
 *        ack N              waits until N is acknowledged
 *        flood FIRST BATCHES COUNT  sends with credit, prints rate and latency
 *        id NAME            the next hello claims this id
 *        raw HEX            these bytes as they are; TALK_FRAMES=FILE in the environment keeps each frame as such a line
 *        hold               waits until the collector ends the connection
 */
#include "proto/batch.h"
#include "proto/encode.h"
#include "proto/packer.h"
#include "runtime/clock.h"
#include "runtime/crypto/tls.h"
#include "runtime/crypto/token.h"
#include "runtime/file.h"
#include "runtime/host_port.h"
#include "runtime/loop/dial.h"
#include "tests/e2e/kept_frame.h"
#include "tests/e2e/scene.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FRAME_CAP = (256 << 10) + 4, WAIT_MS = 15000, FLOOD_MAX = 100000 };

struct talk {
	struct es_loop *loop;
	struct es_tls *tls;
	struct es_tls_conn *conn;
	struct es_frame_reader reader;
	struct es_alloc alloc;
	struct es_batch_writer *writer;
	uint8_t arena[ES_ALLOC_BYTES];
	uint8_t frame[FRAME_CAP];
	uint8_t epoch[ES_EPOCH_BYTES];
	const char *id;
	const char *dir;
	bool ready, ended, answered, is_over;
	uint64_t acked, refused;
	uint32_t credit;
	/* what a scene delivers */
	const char *scene_agent;
	uint64_t scene_n;
	/* flood */
	int64_t *sent_ns;
	int64_t *late_ns;
	uint32_t n_acked_batches, per_batch;
	uint64_t flood_first;
};

static void
fail(const char *what, const char *why)
{
	printf("fail %s: %s\n", what, why);
	exit(1);
}

static void
write_file(const char *dir, const char *name, es_slice bytes)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (es_file_write(path, bytes, 0600) < 0)
		fail(path, "cannot write");
}

static void
on_envelope(struct talk *t, const struct es_envelope *env)
{
	switch (env->type) {
	case ES_ENV_WELCOME:
		t->acked = env->u.welcome.acked_seq;
		t->credit = env->u.welcome.credit_batches;
		printf("welcome acked=%" PRIu64 "\n", t->acked);
		t->answered = true;
		break;
	case ES_ENV_ACK:
		t->acked = env->u.ack.through_seq;
		t->refused = env->u.ack.refused;
		break;
	case ES_ENV_NACK:
		printf("nack code=%d retry_ms=%u: %.*s\n", (int)env->u.nack.code,
		    env->u.nack.retry_after_ms, (int)env->u.nack.reason.n,
		    (const char *)env->u.nack.reason.p);
		t->answered = t->is_over = true;
		break;
	case ES_ENV_BYE:
		printf("bye code=%d\n", (int)env->u.bye.code);
		t->is_over = true;
		break;
	case ES_ENV_ENROLL_REPLY:
		write_file(t->dir, "agent.pem", env->u.enroll_reply.certificate_pem);
		write_file(t->dir, "ca.pem", env->u.enroll_reply.ca_pem);
		write_file(t->dir, "name", env->u.enroll_reply.collector_name);
		printf("enrolled as %.*s, tenant key of %zu bytes\n",
		    (int)env->u.enroll_reply.display_name.n,
		    (const char *)env->u.enroll_reply.display_name.p,
		    env->u.enroll_reply.tenant_key.n);
		t->answered = true;
		break;
	default:
		printf("envelope %d\n", (int)env->type);
		break;
	}
}

static void
on_ready(void *ctx)
{
	((struct talk *)ctx)->ready = true;
}

static void
on_read(void *ctx, es_slice bytes)
{
	struct talk *t = ctx;
	struct es_envelope env;
	es_slice frame;

	es_frame_feed(&t->reader, bytes);
	while (es_frame_next(&t->reader, &frame) == 0) {
		es_alloc_reset(&t->alloc);
		if (es_envelope_decode(frame, &t->alloc, &env) == 0)
			on_envelope(t, &env);
	}
}

static void
on_closed(void *ctx, enum es_tls_end end, const char *reason)
{
	struct talk *t = ctx;

	printf("closed %d: %s\n", (int)end, reason);
	es_tls_conn_free(t->conn);
	t->conn = NULL;
	t->ended = true;
}

static void
on_dialed(void *ctx, int err, int fd, const char *reason)
{
	static const struct es_tls_events events = { on_ready, on_read, NULL, on_closed };
	struct talk *t = ctx;

	if (err < 0)
		fail("connect", reason);
	if (es_tls_conn_new(t->tls, t->loop, fd, &events, t, &t->conn) < 0)
		fail("connect", "no memory");
}

/* Runs the loop until *flag, the end of the connection, or too late. */
static void
wait_for(struct talk *t, const bool *flag, const char *what)
{
	int64_t until = es_clock_monotonic_ms() + WAIT_MS;

	while (!*flag && !t->ended) {
		if (es_clock_monotonic_ms() > until)
			fail(what, "no answer in time");
		(void)es_loop_round(t->loop, 100);
	}
}

static void
send_envelope(struct talk *t, const struct es_envelope *env)
{
	int n = es_envelope_encode(env, t->frame, sizeof(t->frame));

	if (n < 0)
		fail("encode", es_strerror(n));
	kept_frame(t->frame, (size_t)n);
	if (!t->ended && es_tls_conn_send(t->conn, es_slice_of(t->frame, (size_t)n)) < 0)
		fail("send", "queue full");
}

static void
connect_to(struct talk *t, const char *at, const struct es_tls_config *cfg)
{
	char host[ES_HOST_MAX], error[ES_TLS_REASON_MAX];
	struct es_dial *dial;
	uint16_t port;

	if (es_host_port_parse(at, 6100, host, &port) < 0)
		fail("connect", "bad address");
	if (es_tls_new(cfg, error, &t->tls) < 0)
		fail("tls", error);
	if (es_dial_start(t->loop, host, port, WAIT_MS, on_dialed, t, &dial) < 0)
		fail("connect", "no memory");
	wait_for(t, &t->ready, "handshake");
}

static void
enroll(struct talk *t, const char *at, const char *token_text)
{
	struct es_tls_config cfg = { .side = ES_TLS_ENROLL_CLIENT };
	struct es_pki_key *key;
	struct es_envelope env;
	struct es_token token;
	uint8_t csr[ES_PKI_DER_MAX];
	char path[512];
	int n;

	if (es_token_parse(es_slice_str(token_text), &token) < 0)
		fail("token", "malformed");
	if (es_pki_key_new(&key) < 0 || (n = es_pki_make_csr(key, csr)) < 0)
		fail("key", "cannot make");
	(void)snprintf(path, sizeof(path), "%s/agent.key", t->dir);
	if (es_pki_key_write(key, path) < 0)
		fail(path, "cannot write");
	cfg.ca_pin = token.ca_pin;
	connect_to(t, at, &cfg);
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ENROLL_REQUEST;
	env.u.enroll_request.token_secret = es_slice_of(token.secret, sizeof(token.secret));
	env.u.enroll_request.csr_der = es_slice_of(csr, (size_t)n);
	env.u.enroll_request.hostname = es_slice_str("CN=not-your-name");
	env.u.enroll_request.agent_version = es_slice_str("talk");
	if (t->ready)
		send_envelope(t, &env);
	wait_for(t, &t->answered, "enroll");
	es_pki_key_free(key);
}

static void
hello(struct talk *t, const char *epoch, const char *next)
{
	struct es_envelope env;

	if (es_hex_parse(es_slice_str(epoch), t->epoch, sizeof(t->epoch)) < 0)
		fail("hello", "epoch is 32 hex digits");
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_HELLO;
	env.u.hello.version_min = env.u.hello.version_max = ES_PROTO_VERSION;
	env.u.hello.agent_version = es_slice_str("talk/1");
	env.u.hello.agent_id = es_slice_str(t->id);
	memcpy(env.u.hello.epoch, t->epoch, sizeof(t->epoch));
	env.u.hello.next_seq = strtoull(next, NULL, 10);
	env.u.hello.clocks.wall = es_clock_wall();
	env.u.hello.role = ES_ROLE_ENDPOINT;
	t->answered = false;
	send_envelope(t, &env);
	wait_for(t, &t->answered, "hello");
}

static void
send_batch(struct talk *t, uint64_t first, bool torn)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BATCH;
	env.u.batch.first_seq = first;
	memcpy(env.u.batch.epoch, t->epoch, sizeof(t->epoch));
	env.u.batch.clocks.wall = es_clock_wall();
	if (es_batch_writer_end(t->writer, &env.u.batch) < 0)
		fail("batch", "empty");
	if (torn)
		env.u.batch.crc32 ^= 1;
	send_envelope(t, &env);
}

/* A health record, small and always storable. */
static int
health(uint64_t n, uint8_t *out, size_t cap)
{
	struct es_counter_value v = { ES_CNT_PACKETS, n };
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = es_clock_wall();
	rec.u.health.values = &v;
	rec.u.health.n_values = 1;
	return es_record_encode(&rec, out, cap);
}

/* A packed minute, as most of what agents deliver is. */
static int
minute(uint64_t n, uint8_t *out, size_t cap)
{
	struct es_vantage vantage = { es_slice_of(NULL, 0), ES_ROLE_ENDPOINT };
	const struct es_record *recs[12];
	struct es_record rec[12];

	memset(rec, 0, sizeof(rec));
	for (uint64_t b = 0; b < 12; b++) {
		struct es_interval *i = &rec[b].u.interval;

		rec[b].type = ES_REC_INTERVAL;
		rec[b].vantage = &vantage;
		i->stream.src = scene_addr(0, 1, (uint16_t)(4000 + n % 500));
		i->stream.dst = scene_addr(0, 2, 5000);
		i->stream.ssrc = (uint32_t)(n % 500);
		i->has = ES_INTERVAL_HAS_RTP_TS | ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_QUALITY;
		i->first_seq = ES_SEQ_BASE + (n / 500 * 12 + b) * ES_BLOCK_SEQS;
		i->last_seq = i->first_seq + ES_BLOCK_SEQS - 1;
		i->block = i->first_seq / ES_BLOCK_SEQS;
		i->rtp_ts = (uint32_t)(i->first_seq * 160);
		i->start = es_time_of_ns(
		    (int64_t)(1795000000000 + (n / 500 * 12 + b) * 5120) * ES_NS_PER_MS);
		i->end = es_time_add(i->start, 5100 * ES_NS_PER_MS);
		i->expected = i->received = ES_BLOCK_SEQS;
		i->jitter_us = (uint32_t)(500 + n * 37 % 900);
		i->r_milli = 93200;
		i->mos_lq_milli = 4409;
		rec[b].at = es_time_add(i->end, ES_NS_PER_S);
		recs[b] = &rec[b];
	}
	return es_pack_encode(recs, 12, out, cap);
}

/* Well formed on the wire, and nothing the collector can keep: its Call-ID is longer than a column. */
static int
unkeepable(uint64_t n, uint8_t *out, size_t cap)
{
	static uint8_t call_id[600];
	struct es_vantage vantage = { es_slice_of(NULL, 0), ES_ROLE_ENDPOINT };
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	memset(call_id, 'x', sizeof(call_id));
	rec.type = ES_REC_CALL;
	rec.at = es_time_of_ns((int64_t)n);
	rec.vantage = &vantage;
	rec.u.call.call_id = es_slice_of(call_id, sizeof(call_id));
	rec.u.call.start = rec.at;
	return es_record_encode(&rec, out, cap);
}

static void
add(struct talk *t, int (*make)(uint64_t n, uint8_t *out, size_t cap), uint64_t n)
{
	uint8_t out[4096];
	int len = make(n, out, sizeof(out));

	if (len < 0)
		fail("record", es_strerror(len));
	if (es_batch_writer_add(t->writer, es_slice_of(out, (size_t)len)) < 0)
		fail("batch", "full, or the record is refused");
}

static void
send_records(struct talk *t, uint64_t first, uint64_t count, bool poison, bool torn)
{
	es_batch_writer_begin(t->writer);
	for (uint64_t i = 0; i < count; i++)
		add(t, poison && i % 2 == 1 ? unkeepable : health, first + i);
	send_batch(t, first, torn);
}

static void
scene_bytes(void *ctx, es_slice bytes, bool urgent)
{
	struct talk *t = ctx;

	(void)urgent;
	if (es_batch_writer_add(t->writer, bytes) < 0)
		fail("scene", "does not fit one batch");
	t->scene_n++;
}

struct scene_filter {
	struct talk *t;
	struct es_packer *packer;
};

static void
scene_record(void *ctx, const char *agent, const struct es_record *rec)
{
	struct scene_filter *f = ctx;

	if (strcmp(agent, f->t->scene_agent) == 0)
		es_packer_record(f->packer, rec);
}

static void
send_scene(struct talk *t, const char *call_id, const char *ssrc, const char *agent, uint64_t first)
{
	struct scene_filter f = { t, NULL };
	struct scene s = { .call_id = call_id,
		.ssrc = (uint32_t)strtoul(ssrc, NULL, 0),
		.start = es_time_of_ns(INT64_C(1795000000) * ES_NS_PER_S),
		.is_damaged = true,
		.emit = scene_record,
		.ctx = &f };

	const struct es_packer_config defaults = { .period_ms = 0 };

	t->scene_agent = agent;
	t->scene_n = 0;
	es_batch_writer_begin(t->writer);
	if (es_packer_new(&defaults, scene_bytes, t, &f.packer) < 0)
		fail("scene", "no memory");
	scene_play(&s);
	es_packer_flush(f.packer);
	es_packer_free(f.packer);
	printf("scene %" PRIu64 " records\n", t->scene_n);
	send_batch(t, first, false);
}

static void
wait_ack(struct talk *t, uint64_t n)
{
	int64_t until = es_clock_monotonic_ms() + WAIT_MS;

	while (t->acked < n && !t->ended) {
		if (es_clock_monotonic_ms() > until)
			fail("ack", "not in time");
		(void)es_loop_round(t->loop, 100);
	}
	printf("acked %" PRIu64 " refused %" PRIu64 "\n", t->acked, t->refused);
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
note_acks(struct talk *t, uint32_t n_sent)
{
	while (t->n_acked_batches < n_sent &&
	       t->acked >= t->flood_first + (uint64_t)(t->n_acked_batches + 1) * t->per_batch - 1) {
		t->late_ns[t->n_acked_batches] =
		    es_clock_monotonic_ns() - t->sent_ns[t->n_acked_batches];
		t->n_acked_batches++;
	}
}

static void
flood(struct talk *t, uint64_t first, uint32_t n_batches, uint32_t per_batch)
{
	int64_t begin = es_clock_monotonic_ns();
	uint32_t n_sent = 0;
	double seconds;

	t->sent_ns = calloc(n_batches, sizeof(*t->sent_ns));
	t->late_ns = calloc(n_batches, sizeof(*t->late_ns));
	if (t->sent_ns == NULL || t->late_ns == NULL || n_batches == 0)
		fail("flood", "no memory");
	t->flood_first = first;
	t->per_batch = per_batch;
	while (t->n_acked_batches < n_batches && !t->ended) {
		while (n_sent < n_batches && n_sent - t->n_acked_batches < t->credit) {
			es_batch_writer_begin(t->writer);
			for (uint32_t i = 0; i < per_batch; i++)
				add(t, minute, (uint64_t)n_sent * per_batch + i);
			t->sent_ns[n_sent] = es_clock_monotonic_ns();
			send_batch(t, first + (uint64_t)n_sent * per_batch, false);
			n_sent++;
		}
		(void)es_loop_round(t->loop, 1000);
		note_acks(t, n_sent);
	}
	if (t->ended)
		return;
	seconds = (double)(es_clock_monotonic_ns() - begin) / 1e9;
	qsort(t->late_ns, n_batches, sizeof(*t->late_ns), by_value);
	printf(
	    "flood %u records of 12 blocks in %.3f s: %.0f records/s, %.0f blocks/s; ack p50 %.1f "
	    "ms p99 %.1f ms\n",
	    n_batches * per_batch, seconds, n_batches * per_batch / seconds,
	    12.0 * n_batches * per_batch / seconds, (double)t->late_ns[n_batches / 2] / 1e6,
	    (double)t->late_ns[n_batches * 99 / 100] / 1e6);
	free(t->sent_ns);
	free(t->late_ns);
}

static void
raw(struct talk *t, const char *hex)
{
	size_t n = strlen(hex) / 2;

	if (n > sizeof(t->frame) || es_hex_parse(es_slice_of(hex, 2 * n), t->frame, n) < 0)
		fail("raw", "not hexadecimal");
	(void)es_tls_conn_send(t->conn, es_slice_of(t->frame, n));
}

/* Returns how many words it took. */
static int
step(struct talk *t, char **a, int n)
{
	if (strcmp(a[0], "hello") == 0 && n >= 3) {
		hello(t, a[1], a[2]);
		return 3;
	}
	if (strcmp(a[0], "scene") == 0 && n >= 5) {
		send_scene(t, a[1], a[2], a[3], strtoull(a[4], NULL, 10));
		return 5;
	}
	if (strcmp(a[0], "flood") == 0 && n >= 4) {
		flood(t, strtoull(a[1], NULL, 10), (uint32_t)strtoul(a[2], NULL, 10),
		    (uint32_t)strtoul(a[3], NULL, 10));
		return 4;
	}
	if ((strcmp(a[0], "send") == 0 || strcmp(a[0], "poison") == 0 ||
		strcmp(a[0], "torn") == 0) &&
	    n >= 3) {
		send_records(t, strtoull(a[1], NULL, 10), strtoull(a[2], NULL, 10), a[0][0] == 'p',
		    a[0][0] == 't');
		return 3;
	}
	if (strcmp(a[0], "ack") == 0 && n >= 2) {
		wait_ack(t, strtoull(a[1], NULL, 10));
		return 2;
	}
	if (strcmp(a[0], "id") == 0 && n >= 2) {
		t->id = a[1];
		return 2;
	}
	if (strcmp(a[0], "raw") == 0 && n >= 2) {
		raw(t, a[1]);
		return 2;
	}
	if (strcmp(a[0], "hold") == 0) {
		while (!t->ended)
			(void)es_loop_round(t->loop, 1000);
		return 1;
	}
	fail("usage", a[0]);
	return n;
}

static void
data(struct talk *t, const char *at, int n, char **steps)
{
	char ca[512], cert[512], key[512], path[512], *name;
	struct es_tls_config cfg = {
		.side = ES_TLS_CLIENT, .ca_file = ca, .cert_file = cert, .key_file = key
	};
	size_t len;

	(void)snprintf(ca, sizeof(ca), "%s/ca.pem", t->dir);
	(void)snprintf(cert, sizeof(cert), "%s/agent.pem", t->dir);
	(void)snprintf(key, sizeof(key), "%s/agent.key", t->dir);
	(void)snprintf(path, sizeof(path), "%s/name", t->dir);
	if (es_file_read(path, 256, &name, &len) < 0)
		fail(path, "cannot read");
	name[strcspn(name, "\r\n")] = '\0';
	cfg.name = name;
	connect_to(t, at, &cfg);
	while (n > 0 && !t->ended && !t->is_over) {
		int took = step(t, steps, n);

		steps += took;
		n -= took;
		(void)fflush(stdout);
	}
	free(name);
	if (t->ended)
		return;
	if (!t->is_over)
		es_tls_conn_finish(t->conn);
	while (!t->ended)
		(void)es_loop_round(t->loop, 1000);
}

int
main(int argc, char **argv)
{
	static struct talk t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 5) {
		fprintf(stderr, "talk: see the head of its source\n");
		return 2;
	}
	t.id = "";
	es_alloc_init(&t.alloc, t.arena, sizeof(t.arena));
	es_frame_reader_init(&t.reader, 0);
	if (es_loop_new(&t.loop) < 0 || es_batch_writer_new(&t.writer) < 0)
		fail("start", "no memory");
	t.dir = strcmp(argv[1], "enroll") == 0 ? argv[4] : argv[3];
	if (strcmp(argv[1], "enroll") == 0)
		enroll(&t, argv[2], argv[3]);
	else
		data(&t, argv[2], argc - 4, argv + 4);
	es_tls_conn_free(t.conn);
	es_frame_reader_done(&t.reader);
	es_batch_writer_free(t.writer);
	es_tls_free(t.tls);
	es_loop_free(t.loop);
	return 0;
}
