/* SPDX-License-Identifier: Apache-2.0 */
/* What the shipper logs of its sensor and its collector, and the shortest reasons that its status shows. */
#include "runtime/file.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_shipper.h"

#include <sys/resource.h>

static void
run_words(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];

	role.loop = l;
	collector_connects(epoch);
	connect_ipc();
	say_call(1, ES_STATE_IN_PROGRESS);
	for (int k = 0; k < 5; k++) { /* four are missing, until enough was asked for them */
		say_call(6, ES_STATE_COMPLETED);
		made_pass(l, 1000);
	}
	say(ES_IPC_BYE, 6, es_slice_of(NULL, 0));
	made_settle(l);
}

TEST(shipper_logs_what_it_hears_of_its_sensor)
{
	CHECK(begin(""));
	made_run = run_words;
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK_EQ(logged("shipper: a sensor began\n"), 1);
	CHECK_EQ(said("/spool, 0 records wait\n"), 1);
	CHECK_EQ(said("shipper: 4 records of the sensor will not come any more\n"), 1);
	CHECK_EQ(said("shipper: the sensor has nothing more to say\n"), 1);
	CHECK_EQ(said("connected to c.example, collector collector.test, TLSv1.2 made\n"), 1);
	CHECK_EQ(said("the sensor is gone"), 0);
	CHECK(!place.failed);
	listen_to_log();
	made_clock_reset();
	made_tls_reset();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK_EQ(logged("/spool, 3 records wait\n"), 1); /* and the loss of the four */
	end();
}

static void
run_short_reasons(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(!status_says("\"last_end\""));
	made_dial_answer(ES_EIO, "r");
	NEED(status_says("\"last_end\":\"r\""));
	NEED(!status_says("\"last_nack\""));
}

