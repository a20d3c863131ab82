/* SPDX-License-Identifier: Apache-2.0 */
/* How the collector's commands end where something fails: exit status, what they say, what they leave. */
#include "collector/query/gather.h"
#include "collector/store/row.h"
#include "collector/store/store_private.h"
#include "collector_dir.h"
#include "proto/encode.h"
#include "runtime/process/supervise.h"

#include <signal.h>

static struct es_store *
open_store(void)
{
	struct es_store *store;
	char error[512];

	if (es_store_open(in("earshot.db"), ES_STORE_WRITE, &store, error) != 0)
		abort();
	return store;
}

/* An agent, and n legs of one call at as many places of it. */
static void
fill(uint32_t n, int64_t start_ns)
{
	static uint8_t arena[65536];
	struct es_store *store = open_store();
	struct es_agent a = { .cn = "1", .name = "ep" };

	if (es_store_begin(store) != 0 || es_store_agent_bind(store, &a) != 0)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		struct es_vantage here = { .role = ES_ROLE_ENDPOINT };
		struct es_record rec = { .type = ES_REC_CALL, .vantage = &here };
		struct es_alloc alloc;
		uint8_t bytes[1024];
		struct es_row row;
		char label[16];
		uint64_t lost;
		int size;

		(void)snprintf(label, sizeof(label), "p%u", i % 64);
		here.label = es_slice_str(label);
		rec.at = rec.u.call.start = es_time_of_ns(start_ns);
		rec.u.call.call_id = es_slice_str("one");
		rec.u.call.state = ES_STATE_COMPLETED;
		size = es_record_encode(&rec, bytes, sizeof(bytes));
		es_alloc_init(&alloc, arena, sizeof(arena));
		if (size <= 0 || es_row_of(es_slice_of(bytes, (size_t)size), 1, es_time_of_ns(1),
				     &alloc, &row, &lost) != 0)
			abort();
		row.begun.ns += i / 64;
		if (es_store_put(store, &row) != 0)
			abort();
	}
	if (es_store_commit(store) != 0)
		abort();
	es_store_close(store);
}

static int
explain(char out[256], const char *option)
{
	char *argv[] = { (char *)"explain", (char *)"--dir", dir, (char *)"one", (char *)option,
		NULL };

	return run(es_command_explain, argv, out);
}

static int
token(char out[256])
{
	char *argv[] = { (char *)"token", (char *)"--dir", dir, (char *)"--agent", (char *)"gw",
		NULL };

	return run(es_command_token, argv, out);
}

/* An answer that has no room is an error, whether it fits the buffer of the output or not. */
TEST(explain_that_cannot_print_its_answer_has_failed)
{
	static const uint32_t legs[] = { 1, 60 };
	char out[256];

	for (size_t i = 0; i < 2; i++) {
		CHECK(begin());
		CHECK_EQ(init(out), 0);
		fill(legs[i], INT64_C(1700000000) * ES_NS_PER_S);
		CHECK_EQ(explain(out, "--json"), 0);
		CHECK_STR(complaint, "");
		output = "/dev/full";
		CHECK_EQ(explain(out, "--json"), 1);
		CHECK_STR(complaint,
		    "earshot-collector: explain: cannot write the answer: No space left on "
		    "device\n");
		output = NULL;
		end();
	}
}

