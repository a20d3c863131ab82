/* SPDX-License-Identifier: Apache-2.0 */
/* Extended reports: block walk, units, what is absent. */
#include "probes/wire/rtp/rtcp_xr.h"
#include "sweep.h"

#define NONE INT64_MIN

/* One value of the first block of an XR packet, NONE where it is not listed. */
static int64_t
value(const uint8_t *xr, size_t n, uint32_t rate, enum es_reported_metric metric)
{
	es_slice pkt = test_guarded(xr, n);
	struct es_reported_value v[ES_XR_VALUES_MAX];
	struct es_cur c = es_cur_of(pkt);
	struct es_xr_block b;
	struct es_rtcp part;
	int64_t found = NONE;
	unsigned n_values = 0;

	if (es_rtcp_check(pkt, (uint32_t)n) != 0 || es_rtcp_next(&c, &part) != 0)
		test_fail(__FILE__, __LINE__, "the sample is no RTCP");
	c = es_xr_begin(&part);
	if (es_xr_next(&c, &b) != 0)
		test_fail(__FILE__, __LINE__, "the sample has no block");
	else
		n_values = es_xr_values(&b, rate, v);
	for (unsigned i = 0; i < n_values; i++) {
		if (v[i].metric != metric)
			continue;
		if (found != NONE)
			test_fail(__FILE__, __LINE__, "a metric twice");
		found = v[i].value;
	}
	return found;
}

#define VALUE(xr, metric) value(xr, sizeof(xr), 8000, ES_RM_##metric)
/* An XR packet of one block. words: those behind the block's header, SSRC included. */
#define XR(words, type, specific, ...)                                                       \
	{                                                                                    \
		0x80, 207, 0, (words) + 2, 0, 0, 0, 5, type, specific, 0, words, 0, 0, 0, 7, \
		    __VA_ARGS__                                                              \
	}

static const uint8_t voip[] = XR(8, 7, 0, 64, 128, 255, 0, 0x01, 0x02, 0xea, 0x60, 0, 150, 0, 80,
    0xf1, 0xc4, 55, 16, 93, 127, 41, 38, 0xb5, 0, 0, 40, 0, 120, 0xff, 0xff);

TEST(xr_voip_metrics_in_si_units)
{
	CHECK_EQ(VALUE(voip, LOSS_PPM), 250000);
	CHECK_EQ(VALUE(voip, DISCARD_PPM), 500000);
	CHECK_EQ(VALUE(voip, BURST_DENSITY_PPM), 996094);
	CHECK_EQ(VALUE(voip, GAP_DENSITY_PPM), 0);
	CHECK_EQ(VALUE(voip, BURST_LENGTH_US), 258000);
	CHECK_EQ(VALUE(voip, GAP_LENGTH_US), 60000000);
	CHECK_EQ(VALUE(voip, ROUND_TRIP_US), 150000);
	CHECK_EQ(VALUE(voip, END_SYSTEM_DELAY_US), 80000);
	CHECK_EQ(VALUE(voip, SIGNAL_DBM), -15);
	CHECK_EQ(VALUE(voip, NOISE_DBM), -60);
	CHECK_EQ(VALUE(voip, RERL_DB), 55);
	CHECK_EQ(VALUE(voip, GMIN), 16);
	CHECK_EQ(VALUE(voip, R_MILLI), 93000);
	CHECK_EQ(VALUE(voip, EXTERNAL_R_MILLI), NONE);
	CHECK_EQ(VALUE(voip, PLC), 2);
	CHECK_EQ(VALUE(voip, JITTER_BUFFER_ADAPTIVE), 3);
	CHECK_EQ(VALUE(voip, JITTER_BUFFER_RATE), 5);
	CHECK_EQ(VALUE(voip, JITTER_BUFFER_NOMINAL_US), 40000);
	CHECK_EQ(VALUE(voip, JITTER_BUFFER_MAX_US), 120000);
	CHECK_EQ(VALUE(voip, JITTER_BUFFER_ABS_MAX_US), NONE); /* 65535: over range */
}

/* Listening quality stands before conversational quality. */
TEST(xr_mos_lq_comes_before_mos_cq)
{
	CHECK_EQ(VALUE(voip, MOS_LQ_MILLI), 4100);
	CHECK_EQ(VALUE(voip, MOS_CQ_MILLI), 3800);
}

