/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's half of IPC, datagram by datagram: order, holes, refusals, and when it asks again. */
#include "agent/ipc/ipc_receiver.h"

#include "proto/ipc.h"
#include "tests/unit/harness.h"

static struct {
	struct es_ipc_receiver r;
	uint64_t stored[64];
	unsigned n_stored, n_urgent, new_runs, byes, n_calls, n_missing;
	int refuse;
	uint32_t calls;
	uint64_t missing;
	struct es_ipc_message said; /* last */
	unsigned n_said, n_hellos;
	int64_t now_ms;
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
	ipc.stored[ipc.n_stored++] = pair.number;
	ipc.n_urgent += urgent;
	return 0;
}

static void
on_calls(void *ctx, uint32_t n_up)
{
	(void)ctx;
	ipc.calls = n_up;
	ipc.n_calls++;
}

static void
on_new_run(void *ctx, uint64_t run)
{
	(void)ctx;
	(void)run;
	ipc.new_runs++;
}

static void
on_missing(void *ctx, uint64_t n)
{
	(void)ctx;
	ipc.missing += n;
	ipc.n_missing++;
}

static void
on_bye(void *ctx)
{
	(void)ctx;
	ipc.byes++;
}

static int
on_send(void *ctx, es_slice d)
{
	(void)ctx;
	ipc.n_said++;
	if (es_ipc_decode(d, &ipc.said) != 0)
		return ES_EMALFORMED;
	ipc.n_hellos += ipc.said.type == ES_IPC_HELLO;
	return 0;
}

/* A receiver whose memory held something else before; what is stored ends with this pair. */
static void
begin(uint64_t run, uint64_t number)
{
	static const struct es_ipc_receiver_config cfg = { on_record, on_calls, on_new_run,
		on_missing, on_bye, on_send, NULL };

	memset(&ipc, 0, sizeof(ipc));
	memset(&ipc.r, 0xff, sizeof(ipc.r));
	ipc.now_ms = 1000000;
	es_ipc_receiver_init(&ipc.r, &cfg, (struct es_ipc_pair){ run, number });
}

static void
hear(enum es_ipc_type type, uint64_t run, uint64_t number)
{
	struct es_ipc_message msg = { type, type == ES_IPC_RECORD, run, number, { NULL, 0 } };
	uint8_t bytes[64];
	int n;

	if (type == ES_IPC_RECORD)
		msg.bytes = es_slice_str("abc");
	n = es_ipc_encode(&msg, bytes, sizeof(bytes));
	es_ipc_receiver_input(&ipc.r, es_slice_of(bytes, n > 0 ? (size_t)n : 0));
}

/* The end of a round; true: exactly this was said. */
static bool
says(enum es_ipc_type type, uint64_t run, uint64_t number)
{
	unsigned before = ipc.n_said;

	es_ipc_receiver_settle(&ipc.r, ipc.now_ms);
	return ipc.n_said == before + 1 && ipc.said.type == type && ipc.said.run == run &&
	       ipc.said.number == number && !ipc.said.urgent;
}

static bool
is_silent(void)
{
	unsigned before = ipc.n_said;

	es_ipc_receiver_settle(&ipc.r, ipc.now_ms);
	return ipc.n_said == before;
}

TEST(ipc_receiver_begins_with_nothing_due)
{
	begin(0, 0);
	CHECK(!es_ipc_receiver_wants_time(&ipc.r));
	CHECK(is_silent());
	CHECK_EQ(ipc.r.malformed, 0);
	hear(ES_IPC_RECORD, 7, 1);
	CHECK_EQ(ipc.n_stored, 1);
	CHECK_EQ(ipc.n_urgent, 1);
	CHECK_EQ(ipc.new_runs, 1);
	CHECK(says(ES_IPC_ACK, 7, 1));
	CHECK(is_silent());
}

TEST(ipc_receiver_acknowledges_a_round_once_and_copies_too)
{
	begin(7, 3);
	hear(ES_IPC_RECORD, 7, 3); /* stored by the shipper before this one */
	CHECK_EQ(ipc.n_stored, 0);
	CHECK_EQ(ipc.new_runs, 0);
	CHECK(says(ES_IPC_ACK, 7, 3));
	hear(ES_IPC_RECORD, 7, 4);
	hear(ES_IPC_RECORD, 7, 5);
	hear(ES_IPC_RECORD, 7, 4);
	CHECK_EQ(ipc.n_said, 1);
	CHECK(says(ES_IPC_ACK, 7, 5));
	CHECK_EQ(ipc.n_stored, 2);
	hear(ES_IPC_RECORD, 8, 1); /* another start counts from one */
	CHECK(says(ES_IPC_ACK, 8, 1));
	CHECK_EQ(ipc.new_runs, 1);
	CHECK_EQ(ipc.n_missing, 0);
	CHECK_EQ(ipc.n_calls, 0);
	CHECK_EQ(ipc.byes, 0);
}

