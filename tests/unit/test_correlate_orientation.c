/* SPDX-License-Identifier: Apache-2.0 */
/* Which side of an SBC a phone is on, where both captures saw one leg and the same Max-Forwards: what media show. */
#include "tests/unit/made_records.h"

enum { N = 1000, LOST_FROM = 400, LOST_TO = 600, LATE_START = 50 };

struct row {
	const char *name;
	bool is_called;                   /* the phone, by the SBC */
	uint8_t phone_ttl[2], sbc_ttl[2]; /* of what the phone sends, and gets */
	bool loses[2];                    /* likewise, on its way */
	bool gets_nothing;                /* the phone, from the SBC */
	bool is_late;                     /* the capture at the phone began later */
	bool knows_host; /* the capture at the phone knows which address is its own */
	bool has_other;  /* the SBC gets media from another host, too */
	bool is_gateway; /* in place of the phone */
	bool has_direct; /* the phone gets media from another host, too */
	bool is_behind;  /* the phone's capture is the last point */
};

/* One way at one capture: 0: from the phone, 1: to it. */
static void
add_way(struct es_correlate *c, int vantage, const struct row *row, bool is_at_phone, int way)
{
	static bool seen[N];
	struct es_addr phone = made_addr("192.0.2.1", 4000), sbc = made_addr("203.0.113.5", 10000);
	struct made_stream h = { .c = c, .vantage = vantage, .n = N, .call_id = "a@x" };
	bool is_behind_loss = is_at_phone == (way == 1);

	for (int i = 0; i < N; i++)
		seen[i] = !(row->loses[way] && is_behind_loss && i >= LOST_FROM && i < LOST_TO) &&
			  !(row->is_late && is_at_phone && i < LATE_START);
	if (row->gets_nothing && is_at_phone && way == 1)
		return;
	h.seen = seen;
	h.ssrc = (uint32_t)way + 1;
	h.seq = (uint16_t)(h.ssrc * 1000);
	h.ts = h.ssrc * 77777;
	h.src = way == 0 ? phone : sbc;
	h.dst = way == 0 ? sbc : phone;
	h.ttl = is_at_phone ? row->phone_ttl[way] : row->sbc_ttl[way];
	if (is_at_phone && row->knows_host)
		h.how = way == 0 ? ES_SEEN_EGRESS : ES_SEEN_INGRESS;
	made_stream_add(&h);
	h.ssrc += 2;
	h.src = made_addr("198.51.100.7", 4000);
	if (way == 1 ? is_at_phone && row->has_direct : !is_at_phone && row->has_other)
		made_stream_add(&h);
}

static void
add_vantage(struct es_correlate *c, const struct row *row, bool is_at_phone)
{
	struct es_addr phone = made_addr("192.0.2.1", 4000), sbc = made_addr("203.0.113.5", 10000);
	int vantage = es_correlate_vantage(c, es_slice_str(is_at_phone ? "phone" : "sbc"),
	    !is_at_phone      ? ES_ROLE_SBC
	    : row->is_gateway ? ES_ROLE_GATEWAY
			      : ES_ROLE_ENDPOINT);

	made_call_add(
	    c, vantage, "a@x", 69, 0, row->is_called ? sbc : phone, row->is_called ? phone : sbc);
	add_way(c, vantage, row, is_at_phone, 0);
	add_way(c, vantage, row, is_at_phone, 1);
}

/* What was lost on the way to a phone that is called was counted as lost on its way to the SBC, or nowhere. */
TEST(correlate_phone_that_is_called_stands_behind_the_sbc)
{
	static const struct row rows[] = {
		{ .name = "loss to it",
		    .is_called = true,
		    .loses = { false, true },
		    .is_behind = true },
		{ .name = "loss from it",
		    .is_called = true,
		    .loses = { true, false },
		    .is_behind = true },
		{ .name = "loss, and a capture that began late",
		    .is_called = true,
		    .loses = { true, true },
		    .is_late = true,
		    .is_behind = true },
		{ .name = "TTL of what it sends",
		    .is_called = true,
		    .phone_ttl = { 64, 0 },
		    .sbc_ttl = { 62, 0 },
		    .is_behind = true },
		{ .name = "TTL of what it gets",
		    .is_called = true,
		    .phone_ttl = { 0, 62 },
		    .sbc_ttl = { 0, 64 },
		    .is_behind = true },
		{ .name = "its own address",
		    .is_called = true,
		    .knows_host = true,
		    .is_behind = true },
		{ .name = "the one host of all its media",
		    .is_called = true,
		    .has_direct = true,
		    .is_behind = true },
		{ .name = "nothing that is sent to it",
		    .is_called = true,
		    .gets_nothing = true,
		    .is_behind = true },
		{ .name = "nothing that is sent to one that calls", .gets_nothing = true },
		{ .name = "what the SBC gets from another host", .has_other = true },
		{ .name = "a gateway that is called",
		    .is_called = true,
		    .is_gateway = true,
		    .is_behind = true },
		{ .name = "nothing that is sent to a gateway that calls",
		    .is_gateway = true,
		    .gets_nothing = true },
		{ .name = "loss to a gateway that calls",
		    .is_gateway = true,
		    .loses = { false, true } },
		{ .name = "own address of a gateway that calls",
		    .is_gateway = true,
		    .knows_host = true },
		{ .name = "own address of one that calls", .knows_host = true },
		{ .name = "one host of one that calls", .has_direct = true },
		{ .name = "no sign", .is_called = true },
		{ .name = "a capture that began late alone", .is_called = true, .is_late = true },
		{ .name = "loss to one that calls", .loses = { false, true } },
		{ .name = "loss from one that calls", .loses = { true, false } },
		{ .name = "TTL of one that calls", .phone_ttl = { 64, 62 }, .sbc_ttl = { 62, 64 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_correlate *c = made_correlate();
		const struct made_solved *h;

		add_vantage(c, &rows[i], true);
		add_vantage(c, &rows[i], false);
		h = made_solve(c);
		if (h->n != 1 || h->calls[0].n_legs != 2 ||
		    es_slice_eq(h->calls[0].legs[1].vantage, es_slice_str("phone")) !=
			rows[i].is_behind)
			test_fail(__FILE__, __LINE__, "%s: %u calls", rows[i].name, h->n);
		es_correlate_free(c);
	}
}
