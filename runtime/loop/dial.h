/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outgoing connections: they end in plain connected descriptors, non-blocking and close-on-exec, for
 * crypto/tls.h to take over.
 */
#ifndef EARSHOT_RUNTIME_DIAL_H
#define EARSHOT_RUNTIME_DIAL_H

#include "runtime/loop/loop.h"

/*
 * Resolves (evdns: no thread, no NSS) and connects, one address after the other, all within deadline_ms. Answers in the loop,
 * once: err 0 and fd given, or fd -1 and a reason ("connect 192.0.2.1:6100: Connection refused").
 * The object frees itself after the answer; es_dial_cancel before it means no answer.
 */
struct es_dial;
typedef void es_dial_done(void *ctx, int err, int fd, const char *reason);
int es_dial_start(struct es_loop *l, const char *host, uint16_t port, uint32_t deadline_ms,
    es_dial_done *done, void *ctx, struct es_dial **out);
void es_dial_cancel(struct es_dial *d); /* NULL is fine */

#endif
