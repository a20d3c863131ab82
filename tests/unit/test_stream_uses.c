/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a trunk that keeps its ports and SSRC: to the records they are one key, one after the other. */
#include "correlate/input/stream_uses.h"
#include "tests/unit/made_records.h"

enum { CALLS = 3, PACKETS = 600, GW_CLOCK_MS = 90000, TALK_MS = PACKETS * MADE_PTIME_MS };

struct trunk {
	const char *name;
	int64_t apart_ms;
	bool is_one_call_id;
	bool is_backwards; /* the records of the last call come first */
	bool has_other_numbers;
};

/* The gateway misses so many of the caller's packets in a call. */
static uint32_t
lost_in(int call)
{
	return 10u * (uint32_t)(call + 1);
}

static const char *
call_id_of(const struct trunk *t, int call)
{
	static const char *const ids[CALLS] = { "trunk-0", "trunk-1", "trunk-2" };

	return t->is_one_call_id ? "trunk" : ids[call];
}

static void
media(struct es_correlate *c, const struct trunk *t, int vantage, int call, bool is_reverse)
{
	struct es_addr caller = made_addr("192.0.2.1", 4000), callee = made_addr("192.0.2.2", 5000);
	bool seen[MADE_PACKETS_MAX];
	struct made_stream h;

	memset(seen, true, sizeof(seen));
	for (uint32_t i = 0; vantage == 1 && !is_reverse && i < lost_in(call); i++)
		seen[100 + 7 * i] = false;
	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = vantage;
	h.call_id = call_id_of(t, call);
	h.ssrc = is_reverse ? 2 : 1;
	h.src = is_reverse ? callee : caller;
	h.dst = is_reverse ? caller : callee;
	h.seq = (uint16_t)(t->has_other_numbers ? 9000 * call : 500);
	h.ts = t->has_other_numbers ? 12345678u * (uint32_t)call : 7;
	h.n = PACKETS;
	h.seen = seen;
	h.at_ms = t->apart_ms * call + 100 + (vantage == 1 ? GW_CLOCK_MS : 0);
	made_stream_add(&h);
}

static void
vantage_point(struct es_correlate *c, const struct trunk *t, int vantage)
{
	struct es_addr caller = made_addr("192.0.2.1", 4000), callee = made_addr("192.0.2.2", 5000);

	for (int i = 0; i < CALLS; i++) {
		int call = t->is_backwards ? CALLS - 1 - i : i;

		made_call_add(c, vantage, call_id_of(t, call), 70,
		    t->apart_ms * call + (vantage == 1 ? GW_CLOCK_MS : 0), caller, callee);
		media(c, t, vantage, call, false);
		media(c, t, vantage, call, true);
	}
}

static void
check_call(const struct trunk *t, const struct made_solved *h, uint32_t i)
{
	const struct es_segment *seg = h->calls[i].directions[0].segments;

	if (h->calls[i].n_directions != 2 || seg->expected != PACKETS ||
	    seg->lost != lost_in((int)i))
		test_fail(__FILE__, __LINE__, "%s: call %u: %u directions, %llu of %llu lost",
		    t->name, i, h->calls[i].n_directions, (unsigned long long)seg->lost,
		    (unsigned long long)seg->expected);
	CHECK_EQ(h->calls[i].directions[1].segments[0].lost, 0);
}

TEST(calls_of_a_trunk_that_keeps_its_ssrc_share_no_packets)
{
	static const struct trunk rows[] = {
		{ "the same numbers", 400000, false, false, false },
		{ "the last call first", 400000, false, true, false },
		{ "numbers of their own", 400000, false, false, true },
		{ "one Call-ID", 700000, true, false, false },
		{ "one Call-ID, the last call first", 700000, true, true, true },
		{ "forgotten for want of room", TALK_MS + 5000, false, false, false },
		{ "forgotten, numbers of their own", TALK_MS + 5000, false, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_correlate *c = made_correlate();
		struct made_solved *h;

		CHECK_EQ(es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT), 0);
		CHECK_EQ(es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY), 1);
		vantage_point(c, &rows[i], 0);
		vantage_point(c, &rows[i], 1);
		for (int again = 0; again < 2; again++) {
			h = made_solve(c);
			CHECK_EQ(h->n, CALLS);
			for (uint32_t k = 0; k < h->n && k < CALLS; k++)
				check_call(&rows[i], h, k);
		}
		es_correlate_free(c);
	}
}

static void
add_part(struct es_cor_record_store *s, int64_t at_ms, uint64_t seq)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_INTERVAL;
	r.u.interval.stream.ssrc = 7;
	r.u.interval.start = made_time(at_ms);
	r.u.interval.end = made_time(at_ms + 1000);
	r.u.interval.first_seq = seq;
	r.u.interval.last_seq = seq + 49;
	r.u.interval.received = 50;
	CHECK_EQ(es_cor_record_store_add(s, 0, &r), 0);
}

static void
add(struct es_cor_record_store *s, int64_t at_ms, const char *call_id, enum es_state state)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_STREAM;
	r.u.stream.key.ssrc = 7;
	r.u.stream.start = made_time(at_ms);
	r.u.stream.duration_us = state == ES_STATE_IN_PROGRESS ? 0 : TALK_MS * 1000u;
	r.u.stream.packets = state == ES_STATE_IN_PROGRESS ? 1 : PACKETS;
	r.u.stream.state = state;
	r.u.stream.call_id = es_slice_str(call_id);
	CHECK_EQ(es_cor_record_store_add(s, 0, &r), 0);
}

