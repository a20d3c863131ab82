/* SPDX-License-Identifier: Apache-2.0 */
/* The table of cipher suites, by what they do to a record; how the keys were agreed on does not matter. */
#include "runtime/crypto/tls_suite.h"

#include <stddef.h>

enum { VERSION_1_2 = 0x0303, VERSION_1_3 = 0x0304 };

/* RFC 8446 appendix B.4: 0x1301 to 0x1305. */
static const struct es_tls_suite of_1_3[] = {
	{ true, ES_TLS_AES_128_GCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 },
	{ true, ES_TLS_AES_256_GCM, ES_TLS_SHA384, ES_TLS_NO_HASH, 16 },
	{ true, ES_TLS_CHACHA20_POLY1305, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 },
	{ true, ES_TLS_AES_128_CCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 },
	{ true, ES_TLS_AES_128_CCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 8 },
};

/* Rows end with 0, which is no suite that encrypts. */
static const uint16_t gcm_128[] = { /* RFC 5288, 5289, 5487, 8442 */
	0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b, 0xc02d,
	0xc02f, 0xc031, 0xd001, 0
};
static const uint16_t gcm_256[] = { 0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab,
	0x00ad, 0xc02c, 0xc02e, 0xc030, 0xc032, 0xd002, 0 };
static const uint16_t chacha[] = { /* RFC 7905 */
	0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae, 0
};
static const uint16_t ccm_128[] = { /* RFC 6655, 7251, 8442 */
	0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac, 0xd005, 0
};
static const uint16_t ccm_256[] = { 0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad, 0 };
static const uint16_t ccm_8_128[] = { 0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae, 0xd003, 0 };
static const uint16_t ccm_8_256[] = { 0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af, 0 };
static const uint16_t cbc_128_sha1[] = { /* RFC 5246, 4279, 4785, 8422, 5489 */
	0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009,
	0xc00e, 0xc013, 0xc018, 0xc035, 0
};
static const uint16_t cbc_256_sha1[] = { 0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d,
	0x0091, 0x0095, 0xc005, 0xc00a, 0xc00f, 0xc014, 0xc019, 0xc036, 0 };
static const uint16_t cbc_128_sha256[] = { /* RFC 5246, 5289, 5487, 5489 */
	0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025,
	0xc027, 0xc029, 0xc037, 0
};
static const uint16_t cbc_256_sha256[] = { 0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d, 0 };
static const uint16_t cbc_256_sha384[] = { 0x00af, 0x00b3, 0x00b7, 0xc024, 0xc026, 0xc028, 0xc02a,
	0xc038, 0 };

static const struct {
	const uint16_t *numbers;
	struct es_tls_suite suite;
} of_1_2[] = {
	{ gcm_128, { false, ES_TLS_AES_128_GCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 } },
	{ gcm_256, { false, ES_TLS_AES_256_GCM, ES_TLS_SHA384, ES_TLS_NO_HASH, 16 } },
	{ chacha, { false, ES_TLS_CHACHA20_POLY1305, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 } },
	{ ccm_128, { false, ES_TLS_AES_128_CCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 } },
	{ ccm_256, { false, ES_TLS_AES_256_CCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 16 } },
	{ ccm_8_128, { false, ES_TLS_AES_128_CCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 8 } },
	{ ccm_8_256, { false, ES_TLS_AES_256_CCM, ES_TLS_SHA256, ES_TLS_NO_HASH, 8 } },
	{ cbc_128_sha1, { false, ES_TLS_AES_128_CBC, ES_TLS_SHA256, ES_TLS_SHA1, 0 } },
	{ cbc_256_sha1, { false, ES_TLS_AES_256_CBC, ES_TLS_SHA256, ES_TLS_SHA1, 0 } },
	{ cbc_128_sha256, { false, ES_TLS_AES_128_CBC, ES_TLS_SHA256, ES_TLS_SHA256, 0 } },
	{ cbc_256_sha256, { false, ES_TLS_AES_256_CBC, ES_TLS_SHA256, ES_TLS_SHA256, 0 } },
	{ cbc_256_sha384, { false, ES_TLS_AES_256_CBC, ES_TLS_SHA384, ES_TLS_SHA384, 0 } },
};

static bool
has(const uint16_t *numbers, uint16_t wanted)
{
	while (*numbers != 0 && *numbers != wanted)
		numbers++;
	return *numbers != 0;
}

int
es_tls_suite_of(uint16_t version, uint16_t number, struct es_tls_suite *out)
{
	if (version == VERSION_1_3) {
		if (number < 0x1301 || number > 0x1305)
			return ES_EUNSUPPORTED;
		*out = of_1_3[number - 0x1301];
		return 0;
	}
	if (version != VERSION_1_2)
		return ES_EUNSUPPORTED;
	for (size_t i = 0; i < sizeof(of_1_2) / sizeof(of_1_2[0]); i++) {
		if (has(of_1_2[i].numbers, number)) {
			*out = of_1_2[i].suite;
			return 0;
		}
	}
	return ES_EUNSUPPORTED;
}

uint8_t
es_tls_key_bytes(enum es_tls_cipher cipher)
{
	return cipher == ES_TLS_AES_128_GCM || cipher == ES_TLS_AES_128_CCM ||
		       cipher == ES_TLS_AES_128_CBC
		   ? 16
		   : 32;
}

bool
es_tls_is_cbc(enum es_tls_cipher cipher)
{
	return cipher == ES_TLS_AES_128_CBC || cipher == ES_TLS_AES_256_CBC;
}

uint8_t
es_tls_hash_bytes(enum es_tls_hash hash)
{
	static const uint8_t bytes[] = { 0, 20, 32, 48 };

	return bytes[hash];
}
