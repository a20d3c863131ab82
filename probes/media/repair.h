/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lost packets that redundancy, retransmission or parity gave back (es_config.use_payload). A number is
 * recovered once, before its block closes, and only if the repair came while a receiver could still have played
 * it. Encrypted payloads are not read.
 */
#ifndef EARSHOT_MEDIA_REPAIR_H
#define EARSHOT_MEDIA_REPAIR_H

#include "probes/media/streams.h"

/* A packet of an open stream was measured: it may repair others, of its own stream or of another. */
void es_repair_packet(struct es_streams *t, struct es_stream_state *s, const struct es_rtp *rtp);

/* Finds what a repair stream repairs if SDP does not have it: the one media stream on its flow. */
void es_repair_find_subject(const struct es_streams *t, struct es_stream_state *s);

/* Gives back what was kept for a stream. */
void es_repair_drop(struct es_context *c, struct es_stream_state *s);

#endif
