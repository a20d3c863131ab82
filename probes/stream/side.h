/* SPDX-License-Identifier: Apache-2.0 */
/* What few streams have: a place is taken aside when a stream first needs it (places.h), and is never refused. */
#ifndef EARSHOT_STREAM_SIDE_H
#define EARSHOT_STREAM_SIDE_H

#include "probes/stream/stream.h"

/* ES_ENOMEM; es_side_free is due all the same. */
int es_side_new(struct es_context *c, uint32_t streams);
void es_side_free(struct es_context *c);

/* The place of what nearly no stream has. */
struct es_stream_rare *es_side_rare(struct es_context *c, struct es_stream_state *s);

/* The same of damage, which begins with what was judged before. */
struct es_stream_damage *es_side_damage(struct es_context *c, struct es_stream_state *s);

/* A copy of the damage so far, be it none. */
struct es_stream_damage es_side_damage_of(const struct es_stream_state *s);

struct es_sender *es_side_sender(struct es_context *c, struct es_stream_state *s);

/* Frees what a stream that has ended does not need. */
void es_side_end(struct es_context *c, struct es_stream_state *s);

/* Gives back the rest but for payload types (es_coding_drop): its slot is given back or begins again. */
void es_side_drop(struct es_context *c, struct es_stream_state *s);

#endif
