/* SPDX-License-Identifier: Apache-2.0 */
/* What changes while a stream lasts. */
#include "probes/stream/changes.h"

void
es_changes_begin(struct es_changes *c, uint8_t dscp, uint8_t ttl)
{
	c->dscp_last = dscp;
	c->ttl_min = ttl;
	c->ttl_max = ttl;
}

void
es_changes_mark(struct es_changes *c, uint8_t dscp, uint8_t ttl)
{
	if (dscp != c->dscp_last && c->dscp_changes < UINT16_MAX)
		c->dscp_changes++;
	c->dscp_last = dscp;
	if (ttl < c->ttl_min)
		c->ttl_min = ttl;
	if (ttl > c->ttl_max)
		c->ttl_max = ttl;
}

static bool
is_pause(const struct es_changes *c, uint32_t step)
{
	return c->step != 0 && step / 2 >= c->step;
}

void
es_changes_other_step(struct es_changes *c, uint32_t step, uint32_t clock_rate_hz)
{
	unsigned enough = c->step == 0 ? ES_CHANGES_FIRST_STEPS : ES_CHANGES_CHANGED_STEPS;

	c->silences += is_pause(c, step);
	if (step > UINT16_MAX ||
	    (uint64_t)step * 1000 > (uint64_t)clock_rate_hz * ES_CHANGES_PTIME_MAX_MS) {
		c->n_new = 0;
		return;
	}
	if (c->n_new == 0 || step != c->step_new) {
		c->step_new = (uint16_t)step;
		c->n_new = 0;
	}
	if (++c->n_new < enough)
		return;
	/* They were no pauses after all. */
	if (is_pause(c, step))
		c->silences -= c->n_new;
	c->has_ptime_changed = c->has_ptime_changed || c->step != 0;
	c->step = (uint16_t)step;
	c->n_new = 0;
}

void
es_changes_talk(struct es_changes *c, uint32_t step)
{
	c->silences += is_pause(c, step);
	c->n_new = 0;
}

void
es_changes_codec(struct es_changes *c)
{
	c->step = 0;
	c->n_new = 0;
}
