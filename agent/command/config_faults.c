/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration against the machine it is to run on. */
#include "agent/command/config_faults.h"

#include "agent/host_timeline.h"
#include "runtime/crypto/hmac.h"
#include "runtime/crypto/tls.h"
#include "runtime/file.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_ROOM = 400 };

struct check {
	const struct es_agent_config *cfg;
	const struct es_section *top;
	uid_t user; /* that the service runs as; ours where none is named or it is not known */
	es_time now;
	void (*fault)(void *ctx, const char *text);
	void *ctx;
	unsigned n;
};

static void
report(struct check *c, const char *error)
{
	c->n++;
	c->fault(c->ctx, error);
}

/* Where the option was given; where it was not, the file as a whole. */
static const struct es_option_place *
place_of(const struct check *c, const char *option)
{
	const struct es_option_value *v = es_section_values(c->top, option)->first;

	return v == NULL ? &c->top->place : &v->place;
}

static bool
is_given(const struct check *c, const char *option)
{
	return place_of(c, option)->line > 0;
}

static void
fault_at(struct check *c, const struct es_option_place *place, const char *option, const char *why)
{
	char error[ES_OPTIONS_ERROR_MAX];

	(void)es_option_error(place, error, "%s: %s", option, why);
	report(c, error);
}

static void
fault_of(struct check *c, const char *option, const char *why)
{
	fault_at(c, place_of(c, option), option, why);
}

static void
check_user(struct check *c)
{
	const char *user = c->cfg->user, *group = c->cfg->group;
	const struct passwd *pw = user == NULL ? NULL : getpwnam(user);
	char why[128];

	c->user = pw != NULL ? pw->pw_uid : geteuid();
	if (user != NULL && pw == NULL) {
		(void)snprintf(
		    why, sizeof(why), "there is no user \"%.80s\" on this machine", user);
		fault_of(c, "user", why);
	}
	if (group != NULL && getgrnam(group) == NULL) {
		(void)snprintf(
		    why, sizeof(why), "there is no group \"%.80s\" on this machine", group);
		fault_of(c, "group", why);
	}
}

/* "eth0, lo and wlan0", as many as there is room for. */
static void
list_interfaces(char out[NAMES_ROOM])
{
	struct if_nameindex *all = if_nameindex();
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++) {
		const char *between = i == 0 ? "" : all[i + 1].if_index != 0 ? ", " : " and ";
		int more = snprintf(out + n, NAMES_ROOM - n, "%s%s", between, all[i].if_name);

		if (more < 0 || n + (size_t)more >= NAMES_ROOM) {
			out[n] = '\0';
			break;
		}
		n += (size_t)more;
	}
	if (all != NULL)
		if_freenameindex(all);
}

static void
check_interface(struct check *c, const struct es_option_value *v, const char *option)
{
	char names[NAMES_ROOM], why[NAMES_ROOM + 160];

	if (v == NULL || strcmp(v->text, "any") == 0 || if_nametoindex(v->text) != 0)
		return; /* "any": all of them */
	list_interfaces(names);
	(void)snprintf(why, sizeof(why), "there is no \"%.80s\" on this machine, which has %s",
	    v->text, names[0] == '\0' ? "no interface" : names);
	fault_at(c, &v->place, option, why);
}

static void
check_replay(struct check *c, const struct es_option_value *v)
{
	char why[PATH_MAX + 80];
	int fd = es_file_open(v->text, ES_FILE_REGULAR);

	if (fd >= 0) {
		close(fd);
		return;
	}
	(void)snprintf(why, sizeof(why), "%s: %s", v->text, es_file_why(fd));
	fault_at(c, &v->place, "replay", why);
}

static void
check_captures(struct check *c)
{
	const struct es_option_value *cap = es_section_values(c->top, "capture")->first;

	for (; cap != NULL; cap = cap->next) {
		check_interface(
		    c, es_section_values(cap->section, "interface")->first, "interface");
		for (const struct es_option_value *v =
			 es_section_values(cap->section, "replay")->first;
		     v != NULL; v = v->next)
			check_replay(c, v);
	}
}

/* Whether the service's user is kept from a file or directory that only its owner may use. */
static bool
is_of_another(const struct check *c, const char *path, mode_t others, char why[ES_TRUST_WHY_MAX])
{
	struct stat st;

	if (c->user == 0 || stat(path, &st) != 0 || st.st_uid == c->user ||
	    (st.st_mode & others) != 0)
		return false;
	(void)snprintf(why, ES_TRUST_WHY_MAX,
	    "%s belongs to user %u, and the service runs as user %u: chown %u %s", path,
	    (unsigned)st.st_uid, (unsigned)c->user, (unsigned)c->user, path);
	return true;
}

/* One that is missing is made by the service, where it may. */
static void
check_dir(struct check *c, const char *option, const char *path)
{
	char why[ES_TRUST_WHY_MAX], parent[PATH_MAX];
	struct stat st;
	int err = es_trust_dir(path, c->user, why);

	if (err == 0) {
		if (is_of_another(c, path, 0, why))
			fault_of(c, option, why);
		return;
	}
	if (err == ES_ENOTFOUND && es_file_parent(path, parent) == 0) {
		if (c->user == 0 || (stat(parent, &st) == 0 && st.st_uid == c->user))
			return;
		(void)snprintf(why, sizeof(why),
		    "%s does not exist, and the service may not make it: install -d -m 700 -o %u "
		    "%s",
		    path, (unsigned)c->user, path);
	}
	fault_of(c, option, why);
}

