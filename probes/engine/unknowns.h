/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encapsulations that no opener reads: how many packets had them, and the first bytes of the last. The number of
 * kinds is limited. A new kind replaces the rarest of those that a health record has reported, or else one that
 * was seen once and never again. So a kind that stays is reported at least once, and a flood of odd numbers does
 * not keep it out. Packets of kinds that were replaced, or found no room, are counted in
 * ES_CNT_UNKNOWN_UNSAMPLED.
 */
#ifndef EARSHOT_ENGINE_UNKNOWNS_H
#define EARSHOT_ENGINE_UNKNOWNS_H

#include "probes/base/context.h"

enum {
	ES_UNKNOWNS_MAX = 16,
	ES_UNKNOWN_ONCE_PACKETS = 1000, /* of unknown kinds, without a second one of this */
};

/* Decides which one is replaced first. */
struct es_unknown_age {
	bool is_reported; /* by a health record */
	uint64_t since;   /* packets since then */
	uint64_t seen;    /* number of the last one */
};

struct es_unknowns {
	struct es_unknown rows[ES_UNKNOWNS_MAX];
	struct es_unknown_age age[ES_UNKNOWNS_MAX]; /* of each row */
	uint32_t n;
	uint64_t n_seen; /* packets, all rows */
};

/* Counts one packet, in the counter of its layer as well. bytes: what followed the number. */
void es_unknowns_note(struct es_unknowns *u, struct es_context *c, enum es_unknown_layer layer,
    uint32_t number, es_slice bytes);

/* The most frequent ones first, at most cap. */
uint32_t es_unknowns_list(const struct es_unknowns *u, struct es_unknown *out, uint32_t cap);

/* A health record has reported all rows. */
void es_unknowns_reported(struct es_unknowns *u);

#endif
