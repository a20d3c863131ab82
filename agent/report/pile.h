/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of texts and lists, which are freed together. */
#ifndef AGENT_REPORT_PILE_H
#define AGENT_REPORT_PILE_H

#include "earshot/slice.h"

/* Zeroed it has none. */
struct es_pile {
	struct es_piled *last;
	bool failed; /* there was no memory for one of them */
};

/* The copy lives as long as the pile. NULL without memory, or of nothing. */
void *es_pile_add(struct es_pile *c, const void *bytes, size_t n);

/* Empty without memory. */
es_slice es_pile_text(struct es_pile *c, es_slice text);

/* Leaves it with none. */
void es_pile_free(struct es_pile *c);

#endif
