/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads of AMR and AMR-WB (RFC 4867): their table of contents, and of their frames what distinguishes speech
 * from pauses. Interleaved payloads and those with a CRC, whose SDP says so, are not looked into.
 */
#ifndef EARSHOT_WIRE_RTP_AMR_H
#define EARSHOT_WIRE_RTP_AMR_H

#include "earshot/slice.h"

enum {
	ES_AMR_FRAMES_MAX = 12, /* 240 ms, as much as the table of contents is read */
	ES_AMR_SUBFRAMES = 4,
};

struct es_amr_packing {
	bool is_octet_aligned; /* section 4.4, else bandwidth-efficient, section 4.3 */
	bool is_wideband;
};

/* A speech frame. */
struct es_amr_frame {
	uint8_t mode; /* 0..7: AMR from 4.75 to 12.2 kbit/s; 0..8: AMR-WB from 6.6 to 23.85 */
	uint32_t at;  /* its first bit in the payload */
};

/* Frame type of the first frame (section 4.3.2). False: cut, or no speech in it. */
bool es_amr_mode(es_slice payload, struct es_amr_packing packing, uint8_t *mode);

/*
 * The speech frames that are there whole; others (silence, nothing, damaged) are passed over. None where
 * the table of contents has no end or holds a type that is not in use.
 */
unsigned es_amr_frames(
    es_slice payload, struct es_amr_packing packing, struct es_amr_frame out[ES_AMR_FRAMES_MAX]);

/*
 * By how much the gain of the fixed codebook in a subframe (0..3) of a frame of AMR is above what the last ones
 * make expect, 256 a doubling (3GPP TS 26.090 clause 5.8). Modes that quantize pitch gain with it, or two
 * subframes at once, share a codeword; in 4.75 the pair's mean is used for both.
 */
int32_t es_amr_gain(const uint8_t *payload, const struct es_amr_frame *frame, unsigned subframe);

/* What is expected to begin with, by its mode. Added to it, gains of several modes compare. */
int32_t es_amr_mean_gain(const struct es_amr_frame *frame);

/* The encoder's voice activity flag in a frame of AMR-WB (3GPP TS 26.190, first bit of each mode). */
bool es_amr_wb_is_speech(const uint8_t *payload, const struct es_amr_frame *frame);

#endif
