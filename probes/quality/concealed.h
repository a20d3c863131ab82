/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Concealed seconds (RFC 7294 section 4.2): the stream's own time, packet time after packet time from
 * its start on, is cut into seconds. A second is concealed when any packet of it was lost or late, and
 * severely so when more than 50 ms of it were (the RFC's default threshold). A packet that lies over
 * the border of two seconds counts in both with its part. Pauses of the sender take no time here.
 */
#ifndef EARSHOT_QUALITY_CONCEALED_H
#define EARSHOT_QUALITY_CONCEALED_H

#include <stdbool.h>
#include <stdint.h>

enum { ES_CONCEALED_SEVERE_US = 50000 }; /* of a second: above */

struct es_concealed {
	uint32_t at_us;  /* into the second that has not ended */
	uint32_t bad_us; /* of it */
	uint32_t seconds;
	uint32_t severe;
};

/* n packets of ptime_us (up to a second) in a row, all bad or all good. ptime_us 0 does nothing. */
void es_concealed_add(struct es_concealed *c, bool bad, uint32_t n, uint32_t ptime_us);

/* As if the stream ended here: the second that has not ended counts with what it has. */
uint32_t es_concealed_seconds(const struct es_concealed *c);
uint32_t es_concealed_severe_seconds(const struct es_concealed *c);

#endif
