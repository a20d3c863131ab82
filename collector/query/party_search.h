/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is searched for: a number, a user or a SIP URI as a person types it, and the pseudonym that agents made of it with
 * the same key and the same rules (runtime/crypto/pseudonym.h).
 *
 *     +49 30 123456    030123456    alice    sip:alice@example.org    tel:+4930123456    n1-cc49-...
 */
#ifndef COLLECTOR_QUERY_PARTY_SEARCH_H
#define COLLECTOR_QUERY_PARTY_SEARCH_H

#include "runtime/crypto/pseudonym.h"

enum { ES_PARTY_HOST_MAX = 256 };

struct es_party_search {
	char pseudonym[ES_PSEUDONYM_URI_MAX]; /* of the user part */
	char host[ES_PARTY_HOST_MAX];
	size_t n_host; /* 0: any host */
};

/* ES_EMALFORMED: the text names nobody, or is too long. */
int es_party_search_parse(
    const struct es_pseudonym *key, const char *text, struct es_party_search *out);

/* By what an index finds it: the last hash of the pseudonym; empty for a party without a hash ("anonymous"). */
es_slice es_party_search_hash(const struct es_party_search *p);

/*
 * Whether a party as it is stored, "pseudonym@host", is the one. A number whose country one of the two does not know is
 * the same if its last eight digits are.
 */
bool es_party_search_fits(const struct es_party_search *p, es_slice stored);

#endif
