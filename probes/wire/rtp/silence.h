/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digital silence, every sample zero, by what an encoder makes of it. No speech is decoded. Noise is not
 * taken for it: a single unit of 16 bits makes other codes, or such that are played as zero.
 */
#ifndef EARSHOT_WIRE_RTP_SILENCE_H
#define EARSHOT_WIRE_RTP_SILENCE_H

#include "earshot/slice.h"

enum es_silence_of {
	ES_SILENCE_NONE = 0, /* a codec that does not show it */
	ES_SILENCE_PCMU,
	ES_SILENCE_PCMA,
	ES_SILENCE_L16,
	ES_SILENCE_G722, /* with es_loudness_read near the bottom of its steps: ES_SILENCE_G722_LEVEL */
	ES_SILENCE_G726, /* 24, 32 and 40 kbit/s */
	ES_SILENCE_G729, /* of an encoder of its Annex A */
	ES_SILENCE_GSM,
	ES_SILENCE_OPUS, /* frames of CELT, and of SILK of 20 ms in mono; not both in one */
};

enum { ES_SILENCE_G722_LEVEL = 384 }; /* 9 dB above the least step; zeros stay below 300 */

/* Whether a payload in clear, captured whole, holds nothing else. */
bool es_silence_is(enum es_silence_of codec, es_slice payload);

#endif
