/* SPDX-License-Identifier: Apache-2.0 */
/* When our certificate is renewed, and how far that is. */
#include "agent/shipper/certificate.h"

#include "runtime/backoff.h"
#include "runtime/clock.h"
#include "runtime/file.h"
#include "runtime/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DUE_FROM_PERMILLE = 400, /* half the life, and a tenth of it to either side */
	DUE_STEPS = 201,
	RETRY_BASE_MS = 60000,
	RETRY_CAP_MS = 3600000,
	END_LOG_MS = 3600000,
};

struct es_certificate {
	struct es_certificate_config cfg;
	struct es_credential credential;
	struct es_credential_files files;
	bool is_known;
	struct es_pki_cert facts; /* of the certificate of files */
	struct es_timer *timer;
	struct es_backoff backoff;
	bool is_up;
	int64_t asked_ms; /* monotonic; 0: no answer is awaited */
	int64_t retry_ms; /* monotonic: no request before it, whatever a wrong wall clock says */
	struct es_log_limit end_limit;
	char trouble[ES_REASON_MAX];
};

static es_time
issued_at(const struct es_pki_cert *cert)
{
	es_time issued = es_time_add(cert->not_before, (int64_t)ES_PKI_EARLY_S * ES_NS_PER_S);

	/* another issuer begins when he issues */
	return es_time_before(issued, cert->not_after) ? issued : cert->not_before;
}

static int64_t
life_ms(const struct es_pki_cert *cert)
{
	return es_time_diff(cert->not_after, issued_at(cert)) / ES_NS_PER_MS;
}

es_time
es_certificate_due(const struct es_pki_cert *cert)
{
	const uint8_t *key = cert->spki_sha256;
	uint32_t step = ((uint32_t)key[0] << 16 | (uint32_t)key[1] << 8 | key[2]) % DUE_STEPS;
	int64_t part_us = life_ms(cert) * (int64_t)(DUE_FROM_PERMILLE + step);

	return es_time_add(issued_at(cert), part_us * ES_NS_PER_US);
}

/* At the instant of the next step; the wall clock may step, so it is looked at each hour. */
static void
set_timer(struct es_certificate *c)
{
	int64_t now_ms = es_clock_monotonic_ms(), wait_ms, retry_in_ms;

	if (!c->is_up || !c->is_known) {
		es_timer_disarm(c->timer);
		return;
	}
	if (c->asked_ms != 0) {
		wait_ms = c->asked_ms + ES_CERTIFICATE_REPLY_MS - now_ms;
	} else {
		retry_in_ms = c->retry_ms - now_ms;
		wait_ms =
		    es_time_diff(es_certificate_due(&c->facts), es_clock_wall()) / ES_NS_PER_MS;
		wait_ms = wait_ms < 0 ? 0 : wait_ms + 1; /* not before it */
		if (wait_ms < retry_in_ms)
			wait_ms = retry_in_ms;
		if (wait_ms > ES_CERTIFICATE_LOOK_MS)
			wait_ms = ES_CERTIFICATE_LOOK_MS;
	}
	(void)es_timer_arm(c->timer, wait_ms);
}

/* It is tried again; the certificate we have will do until then. */
static void
put_off(struct es_certificate *c, const char *why)
{
	int64_t now_ms = es_clock_monotonic_ms();

	c->asked_ms = 0;
	c->retry_ms = es_backoff_next_ms(&c->backoff, now_ms, es_random_u64());
	(void)snprintf(c->trouble, sizeof(c->trouble), "%s", why);
	log_warn("shipper: the certificate %s is not renewed: %s; next attempt in %lld s",
	    c->credential.cert, why, (long long)((c->retry_ms - now_ms) / 1000));
	set_timer(c);
}

static void
put_off_for_file(struct es_certificate *c)
{
	char why[ES_REASON_MAX];

	(void)snprintf(why, sizeof(why), "files next to it cannot be written: %s", strerror(errno));
	put_off(c, why);
}

static void
ask(struct es_certificate *c)
{
	uint8_t csr[ES_PKI_DER_MAX];
	struct es_pki_key *key;
	int n;

	if (es_credential_next_key(&c->credential, &key) != 0) {
		put_off_for_file(c);
		return;
	}
	n = es_pki_make_csr(key, csr);
	es_pki_key_free(key);
	if (n <= 0 || c->cfg.ask(c->cfg.ctx, es_slice_of(csr, (size_t)n)) != 0) {
		put_off(c, "the request cannot be sent now");
		return;
	}
	c->asked_ms = es_clock_monotonic_ms();
	set_timer(c);
}

static void
on_timer(void *ctx)
{
	struct es_certificate *c = ctx;
	int64_t now_ms = es_clock_monotonic_ms();

	if (c->asked_ms != 0 && now_ms - c->asked_ms >= ES_CERTIFICATE_REPLY_MS)
		put_off(c, "no answer within 30 s; a collector of before renewals does not answer");
	else if (c->asked_ms == 0 && now_ms >= c->retry_ms &&
		 !es_time_before(es_clock_wall(), es_certificate_due(&c->facts)))
		ask(c);
	else
		set_timer(c);
}

