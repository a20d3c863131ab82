/* SPDX-License-Identifier: Apache-2.0 */
/* What SIP messages do to dialogs and registrations, and their SDP to the media that is expected. */
#ifndef EARSHOT_SIGNALLING_SIGNALLING_H
#define EARSHOT_SIGNALLING_SIGNALLING_H

#include "earshot/engine.h"
#include "probes/call/ice.h"
#include "probes/media/streams.h"
#include "probes/signalling/registrations.h"
#include "probes/signalling/sip_counts.h"
#include "probes/wire/sip/sdp.h"
#include "probes/wire/sip/sip.h"

struct es_signalling {
	struct es_context *c; /* these six are kept */
	struct es_dialogs *dialogs;
	struct es_media_table *media;
	struct es_streams *streams;
	struct es_ices *ice;
	struct es_sdp *sdp;     /* scratch */
	struct es_sip_sink sip; /* likewise; message NULL: nobody wants them */
	es_slice custom_key;    /* value of the configured header in the message at hand */
	struct es_pool offers;  /* of calls that are up, until they are answered: negotiation.c */
	struct es_sip_counts counts;
	struct es_registrations registrations;
};

/* The pointers must be set. ES_ENOMEM. */
int
es_signalling_new(struct es_signalling *g, uint32_t calls, uint32_t registrations, uint32_t recent);

/* A zeroed one is fine. */
void es_signalling_free(struct es_signalling *g);

/* Whether a message is of an INVITE dialog; any other is of a registration, or counted only. */
bool es_signalling_is_of_a_call(const struct es_sip *m);

/* One message, sent from src to dst at `at`. */
void es_signalling_message(struct es_signalling *g, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst, enum es_transport transport, es_time at);

/* A deadline of the dialog with this index. */
void es_signalling_due(struct es_signalling *g, uint32_t index, es_time due);

/* The end of the input: the last record of a dialog whose deadline was popped, if it has news. */
void es_signalling_flush(struct es_signalling *g, uint32_t index, es_time at);

/* Gives its place back without a word. */
void es_signalling_forget(struct es_signalling *g, uint32_t index);

/* The capture cut a message of this call. */
void es_signalling_cut(struct es_signalling *g, es_slice call_id);

/* The capture lost packets: marks the calls that were open in (from, to]. */
void es_signalling_dropped(
    struct es_signalling *g, es_time from, es_time to, const struct es_coverage *coverage);

#endif
