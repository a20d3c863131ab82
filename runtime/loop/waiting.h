/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepted connections that wait for a place of a TLS server, so that a silent client takes none.
 *
 *     accepted --first TLS record is whole--> in line --a place is free--> served, oldest first
 *        |                                       |
 *        +-- nothing whole in quiet_ms: closed   +-- no place in longest_ms: closed
 *
 * Bytes stay in the kernel until then: a connection that waits costs a descriptor and 100 bytes.
 */
#ifndef EARSHOT_RUNTIME_WAITING_H
#define EARSHOT_RUNTIME_WAITING_H

#include "runtime/loop/loop.h"

enum { ES_WAITING_QUIET_MS = 5000, ES_WAITING_LONGEST_MS = 30000, ES_WAITING_MAX = 256 };

struct es_waiting;

struct es_waiting_config {
	uint32_t max; /* 0: ES_WAITING_MAX. Above it the longest silent goes, else the newest */
	uint32_t quiet_ms;   /* 0: ES_WAITING_QUIET_MS */
	uint32_t longest_ms; /* 0: ES_WAITING_LONGEST_MS */
	bool (*has_place)(void *ctx);
	void (*serve)(void *ctx, int fd, const struct es_addr *peer); /* fd is given */
	void *ctx;
};

int es_waiting_new(struct es_loop *l, const struct es_waiting_config *cfg,
    struct es_waiting **out);               /* ES_ENOMEM */
void es_waiting_free(struct es_waiting *w); /* closes all; NULL is fine */

/* fd: connected, non-blocking; taken. */
void es_waiting_add(struct es_waiting *w, int fd, const struct es_addr *peer);

/* A place may be free. */
void es_waiting_pump(struct es_waiting *w);

/* Connections that wait now. */
uint32_t es_waiting_count(const struct es_waiting *w);
/* Closed without having been served, since the start. */
uint64_t es_waiting_given_up(const struct es_waiting *w);

#endif
