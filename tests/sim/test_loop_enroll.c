/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of agents that enrol, on a loop whose clock the test drives: words, places and deadlines. */
#include "collector/ingest/enroll.h"
#include "collector/store/store_private.h"
#include "runtime/crypto/token.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_session.h"
#include "tests/unit/open_files.h"

static int64_t
now_ms(void)
{
	return made_clock.monotonic_ns / ES_NS_PER_MS;
}

static void
sweep_after(struct scene *s, int64_t ms)
{
	made_pass(s->in.loop, ms);
	es_enroll_sweep(&s->in, now_ms());
}

/* A connection whose handshake has not begun; NULL: it found no place. */
static struct es_tls_conn *
come(struct scene *s)
{
	struct es_addr peer;
	unsigned before = made_conns();

	(void)es_addr_parse_ip("192.0.2.7", 9, &peer);
	es_enroll_start(&s->in, open("/dev/null", O_RDWR | O_CLOEXEC), &peer);
	return made_conns() == before ? NULL : made_conn(before);
}

static struct es_tls_conn *
come_ready(struct scene *s)
{
	struct es_tls_conn *c = come(s);

	made_conn_ready(c, "", NULL);
	return c;
}

/* The bytes of a request whose token nobody knows. */
static es_slice
request(void)
{
	static const uint8_t secret[ES_TOKEN_SECRET_BYTES] = { 1 };
	static uint8_t bytes[256];
	struct es_envelope env = { .type = ES_ENV_ENROLL_REQUEST };
	int n;

	env.u.enroll_request.token_secret = es_slice_of(secret, sizeof(secret));
	env.u.enroll_request.csr_der = es_slice_str("csr");
	n = es_envelope_encode(&env, bytes, sizeof(bytes));
	if (n <= 0)
		abort();
	return es_slice_of(bytes, (size_t)n);
}

/* True: no connection is left, and none said anything behind its last word. */
static bool
end_all(struct scene *s)
{
	es_enroll_free(&s->in);
	return s->in.n_enrolling == 0 && s->in.enrolling == NULL && end(s);
}

TEST(enroll_refuses_a_token_it_does_not_know)
{
	struct scene *s = begin();
	struct es_tls_conn *c = come_ready(s);
	es_slice all = request();

	CHECK_EQ(c->n_sent, 0);
	made_conn_says(c, es_slice_of(all.p, 5)); /* in two pieces */
	CHECK_EQ(c->n_sent, 0);
	made_conn_says(c, es_slice_of(all.p + 5, all.n - 5));
	CHECK(refused(s, c, ES_NACK_TOKEN));
	CHECK_SLICE(s->env.u.nack.reason, "the token is not known here");
	CHECK_EQ(s->env.u.nack.retry_after_ms, 0);
	made_conn_says(c, all); /* behind the last word all is left alone */
	CHECK_EQ(c->n_sent, 0);
	CHECK_EQ(s->in.failed, 0);
	CHECK(end_all(s));
}

TEST(enroll_refuses_what_is_no_request)
{
	static const uint8_t rubbish[] = { 0, 0, 0, 2, 0xff, 0xff }, nothing[] = { 0, 0, 0, 0 };
	static const uint8_t long_one[] = { 0, 0, 0x40, 1 }; /* 16 KiB and a byte */
	struct scene *s = begin();

	for (int i = 0; i < 4; i++) {
		struct es_tls_conn *c = come_ready(s);

		if (i == 0)
			made_conn_says(c, es_slice_of(rubbish, sizeof(rubbish)));
		else if (i == 1)
			made_conn_says(c, es_slice_of(nothing, sizeof(nothing)));
		else if (i == 2)
			made_conn_says(c, es_slice_of(long_one, sizeof(long_one)));
		else
			hello(c, epoch_a, 1);
		CHECK(refused(s, c, ES_NACK_MALFORMED));
		CHECK_SLICE(s->env.u.nack.reason, "not an enrolment request");
	}
	CHECK(end_all(s));
}

