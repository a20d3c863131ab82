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

/* Sentences about the segments and blocks of a direction. */
void es_cor_tell_direction(const struct es_cor_hearing *h, uint32_t dir,
    const struct es_cor_blame *blame, struct es_verdict *out);
void es_cor_tell_finding(const struct es_cor_hearing *h, uint32_t dir,
    const struct es_cor_blame *blame, const struct es_cor_finding *f, struct es_verdict *out);

#endif
