/* SPDX-License-Identifier: Apache-2.0 */
/* The parser at an interface that goes and comes, or brings more than its budgets allow. */
#include "agent/sensor/budgets.h"
#include "agent/sensor/parser.h"
#include "tests/sim/made_sensor.h"

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

/* n packets of a stream, 20 ms apart, from number seq on. */
static void
hear_stream(unsigned stream, int ring, unsigned seq, unsigned n)
{
	for (; n > 0; n--, seq++) {
		made_links.packet = (struct es_packet){ .ts = es_clock_wall(),
			.data = rtp_packet_of(stream, seq).p,
			.cap_bytes = 200,
			.wire_bytes = 200,
			.link = ES_LINK_RAW };
		NEED(write(ring, "p", 1) == 1);
		made_settle(role.loop);
		made_pass(role.loop, 20);
	}
}

static void
hear(int ring, unsigned seq, unsigned n)
{
	hear_stream(0, ring, seq, n);
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

/* ---- live: pressure ---- */

static uint64_t levels[4]; /* shed_level as it was reported, at four times */

/* A full buffer: what was open is measured on, what begins is not; each change is reported at once. */
static void
run_pressed(struct es_loop *l)
{
	int ring;

	role.loop = l;
	made_settle(l);
	ring = new_ring();
	hear(ring, 0, 20);
	made_links.fill_ppm = 500001;
	hear(ring, 20, 1);
	drain();
	levels[0] = counted[ES_CNT_SHED_LEVEL];
	hear(ring, 21, 80);
	drain();
	levels[1] = counted[ES_CNT_SHED_LEVEL];
	hear_stream(1, ring, 0, 30);
	made_links.fill_ppm = 0;
	hear(ring, 101, 20);
	made_pass(l, 100000);
	hear_stream(1, ring, 50, 20);
	drain();
	levels[2] = counted[ES_CNT_SHED_LEVEL];
	made_pass(l, 130000);
	drain();
	levels[3] = counted[ES_CNT_SHED_LEVEL];
	finish_live();
	close(ring);
}

TEST(role_sensor_leaves_out_what_a_full_buffer_has_no_time_for)
{
	int pair[2];

	CHECK(begin_with_capture("interface = veth7", ""));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	role.fd = pair[1];
	es_ipc_socket_prepare(role.fd);
	memset(&dropped, 0, sizeof(dropped));
	made_run = run_pressed;
	CHECK_EQ(run_parser(pair[0], 0), 0);
	CHECK_EQ(levels[0], ES_SHED_RTCP);
	CHECK_EQ(levels[1], ES_SHED_RTP);
	CHECK_EQ(levels[2], ES_SHED_RTP);
	CHECK_EQ(levels[3], ES_SHED_NOTHING);
	CHECK_EQ(counted[ES_CNT_STREAMS_SHED], 1);
	CHECK_EQ(counted[ES_CNT_RTP_SHED], 50);
	CHECK_EQ(counted[ES_CNT_STREAMS], 1);
	CHECK_EQ(counted[ES_CNT_RTP_PACKETS], 121 + 50);
	CHECK_EQ(dropped.flags, ES_COV_SHED_RTP);
	end();
}
