/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipper as a whole, on a loop whose clock the test drives: the test is the sensor, the collector,
 * and whoever asks for the status.
 */
#include "runtime/file.h"
#include "tests/sim/made_shipper.h"

static void
run_delivery(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];
	struct es_envelope env;

	role.loop = l;
	collector_connects(epoch);
	NEED(status_says("\"sensor\":\"not connected\""));
	NEED(status_says("\"state\":\"connected\""));
	connect_ipc();
	NEED(heard(ES_IPC_HELLO, 0));
	say(ES_IPC_CALLS, 1, es_slice_of(NULL, 0));
	say_call(1, ES_STATE_IN_PROGRESS);
	NEED(heard(ES_IPC_ACK, 1));
	NEED(status_says("\"calls_up\":1"));
	NEED(status_says("\"sensor\":\"running\""));
	NEED(status_says("\"open_calls\":1"));
	NEED(agent_said(ES_ENV_BATCH, &env)); /* urgent, and the last sync is long ago */
	NEED(env.u.batch.first_seq == 1);
	say_call(2, ES_STATE_IN_PROGRESS);
	NEED(heard(ES_IPC_ACK, 2));
	made_pass(l, 49);
	NEED(!agent_said(ES_ENV_BATCH, &env)); /* sent once it is synced */
	made_pass(l, 1);
	NEED(agent_said(ES_ENV_BATCH, &env));
	NEED(env.u.batch.first_seq == 2);
	NEED(status_says("\"in_flight\":2"));
	acknowledge(epoch, 2);
	NEED(status_says("\"acked_seq\":2"));
	NEED(status_says("\"in_flight\":0"));
	NEED(status_says("\"last_ack_ago_ms\":0"));
	for (int k = 0; k < 10; k++) { /* silent for longer than any sensor is: a gap is reported */
		made_pass(l, 20000);
		if (agent_said(ES_ENV_BATCH, &env))
			acknowledge(epoch, env.u.batch.last_seq);
		NEED(status_says(k < 7 ? "\"sensor\":\"running\"" : "\"sensor\":\"silent\""));
	}
	/* three minutes of our own health, and the call with its gap */
	NEED(status_says("\"acked_seq\":6") && status_says("\"open_calls\":1"));
	say_call(3, ES_STATE_COMPLETED);
	say(ES_IPC_BYE, 3, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(status_says("\"sensor\":\"ended\"") && status_says("\"open_calls\":0"));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 2999); /* what is on the way may still be acknowledged */
	NEED(agent_said(ES_ENV_BATCH, &env));
	NEED(!made_conn(0)->is_finishing);
	made_pass(l, 51);
	NEED(made_conn(0)->is_finishing);
	NEED(agent_said(ES_ENV_BYE, &env));
	made_pass(l, 300);
}

