/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How loud the speech in a payload is, by what its codec encodes of it: samples, quantizer steps, gains. Nothing
 * is decoded. Levels of different codecs cannot be compared.
 */
#ifndef EARSHOT_WIRE_RTP_LOUDNESS_H
#define EARSHOT_WIRE_RTP_LOUDNESS_H

#include "earshot/slice.h"

enum es_loudness_of {
	ES_LOUDNESS_NONE = 0,
	ES_LOUDNESS_PCMU, /* mean square of the samples */
	ES_LOUDNESS_PCMA,
	ES_LOUDNESS_G722,        /* step of the lower band's quantizer */
	ES_LOUDNESS_G729,        /* gain of the fixed codebook */
	ES_LOUDNESS_GSM,         /* maxima of the residual */
	ES_LOUDNESS_SPEEX,       /* gain of the excitation, narrowband modes 3 to 7 */
	ES_LOUDNESS_AMR,         /* gain of the fixed codebook, bandwidth-efficient packing .. */
	ES_LOUDNESS_AMR_ALIGNED, /* .. and octet-aligned */
};

/* What a codec remembers from packet to packet; begins all zero. */
struct es_loudness {
	int32_t g722_step; /* logarithm, 2048 a doubling */
	int32_t gain[4];   /* corrections of the last subframes of G.729 and AMR, 256 a doubling */
};

/*
 * *level_q8: logarithm of the amplitude, 256 a doubling (6.02 dB). False, without a level: too short, no speech
 * frame, or a mode whose gain is not read.
 */
bool es_loudness_read(
    struct es_loudness *l, enum es_loudness_of codec, es_slice payload, int32_t *level_q8);

#endif
