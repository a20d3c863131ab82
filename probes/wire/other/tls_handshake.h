/* SPDX-License-Identifier: Apache-2.0 */
/* TLS handshakes in the clear: both hellos, and where a message ends (RFC 5246, RFC 8446). */
#ifndef EARSHOT_WIRE_OTHER_TLS_HANDSHAKE_H
#define EARSHOT_WIRE_OTHER_TLS_HANDSHAKE_H

#include "probes/wire/other/tls_record.h"

struct es_tls_client_hello {
	es_slice random;
	es_slice protocols;  /* ALPN as sent, empty: none */
	bool has_early_data; /* what follows may be early data (RFC 8446 section 4.2.10) */
};

struct es_tls_server_hello {
	uint16_t version; /* that was chosen, from supported_versions where that is there */
	uint16_t suite;
	es_slice random;
	uint8_t compression;
	bool is_retry;    /* HelloRetryRequest: another ClientHello and ServerHello follow */
	bool is_mac_last; /* encrypt-then-MAC (RFC 7366) */
	bool is_mac_cut;  /* truncated_hmac (RFC 6066 section 7) */
};

/*
 * Fragments of handshake records that begin with the message; what reaches into a second record is
 * read as far as the first. ES_EMALFORMED: another message, or its fixed part is not all there.
 */
int es_tls_client_hello_parse(es_slice fragment, struct es_tls_client_hello *out);
int es_tls_server_hello_parse(es_slice fragment, struct es_tls_server_hello *out);

/*
 * The state of a direction between its handshake messages, which records may cut anywhere. Zeroed: at the start.
 */
struct es_tls_messages {
	uint32_t left; /* of the body under way */
	uint8_t n_head;
	uint8_t head[4];
};

/*
 * Takes bytes up to the end of the message under way from *bytes. Returns the type of the message that
 * ended, 0: it did not, and *bytes is empty.
 */
uint8_t es_tls_message_next(struct es_tls_messages *m, es_slice *bytes);

#endif
