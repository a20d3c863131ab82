/* SPDX-License-Identifier: Apache-2.0 */
/* How far a search reaches from the rows of a call: in steps by one SSRC, and in time. */
#include "collector/query/gather_private.h"
#include "gather_store.h"

enum { START_S = 10000, LENGTH_S = 20, HOUR_S = 3600 };

static struct es_record
stream_of(const char *call_id, uint32_t ssrc, uint16_t port, int64_t start_s)
{
	struct es_record rec;
	struct es_stream *s = &rec.u.stream;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_STREAM;
	rec.at = s->start = es_time_of_ns(start_s * ES_NS_PER_S);
	s->call_id = es_slice_str(call_id);
	s->key.ssrc = ssrc;
	s->key.src = (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, 1 } };
	s->key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	s->state = ES_STATE_COMPLETED;
	s->duration_us = LENGTH_S * UINT64_C(1000000);
	s->packets = s->expected = 1000;
	s->first_seq = ES_SEQ_BASE;
	s->last_seq = ES_SEQ_BASE + 999;
	return rec;
}

static void
put_stream(struct fixture *f, const char *call_id, uint32_t ssrc, uint16_t port, int64_t start_s)
{
	struct es_record rec = stream_of(call_id, ssrc, port, start_s);

	put(f, &rec);
}

/* A call of LENGTH_S that announced one stream, from where `port` of put_stream sends. */
static void
put_call(struct fixture *f, const char *call_id, uint16_t port)
{
	struct es_record rec = stream_of(call_id, 1, port, START_S);
	const struct es_call_stream s = {
		.ssrc = 1, .src = rec.u.stream.key.src, .dst = rec.u.stream.key.dst
	};
	struct es_call *c = &rec.u.call;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.at = c->start = es_time_of_ns(START_S * ES_NS_PER_S);
	c->call_id = es_slice_str(call_id);
	c->state = ES_STATE_COMPLETED;
	c->has = ES_CALL_HAS_DURATION;
	c->duration_us = LENGTH_S * UINT64_C(1000000);
	c->streams = &s;
	c->n_streams = 1;
	put(f, &rec);
}

static size_t
rows_of(struct fixture *f, const char *name)
{
	struct es_gather *g = NULL;
	size_t n;

	if (es_gather_new(f->s, &g) != 0 || es_gather_load(g, es_slice_str(name)) != 0)
		abort();
	n = es_gather_is_cut(g) ? SIZE_MAX : es_gather_count(g);
	es_gather_free(g);
	return n;
}

/* Each call has one SSRC of the call before: two steps lead on, a third does not. */
TEST(gather_goes_two_steps_by_ssrc)
{
	struct fixture f;

	setup(&f);
	for (uint16_t i = 0; i < 6; i++) {
		char call_id[8];

		(void)snprintf(call_id, sizeof(call_id), "c%u@x", i);
		put_call(&f, call_id, (uint16_t)(4000 + 10 * i));
		put_stream(&f, call_id, 100u + i, (uint16_t)(4000 + 10 * i), START_S);
		put_stream(&f, call_id, 101u + i, (uint16_t)(4002 + 10 * i), START_S);
	}
	CHECK_EQ(rows_of(&f, "c0@x"), 3 * 3);
	CHECK_EQ(rows_of(&f, "c5@x"), 3 * 3);
	CHECK_EQ(rows_of(&f, "c2@x"), 3 * 5);
	teardown(&f);
}

