/* SPDX-License-Identifier: Apache-2.0 */
/* Format parameters of the codecs whose packets depend on them. */
#include "probes/wire/sip/sdp_fmtp.h"
#include "probes/base/text.h"

enum { RED_MAX = 4 }; /* generations of RED that are looked at, the primary one included */

/* 0 or 1; anything else leaves what there is. */
static void
set_bool(bool *out, es_slice value)
{
	uint32_t v;

	if (es_text_u32(value, 1, &v) == 0)
		*out = v == 1;
}

static void
on_amr(struct es_sdp_fmtp *f, es_slice name, es_slice value)
{
	if (es_text_is(name, "octet-align"))
		set_bool(&f->octet_align, value);
	else if (es_text_is(name, "interleaving"))
		f->is_interleaved = true;
	else if ((es_text_is(name, "crc") || es_text_is(name, "robust-sorting")) &&
		 es_text_is(value, "1"))
		f->octet_align = f->has_checksums = true;
}

static void
on_opus(struct es_sdp_fmtp *f, es_slice name, es_slice value)
{
	uint32_t rate_hz;

	if (es_text_is(name, "useinbandfec"))
		set_bool(&f->inband_fec, value);
	else if (es_text_is(name, "maxplaybackrate") &&
		 es_text_u32(value, INT32_MAX, &rate_hz) == 0)
		f->max_playback_rate_hz = rate_hz;
}

/* 111/111: the primary encoding and its redundant ones, RFC 2198 section 5. */
static void
read_red(struct es_sdp_fmtp *f, es_slice text)
{
	uint32_t pt[RED_MAX];
	unsigned n = 0;

	for (; text.n > 0 && n < RED_MAX; n++)
		if (es_text_u32(es_text_trim(es_text_cut(&text, '/')), 127, &pt[n]) != 0)
			return;
	if (n == 0)
		return;
	f->has_red = true;
	f->red_primary = (uint8_t)pt[0];
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
	else if (es_text_is(t->name, "red"))
		read_red(out, t->fmtp);
}
