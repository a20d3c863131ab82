/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of TLS connections out of a key log: lines "LABEL client-random secret" in hexadecimal, as
 * browsers, OpenSSL and curl write them where SSLKEYLOGFILE is set. What is no secret of a TLS 1.2 or
 * 1.3 connection is passed over. Secrets lie in this process's memory only and are wiped in free; none
 * appears in a message.
 */
#ifndef AGENT_KEYLOG_H
#define AGENT_KEYLOG_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_KEYLOG_CONNECTIONS_MAX = 1 << 18,
	ES_KEYLOG_LINE_MAX_BYTES = 16 << 10,
	ES_KEYLOG_MAX_BYTES = 512 << 20, /* as many connections take half of it */
	ES_KEYLOG_SECRET_MAX_BYTES = 48,
	ES_KEYLOG_RANDOM_BYTES = 32,
	ES_KEYLOG_BAD_LINES_MAX = 5, /* that are named one by one */
};

enum es_keylog_secret {
	ES_KEYLOG_MASTER = 0, /* TLS 1.2 */
	ES_KEYLOG_CLIENT_HANDSHAKE,
	ES_KEYLOG_SERVER_HANDSHAKE,
	ES_KEYLOG_CLIENT_TRAFFIC,
	ES_KEYLOG_SERVER_TRAFFIC,
	ES_KEYLOG_SECRETS,
};

/* What is known of one connection. */
struct es_keylog_row {
	uint8_t client_random[ES_KEYLOG_RANDOM_BYTES];
	uint8_t n_bytes[ES_KEYLOG_SECRETS]; /* 0: not there */
	uint8_t secret[ES_KEYLOG_SECRETS][ES_KEYLOG_SECRET_MAX_BYTES];
};

struct es_keylog_config {
	const char *path; /* kept; NULL: no file, what es_keylog_take brings only */
	bool is_growing;  /* who writes it may not be done */
	void (*report)(void *ctx, bool is_bad, const char *text); /* is_bad: not only a note */
	void *ctx;
};

struct es_keylog;

/*
 * Reads the file, if cfg has one; cfg is copied. 0 and *out, to be freed by es_keylog_free; ES_EIO (reported), ES_ENOMEM.
 * Lines that are not understood are reported and passed over.
 */
int es_keylog_new(const struct es_keylog_config *cfg, struct es_keylog **out);
void es_keylog_free(struct es_keylog *k); /* NULL is fine */

/*
 * Takes a part of another log that is whole, borrowed: a line may continue in the next part, the last one may lack its
 * end. name: of the log, for reports. Not for a log that grows.
 */
void es_keylog_take(struct es_keylog *k, const char *name, es_slice part, bool is_last);

/* The row of a client's random, or NULL. Valid until es_keylog_free. */
const struct es_keylog_row *
es_keylog_find(struct es_keylog *k, const uint8_t client_random[ES_KEYLOG_RANDOM_BYTES]);

/* Reads what came since where it may grow; true: there was something. Rows may have more secrets now. */
bool es_keylog_is_longer(struct es_keylog *k);

/* cfg.is_growing of es_keylog_new. */
bool es_keylog_is_growing(const struct es_keylog *k);

#endif
