/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our certificate renews itself: at about half its life the collector is asked, on the connection that stands, for the
 * certificate of a new key; we connect with it, and once we are welcomed it takes the place of the one before. That one
 * stays valid until then. While the collector is away nothing is lost but time: the request is made when it is back.
 *
 *     files -> (connect) -> up -> ... due: ask -> reply -> reconnect -> files (the next) -> up: in place
 *                                                                                   down(refused): given up
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

/* The collector has welcomed us. */
void es_certificate_up(struct es_certificate *c);
/* The connection is gone or was never made. is_refused: for its certificates, ours or the collector's. */
void es_certificate_down(struct es_certificate *c, bool is_refused);
void es_certificate_reply(struct es_certificate *c, const struct es_renew_reply *reply);

/* Of the certificate that the last connection was tried with. A copy. */
struct es_certificate_status es_certificate_status(const struct es_certificate *c);

#endif
