/* SPDX-License-Identifier: Apache-2.0 */
/* The searches of the store: every column comes back, every bound of time and number is where it is said. */
#include "tests/unit/store_rig.h"

struct seen {
	struct es_found last;
	int n;
	char ids[256]; /* the bytes of each, in order */
	char agent[ES_STORE_NAME_MAX + 1];
};

static bool
note(void *ctx, const struct es_found *found)
{
	struct seen *seen = ctx;
	size_t at = strlen(seen->ids);

	(void)snprintf(seen->ids + at, sizeof(seen->ids) - at, "%.*s ", (int)found->row.bytes.n,
	    (const char *)found->row.bytes.p);
	(void)snprintf(seen->agent, sizeof(seen->agent), "%s", found->agent_name);
	seen->last = *found;
	seen->n++;
	return true;
}

static es_time
at(int64_t s)
{
	return es_time_of_ns(s * ES_NS_PER_S);
}

static void
put(struct fixture *f, const struct es_row *row)
{
	CHECK_EQ(es_store_put(f->s, row), 0);
}

/* A row of one second that is known by one letter. */
static void
put_at(struct fixture *f, enum es_record_type type, int64_t s, const char *letter)
{
	struct es_row r = row_of(f, type, s);

	r.bytes = es_slice_str(letter);
	r.end = at(s + 1);
	r.first_seq = (uint64_t)s;
	r.call_id = es_slice_str("");
	put(f, &r);
}

static bool
note_whole(void *ctx, const struct es_found *found)
{
	const struct es_row *r = &found->row;
	bool *is_whole = ctx;

	*is_whole = r->type == ES_REC_STREAM && r->role == ES_ROLE_SBC &&
		    r->key.ssrc == 0xfffffff0 && r->key.restart == 3 && r->key.src.port == 4000 &&
		    r->key.dst.port == 5000 && r->start.ns == at(5).ns && r->end.ns == at(9).ns &&
		    r->received.ns == at(77).ns && r->state == ES_STATE_COMPLETED &&
		    es_slice_eq(r->label, es_slice_str("core")) &&
		    es_slice_eq(r->call_id, es_slice_str("one@h")) &&
		    es_slice_eq(r->bytes, es_slice_str("bytes")) &&
		    strcmp(found->agent_name, "ep") == 0 && found->id > 0;
	return true;
}

TEST(store_gives_back_every_column_of_a_stream)
{
	bool is_whole = false;
	struct fixture f;
	struct es_row r;

	setup(&f);
	r = row_of(&f, ES_REC_STREAM, 5);
	r.role = ES_ROLE_SBC;
	r.label = es_slice_str("core");
	r.key.ssrc = 0xfffffff0;
	r.key.restart = 3;
	r.key.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	r.key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	r.end = at(9);
	r.received = at(77);
	r.state = ES_STATE_COMPLETED;
	put(&f, &r);
	CHECK_EQ(es_store_find_streams_of_call(f.s, r.call_id, note_whole, &is_whole), 0);
	CHECK(is_whole);
	teardown(&f);
}

TEST(store_later_call_replaces_every_column)
{
	struct seen seen = { .n = 0 };
	struct fixture f;
	struct es_row r;

	setup(&f);
	r = row_of(&f, ES_REC_CALL, 5);
	put(&f, &r);
	r.session_id = es_slice_str("s");
	r.x_call_id = es_slice_str("x");
	r.from = es_slice_str("a");
	r.to = es_slice_str("b");
	r.state = ES_STATE_COMPLETED;
	r.end = at(8);
	r.received = at(9);
	r.bytes = es_slice_str("later");
	put(&f, &r);
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_SESSION_ID, r.session_id, INT64_MAX, note, &seen), 0);
	CHECK_EQ(es_store_find_calls(f.s, ES_BY_X_CALL_ID, r.x_call_id, INT64_MAX, note, &seen), 0);
	CHECK_EQ(es_store_find_calls(f.s, ES_BY_CALL_ID, r.call_id, INT64_MAX, note, &seen), 0);
	CHECK_STR(seen.ids, "later later later ");
	CHECK_EQ(seen.last.row.state, ES_STATE_COMPLETED);
	CHECK_EQ(seen.last.row.end.ns, at(8).ns);
	CHECK_EQ(seen.last.row.received.ns, at(9).ns);
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_SESSION_ID, es_slice_str(""), INT64_MAX, note, &seen),
	    0);
	CHECK_EQ(seen.n, 3); /* nothing is no key */
	teardown(&f);
}

