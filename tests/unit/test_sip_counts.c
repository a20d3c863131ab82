/* SPDX-License-Identifier: Apache-2.0 */
/* Which counts of SIP messages a record has room for. */
#include "probes/signalling/sip_counts.h"

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

static struct es_context c;

static es_time
at_ms(int64_t ms)
{
	return es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static struct es_sip
message(void)
{
	return (struct es_sip){ .method = ES_SIP_INVITE,
		.method_text = es_slice_str("INVITE"),
		.call_id = es_slice_str("c"),
		.via_branch = es_slice_str("v"),
		.from.tag = es_slice_str("f"),
		.to.tag = es_slice_str("t"),
		.cseq = 7 };
}

static enum es_sip_news
hear(const struct es_sip *m, uint16_t from_port, int64_t ms)
{
	struct es_addr src = { .family = 4, .port = from_port, .ip = { 10, 0, 0, 1 } };
	struct es_addr dst = { .family = 4, .port = 5060, .ip = { 10, 0, 0, 2 } };

	return es_sip_counts_add(&counts, &c, m, &src, &dst, at_ms(ms));
}

static void
remember(uint32_t room)
{
	memset(&c, 0, sizeof(c));
	memset(&counts, 0, sizeof(counts));
	if (es_sip_counts_new(&counts, room) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
}

TEST(sip_message_is_sent_again_within_32_s_of_the_last)
{
	struct es_sip m = message();

	remember(4);
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	CHECK_EQ(hear(&m, 1, 31999), ES_SIP_RESENT);
	CHECK_EQ(hear(&m, 1, 31999 + 31999), ES_SIP_RESENT);
	CHECK_EQ(hear(&m, 1, 63998 + 32000), ES_SIP_NEW);
	CHECK_EQ(hear(&m, 1, 95998 + 1), ES_SIP_RESENT);
	CHECK_EQ(counts.count[ES_SIP_KIND_INVITE].messages, 5);
	CHECK_EQ(counts.count[ES_SIP_KIND_INVITE].resent, 3);
	es_sip_counts_free(&counts);
}

TEST(sip_message_is_another_one_by_whatever_differs)
{
	struct es_sip m;

	remember(16);
	m = message();
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	CHECK_EQ(hear(&m, 2, 0), ES_SIP_NEW); /* on another hop */
	m.call_id = es_slice_str("d");
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.via_branch = es_slice_str("w");
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.from.tag = es_slice_str("g");
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.to.tag = es_slice_str("u");
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.method_text = es_slice_str("FOO");
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.body = es_slice_str("b");
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.cseq = 8;
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m = message();
	m.is_response = true;
	m.status = 183;
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m.has_rseq = true;
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	m.rseq = 1;
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_RESENT);
	CHECK_EQ(counts.count[ES_SIP_KINDS + 83].messages, 4);
	CHECK_EQ(counts.count[ES_SIP_KINDS + 83].what, 183);
	m.status = 100;
	CHECK_EQ(hear(&m, 1, 0), ES_SIP_NEW);
	CHECK_EQ(counts.count[ES_SIP_KINDS].messages, 1);
	CHECK_EQ(counts.count[ES_SIP_KINDS].what, 100);
	es_sip_counts_free(&counts);
}

/* Of four the oldest gives way; that is counted where it might have come again. */
TEST(sip_messages_that_are_remembered_are_the_last_ones)
{
	struct es_sip m = message();

	remember(4);
	for (m.cseq = 0; m.cseq < 4; m.cseq++)
		CHECK_EQ(hear(&m, 1, m.cseq), ES_SIP_NEW);
	CHECK_EQ(c.count[ES_CNT_SIP_RECENT_EVICTED], 0);
	CHECK_EQ(hear(&m, 1, 10), ES_SIP_NEW); /* the fifth, in the place of the first */
	CHECK_EQ(c.count[ES_CNT_SIP_RECENT_EVICTED], 1);
	m.cseq = 1;
	CHECK_EQ(hear(&m, 1, 10), ES_SIP_RESENT);
	m.cseq = 0;
	CHECK_EQ(hear(&m, 1, 32009), ES_SIP_NEW); /* the second gives way, heard at 10 ms */
	CHECK_EQ(c.count[ES_CNT_SIP_RECENT_EVICTED], 2);
	m.cseq = 9;
	CHECK_EQ(hear(&m, 1, 32009), ES_SIP_NEW); /* the third, too long ago */
	CHECK_EQ(c.count[ES_CNT_SIP_RECENT_EVICTED], 2);
	CHECK_EQ(counts.table.n, 4);
	es_sip_counts_free(&counts);
}

TEST(sip_message_of_which_a_part_was_heard_is_known_for_32_s)
{
	remember(2);
	CHECK(!es_sip_counts_heard(&counts, &c, 5, at_ms(0)));
	CHECK(es_sip_counts_heard(&counts, &c, 5, at_ms(31999))); /* of the first */
	CHECK(!es_sip_counts_heard(&counts, &c, 5, at_ms(32000)));
	CHECK(es_sip_counts_heard(&counts, &c, 5, at_ms(63999)));
	CHECK(!es_sip_counts_heard(&counts, &c, 6, at_ms(0)));
	es_sip_counts_free(&counts);
}
