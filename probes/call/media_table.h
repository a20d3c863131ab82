/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media addresses that SDP announced, until RTP comes. An address is as its owner announced it: packets sent to
 * it carry the payload types that its owner listed.
 */
#ifndef EARSHOT_CALL_MEDIA_TABLE_H
#define EARSHOT_CALL_MEDIA_TABLE_H

#include "probes/base/context.h"
#include "probes/base/eviction.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/call/request.h"
#include "probes/call/terms.h"

enum {
	ES_MEDIA_LIFE_S = 180,    /* from the SDP that named it last */
	ES_MEDIA_HOLDERS_MAX = 8, /* calls that announce one address */
	ES_MEDIA_KEYS_MAX = 4,    /* the oldest is replaced */
};

/* A key its owner may encrypt with; what it is knows only who decrypts. */
struct es_media_key {
	uint64_t print; /* keyed hash of it: the same key again is no new one */
	uint32_t id;    /* of es_keys */
	uint32_t tag;   /* of its a=crypto line */
	uint8_t line;   /* and of the media line, its index in the SDP */
};

/* Why an address is expected. */
enum es_media_rank {
	ES_MEDIA_SAID = 0,      /* connection address of a media line */
	ES_MEDIA_CANDIDATE = 1, /* one of several of RFC 8839: never takes an address from a call */
};

/* One address of one call. Legs of a call that hand SDP on have one each for the same address. */
struct es_media {
	struct es_addr addr; /* family 0: a name or none, distinguished by its other bytes */
	struct es_addr rtcp; /* where its owner wants RTCP */
	struct es_addr
	    host; /* that sent the SDP, with the port it announced: hosts.h; family 0: none */
	struct es_addr peer;     /* host that it went to */
	struct es_addr left_for; /* named in its place when it was withdrawn last; family 0: none */
	uint32_t call;           /* index of the dialog, and the next address of it */
	uint32_t call_next;
	es_time expires;
	uint64_t ufrag;             /* hash of the ICE fragment of its owner, 0: none */
	uint64_t generation;        /* of the SDP that named it last */
	es_time left_at;            /* SDP of its owner withdrew it last: with is_away */
	es_time away_at;            /* it was withdrawn before, 0: never .. */
	es_time back_at;            /* .. until it was named again */
	struct es_request named_by; /* of the SDP that named it last */
	struct es_request left_by;  /* of the SDP that withdrew it */
	bool is_away;               /* not named again yet */
	bool is_held;               /* withdrawn by a hold: its owner named no other one */
	bool wants_none;            /* the SDP that named it last wants no packets */
	bool is_caller;             /* the caller's own address */
	uint8_t rank;               /* enum es_media_rank */
	uint8_t buffer_by;          /* enum es_receiver_by: how its owner is known to adapt */
	uint8_t n_keys;
	bool has_lost_keys; /* it has more than are in key: no room, or not supported */
	struct es_media_key key[ES_MEDIA_KEYS_MAX];
	struct es_terms *terms; /* with its siblings; NULL only until its first line is read */
};

struct es_media_table {
	struct es_pool pool;
	struct es_pool terms; /* one for each, and those a description is just making */
	struct es_table table;
	struct es_table ufrags; /* of those that have one */
	struct es_table hosts;  /* of those whose hosts are known: hosts.h */
	struct es_eviction eviction;
};

int es_media_table_new(struct es_media_table *m, uint32_t cap);
void es_media_table_free(struct es_media_table *m);

/* The entries of an address, expired ones too, in no order. */
unsigned es_media_table_holders(const struct es_context *c, const struct es_media_table *m,
    const struct es_addr *addr, uint32_t out[ES_MEDIA_HOLDERS_MAX]);

/* The one that was announced last, expired or not, ES_POOL_NONE. */
uint32_t es_media_table_latest(
    const struct es_context *c, const struct es_media_table *m, const struct es_addr *addr);

/* Whether any call expects media at an address. */
bool es_media_table_is_expected(
    const struct es_context *c, const struct es_media_table *m, const struct es_addr *addr);

/* The entry that a call has for an address, expired or not, ES_POOL_NONE. */
uint32_t es_media_table_of_call(const struct es_context *c, const struct es_media_table *m,
    const struct es_addr *addr, uint32_t call);

/*
 * A new entry for an address that has fewer than ES_MEDIA_HOLDERS_MAX; ES_POOL_NONE when the pool is
 * full. sender: who sent the SDP, for the eviction order.
 */
uint32_t es_media_table_take(struct es_context *c, struct es_media_table *m,
    const struct es_addr *addr, const struct es_addr *sender);

/* Which one a full pool gives up. */
uint32_t es_media_table_victim(struct es_media_table *m);

void es_media_table_drop(struct es_context *c, struct es_media_table *m, uint32_t index);

static inline struct es_media *
es_media_table_at(const struct es_media_table *m, uint32_t index)
{
	return es_pool_at(&m->pool, index);
}

/* Hash of an ICE fragment, never 0. */
uint64_t es_media_table_ufrag_of(const struct es_context *c, es_slice ufrag);

/* Gives an entry its fragment, or takes it away (0). */
void es_media_table_set_ufrag(struct es_media_table *m, uint32_t index, uint64_t ufrag);

#endif
