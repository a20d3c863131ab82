/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world around an engine: builds packets, hands them over, keeps the records that come out.
 * Addresses are 10.0.0.HOST; times are milliseconds after T0; packets are IPv4 in Ethernet.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "earshot/engine.h"

enum {
	WORLD_RECORDS_MAX = 20000,
	WORLD_TEXT_MAX = 256,
	WORLD_MISSING_MAX = 129,
};

#define WORLD_T0_S INT64_C(1767225600) /* 2026-01-01 */

/* A record that outlives its call, with what it pointed to. */
struct world_record {
	struct es_record is;
	struct es_missing missing[WORLD_MISSING_MAX];
	struct es_call_stream streams[ES_CALL_STREAMS_MAX];
	struct es_addr media[2][ES_CALL_MEDIA_MAX];
	char codecs[ES_CALL_CODECS_MAX][16];
	es_slice codec_slices[ES_CALL_CODECS_MAX];
	char text[20][WORLD_TEXT_MAX];
	uint16_t statuses[ES_CALL_STATUSES_MAX];
	struct es_reported_value reported[ES_RM_END];
	struct es_counter_value counters[ES_CNT_END];
	struct es_sip_count sip[ES_HEALTH_SIP_MAX];
	struct es_unknown unknowns[ES_HEALTH_UNKNOWNS_MAX];
};

struct world {
	struct es_config cfg;
	struct es_engine *e;
	struct world_record **records; /* of every kind, in order of leaving */
	size_t n_records;
	uint8_t *log; /* all records as bytes of the wire, in order of leaving */
	size_t log_bytes;
	size_t log_cap;
	uint16_t ip_id;
	bool keep_records;   /* false: the log only */
	uint32_t snap_bytes; /* of a frame that the capture keeps, 0: all */
};

/* How a packet differs from the usual one; 0 is usual. */
struct world_rtp {
	uint8_t from, to; /* hosts */
	uint8_t net;      /* of from: 10.0.net.from */
	uint16_t from_port, to_port;
	uint32_t ssrc;
	uint16_t seq;
	uint32_t ts;
	uint8_t pt;
	bool marker;
	uint16_t ip_id; /* 0: the next */
	uint16_t iface;
	uint8_t ttl, tos;
	uint8_t fill; /* what its payload is made of; 0: 0xd5 */
};

void world_init(struct world *w); /* default configuration; change w->cfg, then world_start */
void world_start(struct world *w);
void world_restart(struct world *w); /* again, with what w->cfg says by now */
void world_done(struct world *w);

es_time world_time(double ms);
struct es_addr world_addr(uint8_t host, uint16_t port);

void world_send_rtp(struct world *w, double ms, const struct world_rtp *r);
/* n packets of 20 ms from seq on; the next call continues where this one ended. */
void world_run_rtp(struct world *w, double *ms, struct world_rtp *r, unsigned n);
void world_send_udp(struct world *w, double ms, struct es_addr from, struct es_addr to,
    const void *payload, size_t n);
void world_send_text(
    struct world *w, double ms, struct es_addr from, struct es_addr to, const char *text);
void world_send_tcp(struct world *w, double ms, struct es_addr from, struct es_addr to,
    uint32_t seq, uint8_t flags, const void *payload, size_t n);
/* A segment without bytes: all before ack has arrived. */
void world_ack(struct world *w, double ms, struct es_addr from, struct es_addr to, uint32_t ack);
void world_flush(struct world *w);

/* The latest record of its kind about that stream or call, or NULL. */
const struct es_stream *world_stream(const struct world *w, uint32_t ssrc, uint32_t restart);
const struct es_record *world_stream_record(const struct world *w, uint32_t ssrc, uint32_t restart);
const struct es_call *world_call(const struct world *w, const char *call_id);
/* The latest record about that contact ("10.0.0.1:5060"), or NULL. */
const struct es_registration *world_registration(const struct world *w, const char *contact);
/* Messages of a kind or status that were counted, and how many of them were sent again. */
uint64_t world_sip_count(const struct world *w, unsigned what, uint64_t *resent);
/* The i-th record of a kind, or NULL. */
const struct es_record *world_nth(const struct world *w, enum es_record_type type, unsigned i);
unsigned world_count(const struct world *w, enum es_record_type type);
uint64_t world_counter(const struct world *w, enum es_counter counter);

/* A SIP message with the usual fields; to_tag NULL: none. sdp NULL: no body. */
struct world_sip {
	const char *start; /* "INVITE sip:bob@b SIP/2.0" or "SIP/2.0 200 OK" */
	const char *call_id;
	const char *from_tag;
	const char *to_tag;
	unsigned cseq;
	const char *method;
	const char *branch; /* of the top Via; NULL: one per CSeq and method */
	const char *extra;  /* header lines, each with CRLF */
	const char *sdp;
	unsigned max_forwards; /* 0: 70 */
};

size_t world_sip_text(const struct world_sip *m, char *out, size_t cap);
void world_send_sip(
    struct world *w, double ms, struct es_addr from, struct es_addr to, const struct world_sip *m);
/* An SDP of one audio line on host:port; types "0 8 101"; extra: further lines, each with CRLF. */
const char *
world_sdp(char out[1024], uint8_t host, uint16_t port, const char *types, const char *extra);

/* Calls each with every packet of a classic pcap file, gzip or not (either byte order, us or ns). -1: unreadable. */
int
world_read_pcap(const char *path, void (*each)(void *ctx, const struct es_packet *p), void *ctx);

#endif
