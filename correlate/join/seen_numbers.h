/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that a stream view saw, its longer holes, and whether media on another path fill them. */
#ifndef CORRELATE_JOIN_SEEN_NUMBERS_H
#define CORRELATE_JOIN_SEEN_NUMBERS_H

#include "correlate/join/solve.h"

/* A walk over the longer holes of a stream view; begins zeroed. */
struct es_cor_hole {
	uint32_t part;
	uint32_t gap;
	bool is_between; /* the one before the part was given */
	uint32_t ts;     /* of the packet it begins with */
};

bool
es_cor_seen_numbers_hole(const struct es_cor_solve *s, uint32_t stream_view, struct es_cor_hole *h);

/*
 * The numbers from..to-1 that a stream view saw, each moved by shift, as runs. out has the room that
 * es_cor_seen_numbers_room says.
 */
void es_cor_seen_numbers(const struct es_cor_solve *s, const struct es_cor_stream_view *st,
    int64_t from, int64_t to, int64_t shift, struct es_cor_runs *out);
uint32_t es_cor_seen_numbers_room(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t from, int64_t to);

/*
 * Whether b, which began while a was under way, has packets that a misses: the same media on another path
 * for a while. *shift as for es_cor_line_join.
 */
bool es_cor_seen_numbers_fill(const struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t *shift);

#endif
