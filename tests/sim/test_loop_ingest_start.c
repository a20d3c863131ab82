/* SPDX-License-Identifier: Apache-2.0 */
/* How the collector's ingest process starts or fails to, and what it says of itself to the portal and the log. */
#include "runtime/file.h"
#include "runtime/loop/listen.h"
#include "tests/sim/made_ingest.h"
#include "tests/sim/made_log.h"
#include "tests/unit/open_files.h"

/* What it says to the portal; NULL: nothing. Valid until the next call. */
static const char *
word(void)
{
	static char kept[256];
	char *text = NULL;
	size_t n;

	if (es_file_read(at("earshot.db.ingest"), sizeof(kept) - 1, &text, &n) != 0)
		return NULL;
	(void)snprintf(kept, sizeof(kept), "%s", text);
	free(text);
	return kept;
}

static void
write_word(const char *text)
{
	NEED(es_file_write(at("earshot.db.ingest"), es_slice_str(text), 0600) == 0);
}

static void
run_never(struct es_loop *l)
{
	(void)l;
	in.ran = true;
}

/* Whichever of its timers, watches and signals cannot be made: it does not run, and leaves nothing open. */
TEST(ingest_that_cannot_start_leaves_nothing_behind)
{
	unsigned before = open_files(), n_failed = 0, n = 1;
	bool has_failed;

	do {
		CHECK(begin());
		made_run = run_never;
		made_fail_in = n++;
		CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
		has_failed = made_fail_in == 0;
		made_fail_in = 0;
		n_failed += !in.ran;
		CHECK(in.ran || has_failed);
		end();
		CHECK_EQ(made_tls.n_open, 0);
		CHECK_EQ(open_files(), before);
	} while (has_failed);
	CHECK_EQ(n_failed, 9);
}

/* A port that somebody else has is named, with what it is for. */
TEST(ingest_names_the_port_it_cannot_have)
{
	for (int i = 0; i < 2; i++) {
		struct es_listen *other;
		const struct es_addr *at_port;
		char want[128];
		int status;

		CHECK(begin());
		made_run = run_never;
		at_port = i == 0 ? &in.cfg.listen : &in.cfg.enroll;
		CHECK_EQ(es_listen_new(NULL, at_port, NULL, NULL, &other), 0);
		(void)snprintf(want, sizeof(want),
		    "ingest: cannot listen on 127.0.0.1:%u for %s: Address already in use\n",
		    at_port->port, i == 0 ? "agents" : "enrolment");
		listen_to_log();
		status = es_ingest_run(&in.cfg, NULL);
		CHECK_EQ(logged(want), 1);
		CHECK_EQ(status, 1);
		CHECK(!in.ran);
		CHECK(word() == NULL); /* nothing of its place was judged yet */
		es_listen_free(other);
		end();
	}
}

TEST(ingest_log_says_where_it_listens)
{
	CHECK(begin());
	in.cfg.listen.port = 0; /* any */
	made_run = run_never;
	listen_to_log();
	(void)es_ingest_run(&in.cfg, NULL);
	(void)end_of_log();
	CHECK_EQ(said("ingest: listening on 127.0.0.1:"), 2);
	CHECK_EQ(said("127.0.0.1:40000 for agents\n"), 1);
	CHECK_EQ(said(" for enrolment\n"), 1);
	end();
}

/* A key that others may read in a directory that is shut: a line of the log for each, no refusal. */
TEST(ingest_log_warns_of_keys_that_others_may_read)
{
	static const char *const keys[] = { "ca.key", "tenant.key" };

	CHECK(begin());
	made_run = run_never;
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(chmod(at(keys[i]), 0644), 0);
		listen_to_log();
		(void)es_ingest_run(&in.cfg, NULL);
		CHECK_EQ(logged("is a secret that only its directory keeps from others"), 1);
		CHECK_EQ(said(at(keys[i])), 2); /* and what to do about it */
		CHECK(in.ran);
		CHECK_EQ(chmod(at(keys[i]), 0600), 0);
		listen_to_log();
		(void)es_ingest_run(&in.cfg, NULL);
		CHECK_EQ(logged(at(keys[i])), 0);
	}
	end();
}

static void
run_words(struct es_loop *l)
{
	int fd;

	in.loop = l;
	NEED(strcmp(word(), "") == 0);
	fd = arrive(in.cfg.listen.port);
	join(made_conn(0));
	write_word("mine");
	deliver(made_conn(0), 1);
	made_pass(l, 50);
	NEED(got(made_conn(0), ES_ENV_ACK));
	NEED(strcmp(word(), "mine") ==
	     0); /* nothing has changed: it is not written at each commit */
	made_pass(l, 1000);
	NEED(strcmp(word(), "") == 0);
	NEED(made_signal(l, SIGTERM));
	close(fd);
}

/* That all is well is said as it starts, and every second from then on. */
TEST(ingest_says_that_it_is_well_every_second)
{
	CHECK(begin());
	made_run = run_words;
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	CHECK_STR(word(), "it was stopped");
	end();
}

static void
run_full(struct es_loop *l)
{
	bool is_full = false;

	in.loop = l;
	for (uint64_t seq = 1; seq < 80 && !is_full; seq++) {
		int fd = arrive(in.cfg.listen.port);
		struct es_tls_conn *c = made_conn(made_conns() - 1);

		greet(c, seq + 1);
		NEED(got(c, ES_ENV_WELCOME));
		deliver(c, seq);
		made_pass(l, 50);
		is_full = got(c, ES_ENV_NACK) && in.env.u.nack.code == ES_NACK_DISK;
		/* at once, not with the next sweep: whoever balances agents sends no more */
		NEED(strcmp(word(), is_full ? "the disk or the database is full" : "") == 0);
		made_conn_end(c, ES_TLS_END_CUT, "cut");
		close(fd);
	}
	NEED(is_full);
	NEED(made_signal(l, SIGTERM));
}

TEST(ingest_keeps_its_database_to_its_size)
{
	CHECK(begin());
	in.cfg.max_database_bytes = 1;
	made_run = run_full;
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	end();
}

/* Without its database it has failed, and says so to whoever asks the portal. */
TEST(ingest_without_its_database_says_that_it_ended)
{
	int status;

	CHECK(begin());
	CHECK_EQ(unlink(in.cfg.database), 0);
	made_run = run_never;
	listen_to_log();
	status = es_ingest_run(&in.cfg, NULL);
	CHECK_EQ(logged("earshot.db: unable to open database file\n"), 1);
	CHECK_EQ(status, 1);
	CHECK(!in.ran);
	CHECK_STR(word(), "it ended by a fault that its log names");
	end();
}
