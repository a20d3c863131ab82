/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to the row that keeps it: each type's times, keys and texts, and texts that do not fit. */
#include "collector/store/row.h"

#include "proto/encode.h"
#include "proto/packer.h"
#include "tests/unit/harness.h"

static struct {
	uint8_t bytes[8192];
	uint8_t arena[65536];
	struct es_row row;
	uint64_t lost;
	size_t n;
} f;

static const struct es_vantage sbc = { .role = ES_ROLE_SBC,
	.label = { (const uint8_t *)"core", 4 } };

static es_time
at(int64_t s)
{
	return es_time_of_ns(s * ES_NS_PER_S);
}

static struct es_record
blank(enum es_record_type type)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = type;
	rec.at = at(1000);
	rec.vantage = &sbc;
	return rec;
}

static int
row_of(const struct es_record *rec)
{
	struct es_alloc alloc;
	int n = es_record_encode(rec, f.bytes, sizeof(f.bytes));

	memset(&f.row, 0xff, sizeof(f.row));
	f.lost = 99;
	f.n = n > 0 ? (size_t)n : 0;
	es_alloc_init(&alloc, f.arena, sizeof(f.arena));
	return n < 0 ? n
		     : es_row_of(es_slice_of(f.bytes, f.n), 5, at(2000), &alloc, &f.row, &f.lost);
}

TEST(row_of_a_stream_has_its_key_and_ends_with_it)
{
	struct es_record rec = blank(ES_REC_STREAM);
	struct es_stream *s = &rec.u.stream;

	s->key.ssrc = 7;
	s->key.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	s->key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	s->key.restart = 2;
	s->start = at(100);
	s->duration_us = 20500000;
	s->first_seq = ES_SEQ_BASE + 3;
	s->last_seq = ES_SEQ_BASE + 900;
	s->expected = s->packets = 898;
	s->call_id = es_slice_str("a@b");
	s->state = ES_STATE_COMPLETED;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.type, ES_REC_STREAM);
	CHECK_EQ(f.row.agent, 5);
	CHECK_SLICE(f.row.label, "core");
	CHECK_EQ(f.row.role, ES_ROLE_SBC);
	CHECK_EQ(f.row.key.ssrc, 7);
	CHECK_EQ(f.row.key.restart, 2);
	CHECK_EQ(f.row.key.src.port, 4000);
	CHECK_EQ(f.row.key.dst.port, 5000);
	CHECK_EQ(f.row.start.ns, at(100).ns);
	CHECK_EQ(f.row.end.ns, at(120).ns + ES_NS_PER_S / 2);
	CHECK_EQ(f.row.first_seq, ES_SEQ_BASE + 3);
	CHECK_SLICE(f.row.call_id, "a@b");
	CHECK_EQ(f.row.state, ES_STATE_COMPLETED);
	CHECK(!f.row.has_mos);
	CHECK_EQ(f.row.received.ns, at(2000).ns);
	CHECK(f.row.bytes.p == f.bytes && f.row.bytes.n == f.n);
	CHECK_EQ(f.lost, 0);
	s->duration_us = UINT64_MAX; /* the peer's word: the end saturates, it does not turn over */
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.end.ns, INT64_MAX);
}

TEST(row_of_a_call_ends_after_its_setup_and_its_talk)
{
	struct es_record rec = blank(ES_REC_CALL);
	struct es_call *c = &rec.u.call;

	c->call_id = es_slice_str("a@b");
	c->from = es_slice_str("alice@h");
	c->to = es_slice_str("bob@h");
	c->x_call_id = es_slice_str("x@y");
	c->session_id = es_slice_str("0123456789abcdef0123456789abcdef ;remote=0");
	c->start = at(100);
	c->state = ES_STATE_COMPLETED;
	c->has = ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION;
	c->setup_us = 3000000;
	c->duration_us = 60000000;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.start.ns, at(100).ns);
	CHECK_EQ(f.row.end.ns, at(163).ns);
	CHECK_SLICE(f.row.call_id, "a@b");
	CHECK_SLICE(f.row.from, "alice@h");
	CHECK_SLICE(f.row.to, "bob@h");
	CHECK_SLICE(f.row.x_call_id, "x@y");
	CHECK_SLICE(f.row.session_id, "0123456789abcdef0123456789abcdef");
	CHECK_EQ(f.row.state, ES_STATE_COMPLETED);
	c->has = ES_CALL_HAS_SETUP;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.end.ns, at(103).ns);
	c->has = ES_CALL_HAS_DURATION;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.end.ns, at(160).ns);
	c->has = 0;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.end.ns, at(100).ns);
	c->has = ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION;
	c->setup_us = UINT64_MAX / 2; /* no call took so long */
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.end.ns, at(160).ns);
	c->setup_us = 0;
	c->duration_us = UINT64_MAX / 5;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.end.ns, INT64_MAX);
}

