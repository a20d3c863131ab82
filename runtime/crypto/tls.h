/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS over a descriptor on the loop (mbedtls, nowhere else).
 *
 *     agent    ES_TLS_CLIENT --------- mTLS --------> ES_TLS_SERVER         collector, data port
 *     agent    ES_TLS_ENROLL_CLIENT -- server only -> ES_TLS_ENROLL_SERVER  collector, enrolment port
 *
 * TLS 1.2 (port.c says why not 1.3), ECDHE with ECDSA and AEAD ciphers, no tickets, no resumption, no renegotiation.
 * The client checks the chain up to its CA (or, enrolling, that the chain ends in the pinned CA), the
 * fixed logical name, the dates, and the usage serverAuth, which must be stated; the server demands
 * a certificate of its CA with the usage clientAuth. A revocation list is not used: the server looks
 * spki_sha256 up after the handshake.
 */
#ifndef EARSHOT_RUNTIME_TLS_H
#define EARSHOT_RUNTIME_TLS_H

#include "runtime/crypto/pki.h"
#include "runtime/loop/loop.h"

enum {
	ES_TLS_HANDSHAKE_MS = 10000,
	ES_TLS_REASON_MAX = ES_TRUST_WHY_MAX,
	ES_TLS_QUEUE_DEFAULT_BYTES = 512 << 10, /* unsent plain text of one connection */
};

enum es_tls_side {
	ES_TLS_CLIENT = 1,
	ES_TLS_SERVER = 2,
	ES_TLS_ENROLL_CLIENT = 3,
	ES_TLS_ENROLL_SERVER = 4, /* asks for no certificate; sends certificate and CA */
};

/* Files are PEM and read once. What a side does not use stays NULL. */
struct es_tls_config {
	enum es_tls_side side;
	const char *ca_file; /* CLIENT: CA of the collector; SERVER: CA of the agents */
	const char *
	    cert_file; /* CLIENT, SERVER, ENROLL_SERVER: own certificate, then its chain up to the CA */
	const char *key_file;
	uid_t key_owner; /* may own the key file besides root and our own user; 0: nobody else */
	const char
	    *name; /* CLIENT: the collector's logical name; ENROLL_CLIENT: the same or NULL */
	const uint8_t
	    *ca_pin;        /* ENROLL_CLIENT: SHA-256 of the CA's SubjectPublicKeyInfo, 32 bytes */
	size_t queue_bytes; /* 0 = default */
};

struct es_tls;

/*
 * A context for any number of connections; must outlive them. To change a certificate make a new one.
 * error says which file and why; on success it is empty or warns of a server's key whose mode is too
 * wide (es_trust_read_shut_secret). ES_EIO, ES_EDENIED, ES_EMALFORMED, ES_EINVALID, ES_ENOMEM.
 */
int es_tls_new(const struct es_tls_config *cfg, char error[ES_TLS_REASON_MAX], struct es_tls **out);
void es_tls_free(struct es_tls *tls); /* NULL is fine */

/* The other side, once ready was called. Zeroed where it showed no certificate (enrolling client). */
struct es_tls_peer {
	char name[ES_PKI_NAME_MAX]; /* common name: the agent's id */
	uint8_t spki_sha256[ES_PKI_PIN_BYTES];
	uint8_t ca_sha256[ES_PKI_PIN_BYTES]; /* the same of the CA its chain ends in */
	es_time not_after;
	uint32_t generation; /* 0: its certificate states none */
};

/* Why a connection ended. */
enum es_tls_end {
	ES_TLS_END_CLEAN = 0, /* the peer sent close_notify */
	ES_TLS_END_CUT =
	    1, /* end of file or reset without close_notify: what came may be incomplete */
	ES_TLS_END_REFUSED = 2, /* we do not accept the peer's certificate, or it showed none */
	ES_TLS_END_REFUSED_BY_PEER = 3, /* the peer's alert: it does not accept ours */
	ES_TLS_END_TIMEOUT = 4,         /* handshake not done in ES_TLS_HANDSHAKE_MS */
	ES_TLS_END_PROTOCOL = 5,        /* not TLS, no common version or cipher, bad record */
};

struct es_tls_conn;

/* From the loop only. Any of them may close or free the connection. drained may be NULL. */
struct es_tls_events {
	void (*ready)(void *ctx);                /* handshake done and peer accepted */
	void (*read)(void *ctx, es_slice bytes); /* decrypted bytes, borrowed for the call */
	void (*drained)(void *ctx);              /* the queue is empty again */
	/* Called once; then free the connection. reason is one line for people and differs per cause. */
	void (*closed)(void *ctx, enum es_tls_end end, const char *reason);
};

/* fd: connected, non-blocking; taken (closed with the connection). events kept. ES_ENOMEM, ES_EIO. */
int es_tls_conn_new(const struct es_tls *tls, struct es_loop *loop, int fd,
    const struct es_tls_events *events, void *ctx, struct es_tls_conn **out);

/* Queues bytes (copied), all or nothing; fine before ready. ES_EFULL (queue), ES_EINVALID (closed). */
int es_tls_conn_send(struct es_tls_conn *c, es_slice bytes);

/* After the queue is written: close_notify, then closed(ES_TLS_END_CLEAN), at most 2 s later. */
void es_tls_conn_finish(struct es_tls_conn *c);

/* True: the handshake is done, and neither end has begun to close. */
bool es_tls_conn_is_ready(const struct es_tls_conn *c);
/* Valid after ready. */
const struct es_tls_peer *es_tls_conn_peer(const struct es_tls_conn *c);
/* "TLSv1.2 TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256" for logs. */
const char *es_tls_conn_version(const struct es_tls_conn *c);

/* Ends at once, without closed being called. NULL is fine. */
void es_tls_conn_free(struct es_tls_conn *c);

#endif
