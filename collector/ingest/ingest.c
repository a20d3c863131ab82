/* SPDX-License-Identifier: Apache-2.0 */
/* The ingest process: listeners, store, group commit, and how it starts and stops. */
#include "collector/ingest/ingest.h"
#include "collector/collector_reload.h"
#include "collector/ingest/enroll.h"
#include "collector/ingest/session.h"

#include "collector/store/hold.h"
#include "collector/store/ready.h"
#include "collector/tenant.h"
#include "runtime/clock.h"
#include "runtime/crypto/pki.h"
#include "runtime/file.h"
#include "runtime/loop/listen.h"
#include "runtime/loop/reread.h"
#include "runtime/rights.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	SWEEP_MS = 1000,
	PRUNE_PAUSE_MS = 50, /* between two steps: agents deliver in it */
	PRUNE_LOG_MS = 60000,
	HELD_LOG_MS = 86400000,
};

struct run {
	struct es_ingest in;
	struct es_listen *data;
	struct es_listen *enroll;
	struct es_sigwatch *term;
	struct es_sigwatch *interrupt;
	struct es_reread *hangup;
	struct es_notify *notify;           /* NULL: no service manager listens */
	struct es_collector_reload *reload; /* NULL: no file */
	struct es_timer *sweep;
	struct es_timer *prune;
	int64_t prune_logged_ms;
	bool is_pruning; /* its next step is due sooner than in a second */
	struct es_log_limit prune_limit;
	bool was_held; /* the wall clock was not believed when last looked at */
	struct es_log_limit held_limit;
	uint64_t given_up; /* as last logged */
	struct es_log_limit given_up_limit;
	bool may_say; /* as the user that we run as */
	bool cannot_write;
	int hold; /* of the database; -1: not yet */
};

static void
on_signal(void *ctx, int signo)
{
	struct run *r = ctx;

	(void)signo;
	r->in.stopping = true;
	es_notify_stopping(r->notify);
	(void)es_group_flush(r->in.group);
	es_loop_stop(r->in.loop);
}

static bool
limit_store(struct run *r)
{
	if (es_store_limit(r->in.store, es_pruner_max_bytes(&r->in.pruner)) == 0)
		return true;
	log_error("ingest: %s: %s", r->in.cfg->database, es_store_error(r->in.store));
	return false;
}

static const char *
on_taken(void *ctx, const struct es_option *row)
{
	struct run *r = ctx;
	struct es_age_clock now = es_age_clock_now();

	return es_pruner_take(&r->in.pruner, row->name, &now);
}

/* Ages are looked at by the next sweep. */
static void
on_reload(void *ctx, struct es_options *given)
{
	struct run *r = ctx;
	const struct es_reload_process self = { .name = "ingest",
		.bit = ES_IN_INGEST,
		.is_child = es_collector_reload_is_child(r->reload),
		.taken = on_taken,
		.ctx = r };

	if (es_collector_reload(r->reload, given, &self) != 0)
		return;
	(void)es_group_flush(r->in.group); /* the limit is not part of its transaction */
	(void)limit_store(r);
	log_info("ingest: configuration read again");
}

/* Limits that waited because they remove records. */
static void
take_passed(struct run *r, const struct es_age_clock *now)
{
	const char *option;

	while ((option = es_pruner_passed(&r->in.pruner, now)) != NULL) {
		log_info("ingest: %s: in force from now on", option);
		(void)es_group_flush(r->in.group);
		(void)limit_store(r);
	}
}

static bool
watch_file(struct run *r)
{
	struct es_reread_config reread = { "ingest", es_collector_options, NULL, on_reload,
		r->notify };

	if (r->reload == NULL)
		return true;
	reread.path = es_collector_reload_file(r->reload);
	return es_reread_new(r->in.loop, &reread, r, &r->hangup) == 0;
}

/* Connections of either port that came and never began a handshake, or found no place in time. */
static void
log_given_up(struct run *r, int64_t now_ms)
{
	uint64_t n =
	    es_waiting_given_up(r->in.data_waiting) + es_waiting_given_up(r->in.enroll_waiting);
	uint32_t held_back;

	if (n == r->given_up || !es_log_limit_pass(&r->given_up_limit, now_ms, 60000, &held_back))
		return;
	log_warn("ingest: %llu connections were given up before their handshake began",
	    (unsigned long long)(n - r->given_up));
	r->given_up = n;
}

