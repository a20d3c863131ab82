/* SPDX-License-Identifier: Apache-2.0 */
/* A small certificate authority. */
#include "runtime/crypto/pki.h"

#include "runtime/crypto/pki_private.h"
#include "runtime/crypto/port.h"
#include "runtime/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	SERIAL_BYTES = 16, /* of an agent: 'E', 'S', its generation, 80 random bits */
	GENERATION_AT = 2,
	SUBJECT_MAX = ES_PKI_NAME_MAX + 8,
	STAMP_MAX = 32,
	KEY_FILE_MAX = 16 << 10
};

bool
es_pki_is_name(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n >= ES_PKI_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

/* ---- keys ---- */

static struct es_pki_key *
empty_key(void)
{
	struct es_pki_key *key = calloc(1, sizeof(*key));

	if (key != NULL)
		mbedtls_pk_init(&key->pk);
	return key;
}

int
es_pki_key_new(struct es_pki_key **out)
{
	struct es_pki_key *key = empty_key();

	if (key == NULL)
		return ES_ENOMEM;
	if (es_port_init() != 0 || es_port_make_key(&key->pk) != 0) {
		es_pki_key_free(key);
		return ES_EIO;
	}
	*out = key;
	return 0;
}

int
es_pki_key_load(const char *path, uid_t also, char why[ES_TRUST_WHY_MAX], struct es_pki_key **out)
{
	struct es_pki_key *key;
	char *text;
	size_t n;
	int err = es_trust_read_shut_secret(path, KEY_FILE_MAX, also, &text, &n, why);

	if (err != 0)
		return err == ES_EFULL ? ES_EMALFORMED : err;
	key = empty_key();
	if (key == NULL) {
		err = ES_ENOMEM;
	} else if (es_port_parse_key(&key->pk, es_slice_of(text, n + 1)) != 0) {
		err = ES_EMALFORMED;
	} else if (!es_port_is_p256(&key->pk)) {
		err = ES_EUNSUPPORTED;
	}
	es_secret_zero(text, n);
	free(text);
	if (err != 0) {
		(void)snprintf(why, ES_TRUST_WHY_MAX, "%s: not a PEM file of a P-256 key", path);
		es_pki_key_free(key);
		return err;
	}
	*out = key;
	return 0;
}

int
es_pki_key_stage(const struct es_pki_key *key, const char *path)
{
	unsigned char pem[ES_PKI_PEM_MAX];
	mbedtls_pk_context pk = key->pk; /* 2.28 wants it writable and only reads it */
	int err = ES_EIO;

	if (mbedtls_pk_write_key_pem(&pk, pem, sizeof(pem)) == 0)
		err = es_file_stage(path, es_slice_str((const char *)pem), 0600);
	es_secret_zero(pem, sizeof(pem));
	return err;
}

int
es_pki_key_write(const struct es_pki_key *key, const char *path)
{
	int err = es_pki_key_stage(key, path);

	return err != 0 ? err : es_file_commit(path);
}

void
es_pki_key_free(struct es_pki_key *key)
{
	if (key == NULL)
		return;
	mbedtls_pk_free(&key->pk); /* zeroes the secret number */
	free(key);
}

static int
pin_of(mbedtls_pk_context *pk, uint8_t out[ES_PKI_PIN_BYTES])
{
	uint8_t der[ES_PKI_DER_MAX];
	int n = mbedtls_pk_write_pubkey_der(pk, der, sizeof(der));

	if (n <= 0)
		return ES_EIO;
	es_sha256(es_slice_of(der + sizeof(der) - n, (size_t)n), out);
	return 0;
}

int
es_pki_key_pin(const struct es_pki_key *key, uint8_t out[ES_PKI_PIN_BYTES])
{
	mbedtls_pk_context pk = key->pk; /* 2.28 wants it writable and only reads it */

	return pin_of(&pk, out);
}

/* ---- requests ---- */

int
es_pki_make_csr(const struct es_pki_key *key, uint8_t der[ES_PKI_DER_MAX])
{
	mbedtls_pk_context pk = key->pk;
	mbedtls_x509write_csr w;
	int n = -1;

	mbedtls_x509write_csr_init(&w);
	mbedtls_x509write_csr_set_md_alg(&w, MBEDTLS_MD_SHA256);
	mbedtls_x509write_csr_set_key(&w, &pk);
	if (mbedtls_x509write_csr_set_subject_name(&w, "CN=earshot-agent") == 0)
		n = mbedtls_x509write_csr_der(&w, der, ES_PKI_DER_MAX, es_port_random, NULL);
	mbedtls_x509write_csr_free(&w);
	if (n <= 0)
		return ES_EIO;
	memmove(der, der + ES_PKI_DER_MAX - n, (size_t)n); /* it is written at the end */
	return n;
}

/* Parses and proves a request; csr is initialised by the caller. */
static int
read_csr(es_slice der, mbedtls_x509_csr *csr)
{
	if (der.n == 0 || der.n > ES_PKI_DER_MAX ||
	    mbedtls_x509_csr_parse_der(csr, der.p, der.n) != 0 || !es_port_is_p256(&csr->pk))
		return ES_EMALFORMED;
	return es_port_verify_csr(csr) != 0 ? ES_EDENIED : 0;
}

/* ---- certificates ---- */

/* "20260101000000", UTC, whole seconds. */
static int
stamp(es_time t, char out[STAMP_MAX])
{
	time_t s = (time_t)(t.ns / ES_NS_PER_S);
	struct tm tm;

	if (t.ns < 0 || gmtime_r(&s, &tm) == NULL || tm.tm_year + 1900 > 9999)
		return ES_EINVALID;
	return strftime(out, STAMP_MAX, "%Y%m%d%H%M%S", &tm) == 14 ? 0 : ES_EINVALID;
}

/* Positive, of full length, and not to be guessed; an agent's states the generation. */
static void
make_serial(uint32_t generation, uint8_t serial[SERIAL_BYTES])
{
	es_random_bytes(serial, SERIAL_BYTES);
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	if (generation == 0) {
		if (serial[0] == 'E' && serial[1] == 'S')
			serial[1] ^= 1; /* one in 16384 would state a generation */
		return;
	}
	serial[0] = 'E';
	serial[1] = 'S';
	for (int i = 0; i < 4; i++)
		serial[GENERATION_AT + i] = (uint8_t)(generation >> (24 - 8 * i));
}

/* What every certificate has: names, dates, serial, key identifiers, CA or not. */
static int
write_basics(mbedtls_x509write_cert *w, const char *subject, es_time from, es_time to,
    uint32_t generation, bool is_ca)
{
	char name[SUBJECT_MAX];
	char not_before[STAMP_MAX];
	char not_after[STAMP_MAX];
	uint8_t serial[SERIAL_BYTES];

	if (!es_pki_is_name(subject) || es_time_before(to, from) || stamp(from, not_before) != 0 ||
	    stamp(to, not_after) != 0)
		return ES_EINVALID;
	(void)snprintf(name, sizeof(name), "CN=%s", subject);
	make_serial(generation, serial);
	mbedtls_x509write_crt_set_version(w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(w, MBEDTLS_MD_SHA256);
	if (mbedtls_x509write_crt_set_subject_name(w, name) != 0 ||
	    es_port_set_serial(w, serial, sizeof(serial)) != 0 ||
	    mbedtls_x509write_crt_set_validity(w, not_before, not_after) != 0 ||
	    mbedtls_x509write_crt_set_basic_constraints(w, is_ca, is_ca ? 0 : -1) != 0 ||
	    mbedtls_x509write_crt_set_subject_key_identifier(w) != 0 ||
	    mbedtls_x509write_crt_set_authority_key_identifier(w) != 0)
		return ES_EIO;
	return 0;
}

static int
write_pem(mbedtls_x509write_cert *w, char pem[ES_PKI_PEM_MAX])
{
	int ret = mbedtls_x509write_crt_pem(
	    w, (unsigned char *)pem, ES_PKI_PEM_MAX, es_port_random, NULL);

	return ret == 0 ? 0 : ES_EIO;
}

int
es_pki_make_ca(const struct es_pki_key *key, const char *name, es_time from, es_time to,
    char pem[ES_PKI_PEM_MAX])
{
	mbedtls_pk_context pk = key->pk;
	mbedtls_x509write_cert w;
	char issuer[SUBJECT_MAX];
	int err;

	if (!es_pki_is_name(name))
		return ES_EINVALID;
	(void)snprintf(issuer, sizeof(issuer), "CN=%s", name);
	mbedtls_x509write_crt_init(&w);
	mbedtls_x509write_crt_set_subject_key(&w, &pk);
	mbedtls_x509write_crt_set_issuer_key(&w, &pk);
	err = write_basics(&w, name, from, to, 0, true);
	if (err == 0 && (mbedtls_x509write_crt_set_issuer_name(&w, issuer) != 0 ||
			    mbedtls_x509write_crt_set_key_usage(
				&w, MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN) != 0))
		err = ES_EIO;
	if (err == 0)
		err = write_pem(&w, pem);
	mbedtls_x509write_crt_free(&w);
	return err;
}

/* Extended key usage: SEQUENCE of one OID. By hand, for 2.28 has no setter. */
static int
write_usage(mbedtls_x509write_cert *w, enum es_pki_usage usage)
{
	static const uint8_t client[] = { 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2 };
	static const uint8_t server[] = { 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1 };

	return mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_EXTENDED_KEY_USAGE,
	    MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 1,
	    usage == ES_PKI_SERVER ? server : client, sizeof(server));
}

/* Subject alternative name: SEQUENCE of one dNSName, context tag 2. */
static int
write_dns(mbedtls_x509write_cert *w, const char *dns)
{
	uint8_t ext[4 + ES_PKI_NAME_MAX];
	size_t n = strlen(dns);

	ext[0] = 0x30;
	ext[1] = (uint8_t)(n + 2);
	ext[2] = 0x82;
	ext[3] = (uint8_t)n;
	memcpy(ext + 4, dns, n);
	return mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME,
	    MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, ext, n + 4);
}

