/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files made byte by byte: what is read back, and what is said of damaged ones. */
#include "tests/unit/harness.h"
#include "tests/unit/made_capture.h"

#include <zlib.h>

static char error[ES_CAPTURE_ERROR_MAX]; /* of the file refused last */

static int
open_bytes(const void *bytes, size_t n, struct es_capture **out)
{
	return open_made(bytes, n, out, error);
}

static struct es_capture *
opened(const struct made *m)
{
	struct es_capture *c = NULL;

	return open_bytes(m->b, m->n, &c) == 0 ? c : NULL;
}

/* Reads to the end; returns the number of packets and the last code. */
static int
read_out(struct es_capture *c, int *last)
{
	struct es_packet p;
	int n = 0, rc;

	while ((rc = es_capture_next(c, &p)) == 0) {
		volatile uint8_t sum = 0;
		uint32_t i;

		for (i = 0; i < p.cap_bytes; i++) /* each byte lent out can be read */
			sum = (uint8_t)(sum + p.data[i]);
		n++;
	}
	*last = rc;
	return n;
}

static void
check_two_packets(const struct made *m, int64_t first_ns)
{
	struct es_capture *c = opened(m);
	struct es_packet p;

	CHECK(c != NULL);
	CHECK_EQ(es_capture_fd(c), -1);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(p.ts.ns, first_ns);
	CHECK_SLICE(es_slice_of(p.data, p.cap_bytes), "first");
	CHECK_EQ(p.wire_bytes, 105);
	CHECK_EQ(p.link, 1);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(p.ts.ns, 2000000001 * ES_NS_PER_S);
	CHECK_SLICE(es_slice_of(p.data, p.cap_bytes), "the second");
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	es_capture_free(c);
}

TEST(capture_pcap_of_both_byte_orders_and_precisions)
{
	int i;

	for (i = 0; i < 4; i++) {
		struct made m = { .big = i & 1 };
		bool nano = i & 2;

		pcap_begin(&m, nano ? 0xa1b23c4d : 0xa1b2c3d4);
		pcap_packet(&m, 2000000000, nano ? 123456789 : 123456, "first");
		pcap_packet(&m, 2000000001, 0, "the second");
		check_two_packets(&m, 2000000000 * ES_NS_PER_S + (nano ? 123456789 : 123456000));
	}
}

TEST(capture_pcap_of_kuznetzov_has_longer_packet_headers)
{
	struct made m = { 0 };
	struct es_capture *c;
	struct es_packet p;

	pcap_begin(&m, 0xa1b2cd34);
	put(&m, 1, 4);
	put(&m, 2, 4);
	put(&m, 5, 4);
	put(&m, 5, 4);
	put(&m, 7, 8); /* interface index, protocol, packet type, padding */
	put_bytes(&m, "hello", 5);
	c = opened(&m);
	CHECK(c != NULL);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_SLICE(es_slice_of(p.data, p.cap_bytes), "hello");
	es_capture_free(c);
}

TEST(capture_pcapng_of_both_byte_orders)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct made m = { .big = i };

		ng_section(&m);
		ng_interface(&m, 1, 0, 0);
		ng_packet(&m, 0, 2000000000123456, "first", 0);
		ng_packet(&m, 0, 2000000001000000, "the second", 0);
		check_two_packets(&m, 2000000000 * ES_NS_PER_S + 123456000);
	}
}

