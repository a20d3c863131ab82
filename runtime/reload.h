/* SPDX-License-Identifier: Apache-2.0 */
/* What a process logs of its configuration when SIGHUP made it read the file again. */
#ifndef EARSHOT_RUNTIME_RELOAD_H
#define EARSHOT_RUNTIME_RELOAD_H

#include "runtime/options.h"

/* A process that reads a file which others read, too. */
struct es_reload_process {
	const char *name; /* begins each line */
	unsigned bit;     /* of es_option.reloads: what it puts in force itself */
	bool is_child;    /* its supervisor says what takes effect at a restart */
	/* What to say of a changed row of its own in place of "in force from now on", NULL: that. May be NULL. */
	const char *(*taken)(void *ctx, const struct es_option *row);
	void *ctx;
};

/*
 * Logs one line for each option that changed, with its place: against last, the file as it was read last, where this
 * process puts the row in force; against first, the one that it started with, where another value takes effect at a restart.
 * What another process puts in force, that one says.
 */
void es_reload_report(const struct es_reload_process *by, const struct es_options *first,
    const struct es_options *last, const struct es_options *now);

/* Logs why what was read is not taken. */
void es_reload_refuse(const char *who, const char *why);

#endif