TEST(records_of_one_stream_stay_one_stream)
{
	struct es_cor_record_store s;

	memset(&s, 0, sizeof(s));
	CHECK_EQ(es_cor_record_store_new(&s, NULL), 0);
	CHECK_EQ(es_cor_record_store_vantage(&s, es_slice_str("ep"), ES_ROLE_ENDPOINT), 0);
	add(&s, 0, "a", ES_STATE_IN_PROGRESS);
	add(&s, 0, "a", ES_STATE_COMPLETED);
	add(&s, 5000, "b", ES_STATE_IN_PROGRESS); /* overlaps, so its sender is the same */
	CHECK_EQ(s.n_streams, 1);
	add(&s, TALK_MS + 60000, "a", ES_STATE_COMPLETED); /* the sensor began again in the call */
	CHECK_EQ(s.n_streams, 1);
	add(&s, TALK_MS + 60000, "", ES_STATE_COMPLETED);
	CHECK_EQ(s.n_streams, 1);
	add(&s, TALK_MS + 500000, "", ES_STATE_COMPLETED); /* forgotten since */
	CHECK_EQ(s.n_streams, 2);
	add(&s, TALK_MS + 500000, "c", ES_STATE_COMPLETED);
	CHECK_EQ(s.n_streams, 2);
	es_cor_record_store_free(&s);
}

static void
add_packets(struct es_cor_record_store *s, int64_t at_ms, uint64_t packets)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_STREAM;
	r.u.stream.key.ssrc = 7;
	r.u.stream.start = made_time(at_ms);
	r.u.stream.duration_us = packets * MADE_PTIME_MS * 1000;
	r.u.stream.packets = packets;
	r.u.stream.state = ES_STATE_COMPLETED;
	r.u.stream.call_id = es_slice_str(at_ms < 400000 ? "a" : "b");
	CHECK_EQ(es_cor_record_store_add(s, 0, &r), 0);
}

/* The record of the longer half is kept; that of the other one began sooner. */
TEST(parts_before_a_sensor_restart_stay_in_their_call)
{
	enum { SECOND_MS = 500000 };

	for (int is_backwards = 0; is_backwards < 2; is_backwards++) {
		struct es_cor_record_store s;
		struct es_cor_part_range of[2] = { { 0, 0 }, { 0, 0 } };
		struct es_arena mem;
		uint32_t order[3];

		memset(&s, 0, sizeof(s));
		CHECK_EQ(es_arena_new(&mem, 1 << 16), 0);
		CHECK_EQ(es_cor_record_store_new(&s, NULL), 0);
		CHECK_EQ(es_cor_record_store_vantage(&s, es_slice_str("ep"), ES_ROLE_ENDPOINT), 0);
		add_packets(&s, 0, PACKETS);
		add_packets(&s, SECOND_MS + (is_backwards ? 6000 : 0), is_backwards ? 400 : 100);
		add_packets(&s, SECOND_MS + (is_backwards ? 0 : 6000), is_backwards ? 100 : 400);
		CHECK_EQ(s.n_streams, 2);
		add_part(&s, 0, 66000);
		add_part(&s, SECOND_MS, 66000);
		add_part(&s, SECOND_MS + 6000, 66300);
		CHECK_EQ(es_cor_part_order(&s, &mem, order, of), 0);
		CHECK_EQ(of[0].n, 1);
		CHECK_EQ(of[1].n, 2);
		es_cor_record_store_free(&s);
		es_arena_free(&mem);
	}
}

/* The gateway's record of the last call was lost on the way, its parts were not: the call before is not to pay for it. */
TEST(parts_without_their_record_accuse_no_other_call)
{
	static const struct trunk t = { "a record is lost", 400000, false, false, true };
	struct es_addr caller = made_addr("192.0.2.1", 4000), callee = made_addr("192.0.2.2", 5000);
	struct es_correlate *c = made_correlate();
	struct made_stream last = { .c = c, .call_id = "trunk-3", .ssrc = 1, .src = caller };
	int64_t at_ms = CALLS * t.apart_ms;
	struct made_solved *h;

	CHECK_EQ(es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT), 0);
	CHECK_EQ(es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY), 1);
	vantage_point(c, &t, 0);
	vantage_point(c, &t, 1);
	made_call_add(c, 0, "trunk-3", 70, at_ms, caller, callee);
	made_call_add(c, 1, "trunk-3", 70, at_ms + GW_CLOCK_MS, caller, callee);
	last.dst = callee;
	last.seq = 27000;
	last.n = PACKETS;
	last.at_ms = at_ms + 100;
	made_stream_add(&last);
	last.vantage = 1;
	last.at_ms += GW_CLOCK_MS;
	made_interval_add(&last, 0, 135); /* to the end of block 105 */
	made_interval_add(&last, 136, 391);
	h = made_solve(c);
	CHECK_EQ(h->n, CALLS + 1);
	for (uint32_t k = 0; k < CALLS; k++)
		check_call(&t, h, k);
	es_correlate_free(c);
}
