/* SPDX-License-Identifier: Apache-2.0 */
/* When records are removed: by age that a clock can vouch for, and by size, the oldest of all first. */
#include "collector/store/pruner.h"
#include "collector/store/store_private.h"
#include "tests/unit/store_rig.h"

enum { DAY_S = 86400 };

static struct es_collector_config cfg;
static struct es_age_clock now;

static void
begin(struct fixture *f)
{
	setup(f);
	memset(&cfg, 0, sizeof(cfg));
	cfg.retention_calls_ms = cfg.retention_minutes_ms = cfg.retention_reported_ms =
	    INT64_C(90) * DAY_S * 1000;
	cfg.retention_machine_ms = INT64_C(30) * DAY_S * 1000;
	now = (struct es_age_clock){ .wall = es_time_of_ns(INT64_C(200) * DAY_S * ES_NS_PER_S),
		.boot_ns = 5 * ES_NS_PER_S,
		.boot = { 1 },
		.is_synchronised = true };
}

static void
pass(double days)
{
	int64_t ns = (int64_t)(days * DAY_S) * ES_NS_PER_S;

	now.wall = es_time_add(now.wall, ns);
	now.boot_ns += ns;
}

/* Off for some days, and on again with a clock that is so many days wrong. */
static void
reboot(int64_t off_days, int64_t wrong_days)
{
	now.wall = es_time_add(now.wall, (off_days + wrong_days) * DAY_S * ES_NS_PER_S);
	now.boot_ns = 5 * ES_NS_PER_S;
	now.boot[0]++;
}

