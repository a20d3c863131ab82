/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds. */
#include "probes/base/seq.h"
#include "probes/wire/rtp/rtcp.h"
#include "sweep.h"

#define REPORT                                                                                    \
	0xca, 0xfe, 0xba, 0xbe, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 10, 0, 0, 0, 80, 0xb7, 0x05, 0x20, \
	    0, 0, 5, 0x40, 0

/* SR with one report block, SDES with a CNAME, BYE of two sources. */
static const uint8_t compound[] = { 0x81, 200, 0, 12, 0xde, 0xad, 0xbe, 0xef, 0x83, 0xaa, 0x7e,
	0x80, 0x80, 0, 0, 0, 0, 0, 1, 0x40, 0, 0, 0, 100, 0, 0, 0x3e, 0x80, REPORT, 0x81, 202, 0, 2,
	0xde, 0xad, 0xbe, 0xef, 1, 1, 'x', 0, 0x82, 203, 0, 2, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 7 };

static int
check(es_slice pkt)
{
	return es_rtcp_check(pkt, (uint32_t)pkt.n);
}

TEST(rtcp_compound_is_walked_to_its_end)
{
	struct es_cur c = es_cur_of(GUARDED(compound));
	struct es_rtcp part;

	CHECK_EQ(check(GUARDED(compound)), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(part.type, ES_RTCP_SR);
	CHECK_EQ(part.count, 1);
	CHECK_EQ(part.ssrc, 0xdeadbeef);
	CHECK_EQ(part.body.n, 48);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(part.type, ES_RTCP_SDES);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(part.type, ES_RTCP_BYE);
	CHECK_EQ(part.count, 2);
	CHECK_EQ(es_rtcp_next(&c, &part), ES_EEOF);
}

/* Up to three zero bytes behind the last word, as X-Lite sends them; also behind padding. */
TEST(rtcp_with_a_zero_tail_is_whole)
{
	static const uint8_t padded[] = { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0 };
	uint8_t tailed[sizeof(compound) + 4] = { 0 };
	struct es_cur c;
	struct es_rtcp part;
	unsigned n = 0;

	memcpy(tailed, compound, sizeof(compound));
	for (size_t tail = 1; tail < 4; tail++)
		CHECK_EQ(check(es_slice_of(tailed, sizeof(compound) + tail)), 0);
	CHECK_EQ(check(es_slice_of(tailed, sizeof(tailed))), ES_EMALFORMED);
	for (c = es_cur_of(es_slice_of(tailed, sizeof(compound) + 3));
	     es_rtcp_next(&c, &part) == 0;)
		n++;
	CHECK_EQ(n, 3);
	CHECK_EQ(check(GUARDED(padded)), 0);
	tailed[sizeof(compound)] = 1;
	CHECK_EQ(check(es_slice_of(tailed, sizeof(compound) + 1)), ES_EMALFORMED);
	/* The tail hides nothing that is missing. */
	CHECK_EQ(check(es_slice_of(compound, sizeof(compound) - 1)), ES_EMALFORMED);
	CHECK_EQ(check(es_slice_of(compound, sizeof(compound) - 3)), ES_EMALFORMED);
}

/* RFC 5506: one packet of feedback alone; types that nobody defined yet. */
TEST(rtcp_of_reduced_size_and_of_unknown_types_is_whole)
{
	static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0 };
	static const uint8_t unknown[] = { 0x80, 201, 0, 1, 0, 0, 0, 1, 0x9f, 222, 0, 1, 1, 2, 3,
		4 };

	CHECK_EQ(check(GUARDED(pli)), 0);
	CHECK_EQ(check(GUARDED(unknown)), 0);
}

TEST(rtcp_sender_information_in_si_units)
{
	struct es_cur c = es_cur_of(GUARDED(compound));
	struct es_rtcp_sender s;
	struct es_rtcp part;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_sender(&part, &s), 0);
	CHECK_EQ(s.ntp_middle, 0x7e808000);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_sender(&part, &s), ES_EINVALID);
}

