/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that announced the same media: the legs of a B2BUA that forwards SDP (bypass media, direct media,
 * topology hiding without a relay). A stream then belongs to all of them. One of them, its owner, has it in its
 * list; the others name it in their records.
 *
 * Two calls share a stream if both announced where it goes, and both announced where it comes from (behind a
 * NAT: an address of its sender), both were up or being set up at one time, and their INVITEs went between
 * different hosts. Where one call was set up while the other was, another port of the sender's host will do for
 * one of them: it was renumbered in between. Two calls between the same two hosts that name one address are two
 * uses of a port, one after the other, and share nothing.
 */
#ifndef EARSHOT_MEDIA_OWNERS_H
#define EARSHOT_MEDIA_OWNERS_H

#include "probes/media/streams.h"

/*
 * The announced address of the owner of packets from src to dst: of a live call before one that is over,
 * of one that named src too before one that did not, of the latest announcement; of the calls that share
 * it the one that has the reverse direction (reverse_call, ES_POOL_NONE: none), else the first that began. ES_POOL_NONE.
 */
uint32_t es_owners_find(const struct es_streams *t, const struct es_addr *src,
    const struct es_addr *dst, uint32_t reverse_call);

/* Whether all live calls that announced the address of an entry share what comes there from src. */
bool es_owners_is_sole(const struct es_streams *t, uint32_t media, const struct es_addr *src);

/* An address that the other party of the same call announced, ES_POOL_NONE. */
uint32_t es_owners_other_side(const struct es_streams *t, const struct es_media *m);

/* The calls that share an owned stream with its owner, in the order they began. */
unsigned es_owners_others(const struct es_streams *t, const struct es_stream_state *s,
    uint32_t calls[ES_STREAM_OTHERS_MAX]);

/* Names an owned stream in the records of the others; those that changed are reported. */
void es_owners_share(struct es_streams *t, const struct es_stream_state *s);

/* Whether one of the others is not over. */
bool es_owners_go_on(const struct es_streams *t, const struct es_stream_state *s);

/* The streams of a call that is over, its own and shared ones, end if no other call has them. */
void es_owners_call_ended(struct es_streams *t, uint32_t call, es_time at);

#endif
