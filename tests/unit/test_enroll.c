/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment without a network: what burns a token, what never does, what a certificate says. */
#include "collector/ingest/enroll.h"
#include "collector/store/store_private.h"
#include "runtime/crypto/pki.h"
#include "runtime/crypto/token.h"
#include "tests/unit/harness.h"
#include "tests/unit/refusing_database.h"

#include <stdlib.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[96];
	struct es_collector_config cfg;
	struct es_ingest in;
	struct es_enroll_work work;
	struct es_enroll_reply reply;
	uint8_t csr[ES_PKI_DER_MAX];
	int csr_n;
	uint8_t secret[ES_TOKEN_SECRET_BYTES];
};

static const es_time now = { INT64_C(1795000000) * ES_NS_PER_S };

static struct fixture *
setup(void)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t hash[ES_STORE_HASH_LEN];
	struct es_pki_key *key;
	char error[512];

	if (f == NULL)
		abort();
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-enroll-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	(void)snprintf(f->cfg.name, sizeof(f->cfg.name), "collector.test");
	f->cfg.agent_validity_ms = INT64_C(30) * 86400 * 1000;
	f->in.cfg = &f->cfg;
	memset(f->in.tenant_key, 5, sizeof(f->in.tenant_key));
	memset(f->secret, 9, sizeof(f->secret));
	es_token_hash(f->secret, hash);
	if (es_store_open(f->path, ES_STORE_CREATE, &f->in.store, error) < 0 ||
	    es_store_token_add(
		f->in.store, hash, "ep", "berlin", now, es_time_add(now, 3600 * ES_NS_PER_S)) < 0 ||
	    es_pki_key_new(&f->in.authority.key) < 0 ||
	    es_pki_make_ca(f->in.authority.key, "test-ca",
		es_time_add(now, -100 * 86400 * ES_NS_PER_S),
		es_time_add(now, INT64_C(1000) * 86400 * ES_NS_PER_S), f->in.authority.pem) < 0 ||
	    es_pki_key_new(&key) < 0)
		abort();
	(void)snprintf(
	    f->in.authority.anchors, sizeof(f->in.authority.anchors), "%s", f->in.authority.pem);
	f->csr_n = es_pki_make_csr(key, f->csr);
	es_pki_key_free(key);
	return f;
}

static void
teardown(struct fixture *f)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	es_store_close(f->in.store);
	es_pki_key_free(f->in.authority.key);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
	free(f);
}

static int
ask(struct fixture *f, const uint8_t *secret, size_t secret_n, int csr_n, es_time at)
{
	struct es_enroll_request req;

	memset(&req, 0, sizeof(req));
	req.token_secret = es_slice_of(secret, secret_n);
	req.csr_der = es_slice_of(f->csr, (size_t)csr_n);
	return es_enroll_decide(&f->in, &req, at, &f->work, &f->reply);
}

static int
ask_rightly(struct fixture *f)
{
	return ask(f, f->secret, sizeof(f->secret), f->csr_n, now);
}

TEST(enroll_gives_a_client_certificate_with_an_opaque_name)
{
	struct fixture *f = setup();
	struct es_agent agent;
	struct es_pki_cert cert;

	CHECK_EQ(ask_rightly(f), 0);
	CHECK_EQ(es_pki_read_cert(f->work.issued.certificate, &cert), 0);
	CHECK_EQ(strlen(cert.name), ES_STORE_CN_LEN);
	CHECK_EQ(strspn(cert.name, "0123456789abcdef"), ES_STORE_CN_LEN);
	CHECK_EQ(cert.not_after.ns, now.ns + INT64_C(30) * 86400 * ES_NS_PER_S);
	CHECK_EQ(cert.not_before.ns, now.ns - INT64_C(86400) * ES_NS_PER_S);
	CHECK(!cert.is_ca);
	CHECK_SLICE(f->reply.name, cert.name);
	CHECK_SLICE(f->reply.display_name, "ep");
	CHECK_SLICE(f->reply.collector_name, "collector.test");
	CHECK_EQ(f->reply.tenant_key.n, 32);
	CHECK_EQ(f->reply.tenant_key.p[0], 5);
	CHECK(strstr(f->work.issued.certificate, f->in.authority.pem) != NULL);
	CHECK_SLICE(f->reply.certificate_pem, f->work.issued.certificate);
	CHECK_SLICE(f->reply.ca_pem, f->in.authority.anchors);
	CHECK_EQ(es_store_agent_by_spki(f->in.store, cert.spki_sha256, &agent), 0);
	CHECK_STR(agent.name, "ep");
	CHECK_STR(agent.site, "berlin");
	CHECK_STR(agent.cn, cert.name);
	CHECK_EQ(agent.enrolled.ns, now.ns);
	CHECK_EQ(agent.not_after.ns, cert.not_after.ns);
	teardown(f);
}

TEST(enroll_burns_the_token_with_the_agent)
{
	struct fixture *f = setup();

	CHECK_EQ(ask_rightly(f), 0);
	CHECK_EQ(ask_rightly(f), ES_EDENIED);
	CHECK_STR(f->work.reason, "the token was used before");
	teardown(f);
}

TEST(enroll_expired_token_is_reported)
{
	struct fixture *f = setup();

	CHECK_EQ(
	    ask(f, f->secret, sizeof(f->secret), f->csr_n, es_time_add(now, 3600 * ES_NS_PER_S)),
	    ES_EDENIED);
	CHECK_STR(f->work.reason, "the token has expired");
	CHECK_EQ(ask(f, f->secret, sizeof(f->secret), f->csr_n,
		     es_time_add(now, 3600 * ES_NS_PER_S - 1)),
	    0);
	CHECK_STR(f->work.reason, "");
	teardown(f);
}

