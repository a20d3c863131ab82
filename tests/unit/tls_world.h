/* SPDX-License-Identifier: Apache-2.0 */
/* Throw-away CAs and certificates for the tests of TLS. */
#ifndef TESTS_TLS_WORLD_H
#define TESTS_TLS_WORLD_H

#include "harness.h"
#include "runtime/clock.h"
#include "runtime/crypto/tls.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

enum { YEAR_S = 365 * 86400 };

/* Throw-away CAs and certificates as files. */
static struct {
	char dir[64];
	char ca[128], other_ca[128];
	char server[128], server_key[128];
	char agent[128], agent_key[128];
	uint8_t pin[ES_PKI_PIN_BYTES];
	uint8_t other_pin[ES_PKI_PIN_BYTES];
	struct es_pki_key *ca_key, *other_key, *key;
	char ca_pem[ES_PKI_PEM_MAX], other_pem[ES_PKI_PEM_MAX];
} world;

static inline void
path_of(char out[128], const char *name)
{
	(void)snprintf(out, 128, "%s/%s", world.dir, name);
}

static inline void
remove_world(void)
{
	DIR *d = opendir(world.dir);
	const struct dirent *e;
	char path[512];

	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.dir, e->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(world.dir);
	es_pki_key_free(world.ca_key);
	es_pki_key_free(world.other_key);
	es_pki_key_free(world.key);
}

/* A certificate (and its CA behind it) as a file; from and to in seconds relative to now. */
static inline int
issue(const char *path, bool by_other_ca, const char *dns, enum es_pki_usage usage, int64_t from_s,
    int64_t to_s)
{
	static char chain[ES_PKI_CHAIN_MAX];
	struct es_pki_issue want = { 0 };
	char pem[ES_PKI_PEM_MAX];
	es_time now = es_clock_wall();
	int err;

	want.ca_key = by_other_ca ? world.other_key : world.ca_key;
	want.ca_pem = by_other_ca ? world.other_pem : world.ca_pem;
	want.key = world.key;
	want.name = usage == ES_PKI_SERVER ? "collector-1" : "agent-0123456789abcdef";
	want.dns = dns;
	want.usage = usage;
	want.from = es_time_add(now, from_s * ES_NS_PER_S);
	want.to = es_time_add(now, to_s * ES_NS_PER_S);
	err = es_pki_issue(&want, pem);
	if (err != 0)
		return err;
	(void)snprintf(chain, sizeof(chain), "%s%s", pem, want.ca_pem);
	return es_pki_write_pem(path, chain, 0600);
}

static inline bool
make_world(void)
{
	struct es_pki_cert facts;
	es_time now = es_clock_wall();
	es_time from = es_time_add(now, -2LL * YEAR_S * ES_NS_PER_S);
	es_time to = es_time_add(now, 2LL * YEAR_S * ES_NS_PER_S);

	if (world.dir[0] != '\0')
		return true;
	(void)snprintf(world.dir, sizeof(world.dir), "/tmp/earshot-tls-XXXXXX");
	if (mkdtemp(world.dir) == NULL)
		return false;
	atexit(remove_world);
	path_of(world.ca, "ca.pem");
	path_of(world.other_ca, "other-ca.pem");
	path_of(world.server, "server.pem");
	path_of(world.server_key, "key.pem");
	path_of(world.agent, "agent.pem");
	path_of(world.agent_key, "key.pem");
	if (es_pki_key_new(&world.ca_key) != 0 || es_pki_key_new(&world.other_key) != 0 ||
	    es_pki_key_new(&world.key) != 0 ||
	    es_pki_make_ca(world.ca_key, "earshot-ca", from, to, world.ca_pem) != 0 ||
	    /* the same name: only the key distinguishes the two */
	    es_pki_make_ca(world.other_key, "earshot-ca", from, to, world.other_pem) != 0 ||
	    es_pki_write_pem(world.ca, world.ca_pem, 0644) != 0 ||
	    es_pki_write_pem(world.other_ca, world.other_pem, 0644) != 0 ||
	    es_pki_key_write(world.key, world.server_key) != 0 ||
	    issue(world.server, false, "collector.test", ES_PKI_SERVER, -60, 3600) != 0 ||
	    issue(world.agent, false, NULL, ES_PKI_CLIENT, -60, 3600) != 0)
		return false;
	if (es_pki_read_cert(world.ca_pem, &facts) != 0)
		return false;
	memcpy(world.pin, facts.spki_sha256, sizeof(world.pin));
	if (es_pki_read_cert(world.other_pem, &facts) != 0)
		return false;
	memcpy(world.other_pin, facts.spki_sha256, sizeof(world.other_pin));
	return true;
}

#endif
