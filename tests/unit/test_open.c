/* SPDX-License-Identifier: Apache-2.0 */
/* What is open when a sensor dies: its table, its limits, what a gap reports and how it is kept. */
#include "tests/unit/open_rig.h"

static bool
is_dirty_once(void)
{
	bool is = es_open_is_dirty(o.open);
	uint8_t *bytes;
	size_t n;

	if (es_open_save(o.open, &bytes, &n) != 0)
		abort();
	free(bytes);
	return is && !es_open_is_dirty(o.open);
}

TEST(open_totals_follow_the_blocks)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 100), b;

	CHECK(begin());
	note(&s);
	b = block_of(65635, 100, 9, 12);
	note(&b); /* no more packets than the stream's own record knew: that stands */
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 100);
	CHECK_EQ(o.seen.u.stream.lost, 0);
	CHECK_EQ(o.seen.u.stream.duration_us, 1000000);
	CHECK_EQ(o.seen.at.ns, 99);
	b = block_of(65791, 150, 6, 15);
	b.u.interval.duplicates = 4;
	note(&b);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 254);
	CHECK_EQ(o.seen.u.stream.lost, 15);
	CHECK_EQ(o.seen.u.stream.last_seq, 65791);
	CHECK_EQ(o.seen.u.stream.expected, 256);
	CHECK_EQ(o.seen.u.stream.duration_us, 5000000);
	b = block_of(65700, 1, 0, 11); /* an older one, late: nothing goes back */
	note(&b);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 255);
	CHECK_EQ(o.seen.u.stream.last_seq, 65791);
	CHECK_EQ(o.seen.u.stream.duration_us, 5000000);
	es_open_free(o.open);
}

TEST(open_totals_of_odd_blocks_stay_whole)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 100), b;

	CHECK(begin());
	note(&s);
	b = block_of(65000, 200, 0, 9); /* below the first number, before the start */
	note(&b);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 200);
	CHECK_EQ(o.seen.u.stream.last_seq, 65635);
	CHECK_EQ(o.seen.u.stream.expected, 100);
	CHECK_EQ(o.seen.u.stream.duration_us, 1000000);
	b = block_of(70000, 1, 0, 11); /* no longer than it was known to last */
	note(&b);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.duration_us, 1000000);
	CHECK_EQ(o.seen.u.stream.last_seq, 70000);
	b.u.interval.stream.ssrc = 8; /* of a stream that is not open */
	note(&b);
	CHECK_EQ(es_open_streams(o.open), 1);
	CHECK_EQ(gap(0), 0);
	es_open_free(o.open);
}

TEST(open_what_was_silent_through_two_gaps_is_forgotten)
{
	struct es_coverage c;
	struct es_record a = call_of("a", ES_STATE_IN_PROGRESS);

	CHECK(begin());
	note_call("a", ES_STATE_IN_PROGRESS);
	note_call("b", ES_STATE_IN_PROGRESS);
	CHECK_EQ(gap(700), 2);
	CHECK_EQ(es_open_calls(o.open), 2);
	c = es_open_gap_of(o.open, &a);
	CHECK_EQ(c.flags, ES_COV_GAP);
	CHECK_EQ(c.gap_ms, 700);
	note_call("a", ES_STATE_IN_PROGRESS); /* heard again */
	CHECK_EQ(gap(300), 1);
	CHECK_SLICE(o.seen.u.call.call_id, "a");
	CHECK_EQ(o.seen.coverage.gap_ms, 700); /* the longest */
	CHECK_EQ(es_open_calls(o.open), 1);
	note_call("a", ES_STATE_IN_PROGRESS);
	CHECK_EQ(gap(900), 1);
	CHECK_EQ(o.seen.coverage.gap_ms, 900);
	note_call("a", ES_STATE_COMPLETED);
	CHECK_EQ(es_open_calls(o.open), 0);
	CHECK_EQ(es_open_gap_of(o.open, &a).flags, 0);
	CHECK_EQ(gap(1), 0);
	note_call("c", ES_STATE_IN_PROGRESS);
	CHECK_EQ(gap(0), 1); /* how long is not known */
	CHECK_EQ(o.seen.coverage.flags, ES_COV_GAP);
	CHECK_EQ(o.seen.coverage.gap_ms, 0);
	CHECK_EQ(o.seen.u.call.state, ES_STATE_UNKNOWN);
	es_open_free(o.open);
}

TEST(open_gap_is_not_of_the_blocks)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 100), b = block_of(65700, 1, 0, 11);

	CHECK(begin());
	note(&s);
	CHECK_EQ(es_open_gap_of(o.open, &s).flags, 0);
	CHECK_EQ(gap(5), 1);
	CHECK_EQ(es_open_gap_of(o.open, &s).flags, ES_COV_GAP);
	CHECK_EQ(es_open_gap_of(o.open, &b).flags, 0); /* each is whole in itself */
	es_open_free(o.open);
}

TEST(open_says_when_it_has_changed)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 100), b = block_of(65700, 1, 0, 11);
	struct es_record other = b;

	CHECK(begin());
	CHECK(!es_open_is_dirty(o.open));
	note(&s);
	CHECK(is_dirty_once());
	note(&s);
	CHECK(is_dirty_once());
	note(&b);
	CHECK(is_dirty_once());
	other.u.interval.stream.ssrc = 9;
	note(&other);
	CHECK(!es_open_is_dirty(o.open));
	CHECK_EQ(gap(1), 1);
	CHECK(is_dirty_once());
	note_call("never", ES_STATE_COMPLETED);
	CHECK(!es_open_is_dirty(o.open));
	s.u.stream.state = ES_STATE_COMPLETED;
	note(&s);
	CHECK(is_dirty_once());
	es_open_free(o.open);
}

