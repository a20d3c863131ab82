/* SPDX-License-Identifier: Apache-2.0 */
/* What SIP messages do to dialogs, and their SDP to the media that is expected. */
#ifndef EARSHOT_TRACK_SIGNALLING_H
#define EARSHOT_TRACK_SIGNALLING_H

#include "probes/track/ice.h"
#include "probes/track/streams.h"
#include "probes/wire/sdp.h"
#include "probes/wire/sip.h"

enum { ES_CALLER = 0, ES_CALLEE = 1 };

struct es_signalling {
	struct es_context *c; /* all four kept */
	struct es_dialogs *dialogs;
	struct es_medias *media;
	struct es_streams *streams;
	struct es_sdp *sdp;  /* scratch, kept */
	struct es_ices *ice; /* kept */
};

/* One message, sent from src to dst at `at`. Of HEP it is a copy: not among the SIP counts. */
void es_signalling_message(struct es_signalling *g, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst, enum es_transport transport, es_time at);

/* A deadline of the dialog with this index. */
void es_signalling_due(struct es_signalling *g, uint32_t index, es_time due);

/* The end of the input: the last record of a dialog whose deadline was popped, if it has news. */
void es_signalling_flush(struct es_signalling *g, uint32_t index, es_time at);

/* Gives its place back without a word. */
void es_signalling_forget(struct es_signalling *g, uint32_t index);

/* The capture lost packets: marks the calls that were open in (from, to]. */
void es_signalling_dropped(
    struct es_signalling *g, es_time from, es_time to, const struct es_coverage *coverage);

/*
 * offer.c: SDP that one side sent. is_answer: it settles an offer; is_later: the call was up before.
 */
void es_offer_apply(struct es_signalling *g, struct es_dialog *d, unsigned side, es_slice text,
    bool is_answer, const struct es_addr *sender);

/* announce.c: until when the addresses of a call are believed. */
void es_offer_expire(struct es_signalling *g, struct es_dialog *d, es_time when);

/* announce.c: gives up all addresses of a call. */
void es_offer_drop(struct es_signalling *g, struct es_dialog *d);

#endif
