/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the collector on a loop whose clock the test drives; the test is the collector. */
#include "tests/sim/made_collector_link.h"
#include "tests/sim/made_log.h"

TEST(link_dials_at_once_and_delivers)
{
	struct scene *s = begin(3);

	CHECK_EQ(made_dial.times, 0); /* from the loop, not from inside */
	made_settle(s->loop);
	CHECK_EQ(made_dial.times, 1);
	CHECK_STR(made_dial.host, "c.example");
	CHECK_EQ(made_dial.port, 6200);
	CHECK_EQ(made_dial.deadline_ms, 15000);
	CHECK_EQ(made_tls.cfg.side, ES_TLS_CLIENT);
	CHECK_STR(made_tls.cfg.name, "collector.test");
	CHECK_STR(made_tls.cfg.ca_file, "/nonexistent/state/ca.pem");
	CHECK_STR(made_tls.cfg.cert_file, "/nonexistent/state/agent.pem");
	CHECK_STR(made_tls.cfg.key_file, "/nonexistent/state/agent.key");
	CHECK_STR(state(s), "connecting");
	CHECK_EQ(retry_in(s), -1);
	made_dial_answer(0, NULL);
	CHECK_STR(state(s), "connecting"); /* the handshake is still to come */
	made_clock.synchronised = true;
	made_clock.boot_ahead_ns = 5;
	made_conn_ready(conn(), "collector.test", NULL);
	CHECK_STR(state(s), "greeting");
	CHECK(got(s, ES_ENV_HELLO));
	CHECK_EQ(s->env.u.hello.next_seq, 4);
	CHECK_EQ(s->env.u.hello.role, ES_ROLE_GATEWAY);
	CHECK_EQ(s->env.u.hello.clocks.wall.ns, rig_sec(0).ns + 5);
	CHECK_EQ(s->env.u.hello.clocks.boot_ns, made_clock.monotonic_ns + 5);
	CHECK_EQ(s->env.u.hello.clocks.boot_id[3], 0xb0);
	CHECK(s->env.u.hello.clocks.synchronised);
	CHECK(is_silent(s)); /* nothing before the Welcome */
	welcome(0, 4, 0);
	CHECK_STR(state(s), "connected");
	CHECK(got(s, ES_ENV_BATCH));
	CHECK_EQ(s->first, 1);
	CHECK_EQ(s->last, 3);
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 0);
	ack(s, 3);
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 3);
	CHECK(is_silent(s));
	append(s, 1);
	es_collector_link_pump(s->link);
	CHECK(got(s, ES_ENV_BATCH));
	CHECK_EQ(s->first, 4);
	CHECK_STR(reason(s), "");
	CHECK_EQ(made_conns(), 1);
	CHECK(end(s));
}

/* What was on the way is sent again to the collector that is named now. */
TEST(link_moves_to_another_collector)
{
	struct scene *s = begin(3);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	(void)snprintf(s->cfg->collector_host, sizeof(s->cfg->collector_host), "d.example");
	es_collector_link_move(s->link);
	CHECK_EQ(made_tls.n_open, 0);
	CHECK(made_conn(0)->is_freed);
	CHECK_EQ(retry_in(s), 0);
	made_settle(s->loop);
	CHECK_STR(made_dial.host, "d.example");
	CHECK_EQ(made_dial.times, 2);
	es_collector_link_move(s->link); /* again, before it has answered */
	CHECK(!made_dial.is_open);
	made_settle(s->loop);
	CHECK_EQ(made_dial.times, 3);
	made_dial_answer(0, NULL);
	made_conn_ready(conn(), "collector.test", NULL);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	CHECK_EQ(s->first, 1);
	CHECK_EQ(s->last, 3);
	s->cfg->collector = NULL;
	es_collector_link_move(s->link);
	CHECK_STR(state(s), "no collector");
	CHECK_EQ(made_next_ms(s->loop), -1);
	CHECK(end(s));
}

TEST(link_does_not_move_after_its_goodbye)
{
	struct scene *s = begin(1);

	made_settle(s->loop);
	es_collector_link_finish(s->link);
	es_collector_link_move(s->link);
	made_pass(s->loop, 3600000);
	CHECK_EQ(made_dial.times, 1);
	CHECK(end(s));
}

TEST(link_without_a_collector_never_dials)
{
	struct scene *s = begin_with(1, "capture \"x\" { role = gateway replay = {\"a.pcap\"} }\n");

	made_pass(s->loop, 3600000);
	CHECK_EQ(made_dial.times, 0);
	CHECK_STR(state(s), "no collector");
	CHECK_EQ(made_next_ms(s->loop), -1);
	es_collector_link_pump(s->link);
	es_collector_link_finish(s->link);
	CHECK(end(s));
}

