/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on standard error: what a reader of the figures must know about how they came about. */
#ifndef AGENT_COMMAND_NOTES_H
#define AGENT_COMMAND_NOTES_H

#include "agent/command/feed.h"
#include "earshot/slice.h"

#include <stdio.h>

/* Who notes: `earshot read: note: ..`, `earshot explain: NAME: note: ..`. */
struct es_notes {
	FILE *to;
	const char *command;
	es_slice name;      /* of the vantage point; empty: there is one only */
	const char *filter; /* of --filter; NULL: none */
};

/* --call or --number left none of the calls. */
void es_notes_no_call_fits(const struct es_notes *n, uint64_t n_calls);

/* What the captures themselves lost, and packets out of the order of time. */
void es_notes_feed(const struct es_notes *n, const struct es_feed *feed);

/*
 * What stood in clear sight and could not be read: SIP that the capture cut, compressed or encrypted
 * signalling, link types; and where no call or no stream came of it, what most of the packets were. Media without
 * signalling is noted of one capture alone: the others of an explained call may have it. All
 * packets must have been handed to the engine. n_cut: of them, those that the capture holds in part.
 */
void es_notes_engine(const struct es_notes *n, const struct es_engine *engine, uint64_t n_cut);

#endif
