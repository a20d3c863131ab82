/* SPDX-License-Identifier: Apache-2.0 */
/* The tenant key: 64 hexadecimal digits in a file of its owner alone. */
#ifndef COLLECTOR_TENANT_H
#define COLLECTOR_TENANT_H

#include "runtime/crypto/hmac.h"
#include "runtime/trust.h"

/* Writes a new random key to path. ES_EIO. */
int es_tenant_key_make(const char *path);
/* As es_trust_read_shut_secret, and ES_EMALFORMED; why is set for each. */
int es_tenant_key_load(
    const char *path, uid_t also, char why[ES_TRUST_WHY_MAX], uint8_t out[ES_KEY_BYTES]);

#endif
