/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of TLS share: the context, and how a refusal is put into words. Private. */
#ifndef EARSHOT_RUNTIME_CRYPTO_TLS_PRIVATE_H
#define EARSHOT_RUNTIME_CRYPTO_TLS_PRIVATE_H

#include "runtime/crypto/pki_private.h"
#include "runtime/crypto/tls.h"

struct es_tls {
	enum es_tls_side side;
	mbedtls_ssl_config conf;
	mbedtls_x509_crt ca;
	mbedtls_x509_crt own;
	mbedtls_pk_context key;
	char name[ES_PKI_NAME_MAX];
	uint8_t pin[ES_PKI_PIN_BYTES];
	size_t queue_bytes;
};

/* What the check of a peer's chain found. */
struct es_tls_verdict {
	const struct es_tls *tls;
	uint32_t flags; /* MBEDTLS_X509_BADCERT_... of all certificates of the chain */
	bool has_peer;
	bool has_ca;
	bool pin_seen;       /* the pinned CA signed the chain */
	bool is_other_use;   /* the peer's certificate is for the other side's use */
	bool is_self_signed; /* … names itself as who signed it */
	bool is_namesake;    /* … was signed by a CA that has the name of ours and another key */
	bool is_ca;          /* … is that of a CA */
	struct es_pki_cert peer;      /* the end of the chain */
	uint8_t ca[ES_PKI_PIN_BYTES]; /* the other end of it */
	struct es_pki_cert bad;       /* the certificate the flags of dates speak of */
};

/* In the shape of mbedtls_ssl_set_verify; ctx is a struct es_tls_verdict. */
int es_tls_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/* Why the chain is refused, one line. */
void es_tls_refusal(const struct es_tls_verdict *v, char reason[ES_TLS_REASON_MAX]);

/* Why the peer's alert ended the connection; its kind. */
enum es_tls_end
es_tls_alert_text(const struct es_tls *tls, int alert, char reason[ES_TLS_REASON_MAX]);

#endif
