/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash against the vectors of its authors: key 00..0f, input 00 01 02 ... */
#include "harness.h"
#include "probes/base/hash.h"

static struct es_hash_key
counting_key(void)
{
	uint8_t bytes[16];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	return es_hash_key_of(bytes);
}

TEST(hash_is_siphash_2_4)
{
	static const struct {
		size_t n;
		uint64_t want;
	} rows[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
		{ 63, UINT64_C(0x958a324ceb064572) },
	};
	struct es_hash_key key = counting_key();
	uint8_t bytes[64];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(es_hash(&key, test_guarded(bytes, rows[i].n)) == rows[i].want);
}

TEST(hash_of_words_is_siphash_1_3)
{
	static const uint64_t words[3] = { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908), UINT64_C(0x1716151413121110) };
	struct es_hash_key key = counting_key();

	CHECK(es_hash_words(&key, words, 0) == UINT64_C(0xabac0158050fc4dc));
	CHECK(es_hash_words(&key, words, 1) == UINT64_C(0x369095118d299a8e));
	CHECK(es_hash_words(&key, words, 2) == UINT64_C(0xcc4fdd1a7d908b66));
	CHECK(es_hash_words(&key, words, 3) == UINT64_C(0xf464aeb267349c8c));
}

TEST(hash_absorbs_bytes_as_their_words_and_their_length)
{
	static const uint64_t words[2] = { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908) };
	struct es_hash_key key = counting_key();
	uint64_t v[4], w[4];
	uint8_t bytes[64];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t n = 0; n <= 16; n++) {
		uint64_t last = n % 8 == 0 ? 0 : words[n / 8] & ((UINT64_C(1) << n % 8 * 8) - 1);

		es_hash_start(&key, v);
		es_hash_absorb_bytes(v, test_guarded(bytes, n));
		es_hash_start(&key, w);
		for (size_t i = 0; i < n / 8; i++)
			es_hash_absorb(w, words[i]);
		es_hash_absorb(w, last | (uint64_t)n << 56);
		CHECK(memcmp(v, w, sizeof(v)) == 0);
	}
}

TEST(hash_depends_on_every_bit_of_the_key)
{
	uint8_t key[16] = { 0 };
	struct es_hash_key zero = es_hash_key_of(key);
	es_slice text = es_slice_str("call-id@example");
	uint64_t base = es_hash(&zero, text);

	for (unsigned bit = 0; bit < 128; bit++) {
		struct es_hash_key other;

		memset(key, 0, sizeof(key));
		key[bit / 8] = (uint8_t)(1u << bit % 8);
		other = es_hash_key_of(key);
		CHECK(es_hash(&other, text) != base);
	}
}

TEST(hash_of_a_pair_depends_on_every_part_of_it)
{
	static const struct es_addr v4 = { .family = 4, .port = 5004, .ip = { 10, 0, 0, 1 } };
	static const struct es_addr v6 = { .family = 6, .port = 5004, .ip = { 0x20, 1, 13, 184 } };
	struct es_hash_key key = counting_key();

	for (unsigned f = 0; f < 2; f++) {
		const struct es_addr *base = f == 0 ? &v4 : &v6;
		uint64_t hash = es_hash_pair(&key, base, base);

		CHECK(hash != es_hash_pair(&key, &v4, &v6));
		for (unsigned i = 0; i < (f == 0 ? 4u : 16u); i++) {
			struct es_addr other = *base;

			other.ip[i] ^= 0x40;
			CHECK(es_hash_pair(&key, base, &other) != hash);
			CHECK(es_hash_pair(&key, &other, base) != hash);
			CHECK(es_hash_pair(&key, &other, base) != es_hash_pair(&key, base, &other));
		}
		for (unsigned bit = 0; bit < 16; bit++) {
			struct es_addr other = *base;

			other.port ^= (uint16_t)(1u << bit);
			CHECK(es_hash_pair(&key, base, &other) != hash);
			CHECK(es_hash_pair(&key, &other, base) != es_hash_pair(&key, base, &other));
		}
	}
}