TEST(xr_voip_metrics_unknown_is_absent)
{
	static const uint8_t xr[] = XR(8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 127, 127,
	    0, 127, 101, 127, 9, 0x10, 0, 0, 0, 0, 0, 0, 0);

	CHECK_EQ(VALUE(xr, LOSS_PPM), 0); /* none lost is an answer */
	CHECK_EQ(VALUE(xr, ROUND_TRIP_US), NONE);
	CHECK_EQ(VALUE(xr, END_SYSTEM_DELAY_US), NONE);
	CHECK_EQ(VALUE(xr, SIGNAL_DBM), NONE);
	CHECK_EQ(VALUE(xr, NOISE_DBM), NONE);
	CHECK_EQ(VALUE(xr, RERL_DB), NONE);
	CHECK_EQ(VALUE(xr, GMIN), NONE);
	CHECK_EQ(VALUE(xr, R_MILLI), NONE);
	CHECK_EQ(VALUE(xr, EXTERNAL_R_MILLI), NONE);
	CHECK_EQ(VALUE(xr, MOS_LQ_MILLI), NONE);
	CHECK_EQ(VALUE(xr, MOS_CQ_MILLI), NONE);
	CHECK_EQ(VALUE(xr, PLC), NONE);
	CHECK_EQ(VALUE(xr, JITTER_BUFFER_ADAPTIVE), NONE); /* 1 is reserved */
	CHECK_EQ(VALUE(xr, JITTER_BUFFER_RATE), NONE);
}

