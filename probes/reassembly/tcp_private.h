/* SPDX-License-Identifier: Apache-2.0 */
/* The directions of connections as tcp.c and its parts see them, and what these do for each other. */
#ifndef EARSHOT_REASSEMBLY_TCP_PRIVATE_H
#define EARSHOT_REASSEMBLY_TCP_PRIVATE_H

#include "probes/reassembly/tcp.h"
#include "probes/reassembly/tcp_tls.h"
#include "probes/wire/other/websocket.h"
#include "probes/wire/sip/sip.h"

enum {
	/* A message of ES_SIP_MESSAGE_MAX_BYTES, and what is not message between its frames. */
	ES_TCP_BUFFER_BYTES = ES_SIP_MESSAGE_MAX_BYTES + 4096,
	ES_TCP_HOLES = 4,          /* runs of bytes that wait behind a hole */
	ES_TCP_UNKNOWN_BYTES = 64, /* without a beginning by then it is something else */
	ES_TCP_STRAY_BYTES =
	    4 << 20, /* further from the expected byte it is no data of this connection */
	ES_TCP_ACKED_HOLE_MS = 100, /* the receiver has it, the capture missed it */
	ES_TCP_HOLE_MS = 3000,      /* after that it is not sent again */
	ES_TCP_BUFFERS_MIN = 1,
	/*
	 * Read with one packet: a segment that was put together to 64 KiB before it was captured may
	 * hold five hundred requests, each a call. The others wait for the packets that follow.
	 */
	ES_TCP_MESSAGES_MAX = 16,
	/* A packet of media costs so much less: a segment of 64 KiB holds four hundred of them. */
	ES_TCP_MESSAGE_COST = 32,
	ES_TCP_DATAGRAM_COST = 1,
	ES_TCP_COST_BYTES = 32, /* of RTCP and STUN, for one more: eight parts of a compound */
	ES_TCP_COST_MAX = ES_TCP_MESSAGES_MAX * ES_TCP_MESSAGE_COST,
	ES_TCP_LATER_BYTES = 128 << 10, /* of waiting messages: two such segments */
};

enum es_tcp_kind {
	ES_TCP_UNKNOWN = 0,
	ES_TCP_SIP,
	ES_TCP_WS,
	ES_TCP_HEP,
	ES_TCP_TLS, /* without keys followed no further; remembered so that it is counted once */
	ES_TCP_TURN,
	ES_TCP_MAY_BE_FRAMED, /* packets behind lengths that look like media */
	ES_TCP_FRAMED,        /* and that are, RFC 4571 */
};

/* Bytes that wait behind a hole; offset counted from the byte at es_tcp_stream.base. */
struct es_tcp_run {
	uint32_t at;
	uint32_t n;
};

/* The state of a WebSocket direction. */
struct es_tcp_ws {
	struct es_ws_head head; /* of the frame under way */
	uint64_t left;          /* of its payload */
	bool in_message;        /* the first frame of the message was seen */
	bool is_passed_over;    /* this message is deflated or above the limit */
};

/* The last packet of media behind a length. */
struct es_tcp_framed {
	uint32_t ssrc;
	uint16_t seq;
	bool has_last;
};

/* One direction of a connection. */
struct es_tcp_stream {
	struct es_addr src;
	struct es_addr dst;
	es_time seen_at;
	es_time hole_at; /* since when something waits behind a hole */
	enum es_tcp_kind kind;
	uint32_t base;   /* sequence number of the first byte not used up */
	uint32_t first;  /* of the first byte at all, with has_first */
	uint32_t fin;    /* behind the last byte, with has_fin */
	uint32_t acked;  /* what the other end has, with has_acked */
	uint32_t again;  /* first byte after a SYN that is not confirmed yet, with has_again */
	uint32_t buffer; /* ES_POOL_NONE: nothing waits */
	uint32_t kept;   /* bytes of an unmasked message at the front of the buffer */
	uint32_t n;      /* bytes in order behind them */
	uint32_t skip;   /* to be dropped as they come: a message above all limits */
	uint32_t junk;   /* bytes that were nothing, before anything was */
	uint32_t tls;    /* connection of TLS that is read; ES_POOL_NONE: none */
	bool has_first;
	bool has_fin;
	bool has_acked;
	bool has_again;
	bool is_server;  /* of that connection */
	bool is_counted; /* as TLS */
	bool is_refused; /* its connection of TLS is not read, and the reason is counted */
	bool is_aligned; /* a packet begins behind what the capture cut off */
	uint8_t n_runs;
	struct es_tcp_run run[ES_TCP_HOLES];
	union {
		struct es_sip_frame sip; /* UNKNOWN and SIP */
		struct es_tcp_ws ws;
		struct es_tcp_framed framed;
	} at;
};

static inline struct es_tcp_stream *
es_tcp_at(const struct es_tcps *t, uint32_t index)
{
	return es_pool_at(&t->pool, index);
}

