/* SPDX-License-Identifier: Apache-2.0 */
/* One agent's data connection: who it is, what it delivers, what it is answered. */
#include "collector/ingest/session.h"
#include "collector/ingest/admission.h"
#include "collector/ingest/another_spool.h"
#include "collector/ingest/renew.h"
#include "collector/store/row.h"
#include "proto/batch.h"
#include "runtime/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HELLO_MS = 10000, /* from the handshake to the Hello */
	FRAME_MS = 30000, /* from a frame's first byte to its last */
	REPLY_MAX_BYTES = 32 << 10,
};

struct es_session {
	struct es_session *next;
	struct es_ingest *in;
	struct es_tls_conn *conn;
	struct es_frame_reader reader;
	char peer[ES_ADDR_TEXT_MAX];
	struct es_agent agent; /* id 0 until the certificate is looked up */
	bool has_hello;
	bool dirty;     /* wrote into the open group: an Ack or a Nack is due */
	bool finishing; /* its last reply is on the way: input is ignored */
	uint8_t epoch[ES_EPOCH_BYTES];
	uint64_t through;   /* written, perhaps not yet committed */
	uint64_t digest;    /* of the record `through`; 0: not known */
	uint64_t refused;   /* since the Welcome */
	int64_t heard_ms;   /* last whole frame; of a ready session, else its start */
	int64_t partial_ms; /* when the frame that is coming in began; 0: none */
};

static void
session_free(struct es_session *s)
{
	struct es_session **at = &s->in->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->in->n_sessions--;
	es_tls_conn_free(s->conn);
	es_frame_reader_done(&s->reader);
	free(s);
}

static const char *
shown(const struct es_session *s)
{
	return s->agent.id != 0 ? s->agent.name : s->peer;
}

static void
finish(struct es_session *s)
{
	s->finishing = true;
	es_tls_conn_finish(s->conn);
}

static void
send_envelope(struct es_session *s, const struct es_envelope *env)
{
	uint8_t out[REPLY_MAX_BYTES];
	int n = es_envelope_encode(env, out, sizeof(out));

	if (n < 0 || es_tls_conn_send(s->conn, es_slice_of(out, (size_t)n)) < 0) {
		log_warn("ingest: %s: does not read what it is told; disconnecting", shown(s));
		finish(s);
	}
}

/* Every Nack on this port is a last word: the agent connects again when it may. */
static void
refuse(struct es_session *s, enum es_nack_code code, uint32_t retry_ms, const char *reason)
{
	const struct es_envelope env = {
		.type = ES_ENV_NACK,
		.u.nack = { code, retry_ms, es_slice_str(reason) },
	};

	send_envelope(s, &env);
	finish(s);
}

static void
say_bye(struct es_session *s, enum es_bye_code code)
{
	const struct es_envelope env = { .type = ES_ENV_BYE, .u.bye.code = code };

	send_envelope(s, &env);
	finish(s);
}

static void
refuse_for_store(struct es_session *s, int err)
{
	uint32_t retry_ms = (uint32_t)s->in->cfg->retry_ms, held;

	es_ingest_failed(s->in, err);
	if (es_log_limit_pass(&s->in->full_limit, es_clock_monotonic_ms(), 10000, &held))
		log_error("ingest: %s: %s; agents are asked to wait %u ms (%u times unsaid)",
		    s->in->cfg->database, es_store_error(s->in->store), retry_ms, held);
	refuse(s, err == ES_EAGAIN ? ES_NACK_BUSY : ES_NACK_DISK, retry_ms,
	    err == ES_EFULL ? "the collector's disk is full" : "the collector cannot write now");
}

/* The certificate is of our CA. Is it one we still want? False: it was refused. */
static bool
admit(struct es_session *s, bool has_hello)
{
	const struct es_tls_peer *peer = es_tls_conn_peer(s->conn);
	enum es_admission how;
	int err = es_admit(s->in, peer, es_clock_wall(), has_hello, &s->agent, &how);

	if (err < 0) {
		refuse_for_store(s, err);
		return false;
	}
	if (how == ES_ADMITTED)
		return true;
	if (how == ES_NOT_KNOWN)
		log_warn(
		    "ingest: %s: certificate %s is not known here; refused", s->peer, peer->name);
	if (how == ES_IS_DISABLED)
		log_warn("ingest: %s: is disabled; refused", s->agent.name);
	refuse(s, es_admission_nack(how), 0, es_admission_text(how));
	return false;
}

