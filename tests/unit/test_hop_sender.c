/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's half of the hop, datagram by datagram: its ring, its order, what it says of losses. */
#include "agent/hop/hop_sender.h"
#include "proto/decode.h"
#include "proto/hop.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { RUN = 77, SENT = 512 };

static struct {
	struct es_hop_sender *s;
	struct es_hop sent[SENT]; /* bytes: dead, but their number */
	unsigned n_sent;
	unsigned n_seen;     /* by the test */
	int room;            /* datagrams the link still takes; below 0: any number */
	struct es_loss loss; /* last told */
} hop;

static void
see_loss(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if (rec->type == ES_REC_LOSS)
		hop.loss = rec->u.loss;
}

static int
on_send(void *ctx, es_slice d)
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_hop *msg = &hop.sent[hop.n_sent % SENT];

	(void)ctx;
	if (hop.room == 0)
		return ES_EAGAIN;
	hop.room--;
	if (es_hop_decode(d, msg) != 0)
		abort();
	hop.n_sent++;
	es_alloc_init(&alloc, arena, sizeof(arena));
	if (msg->type == ES_HOP_RECORD)
		(void)es_record_decode(msg->bytes, &alloc, see_loss, NULL);
	return 0;
}

static bool
begin(size_t ring_bytes, int room)
{
	struct es_hop_sender_config cfg = { RUN, ring_bytes, on_send, NULL };

	memset(&hop, 0, sizeof(hop));
	hop.room = room;
	return es_hop_sender_new(&cfg, &hop.s) == 0;
}

static void
end(void)
{
	es_hop_sender_free(hop.s);
}

static void
put(size_t n, int64_t at_ns)
{
	static uint8_t bytes[ES_HOP_MAX_BYTES];

	memset(bytes, 0xff, sizeof(bytes));
	es_hop_sender_record(hop.s, es_slice_of(bytes, n), false, es_time_of_ns(at_ns));
}

static int
input(enum es_hop_type type, uint64_t run, uint64_t number)
{
	struct es_hop msg = { type, false, run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n = es_hop_encode(&msg, bytes, sizeof(bytes));

	return n <= 0 ? n : es_hop_sender_input(hop.s, es_slice_of(bytes, (size_t)n));
}

/* The next datagram is of this type and number. */
static bool
next(enum es_hop_type type, uint64_t number)
{
	const struct es_hop *msg = &hop.sent[hop.n_seen % SENT];

	if (hop.n_seen == hop.n_sent)
		return false;
	hop.n_seen++;
	return msg->type == type && msg->number == number && msg->run == RUN;
}

static bool
is_silent(void)
{
	return hop.n_seen == hop.n_sent;
}

TEST(hop_ring_holds_to_its_last_byte)
{
	CHECK(begin(1000, 0));
	put(400, 1);
	put(600, 2);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 0);
	put(1, 3);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 1);
	hop.room = -1;
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(next(ES_HOP_RECORD, 1) && next(ES_HOP_RECORD, 2) && is_silent());
	CHECK_EQ(hop.sent[0].bytes.n, 400);
	CHECK_EQ(hop.sent[1].bytes.n, 600);
	/* 400 bytes are free at its beginning: the loss is told there, then there is less than 399 */
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	CHECK(next(ES_HOP_RECORD, 3) && is_silent());
	CHECK_EQ(hop.loss.count, 1);
	put(399, 4);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 2);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 3), 0);
	CHECK(next(ES_HOP_RECORD, 4) && is_silent()); /* empty: the next loss record has room */
	CHECK_EQ(input(ES_HOP_ACK, RUN, 4), 0);
	put(1000, 5); /* all of it again */
	CHECK(next(ES_HOP_RECORD, 5));
	CHECK_EQ(es_hop_sender_dropped(hop.s), 2);
	put(1001, 6);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 3);
	end();
}

/* Where the ring has turned, one byte stays free: a head that meets the tail would look empty. */
TEST(hop_ring_turned_keeps_a_byte_free)
{
	for (size_t n = 298; n <= 300; n++) {
		CHECK(begin(1000, -1));
		put(300, 1);
		put(700, 2);
		CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
		put(n, 3);
		CHECK_EQ(es_hop_sender_dropped(hop.s), n >= 300);
		end();
		CHECK(begin(1000, -1));
		put(300, 1);
		put(600, 2);
		CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
		put(200, 3); /* 100 at the end do not do */
		put(n - 200, 4);
		CHECK_EQ(es_hop_sender_dropped(hop.s), n >= 300);
		CHECK_EQ(input(ES_HOP_HELLO, RUN, 1), 0);
		end();
	}
}

