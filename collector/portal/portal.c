/* SPDX-License-Identifier: Apache-2.0 */
/* The portal process: HTTP around the API and the pages. */
#include "collector/portal/portal.h"

#include "collector/collector_reload.h"
#include "collector/portal/answers.h"
#include "collector/portal/assets.h"
#include "collector/store/hold.h"
#include "collector/store/ready.h"
#include "collector/tenant.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/loop/http.h"
#include "runtime/loop/reread.h"
#include "runtime/process/supervise.h"
#include "runtime/rights.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

struct portal {
	struct es_loop *loop;
	struct es_http *http;
	const struct es_collector_config *cfg;
	struct es_store *store; /* of /readyz */
	struct es_answers *answers;
	struct es_sigwatch *signals[2];
	struct es_reread *hangup;
	struct es_notify *notify;           /* NULL: no service manager listens */
	struct es_collector_reload *reload; /* NULL: no file */
	int hold;                           /* of the database; -1: not yet */
	bool has_key;
	struct es_pseudonym key; /* of the parties that are searched for */
	bool stopping;
	bool comes_later; /* the database is of an older schema, or has no log: ingest sees to it */
};

static void
reply(struct es_http_request *req, int status, const char *type, const char *cache, es_slice body)
{
	const struct es_http_header headers[] = {
		{ "Content-Type", type },
		{ "Cache-Control", cache },
		{ "Content-Security-Policy",
		    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
		    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors "
		    "'none'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
	};

	es_http_reply(req, status, headers, sizeof(headers) / sizeof(headers[0]), body);
}

static void
reply_error(struct es_http_request *req, int status, const char *error)
{
	struct es_answer answer;

	memset(&answer, 0, sizeof(answer));
	es_api_error(&answer, status, error, NULL, NULL);
	reply(
	    req, answer.status, answer.type, "no-store", es_slice_of(answer.body.p, answer.body.n));
	es_body_done(&answer.body);
}

static const char *
parameter(void *ctx, const char *name)
{
	return es_http_query(ctx, name);
}

static const char *
parameter_name(void *ctx, size_t n)
{
	return es_http_query_name(ctx, n);
}

bool
es_portal_is_local_name(const char *host)
{
	char name[ES_STORE_NAME_MAX];
	struct es_addr ip;
	size_t n;

	if (host == NULL)
		return true; /* no browser */
	n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (n == 0 || n > strlen(host) || n >= sizeof(name))
		return false;
	if (host[n] != '\0' && host[n] != ':')
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	if (name[0] == '[')
		return es_addr_parse_ip(name + 1, n - 2, &ip) == 0;
	return strcasecmp(name, "localhost") == 0 || es_addr_parse_ip(name, n, &ip) == 0;
}

static void
reply_text(struct es_http_request *req, int status, const char *text)
{
	char line[ES_READY_TEXT_MAX + 2];

	(void)snprintf(line, sizeof(line), "%s\n", text);
	reply(req, status, "text/plain; charset=utf-8", "no-store", es_slice_str(line));
}

static void
on_answer(void *ctx, void *request, const struct es_answer *answer)
{
	(void)ctx;
	reply(request, answer->status, answer->type, "no-store",
	    es_slice_of(answer->body.p, answer->body.n));
}

/* What its path does not take is answered at once. False: there is nothing wrong with its parameters. */
static bool
refuse(struct es_http_request *req)
{
	struct es_answer answer;
	bool is_refused;

	memset(&answer, 0, sizeof(answer));
	is_refused = es_api_refuses(es_http_path(req), parameter_name, req, &answer);
	if (is_refused)
		reply(req, answer.status, answer.type, "no-store",
		    es_slice_of(answer.body.p, answer.body.n));
	es_body_done(&answer.body);
	return is_refused;
}

static void
reply_ready(struct portal *p, struct es_http_request *req)
{
	char why[ES_READY_TEXT_MAX];
	bool is_ready = es_ready_check(p->store, p->cfg, es_clock_wall(), why);

	reply_text(req, is_ready ? 200 : 503, is_ready ? "ready" : why);
}

static bool
asks_the_store(const char *path)
{
	return strcmp(path, "/metrics") == 0 || strncmp(path, "/api/", 5) == 0;
}

static void
handle(void *ctx, struct es_http_request *req)
{
	struct portal *p = ctx;
	enum es_http_method method = es_http_method(req);
	const char *path = es_http_path(req);

	if (method != ES_HTTP_GET && method != ES_HTTP_HEAD) {
		reply_error(req, 405, "only GET is understood here");
		return;
	}
	if (strcmp(path, "/healthz") == 0) {
		reply_text(req, 200, "ok");
		return;
	}
	if (strcmp(path, "/readyz") == 0) {
		reply_ready(p, req);
		return;
	}
	if (asks_the_store(path)) {
		if (refuse(req))
			return;
		if (es_answers_ask(p->answers, es_http_peer(req), path, parameter, req,
			es_clock_wall(), req) < 0)
			reply_error(req, 503, "too many requests wait already: ask again later");
		return;
	}
	for (size_t i = 0; i < es_n_assets; i++) {
		const struct es_asset *a = &es_assets[i];

		if (strcmp(path, a->path) == 0 ||
		    (strcmp(path, "/") == 0 && strcmp(a->path, "/index.html") == 0)) {
			reply(req, 200, a->type, "no-cache", es_slice_of(a->bytes, a->n));
			return;
		}
	}
	reply_error(req, 404, "there is no such page");
}

static void
on_signal(void *ctx, int signo)
{
	struct portal *p = ctx;

	(void)signo;
	p->stopping = true;
	es_notify_stopping(p->notify);
	es_loop_stop(p->loop);
}

static void
on_reload(void *ctx, struct es_options *given)
{
	struct portal *p = ctx;
	const struct es_reload_process self = { .name = "portal",
		.bit = ES_IN_PORTAL,
		.is_child = es_collector_reload_is_child(p->reload) };

	if (es_collector_reload(p->reload, given, &self) == 0)
		log_info("portal: configuration read again");
}

static bool
watch_signals(struct portal *p)
{
	struct es_reread_config reread = { "portal", es_collector_options, NULL, on_reload,
		p->notify };

	if (es_sigwatch_new(p->loop, SIGTERM, on_signal, p, &p->signals[0]) < 0 ||
	    es_sigwatch_new(p->loop, SIGINT, on_signal, p, &p->signals[1]) < 0)
		return false;
	if (p->reload == NULL)
		return true;
	reread.path = es_collector_reload_file(p->reload);
	return es_reread_new(p->loop, &reread, p, &p->hangup) == 0;
}

static bool
is_loopback(const struct es_addr *a)
{
	static const uint8_t six[16] = { [15] = 1 };

	return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, six, sizeof(six)) == 0;
}

