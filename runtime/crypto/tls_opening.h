/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the records of one direction of somebody else's TLS connection, in their order, with secrets
 * from a key log: RFC 5246 section 6.2.3, RFC 8446 section 5.2. Secrets are wiped when it is freed.
 */
#ifndef EARSHOT_RUNTIME_TLS_OPENING_H
#define EARSHOT_RUNTIME_TLS_OPENING_H

#include "earshot/slice.h"
#include "runtime/crypto/tls_suite.h"

struct es_tls_opening;

/* What the keys of a direction of TLS 1.2 come from; all borrowed. */
struct es_tls_master {
	const uint8_t *secret; /* 48 bytes */
	const uint8_t *client_random;
	const uint8_t *server_random;
	bool by_server;   /* the direction */
	bool is_mac_last; /* RFC 7366 */
};

/* *out given. ES_ENOMEM, ES_EIO: the library failed. */
int es_tls_opening_1_2(const struct es_tls_suite *suite, const struct es_tls_master *master,
    struct es_tls_opening **out);
/* secret: as long as the suite's hash. ES_EINVALID otherwise. */
int
es_tls_opening_1_3(const struct es_tls_suite *suite, es_slice secret, struct es_tls_opening **out);
void es_tls_opening_free(struct es_tls_opening *o); /* NULL is fine */

/* Behind a KeyUpdate: the next secret, records count from 0 (RFC 8446 section 7.2). ES_EIO. */
int es_tls_opening_update(struct es_tls_opening *o);

/*
 * Opens the next record, whole with its head. out has room for as many bytes; *n_out plaintext of content *type
 * (in TLS 1.3 the inner one, padding taken off). ES_EDENIED: it does not fit the keys; the record then does
 * not count, and out holds nothing of use.
 */
int es_tls_opening_record(
    struct es_tls_opening *o, es_slice record, uint8_t *out, size_t *n_out, uint8_t *type);

#endif
