/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's half of IPC, datagram by datagram: its ring, its order, what it says of losses. */
#include "agent/ipc/ipc_sender.h"
#include "proto/decode.h"
#include "proto/ipc.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { RUN = 77, SENT = 512 };

static struct {
	struct es_ipc_sender *s;
	struct es_ipc_message sent[SENT]; /* bytes: dead, but their number */
	unsigned n_sent;
	unsigned n_seen;     /* by the test */
	int room;            /* datagrams the link still takes; below 0: any number */
	struct es_loss loss; /* last reported */
} ipc;

static void
see_loss(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if (rec->type == ES_REC_LOSS)
		ipc.loss = rec->u.loss;
}

static int
on_send(void *ctx, es_slice d)
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_ipc_message *msg = &ipc.sent[ipc.n_sent % SENT];

	(void)ctx;
	if (ipc.room == 0)
		return ES_EAGAIN;
	ipc.room--;
	if (es_ipc_decode(d, msg) != 0)
		abort();
	ipc.n_sent++;
	es_alloc_init(&alloc, arena, sizeof(arena));
	if (msg->type == ES_IPC_RECORD)
		(void)es_record_decode(msg->bytes, &alloc, see_loss, NULL);
	return 0;
}

static bool
begin(size_t ring_bytes, int room)
{
	struct es_ipc_sender_config cfg = { RUN, ring_bytes, on_send, NULL };

	memset(&ipc, 0, sizeof(ipc));
	ipc.room = room;
	return es_ipc_sender_new(&cfg, &ipc.s) == 0;
}

static void
end(void)
{
	es_ipc_sender_free(ipc.s);
}

static void
put(size_t n, int64_t at_ns)
{
	static uint8_t bytes[ES_IPC_MAX_BYTES];

	memset(bytes, 0xff, sizeof(bytes));
	es_ipc_sender_record(ipc.s, es_slice_of(bytes, n), false, es_time_of_ns(at_ns));
}

static int
input(enum es_ipc_type type, uint64_t run, uint64_t number)
{
	struct es_ipc_message msg = { type, false, run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes));

	return n <= 0 ? n : es_ipc_sender_input(ipc.s, es_slice_of(bytes, (size_t)n));
}

/* The next datagram is of this type and number. */
static bool
next(enum es_ipc_type type, uint64_t number)
{
	const struct es_ipc_message *msg = &ipc.sent[ipc.n_seen % SENT];

	if (ipc.n_seen == ipc.n_sent)
		return false;
	ipc.n_seen++;
	return msg->type == type && msg->number == number && msg->run == RUN;
}

static bool
is_silent(void)
{
	return ipc.n_seen == ipc.n_sent;
}

TEST(ipc_ring_holds_to_its_last_byte)
{
	CHECK(begin(1000, 0));
	put(400, 1);
	put(600, 2);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 0);
	put(1, 3);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 1);
	ipc.room = -1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(next(ES_IPC_RECORD, 1) && next(ES_IPC_RECORD, 2) && is_silent());
	CHECK_EQ(ipc.sent[0].bytes.n, 400);
	CHECK_EQ(ipc.sent[1].bytes.n, 600);
	/* 400 bytes are free at its beginning: the loss is reported there, then there is less than 399 */
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	CHECK(next(ES_IPC_RECORD, 3) && is_silent());
	CHECK_EQ(ipc.loss.count, 1);
	put(399, 4);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 2);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 3), 0);
	CHECK(next(ES_IPC_RECORD, 4) && is_silent()); /* empty: the next loss record has room */
	CHECK_EQ(input(ES_IPC_ACK, RUN, 4), 0);
	put(1000, 5); /* all of it again */
	CHECK(next(ES_IPC_RECORD, 5));
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 2);
	put(1001, 6);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 3);
	end();
}

/* Where the ring has turned, one byte stays free: a head that meets the tail would look empty. */
TEST(ipc_ring_turned_keeps_a_byte_free)
{
	for (size_t n = 298; n <= 300; n++) {
		CHECK(begin(1000, -1));
		put(300, 1);
		put(700, 2);
		CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
		put(n, 3);
		CHECK_EQ(es_ipc_sender_dropped(ipc.s), n >= 300);
		end();
		CHECK(begin(1000, -1));
		put(300, 1);
		put(600, 2);
		CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
		put(200, 3); /* 100 at the end do not do */
		put(n - 200, 4);
		CHECK_EQ(es_ipc_sender_dropped(ipc.s), n >= 300);
		CHECK_EQ(input(ES_IPC_HELLO, RUN, 1), 0);
		end();
	}
}

