/* SPDX-License-Identifier: Apache-2.0 */
/* A direction that nobody saw, at two captures of an SBC: whether SDP sent it past both, or it is missing. */
#include "tests/unit/made_records.h"

#define SBC "203.0.113.5"
#define BOB "192.0.2.2"
#define BOB_PRIVATE "10.0.0.2"
#define OTHER "198.51.100.7"

struct row {
	const char *name;
	const char *access_names; /* as the callee's media, to Alice */
	const char *core_names;   /* as Bob answers */
	const char *core_hears;   /* from Bob */
	enum es_role role;        /* of the capture at the access */
	bool is_missing;
};

static void
add_vantage(struct es_correlate *c, const char *name, enum es_role role, const struct row *row)
{
	bool is_access = strcmp(name, "access") == 0;
	int vantage = es_correlate_vantage(c, es_slice_str(name), role);
	struct made_stream h = { .c = c,
		.vantage = vantage,
		.call_id = "a@x",
		.n = 600,
		.ssrc = 1,
		.findings = ES_FINDING_ONE_WAY };

	h.src = made_addr(is_access ? SBC : row->core_hears, 5000);
	h.dst = made_addr(is_access ? "192.0.2.1" : SBC, 4000);
	made_call_add(c, vantage, "a@x", is_access ? 70 : 69, -100,
	    made_addr(is_access ? "192.0.2.1" : SBC, 4000),
	    made_addr(is_access ? row->access_names : row->core_names, 5000));
	made_stream_add(&h);
}

TEST(correlate_direction_that_sdp_sends_past_two_captures_is_not_missing)
{
	static const struct row rows[] = {
		{ "Bob's address to Alice", BOB, BOB, BOB, ES_ROLE_SBC, false },
		{ "at a tap", BOB, BOB, BOB, ES_ROLE_TAP, false },
		{ "the SBC's address to Alice", SBC, BOB, BOB, ES_ROLE_SBC, true },
		{ "a third host to Alice", OTHER, BOB, BOB, ES_ROLE_SBC, true },
		{ "a third host sends", BOB, BOB, OTHER, ES_ROLE_SBC, true },
		{ "a NAT sends", BOB_PRIVATE, BOB_PRIVATE, BOB, ES_ROLE_SBC, true },
		{ "another host answers", BOB, OTHER, BOB, ES_ROLE_SBC, true },
		{ "Alice's own capture", BOB, BOB, BOB, ES_ROLE_ENDPOINT, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_correlate *c = made_correlate();
		const struct made_solved *h;

		add_vantage(c, "access", rows[i].role, &rows[i]);
		add_vantage(c, "core", ES_ROLE_SBC, &rows[i]);
		h = made_solve(c);
		if (h->n != 1 ||
		    (h->calls[0].verdict.state == ES_VERDICT_DEGRADED) != rows[i].is_missing)
			test_fail(__FILE__, __LINE__, "%s: %u calls, %d", rows[i].name, h->n,
			    h->calls[0].verdict.state);
		es_correlate_free(c);
	}
}
