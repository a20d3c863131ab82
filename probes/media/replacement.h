/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacements: media that come under another SSRC for a while. For example, a relay numbers packets with an
 * SSRC of its own, and the phones send to each other directly in between. The packets that one stream misses
 * were then carried by the other one to the same address.
 *
 * A replacement is audio of the same call to the same address and port. It came there when the stream had
 * stopped (within ES_REPLACEMENT_LATE_MS, or after a silence with as many packets as are missing), and replaces
 * as many packets as it brought: the rest is lost. Media from another host are no replacement while the receiver
 * still sends to the host of the stream. A stream that once came back from a replacement without a gap in its
 * numbers, as speakers of a conference do, counts nothing meanwhile: what it misses is lost.
 */
#ifndef EARSHOT_MEDIA_REPLACEMENT_H
#define EARSHOT_MEDIA_REPLACEMENT_H

#include "probes/media/streams.h"

enum {
	ES_REPLACEMENTS_MAX = 8,         /* streams to the address looked at, latest first */
	ES_REPLACEMENT_PACKETS_MIN = 10, /* missing */
	ES_REPLACEMENT_PAUSE_MS = 200,   /* shorter ones are no change of path */
	ES_REPLACEMENT_EARLY_MS = 500,   /* one path may be so much slower than the other */
	ES_REPLACEMENT_LATE_MS = 600,
	ES_REPLACEMENT_OVERLAP = 50,    /* packets that may overlap with the stream, at both ends */
	ES_REPLACEMENT_ORPHANS_MAX = 4, /* streams to an address that no call announced */
};

/* What another stream carried, in numbers of the one that waited. */
struct es_stretch {
	uint64_t from; /* from..to */
	uint64_t to;
	const struct es_stream_state *by;
};

/* The numbers before `number`, which a brings, that came under another SSRC; how many stretches. */
unsigned es_replacement_find(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_arrival *a, uint64_t number, struct es_stretch out[ES_REPLACEMENTS_MAX]);

/* a comes after a pause: if another stream ran meanwhile, it comes back to its path. */
void
es_replacement_end(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a);

/* Whether a packet comes after a pause. */
static inline bool
es_replacement_may_end(const struct es_stream_state *s, const struct es_arrival *a)
{
	return s->life == ES_STREAM_OPEN &&
	       es_time_diff(a->at, s->prev_at) >= ES_REPLACEMENT_PAUSE_MS * ES_NS_PER_MS;
}

#endif
