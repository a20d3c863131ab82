/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that knows mbedtls 2.28 from 3.6. */
#include "runtime/crypto/port.h"

#include "runtime/crypto/hmac.h"

#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#define PRIVATE(field) MBEDTLS_PRIVATE(field)
#else
#define PRIVATE(field) field
#endif

int
es_port_random(void *ctx, unsigned char *out, size_t n)
{
	(void)ctx;
	es_random_bytes(out, n);
	return 0;
}

int
es_port_init(void)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return psa_crypto_init() == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
#else
	return 0;
#endif
}

const mbedtls_md_info_t *
es_port_hash(enum es_tls_hash hash)
{
	switch (hash) {
	case ES_TLS_SHA1:
		return mbedtls_md_info_from_type(MBEDTLS_MD_SHA1);
	case ES_TLS_SHA256:
		return mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
	case ES_TLS_SHA384:
		return mbedtls_md_info_from_type(MBEDTLS_MD_SHA384);
	case ES_TLS_NO_HASH:
		break;
	}
	return NULL;
}

int
es_port_make_key(mbedtls_pk_context *pk)
{
	int ret = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));

	if (ret != 0)
		return ret;
	return mbedtls_ecp_gen_key(
	    MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk), es_port_random, NULL);
}

bool
es_port_is_p256(const mbedtls_pk_context *pk)
{
	if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA))
		return false;
	return mbedtls_pk_ec(*pk)->PRIVATE(grp).id == MBEDTLS_ECP_DP_SECP256R1;
}

int
es_port_parse_key(mbedtls_pk_context *pk, es_slice pem_with_nul)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_key(
	    pk, pem_with_nul.p, pem_with_nul.n, NULL, 0, es_port_random, NULL);
#else
	return mbedtls_pk_parse_key(pk, pem_with_nul.p, pem_with_nul.n, NULL, 0);
#endif
}

int
es_port_check_pair(const mbedtls_pk_context *pub, const mbedtls_pk_context *prv)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_check_pair(pub, prv, es_port_random, NULL);
#else
	return mbedtls_pk_check_pair(pub, prv);
#endif
}

int
es_port_verify_csr(mbedtls_x509_csr *csr)
{
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(csr->PRIVATE(sig_md));
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];
	int ret;

	if (md == NULL)
		return MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
	ret = mbedtls_md(md, csr->cri.p, csr->cri.len, hash);
	if (ret != 0)
		return ret;
	return mbedtls_pk_verify_ext(csr->PRIVATE(sig_pk), csr->PRIVATE(sig_opts), &csr->pk,
	    csr->PRIVATE(sig_md), hash, mbedtls_md_get_size(md), csr->PRIVATE(sig).p,
	    csr->PRIVATE(sig).len);
}

int
es_port_set_serial(mbedtls_x509write_cert *w, const uint8_t *serial, size_t n)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	uint8_t copy[MBEDTLS_X509_RFC5280_MAX_SERIAL_LEN];

	if (n > sizeof(copy))
		return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
	memcpy(copy, serial, n);
	return mbedtls_x509write_crt_set_serial_raw(w, copy, n);
#else
	mbedtls_mpi mpi;
	int ret;

	mbedtls_mpi_init(&mpi);
	ret = mbedtls_mpi_read_binary(&mpi, serial, n);
	if (ret == 0)
		ret = mbedtls_x509write_crt_set_serial(w, &mpi);
	mbedtls_mpi_free(&mpi);
	return ret;
#endif
}

void
es_port_set_minimum(mbedtls_ssl_config *conf)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#else
	mbedtls_ssl_conf_min_version(
	    conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

void
es_port_set_policy(mbedtls_ssl_config *conf, bool is_server)
{
	static const int suites[] = {
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		0,
	};

	/* A CA of another make may have an RSA key; nothing below 112 bits of strength passes, and no SHA-1. */
	static const mbedtls_x509_crt_profile strong = {
		MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
		    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
		MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) |
		    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) |
		    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS),
		MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
		    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
		    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
		2048,
	};

	mbedtls_ssl_conf_ciphersuites(conf, suites);
	mbedtls_ssl_conf_cert_profile(conf, &strong);
	es_port_set_minimum(conf);
#if MBEDTLS_VERSION_MAJOR >= 3
	/*
	 * Not 1.3: the library (3.6.6, measured) sends the alert about a certificate under keys the
	 * other end does not use at that moment, so the refused end reads a bad record where 1.2 sends
	 * it the reason. Certificates hold nothing that 1.3 would hide: an opaque id.
	 */
	mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
	mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
	if (!is_server)
		mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
	(void)is_server; /* a library built without tickets has nothing to switch off */
}

bool
es_port_has_usage(const mbedtls_x509_crt *crt, const char *oid, size_t n_oid)
{
	const mbedtls_x509_sequence *at = &crt->ext_key_usage;

	for (; at != NULL && at->buf.p != NULL; at = at->next)
		if (at->buf.len == n_oid && memcmp(at->buf.p, oid, n_oid) == 0)
			return true;
	return false;
}

bool
es_port_is_ca(const mbedtls_x509_crt *crt)
{
	return crt->PRIVATE(ca_istrue) != 0;
}

int
es_port_alert(const mbedtls_ssl_context *ssl)
{
	/* no accessor in either line; read only, and only after MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE */
	return ssl->PRIVATE(in_msg) == NULL ? -1 : ssl->PRIVATE(in_msg)[1];
}

bool
es_port_is_again(int ret)
{
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
	if (ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
		return true;
#endif
	return ret == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS ||
	       ret == MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}
