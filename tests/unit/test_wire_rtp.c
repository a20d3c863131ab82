/* SPDX-License-Identifier: Apache-2.0 */
/* RTP headers, whole and cut. */
#include "probes/wire/rtp/rtp.h"
#include "sweep.h"

#define FIXED(b0, b1) (b0), (b1), 0x12, 0x34, 0, 0, 1, 0x40, 0xde, 0xad, 0xbe, 0xef

static struct es_rtp rtp;

static int
parse(es_slice pkt)
{
	return es_rtp_parse(pkt, (uint32_t)pkt.n, &rtp);
}

TEST(rtp_plain_header)
{
	static const uint8_t pkt[] = { FIXED(0x80, 0x88), 1, 2, 3 };

	CHECK_EQ(parse(GUARDED(pkt)), 0);
	CHECK_EQ(rtp.pt, 8);
	CHECK(rtp.marker);
	CHECK_EQ(rtp.seq, 0x1234);
	CHECK_EQ(rtp.ts, 320);
	CHECK_EQ(rtp.ssrc, 0xdeadbeef);
	CHECK_EQ(rtp.n_csrc, 0);
	CHECK(!rtp.has_padding && !rtp.has_extension && !rtp.is_cut);
	CHECK_EQ(rtp.payload.n, 3);
	CHECK_EQ(rtp.payload_bytes, 3);
	CHECK_EQ(parse(test_guarded(pkt, 12)), 0); /* a header alone is a packet */
	CHECK_EQ(rtp.payload_bytes, 0);
	CHECK_EQ(parse(test_guarded(pkt, 11)), ES_EMALFORMED);
}

TEST(rtp_plain_header_cut_behind_it)
{
	static const uint8_t pkt[] = { FIXED(0x80, 0x00) };

	CHECK_EQ(es_rtp_parse(GUARDED(pkt), 172, &rtp), 0);
	CHECK(rtp.is_cut);
	CHECK_EQ(rtp.payload.n, 0);
	CHECK_EQ(rtp.payload_bytes, 160);
}

TEST(rtp_other_versions_are_malformed)
{
	static const uint8_t v1[] = { FIXED(0x40, 0) }, v3[] = { FIXED(0xc0, 0) };

	CHECK_EQ(parse(GUARDED(v1)), ES_EMALFORMED);
	CHECK_EQ(parse(GUARDED(v3)), ES_EMALFORMED);
}

TEST(rtp_rejects_csrc_list_longer_than_packet)
{
	static const uint8_t pkt[12] = { 0x8f }; /* version 2, CC 15, nothing follows */
	static const uint8_t two[] = { FIXED(0x82, 0), 0, 0, 0, 1, 0, 0, 0, 2, 9 };

	CHECK_EQ(parse(GUARDED(pkt)), ES_EMALFORMED);
	CHECK_EQ(parse(GUARDED(two)), 0);
	CHECK_EQ(rtp.n_csrc, 2);
	CHECK_EQ(rtp.csrc.n, 8);
	CHECK_EQ(rtp.payload_bytes, 1);
	CHECK_EQ(es_rtp_parse(test_guarded(two, 19), 21, &rtp), ES_EMALFORMED);
}

TEST(rtp_extension_of_rfc8285)
{
	static const uint8_t pkt[] = { FIXED(0x90, 0), 0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0, 7, 7 };
	static const uint8_t empty[] = { FIXED(0x90, 0), 0x10, 0x00, 0, 0 };
	static const uint8_t beyond[] = { FIXED(0x90, 0), 0xbe, 0xde, 0, 2, 0, 0, 0, 0 };

	CHECK_EQ(parse(GUARDED(pkt)), 0);
	CHECK(rtp.has_extension);
	CHECK_EQ(rtp.extension_profile, 0xbede);
	CHECK_EQ(rtp.extension.n, 4);
	CHECK_EQ(rtp.payload_bytes, 2);
	CHECK_EQ(rtp.payload.n, 2);
	CHECK_EQ(parse(GUARDED(empty)), 0);
	CHECK_EQ(rtp.extension.n, 0);
	CHECK_EQ(rtp.payload_bytes, 0);
	CHECK_EQ(parse(GUARDED(beyond)), ES_EMALFORMED);
	CHECK_EQ(parse(test_guarded(pkt, 15)), ES_EMALFORMED);
}

