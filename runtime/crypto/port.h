/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that knows mbedtls 2.28 from 3.6: names, extra arguments, private fields. Private to
 * runtime/crypto/. Everything else in this folder compiles unchanged against both.
 */
#ifndef EARSHOT_RUNTIME_CRYPTO_PORT_H
#define EARSHOT_RUNTIME_CRYPTO_PORT_H

#include "earshot/slice.h"
#include "runtime/crypto/tls_suite.h"

#include <mbedtls/version.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

/* Random source in mbedtls' shape: the kernel's. */
int es_port_random(void *ctx, unsigned char *out, size_t n);

/* psa_crypto_init where TLS 1.3 needs it; once per process is enough, more often is fine. 0 or error. */
int es_port_init(void);

/* NULL: not built in. */
const mbedtls_md_info_t *es_port_hash(enum es_tls_hash hash);

/* A P-256 key pair; pk is set up but empty. */
int es_port_make_key(mbedtls_pk_context *pk);
bool es_port_is_p256(const mbedtls_pk_context *pk);
int es_port_parse_key(mbedtls_pk_context *pk, es_slice pem_with_nul);
int es_port_check_pair(const mbedtls_pk_context *pub, const mbedtls_pk_context *prv);

/* A request's signature is by the key it names: proof of possession. */
int es_port_verify_csr(mbedtls_x509_csr *csr);

int es_port_set_serial(mbedtls_x509write_cert *w, const uint8_t *serial, size_t n);

/* TLS 1.2, ECDHE-ECDSA with AEAD, no tickets, no renegotiation. */
void es_port_set_policy(mbedtls_ssl_config *conf, bool is_server);

/* TLS 1.2 or later, whatever the library's own minimum is. */
void es_port_set_minimum(mbedtls_ssl_config *conf);

/* The certificate states this extended key usage; "any" does not count, nor does silence. */
bool es_port_has_usage(const mbedtls_x509_crt *crt, const char *oid, size_t n_oid);
bool es_port_is_ca(const mbedtls_x509_crt *crt);

/* Description of the alert that ended a handshake (RFC 5246 section 7.2.2), -1 where there is none. */
int es_port_alert(const mbedtls_ssl_context *ssl);

/* ret of a read or handshake step means nothing but "call again" (session tickets of TLS 1.3). */
bool es_port_is_again(int ret);

#endif
