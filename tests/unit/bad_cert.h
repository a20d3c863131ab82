/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that our own CA would never make, written with the library alone. */
#ifndef TESTS_BAD_CERT_H
#define TESTS_BAD_CERT_H

#include "runtime/clock.h"
#include "runtime/crypto/pki_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum bad_usage { BAD_NO_USAGE, BAD_CLIENT, BAD_SERVER };

/* What is asked of one; zero is what a right one has, or none. */
struct bad_cert {
	const char *name;   /* CN of the subject */
	const char *issuer; /* CN of who signs; NULL: itself */
	const char *dns;    /* SAN */
	enum bad_usage usage;
	unsigned key_usage; /* MBEDTLS_X509_KU_... */
	bool is_ca;
	mbedtls_md_type_t hash;     /* 0: SHA-256 */
	mbedtls_ecp_group_id curve; /* 0: P-256 */
	int64_t from_s, to_s;       /* relative to now */
};

static inline void
bad_need(int ret, const char *what)
{
	if (ret == 0)
		return;
	printf("note bad certificate: %s: -0x%x\n", what, (unsigned)-ret);
	abort();
}

static inline void
bad_key(mbedtls_pk_context *pk, mbedtls_ecp_group_id curve)
{
	mbedtls_pk_init(pk);
	bad_need(mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "key");
	bad_need(mbedtls_ecp_gen_key(curve == 0 ? MBEDTLS_ECP_DP_SECP256R1 : curve,
		     mbedtls_pk_ec(*pk), es_port_random, NULL),
	    "key");
}

static inline void
bad_stamp(int64_t at_s, char out[16])
{
	time_t t = (time_t)(es_clock_wall().ns / ES_NS_PER_S + at_s);
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)strftime(out, 16, "%Y%m%d%H%M%S", &tm);
}

static inline void
bad_extensions(mbedtls_x509write_cert *w, const struct bad_cert *b)
{
	static const uint8_t usages[][12] = { [BAD_CLIENT] = { 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7,
						  3, 2 },
		[BAD_SERVER] = { 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1 } };
	uint8_t san[4 + ES_PKI_NAME_MAX];
	size_t n = b->dns == NULL ? 0 : strlen(b->dns);

	bad_need(mbedtls_x509write_crt_set_basic_constraints(w, b->is_ca, b->is_ca ? 0 : -1), "CA");
	if (b->key_usage != 0)
		bad_need(mbedtls_x509write_crt_set_key_usage(w, b->key_usage), "key usage");
	if (b->usage != BAD_NO_USAGE)
		bad_need(mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_EXTENDED_KEY_USAGE,
			     MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 1, usages[b->usage],
			     sizeof(usages[0])),
		    "usage");
	if (n == 0)
		return;
	memcpy(san, (const uint8_t[]){ 0x30, (uint8_t)(n + 2), 0x82, (uint8_t)n }, 4);
	memcpy(san + 4, b->dns, n);
	bad_need(mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME,
		     MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, san, n + 4),
	    "name");
}

/* PEM of a certificate of `key`, signed by `signer`; both may be the same. */
static inline void
bad_make(const struct bad_cert *b, mbedtls_pk_context *key, mbedtls_pk_context *signer,
    char pem[ES_PKI_PEM_MAX])
{
	char subject[80], issuer[80], from[16], to[16];
	static const uint8_t serial[] = { 0x42 };
	mbedtls_x509write_cert w;

	(void)snprintf(subject, sizeof(subject), "CN=%s", b->name);
	(void)snprintf(issuer, sizeof(issuer), "CN=%s", b->issuer == NULL ? b->name : b->issuer);
	bad_stamp(b->from_s, from);
	bad_stamp(b->to_s, to);
	mbedtls_x509write_crt_init(&w);
	mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(&w, b->hash == 0 ? MBEDTLS_MD_SHA256 : b->hash);
	mbedtls_x509write_crt_set_subject_key(&w, key);
	mbedtls_x509write_crt_set_issuer_key(&w, signer);
	bad_need(mbedtls_x509write_crt_set_subject_name(&w, subject), "subject");
	bad_need(mbedtls_x509write_crt_set_issuer_name(&w, issuer), "issuer");
	bad_need(es_port_set_serial(&w, serial, sizeof(serial)), "serial");
	bad_need(mbedtls_x509write_crt_set_validity(&w, from, to), "validity");
	bad_extensions(&w, b);
	bad_need(mbedtls_x509write_crt_pem(
		     &w, (unsigned char *)pem, ES_PKI_PEM_MAX, es_port_random, NULL),
	    "PEM");
	mbedtls_x509write_crt_free(&w);
}

#endif
