/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the collector: dial, TLS, deadlines, back-off. */
#include "agent/shipper/collector_link.h"

#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/loop/dial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIAL_MS = 15000 };

struct es_collector_link {
	struct es_loop *loop;
	const struct es_agent_config *cfg;
	struct es_batch_client *client;
	struct es_certificate *certificate;
	struct es_tls *tls;
	struct es_dial *dial;
	struct es_tls_conn *conn;
	struct es_timer *retry;
	struct es_timer *deadline;
	int64_t retry_ms;
	bool finishing;
	bool
	    is_greeted; /* it led to the collector, to which the Hello was sent: what is said now is its word */
	bool is_renewed; /* there are files to connect with that the collector has just given us */
	char why[ES_TLS_REASON_MAX]; /* logged when we end the connection ourselves */
	char reason[ES_TLS_REASON_MAX];
	char logged[ES_TLS_REASON_MAX];
	struct es_log_limit limit;
};

static void
set_deadline(struct es_collector_link *l)
{
	int64_t at = es_batch_client_next_ms(l->client);

	if (at == INT64_MAX)
		es_timer_disarm(l->deadline);
	else
		(void)es_timer_arm(l->deadline, at - es_clock_monotonic_ms());
}

/* A fact once when it is new, and once a minute while it repeats. */
static void
log_trouble(struct es_collector_link *l, int64_t wait_ms)
{
	uint32_t held_back;
	bool is_new = strcmp(l->logged, l->reason) != 0;

	if (is_new)
		l->limit.next_ms = 0;
	if (!es_log_limit_pass(&l->limit, es_clock_monotonic_ms(), 60000, &held_back))
		return;
	snprintf(l->logged, sizeof(l->logged), "%s", l->reason);
	if (held_back > 0 && !is_new)
		log_warn("shipper: collector %s: %s (%u times more); next attempt in %lld ms",
		    l->cfg->collector, l->reason, held_back, (long long)wait_ms);
	else
		log_warn("shipper: collector %s: %s; next attempt in %lld ms", l->cfg->collector,
		    l->reason, (long long)wait_ms);
}

static void
drop(struct es_collector_link *l, int64_t now)
{
	es_tls_conn_free(l->conn);
	l->conn = NULL;
	es_tls_free(l->tls);
	l->tls = NULL;
	l->retry_ms = es_batch_client_down(l->client, now, es_random_u64());
	es_timer_disarm(l->deadline);
}

/* Whatever stood is gone: note why, come back later. */
static void
down(struct es_collector_link *l, const char *reason, enum es_certificate_word word)
{
	int64_t now = es_clock_monotonic_ms();

	drop(l, now);
	es_certificate_down(l->certificate, word);
	snprintf(l->reason, sizeof(l->reason), "%s", reason);
	if (l->finishing)
		return;
	log_trouble(l, l->retry_ms - now);
	(void)es_timer_arm(l->retry, l->retry_ms - now);
}

/* The batch client may be inside the connection's own callback: end it through the queue. */
static void
up_close(void *ctx, const char *why)
{
	struct es_collector_link *l = ctx;

	snprintf(l->why, sizeof(l->why), "%s", why);
	if (l->conn != NULL)
		es_tls_conn_finish(l->conn);
}

static void
on_ready(void *ctx)
{
	struct es_collector_link *l = ctx;

	log_info("shipper: connected to %s, collector %s, %s", l->cfg->collector,
	    es_tls_conn_peer(l->conn)->name, es_tls_conn_version(l->conn));
	l->logged[0] = '\0';
	if (es_certificate_ready(l->certificate) != 0) {
		up_close(l, "the state directory cannot be written");
		return;
	}
	l->is_greeted = true;
	es_batch_client_up(l->client, es_clock_monotonic_ms());
	set_deadline(l);
}

static void
on_read(void *ctx, es_slice bytes)
{
	struct es_collector_link *l = ctx;

	es_batch_client_input(l->client, bytes, es_clock_monotonic_ms());
	set_deadline(l);
}

static void
on_drained(void *ctx)
{
	es_collector_link_pump(ctx);
}

