/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that a budget left out. New media is refused by whole pairs of addresses, both directions with all their SSRCs,
 * and a refused pair stays so until it falls silent: there are no half streams. Which pairs are kept depends on nothing but
 * their addresses, so a lower share keeps a part of what a higher one keeps, and every vantage point that sees a pair
 * decides the same about it.
 */
#ifndef EARSHOT_ENGINE_REFUSED_H
#define EARSHOT_ENGINE_REFUSED_H

#include "probes/media/streams.h"

struct es_refused {
	struct es_streams *streams; /* kept */
	struct es_pool pool;
	struct es_table table;
	uint32_t oldest; /* by their last packets; ES_POOL_NONE: none */
	uint32_t newest;
	uint32_t refused_ppm; /* of new pairs */
	bool is_overfull;     /* at overfull_at a pair was refused that found no room here, */
	es_time overfull_at;  /* and until it must be silent all that is new is refused */
};

/* streams must be set. Room for cap pairs; a zeroed one has none. ES_ENOMEM. */
int es_refused_new(struct es_refused *r, uint32_t cap);
void es_refused_free(struct es_refused *r); /* a zeroed one is fine */

/* ctx: an es_refused. Whether a packet of an unknown stream is left out; counts it, and marks the calls it is of. */
bool es_refused_packet(void *ctx, const struct es_addr *src, const struct es_addr *dst,
    const struct es_rtp *rtp, es_time at);

#endif
