/* SPDX-License-Identifier: Apache-2.0 */
/* HEP 1, 2 and 3. */
#include "hep_samples.h"
#include "probes/wire/other/hep.h"
#include "sweep.h"

#define SIP "OPTIONS sip:b SIP/2.0\r\n\r\n"

static struct es_hep h;

static struct hep_sample
sample(void)
{
	struct hep_sample s;

	hep_begin(&s, 1, 5060, 2, 5080, 1700000000, 250000, ES_HEP_SIP);
	hep_chunk(&s, 17, "abc", 3);
	hep_chunk(&s, 15, SIP, strlen(SIP));
	return s;
}

static int
parse(const struct hep_sample *s)
{
	return es_hep_parse(test_guarded(s->bytes, s->n), (uint32_t)s->n, &h);
}

static struct es_addr
addr(uint8_t host, uint16_t port)
{
	return (struct es_addr){ .family = 4, .port = port, .ip = { 10, 0, 0, host } };
}

TEST(hep3_says_who_what_and_when)
{
	struct hep_sample s = sample();
	struct es_addr src = addr(1, 5060), dst = addr(2, 5080);

	CHECK_EQ(parse(&s), 0);
	CHECK(es_addr_eq(&h.src, &src));
	CHECK(es_addr_eq(&h.dst, &dst));
	CHECK_EQ(h.type, ES_HEP_SIP);
	CHECK(h.has_time);
	CHECK_EQ(h.time.ns, INT64_C(1700000000250000000));
	CHECK(es_slice_eq(h.payload, es_slice_str(SIP)));
	CHECK_EQ(h.payload_wire_bytes, strlen(SIP));
	CHECK(!h.is_compressed);
}

TEST(hep3_of_ipv6)
{
	struct hep_sample s = { .bytes = "HEP3\0\6", .n = 6 };
	uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };

	hep_chunk(&s, 5, ip, 16);
	hep_chunk(&s, 6, ip, 16);
	hep_number(&s, 11, 4, 1);
	CHECK_EQ(parse(&s), 0);
	CHECK_EQ(h.src.family, 6);
	CHECK(memcmp(h.dst.ip, ip, 16) == 0);
	CHECK_EQ(h.type, ES_HEP_RTP);
	CHECK(!h.has_time);
	CHECK_EQ(h.payload.n, 0);
}

TEST(hep3_compressed_payload_is_reported)
{
	struct hep_sample s;

	hep_begin(&s, 1, 1, 2, 2, 5, 5, ES_HEP_SIP);
	hep_chunk(&s, 16, "\x1f\x8b", 2);
	CHECK_EQ(parse(&s), 0);
	CHECK(h.is_compressed);
}

TEST(hep3_chunks_of_a_vendor_are_passed_over)
{
	struct hep_sample s = sample();
	size_t at = s.n;

	hep_number(&s, 3, 0x7f000001, 4);
	s.bytes[at + 1] = 9;
	CHECK_EQ(parse(&s), 0);
	CHECK_EQ(h.src.ip[0], 10);
}

TEST(hep3_with_lengths_that_do_not_fit_is_refused)
{
	struct hep_sample s = sample();

	s.bytes[5]++; /* longer than the datagram */
	CHECK_EQ(parse(&s), ES_EMALFORMED);
	s = sample();
	s.bytes[11] = 5; /* a chunk shorter than its head */
	CHECK_EQ(parse(&s), ES_EMALFORMED);
	s = sample();
	s.bytes[10] = 1; /* a chunk longer than the packet */
	CHECK_EQ(parse(&s), ES_EMALFORMED);
	s = sample();
	s.bytes[5] -= 3; /* ends inside its last chunk */
	CHECK_EQ(parse(&s), ES_EMALFORMED);
}

TEST(hep3_without_addresses_of_one_family_is_refused)
{
	struct hep_sample s = { .bytes = "HEP3\0\6", .n = 6 };

	hep_number(&s, 3, 1, 4);
	CHECK_EQ(parse(&s), ES_EMALFORMED);
	hep_chunk(&s, 6, "0123456789abcdef", 16);
	CHECK_EQ(parse(&s), ES_EMALFORMED);
}

