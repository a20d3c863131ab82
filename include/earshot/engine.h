/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measuring engine: packets and time in, records out.
 *
 * No I/O, no clock, no globals, no logging; allocates in es_engine_new only. One engine per vantage
 * point; engines share nothing, so each may live on a thread of its own.
 *
 * Time enters in two ways only: a packet's own timestamp and es_engine_advance. The engine's clock is the
 * highest seen. Deadlines fire before the packet that passes them, in (due, type, key) order, and
 * records carry the due time: results do not depend on how often anyone calls advance.
 */
#ifndef EARSHOT_ENGINE_H
#define EARSHOT_ENGINE_H

#include "earshot/error.h"
#include "earshot/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* DLT_/LINKTYPE_ values as in a capture file. */
enum es_link {
	ES_LINK_NULL = 0, /* BSD loopback, host order of the writer */
	ES_LINK_ETHERNET = 1,
	ES_LINK_PPP = 9,
	ES_LINK_RAW_BSD = 12,
	ES_LINK_RAW_OPENBSD = 14,
	ES_LINK_PPP_SERIAL = 50, /* PPP or Cisco HDLC */
	ES_LINK_PPP_ETHER = 51,  /* from the PPPoE header on */
	ES_LINK_RAW = 101,
	ES_LINK_CISCO_HDLC = 104,
	ES_LINK_IEEE802_11 = 105,
	ES_LINK_FRAME_RELAY = 107,
	ES_LINK_LOOP = 108, /* OpenBSD loopback, network order */
	ES_LINK_SLL = 113,
	ES_LINK_RADIOTAP = 127, /* in front of IEEE 802.11 */
	ES_LINK_PPP_PPPD = 166, /* a byte of direction, then PPP */
	ES_LINK_PPI = 192,      /* in front of IEEE 802.11 or Ethernet */
	ES_LINK_PPP_DIRECTION = 204,
	ES_LINK_FRAME_RELAY_DIRECTION = 206, /* a byte of direction, then frame relay */
	ES_LINK_IPV4 = 228,
	ES_LINK_IPV6 = 229,
	ES_LINK_SLL2 = 276,
	ES_LINK_DSA_BROADCOM = 281,         /* Ethernet, the tag of a switch behind the addresses */
	ES_LINK_DSA_BROADCOM_PREPEND = 282, /* the tag in front of them */
	ES_LINK_DSA_MARVELL = 284,
	ES_LINK_DSA_MARVELL_TYPED = 285, /* the tag has an ethertype of its own */
};

struct es_packet {
	es_time ts;
	const uint8_t *data; /* borrowed for the call */
	uint32_t cap_bytes;  /* bytes at data */
	uint32_t wire_bytes; /* bytes it had on the wire */
	uint16_t link;       /* enum es_link; others are counted */
	uint16_t iface;      /* which interface of this capture; tells copies apart */
};

/*
 * Receives each record, borrowed for the duration of the call; must not call the engine.
 *
 * Records of calls, streams and registrations carry a state. ES_STATE_IN_PROGRESS: more will come of it; each later
 * record of the same call (Call-ID and es_call_begun), stream (es_stream_key) or registration replaces the one
 * before. Any other state is the end; an answer to BYE may still complete the record of a call that ended.
 * Intervals, reports and machine records have none: each comes once.
 */
struct es_sink {
	void (*record)(void *ctx, const struct es_record *rec);
	void *ctx;
};

/* A SIP message of a call as it passed, without its body and without who calls whom. */
struct es_sip_message {
	es_time at;
	struct es_addr src;
	struct es_addr dst;
	es_slice call_id;
	es_slice method; /* of the request line; of the CSeq in a response */
	uint32_t cseq;
	uint32_t status; /* of a response; 0: a request */
	bool has_sdp;
	bool is_resent; /* the sender's own repetition */
};

/* Receives each of them, in the order they came; as es_sink. It gets as many as pass: whoever keeps them needs a bound. */
struct es_sip_sink {
	void (*message)(void *ctx, const struct es_sip_message *m);
	void *ctx;
};

/* LEARNED: adaptive, until the end that hears a stream reports its own buffer. */
enum es_receiver { ES_RECEIVER_LEARNED = 0, ES_RECEIVER_FIXED = 1, ES_RECEIVER_ADAPTIVE = 2 };

/* What SDP may name for SRTP: RFC 4568, 6188, 7714. */
enum es_srtp_suite {
	ES_SRTP_AES_CM_128_HMAC_SHA1_80 = 1,
	ES_SRTP_AES_CM_128_HMAC_SHA1_32 = 2,
	ES_SRTP_AES_256_CM_HMAC_SHA1_80 = 3,
	ES_SRTP_AES_256_CM_HMAC_SHA1_32 = 4,
	ES_SRTP_AEAD_AES_128_GCM = 5,
	ES_SRTP_AEAD_AES_256_GCM = 6,
};

