/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small certificate authority: P-256 keys, ECDSA with SHA-256, certificates with fixed names only.
 *
 *     es_pki_key_new -> es_pki_make_ca                         the collector's CA, once
 *     es_pki_key_new -> es_pki_issue (SERVER, dns)             the collector's own certificate
 *     es_pki_key_new -> es_pki_make_csr  =enrol=>  es_pki_issue (CLIENT, csr)      an agent's
 *
 * Nothing of a request but its key is used, and only after its signature proved possession.
 * Names are restricted to [A-Za-z0-9._-], 1 to 63 characters: nothing to escape, nothing about a person.
 */
#ifndef EARSHOT_RUNTIME_PKI_H
#define EARSHOT_RUNTIME_PKI_H

#include "earshot/time.h"
#include "runtime/crypto/hmac.h"
#include "runtime/trust.h"

enum {
	ES_PKI_NAME_MAX = 64,    /* with NUL */
	ES_PKI_PEM_MAX = 4096,   /* one key or certificate as PEM text, with NUL */
	ES_PKI_CHAIN_MAX = 8192, /* a PEM file of several */
	ES_PKI_DER_MAX = 2048,
	ES_PKI_PIN_BYTES = ES_SHA256_BYTES,
	/* An agent's certificate is valid so long before it is issued: a clock without a battery may lag. */
	ES_PKI_EARLY_S = 86400,
};

struct es_pki_key; /* a key pair; its memory is zeroed when freed */

int es_pki_key_new(struct es_pki_key **out); /* makes one. ES_ENOMEM, ES_EIO */
/* As es_trust_read_shut_secret, and ES_EMALFORMED, ES_EUNSUPPORTED (not P-256); *why is set for each. */
int
es_pki_key_load(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX], struct es_pki_key **out);
int es_pki_key_write(const struct es_pki_key *key, const char *path); /* PEM, mode 0600, atomic */
int es_pki_key_stage(const struct es_pki_key *key, const char *path); /* for es_file_commit */
void es_pki_key_free(struct es_pki_key *key);                         /* NULL is fine */
/* SHA-256 of its SubjectPublicKeyInfo, as es_pki_cert has it of a certificate. ES_EIO. */
int es_pki_key_pin(const struct es_pki_key *key, uint8_t out[ES_PKI_PIN_BYTES]);

bool es_pki_is_name(const char *text); /* fits the restriction above */

/* Self-signed CA. pem is NUL-terminated. ES_EINVALID (name, to before from), ES_EIO. */
int es_pki_make_ca(const struct es_pki_key *key, const char *name, es_time from, es_time to,
    char pem[ES_PKI_PEM_MAX]);

/* Certificate request, DER. Returns its length, or ES_EIO. */
int es_pki_make_csr(const struct es_pki_key *key, uint8_t der[ES_PKI_DER_MAX]);

enum es_pki_usage { ES_PKI_CLIENT = 1, ES_PKI_SERVER = 2 };

struct es_pki_issue {
	const struct es_pki_key *ca_key;
	const char *ca_pem;
	const struct es_pki_key *key; /* the subject's key pair, or NULL and */
	es_slice csr_der;             /* its request */
	const char *name;             /* common name: an opaque id */
	const char *dns; /* SAN DNS name, the logical name of a collector; NULL = none */
	enum es_pki_usage usage;
	uint32_t
	    generation; /* of an agent's certificate, written into its serial number; 0: none */
	es_time from;   /* whole seconds; may lie in the past: expired certificates for tests */
	es_time to;
};

/*
 * ES_EINVALID (names, times, no CA), ES_EMALFORMED (request; its key is not P-256), ES_EDENIED (request
 * not signed by its key).
 */
int es_pki_issue(const struct es_pki_issue *want, char pem[ES_PKI_PEM_MAX]);

/* Public facts of the first certificate in a PEM text. */
struct es_pki_cert {
	char name[ES_PKI_NAME_MAX];   /* common name */
	char issuer[ES_PKI_NAME_MAX]; /* the same of who signed it */
	uint8_t spki_sha256[ES_PKI_PIN_BYTES];
	es_time not_before;
	es_time not_after;
	uint32_t generation; /* 0: the serial number states none */
	bool is_ca;
};
int es_pki_read_cert(const char *pem, struct es_pki_cert *out); /* ES_EMALFORMED */

/*
 * The next certificate of a PEM text of several, from *at, which moves behind it. False: there is no other, or it is
 * too long.
 */
bool es_pki_next_cert(const char **at, char pem[ES_PKI_PEM_MAX]);
/* The one of them that is of the key with this pin. ES_ENOTFOUND. */
int
es_pki_find_cert(const char *pems, const uint8_t pin[ES_PKI_PIN_BYTES], char pem[ES_PKI_PEM_MAX]);

/* Writes PEM text (certificate, chain): atomic. */
int es_pki_write_pem(const char *path, const char *pem, unsigned mode);

#endif
