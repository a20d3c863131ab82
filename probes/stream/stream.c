/* SPDX-License-Identifier: Apache-2.0 */
/* Codec, packet time and kind of a stream. */
#include "probes/stream/stream.h"

const struct es_equipment *
es_stream_equipment(const struct es_stream_state *s, const struct es_stream_payload *p)
{
	struct es_codec_use use = { 0 };

	if (p == NULL)
		return NULL;
	use.codec = p->is.codec;
	use.band = (enum es_band)p->is.band;
	use.has_fec = p->is.has_fec;
	use.has_no_concealment = s->receiver.has_no_concealment;
	use.ptime_us = es_stream_ptime_of(s, p);
	if (!s->is_secure && !p->is.is_red) /* SRTP's tag and RED's copies are in the length */
		use.payload_bytes = p->bytes.usual;
	use.channels = p->is.channels;
	use.amr_mode = (uint8_t)p->amr_mode.usual;
	return es_equipment_of(&use);
}

/* Packets of the codec that a payload is of, whatever its number. */
static uint64_t
packets_of(const struct es_stream_state *s, const struct es_stream_payload *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < s->coding.n_payloads; i++)
		if (es_stream_is_same_codec(es_stream_payload_at(s, i), p))
			n += es_stream_payload_at(s, i)->packets;
	return n;
}

const struct es_stream_payload *
es_stream_main_payload(const struct es_stream_state *s)
{
	const struct es_stream_payload *best = NULL;
	uint64_t most = 0;

	if (s->coding.n_payloads == 1)
		return &s->coding.first;
	for (unsigned i = 0; i < s->coding.n_payloads; i++) {
		const struct es_stream_payload *p = es_stream_payload_at(s, i);
		bool is_media = es_payload_is_media(&p->is);
		uint64_t n = packets_of(s, p);

		if (best != NULL && is_media == es_payload_is_media(&best->is) &&
		    (n < most || (n == most && p->packets <= best->packets)))
			continue;
		if (best != NULL && is_media < es_payload_is_media(&best->is))
			continue;
		best = p;
		most = n;
	}
	return best;
}

enum es_stream_kind
es_stream_kind(const struct es_stream_state *s)
{
	const struct es_stream_payload *p = es_stream_main_payload(s);

	if (p == NULL || p->is.codec == NULL)
		return s->owner.media_kind;
	switch ((enum es_codec_kind)p->is.kind) {
	case ES_CODEC_AUDIO:
	case ES_CODEC_COMFORT:
	case ES_CODEC_EVENT:
		return ES_KIND_AUDIO;
	case ES_CODEC_VIDEO:
		return ES_KIND_VIDEO;
	case ES_CODEC_RTX:
		return ES_KIND_RTX;
	case ES_CODEC_FEC:
		return ES_KIND_FEC;
	case ES_CODEC_RED:
		break;
	}
	return s->owner.media_kind;
}

uint32_t
es_stream_step_of(const struct es_stream_state *s, const struct es_stream_payload *p)
{
	const struct es_stream_payload *now = s->coding.audio;
	bool is_now =
	    p == now || p->is.kind != ES_CODEC_AUDIO || es_payload_is_same_codec(&p->is, &now->is);

	if (is_now && es_steps_count(&s->coding.steps) >= p->step_of)
		return es_steps_median(&s->coding.steps);
	return p->step;
}

static uint32_t
time_of(const struct es_payload *is, uint32_t step)
{
	if (is->clock_rate_hz != 0 && step != 0 && step <= is->clock_rate_hz)
		return (uint32_t)((uint64_t)step * 1000000 / is->clock_rate_hz);
	return is->codec != NULL ? is->codec->ptime_ms * 1000u : 0;
}

uint32_t
es_stream_ptime_learned_us(const struct es_stream_state *s)
{
	const struct es_stream_payload *p = s->coding.audio;
	uint32_t step = s->changes.step;

	if (p->is.kind != ES_CODEC_AUDIO)
		return 0;
	if (step == 0)
		step = es_steps_median(&s->coding.steps);
	return time_of(&p->is, step != 0 ? step : p->step);
}

uint32_t
es_stream_ptime_of(const struct es_stream_state *s, const struct es_stream_payload *p)
{
	const struct es_stream_payload *now = s->coding.audio;

	if (p->is.kind != ES_CODEC_AUDIO)
		return 0;
	if (p == now || es_payload_is_same_codec(&p->is, &now->is))
		return es_stream_ptime_us(s);
	return time_of(&p->is, p->step);
}
