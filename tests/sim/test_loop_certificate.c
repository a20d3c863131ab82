/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that renew themselves, on a loop whose clock the test drives: the collector is the test. */
#include "agent/shipper/certificate.h"
#include "runtime/clock.h"
#include "tests/sim/made_collector_link.h"
#include "tests/sim/made_log.h"
#include "tests/unit/renewed_pair.h"

#include <sys/stat.h>
#include <unistd.h>

enum { HOUR_MS = 3600000 };

static struct scene *
begin_enrolled(void)
{
	char text[512];

	pair_make();
	(void)snprintf(text, sizeof(text),
	    "collector = \"c.example:6200\"\ncollector-name = \"collector.test\"\n"
	    "state-dir = \"%s\"\ncapture \"x\" { role = gateway replay = {\"a.pcap\"} }\n",
	    pair.dir);
	return begin_with(0, text);
}

static bool
end_enrolled(struct scene *s)
{
	pair_free();
	return end(s);
}

static void
join(struct scene *s)
{
	connect_up(s);
	if (!got(s, ES_ENV_HELLO))
		test_fail(__FILE__, __LINE__, "no Hello");
	welcome(0, 4, 0);
}

static struct es_certificate_status
certificate(const struct scene *s)
{
	return es_collector_link_certificate(s->link);
}

/* Until the certificate renews itself. */
static int64_t
due_in_ms(const struct scene *s)
{
	return es_time_diff(certificate(s).renews, es_clock_wall()) / ES_NS_PER_MS;
}

static void
answer(struct scene *s, uint32_t generation)
{
	struct es_envelope env = { .type = ES_ENV_RENEW_REPLY };

	env.u.renew_reply =
	    *pair_reply(s->env.u.renew_request.csr_der, generation, es_clock_wall());
	say(&env);
}

/* To the request, which is made when it is due and not before. */
static bool
asks_when_due(struct scene *s)
{
	int64_t due_ms = due_in_ms(s);

	made_pass(s->loop, due_ms - 1);
	if (!is_silent(s))
		return false;
	made_pass(s->loop, 2);
	return got(s, ES_ENV_RENEW_REQUEST);
}

/* The next attempt comes within an hour. */
static bool
asks_again(struct scene *s)
{
	for (int i = 0; i <= HOUR_MS / 1000 && is_silent(s); i++)
		made_pass(s->loop, 1000);
	return got(s, ES_ENV_RENEW_REQUEST);
}

/* The connection that was finished for the new certificate ends; the next attempt follows at once. */
static void
reconnect(struct scene *s)
{
	if (!conn()->is_finishing)
		test_fail(__FILE__, __LINE__, "it still stands");
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	made_settle(s->loop);
}

TEST(certificate_is_due_at_half_its_life_give_or_take_a_tenth)
{
	struct es_pki_cert cert = { .not_before = es_time_of_ns(0) };
	int64_t life = 1000 * ES_NS_PER_S, least = INT64_MAX, most = 0;

	cert.not_before = es_time_add(pair_issued, -(int64_t)ES_PKI_EARLY_S * ES_NS_PER_S);
	cert.not_after = es_time_add(pair_issued, life);
	for (uint32_t i = 0; i < 4000; i++) {
		int64_t after;

		es_sha256(es_slice_of(&i, sizeof(i)), cert.spki_sha256);
		after = es_time_diff(es_certificate_due(&cert), pair_issued);
		least = after < least ? after : least;
		most = after > most ? after : most;
	}
	CHECK_EQ(least, life * 2 / 5);
	CHECK_EQ(most, life * 3 / 5);
	cert.not_before = pair_issued; /* of an issuer who does not date back */
	memset(cert.spki_sha256, 0, sizeof(cert.spki_sha256));
	CHECK_EQ(es_time_diff(es_certificate_due(&cert), pair_issued), life * 2 / 5);
}

TEST(certificate_renews_itself_with_a_new_key)
{
	struct scene *s = begin_enrolled();
	struct es_certificate_status before;

	join(s);
	before = certificate(s);
	CHECK(before.is_known);
	CHECK_EQ(before.generation, 1);
	CHECK(due_in_ms(s) >= PAIR_LIFE_S * 400LL && due_in_ms(s) <= PAIR_LIFE_S * 600LL);
	CHECK(asks_when_due(s));
	answer(s, 2);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 1); /* until the new one is seen */
	reconnect(s);
	CHECK(strstr(made_tls.cfg.cert_file, "/agent.pem.new") != NULL);
	CHECK(strstr(made_tls.cfg.key_file, "/agent.key.new") != NULL);
	CHECK(strstr(made_tls.cfg.ca_file, "/ca.pem.new") != NULL);
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(!pair_has("agent.pem.new"));
	CHECK_EQ(certificate(s).generation, 2);
	CHECK(es_time_before(before.end, certificate(s).end));
	CHECK_STR(certificate(s).trouble, "");
	CHECK(asks_when_due(s)); /* and so on */
	CHECK(end_enrolled(s));
}

