/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP over TCP: puts one direction of a connection in order and cuts it into messages. Bounded: a
 * connection has one buffer; a hole that does not fill before the buffer is full is given up and the
 * next start of a message is looked for. Connections that speak something else are left alone.
 */
#ifndef EARSHOT_TRACK_TCP_H
#define EARSHOT_TRACK_TCP_H

#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "probes/track/context.h"
#include "probes/track/shares.h"
#include "probes/wire/tcp.h"

enum {
	ES_TCP_BUFFER_BYTES = 32768,
	ES_TCP_HOLES = 4,          /* runs of bytes that wait behind a hole */
	ES_TCP_UNKNOWN_BYTES = 64, /* without a start of SIP by then it is something else */
};

struct es_tcp_run {
	uint32_t at; /* offset into the buffer */
	uint32_t n;
};

struct es_tcp_stream {
	struct es_addr src;
	struct es_addr dst;
	es_time seen_at;
	uint32_t base; /* sequence number of buffer[0] */
	uint32_t n;    /* bytes in order */
	uint32_t skip; /* to be dropped as they come: a message above all limits */
	uint32_t junk; /* bytes that were no SIP, before any was */
	uint8_t n_runs;
	bool is_sip; /* a whole message was found */
	struct es_tcp_run run[ES_TCP_HOLES];
	uint8_t buffer[ES_TCP_BUFFER_BYTES];
};

/* One message in order, borrowed for the call. */
typedef void (*es_tcp_message)(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, es_time at);

struct es_tcps {
	struct es_context *c; /* kept */
	es_tcp_message message;
	void *ctx;
	struct es_pool pool;
	struct es_table table;
	struct es_shares shares;
};

/* c, message and ctx must be set. ES_ENOMEM. */
int es_tcps_new(struct es_tcps *t, uint32_t cap);
void es_tcps_free(struct es_tcps *t);

/* One segment. src and dst carry the ports. */
void es_tcps_segment(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at);

#endif
