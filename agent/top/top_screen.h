/* SPDX-License-Identifier: Apache-2.0 */
/* The whole screen as text: head, the page that is looked at, and a line of keys. */
#ifndef AGENT_TOP_TOP_SCREEN_H
#define AGENT_TOP_TOP_SCREEN_H

#include "agent/output/read_style.h"
#include "agent/top/top_list.h"

#include <stdio.h>

/* What the head says. */
struct es_top_head {
	const char *command; /* what shows it: "top" */
	const char *source;  /* interface, or the name of a file */
	es_time now;         /* in capture time; 0: no packet came yet */
	es_time began;
	uint64_t packets;
	uint64_t dropped; /* by the kernel or the interface */
	bool is_over;     /* the captures are */
	/* Whether the call with this Call-ID is held now; NULL: not known. */
	bool (*is_held)(const void *ctx, es_slice call_id);
	const void *ctx;
};

struct es_top_screen {
	struct es_read_style style;
	uint32_t columns;
	uint32_t lines;
	struct es_top_list list;
};

/* Writes all lines with '\n' between them, none wider than the screen. 0, or ES_ENOMEM. */
int es_top_screen_draw(struct es_top_screen *s, const struct es_top_head *head,
    const struct es_top_calls *t, struct es_top_view *v, FILE *to);

/* Zeroed is fine. */
void es_top_screen_free(struct es_top_screen *s);

#endif
