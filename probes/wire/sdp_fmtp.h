/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a payload type (a=fmtp) that change how its packets are counted or scored. */
#ifndef EARSHOT_WIRE_SDP_FMTP_H
#define EARSHOT_WIRE_SDP_FMTP_H

#include "probes/wire/sdp.h"

enum { ES_FMTP_RED_MAX = 4 }; /* generations of RED told, the primary one included */

/* Values are meaningful only with their bit; without it the default of the payload format holds. */
enum {
	ES_FMTP_HAS_ANNEXB = 1u << 0,   /* G.729: silence descriptors, RFC 4856; default yes */
	ES_FMTP_HAS_MODE_SET = 1u << 1, /* AMR and AMR-WB, RFC 4867 */
	ES_FMTP_HAS_OCTET_ALIGN = 1u << 2,
	ES_FMTP_HAS_MODE_CHANGE_PERIOD = 1u << 3,
	ES_FMTP_HAS_MODE_CHANGE_CAPABILITY = 1u << 4,
	ES_FMTP_HAS_INBAND_FEC = 1u << 5, /* opus, RFC 7587 */
	ES_FMTP_HAS_DTX = 1u << 6,
	ES_FMTP_HAS_STEREO = 1u << 7,
	ES_FMTP_HAS_SPROP_STEREO = 1u << 8,
	ES_FMTP_HAS_CBR = 1u << 9,
	ES_FMTP_HAS_BITRATE = 1u << 10,
	ES_FMTP_HAS_PLAYBACK_RATE = 1u << 11,
	ES_FMTP_HAS_CAPTURE_RATE = 1u << 12,
	ES_FMTP_HAS_APT = 1u << 13,          /* rtx, RFC 4588 */
	ES_FMTP_HAS_RED = 1u << 14,          /* red, RFC 2198 */
	ES_FMTP_HAS_EVENTS = 1u << 15,       /* telephone-event, RFC 4733 */
	ES_FMTP_HAS_INTERLEAVING = 1u << 16, /* AMR and AMR-WB: frames of several packets in turn */
	ES_FMTP_HAS_CHECKSUMS =
	    1u << 17, /* likewise: CRCs before frames, or bytes of frames in turn */
};

struct es_sdp_fmtp {
	uint32_t has;
	bool annexb;
	bool octet_align;  /* said, or implied by what needs it (RFC 4867 section 8.1) */
	bool inband_fec;   /* useinbandfec */
	bool dtx;          /* usedtx */
	bool stereo;       /* wishes to receive it */
	bool sprop_stereo; /* likely to send it */
	bool cbr;
	uint16_t mode_set; /* bit n: mode n is allowed */
	uint8_t mode_change_period;
	uint8_t mode_change_capability;
	uint32_t max_bitrate; /* maxaveragebitrate, bit/s */
	uint32_t
	    max_playback_rate_hz;     /* maxplaybackrate: the audio band it can use is half of it */
	uint32_t max_capture_rate_hz; /* sprop-maxcapturerate: likewise of what it sends */
	uint8_t apt;                  /* payload type that is retransmitted */
	uint8_t n_red;
	uint8_t red[ES_FMTP_RED_MAX]; /* payload types in order, "111/111" */
	bool has_dtmf;                /* all of events 0 to 15 */
};

/* Reads t->fmtp. What is not understood, or out of range, has no bit. Cannot fail. */
void es_sdp_fmtp_read(const struct es_sdp_type *t, struct es_sdp_fmtp *out);

#endif