TEST(open_keys_have_limits)
{
	static char id[1200], label[300];
	struct es_vantage v = { es_slice_of(label, 255), ES_ROLE_TAP };
	struct es_record r = call_of("a", ES_STATE_IN_PROGRESS);

	CHECK(begin());
	memset(id, 'x', sizeof(id) - 1);
	memset(label, 'y', sizeof(label));
	r.vantage = &v;
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 1);
	v.label.n = 256;
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 1);
	v.label.n = 2;
	r.u.call.call_id = es_slice_of(id, 1024 - 2 - 2);
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 2);
	r.u.call.call_id.n++;
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 2);
	r.u.call.call_id.n = 0;
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 2);
	/* "yy" + "x.." and "y" + "yx.." are two */
	r.u.call.call_id = es_slice_str("yz");
	v.label.n = 1;
	note(&r);
	v.label.n = 2;
	r.u.call.call_id = es_slice_str("z");
	note(&r);
	CHECK_EQ(es_open_calls(o.open), 4);
	es_open_free(o.open);
}

TEST(open_table_has_a_limit_and_room_again)
{
	char id[16];

	CHECK(begin());
	for (unsigned i = 0; i < ES_OPEN_MAX + 5; i++) {
		(void)snprintf(id, sizeof(id), "%u", i);
		note_call(id, ES_STATE_IN_PROGRESS);
	}
	CHECK_EQ(es_open_calls(o.open), ES_OPEN_MAX);
	note_call("7", ES_STATE_IN_PROGRESS); /* one that is there is renewed */
	note_call("8", ES_STATE_COMPLETED);
	CHECK_EQ(es_open_calls(o.open), ES_OPEN_MAX - 1);
	note_call("new", ES_STATE_IN_PROGRESS);
	note_call("newer", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_calls(o.open), ES_OPEN_MAX);
	CHECK_EQ(gap(1), ES_OPEN_MAX);
	es_open_free(o.open);
}

/* Bytes are counted as they are kept: renewing one for ever fills nothing, large ones do. */
TEST(open_bytes_have_a_limit)
{
	static char id[1001];
	struct es_record r = call_of("a", ES_STATE_IN_PROGRESS);
	size_t n, most;

	CHECK(begin());
	memset(id, 'x', sizeof(id));
	r.u.call.call_id = es_slice_of(id, 1000);
	n = 1010 + (size_t)es_record_encode(&r, o.bytes, sizeof(o.bytes));
	most = ES_OPEN_BYTES_MAX / n;
	for (unsigned i = 0; i < 3 * most; i++)
		note(&r);
	CHECK_EQ(es_open_calls(o.open), 1);
	for (unsigned i = 1; i < most + 5; i++) {
		(void)snprintf(id, sizeof(id), "%08u", i);
		id[8] = 'x';
		note(&r);
	}
	CHECK_EQ(es_open_calls(o.open), most);
	r.u.call.state = ES_STATE_COMPLETED;
	(void)snprintf(id, sizeof(id), "%08u", 1);
	id[8] = 'x';
	note(&r);
	CHECK_EQ(es_open_calls(o.open), most - 1);
	r.u.call.state = ES_STATE_IN_PROGRESS;
	note(&r);
	CHECK_EQ(es_open_calls(o.open), most);
	es_open_free(o.open);
}

TEST(open_gaps_outlive_a_restart)
{
	struct es_record s = stream_of(ES_STATE_IN_PROGRESS, 100), b = block_of(65900, 50, 3, 20);
	struct es_record call = call_of("a", ES_STATE_IN_PROGRESS);
	struct es_open *first;
	uint8_t *bytes;
	size_t n;

	CHECK(begin());
	note(&s);
	note(&call);
	CHECK_EQ(gap(70000), 2);
	note_call("late", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_save(o.open, &bytes, &n), 0);
	first = o.open;
	CHECK_EQ(es_open_new(key, &o.open), 0);
	CHECK_EQ(es_open_load(o.open, es_slice_of(bytes, n), &o.alloc), 0);
	CHECK(!es_open_is_dirty(o.open));
	CHECK_EQ(es_open_gap_of(o.open, &s).gap_ms, 70000);
	CHECK_EQ(es_open_gap_of(o.open, &call).flags, ES_COV_GAP);
	call = call_of("late", ES_STATE_IN_PROGRESS);
	CHECK_EQ(es_open_gap_of(o.open, &call).flags, 0);
	note(&b); /* what was counted before the restart continues */
	CHECK_EQ(es_open_streams(o.open), 1);
	CHECK_EQ(es_open_calls(o.open), 2);
	CHECK_EQ(gap(0), 3);
	note_call("a", ES_STATE_COMPLETED);
	note_call("late", ES_STATE_COMPLETED);
	note(&b);
	CHECK_EQ(gap(0), 1);
	CHECK_EQ(o.seen.u.stream.packets, 200);
	CHECK_EQ(o.seen.u.stream.lost, 6);
	CHECK_EQ(o.seen.u.stream.last_seq, 65900);
	CHECK_EQ(o.seen.coverage.gap_ms, 70000);
	free(bytes);
	es_open_free(first);
	es_open_free(o.open);
}
