/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipper as a whole, on a loop whose clock the test drives: the test is the sensor, the collector,
 * and whoever asks for the status.
 */
#include "runtime/file.h"
#include "tests/sim/made_role.h"

static void
say(enum es_hop_type type, uint64_t number, es_slice bytes)
{
	static uint8_t d[ES_HOP_MAX_BYTES];
	struct es_hop msg = { type, type == ES_HOP_RECORD, role.speaks_as, number, bytes };
	int n = es_hop_encode(&msg, d, sizeof(d));

	if (n <= 0 || es_hop_socket_send(role.fd, es_slice_of(d, (size_t)n)) != 0)
		abort();
}

static void
say_call(uint64_t number, enum es_state state)
{
	struct es_record rec;
	uint8_t bytes[2048];
	int n;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_str("a@b");
	rec.u.call.start = rec.at;
	rec.u.call.state = state;
	n = es_record_encode(&rec, bytes, sizeof(bytes));
	if (n <= 0)
		abort();
	say(ES_HOP_RECORD, number, es_slice_of(bytes, (size_t)n));
	made_settle(role.loop);
}

/* The shipper's next datagram. */
static bool
heard(enum es_hop_type type, uint64_t number)
{
	uint8_t bytes[64];
	struct es_hop msg;
	size_t n;

	return es_hop_socket_receive(role.fd, bytes, sizeof(bytes), &n) == 0 &&
	       es_hop_decode(es_slice_of(bytes, n), &msg) == 0 && msg.type == type &&
	       msg.number == number;
}

static const char *
ask_status(void)
{
	uid_t user;
	int fd = es_unix_connect(in("run/control"), SOCK_STREAM, 0, &user);
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

static bool
status_says(const char *text)
{
	return strstr(ask_status(), text) != NULL;
}

static void
connect_hop(void)
{
	uid_t user;

	role.fd = es_unix_connect(in("run/hop"), SOCK_SEQPACKET, 0, &user);
	if (role.fd < 0)
		abort();
	es_hop_socket_prepare(role.fd);
	made_settle(role.loop);
}

/* The last envelope the agent sent, and what is answered to it. */
static bool
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

static void
answer(const struct es_envelope *env)
{
	uint8_t bytes[1024];
	int n = es_envelope_encode(env, bytes, sizeof(bytes));

	if (n <= 0)
		abort();
	made_conn_says(made_conn(made_conns() - 1), es_slice_of(bytes, (size_t)n));
}

static void
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

static void
acknowledge(const uint8_t epoch[ES_EPOCH_BYTES], uint64_t through)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	memcpy(env.u.ack.epoch, epoch, ES_EPOCH_BYTES);
	env.u.ack.through_seq = through;
	answer(&env);
}

static void
run_delivery(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];
	struct es_envelope env;

	role.loop = l;
	collector_connects(epoch);
	NEED(status_says("\"sensor\":\"not connected\""));
	NEED(status_says("\"state\":\"connected\""));
	connect_hop();
	NEED(heard(ES_HOP_HELLO, 0));
	say(ES_HOP_CALLS, 1, es_slice_of(NULL, 0));
	say_call(1, ES_STATE_IN_PROGRESS);
	NEED(heard(ES_HOP_ACK, 1));
	NEED(status_says("\"calls_up\":1"));
	NEED(status_says("\"sensor\":\"running\""));
	NEED(status_says("\"open_calls\":1"));
	NEED(agent_said(ES_ENV_BATCH, &env)); /* urgent, and the last sync is long ago */
	NEED(env.u.batch.first_seq == 1);
	say_call(2, ES_STATE_IN_PROGRESS);
	NEED(heard(ES_HOP_ACK, 2));
	made_pass(l, 49);
	NEED(!agent_said(ES_ENV_BATCH, &env)); /* sent once it is synced */
	made_pass(l, 1);
	NEED(agent_said(ES_ENV_BATCH, &env));
	NEED(env.u.batch.first_seq == 2);
	NEED(status_says("\"in_flight\":2"));
	acknowledge(epoch, 2);
	NEED(status_says("\"acked_seq\":2"));
	NEED(status_says("\"in_flight\":0"));
	NEED(status_says("\"last_ack_ago_ms\":0"));
	for (int k = 0; k < 10; k++) { /* silent for longer than any sensor is: a gap is told */
		made_pass(l, 20000);
		if (agent_said(ES_ENV_BATCH, &env))
			acknowledge(epoch, env.u.batch.last_seq);
		NEED(status_says(k < 7 ? "\"sensor\":\"running\"" : "\"sensor\":\"silent\""));
	}
	/* three minutes of our own health, and the call with its gap */
	NEED(status_says("\"acked_seq\":6") && status_says("\"open_calls\":1"));
	say_call(3, ES_STATE_COMPLETED);
	say(ES_HOP_BYE, 3, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(status_says("\"sensor\":\"ended\"") && status_says("\"open_calls\":0"));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 2999); /* what is on the way may still be acknowledged */
	NEED(agent_said(ES_ENV_BATCH, &env));
	NEED(!made_conn(0)->is_finishing);
	made_pass(l, 51);
	NEED(made_conn(0)->is_finishing);
	NEED(agent_said(ES_ENV_BYE, &env));
	made_pass(l, 300);
}

