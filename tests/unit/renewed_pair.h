/* SPDX-License-Identifier: Apache-2.0 */
/* An agent's files in a directory of the test's own, a CA that signs more of them, and what a collector answers. */
#ifndef TESTS_RENEWED_PAIR_H
#define TESTS_RENEWED_PAIR_H

#include "agent/shipper/credential.h"
#include "runtime/file.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { PAIR_LIFE_S = 7 * 86400 };

/* When the first certificate was issued: the wall clock of made_loop.h at its start. */
static const es_time pair_issued = { INT64_C(1800000000) * ES_NS_PER_S };

static struct {
	char dir[TEST_DIR_MAX];
	char ca[96], cert[96], key[96];
	struct es_credential files;
	struct es_pki_key *ca_key;
	char ca_pem[ES_PKI_PEM_MAX];
	char certificate[ES_PKI_PEM_MAX]; /* of the last pair_reply */
	struct es_renew_reply reply;
} pair;

static inline void
pair_issue(struct es_pki_issue *want, uint32_t generation, es_time at, char pem[ES_PKI_PEM_MAX])
{
	want->ca_key = pair.ca_key;
	want->ca_pem = pair.ca_pem;
	want->name = "0123456789abcdef0123456789abcdef";
	want->usage = ES_PKI_CLIENT;
	want->generation = generation;
	want->from = es_time_add(at, -(int64_t)ES_PKI_EARLY_S * ES_NS_PER_S);
	want->to = es_time_add(at, PAIR_LIFE_S * ES_NS_PER_S);
	if (es_pki_issue(want, pem) != 0)
		abort();
}

/* The key and certificate of a CA; what was issued before is not of it. */
static inline void
pair_make_ca(const char *name)
{
	es_pki_key_free(pair.ca_key);
	if (es_pki_key_new(&pair.ca_key) != 0 ||
	    es_pki_make_ca(pair.ca_key, name, es_time_of_ns(0),
		es_time_of_ns(INT64_C(4000000000) * ES_NS_PER_S), pair.ca_pem) != 0)
		abort();
}

/* Generation 1, issued at pair_issued, in agent.pem, agent.key and ca.pem. */
static inline void
pair_make(void)
{
	struct es_pki_issue want = { 0 };
	char pem[ES_PKI_PEM_MAX];
	struct es_pki_key *key;

	memset(&pair, 0, sizeof(pair));
	test_dir(pair.dir);
	(void)snprintf(pair.ca, sizeof(pair.ca), "%s/ca.pem", pair.dir);
	(void)snprintf(pair.cert, sizeof(pair.cert), "%s/agent.pem", pair.dir);
	(void)snprintf(pair.key, sizeof(pair.key), "%s/agent.key", pair.dir);
	pair.files = (struct es_credential){ pair.ca, pair.cert, pair.key };
	pair_make_ca("test-ca");
	if (es_pki_key_new(&key) != 0)
		abort();
	want.key = key;
	pair_issue(&want, 1, pair_issued, pem);
	if (es_pki_write_pem(pair.ca, pair.ca_pem, 0644) != 0 ||
	    es_pki_write_pem(pair.cert, pem, 0644) != 0 || es_pki_key_write(key, pair.key) != 0)
		abort();
	es_pki_key_free(key);
}

static inline void
pair_free(void)
{
	es_pki_key_free(pair.ca_key);
}

/* What the collector answers to a request, at an instant. */
static inline const struct es_renew_reply *
pair_reply(es_slice csr_der, uint32_t generation, es_time at)
{
	struct es_pki_issue want = { .csr_der = csr_der };

	pair_issue(&want, generation, at, pair.certificate);
	pair.reply.certificate_pem = es_slice_str(pair.certificate);
	pair.reply.ca_pem = es_slice_str(pair.ca_pem);
	pair.reply.reason = es_slice_of(NULL, 0);
	return &pair.reply;
}

static inline bool
pair_has(const char *name)
{
	char path[128], *text = NULL;
	size_t n;
	bool has;

	(void)snprintf(path, sizeof(path), "%s/%s", pair.dir, name);
	has = es_file_read(path, ES_PKI_CHAIN_MAX, &text, &n) == 0;
	free(text);
	return has;
}

/* How many CAs a file holds. */
static inline unsigned
pair_anchors(const char *path)
{
	char pem[ES_PKI_PEM_MAX], *text = NULL;
	const char *at;
	unsigned count = 0;
	size_t n;

	if (es_file_read(path, ES_PKI_CHAIN_MAX, &text, &n) != 0)
		return 0;
	for (at = text; es_pki_next_cert(&at, pem);)
		count++;
	free(text);
	return count;
}

/* The generation of a pair of files, 0 where they are no pair. */
static inline uint32_t
pair_generation(const char *cert, const char *key_file)
{
	char why[ES_TRUST_WHY_MAX], *text = NULL;
	uint8_t pin[ES_PKI_PIN_BYTES];
	struct es_pki_cert facts = { .generation = 0 };
	struct es_pki_key *key = NULL;
	size_t n;

	if (es_file_read(cert, ES_PKI_CHAIN_MAX, &text, &n) != 0 ||
	    es_pki_read_cert(text, &facts) != 0 || es_pki_key_load(key_file, 0, why, &key) != 0 ||
	    es_pki_key_pin(key, pin) != 0 || memcmp(pin, facts.spki_sha256, sizeof(pin)) != 0)
		facts.generation = 0;
	free(text);
	es_pki_key_free(key);
	return facts.generation;
}

#endif
