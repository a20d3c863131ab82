/* SPDX-License-Identifier: Apache-2.0 */
/* Cipher suites of TLS and how keys follow from secrets. */
#include "harness.h"
#include "runtime/crypto/hmac.h"
#include "runtime/crypto/tls_schedule.h"

/* PRF of these, all 16 bytes in hexadecimal, begins as wanted. */
static bool
gives(enum es_tls_hash hash, const char *secret, const char *seed, const char *wanted)
{
	uint8_t k[16], s[16], w[16], out[100];

	return es_hex_parse(es_slice_str(secret), k, 16) == 0 &&
	       es_hex_parse(es_slice_str(seed), s, 16) == 0 &&
	       es_hex_parse(es_slice_str(wanted), w, 16) == 0 &&
	       es_tls_prf(hash, es_slice_of(k, 16), "test label", es_slice_of(s, 16), out,
		   sizeof(out)) == 0 &&
	       memcmp(out, w, sizeof(w)) == 0;
}

/* Published on the list of the TLS working group, 2009: no RFC has any. */
TEST(tls_1_2_prf_gives_the_known_values)
{
	CHECK(gives(ES_TLS_SHA256, "9bbe436ba940f017b17652849a71db35",
	    "a0ba9f936cda311827a6f796ffd5198c", "e3f229ba727be17b8d122620557cd453"));
	CHECK(gives(ES_TLS_SHA384, "b80b733d6ceefcdc71566ea48e5567df",
	    "cd665cf6a8447dd6ff8b27555edb7465", "7b0c18e9ced410ed1804f2cfa34a336a"));
}

/* RFC 8448 section 3: key and IV of the client's data. */
TEST(tls_1_3_keys_of_rfc_8448_follow_from_their_secret)
{
	uint8_t secret[32], key[16], iv[12], out[16];

	CHECK_EQ(es_hex_parse(es_slice_str("9e40646ce79a7f9dc05af8889bce6552"
					   "875afa0b06df0087f792ebb7c17504a5"),
		     secret, 32),
	    0);
	CHECK_EQ(es_hex_parse(es_slice_str("17422dda596ed5d9acd890e3c63f5051"), key, 16), 0);
	CHECK_EQ(es_hex_parse(es_slice_str("5b78923dee08579033e523d9"), iv, 12), 0);
	CHECK_EQ(es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "key", out, 16), 0);
	CHECK(memcmp(out, key, 16) == 0);
	CHECK_EQ(es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "iv", out, 12), 0);
	CHECK(memcmp(out, iv, 12) == 0);
	CHECK_EQ(
	    es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "key", out, 33), ES_EINVALID);
}

TEST(tls_suites_without_a_cipher_we_open_are_refused)
{
	struct es_tls_suite s;

	CHECK_EQ(es_tls_suite_of(0x0303, 0x0000, &s), ES_EUNSUPPORTED); /* NULL */
	CHECK_EQ(es_tls_suite_of(0x0303, 0x0005, &s), ES_EUNSUPPORTED); /* RC4 */
	CHECK_EQ(es_tls_suite_of(0x0303, 0x000a, &s), ES_EUNSUPPORTED); /* 3DES */
	CHECK_EQ(es_tls_suite_of(0x0303, 0x1301, &s), ES_EUNSUPPORTED); /* of 1.3 */
	CHECK_EQ(es_tls_suite_of(0x0304, 0x1306, &s), ES_EUNSUPPORTED);
	CHECK_EQ(es_tls_suite_of(0x0302, 0x002f, &s), ES_EUNSUPPORTED); /* TLS 1.1 */
	CHECK_EQ(es_tls_suite_of(0x0303, 0xc02f, &s), 0);
	CHECK_EQ(s.cipher, ES_TLS_AES_128_GCM);
}