/* Written over and over, what is resent is what was put. */
TEST(ipc_ring_gives_back_what_was_put)
{
	static uint8_t seen[4096], bytes[64];
	uint64_t random = 5;

	CHECK(begin(997, -1));
	for (unsigned i = 1; i <= 2000; i++) {
		size_t n = 1 + test_random(&random) % 60;

		memset(bytes, (int)(i % 251), n);
		es_ipc_sender_record(ipc.s, es_slice_of(bytes, n), i % 2 == 0, es_time_of_ns(i));
		seen[i % 4096] = (uint8_t)n;
		CHECK_EQ(ipc.sent[(ipc.n_sent - 1) % SENT].bytes.n, n);
		CHECK_EQ(ipc.sent[(ipc.n_sent - 1) % SENT].urgent, i % 2 == 0);
		if (i > 8)
			CHECK_EQ(input(ES_IPC_ACK, RUN, i - 8), 0);
	}
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 0);
	ipc.n_seen = ipc.n_sent;
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 1992), 0);
	CHECK(next(ES_IPC_CALLS, 0));
	for (unsigned i = 1993; i <= 2000; i++) {
		CHECK_EQ(ipc.sent[ipc.n_seen % SENT].bytes.n, seen[i % 4096]);
		CHECK(next(ES_IPC_RECORD, i));
	}
	CHECK(is_silent());
	end();
}

TEST(ipc_ring_has_a_limit_of_records)
{
	CHECK(begin(1 << 20, 0));
	for (unsigned i = 0; i < ES_IPC_RECORDS_MAX / 2; i++)
		put(1, 1);
	CHECK(!es_ipc_sender_is_half_full(ipc.s));
	put(1, 1);
	CHECK(es_ipc_sender_is_half_full(ipc.s));
	for (unsigned i = ES_IPC_RECORDS_MAX / 2 + 1; i < ES_IPC_RECORDS_MAX; i++)
		put(1, 1);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 0);
	put(1, 2);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 1);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	put(1, 3); /* the room goes to what says that one is missing */
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 2);
	end();
}

TEST(ipc_ring_is_half_full_above_the_half)
{
	CHECK(begin(1000, -1));
	CHECK(!es_ipc_sender_is_half_full(ipc.s));
	put(500, 1);
	CHECK(!es_ipc_sender_is_half_full(ipc.s));
	put(1, 1);
	CHECK(es_ipc_sender_is_half_full(ipc.s));
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	CHECK(!es_ipc_sender_is_half_full(ipc.s));
	put(499, 1);
	CHECK(!es_ipc_sender_is_half_full(ipc.s)); /* 500..1000 are used */
	put(1, 1);
	CHECK(es_ipc_sender_is_half_full(ipc.s)); /* it has turned */
	end();
}

TEST(ipc_loss_is_reported_with_its_time_and_once)
{
	CHECK(begin(100, 0));
	put(90, 1);
	put(20, 5);
	put(20, 7);
	put(0, 9); /* nothing, and too much, are losses too */
	put(ES_IPC_MAX_BYTES - ES_IPC_HEADER_BYTES + 1, 11);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 4);
	es_ipc_sender_bye(ipc.s);
	ipc.room = -1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(next(ES_IPC_RECORD, 1) && is_silent()); /* no goodbye before the loss is reported */
	CHECK(!es_ipc_sender_is_done(ipc.s));
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	CHECK(next(ES_IPC_RECORD, 2));
	CHECK(ipc.sent[1].urgent);
	CHECK_EQ(ipc.loss.count, 4);
	CHECK_EQ(ipc.loss.from.ns, 5);
	CHECK_EQ(ipc.loss.to.ns, 11);
	CHECK_EQ(ipc.loss.reason, ES_LOSS_MEMORY);
	CHECK(next(ES_IPC_BYE, 2) && is_silent());
	CHECK(!es_ipc_sender_is_done(ipc.s));
	CHECK_EQ(input(ES_IPC_ACK, RUN, 2), 0);
	CHECK(es_ipc_sender_is_done(ipc.s));
	CHECK(is_silent());
	end();
}

/* A link that is full for the number of calls already: the loss is reported before the next record, which is not lost. */
TEST(ipc_record_after_a_loss_that_waited_is_held)
{
	CHECK(begin(200, -1));
	put(190, 1);
	put(20, 2);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 1);
	ipc.room = 0;
	es_ipc_sender_calls(ipc.s, 1);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	put(20, 3);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 1);
	ipc.room = -1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(next(ES_IPC_RECORD, 1) && next(ES_IPC_CALLS, 1) && next(ES_IPC_RECORD, 2));
	CHECK_EQ(ipc.loss.count, 1);
	CHECK(next(ES_IPC_RECORD, 3) && is_silent());
	end();
}

