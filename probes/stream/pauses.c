/* SPDX-License-Identifier: Apache-2.0 */
/* Pauses, and what a loss in them weighs. */
#include "probes/stream/pauses.h"

#include "probes/base/bits.h"
#include "probes/stream/side.h"
#include "probes/wire/rtp/silence.h"

/* Decibels as es_activity counts them: 256 are 6.02 dB. */
#define DB(x) ((x)*25600 / 602)

enum {
	BY_LENGTH = ES_LOUDNESS_AMR_ALIGNED + 1,
	BY_FLAG,
	BY_LEVEL,
	BY_ZERO,
	/* The weight of a concealed packet less 1, in sixteenths (docs/QUALITY.md). */
	IN_SPEECH = 2,
	BETWEEN = -6,
	IN_PAUSE = -13,
};

/* AMR payload that can be read in order: no interleaving, no CRCs, one channel. */
static bool
has_frames(const struct es_payload *is)
{
	return !is->is_interleaved && !is->has_checksums && is->channels <= 1;
}

static unsigned
source_of(const struct es_payload *is)
{
	if (is->codec == NULL)
		return ES_LOUDNESS_NONE;
	switch ((enum es_rated)is->codec->rated) {
	case ES_RATED_G711:
		return is->codec == es_codec_static(0) ? ES_LOUDNESS_PCMU : ES_LOUDNESS_PCMA;
	case ES_RATED_G722:
		return ES_LOUDNESS_G722;
	case ES_RATED_G729:
		return ES_LOUDNESS_G729;
	case ES_RATED_GSM:
		return ES_LOUDNESS_GSM;
	case ES_RATED_SPEEX:
		return ES_LOUDNESS_SPEEX;
	case ES_RATED_AMR:
		return !has_frames(is)        ? ES_LOUDNESS_NONE
		       : is->is_octet_aligned ? ES_LOUDNESS_AMR_ALIGNED
					      : ES_LOUDNESS_AMR;
	case ES_RATED_AMR_WB:
		return has_frames(is) ? BY_FLAG : ES_LOUDNESS_NONE;
	case ES_RATED_OPUS:
		return BY_LENGTH;
	case ES_RATED_L16:
	case ES_RATED_L16_WB:
	case ES_RATED_G726_24:
	case ES_RATED_G726_32:
	case ES_RATED_G726_40:
		return BY_ZERO;
	default:
		return ES_LOUDNESS_NONE;
	}
}

/* How far below the speech level a payload counts as a pause: where the evaluation files divide. */
static int32_t
fall_of(unsigned source)
{
	switch (source) {
	case ES_LOUDNESS_G722:
		return DB(31);
	case ES_LOUDNESS_G729:
	case ES_LOUDNESS_GSM:
		return DB(22);
	case ES_LOUDNESS_AMR:
	case ES_LOUDNESS_AMR_ALIGNED:
		return DB(30);
	case ES_LOUDNESS_SPEEX:
		return DB(38);
	default:
		return DB(40);
	}
}

static struct es_pauses *
keep(struct es_context *c, struct es_stream_state *s, unsigned source)
{
	if (s->side.pauses == NULL)
		s->side.pauses = es_places_take(&c->pauses, s->id.index);
	if (s->side.pauses->source != source) {
		s->side.pauses->source = (uint8_t)source;
		s->side.pauses->loudness = (struct es_loudness){ 0 };
		s->side.pauses->activity = (struct es_activity){ 0 };
	}
	return s->side.pauses;
}

void
es_pauses_drop(struct es_context *c, struct es_stream_state *s)
{
	es_places_give(&c->pauses, s->id.index);
	s->side.pauses = NULL;
}

static void
note(struct es_stream_state *s, uint16_t seq, bool is_quiet)
{
	uint64_t number = es_stream_number(s, seq);

	if (!is_quiet || number / ES_BLOCK_SEQS < s->oldest || number > s->highest)
		return;
	s->side.pauses->packets++;
	es_window_set(s->side.pauses->quiet, number);
}