TEST(role_shipper_delivers_and_tells_of_a_gap)
{
	struct stat st;

	CHECK(begin(""));
	made_run = run_delivery;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	CHECK_EQ(stat(in("state/spool"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0700);
	CHECK(stat(in("run/control"), &st) != 0); /* of no use to anybody now */
	CHECK_EQ(stat(in("state/tenant.key"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	end();
}

/* A sensor that was killed: its end of the hop tells, or the next one's first word does. */
static void
run_deaths(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	connect_hop();
	NEED(heard(ES_HOP_HELLO, 0));
	say(ES_HOP_CALLS, 1, es_slice_of(NULL, 0));
	say_call(1, ES_STATE_IN_PROGRESS);
	NEED(status_says("\"next_seq\":2"));
	close(role.fd);
	made_settle(l);
	NEED(status_says("\"next_seq\":3")); /* the call with its gap */
	NEED(status_says("\"calls_up\":0"));
	connect_hop();
	say(ES_HOP_BYE, 1, es_slice_of(NULL, 0)); /* the old run, once more */
	say_call(2, ES_STATE_IN_PROGRESS);
	NEED(status_says("\"next_seq\":4"));
	close(role.fd);
	made_settle(l);
	NEED(status_says("\"next_seq\":4")); /* it had said goodbye */
	connect_hop();
	role.speaks_as = 78;
	made_pass(l, 3000);
	say(ES_HOP_CALLS, 2, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(status_says("\"next_seq\":5")); /* another start: the call was not ended */
	NEED(status_says("\"calls_up\":2"));
	say_call(9, ES_STATE_IN_PROGRESS); /* eight are missing */
	made_pass(l, 5000);
	for (int k = 0; k < 4; k++) {
		say_call(9, ES_STATE_IN_PROGRESS);
		made_pass(l, 1000);
	}
	NEED(status_says("\"next_seq\":7")); /* the record, and the loss of the others */
	say_call(10, ES_STATE_COMPLETED);
	NEED(status_says("\"open_calls\":0"));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 2999);
	NEED(made_next_ms(l) >= 0); /* this sensor might still say something */
	made_pass(l, 400);
}

TEST(role_shipper_tells_of_sensors_that_died)
{
	CHECK(begin(""));
	made_run = run_deaths;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

static void
run_two_signals(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(made_signal(l, SIGINT));
	NEED(made_signal(l, SIGTERM)); /* does not begin to wait anew */
	made_pass(l, 49);
	NEED(made_next_ms(l) == 1);
	made_pass(l, 1 + 300); /* nobody to wait for */
}

static void
run_unreadable(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(status_says("\"quarantined_files\":1"));
	NEED(status_says("\"hop_malformed\":0"));
	connect_hop();
	NEED(heard(ES_HOP_HELLO, 0));
	NEED(send(role.fd, "what?", 5, 0) == 5);
	made_settle(l);
	say_call(1, ES_STATE_COMPLETED); /* the next one is read */
	NEED(heard(ES_HOP_ACK, 1));
	NEED(status_says("\"hop_malformed\":1"));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 5000);
}

/* Counts that only the program knew: files set aside at start, datagrams of the hop that are none. */
TEST(role_shipper_shows_what_it_could_not_read)
{
	CHECK(begin(""));
	CHECK_EQ(mkdir(in("state"), 0700), 0);
	CHECK_EQ(mkdir(in("state/spool"), 0700), 0);
	CHECK_EQ(
	    es_file_write(in("state/spool/0000000000000001.seg"), es_slice_str("no segment"), 0600),
	    0);
	made_run = run_unreadable;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

TEST(role_shipper_with_nobody_there_ends_at_once)
{
	CHECK(begin(""));
	made_run = run_two_signals;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

TEST(role_shipper_refuses_places_and_keys_of_others)
{
	made_run = run_never;
	CHECK(begin(""));
	CHECK_EQ(mkdir(in("run"), 0700), 0);
	CHECK_EQ(chmod(in("run"), 0777), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(chmod(in("run"), 0755), 0);
	CHECK_EQ(chmod(in("state"), 0770), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(chmod(in("state"), 0700), 0);
	CHECK_EQ(chmod(in("state/spool"), 0702), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(chmod(in("state/spool"), 0700), 0);
	CHECK_EQ(chmod(in("state/tenant.key"), 0640), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK(!role.failed);
	CHECK_EQ(chmod(in("state/tenant.key"), 0600), 0);
	made_run = run_two_signals;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK(!role.failed);
	end();
}
