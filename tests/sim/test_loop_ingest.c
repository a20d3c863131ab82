/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's ingest process as a whole, on a loop whose clock the test drives. */
#include "collector/ingest/enroll.h"
#include "runtime/crypto/token.h"
#include "runtime/file.h"
#include "runtime/trust.h"
#include "tests/sim/made_ingest.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_rights.h"
#include "tests/unit/libc.h"
#include "tests/unit/open_files.h"

static void
run_day(struct es_loop *l)
{
	int agent, stranger, silent;

	in.loop = l;
	in.ran = true;
	made_settle(l);
	silent = arrive(in.cfg.listen.port);
	NEED(made_conns() == 1);
	agent = arrive(in.cfg.listen.port);
	NEED(made_conns() == 2);
	join(made_conn(1));
	deliver(made_conn(1), 1);
	made_pass(l, 50);
	NEED(got(made_conn(1), ES_ENV_ACK) && in.env.u.ack.through_seq == 1);
	stranger = arrive(in.cfg.enroll.port);
	NEED(made_conns() == 3);
	made_pass(l, 3900); /* the handshakes of both others stand still for 5 s */
	NEED(!made_conn(0)->is_freed && !made_conn(2)->is_freed);
	made_pass(l, 2100);
	NEED(made_conn(0)->is_freed && made_conn(2)->is_freed && !made_conn(1)->is_freed);
	deliver(made_conn(1), 2); /* taken, not yet committed */
	NEED(!got(made_conn(1), ES_ENV_ACK));
	NEED(!made_stopped(l));
	NEED(made_signal(l, SIGTERM)); /* what can be committed is */
	NEED(made_stopped(l));
	NEED(got(made_conn(1), ES_ENV_ACK) && in.env.u.ack.through_seq == 2);
	close(agent);
	close(stranger);
	close(silent);
}

TEST(ingest_serves_both_ports_and_commits_before_it_ends)
{
	struct es_store *store;
	struct es_agent a;
	unsigned before = open_files();
	char error[512];

	CHECK(begin());
	made_run = run_day;
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	CHECK_EQ(open_files(), before);
	CHECK_EQ(made_tls.n_open, 0);
	CHECK_EQ(made_tls.cfg.side, ES_TLS_ENROLL_SERVER); /* the second of the two */
	CHECK(made_tls.cfg.ca_file == NULL);
	CHECK_STR(made_tls.cfg.cert_file, in.cfg.cert);
	CHECK_EQ(made_tls.first.side, ES_TLS_SERVER);
	CHECK_STR(made_tls.first.ca_file, in.cfg.ca_cert);
	CHECK_STR(made_tls.first.cert_file, in.cfg.cert);
	CHECK_STR(made_tls.first.key_file, in.cfg.key);
	CHECK_STR(made_tls.cfg.key_file, in.cfg.key);
	CHECK_EQ(es_store_open(in.cfg.database, ES_STORE_READ, &store, error), 0);
	CHECK_EQ(es_store_agent_by_id(store, 1, &a), 0);
	CHECK_EQ(a.records, 2);
	es_store_close(store);
	end();
}

static const uint8_t secret[ES_TOKEN_SECRET_BYTES] = { 5, 6, 7 };

#ifdef TEST_ALLOCATIONS_FAIL
/* Whoever finds no memory is asked to come again, with the token that is still good. */
static void
run_out_of_memory(struct es_tls_conn *c, es_slice request)
{
	test_allocations_left = 1; /* the first one keeps the bytes of the made connection */
	made_conn_says(c, request);
	NEED(test_allocations_left == -1);
	NEED(got(c, ES_ENV_NACK) && in.env.u.nack.code == ES_NACK_BUSY);
	NEED(es_slice_eq(in.env.u.nack.reason, es_slice_str("the collector is out of memory")));
	NEED(in.env.u.nack.retry_after_ms == in.cfg.retry_ms);
}
#else
static void
run_out_of_memory(struct es_tls_conn *c, es_slice request)
{
	(void)c;
	(void)request;
}
#endif

