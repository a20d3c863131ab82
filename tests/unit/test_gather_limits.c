/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering the rows of a call: how many, and from when to when. */
#include "collector/query/gather_private.h"
#include "collector/store/store_private.h"
#include "gather_store.h"

enum { START_S = 1000, LENGTH_S = 20 };

static void
put_stream(struct fixture *f, const char *label, uint32_t ssrc)
{
	const struct es_vantage at = { es_slice_str(label), ES_ROLE_TAP };
	struct es_record rec;
	struct es_stream *s = &rec.u.stream;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_STREAM;
	rec.at = s->start = es_time_of_ns(START_S * ES_NS_PER_S);
	s->call_id = es_slice_str("a@x");
	s->key.ssrc = ssrc;
	s->key.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	s->key.dst = (struct es_addr){
		.family = 4, .port = 5000, .ip = { 10, 1, (uint8_t)(ssrc >> 8), (uint8_t)ssrc }
	};
	s->state = ES_STATE_COMPLETED;
	s->duration_us = LENGTH_S * UINT64_C(1000000);
	s->packets = s->expected = 1000;
	s->first_seq = ES_SEQ_BASE;
	s->last_seq = ES_SEQ_BASE + 999;
	put_at(f, &at, &rec);
}

static struct es_gather *
load(struct fixture *f)
{
	struct es_gather *g = NULL;

	if (es_gather_new(f->s, &g) != 0 || es_gather_load(g, es_slice_str("a@x")) != 0)
		abort();
	return g;
}

TEST(gather_says_when_rows_were_left_out)
{
	struct es_gather *g;
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (uint32_t i = 0; i < ES_GATHER_ROWS_MAX; i++)
		put_stream(&f, "", 100 + i);
	CHECK_EQ(es_store_commit(f.s), 0);
	g = load(&f);
	CHECK_EQ(es_gather_count(g), ES_GATHER_ROWS_MAX);
	CHECK(!es_gather_is_cut(g));
	put_stream(&f, "", 99);
	CHECK_EQ(es_gather_load(g, es_slice_str("a@x")), 0);
	CHECK_EQ(es_gather_count(g), ES_GATHER_ROWS_MAX);
	CHECK(es_gather_is_cut(g));
	CHECK_EQ(es_gather_load(g, es_slice_str("rtp:0x00000999")), ES_ENOTFOUND);
	CHECK(!es_gather_is_cut(g)); /* of the search before */
	CHECK_EQ(es_gather_count(g), 0);
	es_gather_free(g);
	teardown(&f);
}

TEST(gather_says_when_a_place_was_left_out)
{
	struct es_gather *g;
	struct fixture f;
	char label[8];

	setup(&f);
	for (uint32_t i = 0; i < ES_CORRELATE_VANTAGES_MAX; i++) {
		(void)snprintf(label, sizeof(label), "p%02u", i);
		put_stream(&f, label, 100 + i);
	}
	g = load(&f);
	CHECK_EQ(es_gather_count(g), ES_CORRELATE_VANTAGES_MAX);
	CHECK_EQ(g->n_vantages, ES_CORRELATE_VANTAGES_MAX);
	CHECK(!es_gather_is_cut(g));
	CHECK_SLICE(es_gather_row(g, 3)->vantage, "tap/p03");
	put_stream(&f, "p00", 900); /* a place that is known */
	CHECK_EQ(es_gather_load(g, es_slice_str("a@x")), 0);
	CHECK_EQ(es_gather_count(g), ES_CORRELATE_VANTAGES_MAX + 1);
	CHECK(!es_gather_is_cut(g));
	put_stream(&f, "more", 901);
	CHECK_EQ(es_gather_load(g, es_slice_str("a@x")), 0);
	CHECK(es_gather_is_cut(g));
	es_gather_free(g);
	teardown(&f);
}

