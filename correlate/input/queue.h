/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, the lowest first, in the scratch memory of the solve: a binary heap. */
#ifndef CORRELATE_INPUT_QUEUE_H
#define CORRELATE_INPUT_QUEUE_H

#include "probes/base/arena.h"

struct es_cor_queue {
	uint64_t *at;
	uint32_t n;
	uint32_t cap;
};

/* Room for cap numbers. ES_EFULL. */
int es_cor_queue_new(struct es_cor_queue *q, struct es_arena *mem, uint32_t cap);

/* Beyond cap nothing is added. */
void es_cor_queue_add(struct es_cor_queue *q, uint64_t number);

/* Takes the lowest number out; false if there is none. */
bool es_cor_queue_pop(struct es_cor_queue *q, uint64_t *lowest);

#endif
