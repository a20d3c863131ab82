/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's end of the IPC socket on a loop whose clock the test drives; the test is the sensor. */
#include "agent/ipc/ipc_server.h"
#include "agent/ipc/ipc_socket.h"
#include "proto/ipc.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_loop.h"
#include "tests/unit/harness.h"
#include "tests/unit/open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	struct es_loop *loop;
	struct es_ipc_server *server;
	char dir[64];
	char path[96];
	int fd; /* the sensor's end */
	unsigned open_before;
	int refuse;
	uint64_t stored[64];
	unsigned n_stored;
	unsigned n_urgent;
	struct es_ipc_pair last;
	uint32_t calls;
	int new_runs, byes, gone, gone_after_bye, rounds;
	uint64_t missing;
	int64_t heard_before_run_ms;
	struct es_ipc_message got;
} ipc;

static int
on_record(void *ctx, struct es_ipc_pair pair, es_slice bytes, bool urgent)
{
	(void)ctx;
	(void)bytes;
	if (ipc.refuse > 0) {
		ipc.refuse--;
		return ES_EFULL;
	}
	ipc.stored[ipc.n_stored++ % 64] = pair.number;
	ipc.n_urgent += urgent;
	ipc.last = pair;
	return 0;
}

static void
on_calls(void *ctx, uint32_t n_up)
{
	(void)ctx;
	ipc.calls = n_up;
}

static void
on_new_run(void *ctx, uint64_t run)
{
	(void)ctx;
	(void)run;
	ipc.new_runs++;
	ipc.heard_before_run_ms = ipc.server == NULL ? 0 : es_ipc_server_heard_ms(ipc.server);
}

static void
on_missing(void *ctx, uint64_t n)
{
	(void)ctx;
	ipc.missing += n;
}

static void
on_bye(void *ctx)
{
	(void)ctx;
	ipc.byes++;
}

static void
on_gone(void *ctx, bool said_bye)
{
	(void)ctx;
	ipc.gone++;
	ipc.gone_after_bye += said_bye;
}

static void
on_round(void *ctx)
{
	(void)ctx;
	ipc.rounds++;
}

static int
start(int fd)
{
	struct es_ipc_server_config cfg = { .path = ipc.path,
		.fd = fd,
		.last = ipc.last,
		.events = { on_record, on_calls, on_new_run, on_missing, on_bye, NULL, NULL },
		.gone = on_gone,
		.round = on_round };

	return es_ipc_server_new(ipc.loop, &cfg, &ipc.server);
}

static bool
begin(void)
{
	made_clock_reset();
	memset(&ipc, 0, sizeof(ipc));
	ipc.fd = -1;
	ipc.open_before = open_files();
	(void)snprintf(ipc.dir, sizeof(ipc.dir), "/tmp/earshot-hop-XXXXXX");
	if (mkdtemp(ipc.dir) == NULL || es_loop_new(&ipc.loop) != 0)
		return false;
	(void)snprintf(ipc.path, sizeof(ipc.path), "%s/hop", ipc.dir);
	return start(-1) == 0;
}

static bool
end(void)
{
	unsigned left;

	es_ipc_server_free(ipc.server);
	left = made_left(ipc.loop);
	es_loop_free(ipc.loop);
	if (ipc.fd >= 0)
		close(ipc.fd);
	(void)unlink(ipc.path);
	(void)rmdir(ipc.dir);
	return left == 0 && open_files() == ipc.open_before;
}

/* The sensor connects, again where it had been. */
static void
connect_up(void)
{
	uid_t user;

	if (ipc.fd >= 0)
		close(ipc.fd);
	made_settle(ipc.loop);
	ipc.fd = es_unix_connect(ipc.path, SOCK_SEQPACKET, 0, &user);
	if (ipc.fd < 0)
		abort();
	es_ipc_socket_prepare(ipc.fd);
	made_settle(ipc.loop);
}

