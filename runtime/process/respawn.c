/* SPDX-License-Identifier: Apache-2.0 */
/* When a process is started again. */
#include "runtime/process/respawn.h"

int
es_respawn_after(struct es_respawn *r, int64_t ran_ms, bool failed)
{
	bool was_steady = ran_ms >= ES_RESPAWN_STEADY_MS;

	r->has_been_steady |= was_steady;
	r->n_failed += failed;
	if (!r->has_been_steady && r->n_failed >= ES_RESPAWN_TRIES)
		return -1;
	if (was_steady || r->delay_ms == 0)
		r->delay_ms = ES_RESPAWN_FIRST_MS;
	else
		r->delay_ms = r->delay_ms > ES_RESPAWN_DELAY_MAX_MS / 2 ? ES_RESPAWN_DELAY_MAX_MS
									: r->delay_ms * 2;
	return r->delay_ms;
}
