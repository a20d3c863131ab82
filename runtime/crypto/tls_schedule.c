/* SPDX-License-Identifier: Apache-2.0 */
/* The PRF of TLS 1.2 and the HKDF of TLS 1.3. */
#include "runtime/crypto/tls_schedule.h"

#include "runtime/crypto/hmac.h"
#include "runtime/crypto/port.h"

#include <string.h>

enum { INFO_MAX_BYTES = 64 };

static int
hmac(enum es_tls_hash hash, es_slice key, es_slice bytes, uint8_t out[MBEDTLS_MD_MAX_SIZE])
{
	const mbedtls_md_info_t *md = es_port_hash(hash);

	if (md == NULL || mbedtls_md_hmac(md, key.p, key.n, bytes.p, bytes.n, out) != 0)
		return ES_EIO;
	return 0;
}

int
es_tls_prf(enum es_tls_hash hash, es_slice secret, const char *label, es_slice seed, uint8_t *out,
    size_t n_out)
{
	uint8_t a[MBEDTLS_MD_MAX_SIZE + ES_TLS_PRF_SEED_MAX_BYTES]; /* A(i), label, seed */
	uint8_t block[MBEDTLS_MD_MAX_SIZE];
	size_t n_hash = es_tls_hash_bytes(hash), n_label = strlen(label), done = 0;
	size_t n_seed = n_label + seed.n;
	int err;

	if (n_seed > ES_TLS_PRF_SEED_MAX_BYTES)
		return ES_EINVALID;
	memcpy(a + n_hash, label, n_label);
	if (seed.n > 0)
		memcpy(a + n_hash + n_label, seed.p, seed.n);
	err = hmac(hash, secret, es_slice_of(a + n_hash, n_seed), block);
	while (err == 0 && done < n_out) {
		size_t n = n_out - done < n_hash ? n_out - done : n_hash;

		memcpy(a, block, n_hash);
		err = hmac(hash, secret, es_slice_of(a, n_hash + n_seed), block);
		if (err != 0)
			break;
		memcpy(out + done, block, n);
		done += n;
		err = hmac(hash, secret, es_slice_of(a, n_hash), block); /* A(i + 1) */
	}
	es_secret_zero(a, sizeof(a));
	es_secret_zero(block, sizeof(block));
	return err;
}

int
es_tls_expand(enum es_tls_hash hash, es_slice secret, const char *label, uint8_t *out, size_t n_out)
{
	static const char prefix[] = "tls13 ";
	size_t n_prefix = sizeof(prefix) - 1, n_label = strlen(label), n = 0;
	uint8_t block[MBEDTLS_MD_MAX_SIZE];
	uint8_t info[INFO_MAX_BYTES];
	int err;

	if (n_out > es_tls_hash_bytes(hash) || n_prefix + n_label + 5 > sizeof(info))
		return ES_EINVALID;
	info[n++] = 0;
	info[n++] = (uint8_t)n_out;
	info[n++] = (uint8_t)(n_prefix + n_label);
	memcpy(info + n, prefix, n_prefix);
	memcpy(info + n + n_prefix, label, n_label);
	n += n_prefix + n_label;
	info[n++] = 0; /* context */
	info[n++] = 1; /* first block of HKDF-Expand, RFC 5869 section 2.3 */
	err = hmac(hash, secret, es_slice_of(info, n), block);
	if (err == 0)
		memcpy(out, block, n_out);
	es_secret_zero(block, sizeof(block));
	return err;
}
