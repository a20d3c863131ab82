/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that signalling lets go past a relay. The SDP of a side withdraws the relay's address and names the one
 * that the relay sent this direction on to: from then on neither the stream to the relay nor the one behind it is
 * expected, and neither has stopped. The one behind it may have an SSRC and a Call-ID of its own.
 *
 * An address that nobody was heard sending to proves no relay: a phone that moves names such a one, and who sends
 * it nothing there is one-way.
 */
#ifndef EARSHOT_MEDIA_PASSED_H
#define EARSHOT_MEDIA_PASSED_H

#include "probes/media/streams.h"

/*
 * When the packets of a stream that fell silent were expected again: now if they still go past, 0 if they never
 * did. SDP must have said so ES_WITHDRAWN_SLACK_MS before its last packet at the earliest, and silent_ms after it
 * at the latest: what was silent for longer had stopped before.
 */
es_time
es_passed_until(const struct es_streams *t, const struct es_stream_state *s, uint32_t silent_ms);

#endif
