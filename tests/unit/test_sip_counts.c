/* SPDX-License-Identifier: Apache-2.0 */
/* Which counts of SIP messages a record has room for. */
#include "probes/signalling/sipcounts.h"

#include "harness.h"

static struct es_sip_counts counts;

static void
heard(unsigned n, uint64_t each, uint64_t more)
{
	memset(&counts, 0, sizeof(counts));
	for (unsigned i = 0; i < n; i++) {
		counts.count[100 + i].what = (uint16_t)(200 + i);
		counts.count[100 + i].messages = each + more * i;
	}
}

TEST(sip_counts_that_fit_are_all_listed)
{
	struct es_sip_count out[8];

	heard(0, 1, 0);
	CHECK_EQ(es_sip_counts_list(&counts, out, 4), 0);
	heard(4, 1, 0);
	CHECK_EQ(es_sip_counts_list(&counts, out, 4), 4);
	CHECK_EQ(out[0].what, 200);
	CHECK_EQ(out[3].what, 203);
	CHECK_EQ(out[3].messages, 1);
}

TEST(rarest_sip_counts_are_left_out)
{
	struct es_sip_count out[8];

	heard(5, 1, 1); /* 1 .. 5 messages */
	CHECK_EQ(es_sip_counts_list(&counts, out, 4), 4);
	CHECK_EQ(out[0].messages, 2);
	heard(5, 1, 0);
	counts.count[102].messages = 2;
	CHECK_EQ(es_sip_counts_list(&counts, out, 4), 1);
	CHECK_EQ(out[0].what, 202);
	heard(8, 10, 10); /* floors are 0, 1, 3, 7, 15, 31, 63 */
	CHECK_EQ(es_sip_counts_list(&counts, out, 5), 5);
	CHECK_EQ(out[0].messages, 40);
}
