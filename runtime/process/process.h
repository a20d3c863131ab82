/* SPDX-License-Identifier: Apache-2.0 */
/* A child that continues in this program, without exec. */
#ifndef EARSHOT_RUNTIME_PROCESS_PROCESS_H
#define EARSHOT_RUNTIME_PROCESS_PROCESS_H

#include "earshot/error.h"

/*
 * run(ctx) in a child; its result is the exit status. The child is killed when its parent ends, and ignores SIGHUP, SIGINT,
 * SIGTERM and SIGPIPE: the parent says when to end. It shares the parent's descriptors; es_process_keep closes them.
 * 0 and *pid in the parent, which waits for it (es_child_new); ES_EIO.
 */
int es_process_fork(int (*run)(void *ctx), void *ctx, int *pid);

/*
 * In such a child, first of all: closes every descriptor but *keep, which may get another number. stdin,
 * stdout and stderr lead to log, where log lines have the form of the journal's. ES_EIO.
 */
int es_process_keep(int *keep, int log);

/* A signal to a child that was not waited for yet. */
void es_process_signal(int pid, int signo);

#endif
