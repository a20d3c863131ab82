/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates of an agent the collector lets in as it renews them, on a loop whose clock the test drives. */
#include "collector/ingest/admission.h"
#include "collector/ingest/issue.h"
#include "collector/ingest/renew.h"
#include "collector/store/store_private.h"
#include "runtime/clock.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_session.h"

static struct es_pki_key *next_key;
static struct es_tls_peer shown; /* what the last reply's certificate would show */

/* A collector that can issue; its agent 1 is that of made_session.h. */
static struct scene *
begin_issuing(void)
{
	struct scene *s = begin();
	es_time from = es_time_of_ns(0), to = es_time_of_ns(INT64_C(4000000000) * ES_NS_PER_S);

	s->cfg.agent_validity_ms = INT64_C(7) * 86400000;
	if (es_pki_key_new(&s->in.authority.key) != 0 ||
	    es_pki_make_ca(s->in.authority.key, "test-ca", from, to, s->in.authority.pem) != 0)
		abort();
	(void)snprintf(
	    s->in.authority.anchors, sizeof(s->in.authority.anchors), "%s", s->in.authority.pem);
	next_key = NULL;
	return s;
}

static bool
end_issuing(struct scene *s)
{
	es_pki_key_free(s->in.authority.key);
	es_pki_key_free(next_key);
	return end(s);
}

static void
ask(struct es_tls_conn *c)
{
	struct es_envelope env = { .type = ES_ENV_RENEW_REQUEST };
	uint8_t csr[ES_PKI_DER_MAX];
	int n;

	if (next_key == NULL && es_pki_key_new(&next_key) != 0)
		abort();
	n = es_pki_make_csr(next_key, csr);
	env.u.renew_request.csr_der = es_slice_of(csr, (size_t)n);
	say(c, &env);
}

static void
forget_key(void)
{
	es_pki_key_free(next_key);
	next_key = NULL;
}

/* It was answered with a certificate, which `shown` is from now on. */
static bool
renewed(struct scene *s, struct es_tls_conn *c)
{
	static char pem[ES_PKI_CHAIN_MAX];
	struct es_pki_cert cert;

	if (!got(s, c, ES_ENV_RENEW_REPLY) || s->env.u.renew_reply.certificate_pem.n == 0 ||
	    !es_slice_eq(s->env.u.renew_reply.ca_pem, es_slice_str(s->in.authority.anchors)))
		return false;
	(void)snprintf(pem, sizeof(pem), "%.*s", (int)s->env.u.renew_reply.certificate_pem.n,
	    (const char *)s->env.u.renew_reply.certificate_pem.p);
	if (es_pki_read_cert(pem, &cert) != 0 ||
	    cert.not_after.ns != es_clock_wall().ns + s->cfg.agent_validity_ms * ES_NS_PER_MS)
		return false;
	memset(&shown, 0, sizeof(shown));
	(void)snprintf(shown.name, sizeof(shown.name), "%s", cert.name);
	memcpy(shown.spki_sha256, cert.spki_sha256, sizeof(shown.spki_sha256));
	shown.not_after = cert.not_after;
	shown.generation = cert.generation;
	return true;
}

static struct es_tls_conn *
join_as(struct scene *s, const struct es_tls_peer *peer)
{
	struct es_tls_conn *c = arrive(s);

	c->peer = *peer;
	made_conn_ready(c, peer->name, peer->spki_sha256);
	return c;
}

static struct es_renewal
renewal(const struct scene *s)
{
	struct es_renewal r;

	if (es_store_renewal_get(s->in.store, 1, &r) != 0)
		abort();
	return r;
}

static bool
is_in(struct scene *s, struct es_tls_conn *c, const uint8_t *epoch)
{
	hello(c, epoch, 1000);
	return got(s, c, ES_ENV_WELCOME) && !c->is_finishing;
}