/* Renews with the CAs that the collector trusts at the time; n: how many it connects with. */
static bool
renews_with(struct scene *s, uint32_t generation, const char *anchors, unsigned n)
{
	struct es_envelope env = { .type = ES_ENV_RENEW_REPLY };
	unsigned n_tried;

	if (!asks_when_due(s))
		return false;
	env.u.renew_reply =
	    *pair_reply(s->env.u.renew_request.csr_der, generation, es_clock_wall());
	env.u.renew_reply.ca_pem = es_slice_str(anchors);
	say(&env);
	reconnect(s);
	n_tried = pair_anchors(made_tls.cfg.ca_file);
	join(s);
	return n_tried == n && pair_anchors(pair.ca) == n &&
	       pair_generation(pair.cert, pair.key) == generation;
}

/* The old CA, the old and the new one while agents renew, the new one alone. */
TEST(certificate_brings_the_anchors_of_a_roll_over)
{
	struct scene *s = begin_enrolled();
	char both[2 * ES_PKI_PEM_MAX];
	char *trusted = NULL;
	size_t n;

	join(s);
	(void)snprintf(both, sizeof(both), "%s", pair.ca_pem);
	pair_make_ca("test-ca-2");
	(void)snprintf(both + strlen(both), sizeof(both) - strlen(both), "%s", pair.ca_pem);
	CHECK(renews_with(s, 2, both, 2));
	CHECK(renews_with(s, 3, pair.ca_pem, 1));
	CHECK_EQ(es_file_read(pair.ca, ES_PKI_CHAIN_MAX, &trusted, &n), 0);
	CHECK_STR(trusted, pair.ca_pem); /* and not the old one */
	free(trusted);
	CHECK(end_enrolled(s));
}

TEST(certificate_waits_for_a_collector_that_is_away)
{
	struct scene *s = begin_enrolled();

	join(s);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	for (int64_t h = 0; h < 24 * 5; h++) { /* past the instant it was due at */
		made_pass(s->loop, HOUR_MS);
		if (made_dial.is_open)
			made_dial_answer(ES_EIO, "refused");
	}
	CHECK(due_in_ms(s) < 0);
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	made_dial_answer(0, NULL);
	made_conn_ready(conn(), "collector.test", NULL);
	CHECK(got(s, ES_ENV_HELLO));
	made_pass(s->loop, 1);
	CHECK(is_silent(s)); /* nothing before the Welcome */
	welcome(0, 4, 0);
	made_settle(s->loop);
	CHECK(got(s, ES_ENV_RENEW_REQUEST));
	answer(s, 2);
	reconnect(s);
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(end_enrolled(s));
}

/* The network fails with the new pair in hand: it is kept, for the collector may have seen it. */
TEST(certificate_that_may_have_been_seen_is_never_given_up)
{
	struct scene *s = begin_enrolled();

	join(s);
	CHECK(asks_when_due(s));
	answer(s, 2);
	reconnect(s);
	for (int i = 0; i < 8; i++) {
		while (!made_dial.is_open)
			made_pass(s->loop, 1000);
		CHECK(strstr(made_tls.cfg.cert_file, "/agent.pem.new") != NULL);
		if (i % 2 == 0) {
			made_dial_answer(ES_EIO, "refused");
			continue;
		}
		made_dial_answer(0, NULL);
		made_conn_ready(conn(), "collector.test", NULL);
		made_conn_end(conn(), ES_TLS_END_CUT, "cut"); /* it has seen the new one now */
	}
	CHECK_EQ(pair_generation(pair.cert, pair.key), 1);
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(end_enrolled(s));
}

static void
refuse_handshake(struct scene *s, enum es_tls_end end)
{
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	made_dial_answer(0, NULL);
	made_conn_end(conn(), end, "refused");
}

