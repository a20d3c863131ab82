/* SPDX-License-Identifier: Apache-2.0 */
/* What a solve costs when calls are many, whatever they share: four times the calls, four times the work. */
#include "tests/unit/made_records.h"

#include <stdio.h>

enum { FEW = 400, MANY = 4 * FEW, PACKETS = 120, APART_MS = 40 };

/* What the calls of a load generator have in common. */
enum shared {
	ONE_SSRC = 1u << 0,      /* in all streams, both ways, as SIPp has it */
	ONE_RECORDING = 1u << 1, /* numbers and timestamps begin alike */
	ONE_ADDRESS = 1u << 2,   /* one 5-tuple each way, call after call */
	ONE_SESSION = 1u << 3,   /* one Session-ID */
	ONE_CALL_ID = 1u << 4,
	ONE_KEY = 1u << 5, /* one value of the configured header, */
	ONE_ICID = 1u << 9,
	ONE_X_CALL_ID = 1u << 10,
	ONE_SIDE = 1u << 11, /* of the session; the other one is each call's own */
	NO_SIP = 1u << 6,
	OTHER_CALL_ID = 1u << 7, /* the second vantage point stands behind a B2BUA */
	REPORTS = 1u << 8,       /* each stream's receiver reports */
	LOSSY = 1u << 12,        /* packets are lost between the vantage points */
};

struct tally {
	uint32_t calls;
	uint32_t whole; /* calls of two legs with a segment that has lost nothing */
	uint32_t said;  /* calls whose evidence says that a value joined nothing */
};

static void
count(void *ctx, const struct es_explained *call)
{
	struct tally *t = ctx;
	const struct es_segment *seg = &call->directions[0].segments[0];

	t->calls++;
	for (uint32_t i = 0; i < call->verdict.n_evidence; i++)
		t->said += strstr(call->verdict.evidence[i].text, "joins none of them") != NULL;
	t->whole += call->n_legs == 2 && call->n_directions == 2 &&
		    call->directions[0].n_segments == 1 && (seg->has & ES_SEGMENT_HAS_LOST) != 0 &&
		    seg->lost == 0;
}

static void
add_dialog(
    struct es_correlate *c, int vantage, uint32_t i, unsigned shared, const struct made_stream *h)
{
	struct es_record r;
	char session[80];