TEST(capture_pcapng_time_resolutions_and_offsets)
{
	static const struct {
		uint8_t tsresol;
		int64_t offset_s;
		uint64_t ticks;
		int64_t ns;
	} t[] = {
		{ 9, 0, 1234567890123456789, 1234567890123456789 },
		{ 3, 0, 1234567890123, 1234567890123000000 },
		{ 12, 0, 5000000001999, 5000000001 },
		{ 0x80 | 10, 0, 1024 * 7 + 512, 7500000000 },
		{ 0x80 | 32, 0, UINT64_C(3) << 32 | UINT64_C(1) << 31, 3500000000 },
		{ 0x80 | 63, 0, UINT64_C(1) << 63, 1000000000 },
		{ 0x80 | 127, 0, UINT64_MAX, 0 },
		{ 127, 0, UINT64_MAX, 0 },
		{ 6, 1000, 5, 1000000005000 },
		{ 6, -1000, 5, -999999995000 },
		{ 6, INT64_MIN, 5, INT64_MIN },
		{ 6, INT64_MAX, 5, INT64_MAX },
		{ 1, 0, UINT64_MAX, INT64_MAX },
		{ 0x80, 0, UINT64_MAX, INT64_MAX },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct made m = { .big = i & 1 };
		struct es_capture *c;
		struct es_packet p;

		ng_section(&m);
		ng_interface(&m, 1, t[i].tsresol, t[i].offset_s);
		ng_packet(&m, 0, t[i].ticks, "x", 0);
		c = opened(&m);
		CHECK(c != NULL);
		CHECK_EQ(es_capture_next(c, &p), 0);
		CHECK_EQ(p.ts.ns, t[i].ns);
		es_capture_free(c);
	}
}

TEST(capture_pcapng_interfaces_have_their_own_link_type)
{
	struct made m = { 0 };
	struct es_capture *c;
	struct es_packet p;

	ng_section(&m);
	ng_interface(&m, 1, 0, 0);
	ng_interface(&m, 113, 9, 0);
	ng_packet(&m, 1, 5000, "cooked", 0);
	ng_packet(&m, 0, 6, "ether", 0);
	m.big = true; /* a second section, of another machine */
	ng_section(&m);
	ng_interface(&m, 276, 0, 0);
	ng_packet(&m, 0, 7, "other", 0);
	c = opened(&m);
	CHECK(c != NULL);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(p.link, 113);
	CHECK_EQ(p.iface, 1);
	CHECK_EQ(p.ts.ns, 5000);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(p.link, 1);
	CHECK_EQ(p.iface, 0);
	CHECK_EQ(p.ts.ns, 6000);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(p.link, 276);
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	es_capture_free(c);
}

TEST(capture_pcapng_reports_drops_once)
{
	struct made m = { 0 };
	struct es_capture_drops d;
	struct es_capture *c;
	struct es_packet p;
	es_time now = { 0 };

	ng_section(&m);
	ng_interface(&m, 1, 0, 0);
	ng_packet(&m, 0, 10, "a", 0);
	ng_packet(&m, 0, 20, "b", 3);
	ng_statistics(&m, 30, 5);
	c = opened(&m);
	CHECK(c != NULL);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK(!es_capture_drops(c, now, &d));
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK(es_capture_drops(c, now, &d));
	CHECK_EQ(d.n, 3);
	CHECK_EQ(d.from.ns, 10000);
	CHECK_EQ(d.to.ns, 20000);
	CHECK(!es_capture_drops(c, now, &d));
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	CHECK(es_capture_drops(c, now, &d));
	CHECK_EQ(d.n, 2); /* 5 in all, 3 were reported */
	CHECK_EQ(d.to.ns, 30000);
	es_capture_free(c);
}

TEST(capture_pcapng_packets_without_time_are_counted_not_invented)
{
	struct made m = { 0 };
	struct es_capture *c;
	struct es_packet p;

	ng_section(&m);
	ng_interface(&m, 1, 0, 0);
	put(&m, 3, 4);
	put(&m, 20, 4);
	put(&m, 4, 4);
	put_bytes(&m, "time", 4);
	put(&m, 20, 4);
	ng_packet(&m, 0, 10, "timed", 0);
	c = opened(&m);
	CHECK(c != NULL);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_SLICE(es_slice_of(p.data, p.cap_bytes), "timed");
	CHECK_EQ(es_capture_next(c, &p), ES_EUNSUPPORTED);
	CHECK(strstr(es_capture_error(c), "1 packets carry no time") != NULL);
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	es_capture_free(c);
}

TEST(capture_pcapng_skips_blocks_it_does_not_know)
{
	struct made m = { 0 };
	struct es_capture *c;
	int last;

	ng_section(&m);
	put(&m, 0xbad, 4);
	put(&m, 16, 4);
	put(&m, 0, 4);
	put(&m, 16, 4);
	ng_interface(&m, 1, 0, 0);
	ng_packet(&m, 0, 10, "x", 0);
	c = opened(&m);
	CHECK(c != NULL);
	CHECK_EQ(read_out(c, &last), 1);
	CHECK_EQ(last, ES_EEOF);
	es_capture_free(c);
}

