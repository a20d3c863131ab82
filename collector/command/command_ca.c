/* SPDX-License-Identifier: Apache-2.0 */
/* `ca`: replaces the certificate authority without cutting off any agent. authority.h draws the steps. */
#include "collector/authority.h"
#include "collector/command/command_private.h"
#include "runtime/clock.h"
#include "runtime/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CA_DAYS = 3650, SERVER_DAYS = 825, DAY_S = 86400, DATE_MAX = 24 };

struct work {
	struct es_command_store store; /* cfg; the database is open for --retire and the list */
	struct es_authority authority;
	uint8_t server_pin[ES_PKI_PIN_BYTES];
	es_time now;
	unsigned n_left; /* agents that have a valid certificate of another CA */
};

static bool
say(const char *path, int err)
{
	if (err < 0)
		fprintf(stderr, "earshot-collector: ca: %s: %s\n", path, es_file_why(err));
	return err == 0;
}

static const char *
date(es_time t, char out[DATE_MAX])
{
	time_t s = (time_t)(t.ns / ES_NS_PER_S);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL || strftime(out, DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

static es_time
days(es_time from, int64_t n)
{
	return es_time_add(from, n * DAY_S * ES_NS_PER_S);
}

static bool
is_of_signer(const struct work *w, const uint8_t pin[ES_PKI_PIN_BYTES])
{
	return memcmp(pin, w->authority.pin, ES_PKI_PIN_BYTES) == 0;
}

/* More than one may be trusted: begun, or ended but for the file. */
static bool
is_one_alone(const struct work *w)
{
	char pem[ES_PKI_PEM_MAX];
	const char *at = w->authority.anchors;

	return es_pki_next_cert(&at, pem) && !es_pki_next_cert(&at, pem);
}

/* A new file in the place of one that another user may own, whom it must still belong to. */
static bool
replace(const char *path, const char *text, mode_t mode)
{
	struct stat st;
	bool has_owner = stat(path, &st) == 0 && st.st_uid != geteuid();
	int err = es_file_write(path, es_slice_str(text), mode);

	if (err == 0 && has_owner && lchown(path, st.st_uid, st.st_gid) != 0)
		err = ES_EIO;
	return say(path, err);
}

/* The key last: until then the old one signs, and the new certificate next to its own means nothing. */
static bool
begin(struct work *w)
{
	const struct es_collector_config *cfg = &w->store.cfg;
	char name[ES_PKI_NAME_MAX], pem[ES_PKI_PEM_MAX], both[2 * ES_PKI_PEM_MAX], when[DATE_MAX];
	struct es_pki_key *key = NULL;
	struct stat st;
	bool has_owner = stat(cfg->ca_key, &st) == 0 && st.st_uid != geteuid();
	int err;

	if (!is_of_signer(w, w->server_pin)) {
		fprintf(stderr, "earshot-collector: ca: the authority is being replaced already; "
				"`earshot-collector ca --retire` ends that\n");
		return false;
	}
	/* a name of its own, so that people can tell the two apart */
	(void)snprintf(name, sizeof(name), "earshot-ca-%.10s", date(w->now, when));
	err = es_pki_key_new(&key);
	if (err == 0)
		err = es_pki_make_ca(key, name, days(w->now, -1), days(w->now, CA_DAYS), pem);
	if (err == 0)
		err = es_pki_key_stage(key, cfg->ca_key);
	es_pki_key_free(key);
	if (!say(cfg->ca_key, err))
		return false;
	(void)snprintf(both, sizeof(both), "%s%s", w->authority.pem, pem);
	if (!replace(cfg->ca_cert, both, 0644)) {
		es_file_discard(cfg->ca_key);
		return false;
	}
	err = es_file_commit(cfg->ca_key);
	if (err == 0 && has_owner && lchown(cfg->ca_key, st.st_uid, st.st_gid) != 0)
		err = ES_EIO;
	if (!say(cfg->ca_key, err))
		return false;
	printf("%s is new; it signs agents from the next start of serve on, and they come to trust "
	       "it as they renew\nnext: restart earshot-collector serve; later, when "
	       "`earshot-collector ca` names no agent any more: earshot-collector ca --retire\n",
	    name);
	return true;
}

static bool
is_left(const struct work *w, const struct es_agent *a, const struct es_renewal *r)
{
	return !a->disabled && es_time_before(w->now, a->not_after) &&
	       !(r->has_ca && is_of_signer(w, r->ca));
}

struct names {
	struct es_agent *agents;
	size_t n;
};

static bool
note_agent(void *ctx, const struct es_agent *a)
{
	struct names *l = ctx;
	struct es_agent *grown = realloc(l->agents, (l->n + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	l->agents = grown;
	l->agents[l->n++] = *a;
	return true;
}

/* Whoever would be cut off, and until when. False: the database cannot say. */
static bool
list_left(struct work *w)
{
	struct names l = { NULL, 0 };
	char when[DATE_MAX];
	struct es_renewal r;
	int err = es_store_agents(w->store.store, note_agent, &l);

	for (size_t i = 0; err == 0 && i < l.n; i++) {
		err = es_store_renewal_get(w->store.store, l.agents[i].id, &r);
		if (err < 0 || !is_left(w, &l.agents[i], &r))
			continue;
		w->n_left++;
		printf("%s has a certificate of the old authority until %s, or until it renews\n",
		    l.agents[i].name, date(l.agents[i].not_after, when));
	}
	free(l.agents);
	if (err < 0)
		(void)es_command_store_error(&w->store, "ca");
	return err == 0;
}

/* Another certificate for the collector, of the key that it has. */
static bool
sign_server(struct work *w)
{
	const struct es_collector_config *cfg = &w->store.cfg;
	char pem[ES_PKI_PEM_MAX], chain[2 * ES_PKI_PEM_MAX], why[ES_TRUST_WHY_MAX];
	struct es_pki_issue want = { .ca_key = w->authority.key,
		.ca_pem = w->authority.pem,
		.name = cfg->name,
		.dns = cfg->name,
		.usage = ES_PKI_SERVER,
		.from = days(w->now, -1),
		.to = days(w->now, SERVER_DAYS) };
	struct es_pki_key *key = NULL;
	int err = es_pki_key_load(cfg->key, 0, why, &key);

	if (err < 0) {
		fprintf(stderr, "earshot-collector: ca: %s\n", why);
		return false;
	}
	want.key = key;
	err = es_pki_issue(&want, pem);
	es_pki_key_free(key);
	if (!say(cfg->cert, err))
		return false;
	(void)snprintf(chain, sizeof(chain), "%s%s", pem, w->authority.pem);
	return replace(cfg->cert, chain, 0644);
}

/* Nobody whose certificate is valid, and no token that may still be used, depends on the old one. */
static bool
may_retire(struct work *w)
{
	char when[DATE_MAX];
	es_time last;
	uint64_t n = 0;

	if (!list_left(w))
		return false;
	if (w->n_left > 0) {
		fprintf(stderr,
		    "earshot-collector: ca: nothing was changed: %u agents would be cut off\n",
		    w->n_left);
		return false;
	}
	if (es_store_tokens_open(w->store.store, w->now, &n, &last) < 0) {
		(void)es_command_store_error(&w->store, "ca");
		return false;
	}
	if (n == 0)
		return true;
	fprintf(stderr,
	    "earshot-collector: ca: nothing was changed: %llu tokens that were not used yet pin "
	    "the "
	    "old authority; the last of them ends %s\n",
	    (unsigned long long)n, date(last, when));
	return false;
}

/* The collector's certificate first: from then on the old one is trusted for nothing. */
static bool
end(struct work *w)
{
	if (is_one_alone(w)) {
		fprintf(stderr,
		    "earshot-collector: ca: there is one authority; `earshot-collector ca --new` "
		    "begins to replace it\n");
		return false;
	}
	if (!is_of_signer(w, w->server_pin) && (!may_retire(w) || !sign_server(w)))
		return false;
	if (!replace(w->store.cfg.ca_cert, w->authority.pem, 0644))
		return false;
	printf("the old authority is gone\nnext: restart earshot-collector serve\n");
	return true;
}

/* Each with what it is there for, and agents that hold on to the old one. */
static bool
show(struct work *w)
{
	const char *at = w->authority.anchors;
	char pem[ES_PKI_PEM_MAX], when[DATE_MAX];
	struct es_pki_cert cert;

	while (es_pki_next_cert(&at, pem) && es_pki_read_cert(pem, &cert) == 0)
		printf("%s, until %s%s%s\n", cert.name, date(cert.not_after, when),
		    is_of_signer(w, cert.spki_sha256) ? ", signs agents" : "",
		    memcmp(cert.spki_sha256, w->server_pin, sizeof(w->server_pin)) == 0
			? ", has signed the collector's certificate"
			: "");
	if (is_of_signer(w, w->server_pin) || !list_left(w))
		return is_of_signer(w, w->server_pin);
	if (w->n_left == 0)
		printf("no agent depends on the old one: earshot-collector ca --retire\n");
	return true;
}

int
es_command_ca(int argc, char **argv)
{
	struct work w = { .now = es_clock_wall() };
	struct es_command_wish wish;
	char why[ES_TRUST_WHY_MAX];
	int err = es_command_parse(argc, argv, "ca", &wish, NULL, 0);
	uid_t user = 0;
	bool is_done = false;

	if (err != 0)
		return err;
	if (wish.is_new && wish.retires)
		return es_command_usage("ca");
	if (!es_command_open(&w.store, "ca", wish.dir, ES_STORE_WRITE))
		return 1;
	if (w.store.cfg.user[0] != '\0')
		(void)es_trust_find_user(w.store.cfg.user, &user); /* unknown: the key is not his */
	if (es_authority_read(&w.store.cfg, user, &w.authority, why) < 0 ||
	    es_authority_server_pin(&w.store.cfg, w.server_pin, why) < 0)
		fprintf(stderr, "earshot-collector: ca: %s\n", why);
	else
		is_done = wish.is_new ? begin(&w) : wish.retires ? end(&w) : show(&w);
	es_authority_free(&w.authority);
	es_command_close(&w.store);
	return is_done ? 0 : 1;
}
