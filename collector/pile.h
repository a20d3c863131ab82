/* SPDX-License-Identifier: Apache-2.0 */
/* Copies that live and die together, up to a limit. */
#ifndef COLLECTOR_PILE_H
#define COLLECTOR_PILE_H

#include "earshot/slice.h"

struct es_pile_chunk;

struct es_pile {
	struct es_pile_chunk *chunks;
	size_t n_bytes; /* handed out */
	size_t max_bytes;
};

/* Copies bytes; *out is empty when they do not fit. False then. */
bool es_pile_copy(struct es_pile *p, es_slice bytes, es_slice *out);
void es_pile_done(struct es_pile *p); /* all copies are dead */

#endif
