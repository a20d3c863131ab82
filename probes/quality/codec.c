/* SPDX-License-Identifier: Apache-2.0 */
/* The codec table. Recipe to add one: docs/HACKING.md. */
#include "probes/quality/codec.h"

#include "probes/base/text.h"

#define NB ES_BAND_NB
#define WB ES_BAND_WB
#define SWB ES_BAND_SWB
#define FB ES_BAND_FB
#define AUDIO(name, rate, ptime, band) QUIET(name, rate, ptime, band, 0)
#define QUIET(name, rate, ptime, band, sid) RATED(name, rate, ptime, band, NOT, 0, sid)
#define RATED(name, rate, ptime, band, rated, lookahead, sid)                             \
	{                                                                                 \
		name, ES_CODEC_AUDIO, rate, ptime, band, ES_RATED_##rated, lookahead, sid \
	}
#define OTHER(name, kind, rate)                                                     \
	{                                                                           \
		name, ES_CODEC_##kind, rate, 0, (enum es_band)0, ES_RATED_NOT, 0, 0 \
	}

/*
 * SID: silence descriptors of G.729 Annex B (2 bytes), G.723.1 Annex A (4), AMR and AMR-WB (7 in both forms of
 * RFC 4867, more with a CRC or with empty frames in the packet, but less than the 14 and 18 of the lowest mode),
 * EVS (6, 3GPP TS 26.445 A.2.1); opus sends 2 bytes or fewer (RFC 7587 section 3.1.3). No frame of speech is
 * that short.
 */
static const struct es_codec codecs[] = {
	RATED("PCMU", 8000, 20, NB, G711, 0, 0),
	RATED("PCMA", 8000, 20, NB, G711, 0, 0),
	RATED("GSM", 8000, 20, NB, GSM, 0, 0),
	RATED("G729", 8000, 20, NB, G729, 5000, 2),
	RATED("G723", 8000, 30, NB, G723, 7500, 4),
	RATED("GSM-EFR", 8000, 20, NB, GSM_EFR, 0, 0),
	RATED("speex", 8000, 20, NB, SPEEX, 10000, 0),
	RATED("AMR", 8000, 20, NB, AMR, 5000, 13),
	RATED("G726-40", 8000, 20, NB, G726_40, 0, 0),
	RATED("G726-32", 8000, 20, NB, G726_32, 0, 0),
	RATED("G726-24", 8000, 20, NB, G726_24, 0, 0),
	RATED("G726-16", 8000, 20, NB, G726_16, 0, 0),
	RATED("G728", 8000, 20, NB, G728, 0, 0),
	RATED("GSM-HR-08", 8000, 20, NB, GSM_HR, 4400, 0),
	RATED("iLBC", 8000, 30, NB, ILBC, 10000, 0),
	RATED("L16", 8000, 20, NB, L16, 0, 0),
	RATED("L16", 16000, 20, WB, L16_WB, 0, 0),
	RATED("SILK", 8000, 20, NB, SILK, 5000, 0),
	RATED("SILK", 16000, 20, WB, SILK_WB, 5000, 0),
	/* Sampled at 16 kHz; the clock stayed, RFC 3551 section 4.5.2. */
	RATED("G722", 8000, 20, WB, G722, 1500, 0),
	RATED("AMR-WB", 16000, 20, WB, AMR_WB, 5000, 17),
	RATED("G7221", 16000, 20, WB, G7221, 20000, 0),
	RATED("speex", 16000, 20, WB, SPEEX_WB, 14000, 0),
	RATED("EVS", 16000, 20, SWB, EVS, 12000, 6),
	RATED("opus", 48000, 20, FB, OPUS, 6500, 2),

	QUIET("G729D", 8000, 20, NB, 2),
	QUIET("G729E", 8000, 20, NB, 2),
	AUDIO("BV16", 8000, 20, NB),
	AUDIO("EVRC", 8000, 20, NB),
	AUDIO("EVRC0", 8000, 20, NB),
	AUDIO("EVRCB", 8000, 20, NB),
	AUDIO("SMV", 8000, 20, NB),
	AUDIO("QCELP", 8000, 20, NB),
	AUDIO("LPC", 8000, 20, NB),
	AUDIO("VDVI", 8000, 20, NB),
	AUDIO("DVI4", 8000, 20, NB),
	AUDIO("DVI4", 11025, 20, NB),
	AUDIO("DVI4", 16000, 20, WB),
	AUDIO("DVI4", 22050, 20, WB),
	AUDIO("L8", 8000, 20, NB),
	AUDIO("L16", 44100, 20, FB),
	AUDIO("L16", 48000, 20, FB),
	AUDIO("SILK", 12000, 20, NB),
	AUDIO("SILK", 24000, 20, SWB),
	AUDIO("PCMU-WB", 16000, 20, WB),
	AUDIO("PCMA-WB", 16000, 20, WB),
	AUDIO("G7221", 32000, 20, SWB),
	AUDIO("BV32", 16000, 20, WB),
	AUDIO("iSAC", 16000, 30, WB),
	AUDIO("speex", 32000, 20, SWB),
	AUDIO("EVRCWB", 16000, 20, WB),
	AUDIO("MPA", 90000, 0, FB),

	OTHER("CN", COMFORT, 8000),
	OTHER("telephone-event", EVENT, 8000),
	OTHER("tone", EVENT, 8000),
	OTHER("red", RED, 8000),
	OTHER("rtx", RTX, 90000),
	OTHER("ulpfec", FEC, 90000),
	OTHER("parityfec", FEC, 8000),
	OTHER("flexfec", FEC, 90000),
	OTHER("flexfec-03", FEC, 90000), /* of a draft, as browsers send it */
	OTHER("1d-interleaved-parityfec", FEC, 90000),
	OTHER("H261", VIDEO, 90000),
	OTHER("H263", VIDEO, 90000),
	OTHER("H263-1998", VIDEO, 90000),
	OTHER("H263-2000", VIDEO, 90000),
	OTHER("H264", VIDEO, 90000),
	OTHER("H265", VIDEO, 90000),
	OTHER("VP8", VIDEO, 90000),
	OTHER("VP9", VIDEO, 90000),
	OTHER("AV1", VIDEO, 90000),
	OTHER("JPEG", VIDEO, 90000),
	OTHER("CelB", VIDEO, 90000),
	OTHER("nv", VIDEO, 90000),
	OTHER("MPV", VIDEO, 90000),
	OTHER("MP2T", VIDEO, 90000),
};