/* The certificate authority and the tenant's key that an agent is given are those of the files. */
static void
run_enrolment(struct es_loop *l)
{
	static uint8_t bytes[ES_PKI_DER_MAX + 512], csr[ES_PKI_DER_MAX];
	struct es_envelope env;
	struct es_pki_key *key;
	char *ca = NULL, why[ES_TRUST_WHY_MAX];
	uint8_t tenant[ES_KEY_BYTES];
	int n, fd[2];
	size_t ca_n;

	in.loop = l;
	in.ran = true;
	if (es_pki_key_new(&key) != 0)
		abort();
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ENROLL_REQUEST;
	env.u.enroll_request.token_secret = es_slice_of(secret, sizeof(secret));
	env.u.enroll_request.csr_der = es_slice_of(csr, (size_t)es_pki_make_csr(key, csr));
	n = es_envelope_encode(&env, bytes, sizeof(bytes));
	es_pki_key_free(key);
	for (int i = 0; i < 2; i++) {
		fd[i] = arrive(in.cfg.enroll.port);
		made_conn_ready(made_conn((unsigned)i), "", NULL);
	}
	NEED(n > 0 && made_conns() == 2);
	run_out_of_memory(made_conn(0), es_slice_of(bytes, (size_t)n));
	made_conn_says(made_conn(1), es_slice_of(bytes, (size_t)n));
	NEED(got(made_conn(1), ES_ENV_ENROLL_REPLY));
	NEED(es_file_read(in.cfg.ca_cert, ES_PKI_CHAIN_MAX, &ca, &ca_n) == 0);
	NEED(es_slice_eq(in.env.u.enroll_reply.ca_pem, es_slice_of(ca, ca_n)));
	NEED(es_tenant_key_load(in.cfg.tenant_key, 0, why, tenant) == 0);
	NEED(es_slice_eq(in.env.u.enroll_reply.tenant_key, es_slice_of(tenant, sizeof(tenant))));
	NEED(es_slice_eq(in.env.u.enroll_reply.display_name, es_slice_str("new")));
	NEED(es_slice_eq(in.env.u.enroll_reply.collector_name, es_slice_str("collector.test")));
	NEED(made_signal(l, SIGTERM));
	free(ca);
	for (int i = 0; i < 2; i++)
		close(fd[i]);
}

TEST(ingest_hands_out_its_authority_and_its_tenant_key)
{
	uint8_t hash[ES_STORE_HASH_LEN];
	struct es_store *store;
	char error[512];

	CHECK(begin());
	es_token_hash(secret, hash);
	CHECK_EQ(es_store_open(in.cfg.database, ES_STORE_WRITE, &store, error), 0);
	CHECK_EQ(es_store_token_add(store, hash, "new", "", es_time_of_ns(1),
		     es_time_of_ns(INT64_C(4000000000) * ES_NS_PER_S)),
	    0);
	es_store_close(store);
	made_run = run_enrolment;
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	end();
}

static void
run_places(struct es_loop *l)
{
	int fd[ES_ENROLL_CONNS_MAX + 2];

	in.loop = l;
	in.ran = true;
	for (int i = 0; i < ES_ENROLL_CONNS_MAX + 1; i++)
		fd[i] = arrive(in.cfg.enroll.port);
	NEED(made_conns() == ES_ENROLL_CONNS_MAX); /* one waits */
	for (int i = 0; i < 2; i++)
		fd[ES_ENROLL_CONNS_MAX + 1] = arrive(in.cfg.listen.port);
	NEED(made_conns() == ES_ENROLL_CONNS_MAX + 1); /* max_connections is 1 here */
	made_conn_end(made_conn(7), ES_TLS_END_CUT, "cut");
	made_pass(l, 1000);
	NEED(made_conns() == ES_ENROLL_CONNS_MAX + 2);
	made_conn_end(made_conn(ES_ENROLL_CONNS_MAX), ES_TLS_END_CUT, "cut");
	made_pass(l, 1000);
	NEED(made_conns() == ES_ENROLL_CONNS_MAX + 3);
	NEED(made_signal(l, SIGINT));
	NEED(made_stopped(l));
	for (int i = 0; i < ES_ENROLL_CONNS_MAX + 2; i++)
		close(fd[i]);
}

