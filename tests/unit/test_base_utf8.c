/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes are a sequence of UTF-8: against the numbers of the code points that RFC 3629 allows. */
#include "probes/base/utf8.h"

#include "tests/unit/harness.h"

/* The code point that n bytes would hold in the form of that length, well-formed or not. */
static uint32_t
code_of(const uint8_t *p, size_t n)
{
	uint32_t code = p[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

static bool
is_allowed(uint32_t code, size_t n)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= lowest[n] && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

/* Bytes of the sequence that is due by the definition of the encoding, RFC 3629 section 3. */
static size_t
due(const uint8_t *p, size_t n_left)
{
	size_t n = p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > n_left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (p[i] >> 6 != 2)
			return 0;
	return is_allowed(code_of(p, n), n) ? n : 0;
}

TEST(utf8_knows_each_well_formed_sequence_and_no_other)
{
	static const uint8_t odd[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	enum { ODD = sizeof(odd) };
	unsigned well_formed = 0;

	for (unsigned first = 0; first < 256; first++) {
		for (unsigned k = 0; k < ODD * ODD * ODD; k++) {
			uint8_t bytes[] = { (uint8_t)first, odd[k % ODD], odd[k / ODD % ODD],
				odd[k / ODD / ODD] };

			for (size_t n = 1; n <= sizeof(bytes); n++) {
				size_t is = es_utf8_bytes(es_slice_of(bytes, n));

				if (is != due(bytes, n))
					test_fail(__FILE__, __LINE__,
					    "%zu bytes of %02x %02x %02x %02x: %zu, not %zu", n,
					    bytes[0], bytes[1], bytes[2], bytes[3], is,
					    due(bytes, n));
				well_formed += is > 0;
			}
		}
	}
	CHECK(well_formed > 0);
}
