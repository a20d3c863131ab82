/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that blocks miss, as runs in two columns. */
#include "proto/pack_runs.h"

#include "earshot/error.h"
#include "proto/fields.h"

int
es_pack_runs_write(const struct es_record *const *recs, size_t n, uint32_t skip[ES_PACK_RUNS_MAX],
    uint32_t less[ES_PACK_RUNS_MAX])
{
	int n_runs = 0;

	for (size_t i = 0; i < n; i++) {
		const struct es_interval *r = &recs[i]->u.interval;
		uint64_t at = r->first_seq;

		for (uint32_t k = 0; k < r->n_missing; k++, n_runs++) {
			const struct es_missing *run = &r->missing[k];

			if (run->seq < at || run->seq - at >= ES_BLOCK_SEQS || run->run == 0)
				return ES_EINVALID;
			if (n_runs == ES_PACK_RUNS_MAX)
				return ES_EFULL;
			skip[n_runs] = (uint32_t)(run->seq - at);
			less[n_runs] = run->run - 1;
			at = run->seq + run->run;
		}
	}
	return n_runs;
}

int
es_pack_runs_read(const uint32_t *skip, const uint32_t *less, size_t n, struct es_alloc *alloc,
    struct es_interval *block)
{
	struct es_missing *runs;
	uint64_t at = block->first_seq;

	if (block->first_seq > block->last_seq ||
	    block->last_seq - block->first_seq >= ES_BLOCK_SEQS ||
	    block->block != block->first_seq / ES_BLOCK_SEQS || n > ES_FIELD_RUNS_MAX)
		return ES_EMALFORMED;
	if (n == 0)
		return 0;
	runs = es_arena_reserve(&alloc->arena, n, sizeof(*runs));
	if (runs == NULL)
		return ES_EFULL;
	for (size_t i = 0; i < n; i++) {
		uint64_t left = block->last_seq - at + 1;

		if (at > block->last_seq || skip[i] >= left || less[i] >= left - skip[i])
			return ES_EMALFORMED;
		memset(&runs[i], 0, sizeof(runs[i]));
		runs[i].seq = at + skip[i];
		runs[i].run = less[i] + 1;
		at = runs[i].seq + runs[i].run;
	}
	block->missing = runs;
	block->n_missing = (uint32_t)n;
	return 0;
}
