/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict is made of: a call and its two directions with their bad blocks. */
#ifndef CORRELATE_VERDICT_VERDICT_INPUT_H
#define CORRELATE_VERDICT_VERDICT_INPUT_H

#include "correlate/call/direction.h"

/* has[] says whether any media of a direction were seen. */
struct es_cor_verdict_input {
	struct es_cor_joined_call *c;
	struct es_cor_direction *d[2];     /* forward, reverse */
	const struct es_direction *out[2]; /* as they are reported; NULL: not seen */
	bool has[2];
};

#endif