/* Loads with so much memory for copies. Whether something was left out; else all must be there. */
static bool
is_cut_with(struct es_gather *g, size_t room)
{
	es_arena_free(&g->copies);
	if (es_arena_new(&g->copies, room) != 0)
		abort();
	(void)es_gather_load(g, es_slice_str("a@x"));
	if (es_gather_is_cut(g))
		return true;
	if (es_gather_count(g) != 1 || g->n_agents != 1 || g->n_vantages != 1)
		test_fail(__FILE__, __LINE__, "%zu bytes: %zu rows, %zu agents, %zu vantages", room,
		    es_gather_count(g), g->n_agents, g->n_vantages);
	return false;
}

/* Byte by byte less than is needed: that something was left out is never passed over. */
TEST(gather_says_when_memory_ran_out)
{
	struct es_gather *g;
	struct fixture f;
	size_t room = 64;

	setup(&f);
	put_stream(&f, "p00", 100);
	g = load(&f);
	while (room < 1024 && is_cut_with(g, room))
		room += 64;
	CHECK(room > 64 && room < 1024);
	while (!is_cut_with(g, room))
		room--;
	for (int i = 0; i < 16; i++)
		CHECK(is_cut_with(g, --room));
	es_gather_free(g);
	teardown(&f);
}

static void
put_report(struct fixture *f, uint32_t ssrc, int64_t at_s)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_REPORTED;
	rec.at = rec.u.reported.time = es_time_of_ns(at_s * ES_NS_PER_S);
	rec.u.reported.subject_ssrc = ssrc;
	rec.u.reported.reporter_ssrc = 1;
	rec.u.reported.src = rec.u.reported.dst =
	    (struct es_addr){ .family = 4, .port = 1, .ip = { 10, 0, 0, 9 } };
	put(f, &rec);
}

/* A block that lies in [from, from + 5 s]. */
static void
put_block(struct fixture *f, const char *label, int64_t from_s)
{
	const struct es_vantage at = { es_slice_str(label), ES_ROLE_TAP };
	struct es_record rec;
	struct es_interval *r = &rec.u.interval;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_INTERVAL;
	rec.at = r->end = es_time_of_ns((from_s + 5) * ES_NS_PER_S);
	r->start = es_time_of_ns(from_s * ES_NS_PER_S);
	r->stream.ssrc = 100;
	r->stream.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	r->stream.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 1, 0, 100 } };
	r->first_seq = (uint64_t)(65536 + 256 * from_s);
	r->last_seq = r->first_seq + 255;
	r->block = r->first_seq / ES_BLOCK_SEQS;
	r->expected = r->received = 256;
	put_at(f, &at, &rec);
}

static size_t
n_blobs(struct fixture *f)
{
	struct es_gather *g = load(f);
	size_t n = es_gather_is_cut(g) ? SIZE_MAX : g->n_blobs;

	es_gather_free(g);
	return n;
}

/* What belongs to a stream, and what the machine said, is that of its time and a minute around it. */
TEST(gather_takes_what_was_near_in_time)
{
	static const int64_t report_at[] = { START_S - 61, START_S - 60, START_S,
		START_S + LENGTH_S + 60, START_S + LENGTH_S + 61 };
	static const int64_t block_at[] = { START_S - 7, START_S - 6, START_S,
		START_S + LENGTH_S + 1, START_S + LENGTH_S + 2 };
	static const size_t want[] = { 0, 1, 2, 3, 3 };
	struct fixture f;

	setup(&f);
	put_stream(&f, "", 100);
	CHECK_EQ(n_blobs(&f), 0);
	for (size_t i = 0; i < 5; i++) {
		put_report(&f, 100, report_at[i]);
		put_report(&f, 101, report_at[i]); /* of another stream */
		if (n_blobs(&f) != want[i])
			test_fail(__FILE__, __LINE__, "report %zu", i);
	}
	for (size_t i = 0; i < 5; i++) {
		put_block(&f, "", block_at[i]);
		put_block(&f, "else", block_at[i]); /* seen elsewhere */
		if (n_blobs(&f) != 3 + want[i])
			test_fail(__FILE__, __LINE__, "block %zu", i);
	}
	for (size_t i = 0; i < 5; i++) {
		put_health(&f, report_at[i]);
		if (n_blobs(&f) != 6 + want[i])
			test_fail(__FILE__, __LINE__, "health %zu", i);
	}
	teardown(&f);
}

