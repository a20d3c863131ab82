/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of calls that are over, held for a moment: the answer to BYE and retransmissions complete a record that was
 * emitted already. Each call is printed once.
 */
#ifndef AGENT_OUTPUT_ENDED_CALLS_H
#define AGENT_OUTPUT_ENDED_CALLS_H

#include "earshot/record.h"
#include "probes/base/hash.h"

enum {
	ES_ENDED_HELD_MS = 2000, /* behind the first record of the call */
	ES_ENDED_REMEMBERED_MS =
	    60000, /* behind its line; an engine knows a call for 32 s after its end */
};

struct es_ended_calls;

/* Prints a line; text is borrowed. */
typedef void (*es_ended_print)(void *ctx, const char *text);

/* cap: calls that are held or remembered; one beyond makes the oldest give way. ES_ENOMEM. */
int es_ended_calls_new(uint32_t cap, struct es_hash_key key, es_ended_print print, void *ctx,
    struct es_ended_calls **out);

/*
 * The line of a record of a call. It replaces a held line of the call; nothing is done with it when the call's line was printed.
 * text is taken, also on error. ES_ENOMEM.
 */
int es_ended_calls_put(struct es_ended_calls *e, const struct es_record *rec, char *text);

/* Prints what was held long enough at now, in capture time. */
void es_ended_calls_advance(struct es_ended_calls *e, es_time now);

/* Prints all that is held, in the order of the ends. */
void es_ended_calls_flush(struct es_ended_calls *e);

/* NULL is fine. Prints nothing. */
void es_ended_calls_free(struct es_ended_calls *e);

#endif
