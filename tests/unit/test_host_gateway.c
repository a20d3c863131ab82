/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests to the gateway, with replies that the test makes. */
#include "probes/host/requests/gateway.h"

#include "harness.h"

enum { MS = 1000 * 1000 };

static struct es_host_gateway g;
static uint8_t request[ES_HOST_ECHO_BYTES];

static es_time
at(int64_t ms)
{
	return es_time_of_ns(ms * MS);
}

static void
reply(int64_t ms)
{
	uint8_t icmp[ES_HOST_ECHO_BYTES];

	memcpy(icmp, request, sizeof(icmp));
	icmp[0] = 0; /* echo reply */
	es_host_gateway_reply(&g, test_guarded(icmp, sizeof(icmp)), at(ms));
}

static struct es_host_reading
judged(int64_t ms)
{
	struct es_host_reading r = { 0 };

	es_host_gateway_judge(&g, at(ms), &r);
	return r;
}

TEST(gateway_round_trip_is_the_median_and_loss_the_share)
{
	static const int64_t rtt_ms[] = { 3, 250, 2, -1, 4 };
	struct es_host_reading r;

	g = (struct es_host_gateway){ 0 };
	for (int i = 0; i < 5; i++) {
		es_host_gateway_request(&g, at(i * 1000), request);
		CHECK_EQ(request[0], 8);
		CHECK_EQ(request[7], i + 1);
		if (rtt_ms[i] >= 0)
			reply(i * 1000 + rtt_ms[i]);
	}
	r = judged(5000);
	CHECK_EQ(r.value[ES_SIG_GATEWAY_RTT], 4000);
	CHECK_EQ(r.value[ES_SIG_GATEWAY_LOSS], 200000);
	r = judged(6000); /* each is judged once */
	CHECK(!r.has[ES_SIG_GATEWAY_RTT] && !r.has[ES_SIG_GATEWAY_LOSS]);
}

TEST(gateway_that_never_answers_has_no_loss)
{
	struct es_host_reading r;

	g = (struct es_host_gateway){ 0 };
	for (int i = 0; i < 5; i++)
		es_host_gateway_request(&g, at(i * 1000), request);
	r = judged(5000);
	CHECK(!r.has[ES_SIG_GATEWAY_RTT] && !r.has[ES_SIG_GATEWAY_LOSS]);
}

TEST(gateway_loss_needs_four_requests)
{
	struct es_host_reading r;

	g = (struct es_host_gateway){ .answers = true };
	for (int i = 0; i < 3; i++)
		es_host_gateway_request(&g, at(i * 1000), request);
	r = judged(5000);
	CHECK(!r.has[ES_SIG_GATEWAY_LOSS]);
	for (int i = 0; i < 4; i++)
		es_host_gateway_request(&g, at(5000 + i * 1000), request);
	r = judged(10000);
	CHECK_EQ(r.value[ES_SIG_GATEWAY_LOSS], 1000000);
	CHECK(!r.has[ES_SIG_GATEWAY_RTT]);
}

TEST(gateway_request_still_under_way_is_judged_by_the_next_sample)
{
	struct es_host_reading r;

	g = (struct es_host_gateway){ 0 };
	es_host_gateway_request(&g, at(4900), request);
	r = judged(5000);
	CHECK(!r.has[ES_SIG_GATEWAY_RTT]);
	reply(5100);
	r = judged(10000);
	CHECK_EQ(r.value[ES_SIG_GATEWAY_RTT], 200000);
}

TEST(gateway_replies_that_answer_nothing_change_nothing)
{
	uint8_t icmp[ES_HOST_ECHO_BYTES];
	struct es_host_reading r;

	g = (struct es_host_gateway){ 0 };
	es_host_gateway_request(&g, at(1000), request);
	reply(900);  /* before it was sent: the clock was set back */
	reply(2500); /* too late */
	for (size_t n = 0; n < 8; n++)
		es_host_gateway_reply(&g, test_guarded(request, n), at(1001));
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned sequence = 0; sequence < 65536; sequence += 255) {
			memcpy(icmp, request, sizeof(icmp));
			icmp[0] = (uint8_t)type;
			icmp[6] = (uint8_t)(sequence >> 8);
			icmp[7] = (uint8_t)sequence;
			if (type != 0 || sequence != 1)
				es_host_gateway_reply(
				    &g, es_slice_of(icmp, sizeof(icmp)), at(1001));
		}
	}
	r = judged(3000);
	CHECK(!r.has[ES_SIG_GATEWAY_RTT]);
	CHECK(!g.answers);
}