TEST(rtp_extension_cut_by_the_capture)
{
	static const uint8_t pkt[] = { FIXED(0x90, 0), 0xbe, 0xde, 0, 1, 0x10, 0xaa };

	CHECK_EQ(es_rtp_parse(GUARDED(pkt), 180, &rtp), 0); /* inside the extension */
	CHECK(rtp.is_cut);
	CHECK_EQ(rtp.extension.n, 2);
	CHECK_EQ(rtp.payload_bytes, 160);
	CHECK_EQ(rtp.payload.n, 0);
	CHECK_EQ(es_rtp_parse(test_guarded(pkt, 12), 180, &rtp), 0); /* before it */
	CHECK(rtp.is_cut);
	CHECK_EQ(rtp.payload_bytes, 168);                              /* its length is not known */
	CHECK_EQ(es_rtp_parse(GUARDED(pkt), 19, &rtp), ES_EMALFORMED); /* longer than was sent */
}

TEST(rtp_padding_is_counted_by_its_last_byte)
{
	static const uint8_t pkt[] = { FIXED(0xa0, 0), 5, 5, 0, 0, 3 };
	static const uint8_t all[] = { FIXED(0xa0, 0), 0, 2 };

	CHECK_EQ(parse(GUARDED(pkt)), 0);
	CHECK(rtp.has_padding);
	CHECK_EQ(rtp.payload.n, 2);
	CHECK_EQ(rtp.payload_bytes, 2);
	CHECK_EQ(parse(GUARDED(all)), 0);
	CHECK_EQ(rtp.payload_bytes, 0);
	CHECK_EQ(es_rtp_parse(test_guarded(pkt, 14), 17, &rtp), 0); /* the count is cut off */
	CHECK(rtp.has_padding && rtp.is_cut);
	CHECK_EQ(rtp.payload_bytes, 5);
}

TEST(rtp_padding_that_cannot_be_stays_in_the_payload)
{
	static const uint8_t zero[] = { FIXED(0xa0, 0), 5, 5, 0 };
	static const uint8_t more[] = { FIXED(0xa0, 0), 5, 5, 4 };
	static const uint8_t none[] = { FIXED(0xa0, 0) };

	CHECK_EQ(parse(GUARDED(zero)), 0);
	CHECK_EQ(rtp.payload_bytes, 3);
	CHECK_EQ(parse(GUARDED(more)), 0);
	CHECK_EQ(rtp.payload_bytes, 3);
	CHECK_EQ(parse(GUARDED(none)), 0);
	CHECK_EQ(rtp.payload_bytes, 0);
}

TEST(rtp_short_and_long_path_agree)
{
	static const uint8_t pkt[] = { FIXED(0x80, 0xe5), 1, 2, 3, 4 };
	struct es_rtp a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	CHECK_EQ(es_rtp_parse(GUARDED(pkt), 99, &a), 0);
	CHECK_EQ(es_rtp_parse_long(GUARDED(pkt), 99, &b), 0);
	CHECK(a.ssrc == b.ssrc && a.ts == b.ts && a.seq == b.seq && a.pt == b.pt);
	CHECK(a.marker == b.marker && a.is_cut == b.is_cut);
	CHECK(a.payload.n == b.payload.n && a.payload_bytes == b.payload_bytes);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_rtp r;

	if (es_rtp_parse(bytes, wire_bytes, &r) != 0)
		return;
	if (r.payload_bytes > wire_bytes || r.payload.n > r.payload_bytes ||
	    r.extension.n + r.csrc.n + r.payload.n > bytes.n)
		test_fail(__FILE__, __LINE__, "parts longer than the whole");
}

TEST(rtp_sweep)
{
	static const uint8_t pkt[] = { FIXED(0xb2, 0x60), 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1,
		0x10, 0xaa, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 4 };

	sweep(pkt, sizeof(pkt), parse_all);
}

TEST(rtp_packet_is_the_whole_packet_again)
{
	static const uint8_t csrc_extension_padding[] = { 0xb2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1,
		1, 1, 1, 2, 2, 2, 2, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 9, 9, 0, 2 };
	static const uint8_t extension[] = { 0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0,
		0, 9 };
	static const uint8_t plain[] = { 0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3 };
	const es_slice packets[] = { es_slice_of(csrc_extension_padding, 32),
		es_slice_of(extension, 17), es_slice_of(plain, 12) };

	for (unsigned i = 0; i < 3; i++) {
		struct es_rtp r;
		es_slice again;

		CHECK_EQ(es_rtp_parse(packets[i], (uint32_t)packets[i].n, &r), 0);
		again = es_rtp_packet(&r, (uint32_t)packets[i].n);
		CHECK(again.p == packets[i].p);
		CHECK_EQ(again.n, packets[i].n);
	}
}
