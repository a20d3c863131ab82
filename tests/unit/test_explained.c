/* SPDX-License-Identifier: Apache-2.0 */
/* What the list asks of an explained call: where it was seen, and how bad it was. */
#include "collector/query/explained.h"
#include "tests/unit/harness.h"

TEST(explained_agent_is_what_stands_before_the_slash)
{
	static const char *const rows[][2] = { { "ep", "ep" }, { "sbc/core", "sbc" },
		{ "sbc/a/b", "sbc" }, { "sbc/", "sbc" }, { "/core", "" }, { "", "" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_SLICE(es_vantage_agent(es_slice_str(rows[i][0])), rows[i][1]);
	CHECK_EQ(es_vantage_agent(es_slice_of(NULL, 0)).n, 0);
}

/* Behind the last leg and the last direction nothing is looked at. */
TEST(explained_call_was_seen_at_its_agents_and_their_places)
{
	static const struct {
		const char *place;
		bool is;
	} rows[] = { { "ep", true }, { "sbc", true }, { "sbc/core", true }, { "beyond", false },
		{ "core", false }, { "sb", false }, { "sbc/", false }, { "", false } };
	static struct es_explained call;

	call.legs[0].vantage = es_slice_str("ep");
	call.legs[1].vantage = es_slice_str("sbc/core");
	call.legs[2].vantage = es_slice_str("beyond");
	call.n_legs = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (es_explained_saw(&call, es_slice_str(rows[i].place)) != rows[i].is)
			test_fail(__FILE__, __LINE__, "%s", rows[i].place);
	call.n_legs = 0;
	CHECK(!es_explained_saw(&call, es_slice_str("ep")));
}

TEST(explained_call_is_as_bad_as_its_worst_direction)
{
	static struct es_explained call;
	uint32_t mos = 77;

	CHECK(sizeof(call.directions) / sizeof(call.directions[0]) >= 2);
	call.directions[0].has_mos_lq = call.directions[1].has_mos_lq = true;
	call.directions[0].mos_lq_milli = 4000;
	call.directions[1].mos_lq_milli = 3999;
	CHECK(!es_explained_worst_mos(&call, &mos));
	CHECK_EQ(mos, 77);
	call.n_directions = 1;
	CHECK(es_explained_worst_mos(&call, &mos));
	CHECK_EQ(mos, 4000);
	call.n_directions = 2;
	CHECK(es_explained_worst_mos(&call, &mos));
	CHECK_EQ(mos, 3999);
	call.directions[0].mos_lq_milli = 1000;
	CHECK(es_explained_worst_mos(&call, &mos));
	CHECK_EQ(mos, 1000);
	call.directions[0].has_mos_lq = false;
	CHECK(es_explained_worst_mos(&call, &mos));
	CHECK_EQ(mos, 3999);
	call.directions[1].has_mos_lq = false;
	CHECK(!es_explained_worst_mos(&call, &mos));
}
