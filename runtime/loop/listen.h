/* SPDX-License-Identifier: Apache-2.0 */
/* TCP listeners on the loop: each connection is a descriptor, non-blocking and close-on-exec. */
#ifndef EARSHOT_RUNTIME_LISTEN_H
#define EARSHOT_RUNTIME_LISTEN_H

#include "earshot/addr.h"
#include "runtime/loop/loop.h"

/*
 * Accepts TCP connections. bind->port 0 lets the system choose (es_listen_port returns it). fd is given.
 * When the process runs out of descriptors the listener rests for 100 ms instead of spinning.
 * ES_EIO: see errno (address in use, no permission).
 */
struct es_listen;
int es_listen_new(struct es_loop *l, const struct es_addr *bind,
    void (*accepted)(void *ctx, int fd, const struct es_addr *peer), void *ctx,
    struct es_listen **out);
uint16_t es_listen_port(const struct es_listen *s);
void es_listen_free(struct es_listen *s); /* NULL is fine */

#endif
