/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process reports to the service manager that started it: the protocol of sd_notify(3), datagrams to the
 * socket that $NOTIFY_SOCKET names. Where the manager asks for it ($WATCHDOG_USEC), a timer of the loop sends a
 * sign of life at half of that interval from ready on: a loop that stands still sends none.
 */
#ifndef EARSHOT_RUNTIME_NOTIFY_H
#define EARSHOT_RUNTIME_NOTIFY_H

#include "runtime/loop/loop.h"

enum { ES_NOTIFY_STATUS_MAX = 256 };

struct es_notify;

/*
 * *out is NULL where no manager listens; each function below takes NULL and does nothing then. Takes its variables
 * out of the environment, so that children do not report. Call it before the right to open sockets is given up.
 * ES_ENOMEM.
 */
int es_notify_new(struct es_loop *l, struct es_notify **out);

/* A state of the process. One that the manager cannot take at once is sent a little later, unless another came. */
void es_notify_ready(
    struct es_notify *n); /* it serves: also after it has read its configuration again */
void es_notify_reloading(struct es_notify *n);
void es_notify_stopping(struct es_notify *n);

/* One line for people, cut at ES_NOTIFY_STATUS_MAX - 1 bytes; the manager shows the last one. */
void __attribute__((format(printf, 2, 3)))
es_notify_status(struct es_notify *n, const char *fmt, ...);

void es_notify_free(struct es_notify *n);

#endif
