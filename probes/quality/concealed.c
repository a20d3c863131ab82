/* SPDX-License-Identifier: Apache-2.0 */
/* Seconds in which something was concealed. */
#include "probes/quality/concealed.h"

enum { SECOND_US = 1000000 };

static void
close_second(struct es_concealed *c)
{
	c->seconds += c->bad_us > 0;
	c->severe += c->bad_us > ES_CONCEALED_SEVERE_US;
	c->at_us = 0;
	c->bad_us = 0;
}

void
es_concealed_add(struct es_concealed *c, bool bad, uint32_t n, uint32_t ptime_us)
{
	uint64_t left_us = (uint64_t)n * ptime_us;
	uint64_t whole;

	if (left_us < SECOND_US - c->at_us) {
		c->at_us += (uint32_t)left_us;
		c->bad_us += bad ? (uint32_t)left_us : 0;
		return;
	}
	left_us -= SECOND_US - c->at_us;
	c->bad_us += bad ? SECOND_US - c->at_us : 0;
	close_second(c);
	whole = left_us / SECOND_US;
	if (bad) {
		c->seconds += (uint32_t)whole;
		c->severe += (uint32_t)whole;
	}
	c->at_us = (uint32_t)(left_us % SECOND_US);
	c->bad_us = bad ? c->at_us : 0;
}

uint32_t
es_concealed_seconds(const struct es_concealed *c)
{
	return c->seconds + (c->bad_us > 0);
}

uint32_t
es_concealed_severe_seconds(const struct es_concealed *c)
{
	return c->severe + (c->bad_us > ES_CONCEALED_SEVERE_US);
}
