/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings about a stream from the other streams of its call: one-way or stopped media, a late start, another
 * SSRC before it.
 *
 * One-way    its call was answered, both sides had announced sendrecv with an address for 2 s and more
 *            while it ran, and no packet of the other direction was ever seen on its leg. Hold
 *            (sendonly, recvonly, inactive, address 0) is no such time.
 * Stopped    both sides were sendrecv for ES_STOPPED_MIN_MS and more after its last packet, while the
 *            other direction continued, and SDP did not let it go past (passed.h).
 * Late start the first stream of its direction began more than ES_LATE_START_MS after its call was
 *            answered and both sides could send. Where no call is known: after the first packet of
 *            the other direction of its 5-tuple.
 * SSRC       another one on its leg fell silent up to 5 s before it began, and did not come back.
 */
#ifndef EARSHOT_MEDIA_FINDINGS_H
#define EARSHOT_MEDIA_FINDINGS_H

#include "probes/media/streams.h"

enum {
	ES_STOPPED_MIN_MS = 10000, /* silent, both directions open, the other one continues */
	ES_ONE_WAY_MIN_MS = 2000,  /* both directions open, and this stream running */
	ES_FOLLOWS_MAX_MS = 5000,  /* after the last packet of the other SSRC */
	ES_FOLLOWS_OVER_MS = 500,  /* its last packets may cross the first of the new one */
	ES_FOLLOWS_WAIT_MS = 1000, /* before it is reported of a stream that continues */
};

/* What a side of a call announced in SDP about audio, and when. */
void es_findings_sdp(struct es_dialog *d, unsigned side, bool can_send_and_receive, es_time at);

/* The call was answered, or is over. */
void es_findings_answered(struct es_dialog *d, es_time at);
void es_findings_over(struct es_dialog *d, es_time at);

/* A stream is believed; before it joins its call. Remembers what can only be seen now. */
void es_findings_begin(const struct es_streams *t, struct es_stream_state *s);

/* Adds what is found to the record. is_end: it is the last record of the stream. */
void es_findings_report(
    const struct es_streams *t, const struct es_stream_state *s, bool is_end, struct es_stream *r);

#endif
