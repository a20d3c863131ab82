/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of packet numbers as runs: what one vantage point saw of one source. */
#ifndef CORRELATE_INPUT_RUNS_H
#define CORRELATE_INPUT_RUNS_H

#include "probes/base/arena.h"

/* Numbers from..to-1. */
struct es_cor_run {
	int64_t from;
	int64_t to;
};

/* Ascending and apart once tidy. A zeroed one is the empty set. */
struct es_cor_runs {
	struct es_cor_run *at;
	uint32_t n;
	uint32_t cap;
};

/* Room for cap runs; in a full arena the set has none, and add drops silently: check n_refused. */
void es_cor_runs_new(struct es_cor_runs *r, struct es_arena *s, uint32_t cap);

/* Appends from..to-1; runs that touch the last one are joined to it. */
void es_cor_runs_add(struct es_cor_runs *r, int64_t from, int64_t to);

/* Sorts and joins what was appended out of order. */
void es_cor_runs_tidy(struct es_cor_runs *r);

/* All below take tidy sets. */
uint64_t es_cor_runs_count(const struct es_cor_runs *r);
uint64_t es_cor_runs_count_in(const struct es_cor_runs *r, int64_t from, int64_t to);
uint64_t es_cor_runs_common(const struct es_cor_runs *a, const struct es_cor_runs *b);

/* out = a without b; out needs room for a.n + b.n runs. */
void es_cor_runs_minus(
    const struct es_cor_runs *a, const struct es_cor_runs *b, struct es_cor_runs *out);

#endif
