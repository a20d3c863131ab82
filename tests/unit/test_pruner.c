/* SPDX-License-Identifier: Apache-2.0 */
/* When records are removed: by age that a clock can vouch for, and by size, the oldest of all first. */
#include "collector/store/pruner.h"
#include "tests/unit/store_rig.h"

enum { DAY_S = 86400 };

static struct es_collector_config cfg;
static struct es_pruner_clock now;

static void
begin(struct fixture *f)
{
	setup(f);
	memset(&cfg, 0, sizeof(cfg));
	cfg.retention_calls_ms = cfg.retention_minutes_ms = cfg.retention_reported_ms =
	    INT64_C(90) * DAY_S * 1000;
	cfg.retention_machine_ms = INT64_C(30) * DAY_S * 1000;
	now = (struct es_pruner_clock){ es_time_of_ns(INT64_C(200) * DAY_S * ES_NS_PER_S), 5000,
		true };
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

/* Steps until nothing is due; how many. */
static int
run(struct es_pruner *p)
{
	bool is_due = true;
	int n = 0;

	while (es_pruner_is_due(p, &now, &is_due) == 0 && is_due && n < 10000) {
		if (es_pruner_step(p) != 0)
			return -1;
		n++;
	}
	return n;
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
	CHECK_EQ(es_pruner_init(&p, f.s, &cfg, &now), 0);
	CHECK(!es_pruner_text(&p, text));
	CHECK_EQ(run(&p), 1);
	CHECK(es_pruner_text(&p, text));
	/* a loss stays as long as calls of its time */
	CHECK_STR(text, "1 calls, 1 minutes, 2 machine, 1 reported, 1 losses");
	CHECK(!es_pruner_text(&p, text));
	CHECK_EQ(run(&p), 0);
	cfg.retention_calls_ms = 0; /* for ever, so losses, too */
	cfg.retention_minutes_ms = 1;
	CHECK_EQ(run(&p), 1);
	CHECK(es_pruner_text(&p, text));
	CHECK_STR(text, "2 minutes");
	teardown(&f);
}

/* The clock of the machine is years ahead after its battery failed: that ages nothing. */
TEST(pruner_believes_no_clock_that_runs_away)
{
	struct es_pruner p;
	struct fixture f;

	begin(&f);
	put(&f, ES_REC_CALL, 0, 10, 1);
	put(&f, ES_REC_CALL, 89, 10, 2);
	CHECK_EQ(es_pruner_init(&p, f.s, &cfg, &now), 0);
	now.is_synchronised = false;
	now.wall = es_time_add(now.wall, INT64_C(3650) * DAY_S * ES_NS_PER_S);
	now.monotonic_ms += INT64_C(1000) * DAY_S / 25; /* an hour */
	CHECK_EQ(run(&p), 1); /* a day of doubt is believed: 89 days are 90 */
	CHECK_EQ(run(&p), 0);
	now.monotonic_ms += INT64_C(1000) * DAY_S * 88;
	CHECK_EQ(run(&p), 0);
	now.monotonic_ms += INT64_C(1000) * DAY_S * 2; /* that passed here */
	CHECK_EQ(run(&p), 1);
	put(&f, ES_REC_CALL, 89, 10, 3);
	put(&f, ES_REC_CALL, 91, 10, 4);
	now.is_synchronised = true; /* whoever keeps it right says so */
	CHECK_EQ(run(&p), 1);
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
	CHECK_EQ(es_pruner_init(&p, f.s, &cfg, &now), 0);
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
	CHECK_EQ(es_pruner_init(&p, f.s, &cfg, &now), 0);
	es_pruner_want_room(&p);
	CHECK_EQ(run(&p), 0);
	cfg.max_database_bytes = 0; /* no limit: a full disk is not ours to empty */
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
	CHECK_EQ(es_pruner_init(&p, f.s, &cfg, &now), 0);
	CHECK_EQ(run(&p), 1);
	CHECK(used(&f) > (2 << 20) - (512 << 10));
	CHECK_EQ(run(&p), 0);
	teardown(&f);
}