TEST(admission_of_the_next_generation_ends_the_one_before)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1), *b;

	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).generation, 1);
	ask(a);
	CHECK(renewed(s, a));
	CHECK_EQ(shown.generation, 2);
	CHECK_STR(shown.name, agent(s, 1).cn); /* it is who it was */
	leave(a);
	a = join(s, 1); /* valid until the new one is seen */
	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).generation, 1);
	b = join_as(s, &shown);
	CHECK(is_in(s, b, epoch_a));
	CHECK(got(s, a, ES_ENV_BYE)); /* a newer connection replaces it */
	CHECK_EQ(renewal(s).generation, 2);
	CHECK_EQ(renewal(s).clones, 0);
	CHECK(memcmp(agent(s, 1).spki, shown.spki_sha256, ES_STORE_HASH_LEN) == 0);
	CHECK_EQ(agent(s, 1).not_after.ns, shown.not_after.ns);
	CHECK_EQ(agent(s, 1).id, 1);
	CHECK(end_issuing(s));
}

TEST(admission_of_an_old_generation_is_refused_as_a_clone)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1), *clone;
	unsigned n;

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	leave(a);
	a = join_as(s, &shown);
	CHECK(is_in(s, a, epoch_a));
	listen_to_log();
	clone = join(s, 1);
	n = logged("ingest: ALARM: ep1: certificate of generation 1 shows up again after "
		   "generation 2 was used: two machines have this agent's key, or one was put back "
		   "to an older state; refused\n");
	CHECK_EQ(n, 1);
	CHECK(refused(s, clone, ES_NACK_CLONE));
	CHECK_SLICE(s->env.u.nack.reason,
	    "another machine has this agent's key, or this one was put back to an older state: "
	    "enroll with a new token");
	CHECK_EQ(renewal(s).clones, 1);
	CHECK_EQ(renewal(s).clone.ns, es_clock_wall().ns);
	CHECK(!a->is_finishing); /* whoever has the newest one stays */
	leave(clone);
	clone = join(s, 1); /* at once again: refused, counted once in ten seconds */
	CHECK(refused(s, clone, ES_NACK_CLONE));
	CHECK_EQ(renewal(s).clones, 1);
	leave(clone);
	made_pass(s->in.loop, 10000);
	clone = join(s, 1);
	CHECK(refused(s, clone, ES_NACK_CLONE));
	CHECK_EQ(renewal(s).clones, 2);
	CHECK(end_issuing(s));
}

/* Two that share a key ask for different ones: the last that was issued is the one that counts. */
TEST(admission_of_a_generation_that_another_request_replaced_is_a_clone)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1), *b;
	struct es_tls_peer first;

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	first = shown;
	leave(a);
	made_pass(s->in.loop, ES_RENEW_PAUSE_MS);
	b = join(s, 1);
	CHECK(is_in(s, b, epoch_a));
	forget_key();
	ask(b);
	CHECK(renewed(s, b));
	CHECK_EQ(shown.generation, 3);
	leave(b);
	a = join_as(s, &first);
	CHECK(refused(s, a, ES_NACK_CLONE));
	b = join_as(s, &shown);
	CHECK(is_in(s, b, epoch_a));
	CHECK_EQ(renewal(s).generation, 3);
	CHECK(end_issuing(s));
}

/* The answer was lost, the agent asks again for the same key: either answer is its next certificate. */
TEST(admission_of_a_key_that_was_asked_for_twice)
{
	for (int i = 0; i < 2; i++) {
		struct scene *s = begin_issuing();
		struct es_tls_conn *a = join(s, 1);
		struct es_tls_peer first;

		CHECK(is_in(s, a, epoch_a));
		ask(a);
		CHECK(renewed(s, a));
		first = shown;
		made_pass(s->in.loop, 10000);
		ask(a);
		CHECK(renewed(s, a));
		leave(a);
		a = join_as(s, i == 0 ? &first : &shown);
		CHECK(is_in(s, a, epoch_a));
		CHECK_EQ(renewal(s).generation, i == 0 ? 2 : 3);
		made_pass(s->in.loop, 10000);
		forget_key();
		ask(a);
		CHECK(renewed(s, a));
		CHECK_EQ(shown.generation, 4);
		CHECK(end_issuing(s));
	}
}