TEST(enroll_unknown_or_short_secret_is_reported)
{
	struct fixture *f = setup();
	uint8_t wrong[ES_TOKEN_SECRET_BYTES] = { 1 };

	CHECK_EQ(ask(f, wrong, sizeof(wrong), f->csr_n, now), ES_EDENIED);
	CHECK_STR(f->work.reason, "the token is not known here");
	CHECK_EQ(ask(f, f->secret, 31, f->csr_n, now), ES_EDENIED);
	CHECK_STR(f->work.reason, "the token has another length than a token");
	CHECK_EQ(ask(f, f->secret, 0, f->csr_n, now), ES_EDENIED);
	teardown(f);
}

TEST(enroll_bad_request_does_not_burn_the_token)
{
	struct fixture *f = setup();

	CHECK_EQ(ask(f, f->secret, sizeof(f->secret), f->csr_n / 2, now), ES_EDENIED);
	CHECK_STR(f->work.reason, "the certificate request is not a signed P-256 request");
	f->csr[f->csr_n - 3] ^= 1; /* inside the signature */
	CHECK_EQ(ask_rightly(f), ES_EDENIED);
	CHECK_STR(f->work.reason, "the certificate request is not a signed P-256 request");
	f->csr[f->csr_n - 3] ^= 1;
	CHECK_EQ(ask_rightly(f), 0);
	teardown(f);
}

TEST(enroll_again_by_a_new_token_replaces_the_key)
{
	struct fixture *f = setup();
	uint8_t hash[ES_STORE_HASH_LEN], old[ES_STORE_HASH_LEN];
	struct es_agent agent;
	struct es_pki_key *key;

	CHECK_EQ(ask_rightly(f), 0);
	memcpy(old, f->work.agent.spki, sizeof(old));
	memset(f->secret, 3, sizeof(f->secret));
	es_token_hash(f->secret, hash);
	CHECK_EQ(es_store_token_add(f->in.store, hash, "ep", "", now, es_time_add(now, 1)), 0);
	CHECK_EQ(es_pki_key_new(&key), 0);
	f->csr_n = es_pki_make_csr(key, f->csr);
	es_pki_key_free(key);
	CHECK_EQ(ask_rightly(f), 0);
	CHECK_EQ(es_store_agent_by_spki(f->in.store, old, &agent), ES_ENOTFOUND);
	CHECK_EQ(es_store_agent_by_spki(f->in.store, f->work.agent.spki, &agent), 0);
	CHECK_STR(agent.name, "ep");
	teardown(f);
}

/* One key for two agents: neither of them gets it, the token stays, and the store is not to blame. */
TEST(enroll_of_a_key_that_another_agent_has_is_refused)
{
	struct fixture *f = setup();
	struct es_agent agent;
	uint8_t hash[ES_STORE_HASH_LEN];
	struct es_store_token token;

	CHECK_EQ(ask_rightly(f), 0);
	memset(f->secret, 3, sizeof(f->secret));
	es_token_hash(f->secret, hash);
	CHECK_EQ(es_store_token_add(f->in.store, hash, "other", "", now, es_time_add(now, 1)), 0);
	CHECK_EQ(ask_rightly(f), ES_EINVALID);
	CHECK_STR(f->work.reason, "the collector cannot enroll now; try again");
	CHECK_EQ(f->in.failed, 0);
	CHECK_EQ(es_store_token_get(f->in.store, hash, &token), 0);
	CHECK(!token.used);
	CHECK_EQ(es_store_agent_by_id(f->in.store, 1, &agent), 0);
	CHECK_STR(agent.name, "ep");
	CHECK_EQ(es_store_agent_by_id(f->in.store, 2, &agent), ES_ENOTFOUND);
	teardown(f);
}

/* Whichever step fails: no certificate, the token is as good as before, and /readyz hears of it. */
TEST(enroll_that_the_store_cannot_take_says_so_and_burns_nothing)
{
	static const struct {
		int action;
		const char *what;
	} steps[] = { { SQLITE_TRANSACTION, "BEGIN" }, { SQLITE_READ, "token" },
		{ SQLITE_UPDATE, "token" }, { SQLITE_INSERT, "agent" },
		{ SQLITE_TRANSACTION, "COMMIT" } };
	struct fixture *f = setup();

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		f->in.failed = 0;
		refuse(f->in.store, steps[i].action, steps[i].what);
		for (int times = 0; times < 2; times++) {
			CHECK_EQ(ask_rightly(f), ES_EIO);
			CHECK_STR(f->work.reason, "the collector cannot enroll now; try again");
			CHECK_EQ(f->in.failed, ES_EIO);
			CHECK(sqlite3_get_autocommit(f->in.store->db) != 0);
		}
		refuse(f->in.store, 0, NULL);
		f->in.failed = 0;
		CHECK_EQ(ask(f, f->secret, 31, f->csr_n, now), ES_EDENIED);
		CHECK_EQ(f->in.failed, 0); /* a bad request is no fault of the store */
	}
	CHECK_EQ(ask_rightly(f), 0);
	CHECK_EQ(f->in.failed, 0);
	f->in.failed =
	    ES_EFULL; /* of the records: an enrolment that went well says nothing of them */
	CHECK_EQ(ask(f, f->secret, 31, f->csr_n, now), ES_EDENIED);
	CHECK_EQ(f->in.failed, ES_EFULL);
	teardown(f);
}
