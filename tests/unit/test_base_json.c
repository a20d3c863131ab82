/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: commas, escapes, numbers, full buffers. */
#include "harness.h"
#include "probes/base/json.h"

struct out {
	char text[4096];
	size_t n;
};

static void
collect(void *ctx, const char *bytes, size_t n)
{
	struct out *o = ctx;

	if (n > sizeof(o->text) - 1 - o->n)
		n = sizeof(o->text) - 1 - o->n;
	memcpy(o->text + o->n, bytes, n);
	o->n += n;
	o->text[o->n] = '\0';
}

/* What one value looks like. */
#define CHECK_VALUE(write, want)                                    \
	do {                                                        \
		char buf_[256];                                     \
		struct es_json j_, *j = &j_;                        \
		es_json_init(j, buf_, sizeof(buf_), NULL, NULL);    \
		write;                                              \
		CHECK(!j->bad);                                     \
		CHECK_SLICE(es_slice_of(buf_, j->n_bytes), (want)); \
	} while (0)

TEST(json_commas_stand_between_items_only)
{
	char buf[7]; /* smaller than anything: flushes in the middle of tokens */
	struct out o = { .n = 0 };
	struct es_json j;

	es_json_init(&j, buf, sizeof(buf), collect, &o);
	for (int i = 0; i < 2; i++) {
		es_json_begin(&j);
		es_json_key(&j, "record");
		es_json_str(&j, "stream");
		es_json_key(&j, "list");
		es_json_array(&j);
		es_json_u64(&j, 1);
		es_json_array(&j);
		es_json_array_end(&j);
		es_json_begin(&j);
		es_json_key(&j, "a");
		es_json_str(&j, "b");
		es_json_end(&j);
		es_json_bool(&j, false);
		es_json_array_end(&j);
		es_json_key(&j, "ok");
		es_json_bool(&j, true);
		es_json_end(&j);
		es_json_line(&j);
	}
	CHECK(!j.bad);
	CHECK_STR(o.text,
	    "{\"record\":\"stream\",\"list\":[1,[],{\"a\":\"b\"},false],\"ok\":true}\n"
	    "{\"record\":\"stream\",\"list\":[1,[],{\"a\":\"b\"},false],\"ok\":true}\n");
}

TEST(json_scaled_numbers_round_half_away_from_zero)
{
	CHECK_VALUE(es_json_scaled(j, 4213, 3, 3), "4.213");
	CHECK_VALUE(es_json_scaled(j, 12340000, 6, 3), "12.340");
	CHECK_VALUE(es_json_scaled(j, 812499, 6, 3), "0.812");
	CHECK_VALUE(es_json_scaled(j, 812500, 6, 3), "0.813");
	CHECK_VALUE(es_json_scaled(j, -812500, 6, 3), "-0.813");
	CHECK_VALUE(es_json_scaled(j, -499, 6, 3), "0.000");
	CHECK_VALUE(es_json_scaled(j, 999999, 6, 3), "1.000");
	CHECK_VALUE(es_json_scaled(j, 5, 1, 0), "1");
	CHECK_VALUE(es_json_scaled(j, 4, 1, 0), "0");
	CHECK_VALUE(es_json_scaled(j, 7, 0, 0), "7");
	CHECK_VALUE(es_json_scaled(j, INT64_MIN, 9, 9), "-9223372036.854775808");
	CHECK_VALUE(es_json_scaled(j, INT64_MAX, 9, 0), "9223372037");
}

TEST(json_integers)
{
	CHECK_VALUE(es_json_i64(j, INT64_MIN), "-9223372036854775808");
	CHECK_VALUE(es_json_i64(j, 0), "0");
	CHECK_VALUE(es_json_u64(j, UINT64_MAX), "18446744073709551615");
	CHECK_VALUE(es_json_ssrc(j, 0x1234abcd), "\"0x1234abcd\"");
	CHECK_VALUE(es_json_ssrc(j, 1), "\"0x00000001\"");
	CHECK_VALUE(es_json_time(j, es_time_of_ns(0)), "\"1970-01-01T00:00:00.000000Z\"");
}

TEST(json_addresses)
{
	struct es_addr a = { .family = 6, .port = 5060 };

	CHECK_VALUE(es_json_addr(j, &a), "\"[::]:5060\"");
	a.family = 4;
	CHECK_VALUE(es_json_addr(j, &a), "\"0.0.0.0:5060\"");
}

TEST(json_scale_beyond_its_range_is_bad)
{
	char buf[64];
	struct es_json j;

	es_json_init(&j, buf, sizeof(buf), NULL, NULL);
	es_json_scaled(&j, 1, 3, 4);
	CHECK(j.bad);
}

TEST(json_text_is_always_utf8)
{
	CHECK_VALUE(es_json_str(j, "a\"b\\c\n\r\t\b\f\x01\x7f"),
	    "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u007f\"");
	CHECK_VALUE(es_json_slice(j, es_slice_of("\0", 1)), "\"\\u0000\"");
	CHECK_VALUE(es_json_str(j, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	CHECK_VALUE(es_json_str(j, "x\xffy"), "\"x\xef\xbf\xbdy\"");
	CHECK_VALUE(es_json_str(j, "\xc3"), "\"\xef\xbf\xbd\"");                 /* cut */
	CHECK_VALUE(es_json_str(j, "\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* overlong */
	CHECK_VALUE(es_json_str(j, "\xed\xa0\x80"),
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
	CHECK_VALUE(es_json_str(j, "\xf4\x90\x80\x80"),
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	CHECK_VALUE(es_json_slice(j, GUARDED("\xe2\x82")), "\"\xef\xbf\xbd\xef\xbf\xbd\\u0000\"");
}

TEST(json_text_hides_control_characters_above_ascii_too)
{
	CHECK_VALUE(es_json_str(j, "a\xc2\x9b"
				   "31mb"),
	    "\"a\\u009b31mb\"");
	CHECK_VALUE(es_json_str(j, "\xc2\x80\xc2\x9f\xc2\xa0"), "\"\\u0080\\u009f\xc2\xa0\"");
}

TEST(json_goes_bad_once_when_full)
{
	char buf[8];
	struct es_json j;

	es_json_init(&j, buf, sizeof(buf), NULL, NULL);
	es_json_str(&j, "123456");
	CHECK(!j.bad);
	CHECK_EQ(j.n_bytes, 8);
	es_json_line(&j);
	CHECK(j.bad);
	CHECK_EQ(j.n_bytes, 8);
	es_json_init(&j, NULL, 0, collect, NULL); /* a buffer of nothing cannot be emptied either */
	es_json_bool(&j, true);
	CHECK(j.bad);
}

TEST(json_nesting_is_bounded)
{
	char buf[64];
	struct es_json j;

	es_json_init(&j, buf, sizeof(buf), NULL, NULL);
	for (int i = 0; i < ES_JSON_DEPTH_MAX; i++)
		es_json_array(&j);
	CHECK(!j.bad);
	es_json_array(&j);
	CHECK(j.bad);
	es_json_init(&j, buf, sizeof(buf), NULL, NULL);
	es_json_end(&j);
	CHECK(j.bad);
}