/* What is open of a group is committed and acknowledged first; then the store fails, and that is said. */
TEST(enroll_asks_to_come_again_where_the_store_fails)
{
	struct scene *s = begin();
	struct es_tls_conn *a = join(s, 1), *c = come_ready(s);
	sqlite3 *other = NULL;

	hello(a, epoch_a, 1);
	CHECK(got(s, a, ES_ENV_WELCOME));
	batch(s, a, epoch_a, 1, 2);
	CHECK_EQ(a->n_sent, 0);
	made_conn_says(c, request());
	CHECK(acked(s, a, 2, 0));
	CHECK(refused(s, c, ES_NACK_TOKEN));
	c = come_ready(s);
	sqlite3_busy_timeout(s->in.store->db, 0);
	CHECK_EQ(sqlite3_open(s->path, &other), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	made_conn_says(c, request());
	CHECK(refused(s, c, ES_NACK_BUSY));
	CHECK_SLICE(s->env.u.nack.reason, "the collector cannot enroll now; try again");
	CHECK_EQ(s->env.u.nack.retry_after_ms, 7000);
	CHECK_EQ(s->in.failed, ES_EAGAIN);
	CHECK_EQ(sqlite3_close(other), SQLITE_OK);
	CHECK(end_all(s));
}

/* Each step has five seconds of its own: the handshake, the request, taking the answer. */
TEST(enroll_has_five_seconds_for_each_step)
{
	struct scene *s = begin();
	struct es_tls_conn *a = come(s), *b, *c;
	unsigned n;

	made_pass(s->in.loop, 1);
	b = come(s);
	c = come(s);
	sweep_after(s, ES_STALLED_MS - 2);
	CHECK(!a->is_freed);
	made_conn_ready(b, "", NULL);
	made_conn_ready(c, "", NULL);
	listen_to_log();
	sweep_after(s, 1);
	n = logged("enroll: 192.0.2.7:0: nothing came of it for 5 s; given up\n");
	CHECK_EQ(n, 1);
	CHECK(a->is_freed && !b->is_freed && !c->is_freed);
	CHECK_EQ(s->in.n_enrolling, 2);
	made_pass(s->in.loop, ES_STALLED_MS - 2);
	made_conn_says(c, request());
	CHECK(refused(s, c, ES_NACK_TOKEN));
	es_enroll_sweep(&s->in, now_ms());
	CHECK(!b->is_freed);
	sweep_after(s, 1);
	CHECK(b->is_freed && !c->is_freed);
	sweep_after(s, ES_STALLED_MS - 2);
	CHECK(!c->is_freed);
	sweep_after(s, 1);
	CHECK(c->is_freed);
	CHECK_EQ(s->in.n_enrolling, 0);
	CHECK(end_all(s));
}

TEST(enroll_places_have_a_limit)
{
	struct scene *s = begin();
	unsigned before, open_now;

	for (int i = 0; i < ES_ENROLL_CONNS_MAX - 1; i++)
		CHECK(come(s) != NULL);
	before = open_files();
	made_tls.conn_fails = true;
	CHECK(come(s) == NULL);
	made_tls.conn_fails = false;
	CHECK_EQ(s->in.n_enrolling, ES_ENROLL_CONNS_MAX - 1);
	open_now = open_files(); /* the made TLS leaves the descriptor to who called it */
	CHECK(open_now <= before + 1);
	CHECK(come(s) != NULL);
	open_now = open_files();
	CHECK(come(s) == NULL);
	CHECK_EQ(open_files(), open_now);
	CHECK_EQ(s->in.n_enrolling, ES_ENROLL_CONNS_MAX);
	made_conn_end(made_conn(3), ES_TLS_END_CUT, "cut"); /* from the middle of the list */
	CHECK_EQ(s->in.n_enrolling, ES_ENROLL_CONNS_MAX - 1);
	CHECK(come(s) != NULL);
	CHECK(end_all(s));
}

/* An answer that was taken ends without a word in the log; whatever ends otherwise is said. */
TEST(enroll_log_says_what_did_not_end_as_it_should)
{
	static const enum es_tls_end ends[] = { ES_TLS_END_CLEAN, ES_TLS_END_TIMEOUT };
	struct scene *s = begin();
	const char *log;

	listen_to_log();
	for (int i = 0; i < 4; i++) {
		struct es_tls_conn *c = come_ready(s);

		if (i < 2)
			made_conn_says(c, request());
		made_conn_end(c, ends[i % 2], i == 0 ? "taken" : i == 1 ? "cut" : "gone");
	}
	log = end_of_log();
	CHECK_STR(log, "enroll: 192.0.2.7:0: refused: the token is not known here\n"
		       "enroll: 192.0.2.7:0: refused: the token is not known here\n"
		       "enroll: 192.0.2.7:0: cut\n"
		       "enroll: 192.0.2.7:0: gone\n"
		       "enroll: 192.0.2.7:0: gone\n");
	CHECK(end_all(s));
}

/* An answer that does not go out is the log's, and the connection ends all the same. */
TEST(enroll_answer_that_cannot_be_sent_is_logged)
{
	struct scene *s = begin();
	struct es_tls_conn *c = come_ready(s);
	unsigned n;

	c->room = 3;
	listen_to_log();
	made_conn_says(c, request());
	n = logged("enroll: 192.0.2.7:0: reply: ");
	CHECK_EQ(n, 1);
	CHECK(c->is_finishing);
	CHECK(end_all(s));
}
