/* SPDX-License-Identifier: Apache-2.0 */
/* The table of equipment impairments. Recipe to add a row: docs/HACKING.md. */
#include "probes/quality/equipment.h"

enum { FRAME_US = 20000, AMR_MODES = 8, AMR_WB_MODES = 9 };

/*
 * ITU          Ie and Bpl of G.113: Appendix I narrowband, IV wideband, V fullband.
 * DERIVED      fitted to P.862.1 and P.862.2 scores of decoded speech, by the method of P.834: losses alone
 *              and in bursts, two receivers; docs/QUALITY.md. With the concealment that goes with the
 *              codec, G.711's of its Appendix I.
 * PLACEHOLDER  at least one constant is borrowed; the row says from where.
 */
#define ITU(band, ie, bpl)                                                     \
	{                                                                      \
		ES_BASIS_ITU, ES_BAND_##band, ie, bpl, 0, 0, 0, 1000, 0, false \
	}
#define BORROWED(band, ie, bpl)                                                        \
	{                                                                              \
		ES_BASIS_PLACEHOLDER, ES_BAND_##band, ie, bpl, 0, 0, 0, 1000, 0, false \
	}
#define FITTED(basis, band, ...)                              \
	{                                                     \
		ES_BASIS_##basis, ES_BAND_##band, __VA_ARGS__ \
	}
/* Bpl, limit, after, burst, waited, shifted: how a decoder takes losses, whatever Ie its encoder leaves. */
#define OF_G711 9500, 76500, 130, 270, 1500, 700
#define OF_G722 6400, 119000, 850, 0, 1000, 120
#define OF_OPUS_NB 10200, 83300, 130, 150, 1170, 380
#define OF_OPUS_WB 7600, 119900, 590, 80, 1060, 410
#define AMR_NB(ie, bpl) FITTED(PLACEHOLDER, NB, ie, bpl, 82500, 90, 90, 1160, 330, false)
#define AMR_WB(ie, bpl) FITTED(PLACEHOLDER, WB, ie, bpl, 122800, 930, 0, 930, 240, false)

/*
 * By packet time. What is repeated into the first 10 ms of a run sounds right, and what follows the less
 * so: a packet hurts by the part of it beyond, and that is `after`, of the 270 of one that is all beyond.
 */
static const struct es_equipment g711_10ms =
    FITTED(DERIVED, NB, 5000, 9500, 76500, 0, 270, 1500, 700, false);
static const struct es_equipment g711 = FITTED(DERIVED, NB, 5000, OF_G711, false);
static const struct es_equipment g711_30ms =
    FITTED(DERIVED, NB, 5000, 9500, 76500, 180, 270, 1500, 700, false);
static const struct es_equipment g711_40ms =
    FITTED(DERIVED, NB, 5000, 9500, 76500, 200, 270, 1500, 700, false);
static const struct es_equipment g729 =
    FITTED(DERIVED, NB, 22700, 12500, 81800, 110, 110, 1140, 340, false);
static const struct es_equipment gsm =
    FITTED(DERIVED, NB, 27300, 12600, 81100, 90, 100, 1220, 310, false);
static const struct es_equipment speex =
    FITTED(DERIVED, NB, 13800, 10400, 82100, 90, 120, 1250, 400, false);
static const struct es_equipment g722 = FITTED(DERIVED, WB, 1000, OF_G722, false);
static const struct es_equipment opus_nb = FITTED(DERIVED, NB, 6300, OF_OPUS_NB, false);
static const struct es_equipment opus_wb = FITTED(DERIVED, WB, 7600, OF_OPUS_WB, false);
static const struct es_equipment opus_wb_fec =
    FITTED(DERIVED, WB, 28900, 9100, 120600, 740, 0, 970, 240, true);
/* Without in-band FEC's share of the bit rate; with it, as Opus wideband does. */
static const struct es_equipment opus_nb_fec = FITTED(PLACEHOLDER, NB, 18000, OF_OPUS_NB, true);
/* Ie of a full band codec at 24 to 32 kbit/s, Bpl of EVS 48 (G.113 Appendix V). */
static const struct es_equipment opus_fb = BORROWED(FB, 9000, 9600);
static const struct es_equipment opus_fb_fec =
    FITTED(PLACEHOLDER, FB, 9000, 9600, 132000, 0, 0, 1000, 0, true);

