/* SPDX-License-Identifier: Apache-2.0 */
/* The cipher suites whose records can be opened: AEAD of TLS 1.2 and 1.3, AES-CBC of TLS 1.2. */
#ifndef EARSHOT_RUNTIME_TLS_SUITE_H
#define EARSHOT_RUNTIME_TLS_SUITE_H

#include "earshot/error.h"

#include <stdbool.h>
#include <stdint.h>

enum es_tls_cipher {
	ES_TLS_AES_128_GCM = 1,
	ES_TLS_AES_256_GCM,
	ES_TLS_AES_128_CCM,
	ES_TLS_AES_256_CCM,
	ES_TLS_CHACHA20_POLY1305,
	ES_TLS_AES_128_CBC,
	ES_TLS_AES_256_CBC,
};

enum es_tls_hash {
	ES_TLS_NO_HASH = 0,
	ES_TLS_SHA1,
	ES_TLS_SHA256,
	ES_TLS_SHA384,
};

struct es_tls_suite {
	bool is_1_3;
	enum es_tls_cipher cipher;
	enum es_tls_hash schedule; /* of the PRF, or of HKDF */
	enum es_tls_hash mac;      /* AES-CBC only */
	uint8_t tag_bytes;         /* AEAD only: 16, CCM_8: 8 */
};

/* version: 0x0303 or 0x0304; number: as registered with IANA. ES_EUNSUPPORTED. */
int es_tls_suite_of(uint16_t version, uint16_t number, struct es_tls_suite *out);

/* Length of the cipher's key, in bytes. */
uint8_t es_tls_key_bytes(enum es_tls_cipher cipher);
bool es_tls_is_cbc(enum es_tls_cipher cipher);
/* Length of the hash's output, in bytes. */
uint8_t es_tls_hash_bytes(enum es_tls_hash hash);

#endif
