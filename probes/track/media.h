/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media addresses that SDP announced, until RTP comes. An address is what its owner said: packets
 * sent to it carry the payload types its owner listed.
 */
#ifndef EARSHOT_TRACK_MEDIA_H
#define EARSHOT_TRACK_MEDIA_H

#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/track/context.h"
#include "probes/track/payload.h"
#include "probes/track/shares.h"

enum {
	ES_MEDIA_LIFE_S = 180, /* from the SDP that named it last */
	ES_MEDIA_TYPES_MAX = 16,
};

struct es_media {
	struct es_addr addr;
	struct es_addr rtcp; /* where its owner wants RTCP */
	uint32_t call;       /* index of the dialog, and the next address of it */
	uint32_t call_next;
	es_time expires;
	bool is_secure;
	bool is_caller; /* the caller's own address */
	uint8_t kind;   /* enum es_stream_kind of its media line */
	uint8_t n_types;
	struct es_payload type[ES_MEDIA_TYPES_MAX];
};

struct es_medias {
	struct es_pool pool;
	struct es_table table;
	struct es_shares shares;
};

int es_medias_new(struct es_medias *m, uint32_t cap);
void es_medias_free(struct es_medias *m);

/* The live entry of an address, ES_POOL_NONE. */
uint32_t
es_medias_find(const struct es_context *c, const struct es_medias *m, const struct es_addr *addr);

/* The entry of an address, expired or not. */
uint32_t es_medias_find_any(
    const struct es_context *c, const struct es_medias *m, const struct es_addr *addr);

/*
 * A new entry for an address that has none; ES_POOL_NONE when the pool is full. sender: who sent the
 * SDP, for the eviction order.
 */
uint32_t es_medias_take(struct es_context *c, struct es_medias *m, const struct es_addr *addr,
    const struct es_addr *sender);

/* Which one a full pool gives up. */
uint32_t es_medias_victim(struct es_medias *m);

void es_medias_drop(struct es_context *c, struct es_medias *m, uint32_t index);

static inline struct es_media *
es_media_at(const struct es_medias *m, uint32_t index)
{
	return es_pool_at(&m->pool, index);
}

/* What the owner said a payload type is; false when it did not list it. */
bool es_media_type(const struct es_media *m, uint8_t pt, struct es_payload *out);

#endif
