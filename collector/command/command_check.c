/* SPDX-License-Identifier: Apache-2.0 */
/* `check-config`: all that `serve` would trip over, and all of it at once. */
#include "collector/command/command_private.h"
#include "collector/tenant.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/crypto/tls.h"
#include "runtime/file.h"
#include "runtime/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOON_S = 30 * 86400 };

struct check {
	const struct es_collector_config *cfg;
	uid_t user;
	es_time now;
	unsigned n_faults;
};

static void
fault(struct check *c, const char *why)
{
	fprintf(stderr, "earshot-collector: check-config: %s\n", why);
	c->n_faults++;
}

static void
warn(const char *why)
{
	if (why[0] != '\0')
		fprintf(stderr, "earshot-collector: check-config: warning: %s\n", why);
}

static void
check_user(struct check *c)
{
	char why[128];

	if (c->cfg->user[0] == '\0' || es_trust_find_user(c->cfg->user, &c->user) == 0)
		return;
	(void)snprintf(why, sizeof(why), "user = %s: there is no such user", c->cfg->user);
	fault(c, why);
}

static void
check_certificate(struct check *c, const char *path)
{
	char why[ES_PATH_TEXT_MAX + 128], *pem = NULL;
	struct es_pki_cert cert;
	size_t n = 0;
	int err = es_file_read(path, ES_PKI_CHAIN_MAX, &pem, &n);

	if (err == 0)
		err = es_pki_read_cert(pem, &cert);
	why[0] = '\0';
	if (err < 0)
		(void)snprintf(why, sizeof(why), "%s: %s", path,
		    err == ES_EIO ? strerror(errno) : es_strerror(err));
	else if (!es_time_before(c->now, cert.not_after))
		(void)snprintf(why, sizeof(why), "%s: the certificate is no longer valid", path);
	else if (es_time_before(c->now, cert.not_before))
		(void)snprintf(why, sizeof(why), "%s: the certificate is not valid yet", path);
	free(pem);
	if (why[0] != '\0')
		fault(c, why);
	else if (es_time_diff(cert.not_after, c->now) < SOON_S * ES_NS_PER_S) {
		(void)snprintf(why, sizeof(why), "%s: the certificate ends in %lld days", path,
		    (long long)(es_time_diff(cert.not_after, c->now) / ES_NS_PER_S / 86400));
		warn(why);
	}
}

static void
check_secrets(struct check *c)
{
	uint8_t tenant[ES_KEY_BYTES];
	char why[ES_TRUST_WHY_MAX];
	struct es_pki_key *key = NULL;

	if (es_pki_key_load(c->cfg->ca_key, c->user, why, &key) < 0)
		fault(c, why);
	else
		warn(why);
	es_pki_key_free(key);
	if (es_tenant_key_load(c->cfg->tenant_key, c->user, why, tenant) < 0)
		fault(c, why);
	else
		warn(why);
	es_secret_zero(tenant, sizeof(tenant));
}

/* Certificate, key and authority together, as the data port will use them. */
static void
check_tls(struct check *c)
{
	const struct es_tls_config cfg = { .side = ES_TLS_SERVER,
		.ca_file = c->cfg->ca_cert,
		.cert_file = c->cfg->cert,
		.key_file = c->cfg->key,
		.key_owner = c->user };
	char error[ES_TLS_REASON_MAX];
	struct es_tls *tls = NULL;

	if (es_tls_new(&cfg, error, &tls) < 0)
		fault(c, error);
	else
		warn(error);
	es_tls_free(tls);
}

static void
check_database(struct check *c)
{
	char why[ES_TRUST_WHY_MAX], error[512];
	struct es_store *store = NULL;

	if (es_trust_parent(c->cfg->database, c->user, why) < 0)
		fault(c, why);
	/* an older schema is no fault: serve moves it forward */
	if (es_store_open(c->cfg->database, ES_STORE_BACKUP, &store, error) < 0)
		fault(c, error);
	es_store_close(store);
}

int
es_command_check_config(int argc, char **argv)
{
	struct es_collector_config cfg;
	struct check c = { &cfg, 0, es_clock_wall(), 0 };
	struct es_command_wish wish;
	int err = es_command_parse(argc, argv, "check-config", &wish, NULL, 0);

	if (err != 0)
		return err;
	if (!es_command_config(wish.dir, &cfg))
		return 1;
	check_user(&c);
	check_certificate(&c, cfg.ca_cert);
	check_certificate(&c, cfg.cert);
	check_secrets(&c);
	check_tls(&c);
	check_database(&c);
	if (c.n_faults > 0)
		return 1;
	printf("%s/collector.conf: no mistake found\n", wish.dir);
	return 0;
}
