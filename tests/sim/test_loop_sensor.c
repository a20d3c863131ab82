/* SPDX-License-Identifier: Apache-2.0 */
/* The parser as a whole, on a loop whose clock the test drives: the test is the opener and the shipper. */
#include "agent/sensor/parser.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_rights.h"
#include "tests/sim/made_sensor.h"
#include "tests/unit/made_capture.h"

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
	ipc_says(ES_IPC_ACK, role.last - 1);
	made_pass(l, 5000);
	NEED(made_next_ms(l) < 0 || made_next_ms(l) > 0); /* waits for the rest */
	ipc_says(ES_IPC_ACK, role.last);
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
	es_ipc_socket_prepare(role.fd);
	made_run = run_replay;
	CHECK_EQ(run_parser(pair[0], 0), 0);
	end();
}

/* A new connection to the shipper, who is the test. */
static void
new_hop(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		abort();
	role.fd = pair[1];
	es_ipc_socket_prepare(role.fd);
	opener_says(ES_HANDOVER_HOP, 1, pair[0]);
	close(pair[0]);
}

/* What the parser says to its opener next; 0: nothing. */
static uint32_t
parser_says(void)
{
	struct es_handover m;

	return es_handover_receive(role.opener, &m, NULL) == 0 ? m.type : 0;
}

static void
run_alone(struct es_loop *l)
{
	int old;

	role.loop = l;
	made_settle(l); /* nobody listens: the records wait in its ring */
	NEED(parser_says() == ES_HANDOVER_READY);
	new_hop();
	made_settle(l);
	drain();
	NEED(role.n_records == 0); /* a new link waits for the HELLO */
	ipc_says(ES_IPC_HELLO, 0);
	drain();
	NEED(role.n_records > 3 && role.n_byes == 1);
	/* this shipper dies without an ack; the next one gets all of it again */
	old = (int)role.n_records;
	NEED(parser_says() == 0);
	close(role.fd);
	made_settle(l);
	NEED(parser_says() == ES_HANDOVER_HOP_LOST);
	role.last = 0;
	new_hop();
	ipc_says(ES_IPC_HELLO, 0);
	drain();
	NEED((int)role.n_records == 2 * old && role.n_byes == 2);
	opener_says(ES_HANDOVER_STOP, 0, -1); /* it has ended already: nothing new is said */
	made_settle(l);
	drain();
	NEED((int)role.n_records == 2 * old && role.n_byes == 2);
	ipc_says(ES_IPC_ACK, role.last);
}

TEST(role_sensor_waits_for_a_shipper_and_reports_all_to_the_next)
{
	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	made_run = run_alone;
	CHECK_EQ(run_parser(-1, 0), 0);
	CHECK(made_rights.n > 0 && made_rights.capabilities[0] == '\0');
	CHECK_EQ(made_rights.n_files, 65);
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
	opener_says(ES_HANDOVER_STOP, 0, -1);
	made_settle(l);
	made_pass(l, 2999);
	NEED(made_next_ms(l) == 1);
	made_pass(l, 1);
	NEED(made_clock.monotonic_ns - began == 3000 * ES_NS_PER_MS);
	NEED(made_next_ms(l) != 0);
}

TEST(role_sensor_asked_to_end_waits_three_seconds)
{
	int pair[2];

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	role.fd = pair[1];
	es_ipc_socket_prepare(role.fd);
	made_run = run_give_up;
	CHECK_EQ(run_parser(pair[0], 0), 0);
	end();
}

static void
run_orphan(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	close(role.opener);
	role.opener = -1;
	made_settle(l);
}

TEST(role_sensor_without_its_opener_ends)
{
	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(begin(""));
	made_run = run_orphan;
	CHECK_EQ(run_parser(-1, 0), 1);
	end();
}

/* ---- health: what was counted ---- */

static void
run_to_its_end(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	for (drain(); role.n_byes == 0; drain()) {
		ipc_says(ES_IPC_ACK, role.last);
		made_pass(l, 500);
	}
	NEED(last_type == ES_REC_HEALTH);
	ipc_says(ES_IPC_ACK, role.last);
}

/* One replay of the capture of begin() and of what more names. */
static bool
replay(const char *more, void (*day)(struct es_loop *l))
{
	int pair[2];

	if (!begin(more) || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		return false;
	memset(counted, 0, sizeof(counted));
	memset(&dropped, 0, sizeof(dropped));
	role.fd = pair[1];
	es_ipc_socket_prepare(role.fd);
	made_run = day;
	return run_parser(pair[0], 0) == 0;
}

enum { CAPTURE_PACKETS = 1265, CAPTURE_S = 13 };

/*
 * A replay that took less than a second sent no health record, and what it had not understood was never
 * heard of; a longer one sent what it had counted after one second, and never the rest. So the same files
 * gave a record more or less.
 */
TEST(role_sensor_replay_counts_all_in_one_record_however_long_it_takes)
{
	static const char *const slower[] = { "",
		"capture \"y\" { role = endpoint replay = {\"" CAPTURE "\"} speed = 1 }\n" };

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		CHECK(replay(slower[i], run_to_its_end));
		CHECK(i == 0 || made_clock.monotonic_ns > 1005 * ES_NS_PER_S);
		CHECK_EQ(role.by_type[ES_REC_HEALTH], 1);
		CHECK_EQ(counted[ES_CNT_PACKETS], (i + 1) * CAPTURE_PACKETS);
		CHECK_EQ(counted[ES_CNT_CALLS], i + 1);
		end();
	}
}

