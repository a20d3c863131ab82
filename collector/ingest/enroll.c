/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment: a one-time token and a certificate request in, a certificate out. */
#include "collector/ingest/enroll.h"
#include "runtime/clock.h"
#include "runtime/crypto/token.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	REQUEST_MAX_BYTES = 16 << 10,
	REPLY_MAX_BYTES = 64 << 10,
};

struct es_enroll_conn {
	struct es_enroll_conn *next;
	struct es_ingest *in;
	struct es_tls_conn *conn;
	struct es_frame_reader reader;
	char peer[ES_ADDR_TEXT_MAX];
	int64_t until_ms; /* the next of its steps must have come: handshake, request, end */
	bool finishing;
};

static void
conn_free(struct es_enroll_conn *c)
{
	struct es_enroll_conn **at = &c->in->enrolling;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->in->n_enrolling--;
	es_tls_conn_free(c->conn);
	es_frame_reader_done(&c->reader);
	free(c);
}

/* What failed is not the request's fault but the store's. */
static int
note(struct es_ingest *in, int err)
{
	if (err < 0 && err != ES_EDENIED && err != ES_ENOTFOUND && err != ES_EINVALID)
		es_ingest_failed(in, err);
	return err;
}

static int
deny(struct es_enroll_work *work, const char *reason)
{
	(void)snprintf(work->reason, sizeof(work->reason), "%s", reason);
	return ES_EDENIED;
}

/* The first certificate of a new common name. */
static int
issue(struct es_ingest *in, es_slice csr_der, es_time now, struct es_enroll_work *work)
{
	uint8_t id[ES_STORE_CN_LEN / 2];
	int err;

	es_random_bytes(id, sizeof(id));
	es_hex_text(id, sizeof(id), work->agent.cn);
	err = es_issue(in, csr_der, work->agent.cn, 1, now, &work->issued);
	if (err < 0)
		return err;
	memcpy(work->agent.spki, work->issued.facts.spki_sha256, sizeof(work->agent.spki));
	work->agent.enrolled = now;
	work->agent.not_after = work->issued.facts.not_after;
	return 0;
}

/* Inside a transaction: whatever is denied is rolled back by the caller. */
static int
decide(struct es_ingest *in, const struct es_enroll_request *req, es_time now,
    struct es_enroll_work *work)
{
	uint8_t hash[ES_STORE_HASH_LEN];
	struct es_store_token token;
	int err;

	if (req->token_secret.n != ES_TOKEN_SECRET_BYTES)
		return deny(work, "the token has another length than a token");
	es_token_hash(req->token_secret.p, hash);
	err = note(in, es_store_token_get(in->store, hash, &token));
	if (err == ES_ENOTFOUND)
		return deny(work, "the token is not known here");
	if (err < 0)
		return err;
	if (token.used)
		return deny(work, "the token was used before");
	if (!es_time_before(now, token.expires))
		return deny(work, "the token has expired");
	(void)snprintf(work->agent.name, sizeof(work->agent.name), "%s", token.name);
	(void)snprintf(work->agent.site, sizeof(work->agent.site), "%s", token.site);
	err = issue(in, req->csr_der, now, work);
	if (err == ES_EMALFORMED || err == ES_EDENIED)
		return deny(work, "the certificate request is not a signed P-256 request");
	if (err == 0)
		err = note(in, es_store_token_burn(in->store, hash, now));
	if (err == 0)
		err = note(in, es_store_agent_bind(in->store, &work->agent));
	return err;
}

int
es_enroll_decide(struct es_ingest *in, const struct es_enroll_request *req, es_time now,
    struct es_enroll_work *work, struct es_enroll_reply *reply)
{
	int err = note(in, es_store_begin(in->store));

	memset(work, 0, sizeof(*work));
	if (err == 0) {
		err = decide(in, req, now, work);
		if (err == 0)
			err = note(in, es_store_commit(in->store));
		if (err < 0)
			es_store_rollback(in->store);
	}
	if (err < 0) {
		if (work->reason[0] == '\0')
			(void)snprintf(work->reason, sizeof(work->reason),
			    "the collector cannot enroll now; try again");
		return err;
	}
	*reply = (struct es_enroll_reply){
		.certificate_pem = es_slice_str(work->issued.certificate),
		.ca_pem = es_slice_str(in->authority.anchors),
		.name = es_slice_str(work->agent.cn),
		.collector_name = es_slice_str(in->cfg->name),
		.tenant_key = es_slice_of(in->tenant_key, sizeof(in->tenant_key)),
		.display_name = es_slice_str(work->agent.name),
	};
	return 0;
}

