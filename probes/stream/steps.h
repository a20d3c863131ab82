/* SPDX-License-Identifier: Apache-2.0 */
/* RTP timestamp units per packet: the median of the steps seen between neighbours. */
#ifndef EARSHOT_STREAM_STEPS_H
#define EARSHOT_STREAM_STEPS_H

#include <stdint.h>

enum { ES_STEPS_KINDS = 5 };

/* Up to five different steps with their counts; a sixth takes the place of the rarest. */
struct es_steps {
	uint32_t step[ES_STEPS_KINDS];
	uint16_t count[ES_STEPS_KINDS];
};

/* step: difference of timestamps of two packets in order, above 0. */
void es_steps_add(struct es_steps *s, uint32_t step);

/* How many were added; less where they were very many. */
uint32_t es_steps_count(const struct es_steps *s);

/* 0: none seen. */
uint32_t es_steps_median(const struct es_steps *s);

#endif
