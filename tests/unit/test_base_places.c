/* SPDX-License-Identifier: Apache-2.0 */
/* Places: one for each slot, whoever forgets to give it back. */
#include "probes/base/places.h"

#include "tests/unit/harness.h"

enum { SLOTS = 5, BYTES = 24 };

static void
fill(uint8_t *place, uint8_t with)
{
	for (unsigned i = 0; i < BYTES; i++) {
		CHECK_EQ(place[i], 0);
		place[i] = with;
	}
}

TEST(places_are_of_their_slots_and_zeroed)
{
	struct es_places p;
	uint8_t *of[SLOTS];

	CHECK_EQ(es_places_new(&p, SLOTS, BYTES), 0);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned slot = SLOTS; slot-- > 0;) {
			of[slot] = es_places_take(&p, slot);
			fill(of[slot], (uint8_t)(1 + slot));
		}
		CHECK_EQ(p.pool.n_used, SLOTS);
		for (unsigned slot = 0; slot < SLOTS; slot++) {
			CHECK_EQ(of[slot][0], 1 + slot);
			CHECK_EQ(of[slot][BYTES - 1], 1 + slot);
			es_places_give(&p, slot);
			es_places_give(&p, slot); /* it has none any more */
			CHECK_EQ(p.pool.n_used, SLOTS - 1 - slot);
		}
	}
	es_places_free(&p);
}

TEST(place_that_was_forgotten_is_taken_again)
{
	struct es_places p;
	uint8_t *other, *first;

	CHECK_EQ(es_places_new(&p, SLOTS, BYTES), 0);
	other = es_places_take(&p, 0);
	fill(other, 1);
	first = es_places_take(&p, SLOTS - 1);
	for (unsigned i = 0; i < 3 * SLOTS; i++) {
		fill(first, 2);
		CHECK(es_places_take(&p, SLOTS - 1) == first);
		CHECK_EQ(p.pool.n_used, 2);
	}
	CHECK_EQ(other[0], 1);
	CHECK_EQ(other[BYTES - 1], 1);
	es_places_free(&p);
}

TEST(places_that_nobody_made_are_given_back)
{
	struct es_places p = { 0 };

	es_places_give(&p, 3);
	CHECK_EQ(es_places_new(&p, 0, BYTES), ES_EINVALID);
	es_places_give(&p, 3);
	es_places_free(&p);
	es_places_free(&p);
}
