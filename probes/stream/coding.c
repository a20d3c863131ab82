/* SPDX-License-Identifier: Apache-2.0 */
/* From codec to codec: stretches of numbers, and whose a block is. */
#include "probes/stream/coding.h"

#include "probes/stream/clocks.h"
#include "probes/stream/side.h"

enum { CODEC_PACKETS = 2 }; /* a lone packet is no codec */

/* How many of the numbers first..last the codec of now has. */
static uint64_t
stretch(const struct es_stream_state *s, uint64_t first, uint64_t last)
{
	uint64_t from = first > s->coding.audio_since ? first : s->coding.audio_since;
	uint64_t to = last < s->highest ? last : s->highest;

	return to < from ? 0 : to - from + 1;
}

/* The codec of now ends with the highest number: what open blocks have of it. */
static void
credit(struct es_stream_state *s)
{
	uint64_t block = s->highest / ES_BLOCK_SEQS;

	for (unsigned back = 0; back < 2 && block >= s->oldest; back++, block--) {
		struct es_block *b = &s->window.block[block % 2];
		uint64_t first = block * ES_BLOCK_SEQS;
		uint64_t n = stretch(s, first, first + ES_BLOCK_SEQS - 1);

		if (b->codec == s->coding.audio->slot)
			n += b->codec_numbers;
		if (n <= b->codec_numbers)
			continue;
		b->codec = s->coding.audio->slot;
		b->codec_numbers = (uint16_t)n;
	}
}

void
es_coding_other(struct es_stream_state *s, struct es_stream_payload *p, uint64_t number)
{
	struct es_stream_payload *now = s->coding.audio;
	uint32_t n;

	if (p->is.kind != ES_CODEC_AUDIO || p == now)
		return;
	if (now->is.kind == ES_CODEC_AUDIO && !es_stream_is_same_codec(now, p)) {
		n = es_steps_count(&s->coding.steps);
		es_clocks_look(s);
		credit(s);
		if (n > now->step_of) {
			now->step = es_steps_median(&s->coding.steps);
			now->step_of = n;
		}
		s->coding.steps = (struct es_steps){ 0 };
		s->coding.ptime = (struct es_stream_ptime){ 0 };
		es_changes_codec(&s->changes);
		s->coding.audio_since = number;
		s->receiver.moves_then = s->receiver.dejitter.moves;
	}
	s->coding.audio = p;
}

/* The content of a slot is dropped: no block may refer to it. */
static void
forget(struct es_stream_state *s, unsigned slot)
{
	for (unsigned i = 0; i < 2; i++)
		if (s->window.block[i].codec == slot)
			s->window.block[i].codec_numbers = 0;
}

/* The one with the fewest packets makes room; never what is spoken now. */
static unsigned
rarest_of(const struct es_stream_state *s)
{
	unsigned rarest = s->coding.audio->slot == 0 ? 1 : 0;

	for (unsigned i = 0; i < s->coding.n_payloads; i++)
		if (i != s->coding.audio->slot &&
		    es_stream_payload_at(s, i)->packets < es_stream_payload_at(s, rarest)->packets)
			rarest = i;
	return rarest;
}

void
es_coding_begin(struct es_stream_state *s)
{
	s->coding.now = &s->coding.first;
	s->coding.audio = &s->coding.first;
}

void
es_coding_drop(struct es_context *c, struct es_stream_state *s)
{
	es_places_give(&c->payloads, s->id.index);
	s->coding.others = NULL;
	es_coding_begin(s);
}

/* A slot that is free, or made so. */
static unsigned
free_slot(struct es_context *c, struct es_stream_state *s)
{
	unsigned slot;

	if (s->coding.n_payloads == ES_STREAM_PAYLOADS) {
		slot = rarest_of(s);
		forget(s, slot);
		return slot;
	}
	if (s->coding.n_payloads > 0 && s->coding.others == NULL)
		s->coding.others = es_places_take(&c->payloads, s->id.index);
	return s->coding.n_payloads++;
}

struct es_stream_payload *
es_coding_payload(struct es_context *c, struct es_stream_state *s, uint8_t pt)
{
	struct es_stream_payload *p;
	unsigned slot;

	for (unsigned i = 0; i < s->coding.n_payloads; i++) {
		p = es_coding_at(s, i);
		if (p->is.pt == pt && !p->is_past)
			return p;
	}
	slot = free_slot(c, s);
	p = es_coding_at(s, slot);
	*p = (struct es_stream_payload){ .slot = (uint8_t)slot };
	es_payload_of(pt, es_slice_of(NULL, 0), 0, &p->is);
	return p;
}

struct es_stream_payload *
es_coding_renamed(struct es_context *c, struct es_stream_state *s, struct es_stream_payload *was)
{
	was->is_past = true;
	return es_coding_payload(c, s, was->is.pt);
}

const struct es_stream_payload *
es_coding_of_block(const struct es_stream_state *s, uint64_t first, uint64_t last)
{
	const struct es_block *b = &s->window.block[first / ES_BLOCK_SEQS % 2];
	bool is_open = first / ES_BLOCK_SEQS <= s->highest / ES_BLOCK_SEQS;

	if (s->coding.n_payloads == 0)
		return NULL;
	if (s->coding.audio->is.kind != ES_CODEC_AUDIO)
		return es_stream_main_payload(s);
	if (is_open && b->codec_numbers > stretch(s, first, last))
		return es_stream_payload_at(s, b->codec);
	return s->coding.audio;
}

unsigned
es_coding_count(const struct es_stream_state *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->coding.n_payloads; i++) {
		const struct es_stream_payload *p = es_stream_payload_at(s, i);
		uint64_t packets = 0;
		bool is_first = true;

		if (p->is.kind != ES_CODEC_AUDIO || es_payload_name(&p->is).n == 0)
			continue;
		for (unsigned k = 0; k < s->coding.n_payloads; k++) {
			const struct es_stream_payload *other = es_stream_payload_at(s, k);

			if (!es_stream_is_same_codec(p, other))
				continue;
			is_first = is_first && k >= i;
			packets += other->packets;
		}
		n += is_first && packets >= CODEC_PACKETS;
	}
	return n;
}