	memset(&r, 0, sizeof(r));
	(void)snprintf(session, sizeof(session), "%032x;remote=%032x",
	    (shared & (ONE_SESSION | ONE_SIDE)) != 0 ? 7 : 2 * i + 1,
	    (shared & ONE_SESSION) != 0 ? 9 : 2 * i + 2);
	r.type = ES_REC_CALL;
	r.u.call.call_id = es_slice_str(h->call_id);
	r.u.call.session_id = es_slice_str(session);
	r.u.call.custom_key = es_slice_str((shared & ONE_KEY) != 0 ? "customer" : "");
	r.u.call.icid = es_slice_str((shared & ONE_ICID) != 0 ? "exchange" : "");
	r.u.call.x_call_id = es_slice_str((shared & ONE_X_CALL_ID) != 0 ? "0@first" : "");
	r.u.call.state = ES_STATE_COMPLETED;
	r.u.call.start = made_time(h->at_ms - 100);
	r.u.call.caller_media = &h->src;
	r.u.call.n_caller_media = 1;
	r.u.call.callee_media = &h->dst;
	r.u.call.n_callee_media = 1;
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

static void
add_report(struct es_correlate *c, int vantage, const struct made_stream *h)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REPORTED;
	r.u.reported.src = h->dst;
	r.u.reported.dst = h->src;
	r.u.reported.subject_ssrc = h->ssrc;
	r.u.reported.has = ES_REPORTED_HAS_LOSS;
	r.u.reported.call_id = es_slice_str(h->call_id);
	r.u.reported.time = made_time(h->at_ms + 1000);
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

/* Call i at one of two vantage points whose clocks are 5 s apart. */
static void
add_call(struct es_correlate *c, int vantage, bool is_second, uint32_t i, unsigned shared)
{
	uint32_t mix = i * 2654435761u;
	bool is_alike = (shared & ONE_RECORDING) != 0;
	struct made_stream f = { .c = c, .vantage = vantage, .n = PACKETS }, b;
	static bool seen[MADE_PACKETS_MAX];
	char id[32];

	for (uint32_t k = 0; k < MADE_PACKETS_MAX; k++)
		seen[k] = k % PACKETS < 30 || k % PACKETS >= 60;
	f.seen = is_second && (shared & LOSSY) != 0 ? seen : NULL;
	(void)snprintf(id, sizeof(id), "%u@%s", (shared & ONE_CALL_ID) != 0 ? 0 : i,
	    is_second && (shared & OTHER_CALL_ID) != 0 ? "second" : "first");
	f.ssrc = (shared & ONE_SSRC) != 0 ? 0xdeadbeef : mix;
	f.src =
	    made_addr("10.0.0.1", (uint16_t)((shared & ONE_ADDRESS) != 0 ? 4000 : 2 * i + 1024));
	f.dst =
	    made_addr("10.0.0.2", (uint16_t)((shared & ONE_ADDRESS) != 0 ? 6000 : 2 * i + 1025));
	f.seq = (uint16_t)(is_alike ? 100 : mix >> 16);
	f.ts = is_alike ? 1000 : mix * 7;
	f.at_ms =
	    (int64_t)i * ((shared & ONE_ADDRESS) != 0 ? 4000 : APART_MS) + (is_second ? 5000 : 0);
	f.restart = (shared & ONE_ADDRESS) != 0 ? i : 0;
	f.call_id = (shared & NO_SIP) != 0 ? "" : id;
	b = f;
	b.ssrc = (shared & ONE_SSRC) != 0 ? f.ssrc : ~mix;
	b.src = f.dst;
	b.dst = f.src;
	b.seq = (uint16_t)(is_alike ? 40000 : ~mix >> 16);
	b.ts = is_alike ? 900000 : ~mix * 7;
	if ((shared & NO_SIP) == 0)
		add_dialog(c, vantage, i, shared, &f);
	made_stream_add(&f);
	made_stream_add(&b);
	if ((shared & REPORTS) != 0) {
		add_report(c, vantage, &f);
		add_report(c, vantage, &b);
	}
}

static struct es_correlate *
new_for(uint32_t n)
{
	struct es_correlate_config cfg = { { 1 }, 8 * n, 8 * n, 4 * n + 64, 4 * n, 16, 400 * n };
	struct es_correlate *c = NULL;

	if (es_correlate_new(&cfg, &c) != 0)
		abort();
	return c;
}

static uint64_t
steps_of(uint32_t n, unsigned shared, struct tally *t)
{
	struct es_correlate *c = new_for(n);
	uint64_t steps;
	int at[2];

	memset(t, 0, sizeof(*t));
	at[0] = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	at[1] = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	for (uint32_t i = 0; i < n; i++)
		for (int v = 0; v < 2; v++)
			add_call(c, at[v], v == 1, i, shared);
	(void)es_correlate_solve(c, count, t); /* one giant call may be refused */
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	return steps;
}

static void
check_linear(unsigned shared, bool is_each_whole)
{
	struct tally few, many;
	uint64_t a = steps_of(FEW, shared, &few), b = steps_of(MANY, shared, &many);

	if (b > 6 * a)
		printf("shared %x: %llu steps for %d calls, %llu for %d\n", shared,
		    (unsigned long long)a, FEW, (unsigned long long)b, MANY);
	CHECK(a > 0);
	CHECK(b <= 6 * a);
	if (is_each_whole) {
		CHECK_EQ(few.calls, FEW);
		CHECK_EQ(few.whole, FEW);
		CHECK_EQ(many.calls, MANY);
		CHECK_EQ(many.whole, MANY);
	}
}

TEST(correlate_work_grows_with_the_calls)
{
	check_linear(0, true);
	check_linear(OTHER_CALL_ID, true);
	check_linear(NO_SIP, true);
}

TEST(correlate_work_grows_with_the_calls_that_share_one_ssrc)
{
	check_linear(ONE_SSRC, true);
	check_linear(ONE_SSRC | OTHER_CALL_ID, true);
	check_linear(ONE_SSRC | NO_SIP, true);
	check_linear(ONE_SSRC | REPORTS, true);
}

/* Each stream view of a bad call was compared with the reports of all calls of its time. */
TEST(correlate_work_grows_with_the_bad_calls_that_share_one_ssrc)
{
	check_linear(ONE_SSRC | REPORTS | LOSSY, false);
}

TEST(correlate_work_grows_with_the_calls_that_replay_one_recording)
{
	check_linear(ONE_RECORDING, true);
	check_linear(ONE_SSRC | ONE_RECORDING, true);
	check_linear(ONE_SSRC | ONE_RECORDING | OTHER_CALL_ID, true);
	check_linear(ONE_SSRC | ONE_RECORDING | NO_SIP, false);
}

TEST(correlate_work_grows_with_the_calls_over_one_address)
{
	check_linear(ONE_ADDRESS, true);
	check_linear(ONE_ADDRESS | ONE_SSRC, true);
	check_linear(ONE_ADDRESS | ONE_SSRC | ONE_RECORDING, true);
	check_linear(ONE_ADDRESS | ONE_SSRC | ONE_RECORDING | REPORTS, true);
	check_linear(ONE_ADDRESS | NO_SIP, false);
	check_linear(ONE_ADDRESS | ONE_SSRC | ONE_RECORDING | NO_SIP, false);
}

TEST(correlate_work_grows_with_the_calls_that_share_a_header)
{
	check_linear(ONE_SESSION, true);
	check_linear(ONE_SESSION | OTHER_CALL_ID | ONE_SSRC, true);
	check_linear(ONE_KEY | OTHER_CALL_ID, true);
	check_linear(ONE_CALL_ID, false);
	check_linear(ONE_CALL_ID | ONE_SSRC | ONE_RECORDING, false);
}

/* One Session-ID, X-Call-ID or header value in all calls made one call of them, and that was refused. */
TEST(correlate_value_that_all_calls_share_joins_none_of_them)
{
	static const unsigned values[] = { ONE_SESSION, ONE_SIDE, ONE_KEY, ONE_ICID,
		ONE_X_CALL_ID };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		for (int k = 0; k < 2; k++) {
			struct tally t;

			(void)steps_of(FEW, values[i] | (k == 0 ? 0 : OTHER_CALL_ID), &t);
			CHECK_EQ(t.calls, FEW);
			CHECK_EQ(t.whole, FEW);
			CHECK_EQ(t.said, values[i] == ONE_SIDE ? 0 : FEW);
		}
	}
}

