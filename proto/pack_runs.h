/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers that blocks miss, as runs in two columns: skip = numbers since the run before (or first_seq),
 * less = length less one.
 */
#ifndef EARSHOT_PROTO_PACK_RUNS_H
#define EARSHOT_PROTO_PACK_RUNS_H

#include "earshot/record.h"
#include "proto/alloc.h"

enum { ES_PACK_RUNS_MAX = 1024 }; /* of all blocks of a pack */

/* The runs of all blocks, one after the other. Returns how many, ES_EFULL, ES_EINVALID. */
int es_pack_runs_write(const struct es_record *const *recs, size_t n,
    uint32_t skip[ES_PACK_RUNS_MAX], uint32_t less[ES_PACK_RUNS_MAX]);

/*
 * The runs of one block, in the arena. Checks the block as well: first_seq..last_seq is at most a block, and
 * every run lies in it. ES_EMALFORMED, ES_EFULL.
 */
int es_pack_runs_read(const uint32_t *skip, const uint32_t *less, size_t n, struct es_alloc *alloc,
    struct es_interval *block);

#endif