TEST(capture_of_another_kind_is_named)
{
	struct es_capture *c;

	CHECK_EQ(open_bytes("{\"a\":1}", 7, &c), ES_EMALFORMED);
	CHECK(strstr(error, "not a capture: begins with 7b 22 61 22 (\"{\"a\"\"), expected pcap or "
			    "pcapng") != NULL);
	CHECK_EQ(open_bytes("", 0, &c), ES_EMALFORMED);
	CHECK(strstr(error, "not a capture: empty") != NULL);
	CHECK_EQ(open_bytes("\xd4", 1, &c), ES_EMALFORMED);
	CHECK(strstr(error, "begins with d4 ") != NULL);
	CHECK_EQ(es_capture_file_open("/nowhere/x.pcap", ES_FILE_ANY, &c, error), ES_EIO);
	CHECK_STR(error, "/nowhere/x.pcap: No such file or directory");
	CHECK_EQ(es_capture_file_open("/", ES_FILE_ANY, &c, error), ES_EIO);
	CHECK_STR(error, "/: is a directory, expected a capture file");
	CHECK_EQ(es_capture_file_open("/dev/zero", ES_FILE_REGULAR, &c, error), ES_EUNSUPPORTED);
	CHECK_STR(error, "/dev/zero: is not a regular file");
	CHECK_EQ(es_capture_file_open("-", ES_FILE_REGULAR, &c, error),
	    ES_EIO); /* no file of that name */
}

TEST(capture_cut_short_says_where)
{
	struct made m = { 0 };
	struct es_capture *c;
	struct es_packet p;

	pcap_begin(&m, 0xa1b2c3d4);
	pcap_packet(&m, 1, 0, "first");
	pcap_packet(&m, 2, 0, "the second");
	CHECK_EQ(open_bytes(m.b, m.n - 4, &c), 0);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(es_capture_next(c, &p), ES_ECUT);
	CHECK(strstr(es_capture_error(c), "at byte 45, after 1 packets: cut short: expected 10 "
					  "bytes of a packet, the file has 6") != NULL);
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	es_capture_free(c);
}

TEST(capture_hostile_lengths_are_refused)
{
	struct made pcap = { 0 }, ng = { 0 };
	struct es_capture *c;
	int last;

	pcap_begin(&pcap, 0xa1b2c3d4);
	pcap_packet(&pcap, 1, 0, "x");
	memset(pcap.b + 24 + 8, 0xff, 4);
	c = opened(&pcap);
	CHECK(c != NULL);
	CHECK_EQ(read_out(c, &last), 0);
	CHECK_EQ(last, ES_EMALFORMED);
	CHECK(strstr(es_capture_error(c), "a packet of 4294967295 bytes") != NULL);
	es_capture_free(c);

	ng_section(&ng);
	ng_interface(&ng, 1, 0, 0);
	ng_packet(&ng, 0, 1, "x", 0);
	memset(ng.b + ng.n - 36 + 4, 0xff, 4);
	c = opened(&ng);
	CHECK(c != NULL);
	CHECK_EQ(read_out(c, &last), 0);
	CHECK_EQ(last, ES_EMALFORMED);
	es_capture_free(c);
}

/* A pcapng that has one of everything, and its pcap counterpart. */
static void
make_samples(struct made *pcap, struct made *ng)
{
	pcap_begin(pcap, 0xa1b23c4d);
	pcap_packet(pcap, 1, 2, "first");
	pcap_packet(pcap, 3, 4, "the second");
	ng_section(ng);
	ng_interface(ng, 1, 9, 77);
	ng_interface(ng, 276, 0x8a, 0);
	ng_packet(ng, 0, 10, "first", 4);
	ng_packet(ng, 1, 20, "the second", 0);
	ng_statistics(ng, 30, 9);
}

