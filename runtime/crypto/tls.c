/* SPDX-License-Identifier: Apache-2.0 */
/* TLS contexts: files, policy. */
#include "runtime/crypto/tls.h"

#include "runtime/clock.h"
#include "runtime/crypto/tls_private.h"
#include "runtime/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEM_FILE_MAX = 64 << 10 };

static bool
is_server(const struct es_tls *tls)
{
	return tls->side == ES_TLS_SERVER || tls->side == ES_TLS_ENROLL_SERVER;
}

static int
fail(char error[ES_TLS_REASON_MAX], int err, const char *path, const char *what)
{
	(void)snprintf(error, ES_TLS_REASON_MAX, "%s: %s", path, what);
	return err;
}

static int
load_certs(const char *path, mbedtls_x509_crt *crt, char error[ES_TLS_REASON_MAX])
{
	char *text;
	size_t n;
	int err = es_file_read(path, PEM_FILE_MAX, &text, &n);

	if (err == ES_EFULL)
		return fail(error, ES_EMALFORMED, path, "too large for certificates");
	if (err != 0)
		return fail(error, err, path, es_file_why(err));
	err = mbedtls_x509_crt_parse(crt, (const unsigned char *)text, n + 1);
	free(text);
	if (err != 0)
		return fail(error, ES_EMALFORMED, path, "not a PEM file of certificates");
	return 0;
}

static int
load_key(const char *path, uid_t owner, struct es_tls *tls, char error[ES_TLS_REASON_MAX])
{
	char *text;
	size_t n;
	int err = is_server(tls)
		      ? es_trust_read_shut_secret(path, PEM_FILE_MAX, owner, &text, &n, error)
		      : es_trust_read_secret(path, PEM_FILE_MAX, owner, &text, &n, error);

	if (err != 0)
		return err == ES_ENOTFOUND ? ES_EIO : err;
	err = es_port_parse_key(&tls->key, es_slice_of(text, n + 1));
	es_secret_zero(text, n);
	free(text);
	if (err != 0)
		return fail(error, ES_EMALFORMED, path, "not a PEM file of a private key");
	if (es_port_check_pair(&tls->own.pk, &tls->key) != 0)
		return fail(error, ES_EINVALID, path, "does not belong to the certificate");
	return 0;
}

static int
load_own(const struct es_tls_config *cfg, struct es_tls *tls, char error[ES_TLS_REASON_MAX])
{
	int err;

	if (cfg->cert_file == NULL || cfg->key_file == NULL)
		return fail(error, ES_EINVALID, "tls", "certificate and key are needed");
	err = load_certs(cfg->cert_file, &tls->own, error);
	if (err == 0 && is_server(tls) &&
	    !es_port_has_usage(
		&tls->own, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)))
		err = fail(error, ES_EINVALID, cfg->cert_file,
		    "may not be used as a server (it does not state the usage serverAuth)");
	if (err == 0)
		err = load_key(cfg->key_file, cfg->key_owner, tls, error);
	if (err == 0 && mbedtls_ssl_conf_own_cert(&tls->conf, &tls->own, &tls->key) != 0)
		err = fail(error, ES_ENOMEM, cfg->cert_file, "no memory");
	return err;
}

/*
 * An enrolling client knows its CA by the pin alone. mbedtls refuses to verify without any trusted
 * certificate, so it gets one whose key nobody has; es_tls_verify then trusts the pinned CA only.
 */
static int
trust_nobody(struct es_tls *tls)
{
	struct es_pki_key *key = NULL;
	char pem[ES_PKI_PEM_MAX];
	es_time now = es_clock_wall();
	int err = es_pki_key_new(&key);

	if (err == 0)
		err =
		    es_pki_make_ca(key, "nobody", now, es_time_add(now, 86400 * ES_NS_PER_S), pem);
	if (err == 0 &&
	    mbedtls_x509_crt_parse(&tls->ca, (const unsigned char *)pem, strlen(pem) + 1) != 0)
		err = ES_EIO;
	es_pki_key_free(key);
	return err;
}

