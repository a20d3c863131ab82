/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash (Aumasson, Bernstein 2012): a keyed hash, so that no sender can choose names or addresses that
 * collide. The key is random per run; results must not depend on it.
 */
#ifndef EARSHOT_BASE_HASH_H
#define EARSHOT_BASE_HASH_H

#include "earshot/addr.h"
#include "earshot/slice.h"

struct es_hash_key {
	uint64_t k0;
	uint64_t k1;
};

struct es_hash_key es_hash_key_of(const uint8_t bytes[16]);

/* SipHash-2-4 of any run of bytes: names, Call-IDs. */
uint64_t es_hash(const struct es_hash_key *key, es_slice bytes);

static inline uint64_t
es_hash_rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/* One SipRound on the four words of state. */
static inline void
es_hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = es_hash_rotl(v[1], 13) ^ v[0];
	v[0] = es_hash_rotl(v[0], 32);
	v[2] += v[3];
	v[3] = es_hash_rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = es_hash_rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = es_hash_rotl(v[1], 17) ^ v[2];
	v[2] = es_hash_rotl(v[2], 32);
}

static inline void
es_hash_start(const struct es_hash_key *key, uint64_t v[4])
{
	v[0] = key->k0 ^ UINT64_C(0x736f6d6570736575);
	v[1] = key->k1 ^ UINT64_C(0x646f72616e646f6d);
	v[2] = key->k0 ^ UINT64_C(0x6c7967656e657261);
	v[3] = key->k1 ^ UINT64_C(0x7465646279746573);
}

/* One word, the one-round way of SipHash-1-3. */
static inline void
es_hash_absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	es_hash_round(v);
	v[0] ^= word;
}

/* The end of SipHash-1-3 behind n words. */
static inline uint64_t
es_hash_finish(uint64_t v[4], unsigned n)
{
	es_hash_absorb(v, (uint64_t)(n * 8u & 0xff) << 56);
	v[2] ^= 0xff;
	es_hash_round(v);
	es_hash_round(v);
	es_hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/*
 * SipHash-1-3 of n whole words, for tables on the path of every packet (its short form for hash
 * tables). Equals the byte form over the words in little-endian order. Inline: n is a constant.
 */
static inline uint64_t
es_hash_words(const struct es_hash_key *key, const uint64_t *words, unsigned n)
{
	uint64_t v[4];

	es_hash_start(key, v);
	for (unsigned i = 0; i < n; i++)
		es_hash_absorb(v, words[i]);
	return es_hash_finish(v, n);
}

/*
 * Absorbs a run of bytes and its length, between es_hash_start and es_hash_finish: what SipHash-1-3 does
 * with all of its input.
 */
void es_hash_absorb_bytes(uint64_t v[4], es_slice bytes);

/* As es_hash_pair, for pairs that are not both IPv4. */
uint64_t es_hash_pair_long(
    const struct es_hash_key *key, const struct es_addr *src, const struct es_addr *dst);

/* Hash of a pair of transport endpoints, different for each direction: one lookup for every RTP packet. */
static inline uint64_t
es_hash_pair(const struct es_hash_key *key, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t src_ip, dst_ip;
	uint64_t v[4];

	if (src->family != 4 || dst->family != 4)
		return es_hash_pair_long(key, src, dst);
	memcpy(&src_ip, src->ip, sizeof(src_ip));
	memcpy(&dst_ip, dst->ip, sizeof(dst_ip));
	es_hash_start(key, v);
	es_hash_absorb(v, (uint64_t)src_ip << 32 | dst_ip);
	es_hash_absorb(v, (uint64_t)src->port << 16 | dst->port);
	return es_hash_finish(v, 2);
}

#endif