/* How the streams of one call that has no call record follow each other. */
enum chain {
	APART,    /* no two share an address */
	FROM_ONE, /* all come from one address, as of a conference */
	TO_AND_FRO,
	ASCENDING,  /* each comes from where the one before goes, */
	DESCENDING, /* the same, in the opposite order of their SSRCs */
};

static struct es_addr
nth_address(uint32_t i)
{
	char ip[32];

	(void)snprintf(ip, sizeof(ip), "10.0.%u.%u", i >> 8, i & 255);
	return made_addr(ip, 4000);
}

/* Stream i of n at a vantage point. */
static void
add_stream(struct es_correlate *c, int vantage, uint32_t i, uint32_t n, enum chain chain)
{
	struct made_stream h = { .c = c, .vantage = vantage, .n = 50, .call_id = "one@call" };
	uint32_t at = chain == DESCENDING ? (n - i) % n : i;

	h.ssrc = i + 1;
	h.seq = (uint16_t)(i * 1000);
	h.ts = i * 77777;
	h.src = nth_address(chain == FROM_ONE ? 0 : chain == APART ? 2 * i : at);
	h.dst = nth_address(chain == APART ? 2 * i + 1 : at + 1);
	if (chain == TO_AND_FRO) {
		h.src = nth_address(i % 2 == 0 ? 0 : i);
		h.dst = nth_address(i % 2 == 0 ? i + 1 : 0);
	}
	made_stream_add(&h);
}