TEST(ingest_whoever_finds_no_place_waits_for_one)
{
	CHECK(begin());
	in.cfg.max_connections = 1;
	made_run = run_places;
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 0);
	end();
}

static void
run_never(struct es_loop *l)
{
	(void)l;
	in.ran = true;
}

TEST(ingest_refuses_keys_and_places_of_others)
{
	static const char *const keys[] = { "ca.key", "tenant.key" };
	unsigned before = open_files();

	CHECK(begin());
	made_run = run_never;
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(chmod(at(keys[i]), 0644), 0);
		CHECK_EQ(chmod(place.dir, 0755), 0);
		CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
		CHECK(!in.ran);
		CHECK_EQ(chmod(place.dir, 0700), 0); /* shut: a warning will do */
		(void)es_ingest_run(&in.cfg, NULL);
		CHECK(in.ran);
		in.ran = false;
		CHECK_EQ(chmod(at(keys[i]), 0600), 0);
	}
	CHECK_EQ(chmod(place.dir, 0770), 0);
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
	CHECK_EQ(chmod(place.dir, 0700), 0);
	made_tls.fail_with = ES_EDENIED; /* the server's key */
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
	made_tls.fail_with = 0;
	(void)snprintf(in.cfg.user, sizeof(in.cfg.user), "no-such-user");
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
	in.cfg.user[0] = '\0';
	CHECK_EQ(unlink(at("ca.pem")), 0);
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
	CHECK(!in.ran);
	CHECK_EQ(open_files(), before);
	end();
}

/* Where one of its ports is taken, it serves neither. */
TEST(ingest_ends_where_a_port_is_taken)
{
	unsigned n_refused;

	CHECK(begin());
	made_run = run_never;
	in.cfg.enroll.port = in.cfg.listen.port;
	listen_to_log();
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
	n_refused = logged("cannot listen on 127.0.0.1:9 for enrolment: Address already in use");
	CHECK_EQ(n_refused, 1);
	CHECK(!in.ran);
	end();
}

enum { SERVICE_GROUP = 65533 };

static void
become_service(void)
{
	NEED(setegid(SERVICE_GROUP) == 0);
}

/* A directory above that the service's group may write to, as a setgid volume is: it was refused as root. */
TEST(ingest_judges_its_place_with_the_group_it_keeps)
{
	char below[128], database[160];

	if (geteuid() != 0)
		return; /* nobody else can take another group */
	CHECK(begin());
	made_run = run_never;
	(void)snprintf(below, sizeof(below), "%s", at("below"));
	CHECK_EQ(mkdir(below, 0700), 0);
	CHECK_EQ(chown(place.dir, 0, SERVICE_GROUP), 0);
	CHECK_EQ(chmod(place.dir, 02770), 0);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", below);
	CHECK_EQ(rename(in.cfg.database, database), 0);
	(void)snprintf(in.cfg.database, sizeof(in.cfg.database), "%s", database);
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1); /* another group's */
	CHECK(!in.ran);
	made_rights_drop = become_service;
	(void)es_ingest_run(&in.cfg, NULL);
	made_rights_drop = NULL;
	CHECK_EQ(setegid(0), 0);
	CHECK(in.ran);
	end();
}

