/* SPDX-License-Identifier: Apache-2.0 */
/* Records of TLS through the ciphers of the library. */
#include "runtime/crypto/tls_opening.h"

#include "runtime/crypto/hmac.h"
#include "runtime/crypto/port.h"
#include "runtime/crypto/tls_schedule.h"

#include <mbedtls/cipher.h>

#include <stdlib.h>
#include <string.h>

enum {
	HEAD_BYTES = 5,
	RANDOM_BYTES = 32,
	MASTER_BYTES = 48,
	NONCE_BYTES = 12,
	SALT_BYTES = 4, /* of the nonce, the other 8 stand in the record */
	EXPLICIT_BYTES = NONCE_BYTES - SALT_BYTES,
	BLOCK_BYTES = 16,
	MAC_MAX_BYTES = 48,
	KEY_MAX_BYTES = 32,
	KEY_BLOCK_MAX_BYTES = 2 * (MAC_MAX_BYTES + KEY_MAX_BYTES + NONCE_BYTES),
	ASSOCIATED_BYTES = 13, /* number, type, version, length */
};

struct es_tls_opening {
	struct es_tls_suite suite;
	mbedtls_cipher_context_t cipher;
	uint64_t number; /* of the next record */
	bool is_mac_last;
	uint8_t secret[ES_TLS_SECRET_MAX_BYTES]; /* 1.3: the next one follows from it */
	uint8_t iv[NONCE_BYTES];                 /* AEAD: all of it, or the salt at its front */
	uint8_t mac_key[MAC_MAX_BYTES];
};

static mbedtls_cipher_type_t
type_of(enum es_tls_cipher cipher)
{
	switch (cipher) {
	case ES_TLS_AES_128_GCM:
		return MBEDTLS_CIPHER_AES_128_GCM;
	case ES_TLS_AES_256_GCM:
		return MBEDTLS_CIPHER_AES_256_GCM;
	case ES_TLS_AES_128_CCM:
		return MBEDTLS_CIPHER_AES_128_CCM;
	case ES_TLS_AES_256_CCM:
		return MBEDTLS_CIPHER_AES_256_CCM;
	case ES_TLS_CHACHA20_POLY1305:
		return MBEDTLS_CIPHER_CHACHA20_POLY1305;
	case ES_TLS_AES_128_CBC:
		return MBEDTLS_CIPHER_AES_128_CBC;
	case ES_TLS_AES_256_CBC:
		return MBEDTLS_CIPHER_AES_256_CBC;
	}
	return MBEDTLS_CIPHER_NONE;
}

static int
set_key(struct es_tls_opening *o, const uint8_t *key)
{
	const mbedtls_cipher_info_t *info = mbedtls_cipher_info_from_type(type_of(o->suite.cipher));
	int bits = es_tls_key_bytes(o->suite.cipher) * 8;

	mbedtls_cipher_free(&o->cipher);
	mbedtls_cipher_init(&o->cipher);
	if (info == NULL || mbedtls_cipher_setup(&o->cipher, info) != 0 ||
	    mbedtls_cipher_setkey(&o->cipher, key, bits, MBEDTLS_DECRYPT) != 0)
		return ES_EIO;
	if (es_tls_is_cbc(o->suite.cipher) &&
	    mbedtls_cipher_set_padding_mode(&o->cipher, MBEDTLS_PADDING_NONE) != 0)
		return ES_EIO;
	return 0;
}

static struct es_tls_opening *
make(const struct es_tls_suite *suite)
{
	struct es_tls_opening *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->suite = *suite;
	mbedtls_cipher_init(&o->cipher);
	return o;
}

void
es_tls_opening_free(struct es_tls_opening *o)
{
	if (o == NULL)
		return;
	mbedtls_cipher_free(&o->cipher); /* wipes the key */
	es_secret_zero(o, sizeof(*o));
	free(o);
}

