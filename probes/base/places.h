/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only some objects of a pool have, in a pool of its own that is as large. Each slot of the objects' pool has at
 * most one place, and the places know whose they are: so one is never missing, not even where an object forgot its
 * own. A place costs memory only once it was taken.
 */
#ifndef EARSHOT_BASE_PLACES_H
#define EARSHOT_BASE_PLACES_H

#include "probes/base/pool.h"

struct es_places {
	struct es_pool pool;
	uint32_t *of; /* of each slot: 1 + the index of its place, 0: it has none */
};

/* slots: of the pool of the objects. ES_ENOMEM, ES_EINVALID (nothing to hold). */
int es_places_new(struct es_places *p, uint32_t slots, size_t item_bytes);

/* Zeroed ones are fine. */
void es_places_free(struct es_places *p);

/* The place of a slot, zeroed, also where the slot had one. Valid until given back, never moves. */
void *es_places_take(struct es_places *p, uint32_t slot);

/* Gives it back, where the slot has one. Zeroed places are fine. */
void es_places_give(struct es_places *p, uint32_t slot);

#endif
