/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a codec, with its mode, does to speech: the equipment impairment of the E-model, with and without loss.
 * Each row names its scale and where its constants come from.
 *
 * Constants of the Recommendations go into their own formula: Ie,eff of loss and, narrowband, of the burst
 * ratio. Those derived here go into
 *
 *	Ie,eff = Ie + (limit - Ie) x / (x + Bpl)
 *	x      = 100 (bad + after runs + burst (bad - runs) + waited frozen + shifted moved) / expected
 *
 * bad packets are those concealed, in `runs` runs; `frozen` frames a buffer run empty waited, `moved` frames it
 * put in or left out to grow and shrink, which may be in the midst of speech: headers do not show it.
 * after (at most 1): what each run adds to its packets: the share of a frame after it that the decoder, out of
 * step, damages too. burst: how much worse a lost packet is that follows another. One more bad packet never
 * lowers x: it adds 1, or takes a run away that weighs no more. At equal loss longer runs are never better where
 * after <= burst: in all narrowband rows. In wideband ones the reference says otherwise (docs/QUALITY.md).
 */
#ifndef EARSHOT_QUALITY_EQUIPMENT_H
#define EARSHOT_QUALITY_EQUIPMENT_H

#include "earshot/emodel.h"
#include "probes/quality/codec.h"

struct es_equipment {
	enum es_mos_basis basis;
	enum es_band band;
	uint32_t ie_milli;
	uint32_t bpl_milli;
	uint32_t limit_milli; /* derived ones; 0: the formula of the Recommendation */
	uint16_t after_milli;
	uint16_t burst_milli;
	uint16_t waited_milli;
	uint16_t shifted_milli;
	bool
	    repairs_lone; /* in-band FEC: the last packet of a run that is lost comes with the next */
};

/* What is known of how a codec is used. */
struct es_codec_use {
	const struct es_codec *codec;
	enum es_band band;       /* the audio band that was agreed on, 0: the codec's own */
	bool has_fec;            /* in-band, RFC 7587 section 6.1 */
	bool has_no_concealment; /* the receiver reported that it conceals nothing */
	uint32_t ptime_us;       /* 0: unknown */
	uint32_t payload_bytes;  /* of most packets, in clear; 0: unknown. Distinguishes modes */
	uint8_t channels;        /* of AMR, each has frames of its own; 0: unknown */
	uint8_t amr_mode;        /* 1 + the frame type in payloads, 0: they were not read */
};

/* NULL: nothing is known of it; then there is no score. Static. */
const struct es_equipment *es_equipment_of(const struct es_codec_use *use);

static inline enum es_emodel_scale
es_equipment_scale(const struct es_equipment *q)
{
	return q->band == ES_BAND_NB   ? ES_EMODEL_NB
	       : q->band == ES_BAND_WB ? ES_EMODEL_WB
				       : ES_EMODEL_FB;
}

#endif