static uint64_t
steps_of_one_call(uint32_t n, enum chain chain, struct tally *t)
{
	struct es_correlate *c = new_for(n);
	int vantage = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	uint64_t steps;

	memset(t, 0, sizeof(*t));
	for (uint32_t i = 0; i < n; i++)
		add_stream(c, vantage, i, n, chain);
	(void)es_correlate_solve(c, count, t);
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	return steps;
}

/* Each stream was compared with each other one, again for each stream whose direction was guessed. */
TEST(correlate_work_grows_with_the_streams_of_one_call_without_signalling)
{
	for (int chain = APART; chain <= DESCENDING; chain++) {
		struct tally few, many;
		uint64_t a = steps_of_one_call(250, (enum chain)chain, &few);
		uint64_t b = steps_of_one_call(1000, (enum chain)chain, &many);

		if (b > 6 * a)
			printf("chain %d: %llu steps for 250 streams, %llu for 1000\n", chain,
			    (unsigned long long)a, (unsigned long long)b);
		CHECK_EQ(few.calls, 1);
		CHECK_EQ(many.calls, 1);
		CHECK(a > 0);
		CHECK(b <= 6 * a);
	}
}

/* One host, with a port for each of its peers in one call. */
static uint64_t
steps_of_ports(uint32_t n, bool is_two_way)
{
	struct es_correlate *c = new_for(n);
	int vantage = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_SBC);
	struct tally t = { 0 };
	uint64_t steps;

	for (uint32_t i = 0; i < n; i++) {
		struct made_stream h = { .c = c,
			.vantage = vantage,
			.n = PACKETS,
			.ssrc = 2 * i + 1,
			.call_id = "a@x" };
		struct es_addr peer, host = made_addr("203.0.113.5", (uint16_t)(1024 + i));
		char ip[32];

		(void)snprintf(ip, sizeof(ip), "10.0.%u.%u", i >> 8, i & 255);
		peer = made_addr(ip, 4000);
		h.src = peer;
		h.dst = host;
		if (i % 100 == 0)
			add_dialog(c, vantage, i, 0, &h);
		made_stream_add(&h);
		h.ssrc++;
		h.src = host;
		h.dst = peer;
		if (is_two_way)
			made_stream_add(&h);
	}
	(void)es_correlate_solve(c, count, &t); /* one giant call may be refused */
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	return steps;
}

/* Sets of one Call-ID that were not joined were walked for each source after them. */
TEST(correlate_work_grows_with_the_ports_of_one_host_in_one_call)
{
	for (int two_way = 0; two_way < 2; two_way++) {
		uint64_t a = steps_of_ports(FEW, two_way != 0);
		uint64_t b = steps_of_ports(MANY, two_way != 0);

		if (b > 6 * a)
			printf("%llu steps for %d ports, %llu for %d\n", (unsigned long long)a, FEW,
			    (unsigned long long)b, MANY);
		CHECK(a > 0);
		CHECK(b <= 6 * a);
	}
}