static int
issue(const struct es_pki_issue *want, mbedtls_pk_context *subject, char pem[ES_PKI_PEM_MAX])
{
	mbedtls_pk_context ca = want->ca_key->pk;
	mbedtls_x509write_cert w;
	struct es_pki_cert ca_cert;
	char issuer[SUBJECT_MAX];
	int err;

	if (es_pki_read_cert(want->ca_pem, &ca_cert) != 0 || !ca_cert.is_ca ||
	    !es_pki_is_name(ca_cert.name))
		return ES_EINVALID;
	(void)snprintf(issuer, sizeof(issuer), "CN=%s", ca_cert.name);
	mbedtls_x509write_crt_init(&w);
	mbedtls_x509write_crt_set_subject_key(&w, subject);
	mbedtls_x509write_crt_set_issuer_key(&w, &ca);
	err = write_basics(&w, want->name, want->from, want->to, want->generation, false);
	if (err == 0 &&
	    (mbedtls_x509write_crt_set_issuer_name(&w, issuer) != 0 ||
		mbedtls_x509write_crt_set_key_usage(&w, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0 ||
		write_usage(&w, want->usage) != 0 ||
		(want->dns != NULL && write_dns(&w, want->dns) != 0)))
		err = ES_EIO;
	if (err == 0)
		err = write_pem(&w, pem);
	mbedtls_x509write_crt_free(&w);
	return err;
}

int
es_pki_issue(const struct es_pki_issue *want, char pem[ES_PKI_PEM_MAX])
{
	mbedtls_x509_csr csr;
	mbedtls_pk_context pk;
	int err;

	if (want->ca_key == NULL || want->ca_pem == NULL || want->name == NULL ||
	    (want->usage != ES_PKI_CLIENT && want->usage != ES_PKI_SERVER) ||
	    (want->dns != NULL && !es_pki_is_name(want->dns)))
		return ES_EINVALID;
	if (want->key != NULL) {
		pk = want->key->pk;
		return issue(want, &pk, pem);
	}
	mbedtls_x509_csr_init(&csr);
	err = read_csr(want->csr_der, &csr);
	if (err == 0)
		err = issue(want, &csr.pk, pem);
	mbedtls_x509_csr_free(&csr);
	return err;
}

/* ---- reading ---- */

/* Days since 1970-01-01 of a date of the Gregorian calendar (civil from days, Hinnant). */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era;
	int64_t yoe;
	int64_t doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static es_time
time_of(const mbedtls_x509_time *t)
{
	int64_t s =
	    days_of(t->year, t->mon, t->day) * 86400 + t->hour * 3600 + t->min * 60 + t->sec;

	return es_time_add(
	    es_time_of_ns(0), s > INT64_MAX / ES_NS_PER_S ? INT64_MAX : s * ES_NS_PER_S);
}

static uint32_t
generation_of(const mbedtls_x509_buf *serial)
{
	uint32_t generation = 0;

	if (serial->len != SERIAL_BYTES || serial->p[0] != 'E' || serial->p[1] != 'S')
		return 0;
	for (int i = 0; i < 4; i++)
		generation = generation << 8 | serial->p[GENERATION_AT + i];
	return generation;
}

/* The common name of a subject or issuer; empty where it has none that fits. */
static void
common_name(const mbedtls_x509_name *name, char out[ES_PKI_NAME_MAX])
{
	for (; name != NULL; name = name->next)
		if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0)
			break;
	if (name != NULL && name->val.len < ES_PKI_NAME_MAX &&
	    memchr(name->val.p, 0, name->val.len) == NULL)
		memcpy(out, name->val.p, name->val.len);
}

