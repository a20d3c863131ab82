/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes certificates, right and wrong ones, for tests of who is refused.
 * usage: mkcert ca KEY PEM
 *        mkcert issue CA-KEY CA-PEM client|server NAME DNS|- FROM-DAYS TO-DAYS KEY PEM
 * Days count from now and may be negative. PEM of an issued one holds the chain.
 */
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/file.h"

#include <stdio.h>
#include <stdlib.h>

static void
need(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "mkcert: %s: %s\n", what, es_strerror(err));
		exit(1);
	}
}

static es_time
days(const char *text)
{
	return es_time_add(es_clock_wall(), strtol(text, NULL, 10) * 86400 * ES_NS_PER_S);
}

static void
make_ca(char **argv)
{
	char pem[ES_PKI_PEM_MAX];
	struct es_pki_key *key;

	need(es_pki_key_new(&key), "key");
	need(es_pki_make_ca(key, "test-ca", days("-1"), days("10"), pem), "ca");
	need(es_pki_key_write(key, argv[2]), argv[2]);
	need(es_pki_write_pem(argv[3], pem, 0644), argv[3]);
	es_pki_key_free(key);
}

static void
issue(char **argv)
{
	char pem[ES_PKI_PEM_MAX], chain[ES_PKI_CHAIN_MAX];
	char why[ES_TRUST_WHY_MAX];
	struct es_pki_key *ca_key, *key;
	struct es_pki_issue want;
	char *ca_pem;
	size_t n;

	need(es_pki_key_load(argv[2], 0, why, &ca_key), argv[2]);
	need(es_file_read(argv[3], ES_PKI_PEM_MAX, &ca_pem, &n), argv[3]);
	need(es_pki_key_new(&key), "key");
	memset(&want, 0, sizeof(want));
	want.ca_key = ca_key;
	want.ca_pem = ca_pem;
	want.key = key;
	want.usage = strcmp(argv[4], "server") == 0 ? ES_PKI_SERVER : ES_PKI_CLIENT;
	want.name = argv[5];
	want.dns = strcmp(argv[6], "-") == 0 ? NULL : argv[6];
	want.from = days(argv[7]);
	want.to = days(argv[8]);
	need(es_pki_issue(&want, pem), "issue");
	need(es_pki_key_write(key, argv[9]), argv[9]);
	(void)snprintf(chain, sizeof(chain), "%s%s", pem, ca_pem);
	need(es_pki_write_pem(argv[10], chain, 0644), argv[10]);
	free(ca_pem);
	es_pki_key_free(ca_key);
	es_pki_key_free(key);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "ca") == 0)
		make_ca(argv);
	else if (argc == 11 && strcmp(argv[1], "issue") == 0)
		issue(argv);
	else {
		fprintf(stderr, "mkcert: see the head of its source\n");
		return 2;
	}
	return 0;
}
