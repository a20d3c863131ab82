/* SPDX-License-Identifier: Apache-2.0 */
/* The arena at its limits. */
#include "probes/base/arena.h"
#include "tests/unit/harness.h"

#include <stddef.h>

enum { A = ES_ARENA_ALIGN };

static bool
is_aligned(const void *p)
{
	return (uintptr_t)p % A == 0;
}

TEST(arena_pieces_are_aligned_apart_and_zeroed_where_asked)
{
	static _Alignas(max_align_t) uint8_t room[8 * A];
	struct es_arena a;
	uint8_t *one, *two, *three;

	memset(room, 0xee, sizeof(room));
	es_arena_init(&a, room, sizeof(room));
	one = es_arena_take(&a, 1, 1);
	two = es_arena_reserve(&a, 1, A + 1);
	three = es_arena_take(&a, 3, 2);
	CHECK(one == room && two == room + A && three == room + 3 * A);
	CHECK(one[0] == 0 && one[1] == 0xee);
	CHECK(two[0] == 0xee && two[A] == 0xee);
	CHECK(three[0] == 0 && three[5] == 0 && three[6] == 0xee);
	CHECK_EQ(a.used_bytes, 3 * A + 6);
	CHECK_EQ(es_arena_left(&a), 4 * A);
}

TEST(arena_is_full_after_its_last_byte)
{
	struct es_arena a;

	CHECK_EQ(es_arena_new(&a, A + 5), 0); /* no multiple of the alignment */
	CHECK(is_aligned(a.at));
	CHECK(es_arena_take(&a, A + 6, 1) == NULL);
	CHECK(es_arena_take(&a, 1, 1) != NULL);
	CHECK_EQ(es_arena_left(&a), 5);
	CHECK(es_arena_reserve(&a, 6, 1) == NULL);
	CHECK(es_arena_reserve(&a, 2, 3) == NULL);
	CHECK_EQ(a.n_refused, 3);
	CHECK(es_arena_reserve(&a, 5, 1) == a.at + A);
	CHECK_EQ(a.used_bytes, a.cap_bytes);
	CHECK_EQ(es_arena_left(&a), 0);
	CHECK(es_arena_take(&a, 1, 1) == NULL);
	CHECK(es_arena_take(&a, 0, 8) != NULL && es_arena_take(&a, 8, 0) != NULL);
	CHECK_EQ(a.n_refused, 4);
	es_arena_free(&a);
	CHECK(a.at == NULL && a.n_refused == 0);
}

/* The last piece ends between two places where an aligned one may begin, and so does the arena. */
TEST(arena_without_an_aligned_place_refuses)
{
	static _Alignas(max_align_t) uint8_t room[2 * A - 1];
	struct es_arena a;

	es_arena_init(&a, room, A - 1);
	CHECK(es_arena_take(&a, 1, 1) != NULL);
	CHECK_EQ(es_arena_left(&a), 0);
	CHECK(es_arena_take(&a, 1, 1) == NULL);
	es_arena_init(&a, room, A);
	CHECK(es_arena_take(&a, 1, 1) != NULL);
	CHECK_EQ(es_arena_left(&a), 0);
	CHECK(es_arena_take(&a, 1, 1) == NULL);
	es_arena_init(&a, room, A + 1);
	CHECK(es_arena_take(&a, 1, 1) != NULL);
	CHECK_EQ(es_arena_left(&a), 1);
	CHECK(es_arena_take(&a, 1, 1) == room + A);
}

TEST(arena_refuses_sizes_that_overflow)
{
	static _Alignas(max_align_t) uint8_t room[4 * A];
	struct es_arena a;

	es_arena_init(&a, room, sizeof(room));
	CHECK(es_arena_take(&a, SIZE_MAX, 1) == NULL);
	CHECK(es_arena_take(&a, 1, SIZE_MAX) == NULL);
	CHECK(es_arena_take(&a, SIZE_MAX / 2 + 2, 2) == NULL); /* their product is 2 */
	CHECK(es_arena_reserve(&a, SIZE_MAX, SIZE_MAX) == NULL);
	CHECK_EQ(a.used_bytes, 0);
	CHECK_EQ(a.n_refused, 4);
}

