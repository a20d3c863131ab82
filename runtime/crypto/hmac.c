/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, keyed hashes, random bytes, secrets in memory. */
#include "runtime/crypto/hmac.h"

#include "runtime/crypto/port.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

void
es_sha256(es_slice bytes, uint8_t out[ES_SHA256_BYTES])
{
	/* mbedtls_md of a whole buffer fails only for a digest that is not built in */
	if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes.p, bytes.n, out) != 0)
		abort();
}

int
es_sha256_fd(int fd, uint8_t out[ES_SHA256_BYTES])
{
	uint8_t bytes[16384];
	mbedtls_md_context_t md;
	ssize_t n;

	mbedtls_md_init(&md);
	if (mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) != 0 ||
	    mbedtls_md_starts(&md) != 0)
		abort(); /* as above, or no memory for a hundred bytes */
	do {
		n = read(fd, bytes, sizeof(bytes));
		if (n > 0 && mbedtls_md_update(&md, bytes, (size_t)n) != 0)
			abort();
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n == 0 && mbedtls_md_finish(&md, out) != 0)
		abort();
	mbedtls_md_free(&md);
	return n == 0 ? 0 : ES_EIO;
}

void
es_hmac_sha256(es_slice key, es_slice bytes, uint8_t out[ES_SHA256_BYTES])
{
	if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key.p, key.n, bytes.p,
		bytes.n, out) != 0)
		abort();
}

void
es_random_bytes(void *out, size_t n_bytes)
{
	uint8_t *at = out;

	while (n_bytes > 0) {
		ssize_t n = getrandom(at, n_bytes, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		at += n;
		n_bytes -= (size_t)n;
	}
}

uint64_t
es_random_u64(void)
{
	uint64_t v;

	es_random_bytes(&v, sizeof(v));
	return v;
}

bool
es_secret_eq(const void *a, const void *b, size_t n_bytes)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t differs = 0;

	for (size_t i = 0; i < n_bytes; i++)
		differs |= x[i] ^ y[i];
	return differs == 0;
}

void
es_secret_zero(void *secret, size_t n_bytes)
{
	explicit_bzero(secret, n_bytes);
}

bool
es_secret_wipe_frees(bool on)
{
#ifdef M_PERTURB
	return mallopt(M_PERTURB, on) != 0;
#else
	(void)on;
	return false;
#endif
}

void
es_hex_text(const uint8_t *bytes, size_t n_bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n_bytes; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n_bytes] = '\0';
}

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
es_hex_parse(es_slice text, uint8_t *out, size_t n_bytes)
{
	if (text.n != 2 * n_bytes)
		return ES_EMALFORMED;
	for (size_t i = 0; i < text.n; i++)
		if (digit(text.p[i]) < 0)
			return ES_EMALFORMED;
	for (size_t i = 0; i < n_bytes; i++)
		out[i] = (uint8_t)(digit(text.p[2 * i]) << 4 | digit(text.p[2 * i + 1]));
	return 0;
}
