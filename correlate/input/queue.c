/* SPDX-License-Identifier: Apache-2.0 */
/* The queue's binary heap: no number is lower than the one it hangs from. */
#include "correlate/input/queue.h"

#include "earshot/error.h"

int
es_cor_queue_new(struct es_cor_queue *q, struct es_arena *mem, uint32_t cap)
{
	q->at = es_arena_reserve(mem, cap, sizeof(*q->at));
	q->n = 0;
	q->cap = q->at == NULL ? 0 : cap;
	return q->at == NULL ? ES_EFULL : 0;
}

void
es_cor_queue_add(struct es_cor_queue *q, uint64_t number)
{
	uint32_t i = q->n;

	if (q->n == q->cap)
		return;
	q->n++;
	for (; i > 0 && q->at[(i - 1) / 2] > number; i = (i - 1) / 2)
		q->at[i] = q->at[(i - 1) / 2];
	q->at[i] = number;
}

bool
es_cor_queue_pop(struct es_cor_queue *q, uint64_t *lowest)
{
	uint32_t i = 0;
	uint64_t last;

	if (q->n == 0)
		return false;
	*lowest = q->at[0];
	last = q->at[--q->n];
	while (i < q->n / 2) {
		uint32_t child = 2 * i + 1;

		child += child + 1 < q->n && q->at[child + 1] < q->at[child];
		if (q->at[child] >= last)
			break;
		q->at[i] = q->at[child];
		i = child;
	}
	q->at[i] = last;
	return true;
}