/* The rights of the user that is configured, and no capability, before anybody is served. */
TEST(ingest_gives_up_all_rights_but_those_of_its_user)
{
	char own[16];
	const char *const users[] = { "", own, "no-such-user" };

	(void)snprintf(own, sizeof(own), "%u", (unsigned)geteuid());
	for (size_t i = 0; i < 3; i++) {
		bool is_known = i < 2;
		unsigned n_refused;

		CHECK(begin());
		made_run = run_never;
		memset(&made_rights, 0, sizeof(made_rights));
		(void)snprintf(in.cfg.user, sizeof(in.cfg.user), "%s", users[i]);
		listen_to_log();
		(void)es_ingest_run(&in.cfg, NULL);
		n_refused = logged("no such user: no-such-user");
		CHECK_EQ(in.ran, is_known);
		CHECK_EQ(made_rights.n, is_known ? 1 : 0);
		CHECK_STR(made_rights.user, is_known ? users[i] : "");
		CHECK_STR(made_rights.group, "");
		CHECK_STR(made_rights.capabilities, "");
		CHECK_EQ(n_refused, is_known ? 0 : 1);
		end();
	}
}

/* A loop that ends by itself, without a signal, is a failure: whoever supervises it starts it again. */
TEST(ingest_that_nobody_asked_to_end_has_failed)
{
	CHECK(begin());
	made_run = run_never;
	CHECK_EQ(es_ingest_run(&in.cfg, NULL), 1);
	CHECK(in.ran);
	end();
}

static int
come_silently(uint16_t port)
{
	int fd = made_connect(port);

	made_settle(in.loop);
	return fd;
}

static void
run_silence(struct es_loop *l)
{
	int fd[5];

	in.loop = l;
	made_pass(l, 70000);
	fd[0] = come_silently(in.cfg.listen.port);
	fd[1] = come_silently(in.cfg.listen.port);
	fd[2] = come_silently(in.cfg.enroll.port);
	made_pass(l, 7000);
	fd[3] = come_silently(in.cfg.enroll.port); /* within the same minute: said later */
	fd[4] = come_silently(in.cfg.listen.port);
	made_pass(l, 120000);
	NEED(made_signal(l, SIGTERM));
	for (int i = 0; i < 5; i++)
		close(fd[i]);
}

/* Connections that never began a handshake are counted in the log, each once, a line a minute at most. */
TEST(ingest_log_counts_who_came_and_said_nothing)
{
	const char *at;
	int status;

	CHECK(begin());
	made_run = run_silence;
	listen_to_log();
	status = es_ingest_run(&in.cfg, NULL);
	at = end_of_log();
	CHECK_EQ(status, 0);
	at = strstr(at, "given up before their");
	CHECK(at != NULL && strncmp(at - 21, ": 3 connections were ", 21) == 0);
	at = strstr(at + 1, "given up before their");
	CHECK(at != NULL && strncmp(at - 21, ": 2 connections were ", 21) == 0);
	CHECK(strstr(at + 1, "given up before their") == NULL);
	end();
}

static void
run_unsaid(struct es_loop *l)
{
	in.loop = l;
	made_pass(l, 5000);
	NEED(rmdir(at("earshot.db.ingest")) == 0);
	made_pass(l, 2000);
	NEED(unlink(at("earshot.db.ingest")) == 0); /* it was written by then */
	NEED(mkdir(at("earshot.db.ingest"), 0700) == 0);
	made_pass(l, 5000);
	NEED(made_signal(l, SIGTERM));
}

/* A state that cannot be written for the portal is said once, and once more when it fails again. */
TEST(ingest_log_says_once_that_its_state_cannot_be_written)
{
	int status;

	CHECK(begin());
	CHECK_EQ(mkdir(at("earshot.db.ingest"), 0700), 0);
	made_run = run_unsaid;
	listen_to_log();
	status = es_ingest_run(&in.cfg, NULL);
	CHECK_EQ(logged("cannot be written"), 2);
	CHECK_EQ(status, 0);
	end();
}