static bool
listen_on(struct portal *p, const struct es_addr *bind)
{
	bool is_local = is_loopback(bind);
	struct es_http_config http = { .bind = *bind,
		.is_ours = is_local ? es_portal_is_local_name : NULL };
	struct es_addr at = *bind;
	char text[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(&at, text);
	if (es_http_new(p->loop, &http, handle, p, &p->http) < 0) {
		log_error("portal: cannot listen on %s: %s", text, strerror(errno));
		return false;
	}
	at.port = es_http_port(p->http);
	(void)es_addr_text(&at, text);
	log_info("portal: http://%s/", text);
	if (!is_local)
		log_warn("portal: %s is not a loopback address, and the portal has no login and no "
			 "TLS yet: anyone who reaches it reads every call",
		    text);
	return true;
}

/* With the rights it was started with. Without the key all is shown, and nobody is searched for. */
static void
read_key(struct portal *p, const struct es_collector_config *cfg)
{
	uint8_t key[ES_KEY_BYTES];
	char why[ES_TRUST_WHY_MAX];
	uid_t user = 0;

	if (cfg->user[0] != '\0')
		(void)es_trust_find_user(cfg->user, &user); /* dropping rights says it */
	p->has_key = es_tenant_key_load(cfg->tenant_key, user, why, key) == 0 &&
		     es_pseudonym_init(&p->key, key, cfg->country) == 0;
	if (!p->has_key)
		log_warn("portal: %s; nobody can be searched for by number", why);
	es_secret_zero(key, sizeof(key));
}

static bool
start(struct portal *p, const struct es_collector_config *cfg)
{
	const char *user = cfg->portal_user[0] != '\0' ? cfg->portal_user : cfg->user;
	struct es_rights rights = { user[0] != '\0' ? user : NULL, NULL, NULL };
	struct es_store *asked = NULL;
	char error[512], why[ES_HOLD_WHY_MAX];
	int err;

	if (es_loop_new(&p->loop) < 0 || es_notify_new(p->loop, &p->notify) < 0 ||
	    !watch_signals(p)) {
		log_error("portal: out of memory");
		return false;
	}
	if (!listen_on(p, &cfg->portal))
		return false;
	read_key(p, cfg);
	if (es_rights_drop(&rights, error, sizeof(error)) < 0) {
		log_error("portal: %s", error);
		return false;
	}
	if (access(cfg->database, F_OK) == 0 && es_hold(cfg->database, false, &p->hold, why) < 0) {
		log_error("portal: %s", why);
		return false;
	}
	/* Where it may, the first makes the log that readers need; those that stay cannot write to it. */
	err = es_store_open(cfg->database, ES_STORE_READ, &asked, error);
	es_store_close(asked);
	asked = NULL;
	if (es_sandbox_open_to_read(cfg->sandbox, "portal") < 0)
		return false;
	if (err == 0)
		err = es_store_open(cfg->database, ES_STORE_READ, &p->store, error);
	if (err == 0)
		err = es_store_open(cfg->database, ES_STORE_READ, &asked, error);
	if (err < 0) {
		log_error("portal: %s", error);
		p->comes_later = err == ES_EAGAIN;
		return false;
	}
	if (es_answers_new(p->loop, asked, p->has_key ? &p->key : NULL, es_clock_monotonic_ms,
		on_answer, p, &p->answers) < 0) {
		log_error("portal: cannot start the thread that answers: %s", strerror(errno));
		es_store_close(asked);
		return false;
	}
	if (es_sandbox_enter(ES_SANDBOX_PORTAL, cfg->sandbox, "portal") < 0)
		return false;
	es_notify_ready(p->notify);
	return true;
}

int
es_portal_run(const struct es_collector_config *cfg, struct es_collector_reload *reload)
{
	struct portal p;
	int status = 1;

	memset(&p, 0, sizeof(p));
	p.cfg = cfg;
	p.reload = reload;
	p.hold = -1;
	if (start(&p, cfg) && es_loop_run(p.loop) == 0 && p.stopping)
		status = 0;
	else if (p.comes_later)
		status = ES_SUPERVISE_LATER; /* however long ingest takes to move the schema */
	es_answers_free(p.answers); /* what it had not answered is closed with the server */
	es_http_free(p.http);
	es_reread_free(p.hangup);
	es_notify_free(p.notify);
	for (size_t i = 0; i < 2; i++)
		es_sigwatch_free(p.signals[i]);
	es_store_close(p.store);
	es_secret_zero(&p.key, sizeof(p.key));
	if (p.hold >= 0)
		(void)close(p.hold);
	es_loop_free(p.loop);
	return status;
}
