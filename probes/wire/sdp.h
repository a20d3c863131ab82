/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session description (RFC 8866): where media will flow, in which payload types, which way.
 * Keys are noticed, never read. All slices point into the text.
 */
#ifndef EARSHOT_WIRE_SDP_H
#define EARSHOT_WIRE_SDP_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_SDP_MEDIA_MAX = 16,
	ES_SDP_TYPES_MAX = 64, /* payload types of one media line */
	ES_SDP_LINE_MAX_BYTES = 8192,
};

enum es_sdp_kind { ES_SDP_OTHER = 0, ES_SDP_AUDIO, ES_SDP_VIDEO, ES_SDP_IMAGE };

enum es_sdp_way { ES_SDP_SENDRECV = 0, ES_SDP_SENDONLY, ES_SDP_RECVONLY, ES_SDP_INACTIVE };

struct es_sdp_type {
	uint8_t pt;
	uint8_t channels;       /* 1 unless rtpmap says more */
	es_slice name;          /* of a=rtpmap, "opus"; empty without one: static type, RFC 3551 */
	uint32_t clock_rate_hz; /* 0 without rtpmap */
	es_slice fmtp;          /* parameters, empty without */
};

struct es_sdp_media {
	enum es_sdp_kind kind;
	bool is_rtp;      /* an RTP profile: .../AVP, AVPF, SAVP, SAVPF */
	bool is_secure;   /* SAVP or SAVPF */
	bool is_rejected; /* port 0 */
	bool is_hold;     /* connection address 0.0.0.0, the hold of RFC 2543 */
	bool has_rtcp_mux;
	bool has_crypto;      /* a=crypto */
	bool has_fingerprint; /* a=fingerprint, here or for the session */
	bool has_ice;         /* a=candidate: media may flow elsewhere than addr */
	enum es_sdp_way way;
	struct es_addr addr; /* c= with the port of m=; family 0: a name, or none given */
	struct es_addr rtcp; /* a=rtcp, else addr with the port above (of mux: the same) */
	uint32_t ptime_ms;   /* 0: not given */
	uint32_t n_types;
	struct es_sdp_type types[ES_SDP_TYPES_MAX];
};

/* About 50 KB: scratch space of its owner, not something for a stack. */
struct es_sdp {
	es_slice origin; /* o= line: the same one again means nothing changed */
	uint32_t n_media;
	uint32_t n_over_limit; /* media lines and payload types left out */
	struct es_sdp_media media[ES_SDP_MEDIA_MAX];
};

/*
 * ES_EMALFORMED: the first line is not v=0, or a media line has a port or payload type that cannot
 * be. ES_EFULL: a line above its limit. Lines and attributes that are not understood are passed
 * over, an unreadable rtpmap leaves its type unnamed. out is scratch: on failure not to be used.
 * A text cut by the capture gives what stands in it; the caller knows that it was cut.
 */
int es_sdp_parse(es_slice text, struct es_sdp *out);

#endif
