/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that signalling sent elsewhere: SDP named another address for a while, or put the call on hold, and
 * named the first one again. What a stream misses of that time was not expected here, so it is not lost.
 *
 * It holds for the time between the two descriptions, with ES_WITHDRAWN_SLACK_MS on both sides for media that
 * follow their own clock: packets missing before and behind are lost. What a relay was not sent, it cannot send
 * on: a stream from the host that such a stream goes to is excused for the same numbers.
 */
#ifndef EARSHOT_MEDIA_WITHDRAWN_H
#define EARSHOT_MEDIA_WITHDRAWN_H

#include "probes/media/replacement.h"

enum {
	ES_WITHDRAWN_SLACK_MS = 2000,
	ES_WITHDRAWN_SIBLINGS_MAX = 8, /* of one SSRC looked at, latest first */
};

/* The numbers before `number`, which a brings, that were sent elsewhere; 0 or 1 stretches, with no stream. */
unsigned es_withdrawn_find(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_arrival *a, uint64_t number, struct es_stretch *out);

#endif
