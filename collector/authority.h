/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate authorities of a collector, as files. Usually there is one. While it is replaced there are two, and
 * agents are given both to trust:
 *
 *              ca-cert      ca-key: signs agents    cert: the collector's is signed by
 *     before   old          old                     old
 *     begun    old, new     new                     old      agents get the new one with their next certificate
 *     ended    new          new                     new      once no valid certificate of an agent is of the old one
 */
#ifndef COLLECTOR_AUTHORITY_H
#define COLLECTOR_AUTHORITY_H

#include "collector/collector_config.h"
#include "runtime/crypto/pki.h"

struct es_authority {
	char anchors[ES_PKI_CHAIN_MAX]; /* ca-cert */
	struct es_pki_key *key;         /* ca-key */
	uint8_t pin[ES_PKI_PIN_BYTES];  /* of it */
	char pem[ES_PKI_PEM_MAX];       /* the certificate of it among the anchors */
};

/*
 * user: may own the key besides root and us. why: what is wrong, or on success empty or a warning of the key's mode
 * (es_trust_read_shut_secret). *out is to be freed by es_authority_free, also after an error. ES_EIO, ES_EDENIED,
 * ES_EMALFORMED, ES_EINVALID: ca-cert has no certificate of ca-key.
 */
int es_authority_read(const struct es_collector_config *cfg, uid_t user, struct es_authority *out,
    char why[ES_TRUST_WHY_MAX]);
void es_authority_free(struct es_authority *a);

/* SHA-256 of the key of the CA that the collector's own certificate leads to: what a token pins. As above. */
int es_authority_server_pin(const struct es_collector_config *cfg, uint8_t pin[ES_PKI_PIN_BYTES],
    char why[ES_TRUST_WHY_MAX]);

#endif