TEST(rtcp_report_block)
{
	struct es_cur c = es_cur_of(GUARDED(compound));
	struct es_rtcp_report r;
	struct es_rtcp part;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_report(&part, 0, &r), 0);
	CHECK_EQ(r.subject_ssrc, 0xcafebabe);
	CHECK_EQ(r.fraction_lost_ppm, 250000);
	CHECK_EQ(r.cumulative_lost, -2); /* duplicates make it negative */
	CHECK_EQ(r.highest_seq, 65546);
	CHECK_EQ(r.jitter_ts, 80);
	CHECK_EQ(r.lsr, 0xb7052000);
	CHECK_EQ(r.dlsr_us, 5250000);
	CHECK_EQ(es_rtcp_report(&part, 1, &r), ES_ENOTFOUND);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_report(&part, 0, &r), ES_EINVALID);
}

TEST(rtcp_receiver_report_and_a_lying_count)
{
	static const uint8_t rr[] = { 0x82, 201, 0, 7, 0, 0, 0, 5, REPORT };
	struct es_cur c = es_cur_of(GUARDED(rr));
	struct es_rtcp_report r;
	struct es_rtcp part;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_report(&part, 0, &r), 0);
	CHECK_EQ(r.subject_ssrc, 0xcafebabe);
	CHECK_EQ(es_rtcp_report(&part, 1, &r), ES_EMALFORMED);
}

/* The checks of RFC 3550 appendix A.2, one broken at a time. */
TEST(rtcp_check_is_that_of_appendix_a2)
{
	uint8_t pkt[sizeof(compound)];

	memcpy(pkt, compound, sizeof(pkt));
	pkt[0] = 0x41; /* version 1 */
	CHECK_EQ(check(GUARDED(pkt)), ES_EMALFORMED);
	memcpy(pkt, compound, sizeof(pkt));
	pkt[0] = 0xa1; /* padding on another than the last */
	CHECK_EQ(check(GUARDED(pkt)), ES_EMALFORMED);
	memcpy(pkt, compound, sizeof(pkt));
	pkt[1] = 96; /* not a type of RTCP */
	CHECK_EQ(check(GUARDED(pkt)), ES_EMALFORMED);
	memcpy(pkt, compound, sizeof(pkt));
	pkt[52] = 0x01; /* version 0 in the second */
	CHECK_EQ(check(GUARDED(pkt)), ES_EMALFORMED);
	memcpy(pkt, compound, sizeof(pkt));
	pkt[3]++; /* lengths that do not add up */
	CHECK_EQ(check(GUARDED(pkt)), ES_EMALFORMED);
	CHECK_EQ(check(test_guarded(compound, sizeof(compound) - 4)), ES_EMALFORMED);
	CHECK_EQ(check(test_guarded(compound, 4)), ES_EMALFORMED);
}

TEST(rtcp_padding_on_the_last_packet)
{
	static const uint8_t good[] = { 0x80, 201, 0, 1, 0, 0, 0, 5, 0xa1, 203, 0, 2, 0, 0, 0, 5, 0,
		0, 0, 4 };
	uint8_t bad[sizeof(good)];
	struct es_cur c = es_cur_of(GUARDED(good));
	struct es_rtcp part;

	CHECK_EQ(check(GUARDED(good)), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(part.body.n, 4);
	memcpy(bad, good, sizeof(bad));
	bad[19] = 9; /* more padding than packet */
	c = es_cur_of(GUARDED(bad));
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), ES_EMALFORMED);
}

TEST(rtcp_reduced_size_and_extended_reports_pass)
{
	static const uint8_t nack[] = { 0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0, 0 };
	static const uint8_t xr[] = { 0x80, 201, 0, 1, 0, 0, 0, 5, 0x80, 207, 0, 1, 0, 0, 0, 5 };
	struct es_cur c = es_cur_of(GUARDED(nack));
	struct es_rtcp part;

	CHECK_EQ(check(GUARDED(nack)), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(part.type, ES_RTCP_RTPFB);
	CHECK_EQ(part.ssrc, 1);
	CHECK_EQ(check(GUARDED(xr)), 0);
}

TEST(rtcp_cut_by_the_capture_is_checked_as_far_as_it_goes)
{
	struct es_cur c = es_cur_of(test_guarded(compound, 40));
	struct es_rtcp_sender s;
	struct es_rtcp_report r;
	struct es_rtcp part;

	CHECK_EQ(es_rtcp_check(test_guarded(compound, 40), sizeof(compound)), 0);
	CHECK_EQ(es_rtcp_check(test_guarded(compound, 54), sizeof(compound)), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_sender(&part, &s), 0); /* is all there */
	CHECK_EQ(es_rtcp_report(&part, 0, &r), ES_EMALFORMED);
	CHECK_EQ(es_rtcp_next(&c, &part), ES_EEOF);
	c = es_cur_of(test_guarded(compound, 54));
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), ES_ECUT);
}

