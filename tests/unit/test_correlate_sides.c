/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of one dialog at one vantage point: on one leg, or on the two sides of a relay. */
#include "tests/unit/made_records.h"

enum { N = 600 };

/* What SDP says of the two ports of the host in the middle. */
enum sdp {
	RELAY, /* it answers with the first and makes an offer with the second */
	PHONE, /* it makes an offer with both */
	FIRST, /* nothing of the second */
};

enum way { BOTH, TO_MIDDLE, FROM_MIDDLE };

/* Who talks with the host in the middle, over which of its ports, and when. */
struct talk {
	const char *peer;
	uint16_t port;
	int64_t at_ms;
	enum way way;
};

struct row {
	const char *name;
	enum es_role role;
	enum sdp sdp;
	struct talk talk[2];
	uint32_t n_legs;
};

static void
add(struct es_correlate *c, int vantage, const struct talk *t, uint32_t ssrc, int64_t clock_ms)
{
	for (uint32_t back = 0; back < 2; back++) {
		struct es_addr peer = made_addr(t->peer, 4000);
		struct es_addr middle = made_addr("203.0.113.5", t->port);
		struct made_stream h;

		if (t->way == (back != 0 ? TO_MIDDLE : FROM_MIDDLE))
			continue;
		memset(&h, 0, sizeof(h));
		h.c = c;
		h.vantage = vantage;
		h.call_id = "a@x";
		h.ssrc = ssrc + back;
		h.src = back != 0 ? middle : peer;
		h.dst = back != 0 ? peer : middle;
		h.seq = (uint16_t)(h.ssrc * 1000);
		h.ts = h.ssrc * 77777;
		h.n = N;
		h.at_ms = t->at_ms + clock_ms;
		h.ttl = 60;
		made_stream_add(&h);
	}
}

/* The record of a call, with the addresses that SDP of all its legs named. */
static void
add_call(struct es_correlate *c, int vantage, const struct row *row, int64_t clock_ms)
{
	struct es_addr middle[2], peer[2];
	struct es_addr caller[2], callee[2];
	struct es_record r;

	for (int i = 0; i < 2; i++) {
		middle[i] = made_addr("203.0.113.5", row->talk[i].port);
		peer[i] = made_addr(row->talk[i].peer, 4000);
	}
	caller[0] = row->sdp == PHONE ? middle[0] : peer[0];
	callee[0] = row->sdp == PHONE ? peer[0] : middle[0];
	caller[1] = middle[1];
	callee[1] = peer[1];
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.u.call.call_id = es_slice_str("a@x");
	r.u.call.state = ES_STATE_COMPLETED;
	r.u.call.start = made_time(clock_ms - 500);
	r.u.call.caller_media = caller;
	r.u.call.callee_media = callee;
	r.u.call.n_caller_media = r.u.call.n_callee_media = row->sdp == FIRST ? 1 : 2;
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

/* What a vantage point sees, and when by its clock. */
static void
add_vantage(struct es_correlate *c, const char *name, const struct row *row, int64_t clock_ms)
{
	int vantage = es_correlate_vantage(c, es_slice_str(name), row->role);

	add_call(c, vantage, row, clock_ms);
	add(c, vantage, &row->talk[0], 1, clock_ms);
	add(c, vantage, &row->talk[1], 5, clock_ms);
}

TEST(correlate_streams_of_one_dialog_are_on_the_legs_of_a_relay)
{
	static const struct row rows[] = {
		{ "relay", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10002, 0, BOTH } }, 2 },
		{ "relay at a tap", ES_ROLE_TAP, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10002, 0, BOTH } }, 2 },
		{ "terminal", ES_ROLE_ENDPOINT, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10002, 0, BOTH } }, 1 },
		{ "phone with media to two hosts", ES_ROLE_TAP, PHONE,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10002, 0, BOTH } }, 1 },
		{ "no SDP of a side", ES_ROLE_SBC, FIRST,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10002, 0, BOTH } }, 1 },
		{ "in here, out there", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, TO_MIDDLE },
			{ "192.0.2.2", 10002, 0, FROM_MIDDLE } },
		    1 },
		{ "one side of one direction", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10002, 0, TO_MIDDLE } }, 1 },
		{ "one port", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.2", 10000, 0, BOTH } }, 1 },
		{ "one peer", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH }, { "192.0.2.1", 10002, 0, BOTH } }, 1 },
		{ "half of the time", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH },
			{ "192.0.2.2", 10002, N * MADE_PTIME_MS / 2 - 100, BOTH } },
		    2 },
		{ "one after the other", ES_ROLE_SBC, RELAY,
		    { { "192.0.2.1", 10000, 0, BOTH },
			{ "192.0.2.2", 10002, N * MADE_PTIME_MS / 2 + 100, BOTH } },
		    1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_correlate *c = made_correlate();
		const struct made_solved *h;

		add_vantage(c, "v", &rows[i], 0);
		h = made_solve(c);
		if (h->n != 1 || h->calls[0].n_legs != rows[i].n_legs)
			test_fail(__FILE__, __LINE__, "%s: %u calls, %u legs", rows[i].name, h->n,
			    h->calls[0].n_legs);
		es_correlate_free(c);
	}
}

/* A phone was taken for a relay: what it sent to one host had to reach the other one, and was lost. */
TEST(correlate_phone_with_media_to_two_hosts_is_no_relay)
{
	static const struct row rows[] = {
		{ "two media lines", ES_ROLE_TAP, PHONE,
		    { { "192.0.2.1", 4000, 0, BOTH }, { "192.0.2.2", 4002, 0, BOTH } }, 0 },
		{ "asymmetric RTP", ES_ROLE_TAP, PHONE,
		    { { "192.0.2.1", 4000, 0, FROM_MIDDLE }, { "192.0.2.2", 4002, 0, TO_MIDDLE } },
		    0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int has_phone = 0; has_phone < 2; has_phone++) {
			struct es_correlate *c = made_correlate();
			struct row phone = rows[i];
			const struct made_solved *h;

			phone.role = ES_ROLE_ENDPOINT;
			add_vantage(c, "v", &rows[i], 0);
			if (has_phone != 0)
				add_vantage(c, "ep", &phone, 90000);
			h = made_solve(c);
			if (h->n != 1 || h->calls[0].verdict.n_causes != 0)
				test_fail(__FILE__, __LINE__, "%s, %d: %u calls, %u causes",
				    rows[i].name, has_phone, h->n, h->calls[0].verdict.n_causes);
			es_correlate_free(c);
		}
	}
}
