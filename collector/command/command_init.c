/* SPDX-License-Identifier: Apache-2.0 */
/* `init`: a directory with everything a collector needs. Never overwrites. */
#include "collector/command/command_private.h"
#include "collector/store/hold.h"
#include "collector/store/store.h"
#include "collector/tenant.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/file.h"
#include "runtime/host_port.h"
#include "runtime/rights.h"
#include "runtime/text/shell_word.h"
#include "runtime/trust.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CA_DAYS = 3650, SERVER_DAYS = 825, DAY_S = 86400 };

struct setup {
	const char *dir;
	const char *name;
	const char *listen;
	const char *enroll;
	const char *portal;
	char host[HOST_NAME_MAX + 16];
	char user[64]; /* the directory's owner; empty: root, or we */
};

/* Prints what went wrong if err is not 0. Returns err. */
static int
complain(const char *path, int err)
{
	if (err < 0)
		fprintf(stderr, "earshot-collector: init: %s: %s\n", path,
		    err == ES_EIO ? strerror(errno) : es_strerror(err));
	return err;
}

/* "collector.<host>" with whatever a certificate's name cannot hold left out. */
static void
default_name(struct setup *s)
{
	char host[HOST_NAME_MAX + 1] = "";
	size_t n = strlen("collector.");

	memcpy(s->host, "collector.", n);
	(void)gethostname(host, sizeof(host) - 1);
	for (const char *p = host; *p != '\0' && n < ES_PKI_NAME_MAX - 1; p++) {
		char one[2] = { *p, '\0' };

		if (es_pki_is_name(one))
			s->host[n++] = *p;
	}
	while (s->host[n - 1] == '.')
		s->host[--n] = '\0';
	s->name = s->host;
}

static bool
check_bind(const char *option, const char *text, uint16_t port)
{
	struct es_addr addr;

	if (text == NULL || es_bind_parse(text, port, &addr) == 0)
		return true;
	fprintf(stderr,
	    "earshot-collector: init: --%s %s is not an address, expected ADDRESS:PORT as in "
	    "127.0.0.1:%u\n",
	    option, text, port);
	return false;
}

static int
write_server(
    const struct setup *s, const struct es_pki_key *ca_key, const char *ca_pem, es_time now)
{
	char path[ES_PATH_TEXT_MAX], chain[ES_PKI_CHAIN_MAX], pem[ES_PKI_PEM_MAX];
	struct es_pki_issue want;
	struct es_pki_key *key = NULL;
	int err = es_pki_key_new(&key);

	if (err < 0)
		return complain("server key", err);
	memset(&want, 0, sizeof(want));
	want.ca_key = ca_key;
	want.ca_pem = ca_pem;
	want.key = key;
	want.name = s->name;
	want.dns = s->name;
	want.usage = ES_PKI_SERVER;
	want.from = es_time_add(now, -(int64_t)DAY_S * ES_NS_PER_S);
	want.to = es_time_add(now, (int64_t)SERVER_DAYS * DAY_S * ES_NS_PER_S);
	(void)es_path_join(path, s->dir, "server.key");
	err = es_pki_key_write(key, path);
	if (err == 0) {
		(void)es_path_join(path, s->dir, "server.pem");
		err = es_pki_issue(&want, pem);
	}
	if (err == 0) {
		(void)snprintf(chain, sizeof(chain), "%s%s", pem, ca_pem);
		err = es_pki_write_pem(path, chain, 0644);
	}
	es_pki_key_free(key);
	return complain(path, err);
}

static int
write_authority(const struct setup *s)
{
	char path[ES_PATH_TEXT_MAX], pem[ES_PKI_PEM_MAX];
	es_time now = es_clock_wall();
	struct es_pki_key *key = NULL;
	int err = es_pki_key_new(&key);

	(void)es_path_join(path, s->dir, "ca.key");
	if (err == 0)
		err = es_pki_key_write(key, path);
	if (err == 0) {
		(void)es_path_join(path, s->dir, "ca.pem");
		err = es_pki_make_ca(key, "earshot-ca",
		    es_time_add(now, -(int64_t)DAY_S * ES_NS_PER_S),
		    es_time_add(now, (int64_t)CA_DAYS * DAY_S * ES_NS_PER_S), pem);
	}
	if (err == 0)
		err = es_pki_write_pem(path, pem, 0644);
	if (complain(path, err) == 0)
		err = write_server(s, key, pem, now);
	es_pki_key_free(key);
	return err;
}

/* Is this line of the sample the option, given or commented out? */
static bool
is_option(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(line, "# ", 2) == 0)
		line += 2;
	return strncmp(line, name, n) == 0 && strncmp(line + n, " = ", 3) == 0;
}

/* The sample of the option table with the given values in their places. */
static void
fill_sample(const struct setup *s, char *sample, FILE *out)
{
	const char *const given[][2] = { { "name", s->name }, { "listen", s->listen },
		{ "enroll", s->enroll }, { "portal", s->portal },
		{ "user", s->user[0] != '\0' ? s->user : NULL } };

	fprintf(out, "# Configuration of earshot-collector, made by `earshot-collector init`.\n\n");
	for (char *end, *line = sample; *line != '\0'; line = end) {
		bool is_written = false;

		end = strchr(line, '\n');
		end = end == NULL ? line + strlen(line) : end + 1;
		for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
			if (given[i][1] != NULL && is_option(line, given[i][0])) {
				fprintf(out, "%s = \"%s\"\n", given[i][0], given[i][1]);
				is_written = true;
			}
		if (!is_written)
			(void)fwrite(line, 1, (size_t)(end - line), out);
	}
}

