/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's ingest process as a whole, on a loop whose clock the test drives. */
#include "tests/sim/made_ingest.h"
#include "tests/sim/made_rights.h"

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
	NEED(made_signal(l, SIGTERM)); /* what can be committed is */
	NEED(got(made_conn(1), ES_ENV_ACK) && in.env.u.ack.through_seq == 2);
	close(agent);
	close(stranger);
	close(silent);
}

TEST(ingest_serves_both_ports_and_commits_before_it_ends)
{
	struct es_store *store;
	struct es_agent a;
	char error[512];

	CHECK(begin());
	made_run = run_day;
	CHECK_EQ(es_ingest_run(&in.cfg), 0);
	if (in.failed)
		test_fail(__FILE__, __LINE__, "%s", in.where);
	CHECK_EQ(made_tls.n_open, 0);
	CHECK_EQ(made_tls.cfg.side, ES_TLS_ENROLL_SERVER); /* the second of the two */
	CHECK(made_tls.cfg.ca_file == NULL);
	CHECK_STR(made_tls.cfg.key_file, in.cfg.key);
	CHECK_EQ(es_store_open(in.cfg.database, ES_STORE_READ, &store, error), 0);
	CHECK_EQ(es_store_agent_by_id(store, 1, &a), 0);
	CHECK_EQ(a.records, 2);
	es_store_close(store);
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
	for (int i = 0; i < ES_ENROLL_CONNS_MAX + 2; i++)
		close(fd[i]);
}

TEST(ingest_whoever_finds_no_place_waits_for_one)
{
	CHECK(begin());
	in.cfg.max_connections = 1;
	made_run = run_places;
	CHECK_EQ(es_ingest_run(&in.cfg), 0);
	if (in.failed)
		test_fail(__FILE__, __LINE__, "%s", in.where);
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

	CHECK(begin());
	made_run = run_never;
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(chmod(at(keys[i]), 0644), 0);
		CHECK_EQ(chmod(in.dir, 0755), 0);
		CHECK_EQ(es_ingest_run(&in.cfg), 1);
		CHECK(!in.ran);
		CHECK_EQ(chmod(in.dir, 0700), 0); /* shut: a warning will do */
		(void)es_ingest_run(&in.cfg);
		CHECK(in.ran);
		in.ran = false;
		CHECK_EQ(chmod(at(keys[i]), 0600), 0);
	}
	CHECK_EQ(chmod(in.dir, 0770), 0);
	CHECK_EQ(es_ingest_run(&in.cfg), 1);
	CHECK_EQ(chmod(in.dir, 0700), 0);
	made_tls.fail_with = ES_EDENIED; /* the server's key */
	CHECK_EQ(es_ingest_run(&in.cfg), 1);
	made_tls.fail_with = 0;
	(void)snprintf(in.cfg.user, sizeof(in.cfg.user), "no-such-user");
	CHECK_EQ(es_ingest_run(&in.cfg), 1);
	in.cfg.user[0] = '\0';
	CHECK_EQ(unlink(at("ca.pem")), 0);
	CHECK_EQ(es_ingest_run(&in.cfg), 1);
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
	CHECK_EQ(chown(in.dir, 0, SERVICE_GROUP), 0);
	CHECK_EQ(chmod(in.dir, 02770), 0);
	(void)snprintf(database, sizeof(database), "%s/earshot.db", below);
	CHECK_EQ(rename(in.cfg.database, database), 0);
	(void)snprintf(in.cfg.database, sizeof(in.cfg.database), "%s", database);
	CHECK_EQ(es_ingest_run(&in.cfg), 1); /* another group's */
	CHECK(!in.ran);
	made_rights_drop = become_service;
	(void)es_ingest_run(&in.cfg);
	made_rights_drop = NULL;
	CHECK_EQ(setegid(0), 0);
	CHECK(in.ran);
	CHECK(!in.failed);
	end();
}

/* A loop that ends by itself, without a signal, is a failure: whoever supervises it starts it again. */
TEST(ingest_that_was_not_told_to_end_has_failed)
{
	CHECK(begin());
	made_run = run_never;
	CHECK_EQ(es_ingest_run(&in.cfg), 1);
	CHECK(in.ran);
	end();
}