/* A captive portal, an alert that somebody on the way makes up: nobody of them is the collector, which has the new one. */
TEST(certificate_that_the_collector_noted_is_not_given_up_at_a_later_handshake)
{
	static const enum es_tls_end ends[] = { ES_TLS_END_REFUSED, ES_TLS_END_REFUSED_BY_PEER };

	for (size_t i = 0; i < 4; i++) {
		struct scene *s = begin_enrolled();
		struct es_collector_link *other;

		join(s);
		CHECK(asks_when_due(s));
		answer(s, 2);
		reconnect(s);
		connect_up(s);
		CHECK(got(s, ES_ENV_HELLO)); /* and the Welcome is lost */
		made_conn_end(conn(), ES_TLS_END_CUT, "cut");
		if (i >= 2) { /* by the next process */
			CHECK_EQ(es_collector_link_new(s->loop, s->cfg, s->spool.spool, &other), 0);
			es_collector_link_free(s->link);
			s->link = other;
		}
		refuse_handshake(s, ends[i % 2]);
		CHECK(pair_has("agent.pem.new") && pair_has("agent.key.new"));
		while (!made_dial.is_open)
			made_pass(s->loop, 1000);
		CHECK(strstr(made_tls.cfg.cert_file, "/agent.pem.new") != NULL);
		join(s);
		CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
		CHECK(!pair_has("agent.pem.shown"));
		CHECK(end_enrolled(s));
	}
}

/* Files that TLS cannot use now, as where memory is short: they are not the collector's word either. */
TEST(certificate_that_the_collector_noted_outlives_files_of_no_use)
{
	struct scene *s = begin_enrolled();

	join(s);
	CHECK(asks_when_due(s));
	answer(s, 2);
	reconnect(s);
	connect_up(s);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	made_tls.fail_with = ES_ENOMEM;
	made_pass(s->loop, 120000);
	CHECK(!made_dial.is_open);
	CHECK(pair_has("agent.pem.new"));
	made_tls.fail_with = 0;
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(end_enrolled(s));
}

/* The collector itself, behind a handshake that came through, does not want it: by TLS 1.3's late alert, or in words. */
TEST(certificate_that_was_shown_is_given_up_at_the_collectors_word)
{
	static const enum es_nack_code nacks[] = { 0, ES_NACK_CERTIFICATE, ES_NACK_CLONE };

	for (size_t i = 0; i < 3; i++) {
		struct scene *s = begin_enrolled();

		join(s);
		CHECK(asks_when_due(s));
		answer(s, 2);
		reconnect(s);
		connect_up(s);
		CHECK(pair_has("agent.pem.shown"));
		if (nacks[i] != 0)
			nack(nacks[i], 0);
		made_conn_end(
		    conn(), nacks[i] != 0 ? ES_TLS_END_CUT : ES_TLS_END_REFUSED_BY_PEER, "refused");
		CHECK(!pair_has("agent.pem.new") && !pair_has("agent.pem.shown"));
		CHECK(end_enrolled(s));
	}
}

/* What cannot be written down may not be shown: no Hello, and the next attempt finds all as it was. */
TEST(certificate_that_cannot_be_noted_as_shown_is_not_shown)
{
	struct scene *s = begin_enrolled();
	char path[128];

	join(s);
	CHECK(asks_when_due(s));
	answer(s, 2);
	(void)snprintf(path, sizeof(path), "%s/agent.pem.shown.%ld.tmp", pair.dir, (long)getpid());
	CHECK_EQ(mkdir(path, 0700), 0); /* in its way */
	reconnect(s);
	connect_up(s);
	CHECK(is_silent(s));
	CHECK(conn()->is_finishing);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	CHECK(pair_has("agent.pem.new"));
	CHECK(strncmp(certificate(s).trouble, "files next to it cannot be written: ", 36) == 0);
	CHECK_EQ(rmdir(path), 0);
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(end_enrolled(s));
}

/* The next process finds the pair that the one before was to try. */
TEST(certificate_of_before_a_power_cut_is_tried_by_the_next_process)
{
	struct scene *s = begin_enrolled();
	struct es_collector_link *other;

	join(s);
	CHECK(asks_when_due(s));
	answer(s, 2);
	CHECK_EQ(es_collector_link_new(s->loop, s->cfg, s->spool.spool, &other), 0);
	es_collector_link_free(s->link); /* without another word */
	s->link = other;
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(end_enrolled(s));
}

