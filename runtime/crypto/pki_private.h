/* SPDX-License-Identifier: Apache-2.0 */
/* What pki.c and tls.c share of keys and certificates. Private to runtime/crypto/. */
#ifndef EARSHOT_RUNTIME_CRYPTO_PKI_PRIVATE_H
#define EARSHOT_RUNTIME_CRYPTO_PKI_PRIVATE_H

#include "runtime/crypto/pki.h"
#include "runtime/crypto/port.h"

struct es_pki_key {
	mbedtls_pk_context pk;
};

/* Public facts of a parsed certificate. ES_EMALFORMED. */
int es_pki_facts(const mbedtls_x509_crt *crt, struct es_pki_cert *out);

#endif