/* Written over and over, what is resent is what was put. */
TEST(hop_ring_gives_back_what_was_put)
{
	static uint8_t seen[4096], bytes[64];
	uint64_t random = 5;

	CHECK(begin(997, -1));
	for (unsigned i = 1; i <= 2000; i++) {
		size_t n = 1 + test_random(&random) % 60;

		memset(bytes, (int)(i % 251), n);
		es_hop_sender_record(hop.s, es_slice_of(bytes, n), i % 2 == 0, es_time_of_ns(i));
		seen[i % 4096] = (uint8_t)n;
		CHECK_EQ(hop.sent[(hop.n_sent - 1) % SENT].bytes.n, n);
		CHECK_EQ(hop.sent[(hop.n_sent - 1) % SENT].urgent, i % 2 == 0);
		if (i > 8)
			CHECK_EQ(input(ES_HOP_ACK, RUN, i - 8), 0);
	}
	CHECK_EQ(es_hop_sender_dropped(hop.s), 0);
	hop.n_seen = hop.n_sent;
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 1992), 0);
	CHECK(next(ES_HOP_CALLS, 0));
	for (unsigned i = 1993; i <= 2000; i++) {
		CHECK_EQ(hop.sent[hop.n_seen % SENT].bytes.n, seen[i % 4096]);
		CHECK(next(ES_HOP_RECORD, i));
	}
	CHECK(is_silent());
	end();
}

TEST(hop_ring_has_a_limit_of_records)
{
	CHECK(begin(1 << 20, 0));
	for (unsigned i = 0; i < ES_HOP_RECORDS_MAX / 2; i++)
		put(1, 1);
	CHECK(!es_hop_sender_is_half_full(hop.s));
	put(1, 1);
	CHECK(es_hop_sender_is_half_full(hop.s));
	for (unsigned i = ES_HOP_RECORDS_MAX / 2 + 1; i < ES_HOP_RECORDS_MAX; i++)
		put(1, 1);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 0);
	put(1, 2);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 1);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	put(1, 3); /* the room goes to what says that one is missing */
	CHECK_EQ(es_hop_sender_dropped(hop.s), 2);
	end();
}

TEST(hop_ring_is_half_full_above_the_half)
{
	CHECK(begin(1000, -1));
	CHECK(!es_hop_sender_is_half_full(hop.s));
	put(500, 1);
	CHECK(!es_hop_sender_is_half_full(hop.s));
	put(1, 1);
	CHECK(es_hop_sender_is_half_full(hop.s));
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	CHECK(!es_hop_sender_is_half_full(hop.s));
	put(499, 1);
	CHECK(!es_hop_sender_is_half_full(hop.s)); /* 500..1000 are used */
	put(1, 1);
	CHECK(es_hop_sender_is_half_full(hop.s)); /* it has turned */
	end();
}

TEST(hop_loss_is_told_with_its_time_and_once)
{
	CHECK(begin(100, 0));
	put(90, 1);
	put(20, 5);
	put(20, 7);
	put(0, 9); /* nothing, and too much, are losses too */
	put(ES_HOP_MAX_BYTES - ES_HOP_HEADER_BYTES + 1, 11);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 4);
	es_hop_sender_bye(hop.s);
	hop.room = -1;
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(next(ES_HOP_RECORD, 1) && is_silent()); /* no goodbye before the loss is told */
	CHECK(!es_hop_sender_is_done(hop.s));
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	CHECK(next(ES_HOP_RECORD, 2));
	CHECK(hop.sent[1].urgent);
	CHECK_EQ(hop.loss.count, 4);
	CHECK_EQ(hop.loss.from.ns, 5);
	CHECK_EQ(hop.loss.to.ns, 11);
	CHECK_EQ(hop.loss.reason, ES_LOSS_MEMORY);
	CHECK(next(ES_HOP_BYE, 2) && is_silent());
	CHECK(!es_hop_sender_is_done(hop.s));
	CHECK_EQ(input(ES_HOP_ACK, RUN, 2), 0);
	CHECK(es_hop_sender_is_done(hop.s));
	CHECK(is_silent());
	end();
}

/* A link that is full for the number of calls already: the loss is told before the next record, which is not lost. */
TEST(hop_record_after_a_loss_that_waited_is_held)
{
	CHECK(begin(200, -1));
	put(190, 1);
	put(20, 2);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 1);
	hop.room = 0;
	es_hop_sender_calls(hop.s, 1);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	put(20, 3);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 1);
	hop.room = -1;
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(next(ES_HOP_RECORD, 1) && next(ES_HOP_CALLS, 1) && next(ES_HOP_RECORD, 2));
	CHECK_EQ(hop.loss.count, 1);
	CHECK(next(ES_HOP_RECORD, 3) && is_silent());
	end();
}