static void
send_and_finish(struct es_enroll_conn *c, const struct es_envelope *env)
{
	uint8_t *out = malloc(REPLY_MAX_BYTES);
	int n = out == NULL ? ES_ENOMEM : es_envelope_encode(env, out, REPLY_MAX_BYTES);

	if (n > 0)
		n = es_tls_conn_send(c->conn, es_slice_of(out, (size_t)n));
	if (n < 0)
		log_error("enroll: %s: reply: %s", c->peer, es_strerror(n));
	if (out != NULL)
		es_secret_zero(out, REPLY_MAX_BYTES);
	free(out);
	c->finishing = true;
	c->until_ms = es_clock_monotonic_ms() + ES_STALLED_MS; /* to take it */
	es_tls_conn_finish(c->conn);
}

static void
refuse(struct es_enroll_conn *c, enum es_nack_code code, const char *reason)
{
	const struct es_envelope env = {
		.type = ES_ENV_NACK,
		.u.nack = { code, code == ES_NACK_BUSY ? (uint32_t)c->in->cfg->retry_ms : 0,
		    es_slice_str(reason) },
	};

	log_warn("enroll: %s: refused: %s", c->peer, reason);
	send_and_finish(c, &env);
}

static void
on_request(struct es_enroll_conn *c, const struct es_enroll_request *req)
{
	struct es_enroll_work *work = calloc(1, sizeof(*work));
	struct es_envelope env = { .type = ES_ENV_ENROLL_REPLY };
	int err;

	if (work == NULL) {
		refuse(c, ES_NACK_BUSY, "the collector is out of memory");
		return;
	}
	(void)es_group_flush(c->in->group); /* agents were sent the result */
	err = es_enroll_decide(c->in, req, es_clock_wall(), work, &env.u.enroll_reply);
	if (err < 0) {
		if (err != ES_EDENIED)
			log_error("enroll: %s", es_store_error(c->in->store));
		refuse(c, err == ES_EDENIED ? ES_NACK_TOKEN : ES_NACK_BUSY, work->reason);
	} else {
		log_info(
		    "enroll: %s enrolled from %s as %s", work->agent.name, c->peer, work->agent.cn);
		send_and_finish(c, &env);
	}
	es_secret_zero(work, sizeof(*work));
	free(work);
}

static void
on_read(void *ctx, es_slice bytes)
{
	struct es_enroll_conn *c = ctx;
	struct es_envelope env = { 0 };
	es_slice frame;
	int err;

	if (c->finishing)
		return;
	es_frame_feed(&c->reader, bytes);
	err = es_frame_next(&c->reader, &frame);
	if (err == ES_ESHORT)
		return;
	es_alloc_reset(&c->in->frame_alloc);
	if (err == 0)
		err = es_envelope_decode(frame, &c->in->frame_alloc, &env);
	if (err < 0 || env.type != ES_ENV_ENROLL_REQUEST)
		refuse(c, ES_NACK_MALFORMED, "not an enrolment request");
	else
		on_request(c, &env.u.enroll_request);
}

static void
on_ready(void *ctx)
{
	struct es_enroll_conn *c = ctx;

	c->until_ms = es_clock_monotonic_ms() + ES_STALLED_MS; /* for the request */
}

static void
on_closed(void *ctx, enum es_tls_end end, const char *reason)
{
	struct es_enroll_conn *c = ctx;

	if (!c->finishing || end != ES_TLS_END_CLEAN)
		log_info("enroll: %s: %s", c->peer, reason);
	conn_free(c);
}

void
es_enroll_start(struct es_ingest *in, int fd, const struct es_addr *peer)
{
	static const struct es_tls_events events = { on_ready, on_read, NULL, on_closed };
	struct es_enroll_conn *c;

	if (in->n_enrolling >= ES_ENROLL_CONNS_MAX || (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	c->in = in;
	c->until_ms = es_clock_monotonic_ms() + ES_STALLED_MS;
	(void)es_addr_text(peer, c->peer);
	es_frame_reader_init(&c->reader, REQUEST_MAX_BYTES);
	if (es_tls_conn_new(in->enroll_tls, in->loop, fd, &events, c, &c->conn) < 0) {
		es_frame_reader_done(&c->reader);
		free(c);
		return;
	}
	c->next = in->enrolling;
	in->enrolling = c;
	in->n_enrolling++;
}

void
es_enroll_sweep(struct es_ingest *in, int64_t now_ms)
{
	struct es_enroll_conn *next;

	for (struct es_enroll_conn *c = in->enrolling; c != NULL; c = next) {
		next = c->next;
		if (now_ms >= c->until_ms) {
			log_info("enroll: %s: nothing came of it for %d s; given up", c->peer,
			    ES_STALLED_MS / 1000);
			conn_free(c);
		}
	}
}

void
es_enroll_free(struct es_ingest *in)
{
	while (in->enrolling != NULL)
		conn_free(in->enrolling);
}