void
es_pauses_level(struct es_context *c, struct es_stream_state *s, uint16_t seq, uint8_t below)
{
	struct es_pauses *p = keep(c, s, BY_LEVEL);

	note(s, seq, es_activity_is_quiet(&p->activity, -DB(below), fall_of(BY_LEVEL)));
}

/*
 * Whether a payload is as long as its packet time says. If it is unknown whether it is encrypted, a longer one
 * is taken to end with the tag of SRTP.
 */
static bool
is_of_length(const struct es_stream_state *s, unsigned source, uint32_t payload_bytes)
{
	uint32_t ptime_us = es_stream_ptime_us(s);

	switch (source) {
	case ES_LOUDNESS_PCMU:
	case ES_LOUDNESS_PCMA:
	case ES_LOUDNESS_G722:
		return payload_bytes * 125 == ptime_us;
	case ES_LOUDNESS_G729:
		return payload_bytes / 10 * 10000 == ptime_us;
	case ES_LOUDNESS_GSM:
		return payload_bytes % 33 == 0 && payload_bytes / 33 * 20000 == ptime_us;
	default: /* of types that only signalling shows */
		return true;
	}
}

/* Every sample zero: quieter than any pause, and no speech of the same stream need be known. */
static enum es_silence_of
silence_of(const struct es_codec *codec)
{
	switch ((enum es_rated)codec->rated) {
	case ES_RATED_G711:
		return codec == es_codec_static(0) ? ES_SILENCE_PCMU : ES_SILENCE_PCMA;
	case ES_RATED_L16:
	case ES_RATED_L16_WB:
		return ES_SILENCE_L16;
	case ES_RATED_G722:
		return ES_SILENCE_G722;
	case ES_RATED_G726_24:
	case ES_RATED_G726_32:
	case ES_RATED_G726_40:
		return ES_SILENCE_G726;
	case ES_RATED_G729:
		return ES_SILENCE_G729;
	case ES_RATED_GSM:
		return ES_SILENCE_GSM;
	case ES_RATED_OPUS:
		return ES_SILENCE_OPUS;
	default:
		return ES_SILENCE_NONE;
	}
}

/* Whether a payload is of a pause; false too if it does not show that. */
static bool
is_pause(struct es_pauses *p, unsigned source, const struct es_payload *is, es_slice payload,
    bool is_silent)
{
	struct es_amr_frame frames[ES_AMR_FRAMES_MAX];
	bool is_speech = false, has_level = false;
	int32_t level = 0;
	unsigned n;

	if (source < BY_LENGTH) /* in any case: the codec's state continues */
		has_level =
		    es_loudness_read(&p->loudness, (enum es_loudness_of)source, payload, &level);
	if (is_silent && (source != ES_LOUDNESS_G722 || level <= ES_SILENCE_G722_LEVEL))
		return true;
	if (source == BY_ZERO)
		return false;
	if (source == BY_LENGTH)
		return es_activity_is_short(&p->activity, (uint16_t)payload.n);
	if (source != BY_FLAG)
		return has_level && es_activity_is_quiet(&p->activity, level, fall_of(source));
	n = es_amr_frames(payload, es_payload_packing(is), frames);
	for (unsigned i = 0; i < n; i++)
		is_speech = is_speech || es_amr_wb_is_speech(payload.p, &frames[i]);
	return n > 0 && !is_speech;
}

void
es_pauses_packet(struct es_context *c, struct es_stream_state *s, const struct es_rtp *rtp)
{
	const struct es_payload *is = &s->coding.now->is;
	unsigned source = source_of(is);
	struct es_pauses *p = s->side.pauses;
	bool is_silent;

	/* SRTP hides the content of a payload, but not its length. */
	if ((s->is_secure && source != BY_LENGTH) || s->level_id != 0 || rtp->is_cut ||
	    is->pt != rtp->pt || is->is_red)
		return;
	if (is->kind == ES_CODEC_COMFORT || es_codec_is_silence(is->codec, rtp->payload_bytes)) {
		if (p != NULL)
			note(s, rtp->seq, true);
		return;
	}
	if (source == ES_LOUDNESS_NONE || is->kind != ES_CODEC_AUDIO ||
	    (!s->has_signalling && !is_of_length(s, source, rtp->payload_bytes)))
		return;
	is_silent = !s->is_secure && es_silence_is(silence_of(is->codec), rtp->payload);
	if (source == BY_ZERO && p == NULL && !is_silent)
		return; /* speech and pause cannot be distinguished yet */
	p = keep(c, s, source);
	note(s, rtp->seq, is_pause(p, source, is, rtp->payload, is_silent));
}

