/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that signalling lets go past a relay. The SDP of a side withdraws the relay's address and names the one
 * that the relay sent this direction on to: from then on neither the stream to the relay nor the one behind it
 * is expected, and neither has stopped. The one behind it may have an SSRC and a Call-ID of its own.
 *
 * An address to which no host was seen sending proves no relay: a phone that moves announces such an address,
 * and a call in which nothing is sent there is one-way.
 *
 * One direction may go past from the start of the call: the relay forwards the address of one side, and the
 * other side sends there.
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

/*
 * Whether SDP took the destination of a stream that fell silent for silent_ms out of its call, about then, and named
 * another host in its place, which was not seen to exchange packets with the stream's sender. What went there passed
 * this vantage point by, unless it is the sender's own.
 */
bool es_passed_is_withdrawn(
    const struct es_streams *t, const struct es_stream_state *s, uint32_t silent_ms);

/*
 * Whether the other direction of a stream of call d goes past the relay, as SDP says from the start: the relay
 * carries this one direction on two legs, or on the two of one call, and to its receiver it named the sender's own
 * address and none of its own. A place at the relay does not see what goes there.
 */
bool es_passed_reverse(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d);

#endif