static void
say(enum es_ipc_type type, uint64_t run, uint64_t number)
{
	struct es_ipc_message msg = { type, number % 2 == 0, run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n;

	if (type == ES_IPC_RECORD)
		msg.bytes = es_slice_str("abc");
	else
		msg.urgent = false;
	n = es_ipc_encode(&msg, bytes, sizeof(bytes));
	if (n <= 0 || es_ipc_socket_send(ipc.fd, es_slice_of(bytes, (size_t)n)) != 0)
		abort();
}

/* The next datagram of the shipper is this one. */
static bool
got(enum es_ipc_type type, uint64_t run, uint64_t number)
{
	uint8_t bytes[64];
	size_t n;

	return es_ipc_socket_receive(ipc.fd, bytes, sizeof(bytes), &n) == 0 &&
	       es_ipc_decode(es_slice_of(bytes, n), &ipc.got) == 0 && ipc.got.type == type &&
	       ipc.got.run == run && ipc.got.number == number;
}

static bool
is_silent(void)
{
	uint8_t bytes[64];
	size_t n;

	return es_ipc_socket_receive(ipc.fd, bytes, sizeof(bytes), &n) == ES_EAGAIN;
}

TEST(ipc_server_greets_and_acknowledges_a_round_at_once)
{
	CHECK(begin());
	CHECK(!es_ipc_server_is_linked(ipc.server));
	CHECK_EQ(es_ipc_server_heard_ms(ipc.server), 0);
	connect_up();
	CHECK(es_ipc_server_is_linked(ipc.server));
	CHECK(got(ES_IPC_HELLO, 0, 0)); /* an empty spool */
	CHECK(is_silent());
	for (uint64_t n = 1; n <= 5; n++)
		say(ES_IPC_RECORD, 7, n);
	made_settle(ipc.loop);
	CHECK_EQ(ipc.n_stored, 5);
	CHECK_EQ(ipc.n_urgent, 2);
	CHECK_EQ(ipc.new_runs, 1);
	CHECK_EQ(ipc.heard_before_run_ms, 0); /* the run before was never heard */
	CHECK_EQ(ipc.rounds, 1);
	CHECK(got(ES_IPC_ACK, 7, 5));
	CHECK(is_silent());
	CHECK_EQ(es_ipc_server_heard_ms(ipc.server), 1000000);
	made_pass(ipc.loop, 60000);
	CHECK(is_silent());
	CHECK_EQ(es_ipc_server_heard_ms(ipc.server), 1000000);
	say(ES_IPC_CALLS, 7, 3);
	made_settle(ipc.loop);
	CHECK_EQ(ipc.calls, 3);
	CHECK_EQ(es_ipc_server_heard_ms(ipc.server), 1060000);
	CHECK(end());
}

/* A disk that refuses, and the second try too: each second it is asked for again, then it is taken. */
TEST(ipc_server_asks_again_for_what_was_refused_twice)
{
	CHECK(begin());
	connect_up();
	CHECK(got(ES_IPC_HELLO, 0, 0));
	say(ES_IPC_RECORD, 7, 1);
	made_settle(ipc.loop);
	CHECK(got(ES_IPC_ACK, 7, 1));
	ipc.refuse = 2;
	say(ES_IPC_RECORD, 7, 2);
	say(ES_IPC_RECORD, 7, 3); /* in order: not before 2 */
	made_settle(ipc.loop);
	CHECK_EQ(ipc.n_stored, 1);
	CHECK_EQ(ipc.refuse, 1);
	CHECK(got(ES_IPC_HELLO, 7, 1)); /* the last second had none */
	CHECK(is_silent());
	say(ES_IPC_RECORD, 7, 2);
	made_settle(ipc.loop);
	CHECK_EQ(ipc.refuse, 0);
	made_pass(ipc.loop, 999);
	CHECK(is_silent());
	made_pass(ipc.loop, 1);
	CHECK(got(ES_IPC_HELLO, 7, 1));
	say(ES_IPC_RECORD, 7, 2);
	say(ES_IPC_RECORD, 7, 3);
	made_settle(ipc.loop);
	CHECK(got(ES_IPC_ACK, 7, 3));
	CHECK_EQ(ipc.n_stored, 3);
	CHECK_EQ(ipc.missing, 0);
	made_pass(ipc.loop, 5000);
	CHECK(is_silent());
	CHECK(end());
}

TEST(ipc_server_gives_a_hole_up_after_three_hellos)
{
	CHECK(begin());
	connect_up();
	CHECK(got(ES_IPC_HELLO, 0, 0));
	say(ES_IPC_RECORD, 7, 5);
	made_settle(ipc.loop);
	CHECK(got(ES_IPC_HELLO, 0, 0)); /* a new run: at once */
	for (int k = 0; k < 2; k++) {
		say(ES_IPC_RECORD, 7, 5);
		made_settle(ipc.loop);
		CHECK_EQ(ipc.n_stored, 0);
		made_pass(ipc.loop, 999);
		CHECK(is_silent());
		made_pass(ipc.loop, 1);
		CHECK(got(ES_IPC_HELLO, 0, 0));
	}
	say(ES_IPC_RECORD, 7, 6); /* above the one that is waited for */
	made_settle(ipc.loop);
	CHECK_EQ(ipc.n_stored, 0);
	say(ES_IPC_RECORD, 7, 5);
	made_settle(ipc.loop);
	CHECK_EQ(ipc.n_stored, 1);
	CHECK_EQ(ipc.missing, 4);
	CHECK(got(ES_IPC_ACK, 7, 5));
	CHECK(end());
}

TEST(ipc_server_sensor_killed_and_started_again)
{
	CHECK(begin());
	connect_up();
	CHECK(got(ES_IPC_HELLO, 0, 0));
	say(ES_IPC_RECORD, 7, 1);
	say(ES_IPC_RECORD, 7, 2);
	made_settle(ipc.loop);
	made_pass(ipc.loop, 4000);
	say(ES_IPC_RECORD, 7, 3); /* its last word, and nobody reads the answer */
	connect_up();
	CHECK_EQ(ipc.n_stored, 3);
	CHECK_EQ(ipc.gone, 1);
	CHECK_EQ(ipc.gone_after_bye, 0);
	CHECK(es_ipc_server_is_linked(ipc.server));
	CHECK(got(ES_IPC_HELLO, 7, 3));
	made_pass(ipc.loop, 2000);
	say(ES_IPC_RECORD, 8, 1);
	say(ES_IPC_RECORD, 8, 2);
	say(ES_IPC_BYE, 8, 2);
	made_settle(ipc.loop);
	CHECK_EQ(ipc.new_runs, 2);
	CHECK_EQ(ipc.heard_before_run_ms, 1004000); /* how long the old one was silent */
	CHECK(got(ES_IPC_ACK, 8, 2));
	CHECK_EQ(ipc.byes, 1);
	CHECK(es_ipc_server_said_bye(ipc.server));
	close(ipc.fd);
	ipc.fd = -1;
	made_settle(ipc.loop);
	CHECK_EQ(ipc.gone, 2);
	CHECK_EQ(ipc.gone_after_bye, 1);
	CHECK(!es_ipc_server_is_linked(ipc.server));
	connect_up();
	say(ES_IPC_CALLS, 9, 1);
	made_settle(ipc.loop);
	CHECK(!es_ipc_server_said_bye(ipc.server)); /* another run has not */
	CHECK(end());
}

/* The shipper is killed: its next start asks from where the spool ends. */
TEST(ipc_server_itself_started_again)
{
	CHECK(begin());
	connect_up();
	say(ES_IPC_RECORD, 7, 1);
	say(ES_IPC_RECORD, 7, 2);
	made_settle(ipc.loop);
	es_ipc_server_free(ipc.server);
	ipc.server = NULL;
	CHECK_EQ(ipc.gone, 0); /* nobody is called back by the end itself */
	CHECK_EQ(start(-1), 0);
	connect_up();
	CHECK(got(ES_IPC_HELLO, 7, 2));
	say(ES_IPC_RECORD, 7, 2); /* a copy: acknowledged, not stored */
	made_settle(ipc.loop);
	CHECK_EQ(ipc.n_stored, 2);
	CHECK(got(ES_IPC_ACK, 7, 2));
	CHECK_EQ(ipc.new_runs, 1); /* the run of the spool continues */
	CHECK(end());
}

TEST(ipc_server_has_one_sensor_at_a_time)
{
	uint8_t bytes[64];
	uid_t user;
	size_t n;
	int second;

	CHECK(begin());
	connect_up();
	CHECK(got(ES_IPC_HELLO, 0, 0));
	second = es_unix_connect(ipc.path, SOCK_SEQPACKET, 0, &user);
	CHECK(second >= 0);
	made_settle(ipc.loop);
	CHECK_EQ(es_ipc_socket_receive(second, bytes, sizeof(bytes), &n), ES_EAGAIN);
	say(ES_IPC_RECORD, 7, 1);
	made_settle(ipc.loop);
	CHECK(got(ES_IPC_ACK, 7, 1));
	close(ipc.fd);
	ipc.fd = second;
	made_settle(ipc.loop); /* its turn */
	CHECK(got(ES_IPC_HELLO, 7, 1));
	CHECK_EQ(ipc.gone, 1);
	CHECK(end());
}

TEST(ipc_server_takes_an_inherited_descriptor)
{
	int pair[2];

	CHECK(begin());
	es_ipc_server_free(ipc.server);
	ipc.server = NULL;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	CHECK_EQ(start(pair[0]), 0);
	CHECK((fcntl(pair[0], F_GETFL) & O_NONBLOCK) != 0);
	CHECK((fcntl(pair[0], F_GETFD) & FD_CLOEXEC) != 0);
	ipc.fd = pair[1];
	es_ipc_socket_prepare(ipc.fd);
	CHECK(got(ES_IPC_HELLO, 0, 0));
	say(ES_IPC_RECORD, 7, 1);
	made_settle(ipc.loop);
	CHECK(got(ES_IPC_ACK, 7, 1));
	close(ipc.fd);
	ipc.fd = -1;
	made_settle(ipc.loop);
	CHECK_EQ(ipc.gone, 1);
	CHECK_EQ(made_next_ms(ipc.loop), -1);
	CHECK(end());
}

/* A flood of one sensor leaves the loop its turn, and nothing of it is lost. */
TEST(ipc_server_reads_a_round_at_a_time)
{
	for (uint64_t all = 256; all <= 257; all++) {
		CHECK(begin());
		connect_up();
		for (uint64_t n = 1; n <= all; n++)
			say(ES_IPC_RECORD, 7, n);
		made_settle(ipc.loop);
		CHECK_EQ(ipc.n_stored, all);
		CHECK_EQ(ipc.rounds, all == 256 ? 1 : 2);
		CHECK_EQ(ipc.last.number, all);
		CHECK(end());
	}
}

/* A process that was started without a standard input: its first socket is number 0. */
TEST(ipc_server_number_0_is_a_descriptor)
{
	int pair[2], in, err;

	CHECK(begin());
	in = dup(0);
	CHECK(in > 0);
	es_ipc_server_free(ipc.server);
	ipc.server = NULL;
	close(0);
	err = start(-1);
	connect_up(); /* the listener has number 0 */
	CHECK_EQ(err, 0);
	CHECK(got(ES_IPC_HELLO, 0, 0));
	CHECK_EQ(fcntl(0, F_GETFD), FD_CLOEXEC);
	es_ipc_server_free(ipc.server);
	ipc.server = NULL;
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	close(ipc.fd);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	CHECK_EQ(pair[0], 0);
	ipc.fd = pair[1];
	CHECK_EQ(start(0), 0); /* inherited, for once under this number */
	CHECK(es_ipc_server_is_linked(ipc.server));
	CHECK(got(ES_IPC_HELLO, 0, 0));
	say(ES_IPC_RECORD, 7, 5); /* a hole before it: asked for each second */
	made_settle(ipc.loop);
	CHECK_EQ(made_next_ms(ipc.loop), 1000);
	es_ipc_server_free(ipc.server);
	ipc.server = NULL;
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	CHECK_EQ(dup2(in, 0), 0);
	close(in);
	CHECK(end());
}

/* Others than the shipper's user and hop-user are refused: said once a minute, and how often. */
TEST(ipc_server_says_who_was_refused)
{
	enum { NOBODY = 65534 };
	uid_t user;
	int fd;

	if (geteuid() != 0) {
		test_skip("needs root to act as another user");
		return;
	}
	CHECK(begin());
	CHECK_EQ(chmod(ipc.dir, 0755), 0);
	CHECK_EQ(chmod(ipc.path, 0666), 0);
	for (int i = 0; i < 5; i++) {
		listen_to_log();
		CHECK_EQ(seteuid(NOBODY), 0);
		fd = es_unix_connect(ipc.path, SOCK_SEQPACKET, 0, &user);
		CHECK_EQ(seteuid(0), 0);
		CHECK(fd >= 0);
		made_settle(ipc.loop);
		close(fd);
		CHECK_EQ(logged("hop: a process of user 65534 asked for "), i == 0 || i == 4);
		CHECK_EQ(said("/hop and was refused (0 times before); "), i == 0);
		CHECK_EQ(said("/hop and was refused (3 times before); "), i == 4);
		CHECK(!es_ipc_server_is_linked(ipc.server));
		CHECK_EQ(ipc.gone, 0);
		made_pass(ipc.loop, i == 2 ? 19999 : i == 3 ? 1 : 20000);
	}
	connect_up();
	CHECK(got(ES_IPC_HELLO, 0, 0));
	CHECK(end());
}

TEST(ipc_server_start_fails_cleanly)
{
	unsigned n;
	int err = ES_EIO;

	CHECK(begin());
	es_ipc_server_free(ipc.server);
	for (n = 1; n < 10 && err != 0; n++) {
		ipc.server = NULL;
		made_fail_in = n;
		err = start(-1);
		if (err != 0)
			CHECK_EQ(made_left(ipc.loop), 0);
	}
	made_fail_in = 0;
	CHECK_EQ(n, 5); /* timer, watch, its wish; then it works */
	(void)snprintf(ipc.path, sizeof(ipc.path), "%s/none/hop", ipc.dir);
	es_ipc_server_free(ipc.server);
	ipc.server = NULL;
	errno = 0;
	CHECK_EQ(start(-1), ES_EIO);
	CHECK_EQ(errno, ENOENT); /* why, whatever is freed on the way out */
	(void)snprintf(ipc.path, sizeof(ipc.path), "%s/hop", ipc.dir);
	CHECK(end());
}

TEST(ipc_server_link_without_memory_is_dropped_and_the_next_is_taken)
{
	uid_t user;
	int fd;

	CHECK(begin());
	for (unsigned n = 1; n <= 2; n++) { /* the watch, its wish */
		fd = es_unix_connect(ipc.path, SOCK_SEQPACKET, 0, &user);
		made_fail_in = n;
		made_settle(ipc.loop);
		CHECK(!es_ipc_server_is_linked(ipc.server));
		CHECK_EQ(ipc.gone, (int)n);
		close(fd);
	}
	connect_up();
	CHECK(got(ES_IPC_HELLO, 0, 0));
	CHECK(end());
}