int
es_pki_facts(const mbedtls_x509_crt *crt, struct es_pki_cert *out)
{
	mbedtls_pk_context pk = crt->pk;

	memset(out, 0, sizeof(*out));
	common_name(&crt->subject, out->name);
	common_name(&crt->issuer, out->issuer);
	if (pin_of(&pk, out->spki_sha256) != 0)
		return ES_EMALFORMED;
	out->generation = generation_of(&crt->serial);
	out->not_before = time_of(&crt->valid_from);
	out->not_after = time_of(&crt->valid_to);
	out->is_ca = es_port_is_ca(crt);
	return 0;
}

int
es_pki_read_cert(const char *pem, struct es_pki_cert *out)
{
	struct es_pki_cert facts = { 0 };
	mbedtls_x509_crt crt;
	int err = ES_EMALFORMED;

	mbedtls_x509_crt_init(&crt);
	if (mbedtls_x509_crt_parse(&crt, (const unsigned char *)pem, strlen(pem) + 1) == 0)
		err = es_pki_facts(&crt, &facts);
	mbedtls_x509_crt_free(&crt);
	if (err == 0)
		*out = facts;
	return err;
}

bool
es_pki_next_cert(const char **at, char pem[ES_PKI_PEM_MAX])
{
	static const char first[] = "-----BEGIN CERTIFICATE-----";
	static const char last[] = "-----END CERTIFICATE-----";
	const char *begin = strstr(*at, first);
	const char *end = begin == NULL ? NULL : strstr(begin, last);
	size_t n;

	if (end == NULL)
		return false;
	end += sizeof(last) - 1;
	n = (size_t)(end - begin);
	if (n + 2 > ES_PKI_PEM_MAX)
		return false;
	memcpy(pem, begin, n);
	memcpy(pem + n, "\n", 2);
	*at = end;
	return true;
}

int
es_pki_find_cert(const char *pems, const uint8_t pin[ES_PKI_PIN_BYTES], char pem[ES_PKI_PEM_MAX])
{
	struct es_pki_cert cert;

	while (es_pki_next_cert(&pems, pem))
		if (es_pki_read_cert(pem, &cert) == 0 &&
		    memcmp(cert.spki_sha256, pin, ES_PKI_PIN_BYTES) == 0)
			return 0;
	return ES_ENOTFOUND;
}

int
es_pki_write_pem(const char *path, const char *pem, unsigned mode)
{
	return es_file_write(path, es_slice_str(pem), (mode_t)mode);
}
