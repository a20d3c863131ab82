/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash over bytes; pairs of long addresses. */
#include "probes/base/hash.h"
#include "probes/base/cursor.h"

struct es_hash_key
es_hash_key_of(const uint8_t bytes[16])
{
	struct es_cur c = es_cur_of(es_slice_of(bytes, 16));
	struct es_hash_key key;

	key.k0 = es_cur_le64(&c);
	key.k1 = es_cur_le64(&c);
	return key;
}

static void
mix(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	es_hash_round(v);
	es_hash_round(v);
	v[0] ^= m;
}

/* The bytes of a run that make no whole word, and its length. */
static uint64_t
last_word(struct es_cur *c, size_t n_bytes)
{
	uint64_t last = (uint64_t)(n_bytes & 0xff) << 56;

	for (unsigned shift = 0; es_cur_left(c) > 0; shift += 8)
		last |= (uint64_t)es_cur_u8(c) << shift;
	return last;
}

uint64_t
es_hash(const struct es_hash_key *key, es_slice bytes)
{
	struct es_cur c = es_cur_of(bytes);
	uint64_t v[4];

	es_hash_start(key, v);
	while (es_cur_left(&c) >= 8)
		mix(v, es_cur_le64(&c));
	mix(v, last_word(&c, bytes.n));
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		es_hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
es_hash_absorb_bytes(uint64_t v[4], es_slice bytes)
{
	struct es_cur c = es_cur_of(bytes);

	while (es_cur_left(&c) >= 8)
		es_hash_absorb(v, es_cur_le64(&c));
	es_hash_absorb(v, last_word(&c, bytes.n));
}

uint64_t
es_hash_pair_long(
    const struct es_hash_key *key, const struct es_addr *src, const struct es_addr *dst)
{
	uint64_t words[5];

	memcpy(words, src, sizeof(*src));
	memcpy((uint8_t *)words + sizeof(*src), dst, sizeof(*dst));
	return es_hash_words(key, words, 5);
}