/* What the end of a connection says of the certificates. */
static enum es_certificate_word
last_word(const struct es_collector_link *l, enum es_tls_end end)
{
	enum es_nack_code nack = es_batch_client_stats(l->client).nack;

	if (end == ES_TLS_END_REFUSED || end == ES_TLS_END_REFUSED_BY_PEER)
		return l->is_greeted ? ES_CERTIFICATE_REFUSED : ES_CERTIFICATE_DOUBTED;
	if (l->is_greeted && l->why[0] != '\0' &&
	    (nack == ES_NACK_CERTIFICATE || nack == ES_NACK_CLONE))
		return ES_CERTIFICATE_REFUSED;
	return ES_CERTIFICATE_UNSAID;
}

static void
on_closed(void *ctx, enum es_tls_end end, const char *reason)
{
	struct es_collector_link *l = ctx;

	if (l->is_renewed && !l->finishing) {
		es_collector_link_move(l);
		return;
	}
	down(l, l->why[0] != '\0' ? l->why : reason, last_word(l, end));
}

static int
open_tls(struct es_collector_link *l, char error[ES_TLS_REASON_MAX])
{
	const struct es_credential_files *files = es_certificate_files(l->certificate);
	struct es_tls_config cfg = { .side = ES_TLS_CLIENT,
		.ca_file = files->ca,
		.cert_file = files->cert,
		.key_file = files->key,
		.name = l->cfg->collector_name };

	if (l->cfg->collector_name[0] == '\0') {
		snprintf(error, ES_TLS_REASON_MAX,
		    "no collector-name is configured and %s/collector-name is missing: enrol "
		    "first",
		    l->cfg->state_dir);
		return ES_EINVALID;
	}
	return es_tls_new(&cfg, error, &l->tls);
}

static void
on_dialed(void *ctx, int err, int fd, const char *reason)
{
	static const struct es_tls_events events = { on_ready, on_read, on_drained, on_closed };
	struct es_collector_link *l = ctx;
	char error[ES_TLS_REASON_MAX];

	l->dial = NULL;
	if (err != 0) {
		down(l, reason, ES_CERTIFICATE_UNSAID);
		return;
	}
	l->why[0] = '\0';
	l->is_greeted = false;
	if (es_tls_conn_new(l->tls, l->loop, fd, &events, l, &l->conn) != 0) {
		snprintf(error, sizeof(error), "TLS cannot begin");
		down(l, error, ES_CERTIFICATE_UNSAID);
	}
}

static void
on_retry(void *ctx)
{
	struct es_collector_link *l = ctx;
	char error[ES_TLS_REASON_MAX] = "out of memory";

	/* Files are read for each attempt: enrolment and renewal need no restart. */
	if (open_tls(l, error) != 0) {
		down(l, error, ES_CERTIFICATE_DOUBTED);
		return;
	}
	if (es_dial_start(l->loop, l->cfg->collector_host, l->cfg->collector_port, DIAL_MS,
		on_dialed, l, &l->dial) != 0)
		down(l, "no descriptor or memory to connect", ES_CERTIFICATE_UNSAID);
}

static void
on_deadline(void *ctx)
{
	struct es_collector_link *l = ctx;

	es_batch_client_tick(l->client, es_clock_monotonic_ms());
	set_deadline(l);
}

static void
up_clocks(void *ctx, struct es_clocks *out)
{
	(void)ctx;
	out->wall = es_clock_wall();
	out->boot_ns = es_clock_boot_ns();
	(void)es_clock_boot_id(out->boot_id); /* zeroes where there is none */
	out->synchronised = es_clock_is_synchronised();
}

static int
up_send(void *ctx, es_slice frame)
{
	struct es_collector_link *l = ctx;

	return l->conn == NULL ? ES_EINVALID : es_tls_conn_send(l->conn, frame);
}

static void
up_refused(void *ctx, uint64_t seq)
{
	(void)ctx;
	log_warn(
	    "shipper: the collector cannot take record %llu: passed over", (unsigned long long)seq);
}

static void
up_welcomed(void *ctx)
{
	struct es_collector_link *l = ctx;

	es_certificate_up(l->certificate);
}

static void
up_renewed(void *ctx, const struct es_renew_reply *reply)
{
	struct es_collector_link *l = ctx;

	es_certificate_reply(l->certificate, reply);
}

static int
ask_renewal(void *ctx, es_slice csr_der)
{
	struct es_collector_link *l = ctx;

	return es_batch_client_renew(l->client, csr_der);
}

