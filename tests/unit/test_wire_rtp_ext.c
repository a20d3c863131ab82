/* SPDX-License-Identifier: Apache-2.0 */
/* Header extensions of RTP. */
#include "probes/wire/rtp/rtp_ext.h"
#include "sweep.h"

/* One-byte form: level 1, padding, MID 4 "v0", stop, then what nobody may read. */
static const uint8_t one[] = { 0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 3, 0x10,
	0x9e, 0, 0x41, 'v', '0', 0xf0, 0x50, 1, 0, 0, 0, 0xaa };

/* Two-byte form: an empty element, level 200, MID 15. */
static const uint8_t two[] = { 0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0x10, 0x00, 0, 3, 7, 0, 200,
	1, 0x7f, 0, 15, 3, 'm', 'i', 'd', 0, 0xaa };

static struct es_rtp
parsed(const uint8_t *bytes, size_t n)
{
	struct es_rtp r;

	memset(&r, 0, sizeof(r));
	(void)es_rtp_parse(test_guarded(bytes, n), (uint32_t)n, &r);
	return r;
}

TEST(rtp_ext_one_byte_elements)
{
	struct es_rtp r = parsed(one, sizeof(one));
	struct es_rtp_level level;
	es_slice v;

	CHECK(es_rtp_level(&r, 1, &level));
	CHECK_EQ(level.below_dbov, 30);
	CHECK(level.is_speech);
	CHECK(es_rtp_element(&r, 4, &v));
	CHECK_SLICE(v, "v0");
	CHECK(!es_rtp_element(&r, 5, &v)); /* behind the stop */
	CHECK(!es_rtp_element(&r, 15, &v));
	CHECK(!es_rtp_element(&r, 0, &v));
}

TEST(rtp_ext_two_byte_elements)
{
	struct es_rtp r = parsed(two, sizeof(two));
	struct es_rtp_level level;
	es_slice v;

	CHECK(es_rtp_level(&r, 200, &level));
	CHECK_EQ(level.below_dbov, 127);
	CHECK(!level.is_speech);
	CHECK(es_rtp_element(&r, 15, &v));
	CHECK_SLICE(v, "mid");
	CHECK(es_rtp_element(&r, 7, &v));
	CHECK_EQ(v.n, 0);
	CHECK(!es_rtp_level(&r, 7, &level));
}

TEST(rtp_ext_of_another_profile_has_no_elements)
{
	uint8_t b[sizeof(one)];
	struct es_rtp r;
	es_slice v;

	memcpy(b, one, sizeof(b));
	b[12] = 0xab;
	r = parsed(b, sizeof(b));
	CHECK(r.has_extension);
	CHECK(!es_rtp_element(&r, 1, &v));
}

TEST(rtp_ext_element_longer_than_the_extension_is_no_element)
{
	uint8_t b[sizeof(one)];
	struct es_rtp r;
	es_slice v;

	memcpy(b, one, sizeof(b));
	b[19] = 0x4f;
	r = parsed(b, sizeof(b));
	CHECK(!es_rtp_element(&r, 4, &v));
	CHECK(es_rtp_element(&r, 1, &v));
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_rtp_level level;
	struct es_rtp r;
	es_slice v;

	if (es_rtp_parse(bytes, wire_bytes, &r) != 0)
		return;
	for (unsigned id = 0; id < 256; id += 5) {
		if (es_rtp_element(&r, (uint8_t)id, &v))
			check_within(v, r.extension);
		(void)es_rtp_level(&r, (uint8_t)id, &level);
	}
}

TEST(rtp_ext_sweep)
{
	sweep(one, sizeof(one), parse_all);
	sweep(two, sizeof(two), parse_all);
}