static void
on_ready(void *ctx)
{
	struct es_session *s = ctx;

	s->heard_ms = es_clock_monotonic_ms();
	(void)admit(s, false);
}

static void
replace_older(struct es_session *s)
{
	for (struct es_session *o = s->in->sessions; o != NULL; o = o->next) {
		if (o == s || o->finishing || o->agent.id != s->agent.id)
			continue;
		log_info("ingest: %s: a newer connection replaces the one from %s", o->agent.name,
		    o->peer);
		say_bye(o, ES_BYE_REPLACED);
	}
}

static void
welcome(struct es_session *s)
{
	const struct es_collector_config *cfg = s->in->cfg;
	const struct es_envelope env = {
		.type = ES_ENV_WELCOME,
		.u.welcome = { .version = ES_PROTO_VERSION,
		    .acked_seq = s->through,
		    .credit_batches = cfg->credit_batches,
		    .reconnect_window_ms = (uint32_t)cfg->reconnect_ms,
		    .wall = es_clock_wall(),
		    .acked_digest = s->digest },
	};

	send_envelope(s, &env);
}

/* True: the Hello's facts let it in. */
static bool
hello_fits(struct es_session *s, const struct es_hello *h)
{
	if (h->version_min > ES_PROTO_VERSION || h->version_max < ES_PROTO_VERSION_MIN) {
		refuse(s, ES_NACK_VERSION, 0, "no version of the protocol in common");
		return false;
	}
	if (h->agent_id.n > 0 && !es_slice_eq(h->agent_id, es_slice_str(s->agent.cn))) {
		log_warn(
		    "ingest: %s: says another id than its certificate; refused", s->agent.name);
		refuse(s, ES_NACK_IDENTITY, 0, "the id differs from the certificate's");
		return false;
	}
	return true;
}

/*
 * What was acknowledged is stored: if the spool proves an acknowledgement above the last record here, the database is
 * an older one than gave it. These numbers will not come again. An epoch of which nothing is here may have delivered to
 * another collector. Counted once, for the mark moves in the same transaction.
 */
static int
count_forgotten(struct es_session *s, const struct es_hello *h, es_time now)
{
	struct es_store *store = s->in->store;
	uint64_t n = h->proof_seq - s->through;
	int err;

	if (s->through == 0 || h->proof_digest == 0 || h->proof_seq <= s->through ||
	    h->proof_seq >= h->next_seq)
		return 0;
	err = es_store_begin(store);
	if (err == 0)
		err = es_store_mark_set(store, s->agent.id, h->epoch, h->proof_seq);
	if (err == 0)
		err =
		    es_store_proof_set(store, s->agent.id, h->epoch, h->proof_seq, h->proof_digest);
	if (err == 0)
		err = es_store_agent_count(store, s->agent.id, now, 0, 0, 0, n);
	if (err == 0)
		err = es_store_commit(store);
	if (err < 0) {
		es_store_rollback(store);
		return err;
	}
	log_warn("ingest: %s: records %" PRIu64 "..%" PRIu64
		 " were acknowledged but are not here, as after restore: %" PRIu64 " lost",
	    s->agent.name, s->through + 1, h->proof_seq, n);
	s->through = h->proof_seq;
	s->digest = h->proof_digest;
	return 0;
}

