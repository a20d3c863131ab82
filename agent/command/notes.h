/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on standard error: what a reader of the figures must know about how they came about. */
#ifndef AGENT_COMMAND_NOTES_H
#define AGENT_COMMAND_NOTES_H

#include "agent/command/feed.h"
#include "earshot/slice.h"

/* Who notes: `earshot read: ..`, `earshot explain: NAME: ..`. */
struct es_notes {
	const char *command;
	es_slice name; /* of the vantage point; empty: there is one only */
};

/* What the captures themselves lost, and packets out of the order of time. */
void es_notes_feed(const struct es_notes *n, const struct es_feed *feed);

#endif
