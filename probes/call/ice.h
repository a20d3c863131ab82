/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where media really flows, learned from the connectivity checks of ICE (RFC 8445): a Binding request carries
 * the username fragments of both sides, which are in their SDP. Its two addresses, in both directions, then
 * belong to that call; so does the mapped address of its answer. Requests without fragments of a known call are
 * ignored.
 */
#ifndef EARSHOT_CALL_ICE_H
#define EARSHOT_CALL_ICE_H

#include "probes/call/dialogs.h"
#include "probes/wire/other/stun.h"

enum {
	ES_CALL_PAIRS_MAX = 16, /* of one call; the oldest is replaced */
	ES_ICE_CHECKS = 64,     /* requests whose answers are waited for */
	ES_ICE_CALLS_MAX = 8,   /* calls with the same fragment that are looked at */
};

/* Packets from src to dst belong to a call. */
struct es_ice_pair {
	struct es_addr src;
	struct es_addr dst;
	uint64_t ufrag; /* of the owner of dst, 0: not known */
	uint32_t call;
	uint32_t call_next;
	bool is_caller; /* dst is the caller's */
};

/* A request without its answer yet. */
struct es_ice_check {
	struct es_addr src;
	struct es_addr dst;
	uint8_t transaction[12];
	uint64_t ufrag; /* of src */
};

struct es_ices {
	struct es_context *c; /* all three kept */
	struct es_media_table *media;
	struct es_dialogs *dialogs;
	struct es_pool pool;
	struct es_table table;
	struct es_ice_check check[ES_ICE_CHECKS]; /* ring */
	uint8_t next_check;
};

/* The pointers must be set. ES_ENOMEM. */
int es_ices_new(struct es_ices *t, uint32_t cap);
void es_ices_free(struct es_ices *t);

/* A STUN message from src to dst. */
void es_ices_message(struct es_ices *t, const struct es_stun *m, const struct es_addr *src,
    const struct es_addr *dst);

/*
 * The call that owns packets from src to dst, ES_POOL_NONE. *media: an announced address whose types
 * they carry, ES_POOL_NONE where it is not known.
 */
uint32_t es_ices_find(
    const struct es_ices *t, const struct es_addr *src, const struct es_addr *dst, uint32_t *media);

/* Forgets the pairs of a call. */
void es_ices_drop(struct es_ices *t, struct es_dialog *d);

#endif