static void
on_hello(struct es_session *s, const struct es_hello *h)
{
	char version[ES_STORE_NAME_MAX + 1];
	es_time now = es_clock_wall();
	const char *why;
	int err;

	if (s->has_hello) {
		refuse(s, ES_NACK_MALFORMED, 0, "a second Hello");
		return;
	}
	if (!hello_fits(s, h) || !admit(s, true))
		return;
	(void)snprintf(version, sizeof(version), "%.*s", (int)h->agent_version.n,
	    (const char *)h->agent_version.p);
	err = es_group_flush(s->in->group); /* the mark below must be a committed one */
	if (err == 0)
		err = es_store_mark_get(s->in->store, s->agent.id, h->epoch, &s->through);
	if (err == 0)
		err =
		    es_store_proof_get(s->in->store, s->agent.id, h->epoch, s->through, &s->digest);
	if (err == 0)
		err = es_store_agent_hello(s->in->store, s->agent.id, version, h->role, now,
		    es_time_diff(h->clocks.wall, now));
	if (err < 0) {
		refuse_for_store(s, err);
		return;
	}
	why = es_another_spool(h, s->through, s->digest);
	if (why != NULL) {
		log_warn("ingest: %s: its spool is not the one that delivered through %" PRIu64
			 " (next %" PRIu64 ": %s); it has to begin a new epoch",
		    s->agent.name, s->through, h->next_seq, why);
		refuse(s, ES_NACK_EPOCH, 0, why);
		return;
	}
	err = count_forgotten(s, h, now);
	if (err < 0) {
		refuse_for_store(s, err);
		return;
	}
	replace_older(s);
	memcpy(s->epoch, h->epoch, sizeof(s->epoch));
	s->has_hello = true;
	log_info("ingest: %s: connected from %s, version %s, stored through %" PRIu64,
	    s->agent.name, s->peer, version, s->through);
	welcome(s);
}

/* One batch on its way into the open group. */
struct taking {
	struct es_session *s;
	es_time now;
	uint32_t stored;
	uint32_t refused;
	uint32_t duplicates;
	uint64_t lost;
	uint64_t digest; /* of the last record */
	int store_err;
};

static int
take_record(void *ctx, uint64_t seq, es_slice bytes)
{
	struct taking *t = ctx;
	struct es_ingest *in = t->s->in;
	struct es_row row;
	uint64_t lost = 0;
	int err;

	t->digest = es_record_digest(bytes);
	if (seq <= t->s->through) {
		t->duplicates++;
		return 0;
	}
	es_alloc_reset(&in->record_alloc);
	err = es_row_of(bytes, t->s->agent.id, t->now, &in->record_alloc, &row, &lost);
	if (err == 0) {
		err = es_store_put(in->store, &row);
		if (err < 0 && err != ES_EINVALID) {
			t->store_err = err;
			return err;
		}
	}
	if (err < 0) {
		t->refused++;
		return 0;
	}
	t->stored++;
	t->lost += lost;
	return 0;
}

static void
note_poison(struct es_session *s, const char *what, uint64_t first, uint64_t last, uint32_t n)
{
	uint32_t held;

	if (es_log_limit_pass(&s->in->poison_limit, es_clock_monotonic_ms(), 10000, &held))
		log_warn("ingest: %s: %s in %" PRIu64 "..%" PRIu64
			 ": %u records refused and acknowledged (%u times unsaid)",
		    s->agent.name, what, first, last, n, held);
}

static void
on_batch(struct es_session *s, const struct es_batch *b)
{
	struct es_ingest *in = s->in;
	struct taking t = { .s = s, .now = es_clock_wall() };
	const char *why;
	int err, n;

	if (!s->has_hello || memcmp(b->epoch, s->epoch, sizeof(s->epoch)) != 0) {
		refuse(s, ES_NACK_MALFORMED, 0, "a Batch without a Hello of its epoch");
		return;
	}
	if (b->first_seq == 0 || b->last_seq < b->first_seq ||
	    b->last_seq - b->first_seq >= ES_BATCH_RECORDS_MAX) {
		refuse(s, ES_NACK_MALFORMED, 0, "sequence numbers of a Batch out of range");
		return;
	}
	err = es_group_enter(in->group);
	if (err < 0) {
		refuse_for_store(s, err);
		return;
	}
	s->dirty = true;
	n = es_batch_open(b, &in->frame_alloc, take_record, &t, &why);
	if (t.store_err < 0) {
		es_group_abort(in->group, t.store_err);
		return;
	}
	if (n < 0 &&
	    b->last_seq > s->through) /* none of it can be read: it must not block the rest */
		t.refused = (uint32_t)(b->last_seq - s->through < b->last_seq - b->first_seq + 1
					   ? b->last_seq - s->through
					   : b->last_seq - b->first_seq + 1);
	if (t.refused > 0)
		note_poison(s, why != NULL ? why : "a record that cannot be read", b->first_seq,
		    b->last_seq, t.refused);
	if (b->last_seq > s->through) {
		s->through = b->last_seq;
		s->digest = n < 0 ? 0 : t.digest;
	}
	s->refused += t.refused;
	err = es_store_mark_set(in->store, s->agent.id, s->epoch, s->through);
	if (err == 0)
		err = es_store_proof_set(in->store, s->agent.id, s->epoch, s->through, s->digest);
	if (err == 0)
		err = es_store_agent_count(
		    in->store, s->agent.id, t.now, t.stored, t.refused, t.duplicates, t.lost);
	if (err < 0)
		es_group_abort(in->group, err);
	else
		es_group_added(in->group, t.stored + t.refused + t.duplicates);
}

