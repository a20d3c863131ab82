/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our certificate renews itself: at about half its life the collector is asked, on the connection that stands, for the
 * certificate of a new key; we connect with it, and once we are welcomed it takes the place of the one before. That one
 * stays valid until then. While the collector is away nothing is lost but time: the request is made when it is back.
 *
 *     files -> (connect) -> up -> ... due: ask -> reply -> reconnect -> files (the next) -> ready -> up: in place
 *
 * The next one is given up where the handshake with it was refused before the collector can have noted it, unless the one
 * before has ended, and later at the collector's own word only: anybody on the way can refuse a handshake in its name,
 * and an agent that connects with the one before is a clone to a collector that has noted the next.
 */
#ifndef AGENT_SHIPPER_CERTIFICATE_H
#define AGENT_SHIPPER_CERTIFICATE_H

#include "agent/shipper/credential.h"
#include "runtime/loop/loop.h"

struct es_certificate;

struct es_certificate_config {
	const struct es_agent_config *agent; /* kept */
	/* Sends a request; csr is borrowed. 0, or an ES_E... code: there is no room or no connection. */
	int (*ask)(void *ctx, es_slice csr_der);
	/* The next files are there: connect with them. */
	void (*reconnect)(void *ctx);
	void *ctx;
};

struct es_certificate_status {
	bool is_known; /* there is one that can be read */
	es_time end;
	es_time renews;
	uint32_t generation;
	char trouble[ES_REASON_MAX]; /* why it was not renewed; empty: no reason */
};

enum { ES_CERTIFICATE_REPLY_MS = 30000, ES_CERTIFICATE_LOOK_MS = 3600000 };

/*
 * When a certificate renews itself: after 40 to 60 % of the time from its issue to its end. The key decides where
 * between, so agents that enrolled together do not ask together, and a restart changes nothing.
 */
es_time es_certificate_due(const struct es_pki_cert *cert);

/* cfg is copied. 0 and *out, to be freed by es_certificate_free; ES_ENOMEM. */
int es_certificate_new(
    struct es_loop *loop, const struct es_certificate_config *cfg, struct es_certificate **out);
void es_certificate_free(struct es_certificate *c); /* NULL is fine */

/* The files for the next connection; valid until the next call. Logs a certificate that has ended. */
const struct es_credential_files *es_certificate_files(struct es_certificate *c);

/*
 * The handshake is done, the Hello is not yet sent. 0; ES_EIO (see errno): it may not be sent, for what is on the disk
 * does not say that the collector may know the next certificate from now on.
 */
int es_certificate_ready(struct es_certificate *c);
/* The collector has welcomed us. */
void es_certificate_up(struct es_certificate *c);

enum es_certificate_word {
	ES_CERTIFICATE_UNSAID = 0, /* of the certificates nothing was said */
	ES_CERTIFICATE_DOUBTED, /* refused, ours or the collector's, by whoever answered there, or files of no use */
	ES_CERTIFICATE_REFUSED, /* ours, by the collector, to which the handshake had led */
};

/* The connection is gone or was never made. */
void es_certificate_down(struct es_certificate *c, enum es_certificate_word word);
void es_certificate_reply(struct es_certificate *c, const struct es_renew_reply *reply);

/* Of the certificate that the last connection was tried with. A copy. */
struct es_certificate_status es_certificate_status(const struct es_certificate *c);

#endif
