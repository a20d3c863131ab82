/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encapsulations that nobody here understands: how many packets had them, and the first bytes of the
 * last. So many kinds at most; those that come later are counted only.
 */
#ifndef EARSHOT_ENGINE_UNKNOWNS_H
#define EARSHOT_ENGINE_UNKNOWNS_H

#include "probes/track/context.h"

enum { ES_UNKNOWNS_MAX = 16 };

struct es_unknowns {
	struct es_unknown rows[ES_UNKNOWNS_MAX];
	uint32_t n;
};

/* Counts one packet, in the counter of its layer as well. bytes: what stood behind the number. */
void es_unknowns_note(struct es_unknowns *u, struct es_context *c, enum es_unknown_layer layer,
    uint32_t number, es_slice bytes);

#endif