TEST(hop_second_loss_is_counted_anew)
{
	CHECK(begin(100, -1));
	put(100, 1);
	put(1, 2);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	CHECK_EQ(hop.loss.count, 1);
	put(100, 3);
	put(100, 4);
	CHECK_EQ(es_hop_sender_dropped(hop.s), 3);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 2), 0);
	CHECK_EQ(
	    hop.sent[2].number, 3); /* of the one: there was room before the next was dropped */
	CHECK_EQ(hop.sent[3].number, 4);
	CHECK_EQ(hop.n_sent, 4);
	CHECK_EQ(hop.loss.count, 1);
	CHECK_EQ(hop.loss.from.ns, 4);
	CHECK_EQ(hop.loss.to.ns, 4);
	end();
}

TEST(hop_calls_go_before_records_and_only_when_they_change)
{
	CHECK(begin(1000, 0));
	put(10, 1);
	es_hop_sender_calls(hop.s, 3);
	hop.room = -1;
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(next(ES_HOP_CALLS, 3) && next(ES_HOP_RECORD, 1) && is_silent());
	es_hop_sender_calls(hop.s, 3);
	CHECK(is_silent());
	es_hop_sender_calls(hop.s, 2);
	CHECK(next(ES_HOP_CALLS, 2) && is_silent());
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(is_silent());
	end();
}

TEST(hop_link_that_is_full_goes_on_where_it_stopped)
{
	CHECK(begin(1000, 0));
	es_hop_sender_calls(hop.s, 1);
	put(10, 1);
	put(10, 2);
	put(10, 3);
	es_hop_sender_bye(hop.s);
	CHECK_EQ(es_hop_sender_pump(hop.s), ES_EAGAIN);
	hop.room = 3;
	CHECK_EQ(es_hop_sender_pump(hop.s), ES_EAGAIN);
	CHECK(next(ES_HOP_CALLS, 1) && next(ES_HOP_RECORD, 1) && next(ES_HOP_RECORD, 2));
	CHECK(is_silent());
	hop.room = 1;
	CHECK_EQ(es_hop_sender_pump(hop.s), ES_EAGAIN);
	CHECK(next(ES_HOP_RECORD, 3) && is_silent());
	hop.room = 1;
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(next(ES_HOP_BYE, 3) && is_silent());
	hop.room = -1;
	CHECK_EQ(es_hop_sender_pump(hop.s), 0);
	CHECK(is_silent());
	end();
}

TEST(hop_hello_says_from_where)
{
	CHECK(begin(1000, -1));
	es_hop_sender_calls(hop.s, 1);
	for (int i = 0; i < 4; i++)
		put(10, 1);
	hop.n_seen = hop.n_sent;
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 2), 0);
	CHECK(next(ES_HOP_CALLS, 1) && next(ES_HOP_RECORD, 3) && next(ES_HOP_RECORD, 4));
	CHECK(is_silent());
	CHECK_EQ(input(ES_HOP_HELLO, RUN + 1, 4), 0); /* of another run: all that is held */
	CHECK(next(ES_HOP_CALLS, 1) && next(ES_HOP_RECORD, 3) && next(ES_HOP_RECORD, 4));
	CHECK(is_silent());
	es_hop_sender_bye(hop.s);
	CHECK(next(ES_HOP_BYE, 4) && is_silent());
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 3), 0);
	CHECK(next(ES_HOP_CALLS, 1) && next(ES_HOP_RECORD, 4) && next(ES_HOP_BYE, 4));
	CHECK(is_silent());
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 4), 0);
	CHECK(next(ES_HOP_CALLS, 1) && next(ES_HOP_BYE, 4) && is_silent());
	CHECK(es_hop_sender_is_done(hop.s));
	end();
}

/* Lost, doubled, late, of another run, of numbers never given. */
TEST(hop_acks_of_every_kind)
{
	CHECK(begin(1000, -1));
	for (int i = 0; i < 4; i++)
		put(10, 1);
	es_hop_sender_bye(hop.s);
	hop.n_seen = hop.n_sent;
	CHECK_EQ(input(ES_HOP_ACK, RUN, 3), 0);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 3), 0);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 1), 0);
	CHECK_EQ(input(ES_HOP_ACK, RUN + 1, 4), 0);
	CHECK_EQ(input(ES_HOP_ACK, RUN, 5), 0); /* of the future: it tells nothing */
	CHECK_EQ(input(ES_HOP_ACK, RUN, UINT64_MAX), 0);
	CHECK(!es_hop_sender_is_done(hop.s));
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 9), 0); /* as little does a HELLO of it */
	CHECK(next(ES_HOP_CALLS, 0) && next(ES_HOP_RECORD, 4) && next(ES_HOP_BYE, 4));
	CHECK(is_silent());
	CHECK_EQ(input(ES_HOP_ACK, RUN, 4), 0);
	CHECK(es_hop_sender_is_done(hop.s));
	CHECK_EQ(input(ES_HOP_BYE, RUN, 4), ES_EMALFORMED); /* a sensor's word */
	CHECK_EQ(es_hop_sender_input(hop.s, es_slice_str("rubbish")), ES_EMALFORMED);
	end();
}