TEST(ipc_second_loss_is_counted_from_zero)
{
	CHECK(begin(100, -1));
	put(100, 1);
	put(1, 2);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	CHECK_EQ(ipc.loss.count, 1);
	put(100, 3);
	put(100, 4);
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 3);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 2), 0);
	CHECK_EQ(
	    ipc.sent[2].number, 3); /* of the one: there was room before the next was dropped */
	CHECK_EQ(ipc.sent[3].number, 4);
	CHECK_EQ(ipc.n_sent, 4);
	CHECK_EQ(ipc.loss.count, 1);
	CHECK_EQ(ipc.loss.from.ns, 4);
	CHECK_EQ(ipc.loss.to.ns, 4);
	end();
}

TEST(ipc_calls_go_before_records_and_only_when_they_change)
{
	CHECK(begin(1000, 0));
	put(10, 1);
	es_ipc_sender_calls(ipc.s, 3);
	ipc.room = -1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(next(ES_IPC_CALLS, 3) && next(ES_IPC_RECORD, 1) && is_silent());
	es_ipc_sender_calls(ipc.s, 3);
	CHECK(is_silent());
	es_ipc_sender_calls(ipc.s, 2);
	CHECK(next(ES_IPC_CALLS, 2) && is_silent());
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(is_silent());
	end();
}

TEST(ipc_link_that_is_full_continues_where_it_stopped)
{
	CHECK(begin(1000, 0));
	es_ipc_sender_calls(ipc.s, 1);
	put(10, 1);
	put(10, 2);
	put(10, 3);
	es_ipc_sender_bye(ipc.s);
	CHECK_EQ(es_ipc_sender_pump(ipc.s), ES_EAGAIN);
	ipc.room = 3;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), ES_EAGAIN);
	CHECK(next(ES_IPC_CALLS, 1) && next(ES_IPC_RECORD, 1) && next(ES_IPC_RECORD, 2));
	CHECK(is_silent());
	ipc.room = 1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), ES_EAGAIN);
	CHECK(next(ES_IPC_RECORD, 3) && is_silent());
	ipc.room = 1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(next(ES_IPC_BYE, 3) && is_silent());
	ipc.room = -1;
	CHECK_EQ(es_ipc_sender_pump(ipc.s), 0);
	CHECK(is_silent());
	end();
}

TEST(ipc_hello_says_from_where)
{
	CHECK(begin(1000, -1));
	es_ipc_sender_calls(ipc.s, 1);
	for (int i = 0; i < 4; i++)
		put(10, 1);
	ipc.n_seen = ipc.n_sent;
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 2), 0);
	CHECK(next(ES_IPC_CALLS, 1) && next(ES_IPC_RECORD, 3) && next(ES_IPC_RECORD, 4));
	CHECK(is_silent());
	CHECK_EQ(input(ES_IPC_HELLO, RUN + 1, 4), 0); /* of another run: all that is held */
	CHECK(next(ES_IPC_CALLS, 1) && next(ES_IPC_RECORD, 3) && next(ES_IPC_RECORD, 4));
	CHECK(is_silent());
	es_ipc_sender_bye(ipc.s);
	CHECK(next(ES_IPC_BYE, 4) && is_silent());
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 3), 0);
	CHECK(next(ES_IPC_CALLS, 1) && next(ES_IPC_RECORD, 4) && next(ES_IPC_BYE, 4));
	CHECK(is_silent());
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 4), 0);
	CHECK(next(ES_IPC_CALLS, 1) && next(ES_IPC_BYE, 4) && is_silent());
	CHECK(es_ipc_sender_is_done(ipc.s));
	end();
}

/* Lost, doubled, late, of another run, of numbers never given. */
TEST(ipc_acks_of_every_kind)
{
	CHECK(begin(1000, -1));
	for (int i = 0; i < 4; i++)
		put(10, 1);
	es_ipc_sender_bye(ipc.s);
	ipc.n_seen = ipc.n_sent;
	CHECK_EQ(input(ES_IPC_ACK, RUN, 3), 0);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 3), 0);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 1), 0);
	CHECK_EQ(input(ES_IPC_ACK, RUN + 1, 4), 0);
	CHECK_EQ(input(ES_IPC_ACK, RUN, 5), 0); /* of the future: it means nothing */
	CHECK_EQ(input(ES_IPC_ACK, RUN, UINT64_MAX), 0);
	CHECK(!es_ipc_sender_is_done(ipc.s));
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 9), 0); /* as little does a HELLO of it */
	CHECK(next(ES_IPC_CALLS, 0) && next(ES_IPC_RECORD, 4) && next(ES_IPC_BYE, 4));
	CHECK(is_silent());
	CHECK_EQ(input(ES_IPC_ACK, RUN, 4), 0);
	CHECK(es_ipc_sender_is_done(ipc.s));
	CHECK_EQ(input(ES_IPC_BYE, RUN, 4), ES_EMALFORMED); /* a sensor's word */
	CHECK_EQ(es_ipc_sender_input(ipc.s, es_slice_str("rubbish")), ES_EMALFORMED);
	end();
}

