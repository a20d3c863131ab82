/* SPDX-License-Identifier: Apache-2.0 */
/* A limit beyond which data is removed: a stricter value can be taken back for ten minutes. */
#include "runtime/deferred.h"
#include "tests/unit/harness.h"

TEST(deferred_value_waits_and_can_be_taken_back)
{
	struct es_deferred d;

	es_deferred_init(&d, 90);
	CHECK(!es_deferred_is_due(&d, INT64_MAX));
	es_deferred_take(&d, 30, true, 0);
	CHECK_EQ(d.value, 90);
	CHECK(!es_deferred_is_due(&d, ES_DEFERRED_MS - 1));
	es_deferred_take(&d, 90, false, 1000); /* taken back */
	CHECK(!es_deferred_is_due(&d, ES_DEFERRED_MS));
	es_deferred_take(&d, 30, true, 2000);
	es_deferred_take(&d, 20, true, 3000); /* another one begins to wait */
	CHECK(!es_deferred_is_due(&d, ES_DEFERRED_MS + 2999));
	CHECK(es_deferred_is_due(&d, ES_DEFERRED_MS + 3000));
	CHECK_EQ(d.value, 20);
	CHECK(!es_deferred_is_due(&d, INT64_MAX));
}