TEST(rtcp_sender_without_a_clock)
{
	static const uint8_t sr[28] = { 0x80, 200, 0, 6 };
	struct es_cur c = es_cur_of(GUARDED(sr));
	struct es_rtcp_sender s;
	struct es_rtcp part;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_sender(&part, &s), 0);
	CHECK_EQ(s.ntp_middle, 0);
}

TEST(rtcp_bye_names_its_sources)
{
	struct es_cur c = es_cur_of(GUARDED(compound));
	struct es_rtcp part;
	uint32_t ssrc;

	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_bye(&part, 0, &ssrc), ES_EINVALID);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_next(&c, &part), 0);
	CHECK_EQ(es_rtcp_bye(&part, 0, &ssrc), 0);
	CHECK_EQ(ssrc, 0xdeadbeef);
	CHECK_EQ(es_rtcp_bye(&part, 1, &ssrc), 0);
	CHECK_EQ(ssrc, 7);
	CHECK_EQ(es_rtcp_bye(&part, 2, &ssrc), ES_ENOTFOUND);
	part.count = 3;
	CHECK_EQ(es_rtcp_bye(&part, 2, &ssrc), ES_EMALFORMED);
}

static int
inside(const uint8_t *pkt, size_t n)
{
	struct es_cur c = es_cur_of(test_guarded(pkt, n));
	struct es_rtcp part;
	int err = es_rtcp_next(&c, &part);

	return err == 0 ? es_rtcp_inside(&part) : err;
}

/* Two chunks, the first with two items and padded; a BYE with a reason; APP and feedback. */
TEST(rtcp_inside_of_each_type_is_bounded)
{
	static const uint8_t sdes[] = { 0x82, 202, 0, 6, 0, 0, 0, 1, 1, 3, 'a', '@', 'b', 2, 1, 'x',
		0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0 };
	static const uint8_t long_item[] = { 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 'a', 0 };
	static const uint8_t no_end[] = { 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'a', 'b' };
	static const uint8_t missing_chunk[] = { 0x82, 202, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0 };
	static const uint8_t bye[] = { 0x81, 203, 0, 2, 0, 0, 0, 1, 3, 'e', 'n', 'd' };
	static const uint8_t long_reason[] = { 0x81, 203, 0, 2, 0, 0, 0, 1, 4, 'e', 'n', 'd' };
	static const uint8_t app[] = { 0x80, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e' };
	static const uint8_t nameless[] = { 0x80, 204, 0, 1, 0, 0, 0, 1 };
	static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 };

	CHECK_EQ(inside(sdes, sizeof(sdes)), 0);
	CHECK_EQ(inside(long_item, sizeof(long_item)), ES_EMALFORMED);
	CHECK_EQ(inside(no_end, sizeof(no_end)), ES_EMALFORMED);
	CHECK_EQ(inside(missing_chunk, sizeof(missing_chunk)), ES_EMALFORMED);
	CHECK_EQ(inside(bye, sizeof(bye)), 0);
	CHECK_EQ(inside(long_reason, sizeof(long_reason)), ES_EMALFORMED);
	CHECK_EQ(inside(app, sizeof(app)), 0);
	CHECK_EQ(inside(nameless, sizeof(nameless)), ES_EMALFORMED);
	CHECK_EQ(inside(pli, sizeof(pli)), 0);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(bytes);
	struct es_rtcp_sender s;
	struct es_rtcp_report r;
	struct es_rtcp part;
	int n = 0, err;

	(void)es_rtcp_check(bytes, wire_bytes);
	while ((err = es_rtcp_next(&c, &part)) == 0) {
		if (part.body.n > bytes.n || n++ > 100)
			test_fail(__FILE__, __LINE__, "a part longer than the whole, or no end");
		(void)es_rtcp_sender(&part, &s);
		(void)es_rtcp_inside(&part);
		(void)es_rtcp_bye(&part, 31, &r.lsr);
		for (unsigned i = 0; i < 32; i++)
			(void)es_rtcp_report(&part, i, &r);
	}
	if (err == ES_EEOF && es_cur_left(&c) != 0)
		test_fail(__FILE__, __LINE__, "an end before the end");
}

TEST(rtcp_sweep)
{
	sweep(compound, sizeof(compound), parse_all);
}