TEST(hep3_cut_by_the_capture_gives_what_is_there)
{
	struct hep_sample s = sample();

	CHECK_EQ(es_hep_parse(test_guarded(s.bytes, s.n - 5), (uint32_t)s.n, &h), 0);
	CHECK_EQ(h.payload.n, strlen(SIP) - 5);
	CHECK_EQ(h.payload_wire_bytes, strlen(SIP));
}

TEST(hep3_length_in_a_stream)
{
	struct hep_sample s = sample();
	uint32_t n;

	for (size_t i = 0; i < 6; i++)
		CHECK_EQ(es_hep_length(test_guarded(s.bytes, i), &n), ES_ESHORT);
	CHECK_EQ(es_hep_length(test_guarded(s.bytes, 6), &n), 0);
	CHECK_EQ(n, s.n);
	CHECK_EQ(es_hep_length(test_guarded("HEPx", 4), &n), ES_EMALFORMED);
	CHECK_EQ(es_hep_length(test_guarded("HEP3\0\5", 6), &n), ES_EMALFORMED);
	CHECK(es_hep_is(test_guarded(s.bytes, s.n), (uint32_t)s.n));
	CHECK(!es_hep_is(test_guarded(s.bytes, s.n), (uint32_t)s.n - 1));
}

static const char hep1[] = "\1\x10\2\x11\x13\xc4\x13\xd8\xa\0\0\1\xa\0\0\2" SIP;
static const char hep2[] = "\2\x1c\2\x11\x13\xc4\x13\xd8\xa\0\0\1\xa\0\0\2"
			   "\x05\0\0\0\x07\0\0\0\xd1\7\0\0" SIP;

TEST(hep1_and_hep2_of_sip)
{
	struct es_addr src = addr(1, 5060), dst = addr(2, 5080);

	CHECK_EQ(es_hep_parse(test_guarded(hep1, sizeof(hep1) - 1), sizeof(hep1) - 1, &h), 0);
	CHECK(es_addr_eq(&h.src, &src) && es_addr_eq(&h.dst, &dst));
	CHECK_EQ(h.type, ES_HEP_SIP);
	CHECK(!h.has_time);
	CHECK(es_slice_eq(h.payload, es_slice_str(SIP)));
	CHECK_EQ(es_hep_parse(test_guarded(hep2, sizeof(hep2) - 1), sizeof(hep2) - 1, &h), 0);
	CHECK_EQ(h.time.ns, INT64_C(5000007000));
	CHECK(es_slice_eq(h.payload, es_slice_str(SIP)));
}

TEST(hep1_is_believed_with_sip_only)
{
	static const char other[] = "\1\x10\2\x11\x13\xc4\x13\xd8\xa\0\0\1\xa\0\0\2rubbish";

	CHECK_EQ(es_hep_parse(test_guarded(other, sizeof(other) - 1), sizeof(other) - 1, &h),
	    ES_EMALFORMED);
}

static void
parse_any(es_slice bytes, uint32_t wire_bytes)
{
	uint32_t n;

	if (es_hep_parse(bytes, wire_bytes, &h) == 0) {
		CHECK(h.payload.n <= h.payload_wire_bytes || bytes.n < wire_bytes);
		CHECK(h.src.family == h.dst.family);
	}
	(void)es_hep_length(bytes, &n);
	(void)es_hep_is(bytes, wire_bytes);
}

TEST(hep_survives_every_small_damage)
{
	struct hep_sample s = sample();

	sweep(s.bytes, s.n, parse_any);
	sweep(hep1, sizeof(hep1) - 1, parse_any);
	sweep(hep2, sizeof(hep2) - 1, parse_any);
}

TEST(hep_beginnings_are_found_up_to_the_last_byte)
{
	CHECK_EQ(es_hep_find(es_slice_str("HEP2HHEP3xx"), 0), 5);
	CHECK_EQ(es_hep_find(es_slice_str("HEP3xHEP"), 1), 5);
	CHECK_EQ(es_hep_find(es_slice_str("HEP3xHE?"), 1), 8);
	CHECK_EQ(es_hep_find(es_slice_str("H"), 1), 1);
}
