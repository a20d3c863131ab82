/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a payload type (a=fmtp) that change how its packets are counted or scored. */
#ifndef EARSHOT_WIRE_SIP_SDP_FMTP_H
#define EARSHOT_WIRE_SIP_SDP_FMTP_H

#include "probes/wire/sip/sdp.h"

/* Zero where a parameter is not given: the default of each payload format. */
struct es_sdp_fmtp {
	bool
	    octet_align; /* AMR and AMR-WB, RFC 4867: given, or implied by a parameter that needs it (8.1) */
	bool is_interleaved;           /* AMR: frames of several packets in turn */
	bool has_checksums;            /* AMR: CRCs before frames, or bytes of frames in turn */
	bool inband_fec;               /* opus, RFC 7587: useinbandfec */
	uint32_t max_playback_rate_hz; /* opus: the audio band its receiver can use is half of it */
	bool has_red;                  /* red, RFC 2198 */
	uint8_t red_primary;           /* payload type of its primary encoding, "111/111" */
};

/* Reads t->fmtp. What is not understood, or out of range, is as if it were not given. Cannot fail. */
void es_sdp_fmtp_read(const struct es_sdp_type *t, struct es_sdp_fmtp *out);

#endif
