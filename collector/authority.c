/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate authorities of a collector, as files. */
#include "collector/authority.h"

#include "runtime/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
read_pems(const char *path, char out[ES_PKI_CHAIN_MAX], char why[ES_TRUST_WHY_MAX])
{
	char *text = NULL;
	size_t n = 0;
	int err = es_file_read(path, ES_PKI_CHAIN_MAX - 1, &text, &n);

	if (err < 0) {
		(void)snprintf(why, ES_TRUST_WHY_MAX, "%s: %s", path, es_file_why(err));
		return err;
	}
	memcpy(out, text, n + 1);
	free(text);
	return 0;
}

int
es_authority_read(const struct es_collector_config *cfg, uid_t user, struct es_authority *out,
    char why[ES_TRUST_WHY_MAX])
{
	char problem[ES_TRUST_WHY_MAX];
	int err;

	memset(out, 0, sizeof(*out));
	err = es_pki_key_load(cfg->ca_key, user, why, &out->key);
	if (err < 0)
		return err;
	err = read_pems(cfg->ca_cert, out->anchors, problem);
	if (err == 0)
		err = es_pki_key_pin(out->key, out->pin);
	if (err == 0 && es_pki_find_cert(out->anchors, out->pin, out->pem) != 0) {
		(void)snprintf(problem, sizeof(problem),
		    "%.300s has no certificate of the key %.300s", cfg->ca_cert, cfg->ca_key);
		err = ES_EINVALID;
	}
	if (err < 0)
		memcpy(why, problem, sizeof(problem));
	return err;
}

void
es_authority_free(struct es_authority *a)
{
	es_pki_key_free(a->key);
	a->key = NULL;
}

int
es_authority_server_pin(const struct es_collector_config *cfg, uint8_t pin[ES_PKI_PIN_BYTES],
    char why[ES_TRUST_WHY_MAX])
{
	char chain[ES_PKI_CHAIN_MAX], pem[ES_PKI_PEM_MAX];
	const char *at = chain, *file = cfg->cert;
	struct es_pki_cert cert;
	bool is_ca = false;
	int err = read_pems(file, chain, why);

	while (err == 0 && !is_ca && es_pki_next_cert(&at, pem)) {
		if (es_pki_read_cert(pem, &cert) < 0)
			break;
		is_ca = cert.is_ca;
	}
	if (err == 0 && !is_ca && at != chain) { /* without its chain: it is of the one there is */
		file = cfg->ca_cert;
		err = read_pems(file, chain, why);
		is_ca = err == 0 && es_pki_read_cert(chain, &cert) == 0;
	}
	if (err == 0 && !is_ca) {
		(void)snprintf(why, ES_TRUST_WHY_MAX, "%s: not a certificate", file);
		err = ES_EMALFORMED;
	}
	if (err == 0)
		memcpy(pin, cert.spki_sha256, ES_PKI_PIN_BYTES);
	return err;
}
