/* SPDX-License-Identifier: Apache-2.0 */
/* Streams by their key: hash and comparison. */
#ifndef AGENT_OUTPUT_STREAM_KEY_H
#define AGENT_OUTPUT_STREAM_KEY_H

#include "earshot/record.h"
#include "probes/base/hash.h"

static inline uint64_t
es_stream_key_hash(const struct es_hash_key *hash, const struct es_stream_key *key)
{
	const uint64_t words[] = { es_hash_pair(hash, &key->src, &key->dst), key->ssrc,
		key->restart };

	return es_hash_words(hash, words, 3);
}

static inline bool
es_stream_key_eq(const struct es_stream_key *a, const struct es_stream_key *b)
{
	return a->ssrc == b->ssrc && a->restart == b->restart && es_addr_eq(&a->src, &b->src) &&
	       es_addr_eq(&a->dst, &b->dst);
}

#endif
