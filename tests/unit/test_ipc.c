/* SPDX-License-Identifier: Apache-2.0 */
/* The IPC socket: a killed shipper neither loses nor doubles, whatever was on the way. */
#include "agent/ipc/ipc_receiver.h"
#include "agent/ipc/ipc_sender.h"
#include "agent/ipc/ipc_socket.h"
#include "proto/decode.h"
#include "proto/ipc.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WIRE = 64, STORED = 4096 };

struct wire {
	uint8_t bytes[WIRE][4096];
	size_t n[WIRE];
	int first, count;
	int cap;
};

struct rig {
	struct es_ipc_sender *sender;
	struct es_ipc_receiver receiver;
	struct wire up, down;
	uint8_t stored[STORED][16]; /* first bytes of each record, in order */
	size_t n_stored;
	struct es_ipc_pair last;
	int refuse; /* so many records */
	int new_runs, byes;
	uint32_t calls;
	uint64_t missing;
	int64_t now_ms;
};

static int
put(struct wire *w, es_slice d)
{
	int at = (w->first + w->count) % WIRE;

	if (w->count >= w->cap || d.n > sizeof(w->bytes[0]))
		return ES_EAGAIN;
	memcpy(w->bytes[at], d.p, d.n);
	w->n[at] = d.n;
	w->count++;
	return 0;
}

static bool
take(struct wire *w, es_slice *d)
{
	if (w->count == 0)
		return false;
	*d = es_slice_of(w->bytes[w->first], w->n[w->first]);
	w->first = (w->first + 1) % WIRE;
	w->count--;
	return true;
}

static int
up_send(void *ctx, es_slice d)
{
	return put(&((struct rig *)ctx)->up, d);
}

static int
down_send(void *ctx, es_slice d)
{
	return put(&((struct rig *)ctx)->down, d);
}

static int
on_record(void *ctx, struct es_ipc_pair pair, es_slice bytes, bool urgent)
{
	struct rig *r = ctx;

	(void)urgent;
	if (r->refuse > 0) {
		r->refuse--;
		return ES_EIO;
	}
	if (r->n_stored < STORED)
		memcpy(r->stored[r->n_stored++], bytes.p, bytes.n < 16 ? bytes.n : 16);
	r->last = pair;
	return 0;
}

static void
on_calls(void *ctx, uint32_t n)
{
	((struct rig *)ctx)->calls = n;
}

static void
on_new_run(void *ctx, uint64_t run)
{
	(void)run;
	((struct rig *)ctx)->new_runs++;
}

static void
on_missing(void *ctx, uint64_t n)
{
	((struct rig *)ctx)->missing += n;
}

static void
on_bye(void *ctx)
{
	((struct rig *)ctx)->byes++;
}

static void
start_receiver(struct rig *r)
{
	struct es_ipc_receiver_config cfg = { on_record, on_calls, on_new_run, on_missing, on_bye,
		down_send, r };

	es_ipc_receiver_init(&r->receiver, &cfg, r->last);
	es_ipc_receiver_hello(&r->receiver, r->now_ms);
}

static void
start_sender(struct rig *r, uint64_t run, size_t bytes)
{
	struct es_ipc_sender_config cfg = { run, bytes, up_send, r };

	es_ipc_sender_free(r->sender);
	r->sender = NULL;
	if (es_ipc_sender_new(&cfg, &r->sender) != 0)
		abort();
}

static struct rig *
rig_new(size_t ring_bytes)
{
	struct rig *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->up.cap = r->down.cap = WIRE;
	start_sender(r, 77, ring_bytes);
	start_receiver(r);
	return r;
}

static void
rig_free(struct rig *r)
{
	es_ipc_sender_free(r->sender);
	free(r);
}

/* Moves up to n datagrams to the shipper and everything back. */
static void
run_wire(struct rig *r, int n)
{
	es_slice d;

	while (take(&r->down, &d))
		(void)es_ipc_sender_input(r->sender, d);
	while (n-- > 0 && take(&r->up, &d))
		es_ipc_receiver_input(&r->receiver, d);
	es_ipc_receiver_settle(&r->receiver, r->now_ms);
	while (take(&r->down, &d))
		(void)es_ipc_sender_input(r->sender, d);
	(void)es_ipc_sender_pump(r->sender);
}

static void
say(struct rig *r, int i)
{
	uint8_t text[64] = { 0 };

	snprintf((char *)text, sizeof(text), "record %d", i);
	es_ipc_sender_record(r->sender, es_slice_of(text, sizeof(text)), false, es_time_of_ns(i));
}