TEST(hop_new_link_waits_for_the_hello)
{
	CHECK(begin(1000, -1));
	es_hop_sender_calls(hop.s, 2);
	put(10, 1);
	put(10, 2);
	hop.n_seen = hop.n_sent;
	es_hop_sender_linked(hop.s);
	put(10, 3); /* a new one goes at once; the old ones when it is known which are missing */
	CHECK(next(ES_HOP_CALLS, 2) && next(ES_HOP_RECORD, 3) && is_silent());
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 1), 0);
	CHECK(next(ES_HOP_CALLS, 2) && next(ES_HOP_RECORD, 2) && next(ES_HOP_RECORD, 3));
	CHECK(is_silent());
	end();
}

/* What the link before had no room for waits for the HELLO too: the shipper may have it by then. */
TEST(hop_new_link_waits_with_what_was_not_sent)
{
	CHECK(begin(1000, 0));
	put(10, 1);
	put(10, 2);
	hop.room = -1;
	es_hop_sender_linked(hop.s);
	put(10, 3);
	CHECK(next(ES_HOP_CALLS, 0) && next(ES_HOP_RECORD, 3) && is_silent());
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 0), 0);
	CHECK(next(ES_HOP_CALLS, 0) && next(ES_HOP_RECORD, 1) && next(ES_HOP_RECORD, 2));
	CHECK(next(ES_HOP_RECORD, 3) && is_silent());
	end();
}

TEST(hop_sender_of_nothing_is_refused)
{
	struct es_hop_sender_config cfg = { 0, 1000, on_send, NULL };
	struct es_hop_sender *s = NULL;

	CHECK_EQ(es_hop_sender_new(&cfg, &s), ES_EINVALID);
	cfg.run = 1;
	cfg.ring_bytes = 0;
	CHECK_EQ(es_hop_sender_new(&cfg, &s), ES_EINVALID);
	cfg.ring_bytes = (size_t)UINT32_MAX + 1;
	CHECK_EQ(es_hop_sender_new(&cfg, &s), ES_EINVALID);
	cfg.ring_bytes = 1;
	CHECK_EQ(es_hop_sender_new(&cfg, &s), 0);
	es_hop_sender_free(s);
	es_hop_sender_free(NULL);
}

TEST(hop_sender_without_memory_for_its_ring_is_refused)
{
	struct es_hop_sender_config cfg = { RUN, UINT32_MAX, on_send, NULL };
	struct es_hop_sender *s = NULL;
	struct rlimit was, less;
	int err;

#ifdef __SANITIZE_ADDRESS__
	test_skip("the sanitizer ends a process that finds no memory");
	return;
#endif
	CHECK_EQ(getrlimit(RLIMIT_AS, &was), 0);
	less = was;
	less.rlim_cur = UINT32_C(1) << 30;
	CHECK_EQ(setrlimit(RLIMIT_AS, &less), 0);
	err = es_hop_sender_new(&cfg, &s);
	CHECK_EQ(setrlimit(RLIMIT_AS, &was), 0);
	CHECK_EQ(err, ES_ENOMEM);
	CHECK(s == NULL);
}

TEST(hop_record_has_a_limit_of_its_own)
{
	CHECK(begin(1 << 20, -1));
	put(ES_HOP_MAX_BYTES - ES_HOP_HEADER_BYTES, 1);
	CHECK(next(ES_HOP_RECORD, 1));
	CHECK_EQ(es_hop_sender_dropped(hop.s), 0);
	put(ES_HOP_MAX_BYTES - ES_HOP_HEADER_BYTES + 1, 2); /* for the ring it would do */
	CHECK_EQ(es_hop_sender_dropped(hop.s), 1);
	CHECK(is_silent());
	end();
}

/* What is lost is said before anything behind it, however small: else the order would hide where it was. */
TEST(hop_record_that_would_overtake_a_loss_is_lost_too)
{
	CHECK(begin(100, -1));
	put(95, 1);
	put(50, 2); /* no room */
	CHECK_EQ(es_hop_sender_dropped(hop.s), 1);
	put(3, 3); /* there is room for it, but not for the word of the loss */
	CHECK_EQ(es_hop_sender_dropped(hop.s), 2);
	CHECK_EQ(input(ES_HOP_HELLO, RUN, 1), 0);
	CHECK_EQ(hop.loss.count, 2);
	CHECK_EQ(hop.loss.from.ns, 2);
	CHECK_EQ(hop.loss.to.ns, 3);
	end();
}
