/* SPDX-License-Identifier: Apache-2.0 */
/* Waits of the modelled buffer. */
#include "probes/quality/frozen.h"

static uint32_t
sum(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

void
es_frozen_add(struct es_frozen *f, uint64_t at, uint32_t frames)
{
	f->times = sum(f->times, 1);
	if (f->n == ES_FROZEN_EVENTS) {
		f->frames[f->n - 1] = sum(f->frames[f->n - 1], frames);
		return;
	}
	f->at[f->n] = at;
	f->frames[f->n++] = frames;
}

uint32_t
es_frozen_take(struct es_frozen *f, uint64_t last)
{
	uint32_t frames = 0;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		if (f->at[i] <= last) {
			frames = sum(frames, f->frames[i]);
			continue;
		}
		f->at[kept] = f->at[i];
		f->frames[kept++] = f->frames[i];
	}
	f->n = kept;
	return frames;
}
