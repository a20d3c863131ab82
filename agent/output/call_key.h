/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by Call-ID and begin, which differ where a device uses one Call-ID again and again. */
#ifndef AGENT_OUTPUT_CALL_KEY_H
#define AGENT_OUTPUT_CALL_KEY_H

#include "earshot/time.h"
#include "probes/base/hash.h"

static inline uint64_t
es_call_key_hash(const struct es_hash_key *hash, es_slice call_id, es_time begun)
{
	const uint64_t words[] = { es_hash(hash, call_id), (uint64_t)begun.ns };

	return es_hash_words(hash, words, 2);
}

#endif
