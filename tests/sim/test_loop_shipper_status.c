/* SPDX-License-Identifier: Apache-2.0 */
/* What the shipper says of itself, every field by its value, and what its minute and its end depend on. */
#include "proto/batch.h"
#include "runtime/rights.h"
#include "tests/sim/made_shipper.h"

#define HEAD \
	"{\"version\":\"" EARSHOT_VERSION "\",\"pid\":%d,\"rights\":\"%s\",\"sandbox\":\"made\","
#define CALM "\"disk_errors\":0,\"skipped_bytes\":0,\"quarantined_files\":0,\"suspect\":false}"

/* The whole status is this text; # stands for a number above 0. */
static bool
status_is(const char *rest)
{
	char rights[ES_RIGHTS_TEXT_MAX], want[4096];
	const char *w = want, *s = ask_status();
	int n;

	es_rights_text(rights);
	n = snprintf(want, sizeof(want), HEAD, (int)getpid(), rights);
	(void)snprintf(want + n, sizeof(want) - (size_t)n, "%s}\n", rest);
	for (; *w != '\0' && *s != '\0'; w++) {
		if (*w == '#' && *s >= '1' && *s <= '9') {
			s += strspn(s, "0123456789");
		} else if (*w == *s) {
			s++;
		} else {
			break;
		}
	}
	if (*w == '\0' && *s == '\0')
		return true;
	printf("status: %s: not %s", s, w);
	return false;
}

/* The number behind the first place where the status says this; -1: it does not. */
static long
status_number(const char *key)
{
	const char *at = strstr(ask_status(), key);

	return at == NULL ? -1 : strtol(at + strlen(key), NULL, 10);
}

static void
say_stream(uint64_t number, bool urgent)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_STREAM;
	rec.at = es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S);
	rec.u.stream.key.ssrc = 7;
	rec.u.stream.key.src.family = rec.u.stream.key.dst.family = 4;
	rec.u.stream.state = ES_STATE_IN_PROGRESS;
	say_record(number, &rec, urgent);
}

static struct {
	unsigned n;
	uint32_t gap_ms;
} gaps;

static void
each_gap(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	if ((rec->coverage.flags & ES_COV_GAP) != 0) {
		gaps.n++;
		gaps.gap_ms = rec->coverage.gap_ms;
	}
}

static int
each_in_batch(void *ctx, uint64_t seq, es_slice record)
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;

	(void)ctx;
	(void)seq;
	es_alloc_init(&alloc, arena, sizeof(arena));
	(void)es_record_decode(record, &alloc, each_gap, NULL);
	return 0;
}

/* Gaps in what was sent since the last look, which is acknowledged, and how long the last of them is. */
static void
look_for_gaps(const uint8_t epoch[ES_EPOCH_BYTES])
{
	static uint8_t arena[ES_ALLOC_BYTES];
	struct es_frame_reader frames;
	struct es_envelope env;
	struct es_alloc alloc;
	uint64_t last = 0;
	es_slice frame;

	gaps.n = 0;
	es_alloc_init(&alloc, arena, sizeof(arena));
	es_frame_reader_init(&frames, 0);
	es_frame_feed(&frames, made_conn_take(made_conn(made_conns() - 1)));
	while (es_frame_next(&frames, &frame) == 0) {
		es_alloc_reset(&alloc);
		if (es_envelope_decode(frame, &alloc, &env) == 0 && env.type == ES_ENV_BATCH) {
			last = env.u.batch.last_seq;
			(void)es_batch_open(&env.u.batch, &alloc, each_in_batch, NULL, NULL);
		}
	}
	es_frame_reader_done(&frames);
	if (last > 0)
		acknowledge(epoch, last);
}

/* So much time, acknowledging all the while; gaps in what was sent then. */
static unsigned
gaps_within(struct es_loop *l, const uint8_t epoch[ES_EPOCH_BYTES], int64_t ms)
{
	unsigned n = 0;

	for (int64_t step; ms > 0; ms -= step) {
		step = ms > 10000 ? 10000 : ms;
		made_pass(l, step);
		look_for_gaps(epoch);
		n += gaps.n;
	}
	return n;
}

