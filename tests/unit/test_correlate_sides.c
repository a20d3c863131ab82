/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of one dialog at one vantage point: on one leg, or on the two sides of a relay. */
#include "tests/unit/made_records.h"

enum { N = 600 };

/* Who talks with the host in the middle, over which of its ports, and when. */
struct talk {
	const char *peer;
	uint16_t port;
	int64_t at_ms;
};

struct row {
	const char *name;
	enum es_role role;
	struct talk talk[2];
	uint32_t n_legs;
};

static void
add(struct es_correlate *c, int vantage, const struct talk *t, uint32_t ssrc)
{
	for (uint32_t back = 0; back < 2; back++) {
		struct es_addr peer = made_addr(t->peer, 4000);
		struct es_addr middle = made_addr("203.0.113.5", t->port);
		struct made_stream h;

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
		h.at_ms = t->at_ms;
		h.ttl = 60;
		made_stream_add(&h);
	}
}

TEST(correlate_streams_of_one_dialog_are_on_the_legs_of_a_relay)
{
	static const struct row rows[] = {
		{ "relay", ES_ROLE_SBC, { { "192.0.2.1", 10000, 0 }, { "192.0.2.2", 10002, 0 } },
		    2 },
		{ "relay at a tap", ES_ROLE_TAP,
		    { { "192.0.2.1", 10000, 0 }, { "192.0.2.2", 10002, 0 } }, 2 },
		{ "terminal", ES_ROLE_ENDPOINT,
		    { { "192.0.2.1", 10000, 0 }, { "192.0.2.2", 10002, 0 } }, 1 },
		{ "one port", ES_ROLE_SBC, { { "192.0.2.1", 10000, 0 }, { "192.0.2.2", 10000, 0 } },
		    1 },
		{ "one peer", ES_ROLE_SBC, { { "192.0.2.1", 10000, 0 }, { "192.0.2.1", 10002, 0 } },
		    1 },
		{ "half of the time", ES_ROLE_SBC,
		    { { "192.0.2.1", 10000, 0 },
			{ "192.0.2.2", 10002, N * MADE_PTIME_MS / 2 - 100 } },
		    2 },
		{ "one after the other", ES_ROLE_SBC,
		    { { "192.0.2.1", 10000, 0 },
			{ "192.0.2.2", 10002, N * MADE_PTIME_MS / 2 + 100 } },
		    1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_correlate *c = made_correlate();
		int vantage = es_correlate_vantage(c, es_slice_str("v"), rows[i].role);
		const struct made_solved *h;

		made_call_add(c, vantage, "a@x", 70, -500, made_addr("192.0.2.1", 4000),
		    made_addr("203.0.113.5", 10000));
		add(c, vantage, &rows[i].talk[0], 1);
		add(c, vantage, &rows[i].talk[1], 5);
		h = made_solve(c);
		if (h->n != 1 || h->calls[0].n_legs != rows[i].n_legs)
			test_fail(__FILE__, __LINE__, "%s: %u calls, %u legs", rows[i].name, h->n,
			    h->calls[0].n_legs);
		es_correlate_free(c);
	}
}
