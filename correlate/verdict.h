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
};

void es_cor_verdict(const struct es_cor_hearing *h, struct es_verdict *out);

/* Ranks a cause: keeps the higher confidence of one named twice; best first. */
void es_cor_rank(struct es_verdict *v, enum es_cause cause, uint32_t confidence_ppm);

/* How sure the far side is of loss before the first point: above a half only with a second witness. */
uint32_t es_cor_far_side_ppm(const struct es_cor_hearing *h, uint32_t dir, uint32_t symptom_ppm);

/* Bad packets of a direction: of two it is the heavier one that is explained first. */
uint64_t es_cor_weight(const struct es_cor_direction *d, const struct es_cor_blame *blame);

/* The far side as a further cause: unseen packets, and what the receiver beyond reports. */
void es_cor_add_far_side(const struct es_cor_direction *d, const struct es_cor_blame *blame,
    uint32_t symptom_ppm, struct es_verdict *v);

/* Sentences about the segments and blocks of a direction. */
void es_cor_tell_direction(const struct es_cor_hearing *h, uint32_t dir,
    const struct es_cor_blame *blame, struct es_verdict *out);
void es_cor_tell_finding(const struct es_cor_hearing *h, uint32_t dir,
    const struct es_cor_blame *blame, const struct es_cor_finding *f, struct es_verdict *out);

/* Times without any media, and whether they were lost. */
void es_cor_tell_absences(const struct es_cor_case *c, struct es_verdict *out);

/* That timestamps of a direction do not run in the clock of their codec, at the first point that found it. */
void es_cor_tell_clock(const struct es_cor_hearing *h, uint32_t dir, struct es_verdict *out);

/* A value of the call's headers that joined nothing, because too many legs have it. */
void es_cor_tell_common(const struct es_cor_case *c, struct es_verdict *out);

#endif