/* Lets the portal see whether records are taken; why: as es_ready_write. */
static void
write_ready(struct run *r, const char *why)
{
	int err = es_ready_write(r->in.cfg->database, why);

	if (err < 0 && !r->cannot_write)
		log_warn("ingest: %s.ingest cannot be written: %s; /readyz will say that we do "
			 "not run",
		    r->in.cfg->database, strerror(errno));
	r->cannot_write = err < 0;
}

static void
on_sweep(void *ctx)
{
	struct run *r = ctx;
	int64_t now_ms = es_clock_monotonic_ms();

	es_sessions_sweep(&r->in, now_ms);
	es_enroll_sweep(&r->in, now_ms);
	log_given_up(r, now_ms);
	es_waiting_pump(r->in.data_waiting);
	es_waiting_pump(r->in.enroll_waiting);
	es_ingest_retry(&r->in, now_ms);
	write_ready(r, es_ingest_why(&r->in));
	(void)es_timer_arm(r->sweep, SWEEP_MS);
}

static void
log_pruned(struct run *r, int64_t now_ms, bool is_over)
{
	char text[ES_PRUNER_TEXT_MAX];

	if (!is_over && now_ms - r->prune_logged_ms < PRUNE_LOG_MS)
		return;
	r->prune_logged_ms = now_ms;
	if (es_pruner_text(&r->in.pruner, text))
		log_info("ingest: removed what is older than retention or max-database allows: %s",
		    text);
}

/* Whoever waits for records to go shall read why they stay: at once, and each day. */
static void
log_held(struct run *r, const struct es_age_clock *now, int64_t now_ms)
{
	char text[ES_AGE_TEXT_MAX];
	bool is_held = es_age_text(&r->in.pruner.age, now, text);
	uint32_t held_back;

	if (is_held && !r->was_held)
		memset(&r->held_limit, 0, sizeof(r->held_limit));
	if (is_held && es_log_limit_pass(&r->held_limit, now_ms, HELD_LOG_MS, &held_back))
		log_warn("ingest: %s", text);
	if (!is_held && r->was_held)
		log_info("ingest: the clock is believed again: records are removed by their age");
	r->was_held = is_held;
}

/* One step, between two groups: agents wait no longer for it than for one of their own. */
static void
on_prune(void *ctx)
{
	struct run *r = ctx;
	struct es_age_clock now = es_age_clock_now();
	int64_t now_ms = es_clock_monotonic_ms();
	bool is_due = false;
	uint32_t held_back;
	int err;

	take_passed(r, &now);
	err = es_pruner_is_due(&r->in.pruner, &now, &is_due);
	if (err == 0)
		log_held(r, &now, now_ms);
	if (err == 0 && is_due)
		err = es_group_flush(r->in.group);
	if (err == 0 && is_due)
		err = es_pruner_step(&r->in.pruner);
	if (err < 0 && es_log_limit_pass(&r->prune_limit, now_ms, PRUNE_LOG_MS, &held_back))
		log_warn("ingest: %s: old records cannot be removed: %s", r->in.cfg->database,
		    es_store_error(r->in.store));
	log_pruned(r, now_ms, !is_due);
	r->is_pruning = err == 0 && is_due;
	(void)es_timer_arm(r->prune, !r->is_pruning           ? SWEEP_MS
				     : r->in.pruner.is_urgent ? 0
							      : PRUNE_PAUSE_MS);
}

/* A burst may fill in a second what is kept free. */
static void
prune_soon(struct run *r)
{
	if (!r->is_pruning && es_pruner_lacks_room(&r->in.pruner))
		r->is_pruning = es_timer_arm(r->prune, 0) == 0;
}

static void
on_group(void *ctx, int err)
{
	struct run *r = ctx;
	bool is_change = (err == 0) != (r->in.failed == 0);

	if (err < 0)
		es_ingest_failed(&r->in, err);
	else
		r->in.failed = 0;
	if (is_change)
		write_ready(r, es_ingest_why(&r->in));
	es_sessions_committed(&r->in, err);
	prune_soon(r);
}

static void
on_data(void *ctx, int fd, const struct es_addr *peer)
{
	struct es_ingest *in = ctx;

	es_waiting_add(in->data_waiting, fd, peer);
}

static void
on_enroll(void *ctx, int fd, const struct es_addr *peer)
{
	struct es_ingest *in = ctx;

	es_waiting_add(in->enroll_waiting, fd, peer);
}

static bool
has_session_place(void *ctx)
{
	const struct es_ingest *in = ctx;

	return in->n_sessions < in->cfg->max_connections;
}

