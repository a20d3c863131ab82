/* SPDX-License-Identifier: Apache-2.0 */
/* A child that does something else with what its parent gives it. */
#ifndef EARSHOT_RUNTIME_PROCESS_PROCESS_H
#define EARSHOT_RUNTIME_PROCESS_PROCESS_H

#include "earshot/error.h"

#include <stddef.h>

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

/*
 * In such a child, last of all: begins this program again, from its file, with these arguments (the first is its name, the
 * last NULL) and fd as descriptor ES_PROCESS_FD. No ambient capability goes with it. Returns only where that fails: ES_EIO
 * (errno).
 */
enum { ES_PROCESS_FD = 3 };
int es_process_again(const char *const *argv, int fd);

/* The path of this program's file; also where there is no /proc. ES_EIO (errno). */
int es_process_own_file(char *out, size_t cap);

/* A signal to a child that was not waited for yet. */
void es_process_signal(int pid, int signo);

#endif
