/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which object a full pool gives up: an unproven one before an established one, within that from the source
 * prefix with the most objects, of those the idlest. So a flood from one network evicts its own objects first.
 * The prefix is /24 of IPv4 and /48 of IPv6. A plain hash puts prefixes into buckets, because the choice must
 * not depend on the random key of the run.
 */
#ifndef EARSHOT_BASE_EVICTION_H
#define EARSHOT_BASE_EVICTION_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/time.h"

enum {
	ES_EVICTION_BUCKETS_MAX = 1024, /* of a rank; a pool of fewer objects has fewer */
	ES_EVICTION_LOOK = 32, /* candidates looked at for the idlest, from the oldest on */
};

#define ES_EVICTION_NONE UINT32_MAX

struct es_eviction_entry {
	uint32_t prev;
	uint32_t next;
	uint16_t bucket;
	uint8_t rank; /* 0 unproven, 1 established */
};

struct es_eviction_list {
	uint32_t head;
	uint32_t tail;
	uint32_t n;
};

struct es_eviction {
	struct es_eviction_entry *at; /* by pool index */
	struct es_eviction_list *list[2];
	uint32_t n_buckets; /* of each rank */
	uint32_t n[2];
};

/* Last sign of life of the object with this index. */
typedef es_time (*es_eviction_seen)(const void *ctx, uint32_t index);

/* For a pool of cap objects. ES_ENOMEM. */
int es_eviction_new(struct es_eviction *s, uint32_t cap);

/* A zeroed one may be freed. */
void es_eviction_free(struct es_eviction *s);

void es_eviction_add(struct es_eviction *s, uint32_t index, const struct es_addr *src, bool proven);
void es_eviction_rank(struct es_eviction *s, uint32_t index, bool proven);
void es_eviction_drop(struct es_eviction *s, uint32_t index);

/* The object to give up, or ES_EVICTION_NONE if the pool is empty. It stays in the lists until es_eviction_drop. */
uint32_t es_eviction_victim(struct es_eviction *s, es_eviction_seen seen, const void *ctx);

#endif
