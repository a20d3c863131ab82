/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of AMR and AMR-WB, and what is read of them. */
#include "probes/wire/rtp/amr.h"

#include "probes/base/bitfield.h"

enum {
	AMR_MODES = 8,
	AMR_WB_MODES = 9,
	NO_DATA = 15,
	SPEECH_LOST = 14, /* of AMR-WB */
	INDEX_BITS_MAX = 8,
};

/* Bits of a frame by its type, silence at the end (3GPP TS 26.101 and 26.201, table 1). */
static const uint16_t amr_bits[AMR_MODES + 1] = { 95, 103, 118, 134, 148, 159, 204, 244, 39 };
static const uint16_t amr_wb_bits[AMR_WB_MODES + 1] = { 132, 177, 253, 285, 317, 365, 397, 461, 477,
	40 };

/*
 * Codebooks of gains by mode: logarithms of the correction, 16 a doubling (TS 26.073: tables of the
 * reference code, their other columns left out).
 */
static const int8_t pair_gain[256] = { -79, -17, -44, -7, -53, -11, -40, -2, -52, -14, -34, -1, -27,
	-8, -17, -1, -53, -13, -43, -8, -42, -10, -24, 11, -23, -5, -20, 3, -25, -1, -15, 17, -34,
	-5, -39, 6, -45, -7, -40, 5, -48, -4, -26, 5, -22, -1, -16, 5, -45, -8, -43, 8, -44, -3,
	-25, 12, -29, -2, -15, 8, -19, 0, -12, 22, -56, -9, -43, 1, -36, -7, -28, 6, -44, -10, -20,
	2, -18, -7, -12, 15, -51, -7, -37, -2, -33, -3, -18, 10, -29, -7, -17, 7, -16, 1, -9, 12,
	-30, -1, -40, 10, -33, -6, -36, 6, -32, 1, -34, 6, -20, -5, -12, 15, -28, -3, -37, 1, -20,
	-1, -19, 16, -21, -3, -11, 13, -11, 0, -6, 27, -44, -8, -38, 0, -46, -5, -39, 5, -38, -3,
	-23, 2, -17, -4, -12, 9, -41, -13, -43, 1, -35, -7, -21, 8, -18, 4, -21, 4, -24, 3, -15, 20,
	-38, -6, -31, 5, -45, -4, -39, 4, -43, -2, -17, 7, -17, 3, -13, 15, -28, -1, -36, 9, -33, 0,
	-18, 11, -23, 6, -14, 9, -12, 3, -11, 29, -34, -1, -27, -1, -33, -3, -15, 4, -32, -7, -11,
	4, -12, -1, -5, 15, -33, 0, -25, 0, -26, -8, -15, 13, -17, 2, -12, 8, -7, 4, -6, 18, -27, 0,
	-36, 8, -33, -2, -33, 14, -33, 5, -10, 9, -11, -1, -7, 17, -30, 2, -36, 7, -19, 1, -13, 17,
	-13, 4, -9, 16, -8, 7, -3, 38 }; /* 4.75: two subframes, their mean */
static const int8_t low_gain[64] = { 45, -9, 11, 14, 22, -27, 2, -22, 26, -11, 4, -11, 15, -18, -6,
	-19, 37, -7, 8, 0, 18, -25, 0, -42, 28, -6, 3, -10, 11, -35, -10, -42, 40, -12, 5, 0, 17,
	-40, 1, -16, 25, -24, 3, -24, 12, -40, -14, -28, 33, -13, 8, -2, 17, -38, -2, -44, 19, -19,
	-3, -17, 7, -40, -6, -38 }; /* 5.15, 5.9 */
static const int8_t high_gain[128] = { -42, -19, -31, -25, -24, -17, -13, -5, -7, -12, -6, 1, 2, 6,
	13, 18, -35, -23, -15, -16, -14, -9, -7, -2, -3, -1, 2, 5, 9, 13, 15, 24, -26, -22, -16,
	-12, -11, -9, -6, -4, -1, 2, 5, 8, 10, 14, 17, 26, -33, -20, -13, -13, -7, -8, -5, -2, 2, 2,
	6, 10, 14, 16, 22, 33, -21, -16, -12, -7, -6, -3, -2, 1, 4, 7, 9, 11, 15, 19, 24, 30, -23,
	-13, -11, -6, -3, -1, 1, 4, 7, 9, 12, 15, 19, 20, 29, 42, -17, -9, -8, -5, -1, 3, 3, 7, 10,
	13, 14, 17, 22, 24, 29, 38, -16, -6, -4, 0, 1, 5, 6, 10, 12, 15, 19, 19, 24, 29, 34,
	48 }; /* 6.7, 7.4, 10.2 */
static const int8_t lone_gain[32] = { -59, -53, -47, -41, -37, -33, -30, -27, -24, -21, -17, -14,
	-11, -8, -4, -1, 2, 5, 9, 12, 15, 18, 21, 25, 28, 31, 34, 38, 42, 48, 54,
	60 }; /* 7.95, 12.2: apart from pitch gain */

/* Where in a frame, its bits sorted by how much they matter (TS 26.101 annex B), an index's bits are. */
struct gain_place {
	const int8_t *codebook;
	uint8_t bits; /* of an index */
	uint8_t at[ES_AMR_SUBFRAMES][INDEX_BITS_MAX];
};