enum { ES_SRTP_KEY_MAX_BYTES = 46 };

/* The key one end of a call encrypts with. */
struct es_srtp_key {
	enum es_srtp_suite suite;
	uint8_t n_bytes; /* of master key and salt: 30, 46, 28 or 44 by the suite */
	uint8_t bytes[ES_SRTP_KEY_MAX_BYTES];
	uint8_t mki_bytes; /* 0: the packets carry no master key identifier */
	uint64_t mki;
	bool is_srtcp_clear;   /* RTCP is authenticated only */
	bool is_srtp_clear;    /* RTP likewise */
	bool is_srtp_unsigned; /* RTP carries no tag: its sender cannot be verified */
};

/* How an SRTP packet and a key go together. */
enum es_srtp_fit {
	ES_SRTP_FITS = 1,
	ES_SRTP_FITS_NOT = 2,
	ES_SRTP_OTHER_MKI = 3, /* the tag fits, but the MKI is another than the key's, or missing */
	ES_SRTP_UNKNOWN = 4,   /* cannot be checked: no tag, too long, not well-formed */
};

/*
 * Who decrypts SRTCP and authenticates SRTP: it allocates, so it is outside the engine. Keys go through the engine, which keeps only
 * the numbers given here; each that open gave is closed once, at the latest by es_engine_free.
 * open: the key is borrowed for the call and wiped behind it. 0 and *id, ES_EFULL, ES_EUNSUPPORTED.
 * srtcp: authenticates and decrypts n bytes at in to out, which has room for n. 0 and *n_out,
 *   ES_EDENIED: not of this key; ES_EAGAIN: of it, and seen before.
 * srtp: whether a whole SRTP packet is of this key with that rollover counter (RFC 3711), in whatever
 *   order packets and counters come. Nothing it decrypts on the way is kept. NULL: not asked.
 */
struct es_keys {
	void *ctx;
	int (*open)(void *ctx, const struct es_srtp_key *key, uint32_t *id);
	int (*srtcp)(
	    void *ctx, uint32_t id, const uint8_t *in, size_t n, uint8_t *out, size_t *n_out);
	void (*close)(void *ctx, uint32_t id);
	enum es_srtp_fit (*srtp)(
	    void *ctx, uint32_t id, const uint8_t *packet, size_t n, uint32_t roc);
};

/* What both hellos of a TLS connection agreed on: RFC 5246, RFC 8446. */
struct es_tls_hellos {
	uint16_t version; /* 0x0303: TLS 1.2, 0x0304: TLS 1.3 */
	uint16_t suite;   /* as registered with IANA */
	uint8_t client_random[32];
	uint8_t server_random[32];
	bool is_mac_last; /* encrypt-then-MAC, RFC 7366 */
};

/* Which keys a direction of a TLS connection uses. */
enum es_tls_phase {
	ES_TLS_HANDSHAKE_KEYS = 1, /* TLS 1.3: up to its Finished */
	ES_TLS_TRAFFIC_KEYS = 2,
	ES_TLS_UPDATED_KEYS = 3, /* TLS 1.3: the next ones, behind a KeyUpdate */
};

/*
 * Who opens records of TLS with secrets of a key log: it allocates, so it is outside the engine. Each
 * connection that open gave is closed once, at the latest by es_engine_free.
 * open: 0 and *id, ES_ENOTFOUND: no secrets of it; ES_EUNSUPPORTED: its cipher suite; ES_EFULL.
 * rekey: the keys of the records that follow in a direction. ES_ENOTFOUND: no secret of that phase.
 * Both: ES_EAGAIN where the secret may still come; asked again then, for ten seconds.
 * record: the next record of a direction, whole with its head; out has room for as many bytes. 0, *n_out and the
 *   content type of what was inside; ES_EDENIED: it does not fit the keys, and does not count.
 */
struct es_tls_opener {
	void *ctx;
	int (*open)(void *ctx, const struct es_tls_hellos *hellos, uint32_t *id);
	int (*rekey)(void *ctx, uint32_t id, bool by_server, enum es_tls_phase phase);
	int (*record)(void *ctx, uint32_t id, bool by_server, es_slice record, uint8_t *out,
	    size_t *n_out, uint8_t *type);
	void (*close)(void *ctx, uint32_t id);
};

