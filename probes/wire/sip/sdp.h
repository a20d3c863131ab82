/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session description (RFC 8866): addresses, payload types and directions of media, and what identifies and
 * protects packets (keys, header extensions, sources, bundles). All slices point into the text: key material
 * too, which only the code that decrypts may copy.
 */
#ifndef EARSHOT_WIRE_SIP_SDP_H
#define EARSHOT_WIRE_SIP_SDP_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_SDP_MEDIA_MAX = 16,
	ES_SDP_TYPES_MAX = 64, /* payload types of one media line */
	ES_SDP_LINE_MAX_BYTES = 8192,
	ES_SDP_LINES_MAX = 4096,
	ES_SDP_CANDIDATES_MAX = 16, /* these five of one media line */
	ES_SDP_CRYPTO_MAX = 4,
	ES_SDP_EXTENSIONS_MAX = 16,
	ES_SDP_SSRCS_MAX = 16,
	ES_SDP_SSRC_GROUPS_MAX = 8,
	ES_SDP_GROUPS_MAX = 4, /* BUNDLE groups, and media in one of them */
	ES_SDP_GROUP_MIDS_MAX = ES_SDP_MEDIA_MAX,
	ES_SDP_MKI_MAX_BYTES = 128, /* RFC 4568 section 6.1 */
};

enum es_sdp_kind { ES_SDP_OTHER = 0, ES_SDP_AUDIO, ES_SDP_VIDEO, ES_SDP_IMAGE, ES_SDP_TEXT };

enum es_sdp_direction { ES_SDP_SENDRECV = 0, ES_SDP_SENDONLY, ES_SDP_RECVONLY, ES_SDP_INACTIVE };

struct es_sdp_type {
	uint8_t pt;
	uint8_t channels;       /* 1 unless rtpmap has more */
	es_slice name;          /* of a=rtpmap, "opus"; empty without one: static type, RFC 3551 */
	uint32_t clock_rate_hz; /* 0 without rtpmap */
	es_slice fmtp;          /* parameters, empty without: sdp_fmtp.h reads them */
};

enum es_sdp_candidate_type { ES_SDP_HOST = 0, ES_SDP_SRFLX, ES_SDP_PRFLX, ES_SDP_RELAY };

/* RFC 8839 section 5.1. Names (mDNS) are passed over. */
struct es_sdp_candidate {
	struct es_addr addr; /* what the peer sends to: of srflx and relay the public side */
	enum es_sdp_candidate_type type;
	bool is_tcp;
	uint16_t component; /* 1: RTP, 2: RTCP */
};

/* Suites of RFC 4568, 6188 and 7714. */
enum es_sdp_suite {
	ES_SDP_SUITE_UNKNOWN = 0,
	ES_SDP_AES_CM_128_HMAC_SHA1_80,
	ES_SDP_AES_CM_128_HMAC_SHA1_32,
	ES_SDP_AES_192_CM_HMAC_SHA1_80,
	ES_SDP_AES_192_CM_HMAC_SHA1_32,
	ES_SDP_AES_256_CM_HMAC_SHA1_80,
	ES_SDP_AES_256_CM_HMAC_SHA1_32,
	ES_SDP_F8_128_HMAC_SHA1_80,
	ES_SDP_AEAD_AES_128_GCM,
	ES_SDP_AEAD_AES_256_GCM,
};

/* One key of an a=crypto line; a line with several keys gives one of these each. */
struct es_sdp_crypto {
	uint32_t tag;
	enum es_sdp_suite suite;
	es_slice key;          /* base64 of master key and salt, as sent */
	uint64_t mki;          /* with mki_bytes */
	uint8_t mki_bytes;     /* 0: the packets carry none */
	bool is_srtp_clear;    /* UNENCRYPTED_SRTP */
	bool is_srtcp_clear;   /* UNENCRYPTED_SRTCP */
	bool is_srtp_unsigned; /* UNAUTHENTICATED_SRTP: no tag on RTP */
	bool has_other;        /* KDR, FEC_KEY .. : a session parameter that changes the keying */
};