/* In the key block: both MAC keys, both keys, both IVs, the client's first (RFC 5246 section 6.3). */
static int
derive_1_2(struct es_tls_opening *o, const struct es_tls_master *m)
{
	size_t n_mac = es_tls_hash_bytes(o->suite.mac);
	size_t n_key = es_tls_key_bytes(o->suite.cipher);
	size_t n_iv = es_tls_is_cbc(o->suite.cipher)                ? 0
		      : o->suite.cipher == ES_TLS_CHACHA20_POLY1305 ? NONCE_BYTES
								    : SALT_BYTES;
	size_t side = m->by_server ? 1 : 0;
	uint8_t block[KEY_BLOCK_MAX_BYTES];
	uint8_t seed[2 * RANDOM_BYTES];
	int err;

	memcpy(seed, m->server_random, RANDOM_BYTES);
	memcpy(seed + RANDOM_BYTES, m->client_random, RANDOM_BYTES);
	err = es_tls_prf(o->suite.schedule, es_slice_of(m->secret, MASTER_BYTES), "key expansion",
	    es_slice_of(seed, sizeof(seed)), block, 2 * (n_mac + n_key + n_iv));
	if (err == 0) {
		memcpy(o->mac_key, block + side * n_mac, n_mac);
		memcpy(o->iv, block + 2 * (n_mac + n_key) + side * n_iv, n_iv);
		err = set_key(o, block + 2 * n_mac + side * n_key);
	}
	es_secret_zero(block, sizeof(block));
	return err;
}

int
es_tls_opening_1_2(const struct es_tls_suite *suite, const struct es_tls_master *master,
    struct es_tls_opening **out)
{
	struct es_tls_opening *o = make(suite);
	int err;

	if (o == NULL)
		return ES_ENOMEM;
	o->is_mac_last = master->is_mac_last;
	err = derive_1_2(o, master);
	if (err != 0) {
		es_tls_opening_free(o);
		return err;
	}
	*out = o;
	return 0;
}

static int
derive_1_3(struct es_tls_opening *o)
{
	enum es_tls_hash hash = o->suite.schedule;
	es_slice secret = es_slice_of(o->secret, es_tls_hash_bytes(hash));
	uint8_t key[KEY_MAX_BYTES];
	int err = es_tls_expand(hash, secret, "key", key, es_tls_key_bytes(o->suite.cipher));

	if (err == 0)
		err = es_tls_expand(hash, secret, "iv", o->iv, sizeof(o->iv));
	if (err == 0)
		err = set_key(o, key);
	es_secret_zero(key, sizeof(key));
	return err;
}

int
es_tls_opening_1_3(const struct es_tls_suite *suite, es_slice secret, struct es_tls_opening **out)
{
	struct es_tls_opening *o;
	int err;

	if (secret.n != es_tls_hash_bytes(suite->schedule))
		return ES_EINVALID;
	o = make(suite);
	if (o == NULL)
		return ES_ENOMEM;
	memcpy(o->secret, secret.p, secret.n);
	err = derive_1_3(o);
	if (err != 0) {
		es_tls_opening_free(o);
		return err;
	}
	*out = o;
	return 0;
}

int
es_tls_opening_update(struct es_tls_opening *o)
{
	uint8_t next[ES_TLS_SECRET_MAX_BYTES];
	size_t n = es_tls_hash_bytes(o->suite.schedule);
	int err =
	    es_tls_expand(o->suite.schedule, es_slice_of(o->secret, n), "traffic upd", next, n);

	if (err == 0) {
		memcpy(o->secret, next, n);
		o->number = 0;
		err = derive_1_3(o);
	}
	es_secret_zero(next, sizeof(next));
	return err;
}

/* What a tag or MAC covers apart from the bytes (RFC 5246 sections 6.2.3.1 and 6.2.3.3). */
static void
associate(const struct es_tls_opening *o, es_slice record, size_t n, uint8_t out[ASSOCIATED_BYTES])
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(o->number >> (56 - 8 * i));
	memcpy(out + 8, record.p, 3);
	out[11] = (uint8_t)(n >> 8);
	out[12] = (uint8_t)n;
}

static int
open_aead(struct es_tls_opening *o, es_slice record, uint8_t *out, size_t *n_out)
{
	bool has_explicit = !o->suite.is_1_3 && o->suite.cipher != ES_TLS_CHACHA20_POLY1305;
	size_t n_front = HEAD_BYTES + (has_explicit ? EXPLICIT_BYTES : 0u);
	uint8_t nonce[NONCE_BYTES], associated[ASSOCIATED_BYTES];
	const uint8_t *ad = associated;
	size_t n_ad = sizeof(associated);

	if (record.n < n_front + o->suite.tag_bytes)
		return ES_EDENIED;
	memcpy(nonce, o->iv, sizeof(nonce));
	if (has_explicit)
		memcpy(nonce + SALT_BYTES, record.p + HEAD_BYTES, EXPLICIT_BYTES);
	else
		for (unsigned i = 0; i < 8; i++)
			nonce[NONCE_BYTES - 1 - i] ^= (uint8_t)(o->number >> 8 * i);
	if (o->suite.is_1_3) { /* the record's head is all */
		ad = record.p;
		n_ad = HEAD_BYTES;
	} else {
		associate(o, record, record.n - n_front - o->suite.tag_bytes, associated);
	}
	if (mbedtls_cipher_auth_decrypt_ext(&o->cipher, nonce, sizeof(nonce), ad, n_ad,
		record.p + n_front, record.n - n_front, out, record.n, n_out,
		o->suite.tag_bytes) != 0)
		return ES_EDENIED;
	return 0;
}

