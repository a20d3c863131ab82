/* SPDX-License-Identifier: Apache-2.0 */
/* A whole shipper; the test is the sensor, the collector, and whoever asks for the status. */
#ifndef TESTS_MADE_SHIPPER_H
#define TESTS_MADE_SHIPPER_H

#include "tests/sim/made_role.h"

static inline void
say_as(enum es_ipc_type type, uint64_t number, es_slice bytes, bool urgent)
{
	static uint8_t d[ES_IPC_MAX_BYTES];
	struct es_ipc_message msg = { type, urgent, role.speaks_as, number, bytes };
	int n = es_ipc_encode(&msg, d, sizeof(d));

	if (n <= 0 || es_ipc_socket_send(role.fd, es_slice_of(d, (size_t)n)) != 0)
		abort();
}

static inline void
say(enum es_ipc_type type, uint64_t number, es_slice bytes)
{
	say_as(type, number, bytes, type == ES_IPC_RECORD);
}

static inline void
say_record(uint64_t number, const struct es_record *rec, bool urgent)
{
	static uint8_t bytes[2048];
	int n = es_record_encode(rec, bytes, sizeof(bytes));

	if (n <= 0)
		abort();
	say_as(ES_IPC_RECORD, number, es_slice_of(bytes, (size_t)n), urgent);
	made_settle(role.loop);
}

static inline void
say_call(uint64_t number, enum es_state state)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_str("a@b");
	rec.u.call.start = rec.at;
	rec.u.call.state = state;
	say_record(number, &rec, true);
}

/* The shipper's next datagram. */
static inline bool
heard(enum es_ipc_type type, uint64_t number)
{
	uint8_t bytes[64];
	struct es_ipc_message msg;
	size_t n;

	return es_ipc_socket_receive(role.fd, bytes, sizeof(bytes), &n) == 0 &&
	       es_ipc_decode(es_slice_of(bytes, n), &msg) == 0 && msg.type == type &&
	       msg.number == number;
}

static inline const char *
ask_status(void)
{
	uid_t user;
	int fd = es_unix_connect(at("run/control"), SOCK_STREAM, 0, &user);
	ssize_t n;

	role.status[0] = '\0';
	if (fd < 0)
		return role.status;
	made_settle(role.loop);
	n = recv(fd, role.status, sizeof(role.status) - 1, MSG_DONTWAIT);
	role.status[n > 0 ? n : 0] = '\0';
	NEED(n > 1 && strcmp(role.status + n - 2, "}\n") == 0); /* one line, whole */
	close(fd);
	return role.status;
}

static inline bool
status_says(const char *text)
{
	return strstr(ask_status(), text) != NULL;
}

static inline void
connect_ipc(void)
{
	uid_t user;

	role.fd = es_unix_connect(at("run/hop"), SOCK_SEQPACKET, 0, &user);
	if (role.fd < 0)
		abort();
	es_ipc_socket_prepare(role.fd);
	made_settle(role.loop);
}

/* The last envelope the agent sent, and what is answered to it. */
static inline bool
agent_said(enum es_envelope_type type, struct es_envelope *env)
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	es_slice all =
	    made_conns() == 0 ? es_slice_of(NULL, 0) : made_conn_take(made_conn(made_conns() - 1));

	es_alloc_init(&alloc, arena, sizeof(arena));
	return all.n > 4 &&
	       es_envelope_decode(es_slice_of(all.p + 4, all.n - 4), &alloc, env) == 0 &&
	       env->type == type;
}

static inline void
answer(const struct es_envelope *env)
{
	uint8_t bytes[1024];
	int n = es_envelope_encode(env, bytes, sizeof(bytes));

	if (n <= 0)
		abort();
	made_conn_says(made_conn(made_conns() - 1), es_slice_of(bytes, (size_t)n));
}

static inline void
collector_connects(uint8_t epoch[ES_EPOCH_BYTES])
{
	struct es_envelope env;

	made_settle(role.loop);
	made_dial_answer(0, NULL);
	made_conn_ready(made_conn(made_conns() - 1), "collector.test", NULL);
	NEED(agent_said(ES_ENV_HELLO, &env));
	memcpy(epoch, env.u.hello.epoch, ES_EPOCH_BYTES);
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.credit_batches = 4;
	env.u.welcome.wall = es_time_of_ns(1);
	answer(&env);
}

static inline void
acknowledge(const uint8_t epoch[ES_EPOCH_BYTES], uint64_t through)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	memcpy(env.u.ack.epoch, epoch, ES_EPOCH_BYTES);
	env.u.ack.through_seq = through;
	answer(&env);
}

#endif
