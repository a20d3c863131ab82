/* SPDX-License-Identifier: Apache-2.0 */
/* Format parameters of the codecs whose packets depend on them. */
#include "probes/wire/sdp_fmtp.h"
#include "probes/base/text.h"

enum {
	PT_G729 = 18,    /* RFC 3551: needs no rtpmap */
	MODE_MAX = 15,   /* frame types of AMR and AMR-WB */
	DTMF = 0xffff,   /* events 0 to 15 */
	EVENT_MAX = 255, /* RFC 4733 section 2.3.1 */
};

static void
set_bool(struct es_sdp_fmtp *f, uint32_t bit, bool *out, es_slice value)
{
	uint32_t v;

	if (es_text_u32(value, 1, &v) != 0)
		return;
	*out = v == 1;
	f->has |= bit;
}

static void
set_u8(struct es_sdp_fmtp *f, uint32_t bit, uint8_t *out, es_slice value, uint8_t max)
{
	uint32_t v;

	if (es_text_u32(value, max, &v) != 0)
		return;
	*out = (uint8_t)v;
	f->has |= bit;
}

static void
set_u32(struct es_sdp_fmtp *f, uint32_t bit, uint32_t *out, es_slice value)
{
	if (es_text_u32(value, INT32_MAX, out) == 0)
		f->has |= bit;
}

/* annexb=no; some write 0 and 1. */
static void
on_g729(struct es_sdp_fmtp *f, es_slice name, es_slice value)
{
	bool is_yes = es_text_is(value, "yes") || es_text_is(value, "1");
	bool is_no = es_text_is(value, "no") || es_text_is(value, "0");

	if (!es_text_is(name, "annexb") || (!is_yes && !is_no))
		return;
	f->annexb = is_yes;
	f->has |= ES_FMTP_HAS_ANNEXB;
}

/* mode-set=0,2,5,7 */
static void
read_mode_set(struct es_sdp_fmtp *f, es_slice value)
{
	unsigned set = 0;

	while (value.n > 0) {
		uint32_t mode;

		if (es_text_u32(es_text_trim(es_text_cut(&value, ',')), MODE_MAX, &mode) != 0)
			return;
		set |= 1u << mode;
	}
	if (set == 0)
		return;
	f->mode_set = (uint16_t)set;
	f->has |= ES_FMTP_HAS_MODE_SET;
}

static void
imply_octet_align(struct es_sdp_fmtp *f, es_slice value)
{
	if (!es_text_is(es_text_trim(value), "1"))
		return;
	f->octet_align = true;
	f->has |= ES_FMTP_HAS_OCTET_ALIGN | ES_FMTP_HAS_CHECKSUMS;
}

static void
on_amr(struct es_sdp_fmtp *f, es_slice name, es_slice value)
{
	if (es_text_is(name, "octet-align"))
		set_bool(f, ES_FMTP_HAS_OCTET_ALIGN, &f->octet_align, value);
	else if (es_text_is(name, "interleaving"))
		f->has |= ES_FMTP_HAS_INTERLEAVING;
	else if (es_text_is(name, "crc") || es_text_is(name, "robust-sorting"))
		imply_octet_align(f, value);
	else if (es_text_is(name, "mode-set"))
		read_mode_set(f, value);
	else if (es_text_is(name, "mode-change-period"))
		set_u8(f, ES_FMTP_HAS_MODE_CHANGE_PERIOD, &f->mode_change_period, value, 2);
	else if (es_text_is(name, "mode-change-capability"))
		set_u8(f, ES_FMTP_HAS_MODE_CHANGE_CAPABILITY, &f->mode_change_capability, value, 2);
}

