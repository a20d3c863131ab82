/* SPDX-License-Identifier: Apache-2.0 */
/* Every Call-ID has one text, that JSON and URLs hold, and comes back from it. */
#include "probes/base/call_id.h"
#include "tests/unit/harness.h"

/* JSON and a URL hold the text: well-formed UTF-8 without controls, and no step of a path. */
static bool
is_safe(const uint8_t *text, size_t n)
{
	if ((n == 1 && text[0] == '.') || (n == 2 && memcmp(text, "..", 2) == 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if (text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static void
check_back(const void *id, size_t n)
{
	uint8_t text[ES_CALL_ID_TEXT_MAX], back[ES_CALL_ID_BYTES_MAX];
	size_t n_text = es_call_id_encode(es_slice_of(id, n), text);
	size_t n_back = es_call_id_decode(es_slice_of(text, n_text), back);

	if (n_back != n || (n > 0 && memcmp(back, id, n) != 0) || !is_safe(text, n_text) ||
	    es_call_id_is_ssrc(es_slice_of(text, n_text)))
		test_fail(__FILE__, __LINE__, "%zu bytes from %02x became %.*s", n,
		    n > 0 ? ((const uint8_t *)id)[0] : 0, (int)n_text, (const char *)text);
}

TEST(callid_any_bytes_come_back)
{
	static const uint8_t odd[] = { 0, '=', '0', 'A', '.', '%', 0x7f, 0x80, 0xc2, 0xe2, 0xff };
	uint8_t id[3];
	uint32_t seed = 1;

	for (unsigned a = 0; a < 256; a++) {
		id[0] = (uint8_t)a;
		check_back(id, 1);
		for (unsigned b = 0; b < 256; b++) {
			id[1] = (uint8_t)b;
			check_back(id, 2);
			for (size_t c = 0; c < sizeof(odd); c++) {
				id[2] = odd[c];
				check_back(id, 3);
			}
		}
	}
	for (int i = 0; i < 2000; i++) {
		uint8_t many[ES_CALL_ID_BYTES_MAX];
		size_t n = (size_t)i % sizeof(many) + 1;

		for (size_t k = 0; k < n; k++) {
			seed = seed * 1664525u + 1013904223u;
			many[k] =
			    i % 2 == 0 ? (uint8_t)(seed >> 24) : odd[(seed >> 24) % sizeof(odd)];
		}
		check_back(many, n);
	}
}

static void
check_text(const char *id, size_t n, const char *expected)
{
	uint8_t text[ES_CALL_ID_TEXT_MAX];
	size_t n_text = es_call_id_encode(es_slice_of(id, n), text);

	if (n_text != strlen(expected) || memcmp(text, expected, n_text) != 0)
		test_fail(
		    __FILE__, __LINE__, "%.*s, not %s", (int)n_text, (const char *)text, expected);
}

TEST(callid_of_the_standard_stands_as_it_is)
{
	static const char all[] = "aZ09-.!%*_+`'~()<>:\\\"/[]?{}@host.example";

	check_text(all, sizeof(all) - 1, all);
	check_text("YWJj==@host", 11, "YWJj==@host");
	check_text("a.b", 3, "a.b");
	check_text("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
}

TEST(callid_that_json_or_a_url_cannot_hold_is_escaped)
{
	check_text(".", 1, "=2E");
	check_text("..", 2, "=2E=2E");
	check_text("a\0b", 3, "a=00b");
	check_text("a\xff", 2, "a=FF");
	check_text("a=4Fb", 5, "a=3D4Fb");
	check_text("rtp:0x1234abcd", 14, "=72tp:0x1234abcd");
	check_text("rtp:0x1234abcde", 15, "rtp:0x1234abcde");
}
