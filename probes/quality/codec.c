/* SPDX-License-Identifier: Apache-2.0 */
/* The codec table. Recipe to add one: docs/HACKING.md. */
#include "probes/quality/codec.h"

#include "probes/base/text.h"

#define NB ES_BAND_NB
#define WB ES_BAND_WB
#define SWB ES_BAND_SWB
#define FB ES_BAND_FB
#define AUDIO(name, rate, ptime, band) QUIET(name, rate, ptime, band, 0)
#define QUIET(name, rate, ptime, band, sid)                                                 \
	{                                                                                   \
		name, ES_CODEC_AUDIO, rate, ptime, band, (enum es_mos_basis)0, 0, 0, 0, sid \
	}
#define SCORED(name, rate, ptime, basis, ie, bpl, lookahead, sid)                                \
	{                                                                                        \
		name, ES_CODEC_AUDIO, rate, ptime, NB, ES_BASIS_##basis, ie, bpl, lookahead, sid \
	}
#define OTHER(name, kind, rate)                                                                   \
	{                                                                                         \
		name, ES_CODEC_##kind, rate, 0, (enum es_band)0, (enum es_mos_basis)0, 0, 0, 0, 0 \
	}

/*
 * Constants of the narrowband E-model, thousandths:
 * ITU          both of G.113 (Appendix I).
 * DERIVED      Ie and Bpl fitted to P.862/P.862.1 scores of decoded speech under random loss, fixed
 *              buffer of 60 ms, 20 ms packets, with the concealment named; the way of P.834.
 *              G.113 plans more kindly: its G.711 with concealment is 0 and 25.1, its G.729 10 and 19.
 * PLACEHOLDER  one of the two is borrowed, the row says from where.
 * SID: silence descriptors of G.729 Annex B (2 bytes), G.723.1 Annex A (4), AMR and AMR-WB (7 in both
 * forms of RFC 4867), EVS (6, 3GPP TS 26.445 A.2.1); opus sends 2 bytes or fewer (RFC 7587
 * section 3.1.3). No frame of speech is that short.
 * A codec without constants is not scored. None is published for iLBC, SILK or Opus, and a mode or
 * bandwidth chosen inside the payload is not known from headers; wideband needs the model of G.107.1.
 */
static const struct es_codec codecs[] = {
	SCORED("PCMU", 8000, 20, DERIVED, 6900, 14600, 0, 0), /* concealment of G.711 Appendix I */
	SCORED("PCMA", 8000, 20, DERIVED, 6900, 14600, 0, 0),
	SCORED("GSM", 8000, 20, DERIVED, 27000, 17000, 0, 0),
	SCORED("G729", 8000, 20, DERIVED, 24000, 17000, 5000, 2),
	SCORED("G723", 8000, 30, ITU, 15000, 16100, 7500, 4), /* 6.3 kbit/s with VAD */
	SCORED("GSM-EFR", 8000, 20, ITU, 5000, 10000, 0, 0),
	SCORED("speex", 8000, 20, DERIVED, 18000, 15000, 10000, 0), /* quality 8 */
	/* Derived for mode 12.2; which mode runs stands in the payload. */
	SCORED("AMR", 8000, 20, PLACEHOLDER, 17000, 16000, 5000, 7),
	/* Ie of G.113; Bpl borrowed: of G.711 for G.726, of G.729 for G.728 and GSM half rate. */
	SCORED("G726-40", 8000, 20, PLACEHOLDER, 2000, 14600, 0, 0),
	SCORED("G726-32", 8000, 20, PLACEHOLDER, 7000, 14600, 0, 0),
	SCORED("G726-24", 8000, 20, PLACEHOLDER, 25000, 14600, 0, 0),
	SCORED("G726-16", 8000, 20, PLACEHOLDER, 50000, 14600, 0, 0),
	SCORED("G728", 8000, 20, PLACEHOLDER, 7000, 17000, 0, 0),
	SCORED("GSM-HR-08", 8000, 20, PLACEHOLDER, 23000, 17000, 4400, 0),

	AUDIO("iLBC", 8000, 30, NB),
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
	AUDIO("L16", 8000, 20, NB),
	AUDIO("L16", 16000, 20, WB),
	AUDIO("L16", 44100, 20, FB),
	AUDIO("L16", 48000, 20, FB),
	AUDIO("SILK", 8000, 20, NB),
	AUDIO("SILK", 12000, 20, NB),
	AUDIO("SILK", 16000, 20, WB),
	AUDIO("SILK", 24000, 20, SWB),
	AUDIO(
	    "G722", 8000, 20, WB), /* sampled at 16 kHz; the clock stayed, RFC 3551 section 4.5.2 */
	AUDIO("PCMU-WB", 16000, 20, WB),
	AUDIO("PCMA-WB", 16000, 20, WB),
	QUIET("AMR-WB", 16000, 20, WB, 7),
	AUDIO("G7221", 16000, 20, WB),
	AUDIO("G7221", 32000, 20, SWB),
	AUDIO("BV32", 16000, 20, WB),
	AUDIO("iSAC", 16000, 30, WB),
	AUDIO("speex", 16000, 20, WB),
	AUDIO("speex", 32000, 20, SWB),
	AUDIO("EVRCWB", 16000, 20, WB),
	QUIET("EVS", 16000, 20, SWB, 6),
	QUIET("opus", 48000, 20, FB, 2),
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