TEST(store_finds_reports_from_and_to_their_instants)
{
	struct seen seen = { .n = 0 };
	struct fixture f;

	setup(&f);
	put_at(&f, ES_REC_REPORTED, 10, "a");
	put_at(&f, ES_REC_REPORTED, 20, "b");
	put_at(&f, ES_REC_REPORTED, 30, "c");
	CHECK_EQ(es_store_find_reported(f.s, f.agent, 7, at(10), at(20), note, &seen), 0);
	CHECK_STR(seen.ids, "b a "); /* the newest first */
	CHECK_EQ(seen.last.row.type, ES_REC_REPORTED);
	CHECK_EQ(seen.last.row.key.ssrc, 7);
	CHECK_EQ(es_store_find_reported(f.s, f.agent, 7, at(11), at(19), note, &seen), 0);
	CHECK_EQ(es_store_find_reported(f.s, f.agent, 8, at(0), at(99), note, &seen), 0);
	CHECK_EQ(es_store_find_reported(f.s, f.agent + 1, 7, at(0), at(99), note, &seen), 0);
	CHECK_EQ(seen.n, 2);
	teardown(&f);
}

TEST(store_hands_out_the_newest_reports_up_to_a_bound)
{
	struct seen seen = { .n = 0 };
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int i = 0; i < ES_STORE_REPORTS + 3; i++)
		put_at(&f, ES_REC_REPORTED, i, "");
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(es_store_find_reported(f.s, f.agent, 7, at(0), at(9999), note, &seen), 0);
	CHECK_EQ(seen.n, ES_STORE_REPORTS);
	CHECK_EQ(seen.last.row.start.ns, at(3).ns);
	teardown(&f);
}

TEST(store_finds_the_machines_records_of_one_type_in_order)
{
	struct seen seen = { .n = 0 };
	struct fixture f;

	setup(&f);
	put_at(&f, ES_REC_CHANGE, 30, "c");
	put_at(&f, ES_REC_CHANGE, 10, "a");
	put_at(&f, ES_REC_HEALTH, 15, "h");
	put_at(&f, ES_REC_CHANGE, 20, "b");
	CHECK_EQ(
	    es_store_find_machine(f.s, f.agent, ES_REC_CHANGE, at(10), at(30), note, &seen), 0);
	CHECK_STR(seen.ids, "a b c ");
	CHECK_EQ(seen.last.row.type, ES_REC_CHANGE);
	CHECK_EQ(seen.last.row.end.ns, at(31).ns);
	CHECK_EQ(
	    es_store_find_machine(f.s, f.agent, ES_REC_CHANGE, at(11), at(29), note, &seen), 0);
	CHECK_STR(seen.ids, "a b c b ");
	CHECK_EQ(
	    es_store_find_machine(f.s, f.agent + 1, ES_REC_CHANGE, at(0), at(99), note, &seen), 0);
	CHECK_EQ(es_store_find_last(f.s, f.agent, ES_REC_CHANGE, note, &seen), 0);
	CHECK_STR(seen.ids, "a b c b c ");
	CHECK_STR(seen.agent, "ep");
	teardown(&f);
}

/* What the other way between two addresses ran, at the same agent and about then. */
TEST(store_finds_what_flowed_the_other_way)
{
	struct seen seen = { .n = 0 };
	struct es_row forth, back;
	struct fixture f;

	setup(&f);
	forth = row_of(&f, ES_REC_STREAM, 100);
	forth.key.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	forth.key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	forth.end = at(160);
	back = forth;
	back.key.ssrc = 8;
	back.key.src = forth.key.dst;
	back.key.dst = forth.key.src;
	back.bytes = es_slice_str("back");
	put(&f, &forth);
	put(&f, &back);
	back.start = at(1000);
	back.end = at(1060);
	back.bytes = es_slice_str("later");
	put(&f, &back);
	back.key.src.port++;
	back.bytes = es_slice_str("beside");
	back.start = at(100);
	put(&f, &back);
	CHECK_EQ(es_store_find_mirrored(f.s, &forth, at(100), at(160), note, &seen), 0);
	CHECK_STR(seen.ids, "back ");
	CHECK_EQ(es_store_find_mirrored(f.s, &forth, at(161), at(999), note, &seen), 0);
	CHECK_EQ(seen.n, 1);
	CHECK_EQ(es_store_find_mirrored(f.s, &forth, at(160), at(1000), note, &seen), 0);
	CHECK_STR(seen.ids, "back back later ");
	forth.agent++;
	CHECK_EQ(es_store_find_mirrored(f.s, &forth, at(100), at(160), note, &seen), 0);
	CHECK_EQ(seen.n, 3);
	teardown(&f);
}