/* The header extensions that are distinguished. */
enum es_sdp_extension_kind {
	ES_SDP_EXT_OTHER = 0,
	ES_SDP_EXT_LEVEL,         /* urn:ietf:params:rtp-hdrext:ssrc-audio-level, RFC 6464 */
	ES_SDP_EXT_MID,           /* ..:sdes:mid, RFC 8843 */
	ES_SDP_EXT_RID,           /* ..:sdes:rtp-stream-id, RFC 8852 */
	ES_SDP_EXT_REPAIRED,      /* ..:sdes:repaired-rtp-stream-id */
	ES_SDP_EXT_TRANSPORT_SEQ, /* transport-wide congestion control */
	ES_SDP_EXT_SEND_TIME,     /* abs-send-time */
};

/* a=extmap, RFC 8285. Those of the session level are listed in every media. */
struct es_sdp_extension {
	uint16_t id; /* in packets 1..255; above only in offers */
	enum es_sdp_extension_kind kind;
};

/* a=ssrc-group of FID (RFC 5576: retransmissions) and FEC, FEC-FR (RFC 5956). */
struct es_sdp_ssrc_group {
	uint32_t ssrc;   /* what is repaired */
	uint32_t repair; /* what repairs it */
};

struct es_sdp_media {
	enum es_sdp_kind kind;
	bool is_rtp;          /* an RTP profile: .../AVP, AVPF, SAVP, SAVPF */
	bool is_secure;       /* SAVP or SAVPF */
	bool is_rejected;     /* port 0, unless bundle-only */
	bool is_hold;         /* connection address 0.0.0.0, the hold of RFC 2543 */
	bool has_crypto;      /* a=crypto */
	bool has_fingerprint; /* a=fingerprint, here or for the session */
	bool is_bundle_only;
	uint8_t bundle; /* 1 + index of its BUNDLE group, 0: in none */
	enum es_sdp_direction direction;
	struct es_addr addr; /* c= with the port of m=; family 0: a name, or none given */
	struct es_addr rtcp; /* a=rtcp, else addr with the port above, with mux too */
	uint32_t ptime_ms;   /* 0: not given */
	es_slice mid;        /* RFC 5888 */
	es_slice ice_ufrag;  /* here or for the session; empty without: binds STUN to this media */
	uint32_t n_candidates;
	uint32_t n_crypto;
	uint32_t n_extensions;
	uint32_t n_ssrcs;
	uint32_t n_ssrc_groups;
	uint32_t n_types;
	struct es_sdp_candidate candidates[ES_SDP_CANDIDATES_MAX];
	struct es_sdp_crypto crypto[ES_SDP_CRYPTO_MAX];
	struct es_sdp_extension extensions[ES_SDP_EXTENSIONS_MAX];
	uint32_t ssrcs[ES_SDP_SSRCS_MAX]; /* of a=ssrc, RFC 5576, distinct */
	struct es_sdp_ssrc_group ssrc_groups[ES_SDP_SSRC_GROUPS_MAX];
	struct es_sdp_type types[ES_SDP_TYPES_MAX];
};

/* a=group:BUNDLE, RFC 8843. The first mid is the one whose address all of them use. */
struct es_sdp_group {
	uint32_t n_mids;
	es_slice mids[ES_SDP_GROUP_MIDS_MAX];
};

/* About 70 KB: scratch space of its owner, not something for a stack. */
struct es_sdp {
	uint32_t n_media;
	uint32_t n_over_limit; /* lines and parts of lines above a limit, left out */
	uint32_t n_groups;
	struct es_sdp_group groups[ES_SDP_GROUPS_MAX];
	struct es_sdp_media media[ES_SDP_MEDIA_MAX];
};

/*
 * ES_EMALFORMED: the first line is not v=0, or a media line has a port or payload type that cannot be. ES_EFULL:
 * a line above its limit. Lines and attributes that are not understood are passed over, an unreadable rtpmap
 * leaves its type unnamed. out is scratch: on failure not to be used. A text that the capture cut gives what is
 * in it; the caller knows that it was cut.
 */
int es_sdp_parse(es_slice text, struct es_sdp *out);

/*
 * The media of sdp whose address carries the packets of m: the tagged one of its BUNDLE group if that has a
 * port, else m itself. The answer shows whether the peer agreed to the bundle.
 */
const struct es_sdp_media *es_sdp_carrier(const struct es_sdp *sdp, const struct es_sdp_media *m);

#endif