/* The database is older than the certificate: what our CA signed is believed, and what is older is a clone. */
TEST(admission_after_restore_takes_the_newer_generation)
{
	struct scene *s = begin_issuing();
	struct es_tls_peer later = { .generation = 5 };
	struct es_tls_conn *a;

	memcpy(later.name, agent(s, 1).cn, ES_STORE_CN_LEN);
	memset(later.spki_sha256, 9, sizeof(later.spki_sha256));
	later.not_after = es_time_of_ns(77 * ES_NS_PER_S);
	a = join_as(s, &later);
	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).generation, 5);
	CHECK_EQ(agent(s, 1).not_after.ns, later.not_after.ns);
	a = join(s, 1);
	CHECK(refused(s, a, ES_NACK_CLONE));
	later.generation = 4;
	memset(later.spki_sha256, 8, sizeof(later.spki_sha256));
	a = join_as(s, &later);
	CHECK(refused(s, a, ES_NACK_CLONE));
	CHECK(end_issuing(s));
}

/* Who enrols again is at generation 1 again: its old certificates are unknown, and accuse nobody. */
TEST(admission_of_a_certificate_of_before_a_new_enrolment)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);
	struct es_agent again = agent(s, 1);

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	leave(a);
	a = join_as(s, &shown);
	CHECK(is_in(s, a, epoch_a));
	memset(again.cn, '7', ES_STORE_CN_LEN);
	memset(again.spki, 7, sizeof(again.spki));
	CHECK_EQ(es_store_agent_bind(s->in.store, &again), 0);
	CHECK_EQ(renewal(s).generation, 1);
	a = join_as(s, &shown);
	CHECK(refused(s, a, ES_NACK_CERTIFICATE));
	a = join(s, 7);
	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).clones, 0);
	CHECK(end_issuing(s));
}

TEST(admission_of_a_disabled_agent_changes_nothing)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	leave(a);
	CHECK_EQ(es_store_agent_disable(s->in.store, "ep1", true), 0);
	a = join_as(s, &shown);
	CHECK(refused(s, a, ES_NACK_DISABLED));
	CHECK_EQ(renewal(s).generation, 1);
	CHECK_EQ(es_store_agent_disable(s->in.store, "ep1", false), 0);
	a = join_as(s, &shown);
	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).generation, 2);
	CHECK(end_issuing(s));
}

/* The store cannot note the new generation: the agent is asked to come again, and nothing of it is half done. */
TEST(admission_that_cannot_be_stored_is_tried_again)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);
	sqlite3 *other = NULL;

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	leave(a);
	sqlite3_busy_timeout(s->in.store->db, 0);
	CHECK_EQ(sqlite3_open(s->path, &other), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	a = join_as(s, &shown);
	hello(a, epoch_a, 1000);
	CHECK(refused(s, a, ES_NACK_BUSY));
	CHECK_EQ(renewal(s).generation, 1);
	leave(a);
	CHECK_EQ(sqlite3_close(other), SQLITE_OK);
	a = join_as(s, &shown);
	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).generation, 2);
	CHECK(end_issuing(s));
}

/* A second request within ten seconds, a key that is in use, rubbish: each has its reason, and the session stays. */
TEST(renewal_that_is_refused_says_why)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);
	struct es_envelope env = { .type = ES_ENV_RENEW_REQUEST };

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	ask(a);
	CHECK(got(s, a, ES_ENV_RENEW_REPLY));
	CHECK_EQ(s->env.u.renew_reply.certificate_pem.n, 0);
	CHECK_SLICE(s->env.u.renew_reply.reason, "too early after the last request");
	made_pass(s->in.loop, 10000);
	env.u.renew_request.csr_der = es_slice_str("rubbish");
	say(a, &env);
	CHECK(got(s, a, ES_ENV_RENEW_REPLY));
	CHECK_SLICE(
	    s->env.u.renew_reply.reason, "the certificate request is not a signed P-256 request");
	CHECK(!a->is_finishing);
	leave(a);
	made_pass(s->in.loop, ES_RENEW_PAUSE_MS);
	a = join_as(s, &shown);
	CHECK(is_in(s, a, epoch_a));
	ask(a); /* for the key it has */
	CHECK(got(s, a, ES_ENV_RENEW_REPLY));
	CHECK_SLICE(s->env.u.renew_reply.reason, "the key of the request was used before");
	CHECK_EQ(renewal(s).issued, 2);
	CHECK(end_issuing(s));
}