TEST(role_shipper_delivers_and_reports_a_gap)
{
	struct stat st;

	CHECK(begin(""));
	made_run = run_delivery;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK_EQ(stat(at("state/spool"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0700);
	CHECK(stat(at("run/control"), &st) != 0); /* of no use to anybody now */
	CHECK_EQ(stat(at("state/tenant.key"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	end();
}

/* The parser crashed: its opener speaks for it, and the gap lasts until the next one. */
static void
run_stand_in(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	connect_ipc();
	NEED(heard(ES_IPC_HELLO, 0));
	say_call(1, ES_STATE_IN_PROGRESS);
	NEED(status_says("\"next_seq\":2"));
	made_pass(l, 2000);
	role.speaks_as = 78 | ES_IPC_STANDS_IN;
	say(ES_IPC_CALLS, 0, es_slice_of(NULL, 0));
	made_pass(l, 3000);
	say(ES_IPC_CALLS, 0, es_slice_of(NULL, 0));
	NEED(status_says("\"next_seq\":2"));
	made_pass(l, 1000);
	role.speaks_as = 79;
	say(ES_IPC_CALLS, 0, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(status_says("\"next_seq\":3")); /* the call with its gap */
	say_call(1, ES_STATE_COMPLETED);
	NEED(status_says("\"open_calls\":0"));
	close(role.fd);
	made_settle(l);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 3500);
}

TEST(role_shipper_waits_for_the_parser_behind_who_stands_in)
{
	CHECK(begin(""));
	made_run = run_stand_in;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

/* A sensor that was killed: its end of the IPC socket shows it, or the next one's first word does. */
static void
run_deaths(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	connect_ipc();
	NEED(heard(ES_IPC_HELLO, 0));
	say(ES_IPC_CALLS, 1, es_slice_of(NULL, 0));
	say_call(1, ES_STATE_IN_PROGRESS);
	NEED(status_says("\"next_seq\":2"));
	close(role.fd);
	made_settle(l);
	NEED(status_says("\"next_seq\":3")); /* the call with its gap */
	NEED(status_says("\"calls_up\":0"));
	connect_ipc();
	say(ES_IPC_BYE, 1, es_slice_of(NULL, 0)); /* the old run, once more */
	say_call(2, ES_STATE_IN_PROGRESS);
	NEED(status_says("\"next_seq\":4"));
	close(role.fd);
	made_settle(l);
	NEED(status_says("\"next_seq\":4")); /* it had said goodbye */
	connect_ipc();
	role.speaks_as = 78;
	made_pass(l, 3000);
	say(ES_IPC_CALLS, 2, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(status_says("\"next_seq\":5")); /* another start: the call was not ended */
	NEED(status_says("\"calls_up\":2"));
	say_call(9, ES_STATE_IN_PROGRESS); /* eight are missing */
	made_pass(l, 5000);
	for (int k = 0; k < 4; k++) {
		say_call(9, ES_STATE_IN_PROGRESS);
		made_pass(l, 1000);
	}
	NEED(status_says("\"next_seq\":7")); /* the record, and the loss of the others */
	say_call(10, ES_STATE_COMPLETED);
	NEED(status_says("\"open_calls\":0"));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 2999);
	NEED(made_next_ms(l) >= 0); /* this sensor might still say something */
	made_pass(l, 400);
}

TEST(role_shipper_reports_sensors_that_died)
{
	CHECK(begin(""));
	made_run = run_deaths;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

static void
run_two_signals(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(made_signal(l, SIGINT));
	NEED(made_signal(l, SIGTERM)); /* does not begin to wait again */
	made_pass(l, 49);
	NEED(made_next_ms(l) == 1);
	made_pass(l, 1 + 300); /* nobody to wait for */
}

static void
run_unreadable(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(status_says("\"quarantined_files\":1"));
	NEED(status_says("\"hop_malformed\":0"));
	connect_ipc();
	NEED(heard(ES_IPC_HELLO, 0));
	NEED(send(role.fd, "what?", 5, 0) == 5);
	made_settle(l);
	say_call(1, ES_STATE_COMPLETED); /* the next one is read */
	NEED(heard(ES_IPC_ACK, 1));
	NEED(status_says("\"hop_malformed\":1"));
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 5000);
}

/* Counts that only the program knew: files set aside at start, datagrams of IPC that are none. */
TEST(role_shipper_shows_what_it_could_not_read)
{
	CHECK(begin(""));
	CHECK_EQ(mkdir(at("state"), 0700), 0);
	CHECK_EQ(mkdir(at("state/spool"), 0700), 0);
	CHECK_EQ(
	    es_file_write(at("state/spool/0000000000000001.seg"), es_slice_str("no segment"), 0600),
	    0);
	made_run = run_unreadable;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

TEST(role_shipper_with_nobody_there_ends_at_once)
{
	CHECK(begin(""));
	made_run = run_two_signals;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

TEST(role_shipper_refuses_places_and_keys_of_others)
{
	made_run = run_never;
	CHECK(begin(""));
	CHECK_EQ(mkdir(at("run"), 0700), 0);
	CHECK_EQ(chmod(at("run"), 0777), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(chmod(at("run"), 0755), 0);
	CHECK_EQ(chmod(at("state"), 0770), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(chmod(at("state"), 0700), 0);
	CHECK_EQ(chmod(at("state/spool"), 0702), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(chmod(at("state/spool"), 0700), 0);
	CHECK_EQ(chmod(at("state/tenant.key"), 0640), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK(!place.failed);
	CHECK_EQ(chmod(at("state/tenant.key"), 0600), 0);
	made_run = run_two_signals;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}
