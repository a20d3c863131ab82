/* SPDX-License-Identifier: Apache-2.0 */
/* The tenant key: 64 hexadecimal digits in a file of its owner alone. */
#ifndef COLLECTOR_TENANT_H
#define COLLECTOR_TENANT_H

#include "runtime/crypto/hmac.h"

/* Makes a random one. ES_EIO. */
int es_tenant_key_make(const char *path);
/* ES_EIO, ES_EMALFORMED. */
int es_tenant_key_load(const char *path, uint8_t out[ES_KEY_BYTES]);

#endif
