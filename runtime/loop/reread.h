/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file that is read again at SIGHUP. A reading counts if a second one, a second later, has the same
 * values and every file of it ends with a line end: a file that is just being written changes nothing. A signal
 * during these readings does not begin them once more: a file that rests from a signal on is taken within two pauses,
 * however many signals come.
 */
#ifndef EARSHOT_RUNTIME_REREAD_H
#define EARSHOT_RUNTIME_REREAD_H

#include "runtime/loop/loop.h"
#include "runtime/loop/notify.h"
#include "runtime/options.h"

enum {
	ES_REREAD_PAUSE_MS = 1000, /* between two readings */
	ES_REREAD_MAX = 20,        /* readings of a file that never rests */
};

struct es_reread_config {
	const char *who; /* begins each line that is logged */
	const struct es_option *table;
	const char *path;                                     /* kept, as who and table */
	void (*settled)(void *ctx, struct es_options *given); /* without a mistake */
	struct es_notify
	    *notify; /* kept: hears when a reading begins and when it is over; may be NULL */
};

struct es_reread;

/* Watches SIGHUP from now on. What cannot be read or has a mistake is logged, and settled not called. ES_ENOMEM. */
int es_reread_new(
    struct es_loop *l, const struct es_reread_config *config, void *ctx, struct es_reread **out);
void es_reread_free(struct es_reread *r); /* NULL is fine */

#endif
