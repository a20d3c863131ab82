/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legs of a B2BUA of which each knows one direction of the media alone: both flow between the same two
 * hosts, to ports that one leg announced and the other one did not, because it renumbered them.
 */
#ifndef EARSHOT_MEDIA_HALVES_H
#define EARSHOT_MEDIA_HALVES_H

#include "probes/media/streams.h"

/* Whether another leg may have the other direction of a stream of call d, which d itself has not. */
bool es_halves_may_hear(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_dialog *d);

/* The calls that share a stream (es_owners_others), and the one whose other half it is. */
unsigned es_halves_others(const struct es_streams *t, const struct es_stream_state *s,
    uint32_t calls[ES_STREAM_OTHERS_MAX]);

/* A call is over, or the capture: the directions that another leg has go into its record. */
void es_halves_take(struct es_streams *t, struct es_dialog *d);

#endif
