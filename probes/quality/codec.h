/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about a codec before the first packet: clock, usual packet time, lookahead. */
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
	uint32_t clock_rate_hz; /* of RTP; G722 is 8000, opus 48000 whatever it carries */
	uint16_t ptime_ms;      /* default, RFC 3551 table 4; 0: none */
	enum es_band band;      /* 0 for what is not audio */
	uint8_t rated;          /* enum es_rated: what is known of its impairment */
	uint16_t lookahead_us;  /* algorithmic delay above the packet time */
	uint8_t
	    sid_bytes; /* payloads up to this hold no speech: silence descriptor, DTX; 0: none */
};

/* Codecs with constants in equipment.c. */
enum es_rated {
	ES_RATED_NOT = 0,
	ES_RATED_G711,
	ES_RATED_G729,
	ES_RATED_G723,
	ES_RATED_G726_40,
	ES_RATED_G726_32,
	ES_RATED_G726_24,
	ES_RATED_G726_16,
	ES_RATED_G728,
	ES_RATED_GSM,
	ES_RATED_GSM_EFR,
	ES_RATED_GSM_HR,
	ES_RATED_ILBC,
	ES_RATED_SPEEX,
	ES_RATED_SPEEX_WB,
	ES_RATED_SILK,
	ES_RATED_SILK_WB,
	ES_RATED_L16,
	ES_RATED_L16_WB,
	ES_RATED_AMR,
	ES_RATED_G722,
	ES_RATED_G7221,
	ES_RATED_AMR_WB,
	ES_RATED_OPUS,
	ES_RATED_EVS,
};

/* Payload types 0..34 of RFC 3551; NULL for dynamic and unassigned ones. */
const struct es_codec *es_codec_static(uint8_t payload_type);

/* By the name of a=rtpmap, case-insensitive, and its rate where it comes in several. NULL: unknown codec. */
const struct es_codec *es_codec_named(es_slice name, uint32_t rate_hz);

/* The same, but at this rate only; 0: any. */
const struct es_codec *es_codec_find(es_slice name, uint32_t rate_hz);

/* Whether its RFC gives it one clock rate, whatever SDP has; others take it from a=rtpmap. */
bool es_codec_has_one_clock(const struct es_codec *c);

/* Whether a payload of so many bytes, in clear, is a silence descriptor. */
static inline bool
es_codec_is_silence(const struct es_codec *c, uint32_t payload_bytes)
{
	return c != NULL && payload_bytes > 0 && payload_bytes <= c->sid_bytes;
}

static inline bool
es_codec_is_amr(const struct es_codec *c)
{
	return c->rated == ES_RATED_AMR || c->rated == ES_RATED_AMR_WB;
}

static inline bool
es_codec_is_scored(const struct es_codec *c)
{
	return c != NULL && c->rated != ES_RATED_NOT;
}

#endif
