/* SPDX-License-Identifier: Apache-2.0 */
/* How often the parser crashed, and when it is started again. */
#include "agent/sensor/crashes.h"

int
es_crashes_note(struct es_crashes *c, int64_t now_ms, int64_t ran_ms)
{
	int delay_ms = es_respawn_after(&c->again, ran_ms, false);
	int64_t oldest_ms;

	c->at_ms[c->n % ES_CRASHES_MANY] = now_ms;
	c->n++;
	oldest_ms = c->at_ms[c->n % ES_CRASHES_MANY]; /* of the last ES_CRASHES_MANY */
	c->is_degraded = c->n >= ES_CRASHES_MANY && now_ms - oldest_ms < ES_CRASHES_WINDOW_MS;
	return c->is_degraded ? ES_RESPAWN_DELAY_MAX_MS : delay_ms;
}
