/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the call of a stream: the call that announced its destination, or, behind a NAT, the call that owns the
 * opposite direction of the same 5-tuple, or that alone fits by hosts and port.
 */
#ifndef EARSHOT_MEDIA_CLAIM_H
#define EARSHOT_MEDIA_CLAIM_H

#include "probes/media/streams.h"

/*
 * Looks for the owner of a stream that has none and began then. A call that was over
 * ES_STREAM_AFTER_CALL_S before owns it no more. True: announced together with payload type pt.
 */
bool es_claim_find(struct es_streams *t, struct es_stream_state *s, uint8_t pt, es_time began);

/* Puts an open stream into its call's list and record, and those of the reverse direction, too. */
void es_claim_join(struct es_streams *t, struct es_stream_state *s);

/* Takes it out of the list. */
void es_claim_leave(struct es_streams *t, struct es_stream_state *s);

/* Learns what a payload type is that the stream carries for the first time. */
void es_claim_type(struct es_streams *t, struct es_stream_state *s, uint8_t pt);

/* Whether SDP came that may concern the stream: the check on the path of every packet. */
static inline bool
es_claim_is_stale(const struct es_streams *t, const struct es_stream_state *s)
{
	return s->wants_refresh || (s->owner.call == ES_POOL_NONE &&
				       s->owner.media_generation != t->c->media_generation);
}

/*
 * SDP came since the last check of the stream: claims it if no call had, learns changed payload types.
 * True: its call is over and another one announced the address: the stream must begin again.
 */
bool es_claim_refresh(struct es_streams *t, struct es_stream_state *s, es_time at);

/* Whether a call that is up owns the addresses of a stream, be it ended. */
bool es_claim_is_live(const struct es_streams *t, const struct es_stream_state *s);

/* Before a dialog is evicted, or an announced address given up: nothing points there any more. */
void es_claim_call_gone(struct es_streams *t, uint32_t call);
void es_claim_media_gone(struct es_streams *t, uint32_t media);

/* The call announced something: its streams look again what they carry. */
void es_claim_call_changed(struct es_streams *t, uint32_t call);

#endif
