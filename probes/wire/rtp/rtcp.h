/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP compound packets (RFC 3550 section 6, reduced size RFC 5506, with RTP on one port RFC 5761).
 *
 *	if (es_rtcp_check(pkt, wire_bytes) != 0)
 *		malformed;
 *	for (struct es_cur c = es_cur_of(pkt); es_rtcp_next(&c, &part) == 0;)
 *		...
 *
 * Numbers become SI units here, except those in the clock of a stream, which only the caller knows.
 */
#ifndef EARSHOT_WIRE_RTP_RTCP_H
#define EARSHOT_WIRE_RTP_RTCP_H

#include "earshot/error.h"
#include "earshot/time.h"
#include "probes/base/cursor.h"

enum {
	ES_RTCP_SR = 200,
	ES_RTCP_RR = 201,
	ES_RTCP_SDES = 202,
	ES_RTCP_BYE = 203,
	ES_RTCP_APP = 204,
	ES_RTCP_RTPFB = 205,
	ES_RTCP_PSFB = 206,
	ES_RTCP_XR = 207,
};

/* One packet of a compound. */
struct es_rtcp {
	uint8_t type;  /* 192..223 */
	uint8_t count; /* RC, SC or FMT */
	uint32_t ssrc; /* of the sender: first word of every type but SDES; 0 if it has none */
	es_slice body; /* behind the 4-byte header, padding left out; captured part */
};

struct es_rtcp_sender {
	uint32_t ntp_middle; /* what report blocks send back as LSR */
};

struct es_rtcp_report {
	uint32_t subject_ssrc;
	uint32_t fraction_lost_ppm; /* of 1/256 */
	int32_t cumulative_lost;    /* signed 24 bits on the wire */
	uint32_t highest_seq;       /* extended by the far end */
	uint32_t jitter_ts;         /* in the clock of the subject */
	uint32_t lsr;               /* middle of an NTP time, 0 = no SR received yet */
	uint64_t dlsr_us;           /* since then */
};

/*
 * The validity checks of RFC 3550 appendix A.2 over a whole compound: version 2 everywhere, padding
 * on the last packet only, lengths that add up to wire_bytes, less up to three zero bytes that some
 * phones send behind them. The first packet may be any RTCP type
 * (RFC 5506). Of a cut capture only what is there is checked.
 * ES_EMALFORMED: it is not. Encrypted RTCP (SRTCP) fails here behind its first eight bytes.
 */
int es_rtcp_check(es_slice pkt, uint32_t wire_bytes);

/* The next packet of the compound. ES_EEOF at its end, ES_EMALFORMED, ES_ECUT: capture ends inside its head. */
int es_rtcp_next(struct es_cur *c, struct es_rtcp *out);

/* Sender information of an SR. ES_EMALFORMED: too short; ES_EINVALID: not an SR. */
int es_rtcp_sender(const struct es_rtcp *part, struct es_rtcp_sender *out);

/*
 * Report block i (from 0) of an SR or RR. ES_ENOTFOUND behind the last, ES_EMALFORMED: the count
 * promises more than the body holds; ES_EINVALID: neither SR nor RR.
 */
int es_rtcp_report(const struct es_rtcp *part, unsigned i, struct es_rtcp_report *out);

/*
 * Source i (from 0) of a BYE. ES_ENOTFOUND behind the last, ES_EMALFORMED: the count promises more than the body
 * holds; ES_EINVALID: not a BYE.
 */
int es_rtcp_bye(const struct es_rtcp *part, unsigned i, uint32_t *ssrc);

/*
 * Whether the inside of an SDES, BYE, APP, feedback or XR packet holds together: chunks and items, the reason's
 * length, the name. Nothing of it is kept: it has names of people. ES_EMALFORMED.
 */
int es_rtcp_inside(const struct es_rtcp *part);

#endif