/* A relay (host 9) in front of Bob, and n streams each way past it: to Bob directly, and to the relay. */
static uint64_t
steps_past_relay(uint32_t n)
{
	struct es_correlate *c = new_for(n);
	int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	int sbc = es_correlate_vantage(c, es_slice_str("sbc"), ES_ROLE_SBC);
	struct es_addr alice = made_addr("10.0.0.1", 4000), bob = made_addr("10.0.0.2", 4000),
		       relay = made_addr("10.0.0.9", 4000);
	struct made_stream h = { .c = c, .n = PACKETS, .call_id = "a@x" };
	struct tally t = { 0 };
	uint64_t steps;

	for (uint32_t i = 0; i < 2 * n + 2; i++) {
		bool is_back = i >= 2 * n;

		h.ssrc = i + 1;
		h.seq = (uint16_t)(i * 1000);
		h.ts = i * 77777;
		h.src = i == 2 * n ? bob : is_back ? relay : alice;
		h.dst = is_back && i > 2 * n ? alice : i < n ? bob : relay;
		h.src.port = h.dst.port = (uint16_t)(1024 + i);
		h.vantage = i < n ? ep : sbc;
		if (i % n == 0 && !is_back)
			add_dialog(c, h.vantage, 0, 0, &h);
		made_stream_add(&h);
	}
	(void)es_correlate_solve(c, count, &t);
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	return steps;
}

/*
 * All streams that the relay's capture saw were walked again for each one that went past it; later, all streams of the
 * call for each one, to say whether it begins in the relay.
 */
TEST(correlate_work_grows_with_the_streams_past_a_relay)
{
	uint64_t a = steps_past_relay(100), b = steps_past_relay(400);

	if (b > 6 * a)
		printf("%llu steps for 100 streams, %llu for 400\n", (unsigned long long)a,
		    (unsigned long long)b);
	CHECK(a > 0);
	CHECK(b <= 6 * a);
}

/* Two taps side by side that see the same n streams each way of one call, at once. */
static uint64_t
steps_at_two_taps(uint32_t n, uint32_t packets, struct tally *t)
{
	struct es_correlate *c = new_for(n);
	struct made_stream h = { .c = c, .n = packets, .call_id = "a@x" };
	uint64_t steps;
	int at[2];

	memset(t, 0, sizeof(*t));
	at[0] = es_correlate_vantage(c, es_slice_str("one"), ES_ROLE_TAP);
	at[1] = es_correlate_vantage(c, es_slice_str("two"), ES_ROLE_TAP);
	for (uint32_t i = 0; i < 4 * n; i++) {
		uint32_t k = i / 2;

		h.vantage = at[i % 2];
		h.ssrc = k + 1;
		h.seq = (uint16_t)(k * 1000);
		h.ts = k * 77777;
		h.src = made_addr(k < n ? "10.0.0.1" : "10.0.0.2", (uint16_t)(1024 + k % n));
		h.dst = made_addr(k < n ? "10.0.0.2" : "10.0.0.1", (uint16_t)(1024 + k % n));
		if (k == 0)
			add_dialog(c, h.vantage, 0, 0, &h);
		made_stream_add(&h);
	}
	(void)es_correlate_solve(c, count, t);
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	return steps;
}

/* Four times as many streams of so many packets may take six times the steps. */
static void
check_growth_at_two_taps(unsigned n_streams, unsigned n_packets)
{
	struct tally few, many;
	uint64_t a = steps_at_two_taps(n_streams, n_packets, &few);
	uint64_t b = steps_at_two_taps(4 * n_streams, n_packets, &many);

	if (b > 6 * a)
		printf("%llu steps for %u streams, %llu for %u\n", (unsigned long long)a, n_streams,
		    (unsigned long long)b, 4 * n_streams);
	CHECK_EQ(few.whole, 1);
	CHECK_EQ(many.whole, 1);
	CHECK(a > 0);
	CHECK(b <= 6 * a);
}

/* Each stream of one direction was set against each one of the other to find the round trip. */
TEST(correlate_work_grows_with_the_streams_at_two_taps)
{
	check_growth_at_two_taps(100, PACKETS);
}

/* A block of few packets looked through all blocks of its direction for one that it could be judged with. */
TEST(correlate_work_grows_with_the_short_streams_of_one_call)
{
	check_growth_at_two_taps(200, 15);
}