static const struct gain_place gain_places[AMR_MODES] = {
	{ pair_gain, 8,
	    { { 49, 48, 47, 46, 31, 30, 29, 28 }, { 49, 48, 47, 46, 31, 30, 29, 28 },
		{ 43, 42, 41, 40, 35, 34, 33, 32 }, { 43, 42, 41, 40, 35, 34, 33, 32 } } },
	{ low_gain, 6,
	    { { 55, 45, 36, 26, 25, 24 }, { 56, 46, 37, 29, 28, 27 }, { 57, 47, 38, 32, 31, 30 },
		{ 58, 48, 39, 35, 34, 33 } } },
	{ low_gain, 6,
	    { { 76, 55, 51, 47, 37, 29 }, { 77, 56, 52, 48, 38, 30 }, { 78, 57, 53, 49, 39, 31 },
		{ 79, 58, 54, 50, 40, 32 } } },
	{ high_gain, 7,
	    { { 35, 85, 66, 41, 45, 55, 74 }, { 36, 84, 67, 42, 46, 56, 75 },
		{ 37, 83, 68, 43, 47, 57, 76 }, { 38, 82, 69, 44, 48, 58, 77 } } },
	{ high_gain, 7,
	    { { 27, 31, 78, 35, 39, 57, 68 }, { 28, 32, 79, 36, 40, 58, 69 },
		{ 29, 33, 80, 37, 41, 59, 70 }, { 30, 34, 81, 38, 42, 60, 71 } } },
	{ lone_gain, 5,
	    { { 23, 27, 31, 59, 83 }, { 24, 28, 32, 60, 84 }, { 25, 29, 33, 61, 85 },
		{ 26, 30, 34, 62, 86 } } },
	{ high_gain, 7,
	    { { 33, 53, 83, 34, 35, 82, 84 }, { 36, 54, 86, 37, 38, 85, 87 },
		{ 39, 55, 89, 40, 41, 88, 90 }, { 42, 56, 92, 43, 44, 91, 93 } } },
	{ lone_gain, 5,
	    { { 59, 63, 67, 92, 104 }, { 60, 64, 68, 93, 105 }, { 61, 65, 69, 94, 106 },
		{ 62, 66, 70, 95, 107 } } },
};

/* Bits of a frame of that type; -1: unknown. */
static int
bits_of(unsigned type, bool is_wideband)
{
	unsigned modes = is_wideband ? AMR_WB_MODES : AMR_MODES;

	if (type == NO_DATA || (is_wideband && type == SPEECH_LOST))
		return 0;
	if (type > modes)
		return -1;
	return is_wideband ? amr_wb_bits[type] : amr_bits[type];
}

/* An entry of the table of contents (section 4.3.2). */
struct entry {
	bool is_followed;
	bool is_damaged;
	uint8_t type;
};

static struct entry
entry_at(const uint8_t *p, size_t at)
{
	return (struct entry){
		.is_followed = es_bitfield_get(p, at, 1) != 0,
		.type = (uint8_t)es_bitfield_get(p, at + 1, 4),
		.is_damaged = es_bitfield_get(p, at + 5, 1) == 0,
	};
}

/* Bits of the mode request, with what fills its byte, and of an entry behind it. */
static unsigned
request_bits(struct es_amr_packing packing)
{
	return packing.is_octet_aligned ? 8 : 4;
}

static unsigned
entry_bits(struct es_amr_packing packing)
{
	return packing.is_octet_aligned ? 8 : 6;
}

static bool
is_speech(unsigned type, struct es_amr_packing packing)
{
	return type < (packing.is_wideband ? AMR_WB_MODES : AMR_MODES);
}

bool
es_amr_mode(es_slice payload, struct es_amr_packing packing, uint8_t *mode)
{
	unsigned type;

	if (payload.n < 2)
		return false;
	type = entry_at(payload.p, request_bits(packing)).type;
	if (!is_speech(type, packing))
		return false;
	*mode = (uint8_t)type;
	return true;
}

unsigned
es_amr_frames(
    es_slice payload, struct es_amr_packing packing, struct es_amr_frame out[ES_AMR_FRAMES_MAX])
{
	struct entry entries[ES_AMR_FRAMES_MAX];
	size_t end = payload.n * 8;
	size_t at = request_bits(packing);
	unsigned n_entries = 0;
	unsigned n = 0;
	struct entry e = { .is_followed = true };

	for (; e.is_followed; at += entry_bits(packing)) {
		if (n_entries == ES_AMR_FRAMES_MAX || at + entry_bits(packing) > end)
			return 0;
		e = entry_at(payload.p, at);
		if (bits_of(e.type, packing.is_wideband) < 0)
			return 0;
		entries[n_entries++] = e;
	}
	for (unsigned i = 0; i < n_entries; i++) {
		size_t bits = (size_t)bits_of(entries[i].type, packing.is_wideband);

		if (at + bits > end)
			break;
		if (is_speech(entries[i].type, packing) && !entries[i].is_damaged)
			out[n++] = (struct es_amr_frame){ entries[i].type, (uint32_t)at };
		at += packing.is_octet_aligned ? (bits + 7) / 8 * 8 : bits;
	}
	return n;
}

int32_t
es_amr_mean_gain(const struct es_amr_frame *frame)
{
	/* 33, 28.75, 30 and 36 dB, of which 6.02 are a doubling */
	static const int16_t mean[AMR_MODES] = { 1403, 1403, 1403, 1223, 1276, 1531, 1403, 1531 };

	return mean[frame->mode];
}

int32_t
es_amr_gain(const uint8_t *payload, const struct es_amr_frame *frame, unsigned subframe)
{
	const struct gain_place *place = &gain_places[frame->mode];
	unsigned index = 0;

	for (unsigned i = 0; i < place->bits; i++)
		index =
		    index << 1 | es_bitfield_get(payload, frame->at + place->at[subframe][i], 1);
	return place->codebook[index] * 16;
}

bool
es_amr_wb_is_speech(const uint8_t *payload, const struct es_amr_frame *frame)
{
	return es_bitfield_get(payload, frame->at, 1) != 0;
}
