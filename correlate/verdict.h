/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict of a call from its two judged directions. */
#ifndef CORRELATE_VERDICT_H
#define CORRELATE_VERDICT_H

#include "correlate/cause.h"

/* Directions of one call; has[] says whether any media of it were seen. */
struct es_cor_hearing {
	struct es_cor_case *c;
	struct es_cor_direction *d[2];      /* forward, reverse */
	const struct es_direction *told[2]; /* the same for the reader; NULL where it has none */
	bool has[2];
	bool was_answered; /* signalling says that both sides should be heard */
	bool was_held;
};

void es_cor_verdict(const struct es_cor_hearing *h, struct es_verdict *out);

/* The direction that should have been heard and was not: 0, 1, or -1. */
int es_cor_one_way(const struct es_cor_hearing *h);

/* Ranks a cause: keeps the higher confidence of one named twice; best first. */
void es_cor_rank(struct es_verdict *v, enum es_cause cause, uint32_t confidence_ppm);

/* Sentences about the segments and blocks of a direction. */
void es_cor_tell_direction(const struct es_cor_hearing *h, uint32_t dir,
    const struct es_cor_blame *blame, struct es_verdict *out);
void es_cor_tell_finding(const struct es_cor_hearing *h, uint32_t dir,
    const struct es_cor_blame *blame, const struct es_cor_finding *f, struct es_verdict *out);

/* Loss that the receiver beyond the last point reported and that point did not see, ppm; 0: none. */
uint32_t es_cor_reported_beyond(const struct es_cor_direction *d, uint64_t expected, uint64_t lost);

#endif
