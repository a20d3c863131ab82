/* SPDX-License-Identifier: Apache-2.0 */
/* What is open, to the edge of each number: bytes, keys, totals, and the file that outlives a restart. */
#include "tests/unit/open_rig.h"

#include <malloc.h>
#include <zlib.h>

static size_t
cost_of(const struct es_record *r)
{
	return 10 + r->u.call.call_id.n + (size_t)es_record_encode(r, o.bytes, sizeof(o.bytes));
}

/* The last byte of the limit is of use, and what one ends with is there for the next. */
TEST(open_bytes_have_an_exact_limit)
{
	static char id[1001], from[8192];
	struct es_record r = call_of("a", ES_STATE_IN_PROGRESS);
	size_t left = ES_OPEN_BYTES_MAX, n;
	unsigned calls = 0;

	CHECK(begin());
	memset(id, 'x', sizeof(id));
	memset(from, 'f', sizeof(from));
	r.u.call.call_id = es_slice_of(id, 1000);
	for (n = cost_of(&r); left >= 3 * n; left -= n) {
		(void)snprintf(id, sizeof(id), "%08u", calls++);
		id[8] = 'x';
		note(&r);
	}
	id[0] = 'l'; /* the last takes all that is left */
	for (r.u.call.from = es_slice_of(from, 1000); cost_of(&r) < left;)
		r.u.call.from.n++;
	CHECK_EQ(cost_of(&r), left);
	r.u.call.from.n++;
	note(&r);
	CHECK_EQ(es_open_calls(o.open), calls);
	r.u.call.from.n--;
	for (int i = 0; i < 3; i++) {
		r.u.call.state = ES_STATE_IN_PROGRESS;
		note(&r);
		CHECK_EQ(es_open_calls(o.open), calls + 1);
		note_call("z", ES_STATE_IN_PROGRESS);
		CHECK_EQ(es_open_calls(o.open), calls + 1);
		r.u.call.state = ES_STATE_COMPLETED;
		note(&r);
		CHECK_EQ(es_open_calls(o.open), calls);
	}
	es_open_free(o.open);
}

/* What two keys differ in is nowhere left out: vantage point, kind, beginning, last byte. */
TEST(open_keys_differ_in_every_part)
{
	struct es_vantage v = { es_slice_str("a"), ES_ROLE_TAP };
	struct es_record r = call_of("id", ES_STATE_IN_PROGRESS), s;

	CHECK(begin());
	note(&r);
	r.u.call.start = es_time_of_ns(2); /* the Call-ID is used again */
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 2);
	r.vantage = &v;
	note(&r);
	v.label = es_slice_str("b");
	note(&r);
	v.label = es_slice_str("b1");
	note(&r);
	v.label = es_slice_str("b2");
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 6);
	r.u.call.call_id = es_slice_str("ie");
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 7);
	s = stream_of(ES_STATE_IN_PROGRESS, 1);
	note(&s);
	CHECK_EQ(es_open_streams(o.open), 1);
	r = call_of(
	    "", ES_STATE_IN_PROGRESS); /* its Call-ID is the very bytes of that stream's key */
	r.u.call.start = es_time_of_ns(0);
	r.u.call.call_id = es_slice_of(&s.u.stream.key, sizeof(s.u.stream.key));
	es_open_note(o.open, &r, es_slice_str("x"));
	CHECK_EQ(es_open_streams(o.open), 1);
	CHECK_EQ(es_open_calls(o.open), 8);
	es_open_free(o.open);
}

TEST(open_stream_without_packets_gets_those_of_its_blocks)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 0), b = block_of(65536, 1, 0, 10);

	CHECK(begin());
	note(&s);
	note(&b); /* the very first number, at the start: one packet, no time */
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 1);
	CHECK_EQ(o.seen.u.stream.last_seq, 65536);
	CHECK_EQ(o.seen.u.stream.expected, 1);
	CHECK_EQ(o.seen.u.stream.duration_us, 1000000);
	s.u.stream.last_seq = 65536;
	s.u.stream.expected =
	    7; /* blocks that end where the stream's record ends say nothing of it */
	note(&s);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 1);
	CHECK_EQ(o.seen.u.stream.expected, 7);
	es_open_free(o.open);
}

