/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS (RFC 5246, RFC 8446) as far as it can be read in the clear: records, both hellos, where a handshake
 * message ends. Without keys this shows that it is TLS, and whether it offers to carry SIP.
 */
#ifndef EARSHOT_WIRE_OTHER_TLS_RECORD_H
#define EARSHOT_WIRE_OTHER_TLS_RECORD_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_TLS_SIPS_PORT = 5061,
	ES_TLS_TURNS_PORT = 5349,
	ES_TLS_1_2 = 0x0303,
	ES_TLS_1_3 = 0x0304,
	ES_TLS_RECORD_HEAD_BYTES = 5,
	/* 1.2 allows 2048 bytes above the plaintext, 1.3 only 256 */
	ES_TLS_RECORD_MAX_BYTES = ES_TLS_RECORD_HEAD_BYTES + 16384 + 2048,
	ES_TLS_RANDOM_BYTES = 32,
};

enum es_tls_content {
	ES_TLS_CHANGE_CIPHER_SPEC = 20,
	ES_TLS_ALERT = 21,
	ES_TLS_HANDSHAKE = 22,
	ES_TLS_APPLICATION_DATA = 23,
};

enum es_tls_message {
	ES_TLS_CLIENT_HELLO = 1,
	ES_TLS_SERVER_HELLO = 2,
	ES_TLS_FINISHED = 20,
	ES_TLS_KEY_UPDATE = 24,
};

struct es_tls_record {
	enum es_tls_content type;
	es_slice whole; /* with its head */
	es_slice fragment;
};

/* Whether bytes begin with a record of TLS 1.0 to 1.3 (RFC 8446 section 5.1). */
bool es_tls_is_record(es_slice bytes);

/* The record that bytes begin with. ES_ESHORT: not all of it is there. ES_EMALFORMED. */
int es_tls_record_parse(es_slice bytes, struct es_tls_record *out);

/*
 * A direction that begins with a ClientHello (RFC 8446 section 4.1.2); *offers_sip: its ALPN (RFC 7301) names a
 * protocol that begins with "sip". ES_ESHORT: the record is not all there. ES_EMALFORMED: it is no ClientHello.
 * Of one that continues in a second record, the first is read.
 */
int es_tls_hello(es_slice bytes, bool *offers_sip);

/* Whether that ClientHello offers TURN or STUN (RFC 7443). */
bool es_tls_offers_turn(es_slice bytes);

/* Whether a direction begins with a ServerHello: the first byte of its message is needed. */
bool es_tls_is_server_hello(es_slice bytes);

#endif
