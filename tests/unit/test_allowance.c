/* SPDX-License-Identifier: Apache-2.0 */
/* So many bytes a second, on average and at once. */
#include "agent/shipper/allowance.h"
#include "tests/unit/harness.h"

TEST(allowance_without_a_limit_never_waits)
{
	struct es_allowance a = { 0 };

	es_allowance_spend(&a, UINT64_C(1) << 40);
	CHECK_EQ(es_allowance_from_ms(&a, 7), 7);
}

TEST(allowance_is_owed_and_paid_back)
{
	struct es_allowance a;

	es_allowance_limit(&a, 1000, 50);
	CHECK_EQ(es_allowance_from_ms(&a, 50), 50);
	es_allowance_spend(&a, 999);
	CHECK_EQ(es_allowance_from_ms(&a, 50), 50); /* a byte is left */
	es_allowance_spend(&a, 2501);
	CHECK_EQ(es_allowance_from_ms(&a, 50), 2551);
	CHECK_EQ(es_allowance_from_ms(&a, 2550), 2551);
	CHECK_EQ(es_allowance_from_ms(&a, 2551), 2551);
	CHECK_EQ(es_allowance_from_ms(&a, 1000000), 1000000);
	es_allowance_spend(&a, 1000); /* a pause saves up no more than a second's worth */
	CHECK(es_allowance_from_ms(&a, 1000000) > 1000000);
	es_allowance_limit(&a, 10, 1000000);
	CHECK_EQ(es_allowance_from_ms(&a, 1000000), 1000000);
}

/* However it is asked: never more than the rate, a second's worth and one piece. */
TEST(allowance_holds_its_average)
{
	static const uint64_t rates[] = { 1, 7, 1000, 65536, INT64_C(4) << 30 };

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct es_allowance a;
		uint64_t sent = 0, piece = 300;
		int64_t now_ms = 0;

		es_allowance_limit(&a, rates[i], 0);
		for (unsigned k = 0; k < 1000; k++) {
			int64_t from_ms = es_allowance_from_ms(&a, now_ms);

			if (from_ms > now_ms) {
				now_ms = from_ms;
				CHECK_EQ(es_allowance_from_ms(&a, now_ms), now_ms);
			}
			es_allowance_spend(&a, piece);
			sent += piece;
			CHECK(sent <= rates[i] * (uint64_t)now_ms / 1000 + rates[i] + piece);
			now_ms += k % 3;
		}
	}
}