TEST(ipc_receiver_asks_again_for_a_refused_record_once_a_second)
{
	begin(7, 0);
	ipc.refuse = 2;
	hear(ES_IPC_RECORD, 7, 1);
	hear(ES_IPC_RECORD, 7, 2); /* does not overtake it */
	CHECK_EQ(ipc.refuse, 1);
	CHECK_EQ(ipc.n_stored, 0);
	CHECK(es_ipc_receiver_wants_time(&ipc.r));
	CHECK(says(ES_IPC_HELLO, 7, 0));
	hear(ES_IPC_RECORD, 7, 1);
	CHECK_EQ(ipc.refuse, 0);
	ipc.now_ms += ES_IPC_HELLO_EVERY_MS - 1;
	CHECK(is_silent());
	ipc.now_ms++;
	CHECK(says(ES_IPC_HELLO, 7, 0));
	hear(ES_IPC_RECORD, 7, 1);
	hear(ES_IPC_RECORD, 7, 2);
	CHECK_EQ(ipc.n_stored, 2);
	CHECK(!es_ipc_receiver_wants_time(&ipc.r));
	CHECK(says(ES_IPC_ACK, 7, 2));
}

/* The refused record was the last for now: it is asked for, and what comes without being asked for waits. */
TEST(ipc_receiver_asks_for_a_refused_record_with_none_behind_it)
{
	begin(7, 0);
	ipc.refuse = 1;
	hear(ES_IPC_RECORD, 7, 1);
	CHECK(es_ipc_receiver_wants_time(&ipc.r));
	hear(ES_IPC_RECORD, 7, 1);
	CHECK_EQ(ipc.n_stored, 0);
	CHECK(says(ES_IPC_HELLO, 7, 0));
	CHECK(!es_ipc_receiver_wants_time(&ipc.r));
	hear(ES_IPC_RECORD, 7, 1);
	CHECK_EQ(ipc.n_stored, 1);
	CHECK(says(ES_IPC_ACK, 7, 1));
}

TEST(ipc_receiver_gives_a_hole_up_when_its_end_comes_after_enough_hellos)
{
	begin(7, 1);
	hear(ES_IPC_RECORD, 7, 9);
	hear(ES_IPC_RECORD, 7, 5);
	CHECK(es_ipc_receiver_wants_time(&ipc.r));
	for (int i = 0; i < ES_IPC_GIVE_UP_HELLOS; i++) {
		CHECK_EQ(ipc.n_stored, 0);
		CHECK(says(ES_IPC_HELLO, 7, 1));
		hear(ES_IPC_RECORD, 7, 9); /* not the lowest */
		CHECK_EQ(ipc.n_stored, 0);
		if (i + 1 < ES_IPC_GIVE_UP_HELLOS)
			hear(ES_IPC_RECORD, 7, 5);
		ipc.now_ms += ES_IPC_HELLO_EVERY_MS;
	}
	ipc.refuse = 1;
	hear(ES_IPC_RECORD, 7, 5); /* the disk refuses it: nothing is counted */
	CHECK_EQ(ipc.n_missing, 0);
	CHECK(says(ES_IPC_HELLO, 7, 1));
	hear(ES_IPC_RECORD, 7, 5);
	CHECK_EQ(ipc.stored[0], 5);
	CHECK_EQ(ipc.missing, 3);
	CHECK_EQ(ipc.n_missing, 1);
	CHECK(says(ES_IPC_ACK, 7, 5));
	hear(ES_IPC_RECORD, 7, 9); /* the next hole is asked for as often as the first */
	CHECK_EQ(ipc.n_stored, 1);
	ipc.now_ms += ES_IPC_HELLO_EVERY_MS;
	CHECK(says(ES_IPC_HELLO, 7, 5));
	hear(ES_IPC_RECORD, 7, 9);
	CHECK_EQ(ipc.n_stored, 1);
	hear(ES_IPC_RECORD, 7, 6); /* it came after all */
	CHECK_EQ(ipc.n_stored, 2);
	CHECK(!es_ipc_receiver_wants_time(&ipc.r));
	CHECK_EQ(ipc.missing, 3);
}

