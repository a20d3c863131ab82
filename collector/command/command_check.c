/* SPDX-License-Identifier: Apache-2.0 */
/* `check-config`: all that `serve` would trip over, and all of it at once. */
#include "collector/command/command_private.h"
#include "collector/store/hold.h"
#include "collector/tenant.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/crypto/tls.h"
#include "runtime/file.h"
#include "runtime/loop/sockaddr.h"
#include "runtime/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOON_S = 30 * 86400 };

struct check {
	const struct es_collector_config *cfg;
	const struct es_section *top;
	uid_t user;
	es_time now;
	unsigned n_faults;
};

/* At the place of the option; of one that was not given, the file. */
static void
say(const struct check *c, const char *option, const char *before, const char *why)
{
	char text[ES_OPTIONS_ERROR_MAX];

	(void)es_option_error(
	    &es_section_values(c->top, option)->first->place, text, "%s: %s", option, why);
	fprintf(stderr, "earshot-collector: check-config: %s%s\n", before, text);
}

static void
fault(struct check *c, const char *option, const char *why)
{
	say(c, option, "", why);
	c->n_faults++;
}

static void
warn(const struct check *c, const char *option, const char *why)
{
	if (why[0] != '\0')
		say(c, option, "warning: ", why);
}

static void
check_user(struct check *c)
{
	char why[128];

	if (c->cfg->user[0] == '\0' || es_trust_find_user(c->cfg->user, &c->user) == 0)
		return;
	(void)snprintf(why, sizeof(why), "there is no user \"%s\" on this machine", c->cfg->user);
	fault(c, "user", why);
}

static void
check_certificate(struct check *c, const char *option, const char *path)
{
	char why[ES_PATH_TEXT_MAX + 128], *pem = NULL;
	struct es_pki_cert cert;
	size_t n = 0;
	int err = es_file_read(path, ES_PKI_CHAIN_MAX, &pem, &n);

	if (err == 0)
		err = es_pki_read_cert(pem, &cert);
	why[0] = '\0';
	if (err < 0)
		(void)snprintf(why, sizeof(why), "%s: %s", path, es_file_why(err));
	else if (!es_time_before(c->now, cert.not_after))
		(void)snprintf(why, sizeof(why), "%s: the certificate is no longer valid", path);
	else if (es_time_before(c->now, cert.not_before))
		(void)snprintf(why, sizeof(why), "%s: the certificate is not valid yet", path);
	free(pem);
	if (why[0] != '\0')
		fault(c, option, why);
	else if (es_time_diff(cert.not_after, c->now) < SOON_S * ES_NS_PER_S) {
		(void)snprintf(why, sizeof(why), "%s: the certificate ends in %lld days", path,
		    (long long)(es_time_diff(cert.not_after, c->now) / ES_NS_PER_S / 86400));
		warn(c, option, why);
	}
}

static void
check_secrets(struct check *c)
{
	uint8_t tenant[ES_KEY_BYTES];
	char why[ES_TRUST_WHY_MAX];
	struct es_pki_key *key = NULL;

	if (es_pki_key_load(c->cfg->ca_key, c->user, why, &key) < 0)
		fault(c, "ca-key", why);
	else
		warn(c, "ca-key", why);
	es_pki_key_free(key);
	if (es_tenant_key_load(c->cfg->tenant_key, c->user, why, tenant) < 0)
		fault(c, "tenant-key", why);
	else
		warn(c, "tenant-key", why);
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
		fault(c, "cert", error);
	else
		warn(c, "cert", error);
	es_tls_free(tls);
}

static void
check_database(struct check *c)
{
	char why[ES_TRUST_WHY_MAX], error[512];
	struct es_store *store = NULL;

	if (es_trust_parent(c->cfg->database, c->user, why) < 0)
		fault(c, "database", why);
	/* an older schema is no fault: serve moves it forward */
	if (es_store_open(c->cfg->database, ES_STORE_BACKUP, &store, error) < 0)
		fault(c, "database", error);
	es_store_close(store);
}

/* Whether serve runs, whose ports are its own. */
static bool
is_served(const struct check *c)
{
	char why[ES_HOLD_WHY_MAX];
	int hold = -1, err = es_hold(c->cfg->database, true, &hold, why);

	if (hold >= 0)
		(void)close(hold);
	return err == ES_EAGAIN;
}

static void
check_address(struct check *c, const char *option, const struct es_addr *bind_to)
{
	char why[ES_ADDR_TEXT_MAX + 80], text[ES_ADDR_TEXT_MAX];
	struct sockaddr_storage at;
	socklen_t n = es_sockaddr_of(bind_to, &at);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&at, n) != 0) {
		int saved = errno;

		(void)es_addr_text(bind_to, text);
		(void)snprintf(why, sizeof(why), "%s: %s", text, strerror(saved));
		if (saved != EADDRINUSE || !is_served(c))
			fault(c, option, why);
	}
	if (fd >= 0)
		(void)close(fd);
}

static void
on_fault(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "earshot-collector: check-config: %s\n", text);
}

/* Every wrong value of the file. NULL: there were some, or it cannot be read. */
static struct es_options *
read_config(const char *dir, char file[ES_PATH_TEXT_MAX], struct es_collector_config *cfg)
{
	const struct es_option_faults faults = { on_fault, NULL };
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_options *options;
	unsigned n;

	if (es_collector_config_file(dir, file, error) != 0) {
		on_fault(NULL, error);
		return NULL;
	}
	n = es_options_check(es_collector_options, file, NULL, &faults, &options);
	if (options != NULL)
		n += es_collector_config_check(dir, options, &faults, cfg);
	if (n == 0)
		return options;
	es_options_free(options);
	return NULL;
}

int
es_command_check_config(int argc, char **argv)
{
	struct es_collector_config cfg;
	struct check c = { .cfg = &cfg, .now = es_clock_wall() };
	char file[ES_PATH_TEXT_MAX];
	struct es_options *options;
	struct es_command_wish wish;
	int err = es_command_parse(argc, argv, "check-config", &wish, NULL, 0);

	if (err != 0)
		return err;
	options = read_config(wish.dir, file, &cfg);
	if (options == NULL)
		return 1;
	c.top = options->top;
	check_user(&c);
	check_certificate(&c, "ca-cert", cfg.ca_cert);
	check_certificate(&c, "cert", cfg.cert);
	check_secrets(&c);
	check_tls(&c);
	check_database(&c);
	check_address(&c, "listen", &cfg.listen);
	check_address(&c, "enroll", &cfg.enroll);
	check_address(&c, "portal", &cfg.portal);
	es_options_free(options);
	if (c.n_faults > 0)
		return 1;
	printf("%s/collector.conf: no mistake found\n", wish.dir);
	return 0;
}