TEST(xr_delays_over_range_are_absent)
{
	static const uint8_t xr[] = XR(8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 127,
	    127, 127, 0, 127, 127, 127, 127, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

	CHECK_EQ(VALUE(xr, ROUND_TRIP_US), NONE);
	CHECK_EQ(VALUE(xr, END_SYSTEM_DELAY_US), NONE);
	CHECK_EQ(VALUE(xr, JITTER_BUFFER_NOMINAL_US), NONE);
	CHECK_EQ(VALUE(xr, JITTER_BUFFER_ABS_MAX_US), NONE);
}

TEST(xr_statistics_say_what_their_flags_say)
{
#define NUMBERS                                                                                  \
	0, 10, 0, 20, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 80, 0, 0, 1, 0x40, 0, 0, 0, 160, 0, 0, 0, \
	    8, 60, 64, 62, 1
	static const uint8_t all[] = XR(9, 6, 0xe8, NUMBERS);
	static const uint8_t none[] = XR(9, 6, 0x18, NUMBERS);

	CHECK_EQ(VALUE(all, FIRST_SEQ), 10);
	CHECK_EQ(VALUE(all, LAST_SEQ), 19);
	CHECK_EQ(VALUE(all, LOST_PACKETS), 3);
	CHECK_EQ(VALUE(all, DUPLICATES), 1);
	CHECK_EQ(VALUE(all, JITTER_MIN_US), 10000);
	CHECK_EQ(VALUE(all, JITTER_MAX_US), 40000);
	CHECK_EQ(VALUE(all, JITTER_MEAN_US), 20000);
	CHECK_EQ(VALUE(all, JITTER_DEV_US), 1000);
	CHECK_EQ(VALUE(all, TTL_MIN), 60);
	CHECK_EQ(VALUE(all, TTL_MAX), 64);
	CHECK_EQ(VALUE(all, TTL_MEAN), 62);
	CHECK_EQ(VALUE(all, TTL_DEV), 1);
	CHECK_EQ(value(all, sizeof(all), 0, ES_RM_JITTER_MEAN_US), NONE); /* of no known clock */
	CHECK_EQ(VALUE(none, LOST_PACKETS), NONE);
	CHECK_EQ(VALUE(none, DUPLICATES), NONE);
	CHECK_EQ(VALUE(none, JITTER_MIN_US), NONE);
	CHECK_EQ(VALUE(none, TTL_MIN), NONE); /* ToH 3 is reserved */
#undef NUMBERS
}

TEST(xr_delay_variation_is_in_sixteenths_of_a_millisecond)
{
	static const uint8_t xr[] =
	    XR(4, 15, 0xc4, 0x00, 0x28, 0x5f, 0x00, 0xff, 0xe0, 0x5f, 0x00, 0x7f, 0xff, 0, 0);
	static const uint8_t reserved[] =
	    XR(4, 15, 0xc8, 0x00, 0x28, 0x5f, 0x00, 0xff, 0xe0, 0x5f, 0x00, 0x00, 0x10, 0, 0);

	CHECK_EQ(VALUE(xr, PDV_TYPE), 1);
	CHECK_EQ(VALUE(xr, PDV_POS_US), 2500);
	CHECK_EQ(VALUE(xr, PDV_NEG_US), -2000);
	CHECK_EQ(VALUE(xr, PDV_MEAN_US), NONE);
	CHECK_EQ(VALUE(reserved, PDV_POS_US), NONE);
}

TEST(xr_delay_is_in_65536ths_of_a_second)
{
	static const uint8_t xr[] = XR(6, 16, 0x80, 0, 0, 0x80, 0, 0, 0, 0x40, 0, 0xff, 0xff, 0xff,
	    0xff, 0, 0, 0, 1, 0x40, 0, 0, 0);
	static const uint8_t unknown[] = XR(6, 16, 0x80, 0, 0, 0x80, 0, 0, 0, 0x40, 0, 0xff, 0xff,
	    0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

	CHECK_EQ(VALUE(xr, ROUND_TRIP_US), 500000);
	CHECK_EQ(VALUE(xr, ROUND_TRIP_MIN_US), 250000);
	CHECK_EQ(VALUE(xr, ROUND_TRIP_MAX_US), NONE);
	CHECK_EQ(VALUE(xr, END_SYSTEM_DELAY_US), 1250000);
	CHECK_EQ(VALUE(unknown, ROUND_TRIP_MAX_US), NONE);
	CHECK_EQ(VALUE(unknown, END_SYSTEM_DELAY_US), NONE);
}

TEST(xr_burst_summaries_are_shares_of_32768)
{
	static const uint8_t loss[] = XR(3, 17, 0x80, 0x40, 0, 0xff, 0xff, 0, 200, 0, 9);
	static const uint8_t discard[] = XR(2, 18, 0xc0, 0x20, 0, 0, 0);

	CHECK_EQ(VALUE(loss, BURST_DENSITY_PPM), 500000);
	CHECK_EQ(VALUE(loss, GAP_DENSITY_PPM), NONE);
	CHECK_EQ(VALUE(loss, BURST_LENGTH_US), 200000);
	CHECK_EQ(VALUE(discard, BURST_DISCARD_PPM), 250000);
	CHECK_EQ(VALUE(discard, GAP_DISCARD_PPM), 0);
}

TEST(xr_burst_loss_fields_share_bytes)
{
	/* Gmin 16, 3000 ms in bursts, 12 of 48 packets lost in them, 5 bursts. */
	static const uint8_t xr[] = XR(5, 20, 0xc0, 16, 0x00, 0x0b, 0xb8, 0, 0, 12, 0, 0, 48, 0x00,
	    0x5f, 0xff, 0xff, 0xff, 0xff);
	static const uint8_t unknown[] = XR(5, 20, 0xc0, 16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0,
	    0, 48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

	CHECK_EQ(VALUE(xr, GMIN), 16);
	CHECK_EQ(VALUE(xr, BURSTS), 5);
	CHECK_EQ(VALUE(xr, BURST_LENGTH_US), 600000);
	CHECK_EQ(VALUE(xr, BURST_LOST_PACKETS), 12);
	CHECK_EQ(VALUE(xr, BURST_DENSITY_PPM), 250000);
	CHECK_EQ(VALUE(unknown, BURSTS), NONE);
	CHECK_EQ(VALUE(unknown, BURST_LENGTH_US), NONE);
	CHECK_EQ(VALUE(unknown, BURST_LOST_PACKETS), NONE);
	CHECK_EQ(VALUE(unknown, BURST_DENSITY_PPM), NONE);
}

TEST(xr_burst_discard)
{
	static const uint8_t xr[] = XR(3, 21, 0x80, 16, 0, 0, 6, 0, 0, 24, 0);

	CHECK_EQ(VALUE(xr, GMIN), 16);
	CHECK_EQ(VALUE(xr, BURST_DISCARDED_PACKETS), 6);
	CHECK_EQ(VALUE(xr, BURST_DISCARD_PPM), 250000);
}

TEST(xr_jitter_buffer)
{
	static const uint8_t fixed[] = XR(3, 23, 0x40, 0, 60, 0, 90, 0xff, 0xff, 0xff, 0xfe);
	static const uint8_t adaptive[] = XR(3, 23, 0x60, 0, 60, 0, 90, 0, 200, 0, 20);

	CHECK_EQ(VALUE(fixed, JITTER_BUFFER_ADAPTIVE), 2);
	CHECK_EQ(VALUE(fixed, JITTER_BUFFER_NOMINAL_US), 60000);
	CHECK_EQ(VALUE(fixed, JITTER_BUFFER_MAX_US), 90000);
	CHECK_EQ(VALUE(fixed, JITTER_BUFFER_HIGH_US), NONE);
	CHECK_EQ(VALUE(fixed, JITTER_BUFFER_LOW_US), NONE);
	CHECK_EQ(VALUE(adaptive, JITTER_BUFFER_ADAPTIVE), 3);
	CHECK_EQ(VALUE(adaptive, JITTER_BUFFER_HIGH_US), 200000);
	CHECK_EQ(VALUE(adaptive, JITTER_BUFFER_LOW_US), 20000);
}

TEST(xr_discards_by_their_type)
{
	static const uint8_t copies[] = XR(2, 24, 0xc0, 0, 0, 0, 9);
	static const uint8_t early[] = XR(2, 24, 0xd0, 0, 0, 0, 9);
	static const uint8_t late[] = XR(2, 24, 0xe0, 0, 0, 0, 9);
	static const uint8_t both[] = XR(2, 24, 0xf0, 0, 0, 0, 9);
	static const uint8_t unknown[] = XR(2, 24, 0xf0, 0xff, 0xff, 0xff, 0xfe);
	static const uint8_t bytes[] = XR(2, 26, 0xc0, 0, 0, 1, 0);
	static const uint8_t early_bytes[] = XR(2, 26, 0xe0, 0, 0, 1, 0);

	CHECK_EQ(VALUE(copies, DUPLICATES), 9);
	CHECK_EQ(VALUE(copies, DISCARDED_PACKETS), NONE);
	CHECK_EQ(VALUE(early, DISCARDED_EARLY), 9);
	CHECK_EQ(VALUE(late, DISCARDED_LATE), 9);
	CHECK_EQ(VALUE(both, DISCARDED_PACKETS), 9);
	CHECK_EQ(VALUE(unknown, DISCARDED_PACKETS), NONE);
	CHECK_EQ(VALUE(bytes, DISCARDED_BYTES), 256);
	CHECK_EQ(VALUE(early_bytes, DISCARDED_EARLY_BYTES), 256);
	CHECK_EQ(VALUE(early_bytes, DISCARDED_BYTES), NONE);
}

TEST(xr_synchronisation)
{
	static const uint8_t first[] = XR(2, 27, 0, 0, 0, 0x80, 0);
	static const uint8_t first_unknown[] = XR(2, 27, 0, 0xff, 0xff, 0xff, 0xff);
	static const uint8_t ahead[] = XR(3, 28, 0x80, 0, 0, 0, 0, 0x40, 0, 0, 0);
	static const uint8_t behind[] = XR(3, 28, 0x80, 0xff, 0xff, 0xff, 0xff, 0xc0, 0, 0, 0);
	static const uint8_t unknown[] =
	    XR(3, 28, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	static const uint8_t absurd[] = XR(3, 28, 0x80, 0x80, 0, 0, 0, 0, 0, 0, 0);

	CHECK_EQ(VALUE(first, SYNC_DELAY_US), 500000);
	CHECK_EQ(VALUE(first_unknown, SYNC_DELAY_US), NONE);
	CHECK_EQ(VALUE(ahead, SYNC_OFFSET_US), 250000);
	CHECK_EQ(VALUE(behind, SYNC_OFFSET_US), -250000);
	CHECK_EQ(VALUE(unknown, SYNC_OFFSET_US), NONE);
	CHECK_EQ(VALUE(absurd, SYNC_OFFSET_US), NONE);
}

TEST(xr_mos_is_ten_times_the_score)
{
	/* 41.5 in 8:8 bits; then 6:7 bits, of several channels. */
	static const uint8_t one[] = XR(2, 29, 0xc0, 0x00, 0x80, 0x29, 0x80);
	static const uint8_t channels[] = XR(2, 29, 0xc0, 0x80, 0x88, 0x14, 0xc0);
	static const uint8_t second[] =
	    XR(3, 29, 0xc0, 0x00, 0x80, 0xff, 0xff, 0x00, 0x89, 0x2a, 0x00);
	static const uint8_t too_high[] = XR(2, 29, 0xc0, 0x00, 0x80, 0x32, 0x01);

	CHECK_EQ(VALUE(one, MOS_MILLI), 4150);
	CHECK_EQ(VALUE(one, PAYLOAD_TYPE), 0);
	CHECK_EQ(VALUE(channels, MOS_MILLI), 4150);
	CHECK_EQ(VALUE(channels, PAYLOAD_TYPE), 8);
	CHECK_EQ(VALUE(second, MOS_MILLI), 4200);
	CHECK_EQ(VALUE(second, PAYLOAD_TYPE), 9);
	CHECK_EQ(VALUE(too_high, MOS_MILLI), NONE);
}

TEST(xr_concealment)
{
	static const uint8_t time[] =
	    XR(6, 30, 0xc0, 0, 0, 0x27, 0x10, 0, 0, 1, 0xf4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	static const uint8_t seconds[] = XR(4, 31, 0xc0, 0, 0, 0, 50, 0, 0, 0, 4, 0, 2, 0, 50);
	static const uint8_t unknown[] =
	    XR(4, 31, 0xc0, 0, 0, 0, 50, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 50);

	CHECK_EQ(VALUE(time, CONCEALED_US), 500000);
	CHECK_EQ(VALUE(seconds, UNIMPAIRED_SECONDS), 50);
	CHECK_EQ(VALUE(seconds, CONCEALED_SECONDS), 4);
	CHECK_EQ(VALUE(seconds, SEVERELY_CONCEALED_SECONDS), 2);
	CHECK_EQ(VALUE(unknown, CONCEALED_SECONDS), NONE);
	CHECK_EQ(VALUE(unknown, SEVERELY_CONCEALED_SECONDS), NONE);
}

TEST(xr_post_repair_loss)
{
	static const uint8_t xr[] = XR(3, 33, 0, 0xff, 0xff, 0, 0, 0, 3, 0xff, 0xff);

	CHECK_EQ(VALUE(xr, FIRST_SEQ), 65535);
	CHECK_EQ(VALUE(xr, LAST_SEQ), 65535);
	CHECK_EQ(VALUE(xr, POST_REPAIR_LOST_PACKETS), 3);
	CHECK_EQ(VALUE(xr, REPAIRED_PACKETS), NONE);
}

/* Whoever sends the reserved span means something nobody knows yet. */
TEST(xr_reserved_span_says_nothing)
{
	static const uint8_t xr[] = XR(2, 24, 0x30, 0, 0, 0, 9);

	CHECK_EQ(VALUE(xr, DISCARDED_PACKETS), NONE);
}

/* Of every type: SSRC 7 and zeros, and types that name no stream. */
static const uint8_t many[] = { 0x80, 207, 0, 29, 0, 0, 0, 5, 1, 0, 0, 3, 0, 0, 0, 7, 0, 1, 0, 9,
	0x40, 8, 0, 0,                                               /* loss run lengths */
	2, 0, 0, 2, 0, 0, 0, 7, 0, 1, 0, 9,                          /* duplicates */
	3, 0, 0, 3, 0, 0, 0, 7, 0, 1, 0, 2, 0, 0, 0, 1,              /* receipt times */
	4, 0, 0, 2, 0xe0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0,           /* reference time */
	5, 0, 0, 6, 0, 0, 0, 9, 0x12, 0x34, 0x56, 0x78, 0, 1, 0, 0,  /* DLRR of two */
	0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 99, 1, 0, 1, 1, 2, 3, 4, /* unknown type */
	200, 0, 0, 0, 24, 0xc0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 1 };

TEST(xr_blocks_are_walked_to_their_end)
{
	static const uint8_t types[] = { 1, 2, 3, 4, 5, 99, 200, 24 };
	static const uint32_t subjects[] = { 7, 7, 7, 0, 0, 0, 0, 7 };
	struct es_reported_value v[ES_XR_VALUES_MAX];
	struct es_cur c = es_cur_of(GUARDED(many));
	struct es_xr_dlrr d;
	struct es_xr_block b;
	struct es_rtcp part;
	uint32_t middle;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	c = es_xr_begin(&part);
	for (unsigned i = 0; i < sizeof(types); i++) {
		CHECK_EQ(es_xr_next(&c, &b), 0);
		CHECK_EQ(b.type, types[i]);
		CHECK_EQ(b.subject_ssrc, subjects[i]);
		CHECK_EQ(es_xr_values(&b, 8000, v), types[i] == 24);
		if (types[i] == 4) {
			CHECK_EQ(es_xr_reference(&b, &middle), 0);
			CHECK_EQ(middle, 0x12345678);
		}
		if (types[i] != 5)
			continue;
		CHECK_EQ(es_xr_dlrr(&b, 0, &d), 0);
		CHECK_EQ(d.ssrc, 9);
		CHECK_EQ(d.lrr, 0x12345678);
		CHECK_EQ(d.dlrr_us, 1000000);
		CHECK_EQ(es_xr_dlrr(&b, 1, &d), 0);
		CHECK_EQ(d.lrr, 0);
		CHECK_EQ(es_xr_dlrr(&b, 2, &d), ES_ENOTFOUND);
	}
	CHECK_EQ(es_xr_next(&c, &b), ES_EEOF);
}

TEST(xr_block_longer_than_the_packet_or_too_short_for_its_type)
{
	static const uint8_t long_one[] = { 0x80, 207, 0, 3, 0, 0, 0, 5, 99, 0, 0, 2, 0, 0, 0, 7 };
	static const uint8_t short_one[] = { 0x80, 207, 0, 3, 0, 0, 0, 5, 7, 0, 0, 1, 0, 0, 0, 7 };
	static const uint8_t uneven[] = { 0x80, 207, 0, 3, 0, 0, 0, 5, 5, 0, 0, 1, 0, 0, 0, 7 };
	const uint8_t *bad[] = { long_one, short_one, uneven };

	for (unsigned i = 0; i < 3; i++) {
		struct es_cur c = es_cur_of(test_guarded(bad[i], 16));
		struct es_xr_block b;
		struct es_rtcp part;

		CHECK_EQ(es_rtcp_next(&c, &part), 0);
		c = es_xr_begin(&part);
		CHECK_EQ(es_xr_next(&c, &b), ES_EMALFORMED);
	}
}

TEST(xr_measurement_information)
{
	static const uint8_t xr[] = XR(7, 14, 0, 0, 0, 0, 100, 0, 1, 0, 0, 0, 1, 0, 255, 0, 5, 0, 0,
	    0, 0, 0, 60, 0x80, 0, 0, 0);
	struct es_cur c = es_cur_of(GUARDED(xr));
	struct es_xr_measurement m;
	struct es_xr_block b;
	struct es_rtcp part;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	c = es_xr_begin(&part);
	CHECK_EQ(es_xr_next(&c, &b), 0);
	CHECK_EQ(es_xr_measurement(&b, &m), 0);
	CHECK_EQ(m.subject_ssrc, 7);
	CHECK_EQ(m.first_seq, 100);
	CHECK_EQ(m.interval_first, 65536);
	CHECK_EQ(m.interval_last, 65791);
	CHECK_EQ(m.interval_us, 5000000);
	CHECK_EQ(m.cumulative_us, 60500000);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(bytes);
	struct es_rtcp part;

	(void)es_rtcp_check(bytes, wire_bytes);
	while (es_rtcp_next(&c, &part) == 0) {
		struct es_cur blocks = es_xr_begin(&part);
		struct es_xr_block b;

		check_within(part.body, bytes);
		while (es_xr_next(&blocks, &b) == 0) {
			struct es_reported_value v[ES_XR_VALUES_MAX];
			struct es_xr_measurement m;
			struct es_xr_dlrr d;
			uint32_t middle;

			check_within(b.body, part.body);
			(void)es_xr_values(&b, 8000, v);
			(void)es_xr_measurement(&b, &m);
			(void)es_xr_reference(&b, &middle);
			for (unsigned i = 0; es_xr_dlrr(&b, i, &d) == 0; i++)
				;
		}
	}
}

TEST(xr_sweep)
{
	sweep(voip, sizeof(voip), parse_all);
	sweep(many, sizeof(many), parse_all);
}
