/* SPDX-License-Identifier: Apache-2.0 */
/* When the modelled buffer ran empty and waited, until the block it fell in is judged. */
#ifndef EARSHOT_QUALITY_FROZEN_H
#define EARSHOT_QUALITY_FROZEN_H

#include <stdint.h>

enum { ES_FROZEN_EVENTS = 4 };

struct es_frozen {
	uint64_t at[ES_FROZEN_EVENTS]; /* number the buffer waited for, ascending */
	uint32_t frames[ES_FROZEN_EVENTS];
	uint32_t n;
	uint32_t times; /* in all */
};

/* More are not kept one by one: they add to the last one. */
void es_frozen_add(struct es_frozen *f, uint64_t at, uint32_t frames);

/* Frames waited for numbers up to last. They are reported once. */
uint32_t es_frozen_take(struct es_frozen *f, uint64_t last);

#endif