/* Nothing but a new enrolment helps, so the words say how. */
static void
log_end(struct es_certificate *c)
{
	const struct es_agent_config *agent = c->cfg.agent;
	uint32_t held_back;

	if (!c->is_known || es_time_before(es_clock_wall(), c->facts.not_after) ||
	    !es_log_limit_pass(&c->end_limit, es_clock_monotonic_ms(), END_LOG_MS, &held_back))
		return;
	log_error("shipper: the certificate %s has ended; with a token of `earshot-collector token "
		  "--agent NAME`: earshot enroll --collector %s --token-file FILE --state-dir %s; "
		  "the spool is kept",
	    c->files.cert, agent->collector_host, agent->state_dir);
}

const struct es_credential_files *
es_certificate_files(struct es_certificate *c)
{
	char *text;
	size_t n;

	es_credential_choose(&c->credential, &c->files);
	c->is_known = false;
	if (es_file_read(c->files.cert, ES_PKI_CHAIN_MAX, &text, &n) == 0) {
		c->is_known = es_pki_read_cert(text, &c->facts) == 0;
		free(text);
	}
	log_end(c);
	return &c->files;
}

int
es_certificate_ready(struct es_certificate *c)
{
	if (!c->files.is_next || c->files.is_shown)
		return 0;
	if (es_credential_show(&c->credential) != 0) {
		put_off_for_file(c);
		return ES_EIO;
	}
	c->files.is_shown = true;
	return 0;
}

void
es_certificate_up(struct es_certificate *c)
{
	c->is_up = true;
	if (!c->files.is_next) {
		set_timer(c);
		return;
	}
	if (es_credential_commit(&c->credential) != 0) {
		put_off_for_file(c); /* the next connection finds the files as they are */
		return;
	}
	c->files.is_next = false;
	c->trouble[0] = '\0';
	c->retry_ms = es_clock_monotonic_ms() + life_ms(&c->facts) / 4;
	es_backoff_reset(&c->backoff);
	log_info("shipper: the certificate %s was renewed: generation %u", c->credential.cert,
	    (unsigned)c->facts.generation);
	set_timer(c);
}

/* Nobody has seen the next pair, and there is another to connect with: only then is a stranger's refusal enough. */
static bool
gives_up(const struct es_certificate *c, enum es_certificate_word word)
{
	if (!c->files.is_next)
		return false;
	return word == ES_CERTIFICATE_REFUSED ||
	       (word == ES_CERTIFICATE_DOUBTED && !c->files.is_shown &&
		   es_credential_may_go_back(&c->credential, es_clock_wall()));
}

void
es_certificate_down(struct es_certificate *c, enum es_certificate_word word)
{
	c->is_up = false;
	if (gives_up(c, word)) {
		es_credential_discard(&c->credential);
		c->files.is_next = false;
		put_off(c, "the collector and we do not agree on the new one");
	} else if (c->asked_ms != 0) {
		put_off(c, "the connection ended before the answer");
	}
	es_timer_disarm(c->timer);
}

void
es_certificate_reply(struct es_certificate *c, const struct es_renew_reply *reply)
{
	char text[ES_REASON_MAX];
	const char *why;
	int err;

	if (c->asked_ms == 0) /* too late: the request is made again */
		return;
	if (reply->certificate_pem.n == 0) {
		(void)snprintf(text, sizeof(text), "the collector says: %.*s",
		    (int)(reply->reason.n < 200 ? reply->reason.n : 200),
		    (const char *)reply->reason.p);
		put_off(c, text);
		return;
	}
	err = es_credential_keep(&c->credential, reply, &why);
	if (err == ES_EMALFORMED) {
		put_off(c, why);
	} else if (err != 0) {
		put_off_for_file(c);
	} else {
		c->asked_ms = 0;
		c->cfg.reconnect(c->cfg.ctx);
	}
}

struct es_certificate_status
es_certificate_status(const struct es_certificate *c)
{
	struct es_certificate_status st;

	memset(&st, 0, sizeof(st));
	st.is_known = c->is_known;
	if (c->is_known) {
		st.end = c->facts.not_after;
		st.renews = es_certificate_due(&c->facts);
		st.generation = c->facts.generation;
	}
	(void)snprintf(st.trouble, sizeof(st.trouble), "%s", c->trouble);
	return st;
}

int
es_certificate_new(
    struct es_loop *loop, const struct es_certificate_config *cfg, struct es_certificate **out)
{
	struct es_certificate *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ES_ENOMEM;
	c->cfg = *cfg;
	c->credential.ca = cfg->agent->ca_file;
	c->credential.cert = cfg->agent->cert_file;
	c->credential.key = cfg->agent->key_file;
	es_backoff_init(&c->backoff, RETRY_BASE_MS, RETRY_CAP_MS);
	if (es_timer_new(loop, on_timer, c, &c->timer) != 0) {
		free(c);
		return ES_ENOMEM;
	}
	*out = c;
	return 0;
}

void
es_certificate_free(struct es_certificate *c)
{
	if (c == NULL)
		return;
	es_timer_free(c->timer);
	free(c);
}
