/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who goes when a pool is full: unproven before established, inside the largest share of a source
 * prefix first, idle before busy. A flood from one network so evicts itself before anybody else.
 * The prefix is /24 of IPv4 and /48 of IPv6, thrown into buckets by a plain hash: the choice must
 * not depend on the run's key.
 */
#ifndef EARSHOT_BASE_SHARES_H
#define EARSHOT_BASE_SHARES_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/time.h"

enum {
	ES_SHARES_BUCKETS_MAX = 1024, /* of a rank; a pool of fewer objects has fewer */
	ES_SHARES_LOOK = 32,          /* candidates looked at for the idlest, from the oldest on */
};

#define ES_SHARES_NONE UINT32_MAX

struct es_share {
	uint32_t prev;
	uint32_t next;
	uint16_t bucket;
	uint8_t rank; /* 0 unproven, 1 established */
};

struct es_share_list {
	uint32_t head;
	uint32_t tail;
	uint32_t n;
};

struct es_shares {
	struct es_share *at; /* by pool index */
	struct es_share_list *list[2];
	uint32_t n_buckets; /* of each rank */
	uint32_t n[2];
};

/* Last sign of life of the object with this index. */
typedef es_time (*es_shares_seen)(const void *ctx, uint32_t index);

/* For a pool of cap objects. ES_ENOMEM. */
int es_shares_new(struct es_shares *s, uint32_t cap);

/* A zeroed one is fine. */
void es_shares_free(struct es_shares *s);

void es_shares_add(struct es_shares *s, uint32_t index, const struct es_addr *src, bool proven);
void es_shares_rank(struct es_shares *s, uint32_t index, bool proven);
void es_shares_drop(struct es_shares *s, uint32_t index);

/* The one to give up, ES_SHARES_NONE when there is none. It stays in until dropped. */
uint32_t es_shares_victim(struct es_shares *s, es_shares_seen seen, const void *ctx);

#endif