static int
load_ca(const struct es_tls_config *cfg, struct es_tls *tls, char error[ES_TLS_REASON_MAX])
{
	if (tls->side == ES_TLS_ENROLL_CLIENT) {
		if (cfg->ca_pin == NULL)
			return fail(error, ES_EINVALID, "tls", "the pin of the CA is needed");
		memcpy(tls->pin, cfg->ca_pin, sizeof(tls->pin));
		if (trust_nobody(tls) != 0)
			return fail(error, ES_EIO, "tls", "cannot make a certificate");
		return 0;
	}
	if (cfg->ca_file == NULL)
		return fail(error, ES_EINVALID, "tls", "a CA is needed");
	return load_certs(cfg->ca_file, &tls->ca, error);
}

static int
set_up(const struct es_tls_config *cfg, struct es_tls *tls, char error[ES_TLS_REASON_MAX])
{
	int err = 0;

	if (es_port_init() != 0 ||
	    mbedtls_ssl_config_defaults(&tls->conf,
		is_server(tls) ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
		return fail(error, ES_ENOMEM, "tls", "cannot start the library");
	mbedtls_ssl_conf_rng(&tls->conf, es_port_random, NULL);
	es_port_set_policy(&tls->conf, is_server(tls));
	if (tls->side != ES_TLS_ENROLL_CLIENT)
		err = load_own(cfg, tls, error);
	if (err == 0 && tls->side != ES_TLS_ENROLL_SERVER) {
		err = load_ca(cfg, tls, error);
		mbedtls_ssl_conf_ca_chain(&tls->conf, &tls->ca, NULL);
	}
	/* the library's default for a server is to ask for none */
	mbedtls_ssl_conf_authmode(&tls->conf, tls->side == ES_TLS_ENROLL_SERVER
						  ? MBEDTLS_SSL_VERIFY_NONE
						  : MBEDTLS_SSL_VERIFY_REQUIRED);
	return err;
}

int
es_tls_new(const struct es_tls_config *cfg, char error[ES_TLS_REASON_MAX], struct es_tls **out)
{
	struct es_tls *tls;
	int err;

	if (cfg->side < ES_TLS_CLIENT || cfg->side > ES_TLS_ENROLL_SERVER)
		return fail(error, ES_EINVALID, "tls", "no such side");
	if (cfg->side == ES_TLS_CLIENT && cfg->name == NULL)
		return fail(error, ES_EINVALID, "tls", "the collector's name is needed");
	if (cfg->name != NULL && !es_pki_is_name(cfg->name))
		return fail(error, ES_EINVALID, "tls",
		    "the collector's name has other characters "
		    "than letters, digits, '.', '_' and '-'");
	tls = calloc(1, sizeof(*tls));
	if (tls == NULL)
		return fail(error, ES_ENOMEM, "tls", "no memory");
	error[0] = '\0';
	tls->side = cfg->side;
	tls->queue_bytes = cfg->queue_bytes == 0 ? ES_TLS_QUEUE_DEFAULT_BYTES : cfg->queue_bytes;
	if (cfg->name != NULL)
		memcpy(tls->name, cfg->name, strlen(cfg->name) + 1);
	mbedtls_ssl_config_init(&tls->conf);
	mbedtls_x509_crt_init(&tls->ca);
	mbedtls_x509_crt_init(&tls->own);
	mbedtls_pk_init(&tls->key);
	err = set_up(cfg, tls, error);
	if (err != 0) {
		es_tls_free(tls);
		return err;
	}
	*out = tls;
	return 0;
}

void
es_tls_free(struct es_tls *tls)
{
	if (tls == NULL)
		return;
	mbedtls_ssl_config_free(&tls->conf);
	mbedtls_x509_crt_free(&tls->ca);
	mbedtls_x509_crt_free(&tls->own);
	mbedtls_pk_free(&tls->key);
	free(tls);
}
