/* SPDX-License-Identifier: Apache-2.0 */
/* What the user of `earshot top` looks at: order, filter, selection, page; and what keys do to it. */
#ifndef AGENT_TOP_TOP_VIEW_H
#define AGENT_TOP_TOP_VIEW_H

#include "agent/top/top_figures.h"

enum es_top_page { ES_TOP_LIST, ES_TOP_DETAIL, ES_TOP_HELP };

enum { ES_TOP_FILTER_BYTES = 48 };

/* Zeroed: the list by MOS, the worst call first, its first row selected. */
struct es_top_view {
	enum es_top_page page;
	enum es_top_sort sort;
	bool is_reversed;
	bool is_paused;
	bool is_left;                     /* q */
	bool is_typing;                   /* the filter */
	char filter[ES_TOP_FILTER_BYTES]; /* printable ASCII; empty: none */
	char before[ES_TOP_FILTER_BYTES]; /* the one in force before it was typed */
	uint64_t selected;                /* serial of the row under the cursor; 0: none yet */
	uint64_t opened;                  /* serial of the row on the page of details */
	bool follows; /* the selected row, wherever it ranks; else the cursor stays in its place */
	uint32_t position; /* of the cursor among all rows */
	uint32_t offset;   /* of the first row on the screen */
	uint32_t rows;     /* rows on the screen, for page keys; es_top_list_fill knows */
	int64_t moved;     /* by how many rows, since it was drawn */
	uint32_t skip;     /* lines of the other pages above the screen */
	uint8_t n_begun;   /* of an escape sequence: 1: ESC, 2: [ or O behind it, 3: a parameter */
	uint8_t parameter; /* its first byte of parameters */
};

/* Bytes of a keyboard, as a terminal sends them. An escape sequence may be cut: the next call has the rest. */
void es_top_view_input(struct es_top_view *v, const uint8_t *bytes, size_t n);

/* Nothing came behind an ESC for a while, so it is the key itself. False: there was none. */
bool es_top_view_settle(struct es_top_view *v);

/* "MOS", "loss". */
const char *es_top_view_sort_name(enum es_top_sort sort);

#endif