static bool
has_enroll_place(void *ctx)
{
	const struct es_ingest *in = ctx;

	return in->n_enrolling < ES_ENROLL_CONNS_MAX;
}

static void
begin_session(void *ctx, int fd, const struct es_addr *peer)
{
	es_session_start(ctx, fd, peer);
}

static void
begin_enrolment(void *ctx, int fd, const struct es_addr *peer)
{
	es_enroll_start(ctx, fd, peer);
}

static bool
make_waiting(struct run *r)
{
	const struct es_waiting_config data = {
		.has_place = has_session_place, .serve = begin_session, .ctx = &r->in
	};
	const struct es_waiting_config enroll = {
		.has_place = has_enroll_place, .serve = begin_enrolment, .ctx = &r->in
	};

	return es_waiting_new(r->in.loop, &data, &r->in.data_waiting) == 0 &&
	       es_waiting_new(r->in.loop, &enroll, &r->in.enroll_waiting) == 0;
}

static bool
open_store(struct run *r)
{
	const struct es_collector_config *cfg = r->in.cfg;
	char error[512], why[ES_HOLD_WHY_MAX];

	if (access(cfg->database, F_OK) == 0 && es_hold(cfg->database, false, &r->hold, why) < 0) {
		log_error("ingest: %s", why);
		return false;
	}
	if (es_store_open(cfg->database, ES_STORE_WRITE, &r->in.store, error) < 0) {
		log_error("ingest: %s", error);
		return false;
	}
	if (es_store_was_version(r->in.store) != ES_STORE_VERSION)
		log_info("ingest: %s moved from schema version %d to %d; as it was before it is "
			 "in %s.version-%d",
		    cfg->database, es_store_was_version(r->in.store), (int)ES_STORE_VERSION,
		    cfg->database, es_store_was_version(r->in.store));
	r->prune_logged_ms = es_clock_monotonic_ms();
	es_pruner_init(&r->in.pruner, r->in.store, cfg);
	return limit_store(r);
}

/* Where the database lies nobody else may put names: not its journal, not another database. */
static bool
find_user(struct run *r)
{
	const struct es_collector_config *cfg = r->in.cfg;

	if (cfg->user[0] == '\0' || es_trust_find_user(cfg->user, &r->in.user) == 0)
		return true;
	log_error("ingest: no such user: %s", cfg->user);
	return false;
}

/* With the rights that stay: a directory above may be our group's, and root's group is another. */
static bool
check_place(struct run *r)
{
	char why[ES_TRUST_WHY_MAX];

	if (es_trust_parent(r->in.cfg->database, r->in.user, why) < 0) {
		log_error("ingest: %s", why);
		return false;
	}
	return true;
}

static void
warn_of_mode(const char *why)
{
	if (why[0] != '\0')
		log_warn("ingest: %s", why);
}

static bool
read_secrets(struct run *r)
{
	const struct es_collector_config *cfg = r->in.cfg;
	char why[ES_TRUST_WHY_MAX];
	int err = es_authority_read(cfg, r->in.user, &r->in.authority, why);

	if (err == 0) {
		warn_of_mode(why);
		err = es_tenant_key_load(cfg->tenant_key, r->in.user, why, r->in.tenant_key);
	}
	if (err < 0) {
		log_error("ingest: %s", why);
		return false;
	}
	warn_of_mode(why);
	return true;
}

static bool
open_tls(struct run *r)
{
	const struct es_collector_config *cfg = r->in.cfg;
	struct es_tls_config tls;
	char error[ES_TLS_REASON_MAX];

	memset(&tls, 0, sizeof(tls));
	tls.side = ES_TLS_SERVER;
	tls.ca_file = cfg->ca_cert;
	tls.cert_file = cfg->cert;
	tls.key_file = cfg->key;
	tls.key_owner = r->in.user;
	if (es_tls_new(&tls, error, &r->in.data_tls) < 0) {
		log_error("ingest: %s", error);
		return false;
	}
	warn_of_mode(error);
	tls.side = ES_TLS_ENROLL_SERVER;
	tls.ca_file = NULL;
	if (es_tls_new(&tls, error, &r->in.enroll_tls) < 0) {
		log_error("ingest: %s", error);
		return false;
	}
	return true;
}

