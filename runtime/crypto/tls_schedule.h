/* SPDX-License-Identifier: Apache-2.0 */
/* How the keys of TLS records follow from its secrets. The caller wipes what it gets. */
#ifndef EARSHOT_RUNTIME_TLS_SCHEDULE_H
#define EARSHOT_RUNTIME_TLS_SCHEDULE_H

#include "earshot/slice.h"
#include "runtime/crypto/tls_suite.h"

enum {
	ES_TLS_SECRET_MAX_BYTES = 48,
	ES_TLS_PRF_SEED_MAX_BYTES = 96, /* label and both randoms */
};

/* The PRF of TLS 1.2, RFC 5246 section 5. ES_EINVALID: label and seed are too long. ES_EIO: the library failed. */
int es_tls_prf(enum es_tls_hash hash, es_slice secret, const char *label, es_slice seed,
    uint8_t *out, size_t n_out);

/* HKDF-Expand-Label with an empty context, RFC 8446 section 7.1; n_out at most one hash. As above. */
int es_tls_expand(
    enum es_tls_hash hash, es_slice secret, const char *label, uint8_t *out, size_t n_out);

#endif
