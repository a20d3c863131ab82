/* SPDX-License-Identifier: Apache-2.0 */
/* Copies that live and die together, up to a limit. */
#include "collector/pile.h"
#include "tests/unit/harness.h"

TEST(pile_copies_are_apart_and_aligned)
{
	struct es_pile p = { .max_bytes = 1000 };
	es_slice a, b, none = es_slice_str("x");
	char text[8] = "abc";

	CHECK(es_pile_copy(&p, es_slice_str(text), &a));
	CHECK(es_pile_copy(&p, es_slice_str("defg"), &b));
	text[0] = 'z';
	CHECK_SLICE(a, "abc");
	CHECK_SLICE(b, "defg");
	CHECK_EQ((uintptr_t)a.p % _Alignof(max_align_t), 0);
	CHECK_EQ((uintptr_t)b.p % _Alignof(max_align_t), 0);
	CHECK(es_pile_copy(&p, es_slice_of(NULL, 0), &none)); /* nothing needs no room */
	CHECK_EQ(none.n, 0);
	CHECK_EQ(p.n_bytes, 2 * _Alignof(max_align_t));
	es_pile_done(&p);
	CHECK_EQ(p.n_bytes, 0);
	CHECK(es_pile_copy(&p, es_slice_str("again"), &a));
	CHECK_SLICE(a, "again");
	es_pile_done(&p);
}

TEST(pile_has_a_limit)
{
	static char bytes[300 << 10];
	struct es_pile p = { .max_bytes = 200 << 10 };
	es_slice a;
	size_t n = 0;

	memset(bytes, 'b', sizeof(bytes));
	CHECK(!es_pile_copy(&p, es_slice_of(bytes, (200 << 10) + 1), &a));
	CHECK_EQ(a.n, 0);
	CHECK(es_pile_copy(&p, es_slice_of(bytes, 100 << 10), &a)); /* larger than a chunk */
	CHECK_EQ(a.n, 100 << 10);
	CHECK_EQ(a.p[a.n - 1], 'b');
	while (es_pile_copy(&p, es_slice_of(bytes, 1024), &a))
		n++;
	CHECK_EQ(n, 100);
	CHECK(!es_pile_copy(&p, es_slice_of(bytes, 1), &a));
	es_pile_done(&p);
	/* to its last byte, where that is no multiple of the alignment */
	p.max_bytes = 21;
	CHECK(es_pile_copy(&p, es_slice_of(bytes, 16), &a));
	CHECK(!es_pile_copy(&p, es_slice_of(bytes, 6), &a));
	CHECK(es_pile_copy(&p, es_slice_of(bytes, 5), &a));
	CHECK_EQ(p.n_bytes, 21);
	CHECK(!es_pile_copy(&p, es_slice_of(bytes, 1), &a));
	es_pile_done(&p);
}