static void
on_renew(struct es_session *s, const struct es_renew_request *req)
{
	struct es_issued *issued = calloc(1, sizeof(*issued));
	struct es_envelope env = { .type = ES_ENV_RENEW_REPLY };
	const char *wait;

	if (!s->has_hello) {
		free(issued);
		refuse(s, ES_NACK_MALFORMED, 0, "a RenewRequest without a Hello");
		return;
	}
	wait = issued == NULL ? "the collector is short of memory; try again"
			      : es_renew_wait(&s->in->renew_pace, s->agent.id,
				    s->in->cfg->agent_validity_ms, es_clock_monotonic_ms());
	if (wait != NULL)
		env.u.renew_reply.reason = es_slice_str(wait);
	else
		es_renew_decide(
		    s->in, &s->agent, req->csr_der, es_clock_wall(), issued, &env.u.renew_reply);
	if (!s->finishing) /* the group that was committed for it may have failed */
		send_envelope(s, &env);
	free(issued);
}

static void
on_frame(struct es_session *s, es_slice frame)
{
	struct es_envelope env;
	int err;

	es_alloc_reset(&s->in->frame_alloc);
	err = es_envelope_decode(frame, &s->in->frame_alloc, &env);
	if (err < 0) {
		log_warn("ingest: %s: %s frame of %zu bytes; disconnecting", shown(s),
		    err == ES_EFULL ? "an inflated" : "a malformed", frame.n);
		refuse(s, ES_NACK_MALFORMED, 0, "a frame that cannot be read");
		return;
	}
	switch (env.type) {
	case ES_ENV_HELLO:
		on_hello(s, &env.u.hello);
		break;
	case ES_ENV_BATCH:
		on_batch(s, &env.u.batch);
		break;
	case ES_ENV_RENEW_REQUEST:
		on_renew(s, &env.u.renew_request);
		break;
	case ES_ENV_BYE:
		finish(s);
		break;
	case ES_ENV_UNKNOWN: /* of a later version */
		break;
	default:
		refuse(s, ES_NACK_MALFORMED, 0, "a message agents do not send");
		break;
	}
}

static void
on_read(void *ctx, es_slice bytes)
{
	struct es_session *s = ctx;
	int64_t now_ms = es_clock_monotonic_ms();
	es_slice frame;
	int err;

	if (s->finishing || s->agent.id == 0)
		return;
	es_frame_feed(&s->reader, bytes);
	while ((err = es_frame_next(&s->reader, &frame)) == 0) {
		s->heard_ms = now_ms;
		s->partial_ms = 0;
		on_frame(s, frame);
		if (s->finishing)
			return;
	}
	if (err != ES_ESHORT)
		refuse(s, ES_NACK_MALFORMED, 0, "a frame of a length that is not allowed");
	else if (!es_frame_is_partial(&s->reader))
		s->partial_ms = 0;
	else if (s->partial_ms == 0)
		s->partial_ms = now_ms;
}

static void
on_closed(void *ctx, enum es_tls_end end, const char *reason)
{
	struct es_session *s = ctx;

	if (end == ES_TLS_END_CLEAN || end == ES_TLS_END_CUT)
		log_info("ingest: %s: disconnected: %s", shown(s), reason);
	else
		log_warn("ingest: %s: %s", shown(s), reason);
	session_free(s);
}