static const char at_first[] =
    "\"sensor\":\"not connected\",\"hop_malformed\":0,\"use_keys\":true,\"payload\":false,"
    "\"calls_up\":0,\"spool\":{\"records\":0,\"bytes\":#,\"acked_seq\":0,"
    "\"next_seq\":1,\"lost\":0," CALM ",\"open_calls\":0,\"open_streams\":0,"
    "\"refused_records\":0,\"collector\":{\"address\":\"c.example\","
    "\"state\":\"connecting\",\"batches\":0,\"in_flight\":0,\"refused\":0},"
    "\"problems\":[\"the sensor is not connected\"]";
static const char refused[] =
    "\"sensor\":\"not connected\",\"hop_malformed\":0,\"use_keys\":true,\"payload\":false,"
    "\"calls_up\":0,\"spool\":{\"records\":0,\"bytes\":#,\"acked_seq\":0,"
    "\"next_seq\":1,\"lost\":0," CALM ",\"open_calls\":0,\"open_streams\":0,"
    "\"refused_records\":0,\"collector\":{\"address\":\"c.example\","
    "\"state\":\"waiting\",\"last_end\":\"connect: refused\","
    "\"next_attempt_ms\":#,\"batches\":0,\"in_flight\":0,\"refused\":0},"
    "\"problems\":[\"the sensor is not connected\","
    "\"collector c.example cannot be reached: connect: refused\"]";
static const char delivering[] =
    "\"sensor\":\"running\",\"sensor_heard_ago_ms\":1234,"
    "\"hop_malformed\":0,\"use_keys\":true,\"payload\":false,"
    "\"calls_up\":3,\"spool\":{\"records\":2,\"bytes\":#,\"acked_seq\":1,"
    "\"next_seq\":4,\"lost\":1," CALM ",\"open_calls\":1,\"open_streams\":1,"
    "\"refused_records\":1,\"collector\":{\"address\":\"c.example\","
    "\"state\":\"connected\",\"last_end\":\"connect: refused\","
    "\"last_ack_ago_ms\":234,\"batches\":#,\"in_flight\":#,\"refused\":5}";

static void
run_fields(struct es_loop *l)
{
	static uint8_t epoch[ES_EPOCH_BYTES];
	struct es_envelope env;

	role.loop = l;
	made_settle(l);
	NEED(status_is(at_first));
	made_dial_answer(ES_EIO, "connect: refused");
	for (long wait = status_number("\"next_attempt_ms\":"); wait > 1; wait = 1)
		made_pass(l, wait - 1);
	NEED(status_is(refused));
	made_pass(l, 1);
	collector_connects(epoch);
	connect_ipc();
	NEED(heard(ES_IPC_HELLO, 0));
	say(ES_IPC_CALLS, 3, es_slice_of(NULL, 0));
	say_call(1, ES_STATE_IN_PROGRESS);
	say(ES_IPC_RECORD, 2, es_slice_str("none"));
	made_settle(l);
	say_stream(3, true);
	made_pass(l, 1000); /* the loss is stored, and all is sent */
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	memcpy(env.u.ack.epoch, epoch, ES_EPOCH_BYTES);
	env.u.ack.through_seq = 1;
	env.u.ack.refused = 5;
	answer(&env);
	made_pass(l, 234);
	NEED(status_is(delivering));
	NEED(status_number("\"batches\":") == status_number("\"in_flight\":") + 1);
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_NACK;
	env.u.nack.code = ES_NACK_BUSY;
	env.u.nack.retry_after_ms = 5000;
	env.u.nack.reason = es_slice_str("because");
	answer(&env);
	NEED(status_says("\"last_end\":\"connect: refused\","
			 "\"last_nack\":\"the collector is busy: because\","));
	NEED(status_number("\"last_ack_ago_ms\":") == 234);
	made_pass(l, 150000 - 1234);
	NEED(status_says("\"sensor\":\"running\",\"sensor_heard_ago_ms\":150000,"));
	made_pass(l, 1);
	NEED(status_says("\"sensor\":\"silent\",\"sensor_heard_ago_ms\":150001,"));
}

