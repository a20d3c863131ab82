/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams that may carry the same media one after the other: those of one SSRC, and those to one address.
 * Each is in a list of both kinds, the one whose media came to its path last in front.
 */
#ifndef EARSHOT_MEDIA_SIBLINGS_H
#define EARSHOT_MEDIA_SIBLINGS_H

#include "probes/media/streams.h"

/* Puts a stream in front of its lists: its media came to its path. */
void es_siblings_enter(struct es_streams *t, struct es_stream_state *s);

/* Takes it out; one that is in no list may be given. */
void es_siblings_leave(struct es_streams *t, struct es_stream_state *s);

/* The first of a list that s is or may be in, ES_POOL_NONE. */
uint32_t es_siblings_first(
    const struct es_streams *t, enum es_siblings kind, const struct es_stream_state *s);

#endif
