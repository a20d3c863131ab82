/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, keyed hashes, random bytes, and how to treat secrets in memory. */
#ifndef EARSHOT_RUNTIME_HMAC_H
#define EARSHOT_RUNTIME_HMAC_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_SHA256_BYTES = 32, ES_KEY_BYTES = 32 };

/* FIPS 180-4, RFC 2104. Cannot fail. */
void es_sha256(es_slice bytes, uint8_t out[ES_SHA256_BYTES]);
void es_hmac_sha256(es_slice key, es_slice bytes, uint8_t out[ES_SHA256_BYTES]);

/* Of an open file from its offset on. ES_EIO (see errno). */
int es_sha256_fd(int fd, uint8_t out[ES_SHA256_BYTES]);

/* From the kernel (getrandom): no state in the process, so nothing to copy over fork. Aborts where
 * the system has no randomness: no caller could continue. */
void es_random_bytes(void *out, size_t n_bytes);
uint64_t es_random_u64(void);

/* Compares in a time that depends on n alone. */
bool es_secret_eq(const void *a, const void *b, size_t n_bytes);

/* Overwrites a secret; the compiler cannot leave it out. */
void es_secret_zero(void *secret, size_t n_bytes);

/*
 * While on, what this process frees is overwritten, above the smallest sizes: for buffers of a library
 * that held secrets. Not to be left on: what is allocated is filled too, so that pools of which little
 * is ever used would take all their memory. False: the C library cannot (glibc can).
 */
bool es_secret_wipe_frees(bool on);

/* Lower-case hexadecimal, NUL-terminated: out holds 2 * n + 1. */
void es_hex_text(const uint8_t *bytes, size_t n_bytes, char *out);
/* ES_EMALFORMED unless text is exactly 2 * n_bytes hexadecimal digits. */
int es_hex_parse(es_slice text, uint8_t *out, size_t n_bytes);

#endif
