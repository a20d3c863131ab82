/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of a call's record: each once, whole or not at all. */
#include "probes/call/calltext.h"
#include "tests/unit/harness.h"

static struct es_calltext kept;
static char text[ES_CALL_TEXT_BYTES + 1];

static bool
set(enum es_calltext_key key, char letter, size_t n)
{
	memset(text, letter, n);
	return es_calltext_set(&kept, key, es_slice_of(text, n));
}

static bool
has(enum es_calltext_key key, char letter, size_t n)
{
	es_slice got = es_calltext_get(&kept, key);

	for (size_t i = 0; i < got.n; i++)
		if (got.p[i] != (uint8_t)letter)
			return false;
	return got.n == n;
}

TEST(calltext_keeps_the_first_of_a_key)
{
	memset(&kept, 0, sizeof(kept));
	CHECK(set(ES_KEY_ICID, 'x', 0)); /* nothing is no first */
	CHECK(set(ES_KEY_ICID, 'a', 1));
	CHECK(set(ES_KEY_ICID, 'b', 9));
	CHECK(set(ES_KEY_CUSTOM, 'c', 2));
	CHECK(has(ES_KEY_ICID, 'a', 1));
	CHECK(has(ES_KEY_CUSTOM, 'c', 2));
	CHECK(has(ES_KEY_REPLACES, 'x', 0));
}

TEST(calltext_is_whole_up_to_255_bytes)
{
	memset(&kept, 0, sizeof(kept));
	CHECK(!set(ES_KEY_ICID, 'a', 256));
	CHECK(has(ES_KEY_ICID, 'a', 0));
	CHECK(set(ES_KEY_ICID, 'b', 255));
	CHECK(has(ES_KEY_ICID, 'b', 255));
	CHECK(set(ES_KEY_ICID, 'c', 256)); /* it has one: nothing is missing */
}

/* 255 + 255 + 194 are the 704 bytes of a call. */
TEST(calltext_uses_its_room_to_the_last_byte)
{
	memset(&kept, 0, sizeof(kept));
	CHECK(set(ES_KEY_SESSION, 'a', 255));
	CHECK(set(ES_KEY_X_CALL, 'b', 255));
	CHECK(!set(ES_KEY_ICID, 'c', 195));
	CHECK(set(ES_KEY_ICID, 'd', 194));
	CHECK(!set(ES_KEY_CUSTOM, 'e', 1));
	CHECK(has(ES_KEY_SESSION, 'a', 255));
	CHECK(has(ES_KEY_X_CALL, 'b', 255));
	CHECK(has(ES_KEY_ICID, 'd', 194));
	CHECK(has(ES_KEY_CUSTOM, 'e', 0));
}
