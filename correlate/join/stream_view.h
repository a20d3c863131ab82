/* SPDX-License-Identifier: Apache-2.0 */
/* Stream views: streams with their blocks in order, and how two of them compare. */
#ifndef CORRELATE_JOIN_STREAM_VIEW_H
#define CORRELATE_JOIN_STREAM_VIEW_H

#include "correlate/join/solve.h"

/* Fills in all stream views of the store, sorted. ES_EFULL: the scratch memory is too small. */
int es_cor_stream_views(struct es_cor_solve *s);

/* What two stream views of one SSRC show when compared; x and y of out are left alone. */
void es_cor_stream_view_compare(
    const struct es_cor_solve *s, uint32_t a, uint32_t b, struct es_cor_match *out, int64_t *shift);

/* Numbers between a stream view's begin and the end of the one that it continues, either way: the engine's own. */
enum { ES_COR_CONTINUES_BACK = 100, ES_COR_CONTINUES_FORWARD = 3000 };

/* Whether b continues where a ended, on the same line; *shift as for es_cor_line_join. */
bool
es_cor_stream_view_continues(const struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t *shift);

bool es_cor_same_tuple(const struct es_stream_key *a, const struct es_stream_key *b);
bool es_cor_is_reversed(const struct es_stream_key *a, const struct es_stream_key *b);

/*
 * Time of n packets of a stream view in ns, n of either sign; 0 if step or clock are not known. Numbers that are further
 * apart than 2^26, 15 days of 20 ms, count as so far apart.
 */
int64_t es_cor_packets_ns(uint32_t step, uint32_t clock_rate_hz, int64_t n);

/* Whether a stream view was there for at least half of the time of another one. */
bool es_cor_stream_view_runs_with(
    const struct es_cor_stream_view *x, const struct es_cor_stream_view *st);

#endif
