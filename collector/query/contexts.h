/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contexts in which a machine was, from its change records: times over which its network, access point, tunnels,
 * power and audio stayed as they were.
 */
#ifndef COLLECTOR_QUERY_CONTEXTS_H
#define COLLECTOR_QUERY_CONTEXTS_H

#include "earshot/record.h"

enum {
	ES_CONTEXTS_MAX = 256,
	ES_CONTEXT_STATES = 24, /* known at one time; of more the oldest are forgotten */
	ES_CONTEXT_TEXT = 96,   /* bytes of a text; longer ones are cut */
};

/* "vpn wg0 is up" */
struct es_context_state {
	uint16_t kind; /* enum es_change_kind */
	uint8_t n_subject, n_text;
	char subject[ES_CONTEXT_TEXT];
	char text[ES_CONTEXT_TEXT];
};

struct es_context {
	es_time start, end;
	uint32_t n_states;
	struct es_context_state states[ES_CONTEXT_STATES];
};

struct es_contexts {
	es_time from, to;
	struct es_context now; /* since now.start, or earlier */
	struct es_context list[ES_CONTEXTS_MAX];
	uint32_t n;
	uint32_t n_left_out; /* behind those of the list */
};

/* Over [from, to]. Nothing is known yet. */
void es_contexts_begin(struct es_contexts *c, es_time from, es_time to);
/* The next change in order of time; the first ones may lie before `from`. Others than those named above change no context. */
void es_contexts_take(struct es_contexts *c, const struct es_change *change);
/* The list is whole. Contexts of which nothing is known are not in it. */
void es_contexts_end(struct es_contexts *c);

/* The text of the first state of a kind, of this subject unless it is NULL; empty without one. */
es_slice
es_contexts_text(const struct es_context *c, enum es_change_kind kind, const char *subject);

#endif