static int
check_mac(const struct es_tls_opening *o, es_slice record, es_slice bytes, const uint8_t *mac)
{
	size_t n_mac = es_tls_hash_bytes(o->suite.mac);
	uint8_t associated[ASSOCIATED_BYTES], wanted[MBEDTLS_MD_MAX_SIZE];
	mbedtls_md_context_t md;
	int err = ES_EIO;

	associate(o, record, bytes.n, associated);
	mbedtls_md_init(&md);
	if (mbedtls_md_setup(&md, es_port_hash(o->suite.mac), 1) == 0 &&
	    mbedtls_md_hmac_starts(&md, o->mac_key, n_mac) == 0 &&
	    mbedtls_md_hmac_update(&md, associated, sizeof(associated)) == 0 &&
	    mbedtls_md_hmac_update(&md, bytes.p, bytes.n) == 0 &&
	    mbedtls_md_hmac_finish(&md, wanted) == 0)
		err = es_secret_eq(wanted, mac, n_mac) ? 0 : ES_EDENIED;
	mbedtls_md_free(&md);
	es_secret_zero(wanted, sizeof(wanted));
	return err;
}

/*
 * AES-CBC with a MAC inside, or behind where both ends agreed on it (RFC 7366). How long a check takes is
 * no secret here: we already hold the keys, and send no answer.
 */
static int
open_cbc(struct es_tls_opening *o, es_slice record, uint8_t *out, size_t *n_out)
{
	size_t n_mac = es_tls_hash_bytes(o->suite.mac);
	es_slice sealed = es_slice_of(record.p + HEAD_BYTES, record.n - HEAD_BYTES);
	size_t n, n_padding, n_behind = o->is_mac_last ? 0 : n_mac;

	if (sealed.n < n_mac)
		return ES_EDENIED;
	sealed.n -= o->is_mac_last ? n_mac : 0;
	if (sealed.n < 2 * (size_t)BLOCK_BYTES || sealed.n % BLOCK_BYTES != 0)
		return ES_EDENIED;
	if (o->is_mac_last && check_mac(o, record, sealed, sealed.p + sealed.n) != 0)
		return ES_EDENIED;
	if (mbedtls_cipher_crypt(&o->cipher, sealed.p, BLOCK_BYTES, sealed.p + BLOCK_BYTES,
		sealed.n - BLOCK_BYTES, out, &n) != 0 ||
	    n == 0)
		return ES_EDENIED;
	n_padding = (size_t)out[n - 1] + 1;
	if (n < n_padding + n_behind)
		return ES_EDENIED;
	for (size_t i = n - n_padding; i < n; i++)
		if (out[i] != n_padding - 1)
			return ES_EDENIED;
	n -= n_padding + n_behind;
	if (!o->is_mac_last && check_mac(o, record, es_slice_of(out, n), out + n) != 0)
		return ES_EDENIED;
	*n_out = n;
	return 0;
}

/* Behind the plaintext of TLS 1.3 stand its type and zeroes (RFC 8446 section 5.4). */
static int
take_off_padding(const uint8_t *out, size_t *n, uint8_t *type)
{
	while (*n > 0 && out[*n - 1] == 0)
		--*n;
	if (*n == 0)
		return ES_EDENIED;
	*type = out[--*n];
	return 0;
}

int
es_tls_opening_record(
    struct es_tls_opening *o, es_slice record, uint8_t *out, size_t *n_out, uint8_t *type)
{
	size_t n = 0;
	int err;

	if (record.n <= HEAD_BYTES)
		return ES_EDENIED;
	*type = record.p[0];
	err = es_tls_is_cbc(o->suite.cipher) ? open_cbc(o, record, out, &n)
					     : open_aead(o, record, out, &n);
	if (err == 0 && o->suite.is_1_3)
		err = take_off_padding(out, &n, type);
	if (err != 0)
		return err;
	o->number++;
	*n_out = n;
	return 0;
}