TEST(open_gap_adds_to_the_coverage_that_was_known)
{
	struct es_record r = call_of("a", ES_STATE_IN_PROGRESS);
	struct es_coverage c;

	CHECK(begin());
	r.coverage.flags = ES_COV_CLOCK | ES_COV_GAP;
	r.coverage.gap_ms = 55;
	note(&r);
	c = es_open_gap_of(o.open, &r);
	CHECK_EQ(c.flags, 0);
	CHECK_EQ(c.gap_ms, 0);
	CHECK_EQ(c.dropped, 0);
	CHECK_EQ(gap(0), 1); /* how long is not known now: what was known stays */
	CHECK_EQ(o.seen.coverage.flags, ES_COV_CLOCK | ES_COV_GAP);
	CHECK_EQ(o.seen.coverage.gap_ms, 55);
	note(&r);
	CHECK_EQ(gap(1), 1);
	CHECK_EQ(o.seen.coverage.gap_ms, 1);
	c = es_open_gap_of(o.open, &r);
	CHECK_EQ(c.gap_ms, 1);
	CHECK_EQ(c.dropped, 0);
	es_open_free(o.open);
}

/* Saves and loads into another table, which is the one from now on. */
static int
restart(void)
{
	uint8_t *bytes;
	size_t n;
	int err;

	if (es_open_save(o.open, &bytes, &n) != 0)
		abort();
	es_open_free(o.open);
	if (es_open_new(key, &o.open) != 0)
		abort();
	err = es_open_load(o.open, es_slice_of(bytes, n), &o.alloc);
	free(bytes);
	return err;
}

TEST(open_blocks_before_a_restart_are_counted)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 100), b = block_of(65791, 150, 6, 15);

	CHECK(begin());
	s.u.stream.lost = 2;
	note(&s);
	note(&b);
	CHECK_EQ(restart(), 0);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 150);
	CHECK_EQ(o.seen.u.stream.lost, 6);
	CHECK_EQ(o.seen.u.stream.last_seq, 65791);
	CHECK_EQ(o.seen.u.stream.expected, 256);
	CHECK_EQ(o.seen.u.stream.duration_us, 5000000);
	b = block_of(65700, 1, 1, 14); /* late, of before */
	note(&b);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 151);
	CHECK_EQ(o.seen.u.stream.lost, 7);
	CHECK_EQ(o.seen.u.stream.last_seq, 65791);
	CHECK_EQ(o.seen.u.stream.expected, 256);
	CHECK_EQ(o.seen.u.stream.duration_us, 5000000);
	es_open_free(o.open);
}

/* That a gap is of unknown length is known after a restart too; and that there was none. */
TEST(open_gap_of_unknown_length_outlives_a_restart)
{
	struct es_record r = call_of("a", ES_STATE_IN_PROGRESS);

	CHECK(begin());
	note(&r);
	CHECK_EQ(gap(0), 1);
	note_call("b", ES_STATE_IN_PROGRESS);
	CHECK_EQ(restart(), 0);
	CHECK_EQ(es_open_gap_of(o.open, &r).flags, ES_COV_GAP);
	CHECK_EQ(es_open_gap_of(o.open, &r).gap_ms, 0);
	r = call_of("b", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_gap_of(o.open, &r).flags, 0);
	es_open_free(o.open);
}

TEST(open_full_and_empty_tables_outlive_a_restart)
{
	struct es_record r = call_of("1", ES_STATE_IN_PROGRESS);
	char id[16];

	es_open_free(NULL);
	CHECK(begin());
	CHECK_EQ(restart(), 0);
	CHECK_EQ(es_open_calls(o.open), 0);
	for (unsigned i = 0; i < ES_OPEN_MAX; i++) {
		(void)snprintf(id, sizeof(id), "%u", i);
		note_call(id, ES_STATE_IN_PROGRESS);
	}
	CHECK_EQ(gap(0x81020304), ES_OPEN_MAX);
	CHECK_EQ(restart(), 0);
	CHECK_EQ(es_open_calls(o.open), ES_OPEN_MAX);
	CHECK_EQ(es_open_gap_of(o.open, &r).gap_ms, 0x81020304);
	CHECK_EQ(gap(1), ES_OPEN_MAX); /* heard of before the restart is heard of */
	CHECK_EQ(o.seen.coverage.gap_ms, 0x81020304);
	CHECK_EQ(gap(1), 0);
	CHECK_EQ(es_open_calls(o.open), 0);
	es_open_free(o.open);
}