/* We are inside the connection's own callback: it ends through the queue, and what is on its way still arrives. */
static void
reconnect(void *ctx)
{
	struct es_collector_link *l = ctx;

	l->is_renewed = true;
	up_close(l, "connecting with the renewed certificate");
}

int
es_collector_link_new(struct es_loop *loop, const struct es_agent_config *cfg,
    struct es_spool *spool, struct es_collector_link **out)
{
	struct es_collector_link *l = calloc(1, sizeof(*l));
	struct es_batch_client_config up = { .spool = spool,
		.role = cfg->captures[0].vantage.role,
		.clocks = up_clocks,
		.send = up_send,
		.close = up_close,
		.refused = up_refused,
		.welcomed = up_welcomed,
		.renewed = up_renewed,
		.ctx = l };
	struct es_certificate_config certificate = {
		.agent = cfg, .ask = ask_renewal, .reconnect = reconnect, .ctx = l
	};
	int err;

	if (l == NULL)
		return ES_ENOMEM;
	l->loop = loop;
	l->cfg = cfg;
	err = es_batch_client_new(&up, &l->client);
	if (err == 0)
		es_collector_link_limit(l);
	if (err == 0)
		err = es_certificate_new(loop, &certificate, &l->certificate);
	if (err == 0)
		err = es_timer_new(loop, on_retry, l, &l->retry);
	if (err == 0)
		err = es_timer_new(loop, on_deadline, l, &l->deadline);
	if (err == 0 && cfg->collector != NULL)
		err = es_timer_arm(l->retry, 0);
	if (err != 0) {
		es_collector_link_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void
es_collector_link_pump(struct es_collector_link *l)
{
	if (l->conn == NULL)
		return;
	es_batch_client_pump(l->client, es_clock_monotonic_ms());
	set_deadline(l);
}

void
es_collector_link_limit(struct es_collector_link *l)
{
	es_batch_client_limit(l->client, l->cfg->uplink_budget, es_clock_monotonic_ms());
	es_collector_link_pump(l);
}

void
es_collector_link_move(struct es_collector_link *l)
{
	int64_t now = es_clock_monotonic_ms();

	if (l->finishing)
		return;
	es_dial_cancel(l->dial);
	l->dial = NULL;
	drop(l, now);
	es_certificate_down(l->certificate, ES_CERTIFICATE_UNSAID);
	l->is_renewed = false;
	l->retry_ms = now;
	l->reason[0] = '\0';
	l->logged[0] = '\0';
	es_timer_disarm(l->retry);
	if (l->cfg->collector != NULL)
		(void)es_timer_arm(l->retry, 0);
}

void
es_collector_link_finish(struct es_collector_link *l)
{
	l->finishing = true;
	es_timer_disarm(l->retry);
	es_dial_cancel(l->dial);
	l->dial = NULL;
	es_batch_client_bye(l->client);
	if (l->conn != NULL)
		es_tls_conn_finish(l->conn);
}

const struct es_batch_client *
es_collector_link_client(const struct es_collector_link *l)
{
	return l->client;
}

struct es_collector_link_status
es_collector_link_status(const struct es_collector_link *l)
{
	static const char *const states[] = { "waiting", "greeting", "connected" };
	struct es_collector_link_status st;

	memset(&st, 0, sizeof(st));
	st.state = states[es_batch_client_stats(l->client).state];
	if (l->dial != NULL || (l->conn != NULL && !es_tls_conn_is_ready(l->conn)))
		st.state = "connecting";
	if (l->cfg->collector == NULL)
		st.state = "no collector";
	st.retry_ms = es_timer_is_armed(l->retry) ? l->retry_ms : 0;
	snprintf(st.reason, sizeof(st.reason), "%s", l->reason);
	return st;
}

struct es_certificate_status
es_collector_link_certificate(const struct es_collector_link *l)
{
	return es_certificate_status(l->certificate);
}

void
es_collector_link_free(struct es_collector_link *l)
{
	if (l == NULL)
		return;
	es_dial_cancel(l->dial);
	es_tls_conn_free(l->conn);
	es_tls_free(l->tls);
	es_timer_free(l->retry);
	es_timer_free(l->deadline);
	es_batch_client_free(l->client);
	es_certificate_free(l->certificate);
	free(l);
}