static const struct es_equipment g723_63 = ITU(NB, 15000, 16100); /* with VAD */
static const struct es_equipment g723_53 = BORROWED(NB, 19000, 16100);
static const struct es_equipment gsm_efr = ITU(NB, 5000, 10000);
/* Ie of G.113; Bpl fitted to its formula: GSM full rate, G.711 and G.729. */
static const struct es_equipment gsm_hr = BORROWED(NB, 23000, 17000);
static const struct es_equipment g726_40 = BORROWED(NB, 2000, 14600);
static const struct es_equipment g726_32 = BORROWED(NB, 7000, 14600);
static const struct es_equipment g726_24 = BORROWED(NB, 25000, 14600);
static const struct es_equipment g726_16 = BORROWED(NB, 50000, 14600);
static const struct es_equipment g728 = BORROWED(NB, 7000, 17000);
/* Frames of iLBC are independent of each other: constants of GSM full rate but for its cleaner sound. */
static const struct es_equipment ilbc = BORROWED(NB, 20000, 17000);
/* Linear samples: G.711 without its companding, and its like in wideband. */
static const struct es_equipment l16 = FITTED(PLACEHOLDER, NB, 0, OF_G711, false);
static const struct es_equipment l16_wb = FITTED(PLACEHOLDER, WB, 0, OF_G722, false);
/* The speech layer of Opus came from SILK; Speex wideband holds Speex in its lower band. */
static const struct es_equipment silk = FITTED(PLACEHOLDER, NB, 6300, OF_OPUS_NB, false);
static const struct es_equipment silk_wb = FITTED(PLACEHOLDER, WB, 7600, OF_OPUS_WB, false);
static const struct es_equipment speex_wb = FITTED(PLACEHOLDER, WB, 22000, OF_OPUS_WB, false);
/* Ie of G.113 Appendix IV, Bpl near G.722's. */
static const struct es_equipment g7221_24 = BORROWED(WB, 19000, 6500);
static const struct es_equipment g7221_32 = BORROWED(WB, 13000, 6500);
/* The two lower rates: as much more than 64 kbit/s as G.113 puts between them. */
static const struct es_equipment g722_56 = FITTED(PLACEHOLDER, WB, 8000, OF_G722, false);
static const struct es_equipment g722_48 = FITTED(PLACEHOLDER, WB, 19000, OF_G722, false);
/* No concealment at all, if the receiver reported so; G.113 Table I.4. */
static const struct es_equipment g711_bare = ITU(NB, 0, 4300);

/* Fitted are 4.75 and 12.2 kbit/s; between them Ie and Bpl fall with the logarithm of the rate. */
static const struct es_equipment amr[AMR_MODES] = {
	FITTED(DERIVED, NB, 35600, 16000, 82900, 0, 10, 1250, 350, false),
	AMR_NB(33500, 15600),
	AMR_NB(30100, 14900),
	AMR_NB(26800, 14200),
	AMR_NB(24300, 13700),
	AMR_NB(22500, 13300),
	AMR_NB(16200, 12000),
	FITTED(DERIVED, NB, 11600, 11100, 82100, 170, 170, 1060, 300, false),
};

/*
 * Fitted are 12.65 and 23.85 kbit/s; others lie between as the diotic values of G.113 do, and lower ones
 * as far below 12.65 as there.
 */
static const struct es_equipment amr_wb[AMR_WB_MODES] = {
	AMR_WB(81400, 8000),
	AMR_WB(66400, 8000),
	FITTED(DERIVED, WB, 45400, 8000, 123700, 890, 0, 970, 300, false),
	AMR_WB(43500, 7700),
	AMR_WB(40200, 7300),
	AMR_WB(34400, 6700),
	AMR_WB(30800, 6300),
	AMR_WB(24500, 5900),
	FITTED(DERIVED, WB, 28000, 5900, 121900, 970, 0, 890, 170, false),
};

/* EVS primary modes, super-wideband, by bits of a frame (3GPP TS 26.445 table 1). */
static const struct {
	uint16_t bits;
	struct es_equipment is;
} evs[] = {
	{ 192, ITU(SWB, 22700, 13000) },
	{ 264, ITU(SWB, 17100, 11700) },
	{ 328, ITU(SWB, 10800, 10300) },
	{ 488, ITU(SWB, 7200, 11400) },
	{ 640, ITU(SWB, 8700, 9300) },
	{ 960, ITU(SWB, 10200, 9600) },
};

static uint32_t
frames_of(const struct es_codec_use *use, uint32_t frame_us)
{
	uint32_t n = (use->ptime_us + frame_us / 2) / frame_us;

	return n == 0 ? 1 : n;
}

/*
 * The mode read from payloads, else the one that makes payloads of this size: speech bits, and the headers of
 * RFC 4867 section 4.3 (bandwidth-efficient) or 4.4 (octet-aligned), without CRC and interleaving.
 */
static int
amr_mode(const struct es_codec_use *use, const uint16_t *bits, int n_modes)
{
	uint32_t frames = frames_of(use, FRAME_US) * (use->channels > 1 ? use->channels : 1);

	if (use->amr_mode > 0 && use->amr_mode <= n_modes)
		return use->amr_mode - 1;
	for (int i = 0; i < n_modes; i++) {
		uint32_t packed = (4 + frames * (6u + bits[i]) + 7) / 8;
		uint32_t aligned = 1 + frames * (1 + (bits[i] + 7u) / 8);

		if (use->payload_bytes == packed || use->payload_bytes == aligned)
			return i;
	}
	return -1;
}