/* Bytes that are no record are kept from nobody else: neither a gap nor a restart reports them. */
TEST(open_bytes_that_are_no_record_spoil_no_other)
{
	struct es_record r = call_of("bad", ES_STATE_IN_PROGRESS);

	CHECK(begin());
	note_call("a", ES_STATE_IN_PROGRESS);
	es_open_note(o.open, &r, es_slice_str("nonsense"));
	note_call("b", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_calls(o.open), 3);
	CHECK_EQ(gap(9), 2);
	CHECK_EQ(restart(), 0);
	CHECK_EQ(es_open_calls(o.open), 2);
	CHECK_EQ(es_open_gap_of(o.open, &r).flags, 0);
	r = call_of("b", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_gap_of(o.open, &r).gap_ms, 9);
	es_open_free(o.open);
}

/* As much memory is in use after a table as after the one before it. */
TEST(open_gives_back_what_it_took)
{
	size_t before = 0;

	for (int i = 0; i < 20; i++) {
		CHECK(begin());
		note_call("a", ES_STATE_IN_PROGRESS);
		note_call("b", ES_STATE_IN_PROGRESS);
		note_call("a", ES_STATE_IN_PROGRESS);
		note_call("c", ES_STATE_IN_PROGRESS);
		note_call("b", ES_STATE_COMPLETED);
		es_open_free(o.open);
		if (i == 9)
			before = mallinfo2().uordblks;
	}
	CHECK_EQ(mallinfo2().uordblks, before);
}

/* What a later version reads: every byte before the record, also where no gap was reported. */
TEST(open_saved_table_has_these_bytes)
{
	uint8_t *bytes;
	size_t n;

	CHECK(begin());
	(void)mallopt(M_PERTURB, 0x5a); /* memory that was something else before */
	note_call("a", ES_STATE_IN_PROGRESS);
	for (unsigned has_gap = 0; has_gap < 2; has_gap++) {
		CHECK_EQ(es_open_save(o.open, &bytes, &n), 0);
		CHECK(n > 28 && n - 28 < 256);
		CHECK(memcmp(bytes, "ESopen1\n", 8) == 0);
		CHECK(memcmp(bytes + 12, "\0\0\0", 4) == 0);
		CHECK_EQ(bytes[16], n - 28);
		CHECK(memcmp(bytes + 17, "\0\0", 3) == 0);
		CHECK(memcmp(bytes + 20, has_gap ? "\1\0\0\0\4\3\2\1" : "\0\0\0\0\0\0\0", 8) == 0);
		free(bytes);
		CHECK_EQ(gap(0x01020304), has_gap == 0);
	}
	(void)mallopt(M_PERTURB, 0);
	es_open_free(o.open);
}

static void
put_32(uint8_t *at, unsigned long v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

/* A file whose sum is right and whose lengths are not: what was whole is loaded. */
TEST(open_saved_lengths_are_not_believed)
{
	static const size_t tails[] = { 1, 11, 12, 13 };
	uint8_t *bytes, copy[512] = { 0 };
	size_t n;

	CHECK(begin());
	note_call("a", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_save(o.open, &bytes, &n), 0);
	es_open_free(o.open);
	CHECK(n > 28 && n + 13 < sizeof(copy));
	CHECK(memcmp(bytes + 12, "\0\0\0\0", 4) == 0);
	memcpy(copy, bytes, n);
	free(bytes);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		put_32(copy + 8, crc32(0, copy + 16, (uInt)(n + tails[i] - 16)));
		CHECK_EQ(es_open_new(key, &o.open), 0);
		CHECK_EQ(es_open_load(o.open, test_guarded(copy, n + tails[i]), &o.alloc),
		    ES_EMALFORMED);
		CHECK_EQ(es_open_calls(o.open), 1);
		es_open_free(o.open);
	}
	for (int by = -1; by <= 1; by++) {
		put_32(copy + 16, n - 28 + (size_t)by);
		put_32(copy + 8, crc32(0, copy + 16, (uInt)(n - 16)));
		CHECK_EQ(es_open_new(key, &o.open), 0);
		CHECK_EQ(es_open_load(o.open, test_guarded(copy, n), &o.alloc),
		    by == 0 ? 0 : ES_EMALFORMED);
		CHECK_EQ(es_open_calls(o.open), by == 0);
		es_open_free(o.open);
	}
}
