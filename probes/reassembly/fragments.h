/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts IP datagrams together again (RFC 791, RFC 8200 section 4.5): a SIP INVITE with the candidates
 * of a browser in it does not fit into one Ethernet frame. Bounded: so many datagrams at a time, each
 * given up when it is not whole after ES_FRAGMENTS_WAIT_S of capture time, when its parts overlap
 * (RFC 5722; a part that comes twice is only left out), or when the capture cut one of them.
 * Extension headers behind that of the fragment belong to the datagram: its reader passes over them.
 * A part may lie in a datagram that this very function put together: one tunnel inside another.
 */
#ifndef EARSHOT_REASSEMBLY_FRAGMENTS_H
#define EARSHOT_REASSEMBLY_FRAGMENTS_H

#include "probes/base/context.h"
#include "probes/base/eviction.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/wire/link/ip.h"

enum {
	ES_FRAGMENTS_BYTES = 65536, /* of one datagram's payload */
	ES_FRAGMENTS_UNITS = ES_FRAGMENTS_BYTES / 8,
	ES_FRAGMENTS_WAIT_S = 30,
};

/* What came of one datagram; its bytes are kept elsewhere. */
struct es_fragmented {
	struct es_addr src;
	struct es_addr dst;
	uint32_t id;
	uint8_t proto;
	es_time begun_at;
	es_time seen_at;
	uint32_t n_units;     /* of 8 bytes, seen */
	uint32_t high_bytes;  /* end of the furthest part */
	uint32_t whole_bytes; /* 0: the last part has not come */
	uint64_t seen[ES_FRAGMENTS_UNITS / 64];
};

struct es_fragments {
	struct es_context *c; /* kept */
	struct es_pool pool;
	struct es_table table;
	struct es_eviction eviction;
	uint8_t *bytes; /* ES_FRAGMENTS_BYTES for each in the pool, touched when used */
};

/* c must be set. cap: datagrams put together at one time. ES_ENOMEM, ES_EINVALID. */
int es_fragments_new(struct es_fragments *f, uint32_t cap);

/* A zeroed one is fine. */
void es_fragments_free(struct es_fragments *f);

/*
 * Files one part. True: it was the last one missing, and *whole is the datagram as if it had never
 * been cut; its payload is borrowed until the next call.
 */
bool es_fragments_take(
    struct es_fragments *f, const struct es_ip *part, es_time at, struct es_ip *whole);

#endif
