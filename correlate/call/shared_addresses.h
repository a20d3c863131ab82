/* SPDX-License-Identifier: Apache-2.0 */
/* Which RTP streams of a call have an address and port in common at a point, found without comparing all with all. */
#ifndef CORRELATE_CALL_SHARED_ADDRESSES_H
#define CORRELATE_CALL_SHARED_ADDRESSES_H

#include "correlate/join/solve.h"

/* An address and port at one point. */
struct es_cor_address {
	struct es_addr addr;
	uint32_t point;
	uint32_t uses;   /* newest of a chain of uses, or ES_COR_NONE */
	uint32_t lowest; /* RTP stream of known direction that has it, or ES_COR_NONE */
};

/* An RTP stream has an address as source or as destination. */
struct es_cor_address_use {
	uint32_t address;
	uint32_t rtp_stream;
	uint32_t
	    view; /* the first of the RTP stream's stream views that has it, counted over all points */
	uint32_t next; /* older use of the address, or ES_COR_NONE */
	bool is_dst;
};

struct es_cor_shared_addresses {
	const struct es_cor_solve *s;
	struct es_cor_address *addresses;
	uint32_t n_addresses;
	struct es_cor_address_use *uses; /* by RTP stream, then by view */
	uint32_t n_uses;
	uint32_t *ends; /* by RTP stream: behind the last of its uses */
	uint32_t n_rtp_streams;
	uint32_t n_views; /* of the RTP stream at work */
	struct es_cor_index addresses_by_key;
	struct es_cor_index uses_by_key;
};

/* Room for the stream views of a call's RTP streams. ES_EFULL. */
int es_cor_shared_addresses_new(struct es_cor_shared_addresses *a, const struct es_cor_solve *s,
    uint32_t n_rtp_streams, uint32_t n_stream_views);

/* Adds a stream view: RTP streams and points ascend. */
void es_cor_shared_addresses_add(struct es_cor_shared_addresses *a, uint32_t rtp_stream,
    uint32_t point, const struct es_stream_key *key);

/* The uses of an RTP stream: [*from, *to). */
static inline void
es_cor_address_uses(
    const struct es_cor_shared_addresses *a, uint32_t rtp_stream, uint32_t *from, uint32_t *to)
{
	*from = rtp_stream == 0 ? 0 : a->ends[rtp_stream - 1];
	*to = a->ends[rtp_stream];
}

/*
 * How RTP stream i runs with j, by the first stream views that share an address: 1 in one direction, -1 in
 * opposite ones, 0 nothing in common. It costs as much as the one with fewer addresses has.
 */
int es_cor_relation(const struct es_cor_shared_addresses *a, uint32_t i, uint32_t j);

#endif
