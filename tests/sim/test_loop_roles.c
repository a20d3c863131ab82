/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both roles of the agent as a whole, each on a loop whose clock the test drives: the test is the other
 * role, the collector, and whoever asks for the status.
 */
#include "agent/hop/hop_socket.h"
#include "agent/sensor/sensor.h"
#include "agent/shipper/shipper.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/envelope.h"
#include "proto/hop.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPTURE "tests/golden/clean_plainproxy/ep.pcap.gz"

static struct {
	char dir[64];
	struct es_agent_config *cfg;
	struct es_loop *loop;
	int fd; /* our end of the hop */
	uint64_t run, last;
	unsigned n_records, n_byes, n_calls;
	uint32_t calls;
	unsigned by_type[16]; /* enum es_record_type */
	bool failed;          /* inside the run: said by the test after it */
	char where[160];
	char status[8192];
} role;

#define NEED(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond) && !role.failed) {                                                     \
			role.failed = true;                                                        \
			(void)snprintf(role.where, sizeof(role.where), "%d: %s", __LINE__, #cond); \
		}                                                                                  \
	} while (0)

static int
take_away(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static const char *
in(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *at = path[turn++ % 4];

	(void)snprintf(at, 128, "%s/%s", role.dir, name);
	return at;
}

static bool
begin(const char *more)
{
	char text[1024], error[ES_OPTIONS_ERROR_MAX];

	made_clock_reset();
	made_tls_reset();
	memset(&role, 0, sizeof(role));
	role.fd = -1;
	(void)snprintf(role.dir, sizeof(role.dir), "/tmp/earshot-roles-XXXXXX");
	if (mkdtemp(role.dir) == NULL)
		return false;
	(void)snprintf(text, sizeof(text),
	    "state-dir = \"%s/state\"\nrun-dir = \"%s/run\"\nhost = no\nspool-free = 0\n"
	    "collector = \"c.example\"\ncollector-name = \"collector.test\"\n"
	    "capture \"x\" { role = endpoint replay = {\"" CAPTURE "\"} speed = 0 }\n%s",
	    role.dir, role.dir, more);
	return es_agent_config_parse(text, "t", error, &role.cfg) == 0;
}

static void
end(void)
{
	es_agent_config_free(role.cfg);
	if (role.fd >= 0)
		close(role.fd);
	(void)nftw(role.dir, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- the shipper; the test is the sensor ---- */

static void
say(enum es_hop_type type, uint64_t number, es_slice bytes)
{
	static uint8_t d[ES_HOP_MAX_BYTES];
	struct es_hop msg = { type, type == ES_HOP_RECORD, 77, number, bytes };
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

TEST(role_shipper_with_nobody_there_ends_at_once)
{
	CHECK(begin(""));
	made_run = run_two_signals;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

static void
run_never(struct es_loop *l)
{
	role.loop = l;
	role.failed = true;
	(void)snprintf(role.where, sizeof(role.where), "it ran");
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

/* ---- the sensor; the test is the shipper ---- */

static void
hop_says(enum es_hop_type type, uint64_t number)
{
	struct es_hop msg = { type, false, role.run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n = es_hop_encode(&msg, bytes, sizeof(bytes));

	if (n <= 0 || es_hop_socket_send(role.fd, es_slice_of(bytes, (size_t)n)) != 0)
		abort();
	made_settle(role.loop);
}

static void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if ((unsigned)rec->type < 16)
		role.by_type[rec->type]++;
}

/* Takes what the sensor sent. */
static void
drain(void)
{
	static uint8_t d[ES_HOP_MAX_BYTES], arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_hop msg;
	size_t n;

	while (es_hop_socket_receive(role.fd, d, sizeof(d), &n) == 0) {
		if (es_hop_decode(es_slice_of(d, n), &msg) != 0)
			abort();
		role.run = msg.run;
		if (msg.type == ES_HOP_RECORD) {
			NEED(msg.number == role.last + 1 || role.last == 0);
			role.last = msg.number;
			role.n_records++;
			es_alloc_init(&alloc, arena, sizeof(arena));
			(void)es_record_decode(msg.bytes, &alloc, see, NULL);
		} else if (msg.type == ES_HOP_CALLS) {
			role.n_calls++;
			role.calls = (uint32_t)msg.number;
		} else if (msg.type == ES_HOP_BYE) {
			role.n_byes++;
			NEED(msg.number == role.last);
		}
	}
}

static void
run_replay(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	drain();
	NEED(role.n_records > 3);
	NEED(role.n_byes == 1);
	NEED(role.calls == 0);
	NEED(role.by_type[ES_REC_CALL] > 0 && role.by_type[ES_REC_STREAM] > 0);
	hop_says(ES_HOP_ACK, role.last - 1);
	made_pass(l, 5000);
	NEED(made_next_ms(l) < 0 || made_next_ms(l) > 0); /* waits for the rest */
	hop_says(ES_HOP_ACK, role.last);
}

TEST(role_sensor_replays_and_ends_when_all_is_taken)
{
	int pair[2];

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	role.fd = pair[1];
	es_hop_socket_prepare(role.fd);
	made_run = run_replay;
	CHECK_EQ(es_sensor_run(role.cfg, pair[0]), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

static void
run_alone(struct es_loop *l)
{
	uid_t user = 0;
	int listener, old;

	role.loop = l;
	made_settle(l); /* nobody listens: the records wait in its ring */
	NEED(made_next_ms(l) >= 0 && made_next_ms(l) <= 1000);
	listener = es_unix_listen(in("run/hop"), SOCK_SEQPACKET, 0);
	NEED(listener >= 0);
	made_pass(l, 1000);
	role.fd = es_unix_accept(listener, 0, &user);
	NEED(role.fd >= 0);
	es_hop_socket_prepare(role.fd);
	made_settle(l);
	drain();
	NEED(role.n_records == 0); /* a new link waits for the HELLO */
	hop_says(ES_HOP_HELLO, 0);
	drain();
	NEED(role.n_records > 3 && role.n_byes == 1);
	/* this shipper dies without an ack; the next one gets all of it again */
	old = (int)role.n_records;
	close(role.fd);
	made_settle(l);
	role.last = 0;
	made_pass(l, 999);
	NEED(es_unix_accept(listener, 0, &user) == ES_EAGAIN);
	made_pass(l, 1);
	role.fd = es_unix_accept(listener, 0, &user);
	NEED(role.fd >= 0);
	es_hop_socket_prepare(role.fd);
	hop_says(ES_HOP_HELLO, 0);
	drain();
	NEED((int)role.n_records == 2 * old && role.n_byes == 2);
	NEED(made_signal(l, SIGTERM)); /* it has ended already: nothing new is said */
	drain();
	NEED((int)role.n_records == 2 * old && role.n_byes == 2);
	hop_says(ES_HOP_ACK, role.last);
	close(listener);
}

TEST(role_sensor_waits_for_a_shipper_and_tells_the_next_all)
{
	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	CHECK_EQ(mkdir(in("run"), 0700), 0);
	made_run = run_alone;
	CHECK_EQ(es_sensor_run(role.cfg, -1), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

static void
run_give_up(struct es_loop *l)
{
	int64_t began = made_clock.monotonic_ns;

	role.loop = l;
	made_settle(l);
	drain();
	NEED(role.n_records > 0);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 2999);
	NEED(made_next_ms(l) == 1);
	made_pass(l, 1);
	NEED(made_clock.monotonic_ns - began == 3000 * ES_NS_PER_MS);
	NEED(made_next_ms(l) != 0);
}

TEST(role_sensor_told_to_end_waits_three_seconds)
{
	int pair[2];

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	role.fd = pair[1];
	es_hop_socket_prepare(role.fd);
	made_run = run_give_up;
	CHECK_EQ(es_sensor_run(role.cfg, pair[0]), 0);
	if (role.failed)
		test_fail(__FILE__, __LINE__, "%s", role.where);
	end();
}

static void
run_orphan(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	close(role.fd);
	role.fd = -1;
	made_settle(l);
}

TEST(role_sensor_without_its_supervisor_ends)
{
	int pair[2];

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	role.fd = pair[1];
	made_run = run_orphan;
	CHECK_EQ(es_sensor_run(role.cfg, pair[0]), 1);
	end();
}

TEST(role_sensor_refuses_a_hop_in_a_place_of_others)
{
	made_run = run_never;
	CHECK(begin(""));
	CHECK_EQ(mkdir(in("run"), 0700), 0);
	CHECK_EQ(
	    chmod(in("run"), 01777), 0); /* somebody may listen there before the shipper does */
	CHECK_EQ(es_sensor_run(role.cfg, -1), 1);
	CHECK(!role.failed);
	end();
}
