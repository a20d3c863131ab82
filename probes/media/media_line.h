/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which media line of its call a stream belongs to, where several share an address (RFC 8843 section
 * 9.2): the MID its packets carry, else an SSRC its sender announced, else its payload type.
 */
#ifndef EARSHOT_MEDIA_MEDIA_LINE_H
#define EARSHOT_MEDIA_MEDIA_LINE_H

#include "probes/call/dialogs.h"
#include "probes/stream/stream.h"
#include "probes/wire/rtp/rtp_ext.h"

/* The stream goes to media; sender: what the other side announced to send, NULL: not known. */
void es_media_line_find(struct es_context *c, struct es_stream_state *s,
    const struct es_media *media, const struct es_dialog_side *sender);

/* It carries payload type p, as media lists it. */
void es_media_line_of_type(struct es_context *c, struct es_stream_state *s,
    const struct es_media *media, const struct es_payload *p);

/* Reads the header extensions of a new packet; media: its target, or NULL. */
void es_media_line_read(struct es_context *c, struct es_stream_state *s,
    const struct es_media *media, const struct es_rtp *rtp);

#endif
