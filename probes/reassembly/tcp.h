/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TCP connections carry that is read here: SIP, SIP over WebSocket, HEP, TURN, framed media (RFC 4571), and
 * the same in TLS if its keys are known (other TLS is counted). Each direction is put in order and cut into
 * messages on its own. Whole messages are processed straight from the segment. Only a message that waits for its
 * rest has a buffer, so that neither idle connections nor those with other protocols take memory. A hole that
 * nothing fills is given up; then the next beginning of a message is looked for.
 */
#ifndef EARSHOT_REASSEMBLY_TCP_H
#define EARSHOT_REASSEMBLY_TCP_H

#include "earshot/engine.h"
#include "probes/base/context.h"
#include "probes/base/eviction.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/wire/link/tcp_segment.h"

/*
 * One whole message, borrowed for the call. Of ES_TRANSPORT_HEP it is the packet of HEP, and the
 * addresses are those of the connection that carried it. Of ES_TRANSPORT_UDP it is what a datagram
 * would carry elsewhere: media, STUN, channel data of TURN. wire_bytes: above message.n where the
 * capture cut it.
 */
typedef void (*es_tcp_message)(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at);

/* Messages that wait for their turn, each behind a head of its own (tcp_later.c). */
struct es_tcp_later {
	uint8_t *bytes;
	uint32_t begin;
	uint32_t end;
};

struct es_tcps {
	struct es_context *c; /* kept */
	es_tcp_message message;
	/* The capture missed bytes of a direction that carries media; may be NULL. */
	void (*hole)(void *ctx, const struct es_addr *src, const struct es_addr *dst);
	void *ctx;
	struct es_pool pool; /* struct es_tcp_stream */
	struct es_table table;
	struct es_eviction eviction;
	struct es_pool owners; /* uint32_t: the stream that holds the buffer of this index */
	struct es_eviction waiting;
	struct es_tcp_later later;
	uint32_t cost;               /* of what was handed out with this packet */
	uint32_t n_again;            /* streams with a SYN that is not confirmed yet */
	uint8_t *bytes;              /* ES_TCP_BUFFER_BYTES of each buffer */
	struct es_tls_opener opener; /* open NULL: none of what follows exists */
	struct es_pool connections;  /* struct es_tls_connection */
	struct es_tcps *plain;       /* what they carry, under the addresses that carry it */
	uint8_t *clear;              /* a record, opened */
	struct es_addr woken_src;    /* of a direction that waited for the other, with has_woken */
	struct es_addr woken_dst;
	bool has_woken;
	uint32_t tls_work;   /* of this packet */
	struct es_pool held; /* struct es_tls_held */
	uint32_t n_waiting;  /* connections that wait for keys */
	es_time look_at;     /* for their keys, with n_waiting */
	uint32_t look_from;  /* the next connection, if it waits */
};

/*
 * c, message, ctx and opener must be set. cap: directions of connections followed at one time; half as
 * many can hold a buffer. ES_ENOMEM.
 */
int es_tcps_new(struct es_tcps *t, uint32_t cap);
void es_tcps_free(struct es_tcps *t);

void es_tcps_hand_out_waiting(struct es_tcps *t, es_time at);

/* A packet begins, of any kind: what waits is handed out, as much as it may bear. */
static inline void
es_tcps_go_on(struct es_tcps *t, es_time at)
{
	/* Nothing waits before one packet has cost all that it may, or TLS is read. */
	if (t->cost > 0 || t->plain != NULL)
		es_tcps_hand_out_waiting(t, at);
}

/* One segment. src and dst carry the ports. */
void es_tcps_segment(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at);

/* The end of the input: hands out what waits behind holes, and forgets all connections. */
void es_tcps_flush(struct es_tcps *t, es_time at);

#endif
