/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of TLS whose keys are known (es_tls_opener), and the state of their two directions. Their content
 * is processed as if it had come over TCP. Each direction is cut into records on its own; one that needs the
 * hello of the other one waits for it.
 */
#ifndef EARSHOT_REASSEMBLY_TCP_TLS_H
#define EARSHOT_REASSEMBLY_TCP_TLS_H

#include "earshot/engine.h"
#include "probes/base/pool.h"
#include "probes/wire/other/tls_handshake.h"

enum {
	ES_TLS_EARLY_MAX = 64, /* records of early data that are passed over: each costs a try */
	/*
	 * What one packet may cost, in records: a segment put together to 64 KiB may hold 2,800 records of a
	 * byte each, or as many new keys. No real sender does that.
	 */
	ES_TLS_WORK_MAX = 2048,
	ES_TLS_WORK_OF_KEYS = 32,
	/* Who logs keys writes them when the handshake ends; what came by then waits so long for them. */
	ES_TLS_KEY_WAIT_MS = 10000,
	ES_TLS_KEY_LOOK_MS = 100, /* how often keys are looked for without other events */
	ES_TLS_LOOKS_MAX = 256,   /* of so many connections at one time, the others later */
	ES_TLS_HELD_BYTES = 1460, /* of a segment, in one piece */
	ES_TLS_HELD_PIECES = 48,  /* of one connection */
	ES_TLS_HELD_MAX = 2048,   /* of all: 3 MiB */
};

/* A segment, or a piece of one, that waits for keys. */
struct es_tls_held {
	es_time at;
	struct es_addr src;
	struct es_addr dst;
	uint32_t next; /* ES_POOL_NONE: the last one of its connection */
	uint32_t seq;
	uint32_t wire_bytes;
	uint16_t n;
	uint8_t flags;
	uint8_t bytes[ES_TLS_HELD_BYTES];
};

/* One direction. */
struct es_tls_end {
	bool has_joined;  /* it began: another beginning is another connection's */
	bool is_followed; /* its stream still points here */
	bool is_waiting;  /* for a hello of the other direction */
	bool is_ciphered;
	bool has_opened;          /* a record fitted the keys */
	enum es_tls_phase wanted; /* keys of the next record, where they are not there; else 0 */
	uint8_t n_early;          /* records before it that did not */
	enum es_tls_phase phase;
	struct es_tls_messages messages; /* of the handshake, decrypted */
	uint32_t n_plain;                /* bytes handed on, modulo 2^32 */
};

struct es_tls_connection {
	struct es_tls_hellos hellos;
	uint32_t id;     /* with is_open */
	bool has_client; /* its hello is in hellos */
	bool has_server;
	bool has_retry; /* the server asked for another hello: TLS 1.3 */
	bool has_early_data;
	bool is_open;
	bool is_counted; /* why it cannot be read */
	bool is_waiting; /* for keys: its segments are held */
	bool is_late;    /* its keys are, since late_since */
	bool has_waited;
	es_time late_since;
	es_time stopped_at;  /* with is_waiting: time of the bytes that need the keys .. */
	struct es_addr from; /* .. which wait in the buffer of this direction */
	struct es_addr to;
	uint32_t held; /* the first one; ES_POOL_NONE: none */
	uint32_t held_last;
	uint32_t n_held;
	struct es_tls_end end[2]; /* the client's, the server's */
};

struct es_tcps;
struct es_tcp_stream;

/* The stream begins with a hello of its connection. */
void es_tcp_tls_join(struct es_tcps *t, uint32_t index, bool is_server);

/* One step through its bytes, as of WebSocket. */
int es_tcp_tls_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at);

/* Bytes of the stream are missing; there is no room for it. */
void es_tcp_tls_hole(struct es_tcps *t, struct es_tcp_stream *s);
void es_tcp_tls_evicted(struct es_tcps *t, struct es_tcp_stream *s);

/* Neither direction is read, and this is counted; this one is read no further. */
void es_tcp_tls_refuse(struct es_tcps *t, struct es_tcp_stream *s, enum es_counter why);
void es_tcp_tls_leave(struct es_tcps *t, struct es_tcp_stream *s);

/* Takes what the tunnel carried, for es_tcps whose ctx is the tunnel's. */
void es_tcp_tls_message(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at);

/* Closes all connections. */
void es_tcp_tls_free(struct es_tcps *t);

#endif