TEST(capture_truncated_anywhere_never_reads_too_far)
{
	struct made samples[2] = { { .big = false }, { .big = true } };
	size_t s, n;

	make_samples(&samples[0], &samples[1]);
	for (s = 0; s < 2; s++)
		for (n = 0; n < samples[s].n; n++) {
			struct es_capture *c;
			int last;
			int rc = open_bytes(samples[s].b, n, &c);

			if (rc != 0) {
				CHECK(rc == ES_EMALFORMED || rc == ES_ECUT);
				continue;
			}
			CHECK(read_out(c, &last) <= 2);
			CHECK(last == ES_EEOF || last == ES_ECUT);
			es_capture_free(c);
		}
}

TEST(capture_with_any_bit_flipped_never_reads_too_far)
{
	struct made samples[2] = { { .big = false }, { .big = true } };
	size_t s, bit;

	make_samples(&samples[0], &samples[1]);
	for (s = 0; s < 2; s++)
		for (bit = 0; bit < 8 * samples[s].n; bit++) {
			struct es_capture *c;
			int last;

			samples[s].b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (open_bytes(samples[s].b, samples[s].n, &c) == 0) {
				CHECK(read_out(c, &last) <= 8);
				CHECK(last < 0);
				es_capture_free(c);
			}
			samples[s].b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
}

static size_t
gzip(const struct made *m, uint8_t *out, size_t room)
{
	z_stream z = { 0 };
	size_t n;

	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (uint8_t *)(uintptr_t)m->b;
	z.avail_in = (unsigned)m->n;
	z.next_out = out;
	z.avail_out = (unsigned)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	n = z.total_out;
	deflateEnd(&z);
	return n;
}

TEST(capture_in_gzip_is_unpacked_and_a_cut_is_seen)
{
	struct made m = { 0 };
	uint8_t packed[ROOM];
	struct es_capture *c;
	int last;
	size_t n, i;

	pcap_begin(&m, 0xa1b2c3d4);
	for (i = 0; i < 40; i++)
		pcap_packet(&m, (uint32_t)i, (uint32_t)(i * 7919 % 1000000), "some packet");
	n = gzip(&m, packed, sizeof(packed));
	CHECK_EQ(open_bytes(packed, n, &c), 0);
	CHECK_EQ(read_out(c, &last), 40);
	CHECK_EQ(last, ES_EEOF);
	es_capture_free(c);
	for (i = 2; i < n; i++) {
		int rc = open_bytes(packed, i, &c);

		if (rc != 0) {
			CHECK(rc == ES_ECUT || rc == ES_EMALFORMED);
			continue;
		}
		(void)read_out(c, &last); /* how many came through depends on deflate */
		CHECK_EQ(last, ES_ECUT);
		CHECK(strstr(es_capture_error(c), "the gzip data breaks off") != NULL);
		es_capture_free(c);
	}
	packed[n / 2] ^= 0x55;
	if (open_bytes(packed, n, &c) == 0) {
		(void)read_out(c, &last);
		CHECK(last != ES_EEOF);
		es_capture_free(c);
	}
}

TEST(capture_packet_beyond_the_window_is_shown_in_part_and_passed_over)
{
	enum { BIG = 5000000 };
	struct made head = { 0 };
	uint8_t *file = calloc(1, BIG + 200);
	struct es_capture *c;
	struct es_packet p;

	CHECK(file != NULL);
	pcap_begin(&head, 0xa1b2c3d4);
	put(&head, 1, 4);
	put(&head, 0, 4);
	put(&head, BIG, 4);
	put(&head, BIG, 4);
	memcpy(file, head.b, head.n);
	head.n = 0;
	pcap_packet(&head, 2, 0, "after");
	memcpy(file + 40 + BIG, head.b, head.n);
	CHECK_EQ(open_bytes(file, 40 + BIG + head.n, &c), 0);
	free(file);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_EQ(p.wire_bytes, BIG);
	CHECK_EQ(p.cap_bytes, 128 * 1024);
	CHECK_EQ(es_capture_next(c, &p), 0);
	CHECK_SLICE(es_slice_of(p.data, p.cap_bytes), "after");
	es_capture_free(c);
}