TEST(status_has_every_field_by_its_value)
{
	CHECK(begin("use-keys = yes\n"));
	made_run = run_fields;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

/* Nobody acknowledges what is stored each minute: after five whole ones someone should look. */
static void
run_backlog(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];

	role.loop = l;
	collector_connects(epoch);
	connect_ipc();
	say_call(1, ES_STATE_IN_PROGRESS);
	made_pass(l, 60000);
	say(ES_IPC_CALLS, 1, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(!status_says("\"waiting_s\":") && !status_says("\"problems\":"));
	for (int minute = 1; minute <= 5; minute++) {
		say(ES_IPC_CALLS, 1, es_slice_of(NULL, 0));
		made_pass(l, 60000);
		NEED(status_number("\"waiting_s\":") == 60 * minute);
		NEED(status_says("records have waited for 5 minutes") == (minute == 5));
	}
}

TEST(status_names_records_that_have_waited_for_five_minutes)
{
	CHECK(begin(""));
	made_run = run_backlog;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

static void
run_alone(struct es_loop *l)
{
	role.loop = l;
	made_pass(l, 3600000);
	NEED(status_says("\"collector\":{\"state\":\"no collector\",\"batches\":0,"));
	NEED(status_says("\"no collector is configured\",\"records have waited for 59 minutes\""));
	NEED(made_dial.times == 0);
}

TEST(status_without_a_collector_has_no_address)
{
	const char *collector;

	CHECK(begin(""));
	collector = role.cfg->collector;
	role.cfg->collector = NULL;
	made_run = run_alone;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	role.cfg->collector = collector;
	end();
}

static int64_t heard_at_ms; /* after the start */

/* The third minute is 180 s after the start: a sensor silent for more than 150 s is gone then. */
static void
run_silence(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];

	role.loop = l;
	collector_connects(epoch);
	connect_ipc();
	made_pass(l, heard_at_ms);
	say_call(1, ES_STATE_IN_PROGRESS);
	NEED(gaps_within(l, epoch, 179999 - heard_at_ms) == 0);
	NEED(gaps_within(l, epoch, 1) == (heard_at_ms < 30000));
	NEED(heard_at_ms >= 30000 || gaps.gap_ms == 180000 - heard_at_ms);
	NEED(gaps_within(l, epoch, 60000) == (heard_at_ms >= 30000)); /* said once */
}

TEST(shipper_gives_a_silent_sensor_two_minutes_and_a_half)
{
	for (heard_at_ms = 29999; heard_at_ms <= 30000; heard_at_ms++) {
		CHECK(begin(""));
		made_run = run_silence;
		CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
		end();
	}
}

static void
run_goodbye_then_silence(struct es_loop *l)
{
	role.loop = l;
	made_settle(l);
	connect_ipc();
	say_call(1, ES_STATE_IN_PROGRESS);
	say(ES_IPC_BYE, 1, es_slice_of(NULL, 0));
	made_settle(l);
	made_pass(l, 600000);
	NEED(status_number("\"next_seq\":") == 12); /* the call, ten minutes, no gap */
	NEED(status_says("\"sensor\":\"ended\""));
	close(role.fd);
	role.fd = -1;
	made_settle(l);
	NEED(status_number("\"next_seq\":") == 12);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 350);
}

/* Nobody came since the start: what was open before it gets its gap when a sensor would have spoken. */
static void
run_nobody_comes(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];
	long before;

	role.loop = l;
	collector_connects(epoch);
	before = status_number("\"next_seq\":");
	NEED(status_says("\"open_calls\":1"));
	NEED(gaps_within(l, epoch, 60000) == 0);
	NEED(status_number("\"next_seq\":") == before + 1);
	NEED(gaps_within(l, epoch, 119999) == 0);
	NEED(status_number("\"next_seq\":") == before + 2);
	NEED(gaps_within(l, epoch, 1) == 1);
	NEED(gaps.gap_ms == 180000);
	NEED(gaps_within(l, epoch, 60000) == 0);
	NEED(status_number("\"next_seq\":") == before + 5);
}

TEST(shipper_reports_a_sensor_that_never_came_back)
{
	CHECK(begin(""));
	made_run = run_goodbye_then_silence;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	made_run = run_nobody_comes;
	made_clock_reset();
	made_tls_reset();
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

/* Another run while the one before said nothing for 3 s. */
static void
run_new_run(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];

	role.loop = l;
	collector_connects(epoch);
	connect_ipc();
	say_call(1, ES_STATE_IN_PROGRESS);
	made_pass(l, 3000);
	look_for_gaps(epoch);
	NEED(gaps.n == 0);
	role.speaks_as = 78;
	say(ES_IPC_CALLS, 0, es_slice_of(NULL, 0));
	made_settle(l);
	made_pass(l, 50);
	look_for_gaps(epoch);
	NEED(gaps.n == 1 && gaps.gap_ms == 3000);
	close(role.fd);
	role.fd = -1;
	made_pass(l, 50);
	look_for_gaps(epoch); /* nothing is open that no gap was reported for */
	NEED(gaps.n == 0);
}

