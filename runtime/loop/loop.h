/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of a process (libevent, nowhere else): timers, descriptors, signals, children.
 *
 * Callbacks run from es_loop_run only, never from inside the call that registers them. Each may free
 * its own object and any other; an object freed is never called back.
 */
#ifndef EARSHOT_RUNTIME_LOOP_H
#define EARSHOT_RUNTIME_LOOP_H

#include "earshot/addr.h"
#include "earshot/error.h"

#include <stddef.h>

struct es_loop;

int es_loop_new(struct es_loop **out); /* ES_ENOMEM; the process ignores SIGPIPE from here on */

/* Runs until es_loop_stop, or until nothing is left that could call back. 0 or ES_EIO. */
int es_loop_run(struct es_loop *l);

/* One round: waits for at most wait_ms (-1: until something happens), then runs what is due. */
int es_loop_round(struct es_loop *l, int wait_ms);

void es_loop_stop(struct es_loop *l); /* after the present callback */

void es_loop_free(struct es_loop *l); /* after everything registered on it; NULL is fine */

/* One-shot timer on monotonic time; arm it again for the next time. */
struct es_timer;
int es_timer_new(
    struct es_loop *l, void (*fire)(void *ctx), void *ctx, struct es_timer **out); /* unarmed */
int es_timer_arm(struct es_timer *t, int64_t delay_ms); /* replaces; below 0 counts as 0. ES_EIO */
void es_timer_disarm(struct es_timer *t);
bool es_timer_is_armed(const struct es_timer *t);
void es_timer_free(struct es_timer *t); /* NULL is fine */

/* A descriptor, level-triggered. */
enum { ES_WATCH_READ = 1, ES_WATCH_WRITE = 2 };
struct es_watch;
int es_watch_new(struct es_loop *l, int fd /* borrowed: close it after es_watch_free */,
    void (*ready)(void *ctx, unsigned events), void *ctx,
    struct es_watch **out);                             /* wants nothing */
int es_watch_want(struct es_watch *w, unsigned events); /* 0 = pause. ES_EIO */
void es_watch_free(struct es_watch *w);                 /* NULL is fine */

/* A signal, delivered as an ordinary callback. One loop per process may watch signals. */
struct es_sigwatch;
int es_sigwatch_new(struct es_loop *l, int signo, void (*fire)(void *ctx, int signo), void *ctx,
    struct es_sigwatch **out);
void es_sigwatch_free(struct es_sigwatch *s); /* NULL is fine */

/* The end of a child process (SIGCHLD and waitpid of that pid alone). Call right after fork. */
struct es_child;
int es_child_new(struct es_loop *l, int pid, void (*ended)(void *ctx, int pid, int status),
    void *ctx, struct es_child **out);
void es_child_free(struct es_child *c); /* stops watching; does not end the process; NULL is fine */

#endif