/* One that takes minutes is heard of each minute, so that nobody takes the sensor for dead. */
TEST(role_sensor_sends_its_health_each_minute)
{
	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(replay("capture \"y\" { role = endpoint replay = {\"" CAPTURE "\"} speed = 0.1 }\n",
	    run_to_its_end));
	CHECK_EQ(role.by_type[ES_REC_HEALTH], CAPTURE_S * 10 / 60 + 1);
	CHECK_EQ(counted[ES_CNT_PACKETS], 2 * CAPTURE_PACKETS);
	end();
}

static void
run_half(struct es_loop *l)
{
	role.loop = l;
	made_pass(l, 5000);
	opener_says(ES_HANDOVER_STOP, 0, -1);
	run_to_its_end(l);
}

/* What was counted since the last minute was lost when a sensor was asked to end. */
TEST(role_sensor_asked_to_end_sends_what_it_has_counted)
{
	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	CHECK(replay(
	    "capture \"y\" { role = endpoint replay = {\"" CAPTURE "\"} speed = 1 }\n", run_half));
	CHECK_EQ(role.by_type[ES_REC_HEALTH], 1);
	CHECK(counted[ES_CNT_PACKETS] > CAPTURE_PACKETS + 100);
	CHECK(counted[ES_CNT_PACKETS] < 2 * CAPTURE_PACKETS);
	end();
}

/* To open it waited for a writer, and the sensor neither served nor ended. */
TEST(role_sensor_leaves_out_a_replay_that_is_a_pipe)
{
	char pipe[64], text[200];

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	(void)snprintf(pipe, sizeof(pipe), "/tmp/earshot-pipe-%d", (int)getpid());
	(void)snprintf(text, sizeof(text),
	    "capture \"y\" { role = endpoint replay = {\"" CAPTURE "\", %s} }\n", pipe);
	CHECK_EQ(mkfifo(pipe, 0600), 0);
	listen_to_log();
	CHECK(!replay(text, run_to_its_end)); /* it ends as one that could not read all */
	(void)end_of_log();
	(void)snprintf(text, sizeof(text), "%s: is not a regular file", pipe);
	CHECK_EQ(said(text), 1);
	CHECK_EQ(counted[ES_CNT_PACKETS], 2 * CAPTURE_PACKETS);
	CHECK_EQ(unlink(pipe), 0);
	end();
}

/* A replay of these bytes next to the capture of begin(). */
static bool
replay_made(const struct made *m)
{
	char more[160];
	int fd = memfd_create("capture", MFD_CLOEXEC);
	bool is;

	if (fd < 0 || write(fd, m->b, m->n) != (ssize_t)m->n)
		abort();
	(void)snprintf(more, sizeof(more),
	    "capture \"y\" { role = endpoint replay = {\"/proc/self/fd/%d\"} speed = 0 }\n", fd);
	is = replay(more, run_to_its_end);
	close(fd);
	return is;
}

/* pcapng says at the end of a file what the capture dropped: no packet comes after that. */
TEST(role_sensor_replay_counts_drops_reported_behind_the_last_packet)
{
	struct made m = { .big = false };

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	ng_section(&m);
	ng_interface(&m, 1, 0, 0);
	ng_packet(&m, 0, 10, "no packet that anybody knows", 0);
	ng_packet(&m, 0, 20, "no packet that anybody knows", 3);
	ng_statistics(&m, 30, 8);
	CHECK(replay_made(&m));
	CHECK_EQ(counted[ES_CNT_PACKETS], CAPTURE_PACKETS + 2);
	CHECK_EQ(counted[ES_CNT_CAPTURE_DROPPED], 8);
	end();
}

/*
 * A packet says what was dropped before it, and may itself end what was open then: the stream whose packets
 * were dropped had been reported as complete.
 */
TEST(role_sensor_replay_marks_what_was_open_when_packets_were_dropped)
{
	struct made m = { .big = false };

	if (access(CAPTURE, R_OK) != 0) {
		test_skip("the golden captures are not here");
		return;
	}
	ng_section(&m);
	ng_interface(&m, 101, 0, 0); /* raw IP */
	for (unsigned seq = 0; seq < 20; seq++)
		ng_bytes(&m, 0, 1000000 + seq * 20000, rtp_packet(seq), 200, 0);
	ng_bytes(&m, 0, 1000000000, es_slice_of("\x45", 1), 1, 3); /* long after */
	CHECK(replay_made(&m));
	CHECK_EQ(counted[ES_CNT_CAPTURE_DROPPED], 3);
	CHECK_EQ(dropped.flags, ES_COV_DROPS);
	CHECK_EQ(dropped.dropped, 3);
	end();
}
