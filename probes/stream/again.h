/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sender that begins again with numbers and timestamps it has used before: an announcement played
 * twice, a gateway with fixed start values. Neither number nor timestamp shows a jump; the time does.
 * A packet that by its timestamp, held against the newest one heard, would be more than ES_LATE_MAX_MS
 * late was not late but sent again.
 */
#ifndef EARSHOT_STREAM_AGAIN_H
#define EARSHOT_STREAM_AGAIN_H

#include "probes/stream/stream.h"

enum {
	ES_LATE_MAX_MS = 2000, /* a network delays a packet by less */
	ES_AGAIN_NEAR = 16, /* numbers between the first two packets of a new beginning, at most */
};

/*
 * Whether packet a, d from the highest, may be of a new beginning. Without a pause in the stream these are no
 * new beginning: a number in the window that never came (a late original), one of the last 16 packets (a copy),
 * and packets of a delayed copy of the stream that came while it ran on.
 */
bool es_again_suspects(struct es_stream_state *s, int32_t d, const struct es_arrival *a);

/* Whether a suspect confirms the held one: two packets in order, at the pace of their sender. */
bool es_again_confirms(const struct es_stream_state *s, const struct es_arrival *a);

/* The stream ran on while a suspect was held: what follows that one is a delayed copy too. */
void es_again_refute(struct es_stream_state *s);

#endif
