/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a stream are worth: each scored by its own codec, each band apart. */
#ifndef EARSHOT_STREAM_SCORED_H
#define EARSHOT_STREAM_SCORED_H

#include "probes/stream/stream.h"

/* A part of payload p closes, and its codec applies from here on; its losses are not counted yet. */
void es_scored_set_codec(struct es_stream_state *s, const struct es_stream_payload *p);

/* True if they are: then the part is scored and i has its score. */
void es_scored_block(struct es_context *c, struct es_stream_state *s,
    const struct es_stream_payload *p, const struct es_effective_loss *loss, struct es_interval *i);

/* Gives back what was kept for a stream. */
void es_scored_drop(struct es_context *c, struct es_stream_state *s);

#endif
