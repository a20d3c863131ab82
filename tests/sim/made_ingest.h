/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's ingest process as a whole, on a loop whose clock the test drives; what agents say to it. */
#ifndef TESTS_MADE_INGEST_H
#define TESTS_MADE_INGEST_H

#include "collector/ingest/ingest.h"
#include "collector/tenant.h"
#include "proto/batch.h"
#include "proto/encode.h"
#include "tests/sim/made_listen.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_place.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	struct es_collector_config cfg;
	struct es_loop *loop;
	struct es_envelope env;
	bool ran;
} in;

static inline bool
begin(void)
{
	struct es_collector_config *c = &in.cfg;
	es_time from = es_time_of_ns(0), to = es_time_of_ns(INT64_C(4000000000) * ES_NS_PER_S);
	char error[512], pem[ES_PKI_PEM_MAX];
	struct es_pki_key *key;
	struct es_store *store;
	struct es_agent a;

	made_clock_reset();
	made_tls_reset();
	memset(&in, 0, sizeof(in));
	place_make();
	(void)snprintf(c->name, sizeof(c->name), "collector.test");
	(void)snprintf(c->database, sizeof(c->database), "%s", at("earshot.db"));
	(void)snprintf(c->ca_cert, sizeof(c->ca_cert), "%s", at("ca.pem"));
	(void)snprintf(c->ca_key, sizeof(c->ca_key), "%s", at("ca.key"));
	(void)snprintf(c->cert, sizeof(c->cert), "%s", at("server.pem"));
	(void)snprintf(c->key, sizeof(c->key), "%s", at("server.key"));
	(void)snprintf(c->tenant_key, sizeof(c->tenant_key), "%s", at("tenant.key"));
	c->agent_validity_ms = 86400000;
	c->commit_ms = 50;
	c->commit_records = 1000;
	c->max_connections = 10;
	c->credit_batches = 4;
	c->idle_ms = 600000;
	c->retry_ms = 1000;
	if (es_tenant_key_make(c->tenant_key) != 0 || es_pki_key_new(&key) != 0 ||
	    es_pki_key_write(key, c->ca_key) != 0 ||
	    es_pki_make_ca(key, "test-ca", from, to, pem) != 0 ||
	    es_pki_write_pem(c->ca_cert, pem, 0644) != 0)
		return false;
	es_pki_key_free(key);
	(void)es_addr_parse_ip("127.0.0.1", 9, &in.cfg.listen);
	in.cfg.enroll = in.cfg.listen;
	in.cfg.listen.port = 9;
	in.cfg.enroll.port = 10;
	memset(&a, 0, sizeof(a));
	memset(a.cn, '1', ES_STORE_CN_LEN);
	memset(a.spki, 1, sizeof(a.spki));
	(void)snprintf(a.name, sizeof(a.name), "ep");
	if (es_store_open(in.cfg.database, ES_STORE_CREATE, &store, error) != 0 ||
	    es_store_agent_bind(store, &a) != 0)
		return false;
	es_store_close(store);
	return true;
}

static inline void
end(void)
{
	place_remove();
}

/* Connects and says the beginning of a handshake. */
static inline int
arrive(uint16_t port)
{
	uint8_t record[45] = { 22, 3, 1, 0, 40 };
	int fd = made_connect(port);

	if (send(fd, record, sizeof(record), 0) < 0)
		abort();
	made_settle(in.loop);
	return fd;
}

static inline void
say(struct es_tls_conn *c, const struct es_envelope *env)
{
	static uint8_t bytes[64 << 10];
	int n = es_envelope_encode(env, bytes, sizeof(bytes));

	if (n <= 0)
		abort();
	made_conn_says(c, es_slice_of(bytes, (size_t)n));
}

static inline bool
got(struct es_tls_conn *c, enum es_envelope_type type)
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	es_slice all = made_conn_take(c);

	es_alloc_init(&alloc, arena, sizeof(arena));
	return all.n > 4 &&
	       es_envelope_decode(es_slice_of(all.p + 4, all.n - 4), &alloc, &in.env) == 0 &&
	       in.env.type == type;
}

/* The agent of the database: its handshake, its Hello. */
static inline void
greet(struct es_tls_conn *c, uint64_t next_seq)
{
	uint8_t spki[ES_PKI_PIN_BYTES];
	struct es_envelope env;

	memset(spki, 1, sizeof(spki));
	made_conn_ready(c, "11111111111111111111111111111111", spki);
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_HELLO;
	env.u.hello.version_min = env.u.hello.version_max = ES_PROTO_VERSION;
	env.u.hello.epoch[0] = 3;
	env.u.hello.next_seq = next_seq;
	env.u.hello.agent_version = es_slice_str("1");
	env.u.hello.role = ES_ROLE_TAP;
	say(c, &env);
}

static inline void
join(struct es_tls_conn *c)
{
	greet(c, 1);
	NEED(got(c, ES_ENV_WELCOME));
}

static inline void
deliver(struct es_tls_conn *c, uint64_t seq)
{
	struct es_counter_value v = { ES_CNT_PACKETS, 1 };
	struct es_batch_writer *w;
	struct es_envelope env;
	struct es_record rec;
	uint8_t bytes[512];
	int n;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);
	rec.u.health.values = &v;
	rec.u.health.n_values = 1;
	n = es_record_encode(&rec, bytes, sizeof(bytes));
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BATCH;
	env.u.batch.first_seq = seq;
	env.u.batch.epoch[0] = 3;
	if (n <= 0 || es_batch_writer_new(&w) != 0)
		abort();
	es_batch_writer_begin(w);
	if (es_batch_writer_add(w, es_slice_of(bytes, (size_t)n)) != 0 ||
	    es_batch_writer_end(w, &env.u.batch) != 0)
		abort();
	say(c, &env);
	es_batch_writer_free(w);
}

#endif