/* Records 0..n-1, each once, in order? */
static bool
is_complete(const struct rig *r, int n)
{
	char want[32];
	int i;

	if (r->n_stored != (size_t)n)
		return false;
	for (i = 0; i < n; i++) {
		memset(want, 0, sizeof(want));
		snprintf(want, sizeof(want), "record %d", i);
		if (memcmp(r->stored[i], want, 16) != 0)
			return false;
	}
	return true;
}

TEST(ipc_hands_records_over_in_order)
{
	struct rig *r = rig_new(64 << 10);
	int i;

	for (i = 0; i < 200; i++) {
		say(r, i);
		run_wire(r, 3);
	}
	es_ipc_sender_calls(r->sender, 2);
	es_ipc_sender_bye(r->sender);
	for (i = 0; i < 200; i++)
		run_wire(r, 3);
	CHECK(is_complete(r, 200));
	CHECK(es_ipc_sender_is_done(r->sender));
	CHECK_EQ(r->calls, 2);
	CHECK_EQ(r->byes, 1);
	CHECK_EQ(r->new_runs, 1);
	CHECK_EQ(es_ipc_sender_dropped(r->sender), 0);
	rig_free(r);
}

/*
 * The shipper dies after every possible number of datagrams; what it had read and not stored is
 * gone, what it had stored is known by the pair.
 */
TEST(ipc_survives_a_shipper_killed_at_any_datagram)
{
	int kill_at, i, j;

	for (kill_at = 0; kill_at < 60; kill_at++) {
		struct rig *r = rig_new(64 << 10);
		es_slice d;

		for (i = 0; i < 40; i++) {
			say(r, i);
			if (i == kill_at % 40) {
				for (j = 0; j < kill_at / 20 + 1; j++)
					(void)take(&r->up, &d); /* read, then killed */
				r->down.count = kill_at % 3 == 0 ? 0 : r->down.count;
				start_receiver(r); /* with the pair of what is stored */
			}
			run_wire(r, 1);
		}
		es_ipc_sender_bye(r->sender);
		for (i = 0; i < 200; i++) {
			r->now_ms += 100;
			run_wire(r, 4);
		}
		if (!is_complete(r, 40) || !es_ipc_sender_is_done(r->sender) || r->missing != 0) {
			test_fail(
			    __FILE__, __LINE__, "killed at %d: %zu stored", kill_at, r->n_stored);
			rig_free(r);
			return;
		}
		rig_free(r);
	}
}

TEST(ipc_asks_again_for_what_the_disk_refused)
{
	struct rig *r = rig_new(64 << 10);
	int i;

	run_wire(r, 10);
	r->refuse = 3;
	for (i = 0; i < 20; i++)
		say(r, i);
	for (i = 0; i < 100; i++) {
		r->now_ms += 100;
		run_wire(r, 5);
	}
	CHECK(is_complete(r, 20));
	rig_free(r);
}

TEST(ipc_notices_another_start_of_the_sensor)
{
	struct rig *r = rig_new(64 << 10);
	int i;

	for (i = 0; i < 5; i++)
		say(r, i);
	run_wire(r, 3); /* two are still on the way when it dies */
	start_sender(r, 78, 64 << 10);
	for (i = 5; i < 10; i++)
		say(r, i);
	for (i = 0; i < 50; i++) {
		r->now_ms += 100;
		run_wire(r, 4);
	}
	CHECK(is_complete(r, 10));
	CHECK_EQ(r->new_runs, 2);
	CHECK_EQ(r->last.run, 78);
	rig_free(r);
}

static void
see_loss(void *ctx, const struct es_record *rec)
{
	if (rec->type == ES_REC_LOSS && rec->u.loss.reason == ES_LOSS_MEMORY)
		*(uint64_t *)ctx += rec->u.loss.count;
}

static uint64_t
losses_reported(const struct es_ipc_sender *s, struct wire *up)
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_ipc_message msg;
	uint64_t n = 0;
	es_slice d;

	(void)s;
	es_alloc_init(&alloc, arena, sizeof(arena));
	while (take(up, &d))
		if (es_ipc_decode(d, &msg) == 0 && msg.type == ES_IPC_RECORD) {
			es_alloc_reset(&alloc);
			(void)es_record_decode(msg.bytes, &alloc, see_loss, &n);
		}
	return n;
}

