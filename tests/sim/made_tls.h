/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialling and TLS without a network, linked in place of runtime/loop/dial.c and runtime/crypto/tls*.c
 * into every tests/sim/test_loop_*.c: the test is the other side.
 */
#ifndef TESTS_MADE_TLS_H
#define TESTS_MADE_TLS_H

#include "runtime/crypto/tls.h"
#include "runtime/host_port.h"
#include "runtime/loop/dial.h"

/* The attempt to connect that is under way. */
struct es_dial {
	char host[ES_HOST_MAX];
	uint16_t port;
	uint32_t deadline_ms;
	es_dial_done *done;
	void *ctx;
	unsigned times; /* since made_tls_reset */
	bool is_open;
};
extern struct es_dial made_dial;

/* Succeeds with a descriptor (err 0) or fails. */
void made_dial_answer(int err, const char *reason);

enum { MADE_CONNS = 512, MADE_SENT_BYTES = 512 << 10 };

struct es_tls_conn {
	const struct es_tls_events *events;
	void *ctx;
	const struct es_tls *tls;
	struct es_tls_peer peer;
	uint8_t *sent; /* what our side said; taken by made_conn_take */
	size_t n_sent;
	size_t room; /* it still takes so many bytes */
	bool is_ready;
	bool is_finishing;
	bool is_freed;
	unsigned n_late; /* what our side said after its last word */
	int fd;
};

/* The n-th made since made_tls_reset, from 0, or NULL. */
struct es_tls_conn *made_conn(unsigned n);
unsigned made_conns(void);

/* The handshake is done; the peer showed this. */
void made_conn_ready(struct es_tls_conn *c, const char *name, const uint8_t spki[ES_PKI_PIN_BYTES]);
void made_conn_says(struct es_tls_conn *c, es_slice bytes);
/* The connection ends; one that is cut where our side finishes it has ended cleanly. */
void made_conn_end(struct es_tls_conn *c, enum es_tls_end end, const char *reason);
/* What our side has said since the last call; valid until the next. */
es_slice made_conn_take(struct es_tls_conn *c);

/* Contexts: how many are open, and how the next es_tls_new fails (0: it does not). */
extern struct made_tls {
	unsigned n_open;
	unsigned times;
	int fail_with;
	bool conn_fails;
	bool dial_fails;
	struct es_tls_config first, cfg; /* of the first since the reset, of the last */
} made_tls;

void made_tls_reset(void);

#endif
