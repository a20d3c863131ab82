/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside in a page: nothing of it is markup, and nothing of it hides or turns what stands there. */
#include "agent/report/html.h"
#include "probes/base/json.h"
#include "tests/unit/harness.h"

static struct es_html h;

static es_slice
shown(es_slice text)
{
	es_html_free(&h);
	es_html_text(&h, text);
	return es_slice_of((const uint8_t *)h.text, h.n_bytes);
}

#define LOST "\xef\xbf\xbd"

TEST(html_escapes_what_could_be_markup)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a1@198.18.1.10", "a1@198.18.1.10" },
		{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "\" onload='x' `", "&quot; onload=&#39;x&#39; &#96;" },
		{ "&lt;", "&amp;lt;" },
		{ "]]>--><!--", "]]&gt;--&gt;&lt;!--" },
		{ "Gr\xc3\xbc\xc3\x9f Gott \xe2\x82\xac \xf0\x9f\x98\x80",
		    "Gr\xc3\xbc\xc3\x9f Gott \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "tab\tline\r\nbell\x07 del\x7f",
		    "tab" LOST "line" LOST LOST "bell" LOST " del" LOST },
		{ "C1 \xc2\x9b soft\xc2\xad", "C1 " LOST " soft" LOST },
		{ "rlo \xe2\x80\xae lri \xe2\x81\xa6 rlm \xe2\x80\x8f alm \xd8\x9c",
		    "rlo " LOST " lri " LOST " rlm " LOST " alm " LOST },
		{ "zero\xe2\x80\x8bwidth\xef\xbb\xbf line\xe2\x80\xa8",
		    "zero" LOST "width" LOST " line" LOST },
		{ "tag\xf3\xa0\x81\xa1", "tag" LOST },
		{ "broken \xc3( \xff \xe2\x80", "broken " LOST "( " LOST " " LOST LOST },
		{ "overlong \xc0\xbc", "overlong " LOST LOST },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_SLICE(shown(es_slice_str(rows[i].in)), rows[i].out);
	CHECK_SLICE(shown(es_slice_of((const uint8_t *)"a\0b", 3)), "a" LOST "b");
	es_html_free(&h);
}

/* Every pair of bytes: the page stays well-formed text, whatever a packet holds. */
TEST(html_text_of_any_bytes_has_no_markup)
{
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			const uint8_t in[] = { (uint8_t)a, (uint8_t)b };
			es_slice out = shown(es_slice_of(in, sizeof(in)));

			CHECK(out.n >= 1);
			for (size_t i = 0; i < out.n; i++)
				if (out.p[i] < 0x20 || out.p[i] == 0x7f ||
				    memchr("<>\"'`", out.p[i], 5) != NULL)
					test_fail(__FILE__, __LINE__, "%02x %02x", a, b);
		}
	}
	es_html_free(&h);
}

TEST(html_numbers_are_those_of_json)
{
	static const struct es_addr six = {
		.family = 6, .port = 5060, .ip = { 0x20, 1, 0xd, 0xb8 }
	};
	char buf[512];
	struct es_json j;

	es_json_init(&j, buf, sizeof(buf), NULL, NULL);
	es_json_scaled(&j, -33041, 3, 3);
	es_html_free(&h);
	es_html_scaled(&h, -33041, 3, 3);
	CHECK_EQ(h.n_bytes, j.n_bytes);
	CHECK(memcmp(h.text, buf, j.n_bytes) == 0);
	es_html_raw(&h, " ");
	es_html_u64(&h, UINT64_MAX);
	es_html_raw(&h, " ");
	es_html_i64(&h, INT64_MIN);
	es_html_raw(&h, " ");
	es_html_ssrc(&h, 0x1961d67);
	es_html_raw(&h, " ");
	es_html_addr(&h, &six);
	es_html_raw(&h, " ");
	es_html_time(&h, es_time_of_ns(INT64_C(1767225600000001000)));
	CHECK_SLICE(es_slice_of((const uint8_t *)h.text, h.n_bytes),
	    "-33.041 18446744073709551615 -9223372036854775808 0x01961d67 [2001:db8::]:5060 "
	    "2026-01-01T00:00:00.000001Z");
	es_html_free(&h);
}

TEST(html_above_its_limit_fails_and_stays_failed)
{
	static const char kib[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	es_html_free(&h);
	for (size_t i = 0; i <= ES_HTML_BYTES_MAX / (sizeof(kib) - 1) && !h.failed; i++)
		es_html_raw(&h, kib);
	CHECK(h.failed);
	CHECK_EQ(h.n_bytes, ES_HTML_BYTES_MAX);
	es_html_raw(&h, "");
	CHECK(h.failed);
	es_html_free(&h);
	CHECK(!h.failed);
}