TEST(status_shows_a_reason_of_one_letter)
{
	CHECK(begin(""));
	made_run = run_short_reasons;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

/* Of two things that are counted each has a number of its own. */
static void
run_counts(struct es_loop *l)
{
	struct es_record call = { .type = ES_REC_CALL, .at = es_time_of_ns(1) };
	struct es_record stream = { .type = ES_REC_STREAM, .at = es_time_of_ns(1) };
	struct rlimit was, none;

	role.loop = l;
	made_settle(l);
	connect_ipc();
	call.u.call.call_id = es_slice_str("c@d");
	call.u.call.state = stream.u.stream.state = ES_STATE_IN_PROGRESS;
	stream.u.stream.key.src.family = stream.u.stream.key.dst.family = 4;
	say_call(1, ES_STATE_IN_PROGRESS);
	say_record(2, &call, false);
	say_record(3, &stream, false);
	say(ES_IPC_ACK, 1, es_slice_of(NULL, 0)); /* no sensor says that */
	made_settle(l);
	NEED(status_says(
	    "\"hop_malformed\":1,\"use_keys\":false,\"payload\":false,\"calls_up\":0,"));
	NEED(status_says("\"open_calls\":2,\"open_streams\":1,\"refused_records\":0,"));
	NEED(status_says("\"lost\":0,\"disk_errors\":0,\"skipped_bytes\":0,"));
	made_pass(l, 1000);
	NEED(getrlimit(RLIMIT_FSIZE, &was) == 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	none = was;
	none.rlim_cur = 1;
	NEED(setrlimit(RLIMIT_FSIZE, &none) == 0);
	say_record(4, &call, false);
	NEED(setrlimit(RLIMIT_FSIZE, &was) == 0);
	NEED(!status_says("\"disk_errors\":0,"));
	NEED(status_says(",\"skipped_bytes\":0,\"quarantined_files\":0,\"suspect\":false}"));
}

static void
run_damaged(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	NEED(status_says("\"disk_errors\":0,\"skipped_bytes\":"));
	NEED(!status_says("\"skipped_bytes\":0,"));
	NEED(status_says("\"quarantined_files\":0,\"suspect\":false"));
}

TEST(status_counts_each_thing_by_itself)
{
	static const char segment[] = "state/spool/0000000000000001.seg";
	char *text;
	size_t n;

	CHECK(begin(""));
	made_run = run_counts;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK_EQ(es_file_read(at(segment), 1 << 20, &text, &n), 0);
	text[n / 2] ^= 1;
	CHECK_EQ(es_file_write(at(segment), es_slice_of(text, n), 0600), 0);
	free(text);
	made_run = run_damaged;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

/* A socket that cannot be made is named with the reason of the system. */
TEST(shipper_logs_which_socket_it_cannot_make)
{
	static const char *const names[] = { "run/hop", "run/control" };
	char text[256];

	CHECK(begin(""));
	made_run = run_never;
	CHECK_EQ(mkdir(at("run"), 0700), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(mkdir(at(names[i]), 0700), 0);
		listen_to_log();
		CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
		(void)snprintf(
		    text, sizeof(text), "shipper: %s: Address already in use\n", at(names[i]));
		CHECK_EQ(logged(text), 1);
		CHECK_EQ(rmdir(at(names[i])), 0);
	}
	end();
}

/* Whoever may connect by the rights of the files is asked for its user all the same. */
static void
run_strangers(struct es_loop *l)
{
	static const uid_t users[] = { 0, 1, 65534 };
	char bytes[4096];
	uid_t user;

	role.loop = l;
	made_settle(l);
	NEED(chmod(place.dir, 0755) == 0 && chmod(at("run"), 0755) == 0);
	NEED(chmod(at("run/control"), 0666) == 0);
	for (int i = 0; i < 3; i++) {
		int fd;

		NEED(seteuid(users[i]) == 0);
		fd = es_unix_connect(at("run/control"), SOCK_STREAM, 0, &user);
		NEED(seteuid(0) == 0);
		NEED(fd >= 0);
		made_settle(l);
		NEED((recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) == (users[i] == 0));
		close(fd);
	}
}

TEST(status_is_for_its_own_user_alone)
{
	struct stat st;

	if (geteuid() != 0) {
		test_skip("needs root to act as other users");
		return;
	}
	CHECK(begin(""));
	made_run = run_strangers;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	CHECK(stat(at("run/control"), &st) != 0);
	end();
}

/* The directory that is refused is named, with what to do about it. */
TEST(shipper_logs_which_directory_it_refuses)
{
	char text[400];

	CHECK(begin(""));
	made_run = run_never;
	CHECK_EQ(mkdir(at("run"), 0700), 0);
	CHECK_EQ(chmod(at("run"), 0777), 0);
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	(void)snprintf(text, sizeof(text), "shipper: %s can be written by others: chmod go-w %s\n",
	    at("run"), at("run"));
	CHECK_EQ(logged(text), 1);
	CHECK_EQ(chmod(at("run"), 0700), 0);
	CHECK_EQ(mkdir(at("open"), 0700), 0);
	CHECK_EQ(chmod(at("open"), 0777), 0); /* anybody may listen there in our place */
	(void)snprintf(role.cfg->hop_socket, sizeof(role.cfg->hop_socket), "%s", at("open/hop"));
	listen_to_log();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(logged("/open can be written by others: chmod go-w "), 1);
	end();
}

/* What the sensor's health says is left out, and of crashes; the time is that of the record. */
static void
say_health(uint64_t number, int64_t s, uint64_t level, uint64_t streams, uint64_t crashes)
{
	const struct es_counter_value values[] = { { ES_CNT_SHED_LEVEL, level },
		{ ES_CNT_RTP_SHED, 100 * streams }, { ES_CNT_STREAMS_SHED, streams },
		{ ES_CNT_PARSER_CRASHES, crashes }, { ES_CNT_SANDBOX, ES_SANDBOX_ENFORCED } };
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = es_time_of_ns((INT64_C(1800000000) + s) * ES_NS_PER_S);
	rec.u.health.values = values;
	rec.u.health.n_values = sizeof(values) / sizeof(values[0]);
	say_record(number, &rec, false);
}

static void
run_left_out(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];

	role.loop = l;
	collector_connects(epoch);
	connect_ipc();
	NEED(!status_says("shed"));
	say_health(1, 0, 0, 0, 0);
	NEED(status_says(
	    "\"payload\":true,\"sensor_sandbox\":\"made\",\"shed_level\":0,\"calls_up\":0,"));
	NEED(!status_says("\"problems\""));
	say_health(2, 60, 3, 4, 2);
	NEED(status_says(
	    "\"shed_level\":3,\"shed_since\":\"2027-01-15T08:01:00.000000Z\","
	    "\"rtcp_shed\":0,\"sip_shed\":0,\"rtp_shed\":400,\"streams_shed\":4,"
	    "\"parser_crashes\":2,\"parser_crashed\":\"2027-01-15T08:01:00.000000Z\","));
	NEED(status_says(
	    "a budget is used up: the sensor leaves out reports of RTCP, SIP that is of "
	    "no call, and new streams, each whole"));
	say_health(3, 120, 0, 4, 2);
	NEED(status_says("\"streams_shed\":4,\"shed_ended\":\"2027-01-15T08:02:00.000000Z\","));
	NEED(!status_says("\"problems\""));
}

TEST(status_says_what_is_left_out_and_how_often_the_parser_crashed)
{
	CHECK(begin("payload = yes\n"));
	made_run = run_left_out;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}