/* What was asked of one start of the sensor does not speed the next one's holes up, nor hold its asking. */
TEST(ipc_receiver_forgets_the_holes_of_a_run_with_it)
{
	begin(7, 1);
	hear(ES_IPC_RECORD, 7, 3);
	for (int i = 0; i < ES_IPC_GIVE_UP_HELLOS; i++) {
		CHECK(says(ES_IPC_HELLO, 7, 1));
		ipc.now_ms += ES_IPC_HELLO_EVERY_MS;
	}
	CHECK(says(ES_IPC_HELLO, 7, 1));
	hear(ES_IPC_RECORD, 8, 3); /* of it, 1 and 2 are to come */
	CHECK_EQ(ipc.n_stored, 0);
	CHECK_EQ(ipc.new_runs, 1);
	CHECK(says(ES_IPC_HELLO, 7, 1)); /* at once */
	hear(ES_IPC_RECORD, 8, 1);
	hear(ES_IPC_RECORD, 8, 2);
	CHECK_EQ(ipc.n_stored, 2);
	CHECK_EQ(ipc.n_missing, 0);
	CHECK(says(ES_IPC_ACK, 8, 2));
}

/* Each hole of a run is asked for as often as the first, and the asking counts from the last record on. */
TEST(ipc_receiver_asks_as_often_for_every_hole)
{
	begin(7, 1);
	for (uint64_t end = 3; end < 10; end += 2) {
		hear(ES_IPC_RECORD, 7, end);
		for (int i = 0; i < ES_IPC_GIVE_UP_HELLOS; i++) {
			CHECK_EQ(ipc.missing, (end - 3) / 2);
			CHECK(says(ES_IPC_HELLO, 7, end - 2));
			ipc.now_ms += ES_IPC_HELLO_EVERY_MS;
			if (i + 1 < ES_IPC_GIVE_UP_HELLOS)
				hear(ES_IPC_RECORD, 7, end);
		}
		hear(ES_IPC_RECORD, 7, end);
		CHECK_EQ(ipc.missing, (end - 1) / 2);
		CHECK(says(ES_IPC_ACK, 7, end));
	}
	hear(ES_IPC_RECORD, 8, 2); /* so is the first one of the next run */
	for (int i = 0; i < ES_IPC_GIVE_UP_HELLOS; i++) {
		hear(ES_IPC_RECORD, 8, 2);
		CHECK_EQ(ipc.missing, 4);
		CHECK(says(ES_IPC_HELLO, 7, 9));
		ipc.now_ms += ES_IPC_HELLO_EVERY_MS;
	}
	hear(ES_IPC_RECORD, 8, 2);
	CHECK_EQ(ipc.missing, 5);
}

TEST(ipc_receiver_believes_a_bye_after_all_records_once)
{
	begin(7, 4);
	hear(ES_IPC_BYE, 7, 5); /* one is still to come */
	hear(ES_IPC_BYE, 7, 3);
	CHECK_EQ(ipc.byes, 0);
	hear(ES_IPC_BYE, 7, 4);
	hear(ES_IPC_BYE, 7, 4);
	CHECK_EQ(ipc.byes, 1);
	CHECK(ipc.r.said_bye);
	hear(ES_IPC_BYE, 8, 1); /* a start that said nothing of which one is to come */
	CHECK_EQ(ipc.byes, 1);
	CHECK(!ipc.r.said_bye);
	hear(ES_IPC_BYE, 8, 0); /* nothing at all */
	CHECK_EQ(ipc.byes, 2);
	CHECK_EQ(ipc.r.malformed, 0);
	CHECK_EQ(ipc.new_runs, 1);
}

TEST(ipc_receiver_counts_what_no_sensor_says)
{
	begin(7, 1);
	hear(ES_IPC_RECORD, 0, 2); /* of no run */
	CHECK_EQ(ipc.r.malformed, 1);
	hear(ES_IPC_ACK, 7, 1);
	CHECK_EQ(ipc.r.malformed, 2);
	es_ipc_receiver_input(&ipc.r, es_slice_str("rubbish"));
	CHECK_EQ(ipc.r.malformed, 3);
	CHECK_EQ(ipc.n_stored, 0);
	hear(ES_IPC_CALLS, 7, UINT32_MAX);
	CHECK_EQ(ipc.calls, UINT32_MAX);
	hear(ES_IPC_CALLS, 7, UINT64_C(1) << 32);
	CHECK_EQ(ipc.calls, UINT32_MAX);
	CHECK_EQ(ipc.n_calls, 2);
	hear(ES_IPC_CALLS, 7, 1); /* as many as records are stored: no goodbye for that */
	CHECK_EQ(ipc.byes, 0);
	hear(ES_IPC_CALLS, 8, 3);
	CHECK_EQ(ipc.calls, 3);
	CHECK_EQ(ipc.byes, 0);
	CHECK_EQ(ipc.new_runs, 1);
	CHECK_EQ(ipc.r.malformed, 3);
	CHECK(is_silent());
}