enum { N_CODECS = sizeof(codecs) / sizeof(codecs[0]) };

/* RFC 3551 tables 4 and 5. */
static const struct {
	uint8_t payload_type;
	const char *name;
	uint32_t clock_rate_hz;
} statics[] = {
	{ 0, "PCMU", 8000 },
	{ 3, "GSM", 8000 },
	{ 4, "G723", 8000 },
	{ 5, "DVI4", 8000 },
	{ 6, "DVI4", 16000 },
	{ 7, "LPC", 8000 },
	{ 8, "PCMA", 8000 },
	{ 9, "G722", 8000 },
	{ 10, "L16", 44100 },
	{ 11, "L16", 44100 },
	{ 12, "QCELP", 8000 },
	{ 13, "CN", 8000 },
	{ 14, "MPA", 90000 },
	{ 15, "G728", 8000 },
	{ 16, "DVI4", 11025 },
	{ 17, "DVI4", 22050 },
	{ 18, "G729", 8000 },
	{ 19, "CN", 8000 }, /* reserved, but an older draft's comfort noise and still sent */
	{ 25, "CelB", 90000 },
	{ 26, "JPEG", 90000 },
	{ 28, "nv", 90000 },
	{ 31, "H261", 90000 },
	{ 32, "MPV", 90000 },
	{ 33, "MP2T", 90000 },
	{ 34, "H263", 90000 },
};

const struct es_codec *
es_codec_static(uint8_t payload_type)
{
	for (size_t i = 0; i < sizeof(statics) / sizeof(statics[0]); i++) {
		if (statics[i].payload_type == payload_type)
			return es_codec_find(
			    es_slice_str(statics[i].name), statics[i].clock_rate_hz);
	}
	return NULL;
}

/* Events, comfort noise and repair take the clock of the codec they go with. */
static bool
has_clock(const struct es_codec *c, uint32_t rate_hz)
{
	return rate_hz == 0 || rate_hz == c->clock_rate_hz || c->kind == ES_CODEC_COMFORT ||
	       c->kind == ES_CODEC_EVENT || c->kind >= ES_CODEC_RED;
}

const struct es_codec *
es_codec_named(es_slice name, uint32_t rate_hz)
{
	uint8_t first = name.n > 0 ? es_lower(name.p[0]) : 0;
	const struct es_codec *named = NULL;

	for (size_t i = 0; i < N_CODECS && name.n > 0; i++) {
		const struct es_codec *c = &codecs[i];

		if (first != es_lower((uint8_t)c->name[0]) ||
		    !es_text_same(name, es_slice_str(c->name)))
			continue; /* the first letter spares most of the work */
		if (has_clock(c, rate_hz))
			return c;
		if (named == NULL)
			named = c;
	}
	return named;
}

const struct es_codec *
es_codec_find(es_slice name, uint32_t rate_hz)
{
	const struct es_codec *c = es_codec_named(name, rate_hz);

	return c != NULL && has_clock(c, rate_hz) ? c : NULL;
}

bool
es_codec_has_one_clock(const struct es_codec *c)
{
	switch ((enum es_rated)c->rated) {
	case ES_RATED_NOT: /* unknown ones too: RFC 4856 lets samples have any rate */
	case ES_RATED_G711:
	case ES_RATED_L16:
	case ES_RATED_L16_WB:
	case ES_RATED_SPEEX:
	case ES_RATED_SPEEX_WB:
	case ES_RATED_SILK:
	case ES_RATED_SILK_WB:
	case ES_RATED_G7221:
		return false;
	default: /* G722: RFC 3551 section 4.5.2; opus: RFC 7587 section 4.1; AMR: RFC 4867 */
		return true;
	}
}
