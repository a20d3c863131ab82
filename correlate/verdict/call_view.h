/* SPDX-License-Identifier: Apache-2.0 */
/* Both judged directions of one call. */
#ifndef CORRELATE_VERDICT_CALL_VIEW_H
#define CORRELATE_VERDICT_CALL_VIEW_H

#include "correlate/call/direction.h"

/* Directions of one call; has[] says whether any media of it were seen. */
struct es_cor_call_view {
	struct es_cor_case *c;
	struct es_cor_direction *d[2];     /* forward, reverse */
	const struct es_direction *out[2]; /* the same for the reader; NULL where it has none */
	bool has[2];
};

#endif