/*
 * The agent may not know that its handshake came through. Until its Hello, which it sends when it has written down that
 * it is known by the newer one, the one before is as good.
 */
TEST(admission_of_a_newer_generation_waits_for_the_hello)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);

	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	leave(a);
	a = join_as(s, &shown);
	leave(a);
	CHECK_EQ(renewal(s).generation, 1);
	a = join(s, 1);
	CHECK(is_in(s, a, epoch_a));
	CHECK_EQ(renewal(s).clones, 0);
	CHECK(end_issuing(s));
}

/* It was let in at the handshake; what became of it since is asked again. */
TEST(admission_is_judged_again_at_the_hello)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);

	CHECK_EQ(es_store_agent_disable(s->in.store, "ep1", true), 0);
	hello(a, epoch_a, 1000);
	CHECK(refused(s, a, ES_NACK_DISABLED));
	CHECK(end_issuing(s));
}

TEST(renewal_before_the_hello_is_refused)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);

	ask(a);
	CHECK(refused(s, a, ES_NACK_MALFORMED));
	CHECK_SLICE(s->env.u.nack.reason, "a RenewRequest without a Hello");
	CHECK_EQ(renewal(s).issued, 1);
	CHECK(end_issuing(s));
}

/* One agent, many connections: the pause is the agent's. */
TEST(renewal_pause_holds_over_all_connections_of_an_agent)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a;

	for (int i = 0; i < 20; i++) {
		a = join(s, 1);
		CHECK(is_in(s, a, epoch_a));
		ask(a);
		CHECK(got(s, a, ES_ENV_RENEW_REPLY));
		CHECK_EQ(s->env.u.renew_reply.certificate_pem.n == 0, i > 0);
		leave(a);
	}
	CHECK_EQ(renewal(s).issued, 2);
	made_pass(s->in.loop, ES_RENEW_PAUSE_MS);
	a = join(s, 1);
	CHECK(is_in(s, a, epoch_a));
	ask(a);
	CHECK(renewed(s, a));
	CHECK_EQ(renewal(s).issued, 3);
	CHECK(end_issuing(s));
}

/* The session's copy of the agent is of the Hello; others write meanwhile. */
TEST(renewal_is_refused_to_who_was_disabled_or_enrolled_again_since)
{
	static const char *const reasons[] = { "this agent is disabled",
		"this agent is known by another certificate by now" };

	for (int i = 0; i < 2; i++) {
		struct scene *s = begin_issuing();
		struct es_tls_conn *a = join(s, 1);
		struct es_agent again = agent(s, 1);

		CHECK(is_in(s, a, epoch_a));
		memset(again.cn, '7', ES_STORE_CN_LEN);
		memset(again.spki, 7, sizeof(again.spki));
		if (i == 0)
			CHECK_EQ(es_store_agent_disable(s->in.store, "ep1", true), 0);
		else
			CHECK_EQ(es_store_agent_bind(s->in.store, &again), 0);
		ask(a);
		CHECK(got(s, a, ES_ENV_RENEW_REPLY));
		CHECK_EQ(s->env.u.renew_reply.certificate_pem.n, 0);
		CHECK_SLICE(s->env.u.renew_reply.reason, reasons[i]);
		CHECK_EQ(renewal(s).issued, 1);
		CHECK(end_issuing(s));
	}
}

/* What is open of a group is committed and acknowledged before it. */
TEST(renewal_does_not_wait_for_the_group)
{
	struct scene *s = begin_issuing();
	struct es_tls_conn *a = join(s, 1);

	hello(a, epoch_a, 1);
	CHECK(got(s, a, ES_ENV_WELCOME));
	batch(s, a, epoch_a, 1, 3);
	ask(a);
	CHECK(acked(s, a, 3, 0));
	CHECK(renewed(s, a));
	CHECK(end_issuing(s));
}