/* A call of n blocks of which a tap saw the first few and the last one, before the gateway missed some packets. */
static uint64_t
steps_of_gap(uint32_t n, struct tally *t)
{
	struct es_correlate *c = new_for(3 * n + 64);
	struct made_stream h = { .c = c, .n = n * ES_BLOCK_SEQS, .call_id = "a@x", .ssrc = 1 };
	bool *seen = calloc(h.n, sizeof(*seen));
	uint64_t steps;

	memset(t, 0, sizeof(*t));
	for (uint32_t i = 0; seen != NULL && i < h.n; i++)
		seen[i] = i < 300 || i >= 400;
	h.src = made_addr("10.0.0.1", 4000);
	h.dst = made_addr("10.0.0.2", 4000);
	for (int at = 0; at < 3; at++) {
		static const char *const names[] = { "ep", "tap", "gw" };
		static const enum es_role roles[] = { ES_ROLE_ENDPOINT, ES_ROLE_TAP,
			ES_ROLE_GATEWAY };

		h.vantage = es_correlate_vantage(c, es_slice_str(names[at]), roles[at]);
		h.n = n * ES_BLOCK_SEQS;
		h.seen = at == 2 ? seen : NULL;
		h.ttl = (uint8_t)(64 - at);
		add_dialog(c, h.vantage, 0, 0, &h);
		if (at == 1) {
			made_interval_add(&h, h.n - ES_BLOCK_SEQS, h.n - 1);
			h.n = 4 * ES_BLOCK_SEQS;
		}
		made_stream_add(&h);
	}
	(void)es_correlate_solve(c, count, t);
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	free(seen);
	return steps;
}

/* The clocks of two points were compared again for each block that one of them did not see. */
TEST(correlate_work_grows_with_the_length_of_a_gap)
{
	struct tally few, many;
	uint64_t a = steps_of_gap(100, &few), b = steps_of_gap(400, &many);

	if (b > 6 * a)
		printf("%llu steps for 100 blocks, %llu for 400\n", (unsigned long long)a,
		    (unsigned long long)b);
	CHECK_EQ(few.calls, 1);
	CHECK_EQ(many.calls, 1);
	CHECK(a > 0);
	CHECK(b <= 6 * a);
}

enum { BLOCK = 256, BLOCKS_MAX = 400 };

/* One call of so many blocks each way, of which the second vantage point misses a tenth. */
static uint64_t
steps_of_blocks(uint32_t n)
{
	static bool seen[BLOCKS_MAX * BLOCK];
	struct es_correlate *c = new_for(2 * n);
	struct tally t = { 0 };
	uint64_t steps;

	for (uint32_t i = 0; i < BLOCKS_MAX * BLOCK; i++)
		seen[i] = i % BLOCK < 230;
	for (int v = 0; v < 2; v++) {
		struct made_stream h = { .c = c,
			.vantage = es_correlate_vantage(c, es_slice_str(v == 0 ? "ep" : "gw"),
			    v == 0 ? ES_ROLE_ENDPOINT : ES_ROLE_GATEWAY),
			.n = n * BLOCK,
			.seen = v == 0 ? NULL : seen,
			.ssrc = 1,
			.call_id = "a@x" };

		for (int k = 0; k < 2; k++) {
			h.src = nth_address((uint32_t)k);
			h.dst = nth_address((uint32_t)(1 - k));
			made_stream_add(&h);
			h.ssrc++;
			h.seen = NULL;
		}
	}
	if (es_correlate_solve(c, count, &t) != 0 || t.calls != 1)
		test_fail(__FILE__, __LINE__, "%u calls", t.calls);
	steps = es_correlate_steps(c);
	es_correlate_free(c);
	return steps;
}

/* Parts, and searches for their blocks, were not counted. */
TEST(correlate_work_grows_with_the_blocks_of_one_call)
{
	uint64_t a = steps_of_blocks(BLOCKS_MAX / 4), b = steps_of_blocks(BLOCKS_MAX);

	if (b > 6 * a)
		printf("%llu steps for %d blocks, %llu for %d\n", (unsigned long long)a,
		    BLOCKS_MAX / 4, (unsigned long long)b, BLOCKS_MAX);
	CHECK(a > BLOCKS_MAX); /* each part is looked at */
	CHECK(b <= 6 * a);
}
