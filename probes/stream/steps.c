/* SPDX-License-Identifier: Apache-2.0 */
/* The median step in fixed memory. */
#include "probes/stream/steps.h"

void
es_steps_add(struct es_steps *s, uint32_t step)
{
	unsigned rarest = 0;

	for (unsigned i = 0; i < ES_STEPS_KINDS; i++) {
		if (s->step[i] == step) {
			if (++s->count[i] == UINT16_MAX)
				for (unsigned k = 0; k < ES_STEPS_KINDS; k++)
					s->count[k] /= 2;
			return;
		}
		if (s->count[i] < s->count[rarest])
			rarest = i;
	}
	s->step[rarest] = step;
	s->count[rarest] = 1;
}

uint32_t
es_steps_count(const struct es_steps *s)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < ES_STEPS_KINDS; i++)
		n += s->count[i];
	return n;
}

uint32_t
es_steps_median(const struct es_steps *s)
{
	uint32_t total = es_steps_count(s);
	uint32_t below = 0;
	uint32_t at = 0;

	if (total == 0)
		return 0;
	/* Climb from step to step until half of all packets lie at or below. */
	while (below * 2 < total) {
		uint32_t next = UINT32_MAX;
		uint32_t count = 0;

		for (unsigned i = 0; i < ES_STEPS_KINDS; i++)
			if (s->count[i] > 0 && s->step[i] > at && s->step[i] < next) {
				next = s->step[i];
				count = s->count[i];
			}
		if (count == 0)
			break;
		at = next;
		below += count;
	}
	return at;
}