TEST(row_of_an_interval_has_its_first_number)
{
	struct es_record rec = blank(ES_REC_INTERVAL);
	struct es_interval *i = &rec.u.interval;

	i->stream.ssrc = 7;
	i->first_seq = ES_SEQ_BASE;
	i->last_seq = ES_SEQ_BASE + 49;
	i->block = i->first_seq / ES_BLOCK_SEQS;
	i->expected = i->received = 50;
	i->start = at(100);
	i->end = at(101);
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.type, ES_REC_INTERVAL);
	CHECK_EQ(f.row.key.ssrc, 7);
	CHECK_EQ(f.row.start.ns, at(100).ns);
	CHECK_EQ(f.row.end.ns, at(101).ns);
	CHECK_EQ(f.row.first_seq, ES_SEQ_BASE);
}

static void
row_of_packed(void *ctx, es_slice bytes, bool urgent)
{
	struct es_alloc alloc;

	(void)urgent;
	++*(int *)ctx;
	es_alloc_init(&alloc, f.arena, sizeof(f.arena));
	CHECK_EQ(es_row_of(bytes, 5, at(2000), &alloc, &f.row, &f.lost), 0);
}

/* A packed minute lasts from the earliest start of its blocks to the latest end; it is found by its first. */
TEST(row_of_a_packed_minute_spans_all_of_its_blocks)
{
	static const int64_t times[][2] = { { 100, 103 }, { 99, 102 }, { 101, 102 } };
	const struct es_packer_config defaults = { .period_ms = 0 };
	struct es_packer *packer;
	int n = 0;

	CHECK_EQ(es_packer_new(&defaults, row_of_packed, &n, &packer), 0);
	for (uint32_t k = 0; k < 3; k++) {
		struct es_record rec = blank(ES_REC_INTERVAL);
		struct es_interval *i = &rec.u.interval;

		rec.at = at(103);
		i->stream.ssrc = 7;
		i->first_seq = ES_SEQ_BASE + 256 * (k + 1);
		i->last_seq = i->first_seq + 255;
		i->block = i->first_seq / ES_BLOCK_SEQS;
		i->expected = i->received = 256;
		i->start = at(times[k][0]);
		i->end = at(times[k][1]);
		es_packer_record(packer, &rec);
	}
	es_packer_flush(packer);
	es_packer_free(packer);
	CHECK_EQ(n, 1);
	CHECK_EQ(f.row.type, ES_REC_INTERVAL);
	CHECK_EQ(f.row.start.ns, at(99).ns);
	CHECK_EQ(f.row.end.ns, at(103).ns);
	CHECK_EQ(f.row.first_seq, ES_SEQ_BASE + 256);
}

/* A label has room for as many bytes as a name. */
TEST(row_label_is_bounded)
{
	static char text[ES_STORE_NAME_MAX + 1];
	struct es_vantage place = { .role = ES_ROLE_SBC };
	struct es_record rec = blank(ES_REC_CALL);

	memset(text, 'a', sizeof(text));
	rec.vantage = &place;
	rec.u.call.call_id = es_slice_str("a@b");
	rec.u.call.start = at(1);
	rec.u.call.state = ES_STATE_COMPLETED;
	place.label = es_slice_of((const uint8_t *)text, ES_STORE_NAME_MAX);
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.label.n, ES_STORE_NAME_MAX);
	place.label.n++;
	CHECK(row_of(&rec) < 0);
}

/* What the machine says of itself: the times of its own clock by which it is found. */
TEST(row_of_the_machine_has_its_own_times)
{
	struct es_counter_value v = { ES_CNT_PACKETS, 1 };
	struct es_record rec = blank(ES_REC_HEALTH);

	rec.u.health.time = rec.at = at(300);
	rec.u.health.values = &v;
	rec.u.health.n_values = 1;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.start.ns, at(300).ns);
	CHECK_EQ(f.row.end.ns, at(300).ns);
	CHECK_EQ(f.lost, 0);
	rec = blank(ES_REC_LOSS);
	rec.u.loss = (struct es_loss){ at(10), at(20), 7, 3, 9, ES_LOSS_MEMORY };
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.start.ns, at(10).ns);
	CHECK_EQ(f.row.end.ns, at(20).ns);
	CHECK_EQ(f.lost, 7);
	rec = blank(ES_REC_HOST);
	rec.u.host = (struct es_host){ .start = at(30), .end = at(35), .full = true };
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.start.ns, at(30).ns);
	CHECK_EQ(f.row.end.ns, at(35).ns);
	CHECK(f.row.full);
	rec.u.host.full = false;
	CHECK_EQ(row_of(&rec), 0);
	CHECK(!f.row.full);
	rec = blank(ES_REC_CHANGE);
	rec.u.change = (struct es_change){ .time = at(40), .kind = 1 };
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.start.ns, at(40).ns);
	CHECK_EQ(f.row.end.ns, at(40).ns);
}

