/* SPDX-License-Identifier: Apache-2.0 */
/* Place of a packet in the sequence of its stream: next, ahead, or after a jump. */
#ifndef EARSHOT_STREAM_SEQUENCE_H
#define EARSHOT_STREAM_SEQUENCE_H

#include "probes/stream/restart.h"

/* Measures one packet. */
enum es_stream_took
es_sequence_packet(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a);

#endif
