/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of an agent, from a request: at enrolment and at renewal. */
#ifndef COLLECTOR_INGEST_ISSUE_H
#define COLLECTOR_INGEST_ISSUE_H

#include "collector/ingest/ingest.h"
#include "runtime/crypto/pki.h"

struct es_issued {
	char certificate[ES_PKI_CHAIN_MAX]; /* PEM, its CA behind it */
	struct es_pki_cert facts;
};

/*
 * Only the key of the request is used; all names are ours. cn: the agent's common name; now: wall clock. Nothing is
 * stored. ES_EMALFORMED and ES_EDENIED: it is no request for a P-256 key that is signed by that key.
 */
int es_issue(const struct es_ingest *in, es_slice csr_der, const char *cn, uint32_t generation,
    es_time now, struct es_issued *out);

#endif