TEST(ipc_new_link_waits_for_the_hello)
{
	CHECK(begin(1000, -1));
	es_ipc_sender_calls(ipc.s, 2);
	put(10, 1);
	put(10, 2);
	ipc.n_seen = ipc.n_sent;
	es_ipc_sender_linked(ipc.s);
	put(10, 3); /* a new one goes at once; the old ones when it is known which are missing */
	CHECK(next(ES_IPC_CALLS, 2) && next(ES_IPC_RECORD, 3) && is_silent());
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 1), 0);
	CHECK(next(ES_IPC_CALLS, 2) && next(ES_IPC_RECORD, 2) && next(ES_IPC_RECORD, 3));
	CHECK(is_silent());
	end();
}

/* What the link before had no room for waits for the HELLO too: the shipper may have it by then. */
TEST(ipc_new_link_waits_with_what_was_not_sent)
{
	CHECK(begin(1000, 0));
	put(10, 1);
	put(10, 2);
	ipc.room = -1;
	es_ipc_sender_linked(ipc.s);
	put(10, 3);
	CHECK(next(ES_IPC_CALLS, 0) && next(ES_IPC_RECORD, 3) && is_silent());
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 0), 0);
	CHECK(next(ES_IPC_CALLS, 0) && next(ES_IPC_RECORD, 1) && next(ES_IPC_RECORD, 2));
	CHECK(next(ES_IPC_RECORD, 3) && is_silent());
	end();
}

TEST(ipc_sender_of_nothing_is_refused)
{
	struct es_ipc_sender_config cfg = { 0, 1000, on_send, NULL };
	struct es_ipc_sender *s = NULL;

	CHECK_EQ(es_ipc_sender_new(&cfg, &s), ES_EINVALID);
	cfg.run = 1;
	cfg.ring_bytes = 0;
	CHECK_EQ(es_ipc_sender_new(&cfg, &s), ES_EINVALID);
	cfg.ring_bytes = (size_t)UINT32_MAX + 1;
	CHECK_EQ(es_ipc_sender_new(&cfg, &s), ES_EINVALID);
	cfg.ring_bytes = 1;
	CHECK_EQ(es_ipc_sender_new(&cfg, &s), 0);
	es_ipc_sender_free(s);
	es_ipc_sender_free(NULL);
}

TEST(ipc_sender_without_memory_for_its_ring_is_refused)
{
	struct es_ipc_sender_config cfg = { RUN, UINT32_MAX, on_send, NULL };
	struct es_ipc_sender *s = NULL;
	struct rlimit was, less;
	int err;

#ifdef __SANITIZE_ADDRESS__
	test_skip("the sanitizer ends a process that finds no memory");
	return;
#endif
	if (test_is_emulated()) {
		test_skip("an emulator enforces no limit on memory");
		return;
	}
	CHECK_EQ(getrlimit(RLIMIT_AS, &was), 0);
	less = was;
	less.rlim_cur = UINT32_C(1) << 30;
	CHECK_EQ(setrlimit(RLIMIT_AS, &less), 0);
	err = es_ipc_sender_new(&cfg, &s);
	CHECK_EQ(setrlimit(RLIMIT_AS, &was), 0);
	CHECK_EQ(err, ES_ENOMEM);
	CHECK(s == NULL);
}

TEST(ipc_record_has_a_limit_of_its_own)
{
	CHECK(begin(1 << 20, -1));
	put(ES_IPC_MAX_BYTES - ES_IPC_HEADER_BYTES, 1);
	CHECK(next(ES_IPC_RECORD, 1));
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 0);
	put(ES_IPC_MAX_BYTES - ES_IPC_HEADER_BYTES + 1, 2); /* for the ring it would do */
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 1);
	CHECK(is_silent());
	end();
}

/* What is lost is said before anything behind it, however small: else the order would hide where it was. */
TEST(ipc_record_that_would_overtake_a_loss_is_lost_too)
{
	CHECK(begin(100, -1));
	put(95, 1);
	put(50, 2); /* no room */
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 1);
	put(3, 3); /* there is room for it, but not for the word of the loss */
	CHECK_EQ(es_ipc_sender_dropped(ipc.s), 2);
	CHECK_EQ(input(ES_IPC_HELLO, RUN, 1), 0);
	CHECK_EQ(ipc.loss.count, 2);
	CHECK_EQ(ipc.loss.from.ns, 2);
	CHECK_EQ(ipc.loss.to.ns, 3);
	end();
}
