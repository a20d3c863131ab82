/* SPDX-License-Identifier: Apache-2.0 */
/* The health record of a process: what its engines counted, added up within bounds. */
#include "agent/health.h"
#include "proto/decode.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static struct es_health_sum sum;
static struct es_record seen;

static void
see(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	seen = *rec;
}

/* The sum as a reader of its record sees it. */
static const struct es_health *
read_back(void)
{
	static uint8_t bytes[ES_HEALTH_BYTES_MAX], room[ES_ALLOC_BYTES];
	static struct es_alloc alloc;
	int n = es_health_encode(&sum, es_time_of_ns(7), bytes, sizeof(bytes));

	es_alloc_init(&alloc, room, sizeof(room));
	if (n <= 0 || es_record_decode(es_slice_of(bytes, (size_t)n), &alloc, see, NULL) != 1)
		abort();
	return &seen.u.health;
}

TEST(health_adds_up_what_several_engines_counted)
{
	static const struct es_counter_value values[] = { { ES_CNT_PACKETS, 5 },
		{ ES_CNT_CALLS, 0 }, { 999, 1 } };
	static const struct es_sip_count first[] = { { ES_SIP_KIND_INVITE, 3, 1 }, { 200, 2, 0 } };
	static const struct es_sip_count second[] = { { 486, 1, 0 }, { ES_SIP_KIND_INVITE, 4, 2 } };
	static const struct es_unknown unknown[] = {
		{ ES_UNKNOWN_ETHERTYPE, 35020, 3, { 0xab }, 1 },
		{ ES_UNKNOWN_LINK, 35020, 1, { 0 }, 0 },
	};
	struct es_health a = { .values = values, .n_values = 3, .sip = first, .n_sip = 2 };
	struct es_health b = { .values = values, .n_values = 3, .sip = second, .n_sip = 2 };
	const struct es_health *h;

	memset(&sum, 0, sizeof(sum));
	a.unknowns = b.unknowns = unknown;
	a.n_unknowns = 2;
	b.n_unknowns = 1;
	es_health_add(&sum, &a);
	es_health_add(&sum, &b);
	h = read_back();
	CHECK_EQ(h->n_values, 1);
	CHECK_EQ(h->values[0].counter, ES_CNT_PACKETS);
	CHECK_EQ(h->values[0].value, 10);
	CHECK_EQ(h->n_sip, 3);
	CHECK_EQ(h->sip[0].what, ES_SIP_KIND_INVITE);
	CHECK_EQ(h->sip[0].messages, 7);
	CHECK_EQ(h->sip[0].resent, 3);
	CHECK_EQ(h->sip[2].what, 486);
	CHECK_EQ(h->n_unknowns, 2);
	CHECK_EQ(h->unknowns[0].count, 6);
	CHECK_EQ(h->unknowns[0].sample[0], 0xab);
	CHECK_EQ(h->unknowns[1].layer, ES_UNKNOWN_LINK);
}

TEST(health_of_headers_that_were_cut_says_so)
{
	static const enum es_counter cut[] = { ES_CNT_SIP_CUT, ES_CNT_RTCP_CUT,
		ES_CNT_HEADERS_CUT };

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		memset(&sum, 0, sizeof(sum));
		(void)read_back();
		CHECK_EQ(seen.coverage.flags, 0);
		sum.value[cut[i]] = 1;
		(void)read_back();
		CHECK_EQ(seen.coverage.flags, ES_COV_CUT);
	}
}

TEST(health_of_more_than_there_is_room_for_is_bounded_and_still_fits)
{
	struct es_sip_count c = { 0, UINT64_MAX / 4, UINT64_MAX / 4 };
	struct es_unknown u = { ES_UNKNOWN_DEPTH, 0, UINT64_MAX / 4, { 0 }, ES_UNKNOWN_BYTES };
	struct es_health h = { .sip = &c, .n_sip = 1, .unknowns = &u, .n_unknowns = 1 };
	int i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < ES_CNT_END; i++)
		sum.value[i] = UINT64_MAX;
	for (i = 0; i < 1000; i++) {
		c.what = (uint16_t)i;
		u.number = UINT32_MAX - (uint32_t)i;
		es_health_add(&sum, &h);
	}
	CHECK_EQ(read_back()->n_values, ES_CNT_END - 1);
	CHECK_EQ(read_back()->n_sip, ES_HEALTH_SIP_MAX);
	CHECK_EQ(read_back()->n_unknowns, ES_HEALTH_UNKNOWNS_MAX);
}