/* Streams of half a day ago are looked for, and those nearest to the instant asked about come first. */
TEST(store_finds_the_nearest_streams_of_an_ssrc)
{
	struct seen seen = { .n = 0 };
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int i = 0; i < ES_STORE_NEAR_ROWS + 4; i++)
		put_at(&f, ES_REC_STREAM, 1000 + 10 * i, i == 20 ? "n" : "");
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(es_store_find_streams(f.s, 7, at(0), at(9999), at(1200), note, &seen), 0);
	CHECK_EQ(seen.n, ES_STORE_NEAR_ROWS);
	CHECK_EQ(seen.ids[0], 'n');
	memset(&seen, 0, sizeof(seen));
	CHECK_EQ(es_store_find_streams(f.s, 7, at(1001), at(1009), at(1001), note, &seen), 0);
	CHECK_EQ(seen.n, 1); /* ended at 1001 */
	CHECK_EQ(es_store_find_streams(f.s, 7, at(1002), at(1009), at(1002), note, &seen), 0);
	CHECK_EQ(seen.n, 1);
	CHECK_EQ(es_store_find_streams(f.s, 7, at(1002), at(1010), at(1002), note, &seen), 0);
	CHECK_EQ(seen.n, 2);
	teardown(&f);
}

TEST(store_finds_packed_minutes_by_all_of_their_key)
{
	struct seen seen = { .n = 0 };
	struct fixture f;
	struct es_row r;

	setup(&f);
	put_at(&f, ES_REC_INTERVAL, 100, "a");
	put_at(&f, ES_REC_INTERVAL, 160, "b");
	r = row_of(&f, ES_REC_INTERVAL, 0);
	CHECK_EQ(es_store_find_intervals(f.s, &r, at(101), at(160), note, &seen), 0);
	CHECK_STR(seen.ids, "a b ");
	CHECK_EQ(es_store_find_intervals(f.s, &r, at(102), at(159), note, &seen), 0);
	CHECK_EQ(seen.n, 2);
	for (int i = 0; i < 7; i++) {
		struct es_row other = r;

		switch (i) {
		case 0:
			other.key.ssrc++;
			break;
		case 1:
			other.agent++;
			break;
		case 2:
			other.label = es_slice_str("x");
			break;
		case 3:
			other.role = ES_ROLE_SBC;
			break;
		case 4:
			other.key.src.port++;
			break;
		case 5:
			other.key.dst.port++;
			break;
		default:
			other.key.restart++;
			break;
		}
		CHECK_EQ(es_store_find_intervals(f.s, &other, at(0), at(999), note, &seen), 0);
		CHECK_EQ(seen.n, 2);
	}
	teardown(&f);
}

/* Legs of one Call-ID stand in the order of their places, whichever was delivered first; so many at most. */
TEST(store_calls_of_one_call_id_stand_by_their_place)
{
	enum { MOST = 8 * ES_STORE_NEAR_ROWS };
	static const struct {
		const char *agent, *label, *letter;
	} rows[] = { { "zz", "", "f" }, { "mm", "b", "e" }, { "mm", "a", "d" }, { "aa", "", "a" },
		{ "mm", "", "c" } };
	struct seen seen = { .n = 0 };
	struct es_agent a;
	struct fixture f;
	int n = 0;

	setup(&f);
	for (uint8_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_row r = row_of(&f, ES_REC_CALL, 5);

		memset(&a, 0, sizeof(a));
		(void)snprintf(a.name, sizeof(a.name), "%s", rows[i].agent);
		(void)snprintf(a.cn, sizeof(a.cn), "%032x", rows[i].agent[0]);
		memset(a.spki, rows[i].agent[0], sizeof(a.spki));
		if (es_store_agent_by_spki(f.s, a.spki, &a) == ES_ENOTFOUND) {
			CHECK_EQ(es_store_agent_bind(f.s, &a), 0);
			CHECK_EQ(es_store_agent_by_spki(f.s, a.spki, &a), 0);
		}
		r.agent = a.id;
		r.label = es_slice_str(rows[i].label);
		r.bytes = es_slice_str(rows[i].letter);
		put(&f, &r);
	}
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_CALL_ID, es_slice_str("one@h"), INT64_MAX, note, &seen),
	    0);
	CHECK_STR(seen.ids, "a c d e f ");
	for (int i = 0; i < MOST; i++) {
		struct es_row r = row_of(&f, ES_REC_CALL, 5);
		char label[16];

		(void)snprintf(label, sizeof(label), "%d", i);
		r.label = es_slice_str(label);
		put(&f, &r);
	}
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_CALL_ID, es_slice_str("one@h"), INT64_MAX, count, &n),
	    0);
	CHECK_EQ(n, MOST);
	teardown(&f);
}

