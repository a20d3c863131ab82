/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of a stream: opening, closing, the interval records they become. */
#ifndef EARSHOT_STREAM_WINDOW_H
#define EARSHOT_STREAM_WINDOW_H

#include "probes/stream/stream.h"

/* Makes the block of the first number and the one before it ready. */
void es_window_begin(struct es_stream_state *s, uint64_t first);

/*
 * Before `number`, above the highest, is taken: closes blocks whose end lies 128 and more behind it,
 * those lost whole among them, and opens the ones it reaches.
 */
void es_window_reach(struct es_context *c, struct es_stream_state *s, uint64_t number, es_time at);

/* Closes what is open up to the highest number: silence, or the end of the stream. */
void es_window_close_all(struct es_context *c, struct es_stream_state *s, es_time at);

/*
 * Numbers from..to, above the highest, took another path: what is open closes, up to from - 1, and a part
 * begins at to + 1. They are no loss, and to is the highest from now on.
 */
void es_window_skip(
    struct es_context *c, struct es_stream_state *s, uint64_t from, uint64_t to, es_time at);

/* Identical copies in open blocks: who made them is not decided yet. */
uint32_t es_window_identical(const struct es_stream_state *s);

#endif