static void
on_opus(struct es_sdp_fmtp *f, es_slice name, es_slice value)
{
	if (es_text_is(name, "useinbandfec"))
		set_bool(f, ES_FMTP_HAS_INBAND_FEC, &f->inband_fec, value);
	else if (es_text_is(name, "usedtx"))
		set_bool(f, ES_FMTP_HAS_DTX, &f->dtx, value);
	else if (es_text_is(name, "stereo"))
		set_bool(f, ES_FMTP_HAS_STEREO, &f->stereo, value);
	else if (es_text_is(name, "sprop-stereo"))
		set_bool(f, ES_FMTP_HAS_SPROP_STEREO, &f->sprop_stereo, value);
	else if (es_text_is(name, "cbr"))
		set_bool(f, ES_FMTP_HAS_CBR, &f->cbr, value);
	else if (es_text_is(name, "maxaveragebitrate"))
		set_u32(f, ES_FMTP_HAS_BITRATE, &f->max_bitrate, value);
	else if (es_text_is(name, "maxplaybackrate"))
		set_u32(f, ES_FMTP_HAS_PLAYBACK_RATE, &f->max_playback_rate_hz, value);
	else if (es_text_is(name, "sprop-maxcapturerate"))
		set_u32(f, ES_FMTP_HAS_CAPTURE_RATE, &f->max_capture_rate_hz, value);
}

static void
on_rtx(struct es_sdp_fmtp *f, es_slice name, es_slice value)
{
	if (es_text_is(name, "apt"))
		set_u8(f, ES_FMTP_HAS_APT, &f->apt, value, 127);
}

/* 111/111: the primary encoding and its redundant ones, RFC 2198 section 5. */
static void
read_red(struct es_sdp_fmtp *f, es_slice text)
{
	while (text.n > 0 && f->n_red < ES_FMTP_RED_MAX) {
		uint32_t pt;

		if (es_text_u32(es_text_trim(es_text_cut(&text, '/')), 127, &pt) != 0) {
			f->n_red = 0;
			break;
		}
		f->red[f->n_red++] = (uint8_t)pt;
	}
	if (f->n_red > 0)
		f->has |= ES_FMTP_HAS_RED;
}

/* 0-15,66: events that the receiver takes. */
static void
read_events(struct es_sdp_fmtp *f, es_slice text)
{
	bool is_some = false;
	unsigned low = 0;

	while (text.n > 0) {
		es_slice to = es_text_trim(es_text_cut(&text, ','));
		bool is_range = es_text_find(to, '-') < to.n;
		es_slice from = es_text_trim(es_text_cut(&to, '-'));
		uint32_t first, last;

		if (es_text_u32(from, EVENT_MAX, &first) != 0)
			return;
		last = first;
		if (is_range && es_text_u32(es_text_trim(to), EVENT_MAX, &last) != 0)
			return;
		for (uint32_t e = first; e <= last && e < 16; e++)
			low |= 1u << e;
		is_some = true;
	}
	if (is_some)
		f->has |= ES_FMTP_HAS_EVENTS;
	f->has_dtmf = low == DTMF;
}

static void
read_pairs(struct es_sdp_fmtp *f, es_slice text,
    void (*on)(struct es_sdp_fmtp *f, es_slice name, es_slice value))
{
	while (text.n > 0) {
		es_slice value = es_text_cut(&text, ';');
		es_slice name = es_text_trim(es_text_cut(&value, '='));

		on(f, name, es_text_trim(value));
	}
}

void
es_sdp_fmtp_read(const struct es_sdp_type *t, struct es_sdp_fmtp *out)
{
	memset(out, 0, sizeof(*out));
	if (es_text_is(t->name, "opus"))
		read_pairs(out, t->fmtp, on_opus);
	else if (es_text_is(t->name, "AMR") || es_text_is(t->name, "AMR-WB"))
		read_pairs(out, t->fmtp, on_amr);
	else if (es_text_is(t->name, "G729") || (t->name.n == 0 && t->pt == PT_G729))
		read_pairs(out, t->fmtp, on_g729);
	else if (es_text_is(t->name, "rtx"))
		read_pairs(out, t->fmtp, on_rtx);
	else if (es_text_is(t->name, "red"))
		read_red(out, t->fmtp);
	else if (es_text_is(t->name, "telephone-event"))
		read_events(out, t->fmtp);
}
