/* SPDX-License-Identifier: Apache-2.0 */
/* What a payload type means on one side of one call: by SDP, else by RFC 3551. */
#ifndef EARSHOT_CALL_PAYLOAD_H
#define EARSHOT_CALL_PAYLOAD_H

#include "probes/quality/codec.h"
#include "probes/wire/rtp/amr.h"

enum {
	ES_PAYLOAD_NAME_MAX = 15,
	ES_LINE_NONE = 0xff,   /* of no media line */
	ES_LINE_SHARED = 0xfe, /* of several */
};

struct es_payload {
	const struct es_codec *codec; /* NULL: not in our table */
	uint32_t clock_rate_hz;       /* 0: unknown */
	uint8_t pt;
	uint8_t kind;     /* enum es_codec_kind */
	uint8_t line;     /* index of its media line in the SDP; ES_LINE_NONE, ES_LINE_SHARED */
	uint8_t band;     /* enum es_band that was agreed on; 0: the codec's own */
	bool has_fec;     /* in-band, agreed on */
	uint8_t channels; /* of AMR and Opus, agreed on; 0: unknown */
	bool is_octet_aligned; /* AMR, agreed on (RFC 4867 section 8.1) */
	bool is_interleaved;   /* likewise: then its payloads begin otherwise */
	bool has_checksums;    /* likewise: its frames begin elsewhere, or are mixed */
	bool is_red;           /* packed by RFC 2198: codec and kind are those of what it packs */
	uint8_t name_bytes;
	char name[ES_PAYLOAD_NAME_MAX]; /* of a codec that is not in our table */
};

/* name empty: a static type of RFC 3551, or unknown. */
void es_payload_of(uint8_t pt, es_slice name, uint32_t clock_rate_hz, struct es_payload *out);

/* RFC 4855 name; empty where unknown. Borrowed from p. */
es_slice es_payload_name(const struct es_payload *p);

/* Whether two payload types are one codec: name, clock and channels. False if either is unknown. */
bool es_payload_is_same_codec(const struct es_payload *a, const struct es_payload *b);

/* Carries sound or pictures, so that its timestamps follow the media clock: no events, no comfort noise. */
static inline bool
es_payload_is_media(const struct es_payload *p)
{
	return p->kind == ES_CODEC_AUDIO || p->kind == ES_CODEC_VIDEO || p->kind == ES_CODEC_RED;
}

/* Of a payload of AMR or AMR-WB. */
static inline struct es_amr_packing
es_payload_packing(const struct es_payload *p)
{
	return (struct es_amr_packing){
		.is_octet_aligned = p->is_octet_aligned,
		.is_wideband = p->codec->rated == ES_RATED_AMR_WB,
	};
}

/*
 * Payload types RTP never uses (RFC 3551 table 4 and 5, RFC 5761 section 4): reserved, unassigned below 35, or
 * RTCP's. Enough to reject a stream that no signalling announced.
 */
bool es_payload_is_plausible(uint8_t pt);

#endif
