/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several streams of one key at one vantage point, one after the other. An engine forgets a stream some time after its
 * end, or sooner if it lacks room, and counts restarts from 0 again: a trunk that keeps its ports and its SSRC from
 * call to call has one key for all of them. Each use of a key is a stream of its own.
 */
#ifndef CORRELATE_INPUT_STREAM_USES_H
#define CORRELATE_INPUT_STREAM_USES_H

#include "correlate/input/record_store.h"
#include "probes/base/arena.h"

/* Parts of a stream: so many in an order, from the first one on. */
struct es_cor_part_range {
	uint32_t first;
	uint32_t n;
};

/* The use that a record is of, of those with the key of the first one; ES_COR_NONE: a new one. */
uint32_t
es_cor_stream_use(const struct es_cor_record_store *s, uint32_t first, const struct es_stream *rec);

/* A record is of this use, whose has_rec still says whether it is the first one. */
void es_cor_stream_use_widen(struct es_cor_stream *st, const struct es_stream *rec);

/*
 * Orders all parts of the store by stream, and those of one use by their numbers: order has room for them all, and of
 * is a zeroed range for each stream. A part belongs to the last use that had begun, and to none
 * where that had long ended. ES_EFULL: the scratch memory is full.
 */
int es_cor_part_order(const struct es_cor_record_store *s, struct es_arena *mem, uint32_t *order,
    struct es_cor_part_range *of);

#endif