/* The blocks of a stream are those of its own place, whose label stands behind the agent's name. */
TEST(gather_takes_the_blocks_of_the_place)
{
	static const char *const labels[] = { "core", "c", "ta", "tap", "tap/tap" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		char owner[32], part[32];
		struct es_gather *g;
		struct fixture f;

		(void)snprintf(owner, sizeof(owner), "tap/%s", labels[i]);
		(void)snprintf(part, sizeof(part), "%s", labels[i]);
		setup(&f);
		put_stream(&f, labels[i], 100);
		put_block(&f, labels[i], START_S);
		put_block(&f, labels[i] + 1, START_S);
		part[strlen(part) - 1] = '\0';
		put_block(&f, part, START_S);
		put_block(&f, owner, START_S);
		put_health(&f, START_S);
		g = load(&f);
		CHECK_EQ(g->n_blobs, 2);
		CHECK_SLICE(g->blobs[0].owner, owner);
		CHECK(!g->blobs[0].is_machine);
		CHECK_SLICE(g->blobs[1].owner, "tap");
		CHECK(g->blobs[1].is_machine);
		CHECK_EQ(g->rows[0].role, ES_ROLE_TAP);
		es_gather_free(g);
		teardown(&f);
	}
}

/* What the machine said is of the agent, whatever its kind; what was said of a stream is of its place. */
TEST(gather_distinguishes_the_machine_from_its_places)
{
	const es_time t = es_time_of_ns(START_S * ES_NS_PER_S);
	struct es_gather *g;
	struct fixture f;

	setup(&f);
	put_stream(&f, "", 100);
	put_report(&f, 100, START_S);
	put_block(&f, "", START_S);
	for (enum es_record_type type = ES_REC_HOST; type <= ES_REC_LOSS; type++) {
		struct es_record rec;

		memset(&rec, 0, sizeof(rec));
		rec.type = type;
		rec.at = t;
		if (type == ES_REC_HOST)
			rec.u.host.start = rec.u.host.end = t;
		else if (type == ES_REC_CHANGE)
			rec.u.change.time = t;
		else if (type == ES_REC_HEALTH)
			rec.u.health.time = t;
		else
			rec.u.loss.from = rec.u.loss.to = t;
		put(&f, &rec);
	}
	g = load(&f);
	CHECK_EQ(g->n_blobs, 2 + 4);
	for (size_t i = 0; i < g->n_blobs; i++) {
		CHECK_SLICE(g->blobs[i].owner, "tap");
		CHECK_EQ(g->blobs[i].is_machine, i >= 2);
	}
	es_gather_free(g);
	teardown(&f);
}

/* What the store cannot read is an error, not a call without anything. */
TEST(gather_hands_on_what_the_store_says)
{
	static const char *const tables[] = { "call", "stream", "minute", "reported", "machine" };
	char sql[64];

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct es_gather *g = NULL;
		struct fixture f;

		setup(&f);
		put_stream(&f, "", 100);
		(void)snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO gone", tables[i]);
		CHECK_EQ(es_store_execute(f.s, sql), 0);
		CHECK_EQ(es_gather_new(f.s, &g), 0);
		if (es_gather_load(g, es_slice_str("a@x")) != ES_EIO)
			test_fail(__FILE__, __LINE__, "%s", tables[i]);
		es_gather_free(g);
		teardown(&f);
	}
}

static void
put_use(struct fixture *f, const char *call_id, uint32_t ssrc, int64_t start_s)
{
	struct es_record rec;
	struct es_stream *s = &rec.u.stream;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_STREAM;
	rec.at = s->start = es_time_of_ns(start_s * ES_NS_PER_S);
	s->call_id = es_slice_str(call_id);
	s->key.ssrc = ssrc;
	s->key.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	s->key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	s->state = ES_STATE_COMPLETED;
	s->duration_us = 10000000;
	s->packets = s->expected = 500;
	s->first_seq = ES_SEQ_BASE;
	s->last_seq = ES_SEQ_BASE + 499;
	put(f, &rec);
}