TEST(shipper_reports_how_long_the_sensor_before_was_silent)
{
	CHECK(begin(""));
	made_run = run_new_run;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

static int stop_case;

/* SIGTERM with a sensor that said goodbye: what is left to be synced, sent and acknowledged is waited for. */
static void
run_stop(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];
	struct es_envelope env;

	role.loop = l;
	collector_connects(epoch);
	connect_ipc();
	say_call(1, ES_STATE_COMPLETED);
	made_pass(l, 100);
	if (stop_case > 0)
		acknowledge(epoch, 1);
	if (stop_case == 2)
		say_stream(2, false); /* synced within a second, not now */
	say(ES_IPC_BYE, stop_case == 2 ? 2 : 1, es_slice_of(NULL, 0));
	made_settle(l);
	(void)agent_said(ES_ENV_BATCH, &env);
	NEED(made_signal(l, SIGTERM));
	made_pass(l, 49);
	NEED(!made_conn(0)->is_finishing);
	made_pass(l, 1);
	NEED(made_conn(0)->is_finishing == (stop_case == 1));
	if (stop_case == 1) {
		NEED(agent_said(ES_ENV_BYE, &env));
		made_pass(l, 299);
		NEED(made_next_ms(l) == 1);
		made_pass(l, 60001); /* it has ended: nothing is due any more */
		NEED(made_next_ms(l) < 0);
		return;
	}
	made_pass(l, 1000);
	NEED(!made_conn(0)->is_finishing);
	acknowledge(epoch, stop_case == 2 ? 2 : 1);
	made_pass(l, 50);
	NEED(made_conn(0)->is_finishing);
}

TEST(shipper_ends_when_all_is_acknowledged)
{
	for (stop_case = 0; stop_case < 3; stop_case++) {
		CHECK(begin(""));
		made_run = run_stop;
		CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
		end();
	}
}

/* Whether calls are up reaches the look at the machine. */
static void
run_calls(struct es_loop *l)
{
	uint8_t epoch[ES_EPOCH_BYTES];

	role.loop = l;
	collector_connects(epoch);
	made_pass(l, 5000);
	NEED(status_number("\"next_seq\":") > 1);
	acknowledge(epoch, (uint64_t)status_number("\"next_seq\":") - 1);
	NEED(made_next_ms(l) == 45000);
	connect_ipc();
	say(ES_IPC_CALLS, 1, es_slice_of(NULL, 0));
	made_settle(l);
	NEED(made_next_ms(l) == 2000);
}

TEST(shipper_looks_at_the_machine_sooner_while_calls_are_up)
{
	CHECK(begin(""));
	role.cfg->host = true;
	role.cfg->host_root = "tests/unit/fixtures/host/wired/1";
	role.cfg->host_probes = false; /* whose timer would fire before */
	role.cfg->host_period_idle_ms = 50000;
	role.cfg->host_period_up_ms = 7000;
	made_run = run_calls;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}

static void
run_nothing(struct es_loop *l)
{
	role.loop = l;
}

/* Whatever is missing at the start: it ends with 1, and the next start works. */
TEST(shipper_start_fails_cleanly)
{
	int status = 1;
	unsigned n;

	CHECK(begin(""));
	made_run = run_nothing;
	for (n = 0; n < 40 && status != 0; n++) {
		made_fail_in = n + 1;
		status = es_shipper_run(role.cfg, -1);
		CHECK(status == 0 || (status == 1 && role.loop == NULL));
	}
	made_fail_in = 0;
	CHECK_EQ(status, 0);
	CHECK(n > 10);
	(void)unlink(at("run/hop"));
	CHECK_EQ(mkdir(at("run/hop"), 0700), 0);
	role.loop = NULL;
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(rmdir(at("run/hop")), 0);
	CHECK_EQ(mkdir(at("run/control"), 0700), 0);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 1);
	CHECK_EQ(rmdir(at("run/control")), 0);
	CHECK(role.loop == NULL);
	CHECK_EQ(es_shipper_run(role.cfg, -1), 0);
	end();
}