TEST(certificate_that_is_refused_is_given_up)
{
	static const struct {
		const char *name;
		enum es_tls_end end;    /* of the handshake, or */
		enum es_nack_code nack; /* the collector's word behind it */
	} rows[] = { { "the collector does not accept it", ES_TLS_END_REFUSED_BY_PEER, 0 },
		{ "the new CAs do not fit the collector", ES_TLS_END_REFUSED, 0 },
		{ "a restored collector does not know it", 0, ES_NACK_CERTIFICATE } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *s = begin_enrolled();

		join(s);
		CHECK(asks_when_due(s));
		answer(s, 2);
		reconnect(s);
		made_dial_answer(0, NULL);
		if (rows[i].nack == 0) {
			made_conn_end(conn(), rows[i].end, rows[i].name);
		} else {
			made_conn_ready(conn(), "collector.test", NULL);
			nack(rows[i].nack, 0);
			made_conn_end(conn(), ES_TLS_END_CUT, "cut");
		}
		CHECK(!pair_has("agent.pem.new"));
		CHECK_STR(
		    certificate(s).trouble, "the collector and we do not agree on the new one");
		while (!made_dial.is_open)
			made_pass(s->loop, 1000);
		CHECK_STR(strrchr(made_tls.cfg.cert_file, '/'), "/agent.pem");
		join(s);
		CHECK_EQ(pair_generation(pair.cert, pair.key), 1);
		CHECK(asks_again(s));
		CHECK(end_enrolled(s));
	}
}

/* One that nobody has seen is given up for one that is of use, not for one that has ended. */
TEST(certificate_of_before_that_has_ended_is_not_gone_back_to)
{
	struct scene *s = begin_enrolled();

	join(s);
	CHECK(asks_when_due(s));
	answer(s, 2);
	reconnect(s);
	made_clock.wall_ns += (int64_t)PAIR_LIFE_S * 600 * ES_NS_PER_MS; /* off meanwhile */
	refuse_handshake(s, ES_TLS_END_REFUSED);
	CHECK(pair_has("agent.pem.new"));
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	join(s);
	CHECK_EQ(pair_generation(pair.cert, pair.key), 2);
	CHECK(end_enrolled(s));
}

/* A disabled agent that shows a new certificate keeps it: the collector may have seen it, and lets it in again. */
TEST(certificate_of_a_disabled_agent_is_kept)
{
	struct scene *s = begin_enrolled();

	join(s);
	CHECK(asks_when_due(s));
	answer(s, 2);
	reconnect(s);
	made_dial_answer(0, NULL);
	made_conn_ready(conn(), "collector.test", NULL);
	nack(ES_NACK_DISABLED, 0);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	CHECK(pair_has("agent.pem.new"));
	CHECK(end_enrolled(s));
}

/* No answer, a refusal, an answer that cannot be used: tried again, later and later, at most each hour. */
TEST(certificate_is_asked_for_again_until_it_comes)
{
	static const char *const troubles[] = {
		"no answer within 30 s; a collector of before renewals does not answer",
		"the collector says: too early", "our certificate is damaged or that of a CA"
	};
	struct scene *s = begin_enrolled();
	struct es_envelope env = { .type = ES_ENV_RENEW_REPLY };

	join(s);
	CHECK(asks_when_due(s));
	for (int i = 0; i < 12; i++) {
		if (i % 3 == 0) {
			made_pass(s->loop, ES_CERTIFICATE_REPLY_MS - 1000);
			CHECK(i > 0 || certificate(s).trouble[0] == '\0');
			made_pass(s->loop, 1000);
		} else {
			env.u.renew_reply = (struct es_renew_reply){ .reason = { 0 } };
			env.u.renew_reply.reason = es_slice_str("too early");
			if (i % 3 == 2) {
				env.u.renew_reply.certificate_pem = es_slice_str("rubbish");
				env.u.renew_reply.ca_pem = es_slice_str(pair.ca_pem);
			}
			say(&env);
		}
		CHECK_STR(certificate(s).trouble, troubles[i % 3]);
		CHECK(!conn()->is_finishing);
		CHECK(asks_again(s));
	}
	answer(s, 2);
	reconnect(s);
	join(s);
	CHECK_STR(certificate(s).trouble, "");
	CHECK(end_enrolled(s));
}

/* An answer that nobody waits for any more is left alone: its key may be another by now. */
TEST(certificate_that_comes_too_late_is_not_taken)
{
	struct scene *s = begin_enrolled();

	join(s);
	CHECK(asks_when_due(s));
	made_pass(s->loop, ES_CERTIFICATE_REPLY_MS);
	answer(s, 2);
	CHECK(!pair_has("agent.pem.new"));
	CHECK(!conn()->is_finishing);
	CHECK(end_enrolled(s));
}