TEST(arena_goes_back_to_a_mark)
{
	struct es_arena a;
	es_slice text;
	uint8_t *kept, *first, *again;
	size_t mark;

	CHECK_EQ(es_arena_new(&a, 64), 0);
	CHECK(es_arena_copy(&a, es_slice_str("abc"), &text));
	mark = es_arena_mark(&a);
	first = es_arena_reserve(&a, 1, 40);
	CHECK(first != NULL);
	memset(first, 0xff, 40);
	es_arena_reset(&a, mark);
	CHECK_EQ(es_arena_mark(&a), mark);
	CHECK_SLICE(text, "abc");
	again = es_arena_take(&a, 1, 40);
	CHECK(again == first && again[0] == 0 && again[39] == 0);
	es_arena_reset(&a, 0);
	kept = es_arena_take(&a, 64, 1);
	CHECK(kept == a.at && kept[63] == 0);
	es_arena_free(&a);
}

TEST(arena_copies_without_alignment_to_the_last_byte)
{
	struct es_arena a;
	es_slice one, two, rest = es_slice_str("x");
	char text[8] = "abc";

	CHECK_EQ(es_arena_new(&a, 7), 0);
	CHECK(es_arena_copy(&a, es_slice_str(text), &one));
	CHECK(es_arena_copy(&a, es_slice_str("defg"), &two));
	text[0] = 'z';
	CHECK_SLICE(one, "abc");
	CHECK_SLICE(two, "defg");
	CHECK(two.p == one.p + one.n);
	CHECK(es_arena_copy(&a, es_slice_of(NULL, 0), &rest)); /* nothing needs no room */
	CHECK_EQ(rest.n, 0);
	rest = es_slice_str("x");
	CHECK(!es_arena_copy(&a, es_slice_str("h"), &rest));
	CHECK_EQ(rest.n, 0);
	CHECK_EQ(a.n_refused, 1);
	es_arena_free(&a);
}

/* Every place a buffer may begin at, and buffers too short to hold an aligned byte. */
TEST(arena_in_a_buffer_begins_aligned_and_ends_with_it)
{
	static _Alignas(max_align_t) uint8_t room[4 * A];

	for (size_t skew = 0; skew <= A; skew++) {
		for (size_t n = 0; n <= 2 * A; n++) {
			size_t lost = (A - skew % A) % A;
			size_t left = n > lost ? n - lost : 0;
			struct es_arena a;

			es_arena_init(&a, room + skew, n);
			CHECK_EQ(es_arena_left(&a), left);
			CHECK(es_arena_take(&a, left + 1, 1) == NULL);
			if (left == 0)
				continue;
			CHECK(is_aligned(es_arena_take(&a, left, 1)));
			CHECK(a.at + a.used_bytes == room + skew + n);
			es_arena_free(&a); /* the buffer stays the caller's */
		}
	}
}

TEST(arena_without_memory_refuses)
{
	struct es_arena a;
	es_slice text;

	memset(&a, 0, sizeof(a));
	es_arena_free(&a);
	CHECK(es_arena_take(&a, 1, 1) == NULL);
	CHECK(!es_arena_copy(&a, es_slice_str("a"), &text));
	CHECK_EQ(es_arena_new(&a, 0), 0);
	CHECK(es_arena_take(&a, 1, 1) == NULL);
	es_arena_free(&a);
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) /* they end the program instead */
	memset(&a, 0xff, sizeof(a));
	CHECK_EQ(es_arena_new(&a, SIZE_MAX - 4096), ES_ENOMEM);
	CHECK(a.at == NULL && a.cap_bytes == 0);
	CHECK(es_arena_take(&a, 1, 1) == NULL);
	es_arena_free(&a);
#endif
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

TEST(arena_shows_the_sanitizer_what_is_not_handed_out)
{
	struct es_arena a;
	uint8_t *at;
	size_t mark;

	CHECK_EQ(es_arena_new(&a, 64), 0);
	CHECK(__asan_address_is_poisoned(a.at));
	at = es_arena_take(&a, 1, 5);
	mark = es_arena_mark(&a);
	CHECK(!__asan_address_is_poisoned(at + 4) && __asan_address_is_poisoned(at + 5));
	at = es_arena_take(&a, 1, 8);
	CHECK(!__asan_address_is_poisoned(at + 7));
	es_arena_reset(&a, mark);
	CHECK(__asan_address_is_poisoned(at) && !__asan_address_is_poisoned(a.at + 4));
	es_arena_free(&a);
}
#endif