/* A stream of the same SSRC belongs to it where it ran within an hour before or after. */
TEST(gather_looks_for_an_ssrc_an_hour_around)
{
	static const struct {
		int64_t start_s;
		size_t n;
	} rows[] = { { START_S - HOUR_S - LENGTH_S, 2 }, { START_S - HOUR_S - LENGTH_S - 1, 1 },
		{ START_S + LENGTH_S + HOUR_S, 2 }, { START_S + LENGTH_S + HOUR_S + 1, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		setup(&f);
		put_stream(&f, "a@x", 9, 4000, START_S);
		put_stream(&f, "", 9, 4002, rows[i].start_s);
		if (rows_of(&f, "a@x") != rows[i].n)
			test_fail(__FILE__, __LINE__, "%zu", i);
		teardown(&f);
	}
}

/* Media that a call announced and another's stream has: from its start to an hour behind its end. */
TEST(gather_looks_for_announced_media_an_hour_behind_the_call)
{
	static const struct {
		int64_t start_s;
		size_t n;
	} rows[] = { { START_S - LENGTH_S, 2 }, { START_S - LENGTH_S - 1, 1 }, { START_S, 2 },
		{ START_S + LENGTH_S + HOUR_S, 2 }, { START_S + LENGTH_S + HOUR_S + 1, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		setup(&f);
		put_call(&f, "a@x", 4000);
		put_stream(&f, "b@x", 9, 4000, rows[i].start_s);
		if (rows_of(&f, "a@x") != rows[i].n)
			test_fail(__FILE__, __LINE__, "%zu", i);
		teardown(&f);
	}
}

/* A call with a stream of its own needs no other's. */
TEST(gather_leaves_announced_media_alone_where_the_call_has_some)
{
	struct fixture f;

	setup(&f);
	put_call(&f, "a@x", 4000);
	put_stream(&f, "b@x", 9, 4000, START_S);
	put_stream(&f, "a@x", 8, 4000, START_S);
	CHECK_EQ(rows_of(&f, "a@x"), 2);
	teardown(&f);
}

static size_t
blobs_of(struct fixture *f, const char *name)
{
	struct es_gather *g = NULL;
	size_t n;

	if (es_gather_new(f->s, &g) != 0 || es_gather_load(g, es_slice_str(name)) != 0)
		abort();
	n = g->n_blobs;
	es_gather_free(g);
	return n;
}

/* What a machine said counts from a minute before the first of its rows to a minute behind the last. */
TEST(gather_takes_what_the_machine_said_over_all_of_its_rows)
{
	static const int64_t starts[][3] = { { 1000, 1500, 2000 }, { 2000, 1500, 1000 },
		{ 1500, 1000, 2000 } };

	for (size_t i = 0; i < 3; i++) {
		struct fixture f;

		setup(&f);
		for (size_t k = 0; k < 3; k++)
			put_stream(&f, "a@x", (uint32_t)(100 + k), 4000, starts[i][k]);
		put_health(&f, 1000 - 61);
		put_health(&f, 2000 + LENGTH_S + 61);
		CHECK_EQ(blobs_of(&f, "a@x"), 0);
		put_health(&f, 1000 - 60);
		CHECK_EQ(blobs_of(&f, "a@x"), 1);
		put_health(&f, 1250);
		CHECK_EQ(blobs_of(&f, "a@x"), 2);
		put_health(&f, 2000 + LENGTH_S + 60);
		CHECK_EQ(blobs_of(&f, "a@x"), 3);
		teardown(&f);
	}
}

/* Of a stream that is still under way all blocks from its start on are its, however late. */
TEST(gather_takes_all_blocks_of_a_stream_under_way)
{
	for (int in_progress = 0; in_progress < 2; in_progress++) {
		struct es_record rec = stream_of("a@x", 9, 4000, START_S), block;
		struct es_interval *b = &block.u.interval;
		struct fixture f;

		setup(&f);
		rec.u.stream.state = in_progress != 0 ? ES_STATE_IN_PROGRESS : ES_STATE_COMPLETED;
		memset(&block, 0, sizeof(block));
		block.type = ES_REC_INTERVAL;
		b->stream = rec.u.stream.key;
		b->start = es_time_of_ns((START_S + 2 * HOUR_S) * ES_NS_PER_S);
		block.at = b->end = es_time_add(b->start, ES_NS_PER_S);
		b->first_seq = ES_SEQ_BASE + 512;
		b->last_seq = b->first_seq + 255;
		b->block = b->first_seq / ES_BLOCK_SEQS;
		b->expected = b->received = 256;
		put(&f, &rec);
		put(&f, &block);
		CHECK_EQ(blobs_of(&f, "a@x"), in_progress);
		teardown(&f);
	}
}
