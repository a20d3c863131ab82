/* SPDX-License-Identifier: Apache-2.0 */
/* Bursts and gaps of RFC 3611 on patterns worked out by hand. */
#include "probes/quality/burst.h"

#include "harness.h"

/* Pattern of 'o' good, 'x' bad, fed packet by packet; 20 ms packets. */
static bool
measure(const char *before, const char *mid, int after, struct es_burst_result *out)
{
	struct es_burst b;

	b = (struct es_burst){ 0 };
	for (; *before != '\0'; before++)
		es_burst_run(&b, *before == 'x', 1);
	for (; *mid != '\0'; mid++)
		es_burst_run(&b, *mid == 'x', 1);
	es_burst_run(&b, false, (uint32_t)after);
	return es_burst_result(&b, 20000, out);
}

/* A density as RFC 3611 sends it: in 1/256, rounded down as it does or to the nearest. */
static unsigned
in_256(uint32_t ppm)
{
	return (unsigned)(((uint64_t)ppm * 256 + 500000) / 1000000);
}

#define OK20 "oooooooooooooooooooo"
#define OK16 "oooooooooooooooo"
#define OK15 "ooooooooooooooo"

TEST(burst_a_loss_alone_belongs_to_the_gap)
{
	struct es_burst_result r;

	CHECK(measure(OK20, "x", 20, &r));
	CHECK_EQ(r.bursts, 0);
	CHECK_EQ(r.burst_density_ppm, 0);
	CHECK_EQ(r.burst_length_us, 0);
	CHECK_EQ(in_256(r.gap_density_ppm), 6);
	CHECK_EQ(r.gap_length_us, 41 * 20000);
}

TEST(burst_holds_losses_close_together)
{
	struct es_burst_result r;

	CHECK(measure(OK20, "xooxooox", 20, &r));
	CHECK_EQ(r.bursts, 1);
	CHECK_EQ(r.burst_length_us, 160000);
	CHECK_EQ(in_256(r.burst_density_ppm), 96);
	CHECK_EQ(r.gap_density_ppm, 0);
	CHECK_EQ(r.gap_length_us, 20 * 20000);
}

TEST(burst_ends_at_16_good_packets)
{
	struct es_burst_result r;

	CHECK(measure(OK20, "xxx" OK16 "x", 20, &r));
	CHECK_EQ(r.bursts, 1);
	CHECK_EQ(r.burst_length_us, 60000);
	CHECK_EQ(in_256(r.burst_density_ppm), 256);
	CHECK_EQ(in_256(r.gap_density_ppm), 4);
}

TEST(burst_continues_over_15_good_packets)
{
	struct es_burst_result r;

	CHECK(measure(OK20, "xxx" OK15 "x", 20, &r));
	CHECK_EQ(r.bursts, 1);
	CHECK_EQ(r.burst_length_us, 380000);
	CHECK_EQ(in_256(r.burst_density_ppm), 54);
	CHECK_EQ(r.gap_density_ppm, 0);
}

TEST(burst_at_the_edges_of_a_stream)
{
	struct es_burst_result r;

	CHECK(!measure("", "", 0, &r));
	CHECK(measure("", "xx", 0, &r));
	CHECK_EQ(r.bursts, 1);
	CHECK_EQ(r.burst_density_ppm, 1000000);
	CHECK_EQ(r.gap_length_us, 0);
	CHECK(measure("", "x", 0, &r));
	CHECK_EQ(r.bursts, 0);
	CHECK_EQ(r.gap_density_ppm, 1000000);
	CHECK(measure("", "xx", 15, &r)); /* the last gap is short, but a gap */
	CHECK_EQ(r.gap_length_us, 15 * 20000);
}

TEST(burst_by_runs_equals_burst_by_packets)
{
	uint64_t seed = 3;

	for (int round = 0; round < 500; round++) {
		struct es_burst by_run, by_packet;
		struct es_burst_result a, b;

		by_run = (struct es_burst){ 0 };
		by_packet = (struct es_burst){ 0 };
		for (int i = 0; i < 30; i++) {
			bool bad = test_random(&seed) % 2;
			uint32_t n = test_random(&seed) % (bad ? 5 : 40);

			es_burst_run(&by_run, bad, n);
			while (n-- > 0)
				es_burst_run(&by_packet, bad, 1);
		}
		CHECK(es_burst_result(&by_run, 20000, &a));
		CHECK(es_burst_result(&by_packet, 20000, &b));
		CHECK_EQ(a.bursts, b.bursts);
		CHECK_EQ(a.burst_density_ppm, b.burst_density_ppm);
		CHECK_EQ(a.burst_length_us, b.burst_length_us);
		CHECK_EQ(a.gap_density_ppm, b.gap_density_ppm);
		CHECK_EQ(a.gap_length_us, b.gap_length_us);
	}
}