/* 0 in a limit means its default. */
struct es_config {
	struct es_vantage vantage; /* kept: label must outlive the engine */
	uint8_t hash_key[16];      /* random per run; results do not depend on it */
	enum es_receiver receiver;
	uint32_t receiver_ms;  /* depth with ES_RECEIVER_FIXED */
	bool use_payload;      /* read payloads for repairs, modes and pauses */
	uint32_t max_streams;  /* default 4096 */
	uint32_t max_calls;    /* default 2048 */
	uint32_t max_expected; /* media addresses from SDP; default 8192 */
	uint32_t max_tcp;      /* directions of connections; default 256. Half may wait in 68 KiB */
	uint32_t max_registrations; /* default 1024 */
	uint32_t max_fragments; /* IP datagrams put together at one time, 64 KiB each; default 64 */
	uint32_t max_recent;    /* SIP messages and, apart, datagrams remembered; default 4096 */
	bool may_shed;          /* es_engine_shed will be called */
	struct es_sip_sink sip; /* message NULL: not wanted; kept */
	es_slice key_header; /* one more header whose value joins legs: must outlive the engine */
	struct es_keys keys; /* open NULL: keys in SDP are left alone; kept */
	struct es_tls_opener tls;    /* open NULL: TLS is counted, not read; kept */
	const struct es_addr *local; /* the host's own addresses (port 0), borrowed for _new: */
	uint32_t n_local;            /* a stream sent from one of them is seen as egress */
};

/* What is left out to stay within a budget, in this order; each leaves out what stands before it, too. */
enum es_shed {
	ES_SHED_NOTHING = 0,
	ES_SHED_RTCP =
	    1, /* records of RTCP reports; what streams learn from them is still learned */
	ES_SHED_SIP = 2, /* SIP messages that are of no INVITE dialog */
	ES_SHED_RTP = 3, /* new streams, each whole, and its whole call */
};

struct es_engine;

/*
 * The five functions that measure a capture.
 * new: 0 and *out given, or ES_ENOMEM, ES_EINVALID (NULL sink, fixed receiver of 0 ms).
 */
int es_engine_new(const struct es_config *cfg, const struct es_sink *sink, struct es_engine **out);

/* Measures one packet. Never fails: what cannot be read is counted. */
void es_engine_packet(struct es_engine *e, const struct es_packet *pkt);

/* Advances the engine's clock: no packet before now will follow. */
void es_engine_advance(struct es_engine *e, es_time now);

/* End of input: emits all that is open, sorted by (start, key). */
void es_engine_flush(struct es_engine *e);

/* NULL is fine. */
void es_engine_free(struct es_engine *e);

/*
 * What a live capture and an honest reader add.
 * dropped: the capture lost n packets in (from, to]; lowers the coverage of what was open then.
 */
void es_engine_dropped(struct es_engine *e, es_time from, es_time to, uint64_t n);

/*
 * The capture stood still in (from, to], and nobody knows how many packets it missed: lowers the coverage of what was open
 * then. to = from: it stands still from now on.
 */
void es_engine_stood_still(struct es_engine *e, es_time from, es_time to);

/* The capture's clock was set: lowers the coverage of what is open. */
void es_engine_clock_stepped(struct es_engine *e);

/* The input broke off here: lowers the coverage of what is open. Call before flush. */
void es_engine_cut(struct es_engine *e);

/*
 * What is left out from now on. refused_ppm: with ES_SHED_RTP, the share of new streams. A stream that was refused stays
 * so until it was silent for as long as ends a stream; one that is measured is never touched. Calls, registrations and the
 * counters say what was left out of them. Needs es_config.may_shed.
 */
void es_engine_shed(struct es_engine *e, enum es_shed what, uint32_t refused_ppm);

/* Bytes of the streams, calls and registrations that are held now. */
uint64_t es_engine_memory_bytes(const struct es_engine *e);

/* Emits one health record stamped at. */
void es_engine_health(struct es_engine *e, es_time at);

/* Value of a counter, 0 for one the engine does not keep. */
uint64_t es_engine_counter(const struct es_engine *e, enum es_counter counter);

/* Writes SIP messages by method or status into out, the most frequent first, at most cap; returns how many. */
uint32_t es_engine_sip_counts(const struct es_engine *e, struct es_sip_count *out, uint32_t cap);

/* Writes unknown encapsulations into out, the most frequent first, at most cap; returns how many. */
uint32_t es_engine_unknowns(const struct es_engine *e, struct es_unknown *out, uint32_t cap);

/* Whether a call with this Call-ID is in progress and one of its parties holds it now. */
bool es_engine_is_held(const struct es_engine *e, es_slice call_id);

/* Calls in progress now; two streams without signalling count as one call. */
uint32_t es_engine_calls_up(const struct es_engine *e);

#ifdef __cplusplus
}
#endif

#endif
