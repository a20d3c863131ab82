/* SPDX-License-Identifier: Apache-2.0 */
/* Payload types to codecs. */
#include "probes/track/payload.h"

void
es_payload_of(uint8_t pt, es_slice name, uint32_t clock_rate_hz, struct es_payload *out)
{
	memset(out, 0, sizeof(*out));
	out->pt = pt;
	out->line = ES_LINE_NONE;
	out->codec = name.n == 0 ? es_codec_static(pt) : es_codec_named(name, clock_rate_hz);
	out->kind = out->codec != NULL ? (uint8_t)out->codec->kind : ES_CODEC_AUDIO;
	out->clock_rate_hz = clock_rate_hz;
	if (clock_rate_hz == 0 && out->codec != NULL)
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

bool
es_payload_is_plausible(uint8_t pt)
{
	if (pt < 35)
		return es_codec_static(pt) != NULL;
	return pt < 64 || pt >= 96;
}