TEST(row_of_what_is_no_record_is_refused)
{
	struct es_alloc alloc;

	es_alloc_init(&alloc, f.arena, sizeof(f.arena));
	CHECK(es_row_of(es_slice_str("\xff\xff"), 5, at(1), &alloc, &f.row, &f.lost) < 0);
	CHECK(es_row_of(es_slice_str(""), 5, at(1), &alloc, &f.row, &f.lost) < 0);
}

/* An index over kilobytes of text would serve nobody: each text has its own bound. */
TEST(row_texts_are_bounded_each_by_itself)
{
	static char text[ES_STORE_TEXT_MAX + 2];

	memset(text, 'a', sizeof(text));
	for (int i = 0; i < 5; i++) {
		struct es_record rec = blank(ES_REC_CALL);
		es_slice *at_bound[5] = { &rec.u.call.call_id, &rec.u.call.session_id,
			&rec.u.call.x_call_id, &rec.u.call.from, &rec.u.call.to };

		rec.u.call.call_id = es_slice_str("a@b");
		rec.u.call.start = at(1);
		rec.u.call.state = ES_STATE_COMPLETED;
		*at_bound[i] = es_slice_of((const uint8_t *)text, ES_STORE_TEXT_MAX);
		CHECK_EQ(row_of(&rec), 0);
		*at_bound[i] = es_slice_of((const uint8_t *)text, ES_STORE_TEXT_MAX + 1);
		CHECK(row_of(&rec) < 0);
	}
}

TEST(row_session_key_is_the_uuid_alone)
{
	CHECK_SLICE(es_row_session(es_slice_str("abc")), "abc");
	CHECK_SLICE(es_row_session(es_slice_str("abc;remote=def")), "abc");
	CHECK_SLICE(es_row_session(es_slice_str("abc  ;remote=def;x")), "abc");
	CHECK_SLICE(es_row_session(es_slice_str("abc ")), "abc");
	CHECK_SLICE(es_row_session(es_slice_str(";")), "");
	CHECK_SLICE(es_row_session(es_slice_str("")), "");
	CHECK_SLICE(es_row_session(es_slice_str(" ;")), "");
}

TEST(row_of_a_report_stands_at_its_instant_under_its_stream)
{
	struct es_record rec = blank(ES_REC_REPORTED);

	rec.u.reported.time = at(77);
	rec.u.reported.subject_ssrc = 0xa1a10001;
	CHECK_EQ(row_of(&rec), 0);
	CHECK_EQ(f.row.type, ES_REC_REPORTED);
	CHECK_EQ(f.row.key.ssrc, 0xa1a10001);
	CHECK_EQ(f.row.start.ns, at(77).ns);
	CHECK_EQ(f.row.end.ns, at(77).ns);
}

/* A record of a type that a later version knows is kept as of when it came. */
TEST(row_of_an_unknown_type_is_of_when_it_came)
{
	/* at_ns, an empty coverage, and field 200 */
	static const uint8_t later[] = { 0x09, 7, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0, 0xc0, 0x0c, 1 };
	struct es_alloc alloc;

	memset(&f.row, 0xff, sizeof(f.row));
	f.lost = 99;
	es_alloc_init(&alloc, f.arena, sizeof(f.arena));
	CHECK_EQ(
	    es_row_of(es_slice_of(later, sizeof(later)), 5, at(2000), &alloc, &f.row, &f.lost), 0);
	CHECK_EQ(f.row.type, 0);
	CHECK_EQ(f.row.agent, 5);
	CHECK_EQ(f.row.start.ns, at(2000).ns);
	CHECK_EQ(f.row.end.ns, at(2000).ns);
	CHECK_EQ(f.row.received.ns, at(2000).ns);
	CHECK_EQ(f.row.bytes.n, sizeof(later));
	CHECK_EQ(f.row.label.n, 0);
	CHECK_EQ(f.lost, 0);
}