static bool
listen_on(struct run *r, const char *what, const struct es_addr *bind,
    void (*accepted)(void *ctx, int fd, const struct es_addr *peer), struct es_listen **out)
{
	char text[ES_ADDR_TEXT_MAX];
	struct es_addr at = *bind;

	(void)es_addr_text(bind, text);
	if (es_listen_new(r->in.loop, bind, accepted, &r->in, out) < 0) {
		log_error("ingest: cannot listen on %s for %s: %s", text, what, strerror(errno));
		return false;
	}
	at.port = es_listen_port(*out);
	(void)es_addr_text(&at, text);
	log_info("ingest: listening on %s for %s", text, what);
	return true;
}

static bool
start(struct run *r)
{
	const struct es_collector_config *cfg = r->in.cfg;
	struct es_group_config group = { NULL, cfg->commit_ms, cfg->commit_records, on_group, r };
	struct es_rights rights = { cfg->user[0] != '\0' ? cfg->user : NULL, NULL, NULL };
	char error[ES_RIGHTS_TEXT_MAX];

	if (es_alloc_new(&r->in.frame_alloc, ES_ALLOC_BYTES) < 0 ||
	    es_alloc_new(&r->in.record_alloc, ES_RECORD_ARENA_BYTES) < 0 ||
	    es_loop_new(&r->in.loop) < 0 || es_notify_new(r->in.loop, &r->notify) < 0 ||
	    !make_waiting(r)) {
		log_error("ingest: out of memory");
		return false;
	}
	if (!find_user(r) || !read_secrets(r) || !open_tls(r) ||
	    !listen_on(r, "agents", &cfg->listen, on_data, &r->data) ||
	    !listen_on(r, "enrolment", &cfg->enroll, on_enroll, &r->enroll))
		return false;
	if (es_rights_drop(&rights, error, sizeof(error)) < 0) {
		log_error("ingest: %s", error);
		return false;
	}
	if (!check_place(r))
		return false;
	r->may_say = true;
	if (!open_store(r))
		return false;
	group.store = r->in.store;
	if (es_group_new(r->in.loop, &group, &r->in.group) < 0 ||
	    es_sigwatch_new(r->in.loop, SIGTERM, on_signal, r, &r->term) < 0 ||
	    es_sigwatch_new(r->in.loop, SIGINT, on_signal, r, &r->interrupt) < 0 ||
	    !watch_file(r) || es_timer_new(r->in.loop, on_sweep, r, &r->sweep) < 0 ||
	    es_timer_arm(r->sweep, SWEEP_MS) < 0 ||
	    es_timer_new(r->in.loop, on_prune, r, &r->prune) < 0 ||
	    es_timer_arm(r->prune, SWEEP_MS) < 0) {
		log_error("ingest: out of memory");
		return false;
	}
	if (es_sandbox_enter(ES_SANDBOX_INGEST, cfg->sandbox, "ingest") < 0)
		return false;
	write_ready(r, NULL);
	es_notify_ready(r->notify);
	return true;
}

static void
done(struct run *r)
{
	es_listen_free(r->data);
	es_listen_free(r->enroll);
	es_waiting_free(r->in.data_waiting);
	es_waiting_free(r->in.enroll_waiting);
	es_sessions_free(&r->in);
	es_enroll_free(&r->in);
	es_group_free(r->in.group);
	es_timer_free(r->sweep);
	es_timer_free(r->prune);
	es_sigwatch_free(r->term);
	es_sigwatch_free(r->interrupt);
	es_reread_free(r->hangup);
	es_notify_free(r->notify);
	es_tls_free(r->in.data_tls);
	es_tls_free(r->in.enroll_tls);
	es_authority_free(&r->in.authority);
	es_store_close(r->in.store);
	if (r->hold >= 0)
		(void)close(r->hold);
	es_loop_free(r->in.loop);
	es_secret_zero(r->in.tenant_key, sizeof(r->in.tenant_key));
	es_alloc_free(&r->in.frame_alloc);
	es_alloc_free(&r->in.record_alloc);
	free(r);
}

int
es_ingest_run(const struct es_collector_config *cfg, struct es_collector_reload *reload)
{
	struct run *r = calloc(1, sizeof(*r));
	int status = 1;

	if (r == NULL)
		return 1;
	r->in.cfg = cfg;
	r->reload = reload;
	r->hold = -1;
	if (start(r) && es_loop_run(r->in.loop) == 0 && r->in.stopping) {
		write_ready(r, "it was stopped");
		log_info("ingest: stopping after %llu commits",
		    (unsigned long long)es_group_commits(r->in.group));
		status = 0;
	} else if (r->may_say) {
		write_ready(r, "it ended by a fault that its log names");
	}
	done(r);
	return status;
}
