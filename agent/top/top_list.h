/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows stand on the screen. One pass over all rows, and a heap of those that may be shown: nobody sorts them all. */
#ifndef AGENT_TOP_TOP_LIST_H
#define AGENT_TOP_TOP_LIST_H

#include "agent/top/top_view.h"

struct es_top_ranked {
	uint64_t rank; /* higher stands above */
	uint64_t serial;
	uint32_t call;
};

/* Zeroed: empty. */
struct es_top_list {
	struct es_top_ranked *all; /* rows that the filter lets pass, of which .. */
	uint32_t n;                /* .. so many are in order, the best first */
	uint32_t n_passed;
	uint32_t cap;
	uint32_t first; /* index of the first row on the screen */
};

/*
 * Finds the rows of a screen with so many of them, and moves cursor and page of the view to where its keys and the
 * changed order lead. Rows in progress stand above those that are over. ES_ENOMEM.
 */
int es_top_list_fill(
    struct es_top_list *l, const struct es_top_calls *t, struct es_top_view *v, uint32_t rows);

void es_top_list_free(struct es_top_list *l);

#endif