TEST(ipc_counts_and_reports_what_the_ring_could_not_hold)
{
	struct rig *r = rig_new(1024); /* 16 records of 64 bytes */
	struct es_ipc_message hello = { ES_IPC_ACK, false, 77, 16, { NULL, 0 } };
	uint8_t bytes[64];
	int i, n;

	r->up.cap = 0; /* nobody there */
	for (i = 0; i < 50; i++)
		say(r, i);
	CHECK_EQ(es_ipc_sender_dropped(r->sender), 34);
	CHECK(es_ipc_sender_is_half_full(r->sender));
	r->up.cap = WIRE;
	CHECK_EQ(es_ipc_sender_pump(r->sender), 0);
	n = es_ipc_encode(&hello, bytes, sizeof(bytes));
	CHECK(n > 0);
	CHECK_EQ(es_ipc_sender_input(r->sender, es_slice_of(bytes, (size_t)n)), 0);
	CHECK_EQ(losses_reported(r->sender, &r->up), 34);
	rig_free(r);
}

TEST(ipc_ring_reuses_its_memory)
{
	struct rig *r = rig_new(1000);
	uint8_t text[200];
	uint64_t random = 3;
	int i, sent = 0;

	memset(text, 0, sizeof(text));
	for (i = 0; i < 3000; i++) {
		size_t n = 16 + test_random(&random) % 180;

		memset(text, 0, 32);
		snprintf((char *)text, 32, "record %d", sent);
		if (es_ipc_sender_dropped(r->sender) > 0)
			break;
		es_ipc_sender_record(r->sender, es_slice_of(text, n), false, es_time_of_ns(i));
		sent++;
		run_wire(r, 2);
	}
	CHECK_EQ(es_ipc_sender_dropped(r->sender), 0);
	run_wire(r, 50);
	CHECK(is_complete(r, 3000));
	rig_free(r);
}

TEST(ipc_receiver_bears_any_bytes)
{
	struct rig *r = rig_new(4096);
	struct es_ipc_message msg = { ES_IPC_RECORD, false, 77, 1, { (const uint8_t *)"abc", 3 } };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes)), bit, i;

	CHECK(n > 0);
	for (i = 0; i < n; i++)
		es_ipc_receiver_input(&r->receiver, test_guarded(bytes, (size_t)i));
	for (bit = 0; bit < n * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		es_ipc_receiver_input(&r->receiver, test_guarded(bytes, (size_t)n));
		(void)es_ipc_sender_input(r->sender, test_guarded(bytes, (size_t)n));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(r->receiver.malformed > 0);
	rig_free(r);
}

TEST(ipc_accepts_a_hole_only_after_asking_thrice)
{
	struct rig *r = rig_new(4096);
	struct es_ipc_message msg = { ES_IPC_RECORD, false, 77, 5, { (const uint8_t *)"abc", 3 } };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes)), i;

	for (i = 0; i < 5; i++) {
		es_ipc_receiver_input(&r->receiver, es_slice_of(bytes, (size_t)n));
		es_ipc_receiver_settle(&r->receiver, r->now_ms);
		if (r->n_stored > 0)
			break;
		r->now_ms += 1000;
	}
	CHECK_EQ(i, 3);
	CHECK_EQ(r->missing, 4);
	CHECK_EQ(r->last.number, 5);
	rig_free(r);
}

TEST(ipc_reports_a_hole_once_though_the_disk_refuses_what_follows_it)
{
	struct rig *r = rig_new(4096);
	struct es_ipc_message msg = { ES_IPC_RECORD, false, 77, 5, { (const uint8_t *)"abc", 3 } };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes)), i;

	r->refuse = 4;
	for (i = 0; i < 12 && r->n_stored == 0; i++) {
		es_ipc_receiver_input(&r->receiver, es_slice_of(bytes, (size_t)n));
		es_ipc_receiver_settle(&r->receiver, r->now_ms);
		r->now_ms += 1000;
	}
	CHECK_EQ(r->n_stored, 1);
	CHECK_EQ(r->missing, 4);
	rig_free(r);
}

TEST(ipc_socket_keeps_datagrams_apart)
{
	uint8_t bytes[16];
	size_t n = 0;
	int fds[2], i;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	es_ipc_socket_prepare(fds[0]);
	es_ipc_socket_prepare(fds[1]);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("one")), 0);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("a datagram too long for the reader")), 0);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("two")), 0);
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), 0);
	CHECK_EQ(n, 3);
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), ES_EMALFORMED);
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), 0);
	CHECK_EQ(bytes[0], 't');
	CHECK_EQ(es_ipc_socket_receive(fds[1], bytes, sizeof(bytes), &n), ES_EAGAIN);
	for (i = 0; es_ipc_socket_send(fds[0], es_slice_str("fill")) == 0; i++)
		continue;
	CHECK(i > 10);
	close(fds[1]);
	CHECK_EQ(es_ipc_socket_send(fds[0], es_slice_str("x")), ES_EEOF);
	close(fds[0]);
}