/* So many days ago, a record of so many bytes. */
static void
put(struct fixture *f, enum es_record_type type, int64_t days, size_t n_bytes, uint32_t ssrc)
{
	static uint8_t bytes[65536];
	struct es_row r = row_of(f, type, 0);

	r.received = es_time_add(now.wall, -days * DAY_S * ES_NS_PER_S);
	r.start = r.end = r.begun = r.received;
	r.key.ssrc = ssrc;
	r.bytes = es_slice_of(bytes, n_bytes);
	if (es_store_put(f->s, &r) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
}

/* Steps until nothing is due; how many removed something. */
static int
run(struct es_pruner *p)
{
	bool is_due = true;
	int n = 0;

	while (es_pruner_is_due(p, &now, &is_due) == 0 && is_due && n < 10000) {
		n += p->removes;
		if (es_pruner_step(p) != 0)
			return -1;
	}
	return n;
}

/* As a process that starts now; how many calls went since the database is there. */
static uint64_t
start(struct fixture *f)
{
	uint64_t n[ES_CLASSES];
	struct es_pruner p;

	es_pruner_init(&p, f->s, &cfg);
	if (run(&p) < 0 || es_store_pruned(f->s, n) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	return n[ES_CLASS_CALLS];
}

static bool
is_held(struct fixture *f)
{
	struct es_store_instant i;

	if (es_store_instant_get(f->s, &i) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	return i.is_held;
}

TEST(pruner_keeps_each_class_as_long_as_it_is_kept)
{
	static const enum es_record_type types[] = { ES_REC_CALL, ES_REC_INTERVAL, ES_REC_HEALTH,
		ES_REC_REPORTED, ES_REC_LOSS };
	char text[ES_PRUNER_TEXT_MAX];
	struct es_pruner p;
	struct fixture f;

	begin(&f);
	for (size_t i = 0; i < 5; i++)
		for (int64_t days = 29; days < 92; days += 61 / 2 + 1) /* 29, 60, 91 */
			put(&f, types[i], days, 10, (uint32_t)days);
	es_pruner_init(&p, f.s, &cfg);
	CHECK(!es_pruner_text(&p, text));
	CHECK_EQ(run(&p), 1);
	CHECK(es_pruner_text(&p, text));
	/* a loss stays as long as calls of its time */
	CHECK_STR(text, "1 calls, 1 minutes, 2 machine, 1 reported, 1 losses");
	CHECK(!es_pruner_text(&p, text));
	CHECK_EQ(run(&p), 0);
	cfg.retention_calls_ms = 0; /* for ever, so losses, too */
	CHECK(es_pruner_take(&p, "retention-calls", &now) == NULL);
	cfg.retention_minutes_ms = 1;
	CHECK_STR(es_pruner_take(&p, "retention-minutes", &now),
	    "in force in 10 minutes; then minutes from before 1970-07-19T23:59:59Z are removed, "
	    "the oldest of 1970-05-21T00:00:00Z");
	CHECK(es_pruner_passed(&p, &now) == NULL);
	CHECK_EQ(run(&p), 0);
	now.boot_ns += ES_DEFERRED_MS * ES_NS_PER_MS;
	CHECK_STR(es_pruner_passed(&p, &now), "retention-minutes");
	CHECK(es_pruner_passed(&p, &now) == NULL);
	CHECK_EQ(run(&p), 1);
	CHECK(es_pruner_text(&p, text));
	CHECK_STR(text, "2 minutes");
	teardown(&f);
}

/* No call is that old, but losses are: they stayed for as long as calls would. */
TEST(pruner_defers_a_retention_that_removes_losses_alone)
{
	struct es_pruner p;
	struct fixture f;

	begin(&f);
	cfg.retention_calls_ms = 0;
	put(&f, ES_REC_CALL, 1, 10, 1);
	put(&f, ES_REC_LOSS, 120, 10, 2);
	es_pruner_init(&p, f.s, &cfg);
	CHECK_EQ(run(&p), 0);
	cfg.retention_calls_ms = INT64_C(90) * DAY_S * 1000;
	CHECK(es_pruner_take(&p, "retention-calls", &now) != NULL);
	CHECK_STR(p.taken,
	    "in force in 10 minutes; then losses from before 1970-04-21T00:00:00Z are removed, the "
	    "oldest of 1970-03-22T00:00:00Z");
	CHECK_EQ(run(&p), 0);
	now.boot_ns += ES_DEFERRED_MS * ES_NS_PER_MS;
	CHECK_STR(es_pruner_passed(&p, &now), "retention-calls");
	CHECK_EQ(run(&p), 1);
	teardown(&f);
}

/* The battery of the clock failed, and what is stamped with it is years ahead, too: that ages nothing, at no start. */
TEST(pruner_believes_no_clock_that_runs_away)
{
	struct fixture f;

	begin(&f);
	now.is_synchronised = false;
	put(&f, ES_REC_CALL, 0, 10, 1);
	put(&f, ES_REC_CALL, 88, 10, 2);
	CHECK_EQ(start(&f), 0);
	CHECK(!is_held(&f));
	for (uint32_t i = 0; i < 5; i++) {
		reboot(0, i == 0 ? 3650 : 0);
		CHECK_EQ(start(&f), 0);
		CHECK(is_held(&f));
		put(&f, ES_REC_CALL, 0, 10, 10 + i);
		CHECK_EQ(start(&f), 0);
	}
	pass(1.9);
	CHECK_EQ(start(&f), 0);
	pass(0.2);
	CHECK_EQ(start(&f), 1); /* what passed while it was on counts: 88 days are more than 90 */
	CHECK(is_held(&f));
	reboot(0, -3650);
	CHECK_EQ(start(&f), 1);
	CHECK(!is_held(&f));
	teardown(&f);
}

TEST(pruner_believes_no_clock_that_jumps_while_it_runs)
{
	struct es_pruner p;
	struct fixture f;

	begin(&f);
	put(&f, ES_REC_CALL, 80, 10, 1);
	es_pruner_init(&p, f.s, &cfg);
	CHECK_EQ(run(&p), 0);
	now.is_synchronised = false; /* as the kernel says of one that is set by hand */
	now.wall = es_time_add(now.wall, INT64_C(400) * DAY_S * ES_NS_PER_S);
	CHECK_EQ(run(&p), 0);
	CHECK(p.age.instant.is_held);
	pass(0.5);
	put(&f, ES_REC_CALL, 0, 10, 2);
	CHECK_EQ(run(&p), 0);
	now.wall = es_time_add(now.wall, INT64_C(-400) * DAY_S * ES_NS_PER_S);
	CHECK_EQ(run(&p), 0);
	CHECK(!p.age.instant.is_held);
	pass(10);
	CHECK_EQ(run(&p), 1);
	teardown(&f);
}

/* Off for a quarter of a year: a clock that was set right since is believed, one that nobody set only by consent. */
TEST(pruner_removes_what_grew_old_while_the_machine_was_off)
{
	for (int is_set = 0; is_set < 2; is_set++) {
		struct es_age age;
		struct fixture f;
		char text[ES_AGE_TEXT_MAX];

		begin(&f);
		put(&f, ES_REC_CALL, 10, 10, 1);
		CHECK_EQ(start(&f), 0);
		reboot(92, 0);
		now.is_synchronised = is_set == 1;
		CHECK_EQ(start(&f), (uint64_t)is_set);
		CHECK_EQ(is_held(&f), is_set == 0);
		CHECK_EQ(es_age_judge(f.s, &now, &age), 0);
		CHECK_EQ(es_age_text(&age, &now, text), is_set == 0);
		if (is_set == 0) {
			CHECK(strstr(text, "1970-10-20T00:00Z, 92 days after 1970-07-20T00:00Z") !=
			      NULL);
			CHECK(strstr(text, "nothing keeps it right (NTP, PTP)") != NULL);
			CHECK(strstr(text, "earshot-collector prune --trust-clock") != NULL);
		}
		CHECK_EQ(es_age_trust(f.s, &now), 0);
		CHECK_EQ(start(&f), 1);
		CHECK(!is_held(&f));
		teardown(&f);
	}
}

/* A server of the time that lies by years is no reason to throw a history away. */
TEST(pruner_believes_a_server_of_the_time_within_half_a_year)
{
	static const struct {
		int64_t off_days;
		bool is_held;
	} rows[] = { { 182, false }, { 184, true }, { 7168, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		begin(&f);
		put(&f, ES_REC_CALL, 10, 10, 1);
		CHECK_EQ(start(&f), 0);
		reboot(rows[i].off_days, 0);
		CHECK_EQ(start(&f), !rows[i].is_held);
		CHECK_EQ(is_held(&f), rows[i].is_held);
		teardown(&f);
	}
}

/* At the first start of all there is nothing to compare with; what is known later corrects it. */
TEST(pruner_corrects_a_clock_that_was_ahead_at_the_first_start)
{
	struct fixture f;

	begin(&f);
	now.is_synchronised = false;
	reboot(0, 3650);
	CHECK_EQ(start(&f), 0);
	put(&f, ES_REC_CALL, 0, 10, 1);
	reboot(0, -3650); /* set by hand */
	CHECK_EQ(start(&f), 0);
	put(&f, ES_REC_CALL, 0, 10, 2);
	reboot(0, 3650); /* and gone again */
	CHECK_EQ(start(&f), 0);
	CHECK(is_held(&f));
	now.is_synchronised = true; /* no server ever said before what is right */
	reboot(0, -3650);
	CHECK_EQ(start(&f), 0);
	CHECK(!is_held(&f));
	pass(91);
	CHECK_EQ(start(&f), 1); /* the one of today; the other has its years to go */
	teardown(&f);
}

TEST(pruner_removes_nothing_by_a_clock_that_is_behind)
{
	struct fixture f;

	begin(&f);
	put(&f, ES_REC_CALL, 80, 10, 1);
	CHECK_EQ(start(&f), 0);
	now.is_synchronised = false;
	reboot(0, -150); /* to where a clock without a battery begins */
	pass(20);
	CHECK_EQ(start(&f), 0);
	CHECK(!is_held(&f));
	now.is_synchronised = true; /* and a server corrects it */
	now.wall = es_time_add(now.wall, INT64_C(150) * DAY_S * ES_NS_PER_S);
	CHECK_EQ(start(&f), 1);
	CHECK(!is_held(&f));
	teardown(&f);
}

/* No instant is kept, so the next start might find another one: by age nothing goes. */
TEST(pruner_removes_nothing_by_age_before_an_instant_is_kept)
{
	struct es_pruner p;
	struct fixture f;
	bool is_due;

	begin(&f);
	put(&f, ES_REC_CALL, 91, 10, 1);
	CHECK_EQ(es_store_execute(f.s, "CREATE TRIGGER no BEFORE INSERT ON instant BEGIN SELECT"
				       " raise(ABORT, 'not now'); END"),
	    0);
	es_pruner_init(&p, f.s, &cfg);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(es_pruner_is_due(&p, &now, &is_due), 0);
		CHECK(is_due && !p.removes);
		CHECK(es_pruner_step(&p) < 0);
	}
	CHECK_EQ(es_store_execute(f.s, "DROP TRIGGER no"), 0);
	CHECK_EQ(start(&f), 1);
	teardown(&f);
}

static uint64_t
used(struct fixture *f)
{
	uint64_t bytes = 0;

	if (es_store_used(f->s, &bytes) != 0)
		abort();
	return bytes;
}

TEST(pruner_makes_room_from_the_oldest_of_all_classes)
{
	es_time oldest[ES_CLASSES];
	struct es_pruner p;
	struct fixture f;
	uint64_t before;

	begin(&f);
	cfg.max_database_bytes = 4 << 20;
	CHECK_EQ(es_store_begin(f.s), 0);
	for (uint32_t i = 1; i < 20; i++) {
		put(&f, ES_REC_CALL, 20 - i, 60000, i);
		put(&f, ES_REC_REPORTED, 20 - i, 60000, i);
		put(&f, ES_REC_HEALTH, 20 - i, 60000, i);
	}
	put(&f, ES_REC_LOSS, 29, 60000, 1); /* the oldest, and never removed for room */
	CHECK_EQ(es_store_commit(f.s), 0);
	es_pruner_init(&p, f.s, &cfg);
	before = used(&f);
	CHECK(before > (4 << 20) - (512 << 10));
	CHECK(es_pruner_lacks_room(&p));
	CHECK_EQ(p.is_urgent, before > (4 << 20) - (256 << 10));
	CHECK(run(&p) > 0);
	CHECK(used(&f) <= (4 << 20) - (768 << 10));
	CHECK(used(&f) > (4 << 20) - (768 << 10) - 500000); /* and no more than that */
	CHECK_EQ(es_store_oldest(f.s, oldest), 0);
	CHECK(oldest[ES_CLASS_LOSSES].ns != INT64_MAX);
	for (int i = 0; i < ES_CLASS_LOSSES; i++) /* all of them begin at one time now */
		if (i != ES_CLASS_MINUTES)
			CHECK(
			    es_time_diff(oldest[i], oldest[ES_CLASS_CALLS]) <=
				DAY_S * ES_NS_PER_S &&
			    es_time_diff(oldest[ES_CLASS_CALLS], oldest[i]) <= DAY_S * ES_NS_PER_S);
	CHECK_EQ(run(&p), 0);
	CHECK(!es_pruner_lacks_room(&p) && !p.is_urgent);
	es_pruner_want_room(&p); /* there is enough: nothing more goes */
	CHECK_EQ(run(&p), 0);
	before = used(&f);
	cfg.max_database_bytes = 2 << 20;
	CHECK(es_pruner_take(&p, "listen", &now) == NULL);
	CHECK(es_pruner_take(&p, "max-database", &now) != NULL);
	CHECK(strstr(p.taken, "; then the oldest records are removed: of 2048 KiB ") != NULL);
	CHECK_EQ(run(&p), 0);
	cfg.max_database_bytes = 4 << 20; /* taken back in time */
	CHECK(es_pruner_take(&p, "max-database", &now) == NULL);
	now.boot_ns += ES_DEFERRED_MS * ES_NS_PER_MS;
	CHECK(es_pruner_passed(&p, &now) == NULL);
	CHECK_EQ(run(&p), 0);
	CHECK_EQ(used(&f), before);
	teardown(&f);
}

/* A limit below what the empty database needs: everything could go, and it would not help. */
TEST(pruner_removes_nothing_where_it_would_not_help)
{
	struct es_pruner p;
	struct fixture f;

	begin(&f);
	put(&f, ES_REC_CALL, 1, 60000, 1);
	cfg.max_database_bytes = 64 << 10;
	es_pruner_init(&p, f.s, &cfg);
	es_pruner_want_room(&p);
	CHECK_EQ(run(&p), 0);
	cfg.max_database_bytes = 128 << 10; /* removes nothing either: in force at once */
	CHECK(es_pruner_take(&p, "max-database", &now) == NULL);
	CHECK_EQ(es_pruner_max_bytes(&p), 128 << 10);
	cfg.max_database_bytes = 0; /* no limit: a full disk is not ours to empty */
	CHECK(es_pruner_take(&p, "max-database", &now) == NULL);
	CHECK_EQ(es_pruner_max_bytes(&p), 0);
	es_pruner_want_room(&p);
	CHECK_EQ(run(&p), 0);
	teardown(&f);
}

/* Losses alone: they stay, and the store says that it is full. */
TEST(pruner_ends_where_nothing_is_left)
{
	struct es_pruner p;
	struct fixture f;

	begin(&f);
	cfg.max_database_bytes = 2 << 20;
	for (uint32_t i = 0; i < 30; i++)
		put(&f, ES_REC_LOSS, 3, 60000, i);
	put(&f, ES_REC_CALL, 1, 10, 1);
	es_pruner_init(&p, f.s, &cfg);
	CHECK_EQ(run(&p), 1);
	CHECK(used(&f) > (2 << 20) - (512 << 10));
	CHECK_EQ(run(&p), 0);
	teardown(&f);
}