/* The n-th attempt comes within a window that doubles, and never before its instant. */
TEST(link_comes_back_within_a_window_that_doubles)
{
	int64_t top = 1000, longest = 0, in;
	struct scene *s = begin(1);

	made_settle(s->loop);
	for (unsigned n = 1; n <= 14; n++) {
		CHECK_EQ(made_dial.times, n);
		made_dial_answer(ES_EIO, "connect: refused");
		CHECK_STR(reason(s), "connect: refused");
		CHECK_STR(state(s), "waiting");
		in = retry_in(s);
		CHECK(in >= 0 && in <= top);
		longest = in > longest ? in : longest;
		if (in > 0)
			made_pass(s->loop, in - 1);
		CHECK_EQ(made_dial.times, n);
		made_pass(s->loop, 1);
		top = top * 2 < 300000 ? top * 2 : 300000;
	}
	CHECK(longest > 4000);        /* else the windows did not grow: that chance is below 1e-9 */
	CHECK_EQ(made_tls.times, 15); /* files are read for each attempt */
	CHECK_EQ(made_tls.n_open, 1);
	CHECK(end(s));
}

/* A connection alone proves nothing: the window continues growing until something is acknowledged. */
TEST(link_window_is_reset_by_an_ack_only)
{
	struct scene *s = begin(1);
	int64_t most = 0;

	for (int n = 0; n < 12; n++) {
		connect_up(s);
		welcome(0, 4, 0);
		made_conn_end(conn(), ES_TLS_END_CUT, "cut");
		most = retry_in(s) > most ? retry_in(s) : most;
		made_pass(s->loop, retry_in(s));
	}
	CHECK(most > 1000);
	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	ack(s, 1);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	CHECK(retry_in(s) >= 0 && retry_in(s) <= 1000);
	CHECK(end(s));
}

/* All of a collector's agents come back over the window that it named, whatever their own says. */
TEST(link_spreads_over_the_window_of_the_welcome)
{
	int64_t most = 0;

	for (int n = 0; n < 20; n++) {
		struct scene *s = begin(1);

		connect_up(s);
		welcome(0, 4, 60000);
		made_conn_end(conn(), ES_TLS_END_CUT, "cut");
		CHECK(retry_in(s) >= 0 && retry_in(s) <= 60000);
		most = retry_in(s) > most ? retry_in(s) : most;
		CHECK(end(s));
	}
	CHECK(most > 2000);
}

TEST(link_bad_files_are_tried_again)
{
	struct scene *s = begin(1);

	made_tls.fail_with = ES_EDENIED;
	made_settle(s->loop);
	CHECK_EQ(made_dial.times, 0);
	CHECK_STR(reason(s), "/nonexistent/state/agent.key: no good");
	CHECK_STR(state(s), "waiting");
	CHECK(retry_in(s) >= 0);
	made_pass(s->loop, retry_in(s));
	CHECK(made_tls.times >=
	      2); /* the second attempt is refused too; a third may follow at once */
	CHECK_EQ(made_dial.times, 0);
	made_tls.fail_with = 0;
	made_pass(s->loop, retry_in(s));
	CHECK_EQ(made_dial.times, 1);
	CHECK(end(s));
}

TEST(link_without_enrolment_says_so)
{
	struct scene *s = begin_with(1, "collector = \"c.example\"\nstate-dir = \"/nonexistent\"\n"
					"capture \"x\" { role = tap replay = {\"a.pcap\"} }\n");

	made_settle(s->loop);
	CHECK_EQ(made_tls.times, 0);
	CHECK(strstr(reason(s), "/nonexistent/collector-name is missing: enrol first") != NULL);
	CHECK(retry_in(s) >= 0);
	CHECK(end(s));
}

/* A name of one letter is a name. */
TEST(link_takes_the_shortest_name)
{
	struct scene *s = begin_with(1, "collector = \"c.example\"\ncollector-name = \"c\"\n"
					"state-dir = \"/nonexistent\"\n"
					"capture \"x\" { role = tap replay = {\"a.pcap\"} }\n");

	made_settle(s->loop);
	CHECK_STR(made_tls.cfg.name, "c");
	CHECK_STR(state(s), "connecting");
	CHECK_STR(reason(s), "");
	CHECK(end(s));
}

TEST(link_survives_want_of_descriptors)
{
	struct scene *s = begin(1);

	made_tls.dial_fails = true;
	made_settle(s->loop);
	CHECK_STR(reason(s), "no descriptor or memory to connect");
	CHECK_EQ(made_tls.n_open, 0);
	made_tls.dial_fails = false;
	made_pass(s->loop, retry_in(s));
	made_tls.conn_fails = true;
	made_dial_answer(0, NULL);
	CHECK_STR(reason(s), "TLS cannot begin");
	CHECK_EQ(made_tls.n_open, 0);
	made_tls.conn_fails = false;
	made_pass(s->loop, retry_in(s));
	made_dial_answer(0, NULL);
	CHECK_STR(state(s), "connecting");
	CHECK(end(s));
}

