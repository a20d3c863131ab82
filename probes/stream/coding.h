/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which codec a stream speaks, and which it spoke before. A codec is its name, clock and channels: the
 * same one under another payload type is no change. With another one packet time and steps begin
 * again, and each block is of the codec that most of its numbers had.
 */
#ifndef EARSHOT_STREAM_CODING_H
#define EARSHOT_STREAM_CODING_H

#include "probes/stream/stream.h"

/* Of a stream that begins, which has no payload yet. */
void es_coding_begin(struct es_stream_state *s);

/* Gives its further payload types back: its slot is given back or begins again. */
void es_coding_drop(struct es_context *c, struct es_stream_state *s);

/* A payload of it to change, slot below coding.n_payloads. */
static inline struct es_stream_payload *
es_coding_at(struct es_stream_state *s, unsigned slot)
{
	return slot == 0 ? &s->coding.first : &s->coding.others[slot - 1];
}

/* Slot of a payload type, made when it is new; the media entry of its call has its codec. */
struct es_stream_payload *
es_coding_payload(struct es_context *c, struct es_stream_state *s, uint8_t pt);

/* The packet of `number`, above the highest, is of another payload type than the one before it. */
void es_coding_other(struct es_stream_state *s, struct es_stream_payload *p, uint64_t number);

/* A payload type that means another codec from now on. The slot of the new one, what it was stays. */
struct es_stream_payload *
es_coding_renamed(struct es_context *c, struct es_stream_state *s, struct es_stream_payload *was);

/* The payload of which numbers first..last of one block are. */
const struct es_stream_payload *
es_coding_of_block(const struct es_stream_state *s, uint64_t first, uint64_t last);

/* Audio codecs of two packets and more, each counted once. */
unsigned es_coding_count(const struct es_stream_state *s);

#endif
