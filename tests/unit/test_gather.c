/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering the rows of a call: legs that announced the same media find each other. */
#include "gather_store.h"

static const struct es_call_stream ways[2] = {
	{ .ssrc = 0xa,
	    .src = { .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } },
	    .dst = { .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } } },
	{ .ssrc = 0xb,
	    .src = { .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } },
	    .dst = { .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } } },
};

/* Two legs and the media they share; the streams carry the first leg's Call-ID. */
static void
put_shared(struct fixture *f)
{
	for (int i = 0; i < 2; i++) {
		struct es_record rec;

		memset(&rec, 0, sizeof(rec));
		rec.type = ES_REC_CALL;
		rec.u.call.call_id = es_slice_str(i == 0 ? "a@x" : "b@x");
		rec.u.call.state = ES_STATE_COMPLETED;
		rec.u.call.start = es_time_of_ns((100 + i) * ES_NS_PER_S);
		rec.u.call.streams = ways;
		rec.u.call.n_streams = 2;
		put(f, &rec);
		memset(&rec, 0, sizeof(rec));
		rec.type = ES_REC_STREAM;
		rec.u.stream.key.ssrc = ways[i].ssrc;
		rec.u.stream.key.src = ways[i].src;
		rec.u.stream.key.dst = ways[i].dst;
		rec.u.stream.state = ES_STATE_COMPLETED;
		rec.u.stream.start = es_time_of_ns(102 * ES_NS_PER_S);
		rec.u.stream.duration_us = 20000000;
		rec.u.stream.packets = rec.u.stream.expected = 1000;
		rec.u.stream.first_seq = ES_SEQ_BASE;
		rec.u.stream.last_seq = ES_SEQ_BASE + 999;
		rec.u.stream.call_id = es_slice_str("a@x");
		rec.u.stream.other_call_ids[0] = es_slice_str("b@x");
		rec.u.stream.n_other_call_ids = 1;
		put(f, &rec);
	}
}

static void
count_legs(void *ctx, const struct es_explained *call)
{
	uint32_t *legs = ctx;

	*legs += 100 + call->n_legs; /* a call, and its legs */
}

TEST(gather_brings_all_legs_of_shared_media_from_either)
{
	static const char *const ids[] = { "a@x", "b@x" };
	struct es_gather *g = NULL;
	struct fixture f;

	setup(&f);
	put_shared(&f);
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	for (int i = 0; i < 2; i++) {
		uint32_t legs = 0;

		CHECK_EQ(es_gather_load(g, es_slice_str(ids[i])), 0);
		CHECK_EQ(es_gather_count(g), 4);
		CHECK_EQ(es_gather_solve(g, count_legs, &legs), 0);
		CHECK_EQ(legs, 102);
	}
	es_gather_free(g);
	teardown(&f);
}

static void
put_call(struct fixture *f, const char *call_id, const char *session, const char *x_call_id)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = rec.u.call.start = es_time_of_ns(100 * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_str(call_id);
	rec.u.call.session_id = es_slice_str(session);
	rec.u.call.x_call_id = es_slice_str(x_call_id);
	rec.u.call.state = ES_STATE_COMPLETED;
	put(f, &rec);
}

static size_t
rows_of(struct es_gather *g, const char *name)
{
	int err = es_gather_load(g, es_slice_str(name));

	return err == 0 ? es_gather_count(g) : err == ES_ENOTFOUND ? 0 : 999;
}

TEST(gather_follows_what_headers_name_both_ways)
{
	struct es_gather *g = NULL;
	struct fixture f;

	setup(&f);
	put_call(&f, "a@x", "", "");
	put_call(&f, "b@x", "", "a@x"); /* names the first */
	put_call(&f, "c@x", "", "b@x"); /* and so on */
	put_call(&f, "d@x", "0123;remote=4567", "");
	put_call(&f, "e@x", "0123", ""); /* of the same session */
	put_call(&f, "f@x", "4567", "");
	put_call(&f, "g@x", "", "none@x");
	put_call(&f, "h@x", "", "none@x"); /* both name a third that nobody saw */
	put_call(&f, "i@x", "", "n");
	put_call(&f, "n", "", "");
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	CHECK_EQ(rows_of(g, "a@x"), 3);
	CHECK_EQ(rows_of(g, "b@x"), 3);
	CHECK_EQ(rows_of(g, "c@x"), 3);
	CHECK_EQ(rows_of(g, "d@x"), 2);
	CHECK_EQ(rows_of(g, "e@x"), 2);
	CHECK_EQ(rows_of(g, "f@x"), 1);
	CHECK_EQ(rows_of(g, "h@x"), 2);
	CHECK_EQ(rows_of(g, "none@x"), 0);
	CHECK_EQ(rows_of(g, "i@x"), 2);
	CHECK_EQ(rows_of(g, "n"), 2);
	CHECK(!es_gather_is_cut(g));
	es_gather_free(g);
	es_gather_free(NULL);
	teardown(&f);
}

/* A stream of SSRC 9 between two ports of its own, whose numbers and timestamps begin here. */
static struct es_record
stream_from(const char *call_id, uint16_t port, uint16_t seq, uint32_t ts)
{
	struct es_record rec;
	struct es_stream *s = &rec.u.stream;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_STREAM;
	rec.at = s->start = es_time_of_ns(1000 * ES_NS_PER_S);
	s->call_id = es_slice_str(call_id);
	s->key.ssrc = 9;
	s->key.src = (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, 1 } };
	s->key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	s->state = ES_STATE_COMPLETED;
	s->duration_us = 10000000;
	s->packets = s->expected = 500;
	s->first_seq = ES_SEQ_BASE + seq;
	s->last_seq = s->first_seq + 499;
	s->has = ES_STREAM_HAS_STEP;
	s->rtp_ts = ts;
	s->rtp_step = 160;
	return rec;
}