static void
check_certificate(struct check *c, const char *option, const char *path)
{
	char why[ES_TRUST_WHY_MAX], *pem = NULL;
	struct es_pki_cert cert;
	size_t n = 0;
	int err = es_file_read(path, ES_PKI_CHAIN_MAX, &pem, &n);

	why[0] = '\0';
	if (err == 0)
		err = es_pki_read_cert(pem, &cert);
	if (err < 0)
		(void)snprintf(why, sizeof(why), "%s: %s", path,
		    err == ES_EMALFORMED ? "is not a certificate" : es_file_why(err));
	else if (!es_time_before(c->now, cert.not_after))
		(void)snprintf(
		    why, sizeof(why), "%s: the certificate has ended: enrol again", path);
	else if (es_time_before(c->now, cert.not_before))
		(void)snprintf(why, sizeof(why),
		    "%s: the certificate is not valid yet: is the clock right?", path);
	free(pem);
	if (why[0] != '\0' || is_of_another(c, path, S_IRGRP | S_IROTH, why))
		fault_of(c, option, why);
}

/* A key that only the service may read. */
static void
check_secret(struct check *c, const char *option, const char *path, bool is_needed)
{
	char why[ES_TRUST_WHY_MAX], *text = NULL;
	size_t n = 0;
	int err = es_trust_read_secret(path, ES_PKI_PEM_MAX, c->user, &text, &n, why);

	if (text != NULL)
		es_secret_zero(text, n);
	free(text);
	if (err == ES_ENOTFOUND && !is_needed)
		return;
	if (err != 0 || is_of_another(c, path, 0, why))
		fault_of(c, option, why);
}

/* CA, certificate and key together, as the connection will use them. */
static void
check_pair(struct check *c)
{
	const struct es_tls_config cfg = { .side = ES_TLS_CLIENT,
		.ca_file = c->cfg->ca_file,
		.cert_file = c->cfg->cert_file,
		.key_file = c->cfg->key_file,
		.key_owner = c->user,
		.name = c->cfg->collector_name };
	char error[ES_TLS_REASON_MAX];
	struct es_tls *tls = NULL;

	if (es_tls_new(&cfg, error, &tls) != 0)
		fault_of(c, "certificate", error);
	es_tls_free(tls);
}

/* All that enrolment writes is at its usual place, and the certificate, its last step, is missing. */
static bool
is_not_enrolled(const struct check *c)
{
	return !is_given(c, "ca") && !is_given(c, "certificate") && !is_given(c, "key") &&
	       access(c->cfg->cert_file, F_OK) != 0 && errno == ENOENT;
}

static void
check_identity(struct check *c)
{
	char why[ES_OPTIONS_ERROR_MAX];
	unsigned before = c->n;

	if (c->cfg->collector == NULL)
		return;
	if (is_not_enrolled(c)) {
		(void)snprintf(why, sizeof(why),
		    "this machine is not enrolled: %s is missing: take a token from "
		    "earshot-collector token, then earshot enroll --collector %s:6101 "
		    "--token-file FILE --state-dir %s",
		    c->cfg->cert_file, c->cfg->collector_host, c->cfg->state_dir);
		fault_of(c, "collector", why);
		return;
	}
	if (c->cfg->collector_name[0] == '\0') {
		(void)snprintf(why, sizeof(why),
		    "no collector-name is given and %s/collector-name is missing: enrol again",
		    c->cfg->state_dir);
		fault_of(c, "collector", why);
	}
	check_certificate(c, "ca", c->cfg->ca_file);
	check_certificate(c, "certificate", c->cfg->cert_file);
	check_secret(c, "key", c->cfg->key_file, true);
	if (c->n == before)
		check_pair(c);
}

static void
check_timeline(struct check *c)
{
	char error[ES_TIMELINE_ERROR_MAX], why[ES_TRUST_WHY_MAX];
	struct es_timeline timeline = { 0 };

	if (es_timeline_load(c->cfg->host_timeline, ES_FILE_REGULAR, &timeline, error) != 0)
		fault_of(c, "host-timeline", error);
	else if (is_of_another(c, c->cfg->host_timeline, S_IRGRP | S_IROTH, why))
		fault_of(c, "host-timeline", why);
	es_timeline_done(&timeline);
}

unsigned
es_config_faults(const struct es_agent_config *cfg, es_time now,
    void (*fault)(void *ctx, const char *text), void *ctx)
{
	struct check c = {
		.cfg = cfg, .top = cfg->options->top, .now = now, .fault = fault, .ctx = ctx
	};

	check_user(&c);
	check_dir(&c, "state-dir", cfg->state_dir);
	if (access(cfg->run_dir, F_OK) == 0) /* a service manager makes it for the service */
		check_dir(&c, "run-dir", cfg->run_dir);
	check_identity(&c);
	check_secret(&c, "tenant-key", cfg->tenant_key_file, false); /* a missing one is made */
	check_captures(&c);
	if (cfg->host_timeline != NULL)
		check_timeline(&c);
	else if (cfg->host && strcmp(cfg->host_root, "/") == 0)
		check_interface(
		    &c, es_section_values(c.top, "host-interface")->first, "host-interface");
	return c.n;
}