/* One SSRC on one path for call after call: only the uses of the call asked for are its. */
TEST(gather_leaves_other_uses_of_an_ssrc_to_their_calls)
{
	static const char *const ids[] = { "a@x", "b@x" };
	struct es_gather *g = NULL;
	struct fixture f;

	setup(&f);
	put_use(&f, "a@x", 9, 1000);
	put_use(&f, "b@x", 9, 1020);
	put_use(&f, "", 9, 1040);
	put_use(&f, "a@x", 9, 1060); /* paused, and went on */
	put_use(&f, "b@x", 9, 1080);
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(es_gather_load(g, es_slice_str(ids[i])), 0);
		CHECK_EQ(es_gather_count(g), 2);
		for (size_t k = 0; k < 2; k++)
			CHECK_SLICE(es_gather_row(g, k)->call_id, ids[i]);
	}
	es_gather_free(g);
	teardown(&f);
}

static void
note_call(void *ctx, const struct es_explained *call)
{
	(void)call;
	++*(int *)ctx;
}

/* There is room for all that was gathered, of whichever kind it is most. */
TEST(gather_has_room_to_judge_all_that_it_found)
{
	enum { MANY = 100 };
	struct es_gather *g;
	struct fixture f;
	int n_calls = 0;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		struct es_record rec;

		put_stream(&f, i % 2 == 0 ? "" : "core", 100 + i / 2);
		put_health(&f, START_S + i % LENGTH_S);
		memset(&rec, 0, sizeof(rec));
		rec.type = ES_REC_CALL;
		rec.at = rec.u.call.start = es_time_of_ns((START_S + i) * ES_NS_PER_S);
		rec.u.call.call_id = es_slice_str("a@x");
		rec.u.call.state = ES_STATE_COMPLETED;
		put(&f, &rec);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	g = load(&f);
	CHECK_EQ(g->n_rows, 2 * MANY);
	CHECK_EQ(g->n_blobs, MANY);
	CHECK_EQ(es_gather_solve(g, note_call, &n_calls), 0);
	CHECK(n_calls > 0);
	CHECK(!es_gather_is_cut(g));
	es_gather_free(g);
	teardown(&f);
}

/* Also for blocks and for the packets that each of them misses. */
TEST(gather_has_room_for_every_missing_packet)
{
	enum { MANY = 60 };
	struct es_gather *g;
	struct fixture f;
	int n_calls = 0;

	setup(&f);
	put_stream(&f, "", 100);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (uint64_t i = 0; i < MANY; i++) {
		static const struct es_vantage here = { .role = ES_ROLE_TAP };
		struct es_record rec = { .type = ES_REC_INTERVAL };
		struct es_interval *r = &rec.u.interval;
		struct es_missing missing[4];

		r->start = es_time_of_ns(START_S * ES_NS_PER_S + (int64_t)i);
		rec.at = r->end = es_time_add(r->start, ES_NS_PER_S);
		r->stream.ssrc = 100;
		r->stream.src =
		    (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
		r->stream.dst =
		    (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 1, 0, 100 } };
		r->first_seq = ES_SEQ_BASE + 256 * i;
		r->last_seq = r->first_seq + 255;
		r->block = r->first_seq / ES_BLOCK_SEQS;
		for (uint64_t k = 0; k < 4; k++)
			missing[k] = (struct es_missing){ r->first_seq + 1 + 2 * k, 1 };
		r->expected = 256;
		r->received = 252;
		r->lost = 4;
		r->missing = missing;
		r->n_missing = 4;
		put_at(&f, &here, &rec);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	g = load(&f);
	CHECK_EQ(g->n_blobs, MANY);
	CHECK_EQ(es_gather_solve(g, note_call, &n_calls), 0);
	CHECK_EQ(n_calls, 1);
	CHECK(!es_gather_is_cut(g));
	es_gather_free(g);
	teardown(&f);
}
