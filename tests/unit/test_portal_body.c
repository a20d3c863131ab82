/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an answer: how far it grows, and what becomes of one that does not. */
#include "collector/portal/body.h"
#include "tests/unit/api_rig.h"
#include "tests/unit/libc.h"

#include <malloc.h>

static const char *
filled(size_t n)
{
	static char bytes[70000];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)('a' + i % 23);
	return bytes;
}

TEST(text_grows_by_whole_pieces)
{
	static const size_t sizes[] = { 1, 4094, 1, 1, 4095, 4096, 1, 65536, 0 };
	struct es_body t = { NULL, 0, 0, false };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *piece = filled(sizes[i]);

		es_body_add(&t, piece, sizes[i]);
		n += sizes[i];
		CHECK(!t.bad);
		CHECK_EQ(t.n, n);
		CHECK(t.cap >= n && t.cap < 2 * n + 4096);
		CHECK(memcmp(t.p + n - sizes[i], piece, sizes[i]) == 0);
	}
	CHECK_EQ(t.p[0], 'a');
	es_body_clear(&t);
	CHECK_EQ(t.n, 0);
	CHECK(t.cap > 0);
	es_body_done(&t);
	CHECK(t.p == NULL && t.n == 0 && t.cap == 0);
}

/* Sixteen mebibytes, and not one byte more; a text with a piece left out takes no further one. */
TEST(text_is_whole_or_bad)
{
	struct es_body t = { NULL, 0, 0, false };

	while (t.n < ES_BODY_MAX_BYTES)
		es_body_add(&t, filled(65536), 65536);
	CHECK(!t.bad);
	es_body_add(&t, "", 0);
	CHECK(!t.bad);
	es_body_add(&t, "x", 1);
	CHECK(t.bad);
	CHECK_EQ(t.n, ES_BODY_MAX_BYTES);
	es_body_clear(&t);
	CHECK(!t.bad);
	es_body_add(&t, filled(10), 10);
	t.bad = true;
	es_body_add(&t, "x", 1);
	CHECK_EQ(t.n, 10);
	CHECK(t.bad);
	es_body_done(&t);
}

TEST(text_of_a_line_is_whole_or_bad)
{
	struct es_body t = { NULL, 0, 0, false };

	es_body_format(&t, "%1023s", "x");
	CHECK(!t.bad);
	CHECK_EQ(t.n, 1023);
	es_body_format(&t, "%d-%s", 7, "y");
	CHECK_EQ(t.n, 1026);
	CHECK(memcmp(t.p + 1022, "x7-y", 4) == 0);
	es_body_format(&t, "%1024s", "x");
	CHECK(t.bad);
	CHECK_EQ(t.n, 1026);
	es_body_done(&t);
}

/* An answer that found no memory is no answer, and says so by its status. */
TEST(text_without_memory_is_bad)
{
	struct es_body t = { NULL, 0, 0, false };
	struct es_answer answer;
	struct fixture f;

	es_body_add(&t, "kept", 4);
	test_is_out_of_memory = true;
	es_body_add(&t, filled(5000), 5000);
	test_is_out_of_memory = false;
	CHECK(t.bad);
	CHECK_EQ(t.n, 4);
	CHECK(memcmp(t.p, "kept", 4) == 0);
	es_body_done(&t);
	setup(&f);
	memset(&answer, 0, sizeof(answer));
	test_is_out_of_memory = true;
	CHECK(es_api_answer(&f.api, "/api/v1/none", look, &f, es_time_of_ns(0), 0, &answer));
	test_is_out_of_memory = false;
	CHECK_EQ(answer.status, 500);
	es_body_done(&answer.body);
	teardown(&f);
}