TEST(store_agent_keeps_what_each_word_of_it_said)
{
	static const uint8_t epoch[ES_STORE_EPOCH_LEN] = { 9 };
	struct es_agent a;
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_agent_by_id(f.s, f.agent, &a), 0);
	CHECK(!a.has_seen && !a.has_epoch && !a.disabled);
	CHECK_EQ(a.records + a.refused + a.duplicates + a.lost, 0);
	CHECK_EQ(es_store_agent_hello(f.s, f.agent, "1.2", ES_ROLE_SBC, at(50), -7), 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch, 12), 0);
	CHECK_EQ(es_store_agent_count(f.s, f.agent, at(60), 1, 2, 3, 4), 0);
	CHECK_EQ(es_store_agent_count(f.s, f.agent, at(61), 10, 20, 30, 40), 0);
	CHECK_EQ(es_store_agent_by_id(f.s, f.agent, &a), 0);
	CHECK_STR(a.version, "1.2");
	CHECK_EQ(a.role, ES_ROLE_SBC);
	CHECK_EQ(a.clock_ns, -7);
	CHECK(a.has_seen && a.has_epoch);
	CHECK_EQ(a.seen.ns, at(61).ns);
	CHECK_EQ(a.epoch[0], 9);
	CHECK_EQ(a.seq, 12);
	CHECK_EQ(a.records, 11);
	CHECK_EQ(a.refused, 22);
	CHECK_EQ(a.duplicates, 33);
	CHECK_EQ(a.lost, 44);
	CHECK_EQ(es_store_agent_by_id(f.s, f.agent + 1, &a), ES_ENOTFOUND);
	teardown(&f);
}

/* The calls of a party, whichever side it is on, and each once, in the order of the list. */
TEST(store_finds_the_calls_of_a_party)
{
	static const char *const parties[][2] = {
		{ "n1-cc49-aaaaaaaaaaaaaaaaaaaaaaaa-0123456789abcdef01234567@h", "u1-x@h" },
		{ "u1-ffffffffffffffffffffffff@h",
		    "n1-nat-bbbbbbbbbbbbbbbbbbbbbbbb-0123456789abcdef01234567@h" },
		{ "u1-0123456789abcdef01234567",
		    "u1-0123456789abcdef01234567@other" }, /* both sides */
		{ "u1-ffffffffffffffffffffffff@h", "u1-1123456789abcdef01234567@h" },
		{ "", "" },
	};
	const es_slice hash = es_slice_str("0123456789abcdef01234567");
	struct es_page after = { es_time_of_ns(2 * ES_NS_PER_S), 0, 2 };
	struct fixture f;
	int n = 0;

	setup(&f);
	for (int i = 0; i < 5; i++) {
		struct es_row r = row_of(&f, ES_REC_CALL, i);

		r.begun = r.start;
		r.from = es_slice_str(parties[i][0]);
		r.to = es_slice_str(parties[i][1]);
		CHECK_EQ(es_store_put(f.s, &r), 0);
	}
	CHECK_EQ(es_store_find_party(f.s, hash, at(0), at(9), NULL, count, &n), 0);
	CHECK_EQ(n, 3);
	n = 0;
	CHECK_EQ(es_store_find_party(f.s, hash, at(1), at(1), NULL, count, &n), 0);
	CHECK_EQ(n, 1);
	n = 0;
	CHECK_EQ(es_store_find_party(f.s, hash, at(0), at(9), &after, count, &n), 0);
	CHECK_EQ(n, 2); /* behind the third, which is the row 3 */
	n = 0;
	after.id = 4;
	CHECK_EQ(es_store_find_party(f.s, hash, at(0), at(9), &after, count, &n), 0);
	CHECK_EQ(n, 3);
	teardown(&f);
}