static int
write_config(const struct setup *s, const char *path)
{
	char *sample = NULL, *text = NULL;
	size_t sample_n = 0, n = 0;
	FILE *from = open_memstream(&sample, &sample_n);
	FILE *out = open_memstream(&text, &n);
	int err = ES_ENOMEM;

	if (from != NULL && out != NULL) {
		es_options_sample(es_collector_options, from);
		if (fclose(from) == 0) {
			fill_sample(s, sample, out);
			err = fclose(out) == 0 ? 0 : ES_ENOMEM;
			out = NULL;
		}
		from = NULL;
	}
	if (err == 0)
		err = es_file_write(path, es_slice_of(text, n), 0600);
	if (from != NULL)
		(void)fclose(from);
	if (out != NULL)
		(void)fclose(out);
	free(sample);
	free(text);
	return complain(path, err);
}

/* What the portal reads, where it runs as another user of the group that the directory lets in. */
static int
share(const struct setup *s)
{
	static const char *const files[] = { "collector.conf", "earshot.db" };
	char path[ES_PATH_TEXT_MAX];
	mode_t mode;

	(void)es_path_join(path, s->dir, "none");
	mode = es_hold_mode(path);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)es_path_join(path, s->dir, files[i]);
		if (chmod(path, mode) != 0)
			return complain(path, ES_EIO);
	}
	return 0;
}

/*
 * A package's directory belongs to the user of ingest: root acts in it as that user, and what ingest is to run as
 * is written down.
 */
static bool
become_owner(struct setup *s)
{
	const struct passwd *pw;

	if (!es_rights_is_of_another(s->dir))
		return true;
	if (!es_command_become_owner("init", s->dir))
		return false;
	pw = getpwuid(geteuid());
	if (pw != NULL)
		(void)snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
	return true;
}

static int
make(const struct setup *s)
{
	char path[ES_PATH_TEXT_MAX], error[512];
	struct es_store *store = NULL;
	int err;

	(void)es_path_join(path, s->dir, "tenant.key");
	err = complain(path, es_tenant_key_make(path));
	if (err < 0)
		return err;
	err = write_authority(s);
	if (err < 0)
		return err;
	(void)es_path_join(path, s->dir, "earshot.db");
	err = es_store_open(path, ES_STORE_CREATE, &store, error);
	if (err < 0) {
		fprintf(stderr, "earshot-collector: init: %s\n", error);
		return err;
	}
	es_store_close(store);
	(void)es_path_join(path, s->dir, "collector.conf"); /* last: without it nothing is served */
	err = write_config(s, path);
	return err == 0 ? share(s) : err;
}

/* What an earlier init made, whole or in part, is never touched. */
static bool
is_free(const char *dir)
{
	static const char *const files[] = { "collector.conf", "ca.key", "ca.pem", "server.key",
		"server.pem", "tenant.key", "earshot.db" };
	char path[ES_PATH_TEXT_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (es_path_join(path, dir, files[i]) < 0) {
			fprintf(stderr, "earshot-collector: init: %.100s...: path too long\n", dir);
			return false;
		}
		if (lstat(path, &st) == 0) {
			fprintf(stderr,
			    "earshot-collector: init: %s is there already; remove it or choose "
			    "another --dir\n",
			    path);
			return false;
		}
	}
	return true;
}

int
es_command_init(int argc, char **argv)
{
	struct es_command_wish wish;
	char why[ES_TRUST_WHY_MAX];
	int err = es_command_parse(argc, argv, "init", &wish, NULL, 0);
	struct setup s;

	if (err != 0)
		return err;
	s = (struct setup){ .dir = wish.dir,
		.name = wish.name,
		.listen = wish.listen,
		.enroll = wish.enroll,
		.portal = wish.portal };
	if (s.name == NULL)
		default_name(&s);
	if (!es_pki_is_name(s.name)) {
		fprintf(stderr,
		    "earshot-collector: init: --name %s: expected 1 to 63 of A-Z a-z 0-9 . _ -\n",
		    s.name);
		return 2;
	}
	if (!check_bind("listen", s.listen, ES_PORT_DATA) ||
	    !check_bind("enroll", s.enroll, ES_PORT_ENROLL) ||
	    !check_bind("portal", s.portal, ES_PORT_PORTAL))
		return 2;
	umask(077);
	if (!become_owner(&s) || !is_free(s.dir))
		return 1;
	if (es_trust_make_dir(s.dir, 0, why) < 0) {
		fprintf(stderr, "earshot-collector: init: %s\n", why);
		return 1;
	}
	if (make(&s) < 0)
		return 1;
	printf("%s/collector.conf is ready; agents will demand the name %s\n", s.dir, s.name);
	printf("next: earshot-collector serve --dir ");
	es_shell_word(s.dir, stdout);
	printf("\n");
	return 0;
}