static void
put_stream(struct fixture *f, const char *call_id, uint16_t port, uint16_t seq, uint32_t ts)
{
	struct es_record rec = stream_from(call_id, port, seq, ts);

	put(f, &rec);
}

/* One SSRC seen at two places: numbers and timestamps on one line are one source. */
TEST(gather_joins_streams_of_one_ssrc_on_one_line_only)
{
	enum { HALF = 160 * 32768 }; /* half a cycle of numbers, in timestamps */
	static const struct {
		uint16_t seq;
		uint32_t ts;
		size_t n_rows;
	} others[] = {
		{ 150, 58000, 2 },
		{ 150, 58000 + HALF, 2 },
		{ 150, 58000 + HALF + 1, 1 },
		{ 150, 58000u - HALF, 2 },
		{ 150, 58000u - HALF - 1, 1 },
		{ 65500, 50000 - 160 * 136, 2 }, /* before the numbers turned */
		{ 65500, 50000 + 160 * 65400 + HALF, 1 },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct es_gather *g = NULL;
		struct fixture f;

		setup(&f);
		put_stream(&f, "a@x", 4000, 100, 50000);
		put_stream(&f, "", 4002, others[i].seq, others[i].ts);
		CHECK_EQ(es_gather_new(f.s, &g), 0);
		if (rows_of(g, "a@x") != others[i].n_rows)
			test_fail(__FILE__, __LINE__, "%zu: %zu rows", i, es_gather_count(g));
		es_gather_free(g);
		teardown(&f);
	}
}

/* A stream that never said where it began may be on any line, also on one that begins at 0. */
TEST(gather_joins_a_stream_whose_line_is_not_known)
{
	for (unsigned packets = 0; packets < 2; packets++) {
		struct es_gather *g = NULL;
		struct es_record rec = stream_from("", 4002, 0, 0);
		struct fixture f;

		setup(&f);
		put_stream(&f, "a@x", 4000, 100, UINT32_C(1) << 31);
		if (packets == 0)
			rec.u.stream.packets = 0;
		else
			rec.u.stream.has &= ~(uint32_t)ES_STREAM_HAS_STEP;
		put(&f, &rec);
		CHECK_EQ(es_gather_new(f.s, &g), 0);
		CHECK_EQ(rows_of(g, "a@x"), 2);
		es_gather_free(g);
		teardown(&f);
	}
}

TEST(gather_joins_two_calls_by_the_ssrc_on_one_line)
{
	struct es_gather *g = NULL;
	struct fixture f;

	setup(&f);
	put_stream(&f, "a@x", 4000, 100, 50000);
	put_stream(&f, "b@x", 4002, 100, 50000);
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	CHECK_EQ(rows_of(g, "a@x"), 2);
	CHECK_EQ(es_gather_row(g, 0)->hops, 0);
	CHECK_EQ(es_gather_row(g, 1)->hops, 1);
	CHECK_SLICE(es_gather_row(g, 0)->vantage, "tap");
	CHECK_EQ(rows_of(g, "b@x"), 2);
	es_gather_free(g);
	teardown(&f);
}

TEST(gather_name_of_an_ssrc_has_eight_digits)
{
	uint32_t ssrc = 0;

	CHECK(es_parse_rtp_id(es_slice_str("rtp:0x89abcdef"), &ssrc));
	CHECK_EQ(ssrc, 0x89abcdef);
	CHECK(es_parse_rtp_id(es_slice_str("rtp:0x00000001"), &ssrc));
	CHECK_EQ(ssrc, 1);
	CHECK(!es_parse_rtp_id(es_slice_str("rtp:0x0000001"), &ssrc));
	CHECK(!es_parse_rtp_id(es_slice_str("rtp:0x000000012"), &ssrc));
	CHECK(!es_parse_rtp_id(es_slice_str("rtq:0x00000001"), &ssrc));
	CHECK(!es_parse_rtp_id(es_slice_str("rtp:0x0000000g"), &ssrc));
	CHECK(!es_parse_rtp_id(es_slice_str(""), &ssrc));
}

/* A search that may do so much and no more finds all, or says that it did not. */
TEST(gather_that_had_to_stop_says_so)
{
	enum { LEGS = 60 };
	struct es_gather *g = NULL;
	size_t n_cut = 0, n_rows;
	char leg[16], before[16];
	struct fixture f;
	uint64_t whole, step = test_step(7);

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int i = 0; i < LEGS; i++) {
		(void)snprintf(leg, sizeof(leg), "c%d@x", i);
		(void)snprintf(before, sizeof(before), "c%d@x", i - 1);
		put_call(&f, leg, i == 7 ? "0123" : i == 20 ? "0123" : "", i == 0 ? "" : before);
		put_stream(&f, leg, (uint16_t)(4000 + 2 * i), 100, 50000);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(es_gather_new(f.s, &g), 0);
	es_store_budget(f.s, 0, 0);
	n_rows = rows_of(g, "c0@x");
	whole = es_store_work(f.s);
	CHECK_EQ(n_rows, 2 * LEGS);
	CHECK(whole > 20);
	for (uint64_t work = 1; work <= whole + 1; work += step) {
		int err;

		es_store_budget(f.s, work, 0);
		err = es_gather_load(g, es_slice_str("c0@x"));
		n_cut += err == ES_EAGAIN;
		if (err != ES_EAGAIN && (err != 0 || es_gather_count(g) != n_rows))
			test_fail(__FILE__, __LINE__, "%d, %zu rows after %d", err,
			    es_gather_count(g), (int)work);
	}
	CHECK(n_cut > whole / step / 2);
	es_gather_free(g);
	teardown(&f);
}