/* The mode is unknown: take the highest, which senders use as long as nothing is wrong. */
static const struct es_equipment *
amr_of(const struct es_codec_use *use)
{
	static const uint16_t bits[AMR_MODES] = { 95, 103, 118, 134, 148, 159, 204, 244 };
	int mode = amr_mode(use, bits, AMR_MODES);

	return mode < 0 ? &amr[AMR_MODES - 1] : &amr[mode];
}

static const struct es_equipment *
amr_wb_of(const struct es_codec_use *use)
{
	static const uint16_t bits[AMR_WB_MODES] = { 132, 177, 253, 285, 317, 365, 397, 461, 477 };
	int mode = amr_mode(use, bits, AMR_WB_MODES);

	return mode < 0 ? &amr_wb[AMR_WB_MODES - 1] : &amr_wb[mode];
}

/* Compact format has no header; the other one adds a byte to each frame (3GPP TS 26.445 A.2). */
static const struct es_equipment *
evs_of(const struct es_codec_use *use)
{
	uint32_t frames = frames_of(use, FRAME_US);

	for (size_t i = 0; i < sizeof(evs) / sizeof(evs[0]); i++) {
		uint32_t bytes = evs[i].bits / 8u;

		if (use->payload_bytes == frames * bytes ||
		    use->payload_bytes == frames * (bytes + 1) ||
		    use->payload_bytes == frames * (bytes + 1) + 1)
			return &evs[i].is;
	}
	return NULL;
}

static const struct es_equipment *
opus_of(const struct es_codec_use *use)
{
	if (use->band == ES_BAND_NB)
		return use->has_fec ? &opus_nb_fec : &opus_nb;
	if (use->band == ES_BAND_WB)
		return use->has_fec ? &opus_wb_fec : &opus_wb;
	return use->has_fec ? &opus_fb_fec : &opus_fb;
}

/* Bytes a second of payload, 0 unknown. */
static uint32_t
byte_rate(const struct es_codec_use *use)
{
	return use->ptime_us == 0
		   ? 0
		   : (uint32_t)((uint64_t)use->payload_bytes * 1000000 / use->ptime_us);
}

static const struct es_equipment *
g722_of(const struct es_codec_use *use)
{
	uint32_t rate = byte_rate(use);

	return rate == 6000 ? &g722_48 : rate == 7000 ? &g722_56 : &g722;
}

static const struct es_equipment *
g711_of(const struct es_codec_use *use)
{
	if (use->has_no_concealment)
		return &g711_bare;
	if (use->ptime_us == 0 || (use->ptime_us > 15000 && use->ptime_us <= 25000))
		return &g711;
	return use->ptime_us < 20000    ? &g711_10ms
	       : use->ptime_us <= 35000 ? &g711_30ms
					: &g711_40ms;
}

/* 20 bytes in 30 ms are 5.3 kbit/s, 24 are 6.3. */
static const struct es_equipment *
g723_of(const struct es_codec_use *use)
{
	return use->payload_bytes > 0 && use->payload_bytes % 20 == 0 ? &g723_53 : &g723_63;
}

const struct es_equipment *
es_equipment_of(const struct es_codec_use *use)
{
	if (use->codec == NULL)
		return NULL;
	switch ((enum es_rated)use->codec->rated) {
	case ES_RATED_NOT:
		return NULL;
	case ES_RATED_G711:
		return g711_of(use);
	case ES_RATED_G729:
		return &g729;
	case ES_RATED_G723:
		return g723_of(use);
	case ES_RATED_G726_40:
		return &g726_40;
	case ES_RATED_G726_32:
		return &g726_32;
	case ES_RATED_G726_24:
		return &g726_24;
	case ES_RATED_G726_16:
		return &g726_16;
	case ES_RATED_G728:
		return &g728;
	case ES_RATED_GSM:
		return &gsm;
	case ES_RATED_GSM_EFR:
		return &gsm_efr;
	case ES_RATED_GSM_HR:
		return &gsm_hr;
	case ES_RATED_ILBC:
		return &ilbc;
	case ES_RATED_SPEEX:
		return &speex;
	case ES_RATED_SPEEX_WB:
		return &speex_wb;
	case ES_RATED_SILK:
		return &silk;
	case ES_RATED_SILK_WB:
		return &silk_wb;
	case ES_RATED_L16:
		return &l16;
	case ES_RATED_L16_WB:
		return &l16_wb;
	case ES_RATED_AMR:
		return amr_of(use);
	case ES_RATED_G722:
		return g722_of(use);
	case ES_RATED_G7221:
		return byte_rate(use) == 4000 ? &g7221_32 : &g7221_24;
	case ES_RATED_AMR_WB:
		return amr_wb_of(use);
	case ES_RATED_OPUS:
		return opus_of(use);
	case ES_RATED_EVS:
		return evs_of(use);
	}
	return NULL;
}
