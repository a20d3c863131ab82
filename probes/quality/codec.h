/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about a codec before the first packet: clock, usual packet time, model constants. */
#ifndef EARSHOT_QUALITY_CODEC_H
#define EARSHOT_QUALITY_CODEC_H

#include "earshot/record.h"

enum es_codec_kind {
	ES_CODEC_AUDIO = 0,
	ES_CODEC_COMFORT = 1, /* RFC 3389 */
	ES_CODEC_EVENT = 2,   /* RFC 4733: one timestamp for the whole event */
	ES_CODEC_VIDEO = 3,
	ES_CODEC_RED = 4, /* RFC 2198: a packet with others' copies, and their timestamps */
	ES_CODEC_RTX = 5, /* RFC 4588 */
	ES_CODEC_FEC = 6, /* RFC 5109, 6015, 8627 */
};

struct es_codec {
	const char *name; /* RFC 4855 encoding name */
	enum es_codec_kind kind;
	uint32_t clock_rate_hz;  /* of RTP; G722 is 8000, opus 48000 whatever it carries */
	uint16_t ptime_ms;       /* default, RFC 3551 table 4; 0: none */
	enum es_band band;       /* 0 for what is not audio */
	enum es_mos_basis basis; /* 0: no narrowband constants, so no quality */
	uint16_t ie_milli;       /* G.107 Ie */
	uint16_t bpl_milli;      /* G.107 Bpl */
	uint16_t lookahead_us;   /* algorithmic delay above the packet time */
	uint8_t
	    sid_bytes; /* payloads up to this hold no speech: silence descriptor, DTX; 0: none */
};

/* Payload types 0..34 of RFC 3551; NULL for dynamic and unassigned ones. */
const struct es_codec *es_codec_static(uint8_t payload_type);

/* By the name of a=rtpmap, case-insensitive, and its rate where it comes in several. NULL: unknown codec. */
const struct es_codec *es_codec_named(es_slice name, uint32_t rate_hz);

/* The same, but at this rate only; 0: any. */
const struct es_codec *es_codec_find(es_slice name, uint32_t rate_hz);

/* Whether a payload of so many bytes, in clear, says that there is nothing to say. */
static inline bool
es_codec_is_silence(const struct es_codec *c, uint32_t payload_bytes)
{
	return c != NULL && payload_bytes > 0 && payload_bytes <= c->sid_bytes;
}

static inline bool
es_codec_is_scored(const struct es_codec *c)
{
	return c != NULL && c->basis != 0;
}

#endif