TEST(link_gives_up_a_collector_that_does_not_greet)
{
	struct scene *s = begin(1);

	connect_up(s);
	made_pass(s->loop, 9999);
	CHECK(!conn()->is_finishing);
	made_pass(s->loop, 1);
	CHECK(conn()->is_finishing);
	made_conn_end(conn(), ES_TLS_END_CUT, "finished");
	CHECK_STR(reason(s), "no Welcome within 10 s"); /* ours, not how TLS saw it */
	CHECK_STR(state(s), "waiting");
	made_pass(s->loop, retry_in(s));
	CHECK_EQ(made_dial.times, 2);
	made_dial_answer(ES_EIO, "refused");
	CHECK_STR(reason(s), "refused");
	made_pass(s->loop, retry_in(s));
	made_dial_answer(0, NULL);
	made_conn_end(conn(), ES_TLS_END_REFUSED, "not our CA");
	CHECK_STR(reason(s), "not our CA"); /* the reason of the time before is forgotten */
	CHECK(end(s));
}

TEST(link_gives_up_a_collector_that_does_not_acknowledge)
{
	struct scene *s = begin(2);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	made_pass(s->loop, 5000);
	welcome(0, 1, 0);
	CHECK(got(s, ES_ENV_BATCH));
	append(s, 1);
	es_collector_link_pump(s->link);
	CHECK(is_silent(s)); /* credit 1 */
	made_pass(s->loop, 29000);
	ack(s, 2); /* progress: 30 s begin again with what it lets out */
	CHECK(got(s, ES_ENV_BATCH));
	made_pass(s->loop, 29999);
	CHECK(!conn()->is_finishing);
	made_pass(s->loop, 1);
	CHECK(conn()->is_finishing);
	made_conn_end(conn(), ES_TLS_END_CUT, "x");
	CHECK_STR(reason(s), "no Ack within 30 s");
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 2);
	CHECK(end(s));
}

TEST(link_idle_has_no_deadline)
{
	struct scene *s = begin(1);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	ack(s, 1);
	CHECK_EQ(made_next_ms(s->loop), -1);
	made_pass(s->loop, 3600000);
	CHECK_STR(state(s), "connected");
	CHECK(end(s));
}

/* A pump that sends after a silence: from then on 30 s are left for its Ack. */
TEST(link_deadline_is_of_what_the_pump_sent)
{
	struct scene *s = begin(1);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	CHECK_EQ(made_next_ms(s->loop), 10000); /* for the Welcome */
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	CHECK_EQ(made_next_ms(s->loop), 30000);
	ack(s, 1);
	CHECK_EQ(made_next_ms(s->loop), -1);
	made_pass(s->loop, 5000);
	append(s, 1);
	es_collector_link_pump(s->link);
	CHECK_EQ(made_next_ms(s->loop), 30000);
	CHECK(end(s));
}

/* The next attempt fails so long after the last trouble. */
static void
fail_at(struct scene *s, int64_t at_ms, const char *why)
{
	int64_t wait = retry_in(s);

	made_pass(s->loop, wait);
	made_pass(s->loop, at_ms - made_clock.monotonic_ns / ES_NS_PER_MS);
	made_dial_answer(ES_EIO, why);
}

/* A trouble that repeats is said once a minute, another at once, and the same after a connection too. */
TEST(link_logs_a_trouble_once_a_minute)
{
	for (int64_t after = 59999; after <= 60000; after++) {
		struct scene *s = begin(1);
		int64_t start = made_clock.monotonic_ns / ES_NS_PER_MS;

		listen_to_log();
		made_settle(s->loop);
		made_dial_answer(ES_EIO, "refused");
		fail_at(s, start + 30000, "refused");
		CHECK_EQ(logged("refused; next"), 1);
		listen_to_log();
		fail_at(s, start + after, "refused");
		CHECK_EQ(logged("refused (1 times more); next"), after == 60000);
		listen_to_log();
		fail_at(s, start + 100000, "too far");
		CHECK_EQ(logged("too far; next"), 1);
		listen_to_log();
		fail_at(s, start + 150000, "too far");
		CHECK_EQ(logged("too far"), 0);
		made_pass(s->loop, retry_in(s));
		made_dial_answer(0, NULL);
		made_conn_ready(conn(), "collector.test", NULL);
		listen_to_log();
		made_conn_end(conn(), ES_TLS_END_CUT, "too far");
		CHECK_EQ(logged("too far; next"), 1);
		CHECK(end(s));
	}
	es_collector_link_free(NULL);
}
