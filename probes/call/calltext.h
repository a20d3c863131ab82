/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts that a call's record has besides its parties: keys that join its legs, addresses, products. All
 * texts of a call share one small space; each is kept once, whole or not at all, since half a key joins the
 * wrong legs.
 */
#ifndef EARSHOT_CALL_CALLTEXT_H
#define EARSHOT_CALL_CALLTEXT_H

#include "earshot/slice.h"

enum { ES_CALL_TEXT_BYTES = 704, ES_CALL_KEY_MAX_BYTES = 255 };

enum es_calltext_key {
	ES_KEY_SESSION = 0,
	ES_KEY_X_CALL,
	ES_KEY_ICID,
	ES_KEY_CUSTOM,
	ES_KEY_REPLACES,
	ES_KEY_REPLACED_BY,
	ES_KEY_SESSION_PEER,
	ES_KEY_ASSERTED,
	ES_KEY_DIVERTED,
	ES_KEY_USER_TO_USER,
	ES_KEY_CALLER_CONTACT,
	ES_KEY_CALLEE_CONTACT,
	ES_KEY_CALLER_AGENT,
	ES_KEY_CALLEE_AGENT,
	ES_KEY_DIALLED,
	ES_KEYS,
};

struct es_calltext {
	uint16_t used;
	uint16_t at[ES_KEYS];
	uint8_t n[ES_KEYS];
	char bytes[ES_CALL_TEXT_BYTES];
};

/* Keeps text for a key that has none yet. false: text that found no room. */
bool es_calltext_set(struct es_calltext *t, enum es_calltext_key key, es_slice text);

/* Empty without one. */
static inline es_slice
es_calltext_get(const struct es_calltext *t, enum es_calltext_key key)
{
	return es_slice_of(t->bytes + t->at[key], t->n[key]);
}

#endif
