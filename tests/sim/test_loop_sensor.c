/* SPDX-License-Identifier: Apache-2.0 */
/* The parser as a whole, on a loop whose clock the test drives: the test is the opener and the shipper. */
#include "agent/sensor/capture_engine.h"
#include "agent/sensor/parser.h"
#include "runtime/clock.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_rights.h"
#include "tests/sim/made_role.h"
#include "tests/unit/made_capture.h"

static uint64_t counted[ES_CNT_END]; /* by the last health record */
static enum es_record_type last_type;
static struct es_coverage dropped; /* of the stream of this source: */
enum { DROPPED_SSRC = 0x77 };

static void
ipc_says(enum es_ipc_type type, uint64_t number)
{
	struct es_ipc_message msg = { type, false, role.run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes));

	if (n <= 0 || es_ipc_socket_send(role.fd, es_slice_of(bytes, (size_t)n)) != 0)
		abort();
	made_settle(role.loop);
}

static void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if ((unsigned)rec->type < 16)
		role.by_type[rec->type]++;
	last_type = rec->type;
	if (rec->type == ES_REC_STREAM && rec->u.stream.key.ssrc == DROPPED_SSRC)
		dropped = rec->coverage;
	if (rec->type != ES_REC_HEALTH)
		return;
	memset(counted, 0, sizeof(counted));
	for (uint32_t i = 0; i < rec->u.health.n_values; i++)
		if (rec->u.health.values[i].counter < ES_CNT_END)
			counted[rec->u.health.values[i].counter] = rec->u.health.values[i].value;
}

/* Takes what the sensor sent. */
static void
drain(void)
{
	static uint8_t d[ES_IPC_MAX_BYTES], arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_ipc_message msg;
	size_t n;

	while (es_ipc_socket_receive(role.fd, d, sizeof(d), &n) == 0) {
		if (es_ipc_decode(es_slice_of(d, n), &msg) != 0)
			abort();
		role.run = msg.run;
		if (msg.type == ES_IPC_RECORD) {
			NEED(msg.number == role.last + 1 || role.last == 0);
			role.last = msg.number;
			role.n_records++;
			es_alloc_init(&alloc, arena, sizeof(arena));
			(void)es_record_decode(msg.bytes, &alloc, see, NULL);
		} else if (msg.type == ES_IPC_CALLS) {
			role.n_calls++;
			role.calls = (uint32_t)msg.number;
		} else if (msg.type == ES_IPC_BYE) {
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

/* IPv4, UDP and RTP of one stream, on a link without a header of its own. */
static es_slice
rtp_packet(unsigned seq)
{
	static uint8_t p[200] = { 0x45, 0, 0, 200, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0,
		2, 2, 0x75, 0x30, 0x75, 0x32, 0, 180, 0, 0, 0x80 };

	p[31] = (uint8_t)seq;
	p[34] = (uint8_t)(seq * 160 >> 8);
	p[35] = (uint8_t)(seq * 160);
	p[39] = DROPPED_SSRC;
	return es_slice_of(p, sizeof(p));
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

/* ---- live: an interface that goes and comes ---- */

/* A ring whose end that the kernel fills is returned; the parser gets the other. */
static int
new_ring(void)
{
	const struct es_handover m = { .type = ES_HANDOVER_CAPTURE };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0 ||
	    es_handover_send(role.opener, &m, ends[0]) != 0)
		abort();
	close(ends[0]);
	made_settle(role.loop);
	return ends[1];
}

/* n packets of the stream, 20 ms apart, from number seq on. */
static void
hear(int ring, unsigned seq, unsigned n)
{
	for (; n > 0; n--, seq++) {
		made_links.packet = (struct es_packet){ .ts = es_clock_wall(),
			.data = rtp_packet(seq).p,
			.cap_bytes = 200,
			.wire_bytes = 200,
			.link = ES_LINK_RAW };
		NEED(write(ring, "p", 1) == 1);
		made_settle(role.loop);
		made_pass(role.loop, 20);
	}
}

static void
finish_live(void)
{
	opener_says(ES_HANDOVER_STOP, 0, -1);
	made_settle(role.loop);
	drain();
	ipc_says(ES_IPC_ACK, role.last);
}

static void
run_steady(struct es_loop *l)
{
	int ring;

	role.loop = l;
	made_settle(l);
	ring = new_ring();
	hear(ring, 0, 40);
	finish_live();
	close(ring);
}

static void
run_away(struct es_loop *l)
{
	int ring, next;

	role.loop = l;
	made_settle(l);
	ring = new_ring();
	hear(ring, 0, 20);
	opener_says(ES_HANDOVER_AWAY, 0, -1);
	made_pass(l, 700);
	NEED(write(ring, "p", 1) == 1); /* the kernel held it: it is measured */
	next = new_ring();
	hear(next, 55, 20);
	finish_live();
	close(ring);
	close(next);
}

/* The source says that it broke; the opener is asked for another. */
static void
run_broken(struct es_loop *l)
{
	struct es_handover m;
	int ring, next;

	role.loop = l;
	made_settle(l);
	ring = new_ring();
	hear(ring, 0, 20);
	NEED(es_handover_receive(role.opener, &m, NULL) == 0 && m.type == ES_HANDOVER_READY);
	made_links.is_broken = true;
	NEED(write(ring, "p", 1) == 1);
	made_settle(l);
	NEED(es_handover_receive(role.opener, &m, NULL) == 0);
	NEED(m.type == ES_HANDOVER_CAPTURE_LOST && m.n == 0);
	made_pass(l, 300);
	next = new_ring();
	hear(next, 35, 20);
	finish_live();
	close(ring);
	close(next);
}

/* It stays away: what was open then is marked all the same, by a gap of unknown length. */
static void
run_gone(struct es_loop *l)
{
	int ring;

	role.loop = l;
	made_settle(l);
	ring = new_ring();
	hear(ring, 0, 20);
	opener_says(ES_HANDOVER_AWAY, 0, -1);
	made_settle(l);
	finish_live();
	close(ring);
}

TEST(role_sensor_marks_what_was_open_while_its_interface_was_away)
{
	static const struct {
		void (*day)(struct es_loop *l);
		const char *want; /* name, coverage, packets */
	} rows[] = {
		{ run_steady, "steady: 8, 0 ms, 40" },
		{ run_away, "away: 10, 700 ms, 41" },
		{ run_broken, "broken: 10, 300 ms, 41" },
		{ run_gone, "gone: 10, 0 ms, 20" },
	};
	int pair[2];
	char is[64];

	CHECK_EQ(ES_COV_CUT, 8);
	CHECK_EQ(ES_COV_CUT | ES_COV_GAP, 10);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(begin_with_capture("interface = veth7", ""));
		CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
		role.fd = pair[1];
		es_ipc_socket_prepare(role.fd);
		memset(&dropped, 0, sizeof(dropped));
		made_run = rows[i].day;
		CHECK_EQ(run_parser(pair[0], 3), 0);
		(void)snprintf(is, sizeof(is), "%.*s: %u, %u ms, %u",
		    (int)strcspn(rows[i].want, ":"), rows[i].want, dropped.flags, dropped.gap_ms,
		    (unsigned)counted[ES_CNT_PACKETS]);
		CHECK_STR(is, rows[i].want);
		CHECK_EQ(counted[ES_CNT_PARSER_CRASHES], 3);
		end();
	}
}