void
es_session_start(struct es_ingest *in, int fd, const struct es_addr *peer)
{
	static const struct es_tls_events events = { on_ready, on_read, NULL, on_closed };
	struct es_session *s;
	uint32_t held;

	if (in->n_sessions >= in->cfg->max_connections || (s = calloc(1, sizeof(*s))) == NULL) {
		if (es_log_limit_pass(&in->refuse_limit, es_clock_monotonic_ms(), 10000, &held))
			log_warn("ingest: %u connections are the limit (max-connections); refused "
				 "one more (%u times unsaid)",
			    in->cfg->max_connections, held);
		close(fd);
		return;
	}
	s->in = in;
	s->heard_ms = es_clock_monotonic_ms();
	(void)es_addr_text(peer, s->peer);
	es_frame_reader_init(&s->reader, 0);
	if (es_tls_conn_new(in->data_tls, in->loop, fd, &events, s, &s->conn) < 0) {
		log_error("ingest: %s: no memory for a connection", s->peer);
		es_frame_reader_done(&s->reader);
		free(s);
		return;
	}
	s->next = in->sessions;
	in->sessions = s;
	in->n_sessions++;
}

static void
acknowledge(struct es_session *s)
{
	struct es_envelope env = {
		.type = ES_ENV_ACK,
		.u.ack = { .through_seq = s->through, .refused = s->refused },
	};

	memcpy(env.u.ack.epoch, s->epoch, sizeof(s->epoch));
	send_envelope(s, &env);
}

void
es_sessions_committed(struct es_ingest *in, int err)
{
	for (struct es_session *s = in->sessions; s != NULL; s = s->next) {
		if (!s->dirty)
			continue;
		s->dirty = false;
		if (s->finishing)
			continue;
		if (err < 0)
			refuse_for_store(s, err);
		else
			acknowledge(s);
	}
}

/* Switched off, or bound to another key, since it connected? */
static void
check_rights(struct es_session *s)
{
	struct es_agent now;
	int err = es_store_agent_by_id(s->in->store, s->agent.id, &now);

	if (err == 0 && (now.disabled || memcmp(now.spki, s->agent.spki, sizeof(now.spki)) != 0))
		refuse(s, now.disabled ? ES_NACK_DISABLED : ES_NACK_CERTIFICATE, 0,
		    now.disabled ? "this agent is disabled" : "this agent has a new key");
}

/* Its handshake makes no progress: its place goes to another client. */
static bool
has_stalled(const struct es_session *s, int64_t now_ms)
{
	return !es_tls_conn_is_ready(s->conn) && !s->finishing &&
	       now_ms - s->heard_ms >= ES_STALLED_MS;
}

/* A session whose certificate was looked up: are its words still on time? */
static void
check_time(struct es_session *s, int64_t now_ms)
{
	if (!s->has_hello && now_ms - s->heard_ms > HELLO_MS)
		refuse(s, ES_NACK_MALFORMED, 0, "no Hello in time");
	else if (s->partial_ms != 0 && now_ms - s->partial_ms > FRAME_MS)
		refuse(s, ES_NACK_MALFORMED, 0, "a frame did not arrive in time");
	else if (now_ms - s->heard_ms > s->in->cfg->idle_ms)
		say_bye(s, ES_BYE_IDLE);
	else
		check_rights(s);
}

void
es_sessions_sweep(struct es_ingest *in, int64_t now_ms)
{
	struct es_session *next;

	for (struct es_session *s = in->sessions; s != NULL; s = next) {
		next = s->next;
		if (has_stalled(s, now_ms)) {
			log_info("ingest: %s: no handshake within %d s; given up", s->peer,
			    ES_STALLED_MS / 1000);
			session_free(s);
		} else if (!s->finishing && s->agent.id != 0) {
			check_time(s, now_ms); /* a last word has a deadline of its own */
		}
	}
}

void
es_sessions_free(struct es_ingest *in)
{
	while (in->sessions != NULL)
		session_free(in->sessions);
}