/* Received in time, so that it is known whether it was in a pause. */
static bool
is_known(const struct es_stream_state *s, uint64_t number)
{
	return number <= s->highest && es_window_has(s->window.got, number) &&
	       !es_stream_is_late(s, number);
}

/* Played: known, or given back. */
static bool
is_good(const struct es_stream_state *s, uint64_t number)
{
	return is_known(s, number) || (number <= s->highest && s->side.recovered_at != NULL &&
					  es_window_has(s->side.recovered_at, number));
}

/* Whether the first known packet from `number` on, no further than a block, was in a pause. */
static bool
is_next_quiet(const struct es_stream_state *s, uint64_t number)
{
	for (uint64_t end = number + ES_BLOCK_SEQS; number < end; number++)
		if (is_known(s, number))
			return es_window_has(s->side.pauses->quiet, number);
	return false;
}

/* Remembers the last known packet of good ones; where all were given back, the one before stays. */
static void
pass(struct es_stream_state *s, uint64_t first, uint64_t last)
{
	for (uint64_t number = last; number >= first; number--)
		if (is_known(s, number)) {
			s->side.pauses->was_quiet = es_window_has(s->side.pauses->quiet, number);
			return;
		}
}

static int32_t
weight(bool before, bool behind)
{
	if (before != behind)
		return BETWEEN;
	return before ? IN_PAUSE : IN_SPEECH;
}

/* Of bad packets that follow each other. */
struct run {
	uint32_t n;
	bool is_begun; /* it began in the part before */
	bool is_over;  /* its last packet was lost, and a good one is behind it */
	bool before;   /* whether its neighbours are in a pause */
	bool behind;
};

static void
weigh(struct es_loss_weight *w, const struct run *r)
{
	int32_t between = weight(r->before, r->behind);
	int32_t first = r->n == 1 ? between : weight(r->before, r->before);
	int32_t last = r->n == 1 ? between : weight(r->behind, r->behind);
	int64_t halves =
	    (int64_t)(r->n / 2) * (weight(r->before, r->before) + weight(r->behind, r->behind));

	w->bad += halves + (r->n % 2 != 0 ? between : 0) - (r->is_over ? last : 0);
	w->last += r->is_over ? last : 0;
	if (r->is_begun)
		return;
	if (r->n == 1 && r->is_over)
		w->lone += first;
	else
		w->runs += first;
}

struct es_loss_weight
es_pauses_weigh(struct es_stream_state *s, const uint64_t *bad, uint64_t first, uint64_t last)
{
	struct es_pauses *p = s->side.pauses;
	struct es_loss_weight w = { 0 };
	const uint64_t block = first - first % ES_BLOCK_SEQS;
	const unsigned end = (unsigned)(last - block) + 1;
	unsigned n;

	for (unsigned at = (unsigned)(first - block); at < end; at += n) {
		struct run r = { .is_begun = p->is_in_run, .before = p->was_quiet };

		n = es_bits_run(bad, at, end);
		p->is_in_run = es_bits_has(bad, at);
		if (!p->is_in_run) {
			pass(s, block + at, block + at + n - 1);
			continue;
		}
		r.n = n;
		r.is_over =
		    !es_window_has(s->window.got, block + at + n - 1) && is_good(s, block + at + n);
		r.behind = is_next_quiet(s, block + at + n);
		weigh(&w, &r);
	}
	return w;
}
