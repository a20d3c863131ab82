/* SPDX-License-Identifier: Apache-2.0 */
/* Payload types to codecs. */
#include "probes/call/payload.h"

#include "probes/base/text.h"

void
es_payload_of(uint8_t pt, es_slice name, uint32_t clock_rate_hz, struct es_payload *out)
{
	memset(out, 0, sizeof(*out));
	out->pt = pt;
	out->line = ES_LINE_NONE;
	out->codec = name.n == 0 ? es_codec_static(pt) : es_codec_named(name, clock_rate_hz);
	out->kind = out->codec != NULL ? (uint8_t)out->codec->kind : ES_CODEC_AUDIO;
	out->clock_rate_hz = clock_rate_hz;
	if (out->codec != NULL && (clock_rate_hz == 0 || es_codec_has_one_clock(out->codec)))
		out->clock_rate_hz = out->codec->clock_rate_hz;
	if (out->codec == NULL && name.n > 0) {
		out->name_bytes =
		    (uint8_t)(name.n < ES_PAYLOAD_NAME_MAX ? name.n : ES_PAYLOAD_NAME_MAX);
		memcpy(out->name, name.p, out->name_bytes);
	}
}

es_slice
es_payload_name(const struct es_payload *p)
{
	if (p->is_red)
		return es_slice_str("red");
	if (p->codec != NULL)
		return es_slice_str(p->codec->name);
	return es_slice_of(p->name, p->name_bytes);
}

/* RED has no number of channels for its content. */
static bool
has_other_channels(const struct es_payload *a, const struct es_payload *b)
{
	return !a->is_red && !b->is_red &&
	       (a->channels == 0 ? 1 : a->channels) != (b->channels == 0 ? 1 : b->channels);
}

bool
es_payload_is_same_codec(const struct es_payload *a, const struct es_payload *b)
{
	if (a->codec != b->codec || a->clock_rate_hz != b->clock_rate_hz ||
	    has_other_channels(a, b))
		return false;
	return a->codec != NULL ||
	       (a->name_bytes > 0 && es_text_same(es_slice_of(a->name, a->name_bytes),
					 es_slice_of(b->name, b->name_bytes)));
}

bool
es_payload_is_plausible(uint8_t pt)
{
	if (pt < 35)
		return es_codec_static(pt) != NULL;
	return pt < 64 || pt >= 96;
}