/* The start asked for is that of the call to the microsecond. */
TEST(explain_picks_a_call_by_its_start_to_the_microsecond)
{
	char out[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	fill(1, INT64_C(1700000000) * ES_NS_PER_S + 1500);
	CHECK_EQ(explain(out, "--start=2023-11-14T22:13:20.000001999Z"), 0);
	CHECK_EQ(explain(out, "--start=2023-11-14T22:13:20.000002Z"), 1);
	CHECK_EQ(explain(out, "--start=2023-11-14T22:13:20.000000999Z"), 1);
	end();
}

/* More rows of one call than a search takes: it is explained, and that something is missing is said. */
TEST(explain_says_what_did_not_fit)
{
	char out[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	fill(64, 1);
	CHECK_EQ(explain(out, NULL), 0);
	CHECK_STR(complaint, "");
	fill(65, 1);
	{
		struct es_store *store = open_store();

		CHECK_EQ(
		    es_store_execute(store, "UPDATE call SET label = 'q' || id WHERE id > 64"), 0);
		es_store_close(store);
	}
	CHECK_EQ(explain(out, NULL), 0);
	CHECK(out[0] != '\0');
	CHECK_STR(complaint,
	    "earshot-collector: explain: more belongs to this call than fits; the verdict may miss "
	    "something\n");
	end();
}

/* What the store says is what the commands say. */
TEST(commands_say_what_the_store_says)
{
	struct es_store *store;
	char out[256], want[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	store = open_store();
	CHECK_EQ(es_store_execute(store, "DROP TABLE token"), 0);
	CHECK_EQ(token(out), 1);
	CHECK_STR(out, "");
	(void)snprintf(want, sizeof(want), "earshot-collector: token: %s: no such table: token\n",
	    in("earshot.db"));
	CHECK_STR(complaint, want);
	CHECK_EQ(es_store_execute(store, "ALTER TABLE call RENAME TO gone"), 0);
	es_store_close(store);
	CHECK_EQ(explain(out, NULL), 1);
	CHECK_STR(complaint, "earshot-collector: explain: no such table: call\n");
	CHECK_EQ(unlink(in("earshot.db")), 0);
	CHECK_EQ(token(out), 1);
	(void)snprintf(want, sizeof(want),
	    "earshot-collector: token: %s: unable to open database file\n", in("earshot.db"));
	CHECK_STR(complaint, want);
	CHECK_EQ(explain(out, NULL), 1);
	(void)snprintf(want, sizeof(want),
	    "earshot-collector: explain: %s: unable to open database file\n", in("earshot.db"));
	CHECK_STR(complaint, want);
	CHECK_EQ(unlink(in("collector.conf")), 0);
	CHECK_EQ(token(out), 1);
	CHECK(strncmp(complaint, "earshot-collector: ", 19) == 0);
	CHECK(strstr(complaint, "collector.conf") != NULL);
	end();
}

TEST(token_that_cannot_be_printed_has_failed)
{
	char out[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	output = "/dev/full";
	CHECK_EQ(token(out), 1);
	output = NULL;
	CHECK_STR(
	    complaint, "earshot-collector: token: standard output: No space left on device\n");
	end();
}

/* Nothing that these two make, or that SQLite makes for them, is for others to read. */
TEST(commands_make_files_for_their_user_alone)
{
	char *serve[] = { (char *)"serve", (char *)"--dir", dir, NULL };
	mode_t before = umask(022);
	char out[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK_EQ(umask(022), 077);
	CHECK_EQ(unlink(in("collector.conf")), 0);
	CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	CHECK_EQ(run(es_command_serve, serve, out), 1);
	CHECK_EQ(umask(before), 077);
	CHECK(signal(SIGPIPE, SIG_DFL) == SIG_IGN); /* a reader that left is an error of write */
	end();
}

static int
say_ends(int argc, char **argv)
{
	static const struct es_supervise_role role = { .name = "ingest" };

	(void)argv;
	es_serve_ended(NULL, &role, 0, -1);
	es_serve_ended(NULL, &role, 3 << 8, 0);
	es_serve_ended(NULL, &role, SIGKILL, 1500);
	return argc;
}

/* How a process ended, and whether and when it comes back: at once is a time, too. */
TEST(serve_says_how_a_process_ended)
{
	char out[256], *argv[] = { NULL };

	CHECK(begin());
	CHECK_EQ(run(say_ends, argv, out), 0);
	CHECK_STR(complaint, "serve: ingest ended with status 0\n"
			     "serve: ingest ended with status 3; starts again in 0 ms\n"
			     "serve: ingest was killed by signal 9; starts again in 1500 ms\n");
	end();
}
