/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outgoing connections and listeners on the loop: they end in plain connected descriptors,
 * non-blocking and close-on-exec, for crypto/tls.h to take over.
 */
#ifndef EARSHOT_RUNTIME_NET_H
#define EARSHOT_RUNTIME_NET_H

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

/*
 * Accepts TCP connections. bind->port 0 lets the system choose (es_listen_port tells). fd is given.
 * When the process runs out of descriptors the listener rests for 100 ms instead of spinning.
 * ES_EIO: errno tells (address in use, no permission).
 */
struct es_listen;
int es_listen_new(struct es_loop *l, const struct es_addr *bind,
    void (*accepted)(void *ctx, int fd, const struct es_addr *peer), void *ctx,
    struct es_listen **out);
uint16_t es_listen_port(const struct es_listen *s);
void es_listen_free(struct es_listen *s); /* NULL is fine */

/*
 * Parses "host:port", "[v6]:port" or "host" (default_port) into host and port; for options and URLs
 * without their scheme. ES_EMALFORMED.
 */
enum { ES_HOST_MAX = 256 };
int
es_host_port_parse(const char *text, uint16_t default_port, char host[ES_HOST_MAX], uint16_t *port);

/* The same for a literal address, for listeners: "127.0.0.1:8080", "[::]:8080". ES_EMALFORMED. */
int es_bind_parse(const char *text, uint16_t default_port, struct es_addr *out);

#endif