static inline uint8_t *
es_tcp_buffer(const struct es_tcps *t, const struct es_tcp_stream *s)
{
	return t->bytes + (size_t)s->buffer * ES_TCP_BUFFER_BYTES;
}

static inline struct es_tls_connection *
es_tcp_tls_at(const struct es_tcps *t, uint32_t index)
{
	return es_pool_at(&t->connections, index);
}

/* The next bytes, in order from seq 0 on, of a direction that was decrypted. */
void es_tcps_plain(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    uint32_t seq, es_slice bytes, es_time at);

/* A segment whose turn it is. */
void es_tcp_take_segment(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at);

/* Processes the bytes in a direction's buffer, then the directions that it wakes. */
void es_tcp_resume(struct es_tcps *t, uint32_t index, es_time at);

uint32_t es_tcp_find(const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst);
void es_tcp_drop(struct es_tcps *t, uint32_t index);

/* tcp_later.c: hands out a message of a stream, or lets it wait, or counts that it was left. */
void es_tcp_hand_out(struct es_tcps *t, const struct es_tcp_stream *s, enum es_transport transport,
    es_slice message, uint32_t wire_bytes, es_time at);

/* tcp_later.c: hands out all that waits. */
void es_tcp_hurry(struct es_tcps *t);

/* Gives a stream a buffer, that of another one if necessary. False if no buffer is free. */
bool es_tcp_hold(struct es_tcps *t, uint32_t index);

/* Whether a stream is proven may have changed. */
void es_tcp_rank(struct es_tcps *t, uint32_t index);

/* From now on it is known what the stream speaks. */
void es_tcp_prove(struct es_tcps *t, uint32_t index, enum es_tcp_kind kind);

/* Looks for a stream's beginning again: what was cut so far leads nowhere. */
void es_tcp_unprove(struct es_tcp_stream *s);

/* tcp_order.c: bytes at a sequence number, sent as wire_bytes. False: the stream was dropped. */
bool es_tcp_take(struct es_tcps *t, uint32_t index, uint32_t seq, es_slice bytes,
    uint32_t wire_bytes, es_time at);

/* tcp_order.c: gives up holes that have waited too long for their bytes. False: the stream was dropped. */
bool es_tcp_expire_holes(struct es_tcps *t, uint32_t index, es_time at);

/* tcp_order.c: gives up every hole. */
void es_tcp_give_up_holes(struct es_tcps *t, uint32_t index, es_time at);

/* tcp_order.c: delivers the messages that the bytes in order complete. False: the stream was dropped. */
bool es_tcp_deliver(struct es_tcps *t, uint32_t index, es_time at);

/*
 * tcp_cut.c: hands out what is whole in bytes, which are in order. The result is how many of them are
 * used up, or ES_EMALFORMED where the stream speaks something else.
 */
int64_t es_tcp_cut(struct es_tcps *t, uint32_t index, es_slice bytes, es_time at);

/* tcp_cut.c: whether a connection seen from its middle may be followed from these bytes on. */
bool es_tcp_is_worth(
    const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst, es_slice bytes);

/*
 * tcp_cut.c: the capture ends inside bytes of which wire_bytes were sent: hands out a message as far
 * as it goes. Returns how much of it is still to come.
 */
uint32_t es_tcp_cut_short(
    struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t wire_bytes, es_time at);

/*
 * tcp_framed.c: TURN and media behind lengths. is_worth: of a connection seen from its middle, from these
 * bytes on, at least one. find: settles what kind of the three an unknown stream is; 0, ES_EAGAIN, or
 * ES_EMALFORMED: none. step: as of WebSocket. short: as es_tcp_cut_short; sets is_aligned.
 */
bool es_tcp_framed_is_worth(es_slice bytes);
int es_tcp_framed_find(struct es_tcps *t, uint32_t index, es_slice bytes);
int
es_tcp_framed_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at);
uint32_t es_tcp_framed_short(
    struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t wire_bytes, es_time at);

static inline bool
es_tcp_is_framed(const struct es_tcp_stream *s)
{
	return s->kind == ES_TCP_TURN || s->kind == ES_TCP_MAY_BE_FRAMED ||
	       s->kind == ES_TCP_FRAMED;
}

/* tcp_ws.c: one step; 0 or ES_EAGAIN, and *used bytes are used up. */
int es_tcp_ws_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at);

/*
 * tcp_wait.c, for connections whose keys may still come. wait: the stream's next record needs them;
 * gives ES_EAGAIN. holds: whether a segment waits, too. look: at that time, whether keys came. flush:
 * the last look. over: a connection waits no longer, and what it held goes.
 */
int es_tcp_wait(struct es_tcps *t, const struct es_tcp_stream *s, es_time at);
bool es_tcp_wait_holds(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at);
void es_tcp_wait_look(struct es_tcps *t, es_time at);
void es_tcp_wait_flush(struct es_tcps *t);
void es_tcp_wait_over(struct es_tcps *t, uint32_t connection);

#endif
