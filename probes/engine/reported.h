/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the far end's reports share: whose they are, and how they leave. */
#ifndef EARSHOT_ENGINE_REPORTED_H
#define EARSHOT_ENGINE_REPORTED_H

#include "probes/engine/packet.h"
#include "probes/wire/rtp/rtcp.h"

enum { ES_RTCP_LOOKS_MAX = 128 }; /* streams looked for on behalf of one compound */

/* One RTCP packet of a compound while it is processed. */
struct es_heard {
	const struct es_datagram *d;
	const struct es_rtcp *part;
	struct es_stream_state *own; /* the sender's own stream, NULL */
	unsigned *n_looks;           /* of the whole compound */
};

/*
 * Whether one more stream may be looked for. A compound of 64 KB has room for 16,000 packets and 2,700
 * report blocks, each of which would cost a search and may give a record.
 */
bool es_reported_may_look(struct es_engine *e, const struct es_heard *h);

/*
 * The open stream of ssrc from src to dst, which are RTCP's own addresses: RTP's own (RFC 5761), the
 * next port, the one SDP names, or any between the two hosts where that leaves no doubt.
 */
struct es_stream_state *es_reported_stream(
    struct es_engine *e, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc);

/* The one a report speaks of: it flows towards the reporter. */
struct es_stream_state *
es_reported_subject(struct es_engine *e, const struct es_heard *h, uint32_t ssrc);

/* Clock of what a stream carries, 0: not known. */
uint32_t es_reported_clock(const struct es_stream_state *s);

/* Time from `sent` of the ring to now, less the delay at the far end. Sets rtt_us if it is known. */
void es_reported_round_trip(const struct es_stream_reports *sent, uint32_t ntp_middle,
    uint64_t delay_us, es_time now, struct es_reported *r);

/* A record about subject_ssrc, begun. */
void es_reported_begin(struct es_record *rec, const struct es_heard *h,
    enum es_reported_source source, uint32_t subject_ssrc);

/*
 * The round trip from a report is that between here and the reporter: towards the receiver for the stream it is
 * about, towards the sender for the reporter's own. One that the reporter measured is of the whole path, for
 * both. Its buffer is that of the stream it receives, the subject. Either stream may be NULL.
 */
void es_reported_learn(struct es_engine *e, const struct es_reported *r,
    struct es_stream_state *subject, struct es_stream_state *own);

/* Adds the call of either stream and hands it out. */
void es_reported_emit(struct es_engine *e, struct es_record *rec, const struct es_heard *h,
    const struct es_stream_state *subject);

/* An RTCP compound. */
void es_engine_rtcp(struct es_engine *e, const struct es_datagram *d);

/* The same in the clear, that passed es_rtcp_check. */
void es_engine_compound(struct es_engine *e, const struct es_datagram *d);

/* reported_xr.c: an extended report. */
void es_engine_xr(struct es_engine *e, const struct es_heard *h);

/* reported_sip.c: a SIP message that may hold reports, after its call has seen it. */
void es_engine_reported_sip(struct es_engine *e, const struct es_sip *m, const struct es_addr *src,
    const struct es_addr *dst, es_time at);

#endif
