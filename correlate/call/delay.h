/* SPDX-License-Identifier: Apache-2.0 */
/* Delay between two vantage points. */
#ifndef CORRELATE_CALL_DELAY_H
#define CORRELATE_CALL_DELAY_H

#include "correlate/call/direction.h"

/*
 * The time from position i to position j of the direction and back, as packets of both directions
 * show. No clock need agree with another. False: one direction has no packets, or a clock stepped.
 */
bool es_cor_round_trip_us(const struct es_cor_direction *d, uint32_t i, uint32_t j, uint32_t *us);

/*
 * Clock of point `to` less that of `from`. Where they saw packets of one direction only, the delay between them
 * is in it. False when they share no packets.
 */
bool
es_cor_clock_difference_us(struct es_cor_joined_call *c, uint32_t from, uint32_t to, int64_t *us);

#endif
