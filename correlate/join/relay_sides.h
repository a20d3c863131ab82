/* SPDX-License-Identifier: Apache-2.0 */
/* The two sides of a relay in one dialog. */
#ifndef CORRELATE_JOIN_RELAY_SIDES_H
#define CORRELATE_JOIN_RELAY_SIDES_H

#include "correlate/join/solve.h"

/*
 * Whether two stream views of one vantage point, each with an opposite one, are on the two sides of a relay that keeps
 * the Call-ID and sends with SSRCs of its own. SDP shows it: the relay answers one side and makes an offer to the other
 * one, with a port for each. What a phone sends to two hosts has ports of one role only. Without SDP it is not known.
 */
bool es_cor_are_relay_sides(const struct es_cor_solve *s, const struct es_cor_stream_view *v,
    const struct es_cor_stream_view *w);

#endif