/* A directory in which the service may not write. */
TEST(certificate_that_cannot_be_written_is_said)
{
	struct scene *s;
	char path[128];

	s = begin_enrolled();
	(void)snprintf(path, sizeof(path), "%s/agent.key.new", pair.dir);
	CHECK_EQ(mkdir(path, 0700), 0); /* in its way */
	join(s);
	made_pass(s->loop, due_in_ms(s) + 2);
	CHECK(is_silent(s));
	CHECK(strncmp(certificate(s).trouble, "files next to it cannot be written: ", 36) == 0);
	CHECK_EQ(rmdir(path), 0);
	CHECK(asks_again(s));
	CHECK(end_enrolled(s));
}

/* A clock that is years ahead sees every certificate as due: one request in a quarter of a life, not one after another. */
TEST(certificate_is_not_renewed_without_end_by_a_wrong_clock)
{
	struct scene *s = begin_enrolled();
	es_time right = es_clock_wall();
	uint32_t generation = 1;

	made_clock.wall_ns += INT64_C(1000) * 86400 * ES_NS_PER_S;
	join(s);
	for (int64_t ms = 0; ms < PAIR_LIFE_S * 1000LL && generation < 100; ms += 20000) {
		struct es_envelope env = { .type = ES_ENV_RENEW_REPLY };

		made_pass(s->loop, 20000);
		if (is_silent(s))
			continue;
		CHECK(got(s, ES_ENV_RENEW_REQUEST));
		env.u.renew_reply =
		    *pair_reply(s->env.u.renew_request.csr_der, ++generation, right);
		say(&env);
		reconnect(s);
		join(s);
	}
	CHECK_EQ(pair_generation(pair.cert, pair.key), generation);
	if (generation < 4 || generation > 6)
		test_fail(__FILE__, __LINE__, "%u generations in a week", (unsigned)generation);
	CHECK(end_enrolled(s));
}

/* Once it has ended nothing but a new token helps: the words name the commands, once an hour. */
TEST(certificate_that_has_ended_says_what_to_do)
{
	struct scene *s = begin_enrolled();
	char want[512];
	unsigned n;

	made_pass(s->loop, 0);
	made_dial_answer(ES_EIO, "refused");
	made_clock.wall_ns += (int64_t)PAIR_LIFE_S * ES_NS_PER_S;
	(void)snprintf(want, sizeof(want),
	    "shipper: the certificate %s has ended; with a token of `earshot-collector token "
	    "--agent NAME`: earshot enroll --collector c.example --token-file FILE --state-dir %s; "
	    "the spool is kept\n",
	    pair.cert, pair.dir);
	listen_to_log();
	for (int i = 0; i < 7; i++) { /* seconds to minutes apart */
		while (!made_dial.is_open)
			made_pass(s->loop, 1000);
		made_dial_answer(0, NULL);
		made_conn_end(conn(), ES_TLS_END_REFUSED_BY_PEER,
		    "the server refused us: certificate expired");
	}
	n = logged(want);
	CHECK_EQ(n, 1);
	CHECK(end_enrolled(s));
}

/* `earshot enroll` puts other files there; the service that runs finds them. */
TEST(certificate_that_has_ended_recovers_by_enrolment_without_a_restart)
{
	struct scene *s = begin_enrolled();
	struct es_pki_issue want = { 0 };
	struct es_pki_key *key;
	char pem[ES_PKI_PEM_MAX];

	join(s);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	made_clock.wall_ns += (int64_t)PAIR_LIFE_S * ES_NS_PER_S;
	refuse_handshake(s, ES_TLS_END_REFUSED_BY_PEER);
	CHECK(!es_time_before(es_clock_wall(), certificate(s).end));
	CHECK(es_pki_key_new(&key) == 0 && es_pki_key_write(key, pair.key) == 0);
	want.key = key;
	pair_issue(&want, 2, es_clock_wall(), pem);
	CHECK_EQ(es_pki_write_pem(pair.cert, pem, 0644), 0);
	es_pki_key_free(key);
	while (!made_dial.is_open)
		made_pass(s->loop, 1000);
	CHECK_STR(made_tls.cfg.cert_file, pair.cert);
	join(s);
	CHECK_EQ(certificate(s).generation, 2);
	CHECK(asks_when_due(s)); /* and renews itself as any other */
	CHECK(end_enrolled(s));
}
