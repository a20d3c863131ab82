/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's side of the batch protocol. */
#include "agent/shipper/batch_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MALFORMED_TRIES = 3,
	HOLD_MIN_MS = 200,
	HOLD_MAX_MS = 3600000,
	READ_AGAIN_MS = 1000,
	CLOCK_AGREES_MS = 60000
};

struct es_batch_client {
	struct es_batch_client_config cfg;
	struct es_batch_client_stats stats;
	struct es_frame_reader frames;
	struct es_alloc alloc;
	struct es_batch_writer *writer;
	struct es_backoff backoff;
	uint8_t epoch[ES_EPOCH_BYTES]; /* sent in this connection's Hello */
	uint32_t credit;
	uint64_t sent_seq;
	struct {
		uint64_t last_seq;
		uint64_t digest;                 /* of that record */
	} in_flight[ES_BATCH_CLIENT_CREDIT_MAX]; /* each batch not acked */
	uint32_t n_in_flight;
	int64_t progress_ms; /* when something was last acked, or sent with nothing in flight */
	int64_t deadline_ms; /* of the Welcome */
	int64_t hold_until_ms;
	struct es_allowance allowance;
	int64_t held_until_ms;  /* by it, with stats.is_held */
	uint64_t malformed_seq; /* first number of what the collector could not read */
	uint32_t malformed_times;
	bool closing;
	bool read_failed;
	struct es_spool_entry entry; /* read ahead; seq 0: none */
	uint64_t digest;             /* of the record that a batch has last */
	uint8_t payload[ES_SPOOL_PAYLOAD_MAX];
	uint8_t frame[ES_FRAME_HEADER_BYTES + ES_FRAME_MAX_BYTES];
	uint8_t arena[ES_ALLOC_BYTES];
};

static void
hang_up(struct es_batch_client *u, const char *why)
{
	if (u->closing)
		return;
	u->closing = true;
	u->cfg.close(u->cfg.ctx, why);
}

static int
send_envelope(struct es_batch_client *u, const struct es_envelope *env)
{
	int n = es_envelope_encode(env, u->frame, sizeof(u->frame));
	int err = n < 0 ? n : u->cfg.send(u->cfg.ctx, es_slice_of(u->frame, (size_t)n));

	if (err == 0)
		es_allowance_spend(&u->allowance, (uint64_t)n);
	return err;
}

void
es_batch_client_up(struct es_batch_client *u, int64_t now_ms)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	es_frame_reader_done(&u->frames);
	es_frame_reader_init(&u->frames, 0);
	u->stats.state = ES_BATCH_CLIENT_GREETING;
	u->stats.nack = ES_NACK_UNKNOWN;
	u->hold_until_ms = 0;
	u->deadline_ms = now_ms + ES_BATCH_CLIENT_WELCOME_MS;
	es_spool_epoch(u->cfg.spool, u->epoch);
	env.type = ES_ENV_HELLO;
	env.u.hello.version_min = ES_PROTO_VERSION_MIN;
	env.u.hello.version_max = ES_PROTO_VERSION;
	env.u.hello.agent_version = es_slice_str(EARSHOT_VERSION);
	memcpy(env.u.hello.epoch, u->epoch, ES_EPOCH_BYTES);
	env.u.hello.next_seq = es_spool_next_seq(u->cfg.spool);
	env.u.hello.role = u->cfg.role;
	env.u.hello.sent_seq = es_spool_sent_seq(u->cfg.spool);
	env.u.hello.has_sent_seq = env.u.hello.sent_seq != UINT64_MAX;
	env.u.hello.proof_digest = es_spool_proof(u->cfg.spool, &env.u.hello.proof_seq);
	u->cfg.clocks(u->cfg.ctx, &env.u.hello.clocks);
	if (send_envelope(u, &env) != 0)
		hang_up(u, "no room for a Hello");
}

int64_t
es_batch_client_down(struct es_batch_client *u, int64_t now_ms, uint64_t random)
{
	u->stats.state = ES_BATCH_CLIENT_DOWN;
	u->n_in_flight = 0;
	u->stats.is_held = false;
	u->closing = false;
	es_spool_hung_up(u->cfg.spool);
	return es_backoff_next_ms(&u->backoff, now_ms, random);
}

static es_time
wall_clock(struct es_batch_client *u)
{
	struct es_clocks clocks;

	u->cfg.clocks(u->cfg.ctx, &clocks);
	return clocks.wall;
}

static void
begin_epoch(struct es_batch_client *u)
{
	if (es_spool_renew_epoch(u->cfg.spool, wall_clock(u)) == 0)
		hang_up(u, "the collector knows later records of this spool: a new epoch begins");
	else
		hang_up(u, "a new epoch is needed and the disk refused it");
}

/*
 * The spool grew from an old image, or two grow from one: numbers were given twice. The record itself
 * proves it where it is still here; else what was never sent cannot be stored.
 */
static bool
is_another_spool(struct es_batch_client *u, const struct es_welcome *w)
{
	uint64_t seq, digest = es_spool_proof(u->cfg.spool, &seq);

	if (w->acked_digest != 0 && w->acked_seq > es_spool_acked_seq(u->cfg.spool) &&
	    es_spool_find(u->cfg.spool, w->acked_seq, &u->entry, u->payload) == 0) {
		seq = w->acked_seq;
		digest = es_record_digest(es_slice_of(u->payload, u->entry.n_bytes));
	}
	u->entry.seq = 0;
	if (w->acked_digest == 0 || digest == 0 || seq != w->acked_seq)
		return w->acked_seq > es_spool_sent_seq(u->cfg.spool) ||
		       w->acked_seq > es_spool_synced_seq(u->cfg.spool);
	if (digest != w->acked_digest)
		return true;
	es_spool_prove(u->cfg.spool, seq, digest);
	return false;
}

/* Ages are judged by a clock that somebody else bears out. */
static void
compare_clocks(struct es_batch_client *u, es_time theirs)
{
	int64_t apart_ms = es_time_diff(wall_clock(u), theirs) / ES_NS_PER_MS;

	es_spool_clock_agreed(u->cfg.spool,
	    theirs.ns != 0 && apart_ms <= CLOCK_AGREES_MS && apart_ms >= -CLOCK_AGREES_MS);
}

static void
take_welcome(struct es_batch_client *u, const struct es_welcome *w, int64_t now_ms)
{
	if (u->stats.state != ES_BATCH_CLIENT_GREETING) {
		hang_up(u, "a second Welcome");
		return;
	}
	if (is_another_spool(u, w)) {
		begin_epoch(u);
		return;
	}
	(void)es_spool_welcome(
	    u->cfg.spool, w->acked_seq); /* a broken disk must not keep its records */
	compare_clocks(u, w->wall);
	u->credit = w->credit_batches;
	if (u->credit > ES_BATCH_CLIENT_CREDIT_MAX)
		u->credit = ES_BATCH_CLIENT_CREDIT_MAX;
	u->backoff.window_ms = w->reconnect_window_ms;
	u->sent_seq = es_spool_acked_seq(u->cfg.spool);
	u->stats.state = ES_BATCH_CLIENT_READY;
	if (u->cfg.welcomed != NULL)
		u->cfg.welcomed(u->cfg.ctx);
	es_batch_client_pump(u, now_ms);
}

static void
take_ack(struct es_batch_client *u, const struct es_ack *a, int64_t now_ms)
{
	uint32_t i = 0;

	if (u->stats.state != ES_BATCH_CLIENT_READY ||
	    memcmp(a->epoch, u->epoch, ES_EPOCH_BYTES) != 0 || a->through_seq > u->sent_seq) {
		hang_up(u, "an Ack for what was not sent");
		return;
	}
	while (i < u->n_in_flight && u->in_flight[i].last_seq <= a->through_seq) {
		if (u->in_flight[i].last_seq == a->through_seq)
			es_spool_prove(u->cfg.spool, a->through_seq, u->in_flight[i].digest);
		i++;
	}
	u->n_in_flight -= i;
	memmove(u->in_flight, u->in_flight + i, u->n_in_flight * sizeof(u->in_flight[0]));
	(void)es_spool_ack(u->cfg.spool, a->through_seq); /* not above what was synced and sent */
	es_backoff_reset(&u->backoff);
	u->malformed_times = 0;
	u->progress_ms = u->stats.last_ack_ms = now_ms;
	u->stats.refused = a->refused;
	u->stats.last_nack[0] = '\0';
	es_batch_client_pump(u, now_ms);
}

/* The collector cannot read a batch. Smaller ones find the record, which then is passed over. */
static void
take_malformed(struct es_batch_client *u)
{
	uint64_t first = es_spool_acked_seq(u->cfg.spool) + 1;

	if (u->malformed_seq != first)
		u->malformed_times = 0;
	u->malformed_seq = first;
	if (++u->malformed_times <= MALFORMED_TRIES)
		return;
	if (es_spool_pass_over(u->cfg.spool, first, wall_clock(u)) == 0)
		u->cfg.refused(u->cfg.ctx, first);
	u->malformed_times = MALFORMED_TRIES - 1; /* stay with single records */
	u->malformed_seq = first + 1;
}

static void
take_nack(struct es_batch_client *u, const struct es_nack *n, int64_t now_ms)
{
	uint32_t wait_ms = n->retry_after_ms;

	u->stats.nack = n->code;
	snprintf(u->stats.last_nack, sizeof(u->stats.last_nack), "%s: %.*s", es_nack_text(n->code),
	    (int)(n->reason.n < 200 ? n->reason.n : 200), (const char *)n->reason.p);
	if (n->code == ES_NACK_EPOCH) {
		begin_epoch(u);
		return;
	}
	if (n->code == ES_NACK_MALFORMED)
		take_malformed(u);
	if (u->stats.state == ES_BATCH_CLIENT_READY &&
	    (n->code == ES_NACK_BUSY || n->code == ES_NACK_DISK)) {
		if (wait_ms < HOLD_MIN_MS)
			wait_ms = HOLD_MIN_MS;
		u->hold_until_ms = now_ms + (wait_ms < HOLD_MAX_MS ? wait_ms : HOLD_MAX_MS);
		u->n_in_flight = 0;
		u->sent_seq = es_spool_acked_seq(u->cfg.spool);
		u->entry.seq = 0;
		es_backoff_retry_after(&u->backoff, now_ms, wait_ms); /* should it end, too */
		return;
	}
	es_backoff_retry_after(&u->backoff, now_ms, wait_ms);
	hang_up(u, u->stats.last_nack);
}

static void
take_envelope(struct es_batch_client *u, es_slice frame, int64_t now_ms)
{
	struct es_envelope env;

	es_alloc_reset(&u->alloc);
	if (es_envelope_decode(frame, &u->alloc, &env) != 0) {
		hang_up(u, "the collector sent a malformed frame");
		return;
	}
	switch (env.type) {
	case ES_ENV_WELCOME:
		take_welcome(u, &env.u.welcome, now_ms);
		break;
	case ES_ENV_ACK:
		take_ack(u, &env.u.ack, now_ms);
		break;
	case ES_ENV_NACK:
		take_nack(u, &env.u.nack, now_ms);
		break;
	case ES_ENV_BYE:
		hang_up(u, "the collector says goodbye");
		break;
	case ES_ENV_RENEW_REPLY:
		if (u->cfg.renewed != NULL)
			u->cfg.renewed(u->cfg.ctx, &env.u.renew_reply);
		break;
	case ES_ENV_UNKNOWN:
		break; /* of a later version */
	default:
		hang_up(u, "the collector sent a frame that only agents send");
	}
}

void
es_batch_client_input(struct es_batch_client *u, es_slice bytes, int64_t now_ms)
{
	es_slice frame;
	int err = 0;

	if (u->closing || u->stats.state == ES_BATCH_CLIENT_DOWN)
		return;
	es_frame_feed(&u->frames, bytes);
	while (!u->closing && (err = es_frame_next(&u->frames, &frame)) == 0)
		take_envelope(u, frame, now_ms);
	if (!u->closing && err != ES_ESHORT)
		hang_up(u, "the collector sent no valid frame");
}

/* The next record into u->entry and u->payload. */
static int
read_ahead(struct es_batch_client *u, uint64_t after)
{
	int err;

	if (u->entry.seq > after && u->entry.seq > es_spool_acked_seq(u->cfg.spool))
		return 0; /* since it was read no quota took it */
	err = es_spool_next(u->cfg.spool, after, &u->entry, u->payload);
	if (err != 0)
		u->entry.seq = 0;
	u->read_failed = err == ES_EIO;
	return err;
}

/* A batch is a run of consecutive numbers. ES_EAGAIN: nothing to send. */
static int
fill(struct es_batch_client *u, uint64_t *first, uint64_t *last)
{
	size_t most = u->malformed_times > 0 ? 1 : ES_BATCH_RECORDS_MAX, n = 0;
	int err;

	es_batch_writer_begin(u->writer);
	*last = u->sent_seq;
	while (n < most && (err = read_ahead(u, *last)) == 0) {
		if (n > 0 && u->entry.seq != *last + 1)
			break;
		err = es_batch_writer_add(u->writer, es_slice_of(u->payload, u->entry.n_bytes));
		if (err == ES_EFULL)
			break;
		if (err != 0) { /* the spool's CRC is right, so it was stored like that */
			if (es_spool_unsendable(u->cfg.spool, u->entry.seq, wall_clock(u)) != 0)
				break;
			u->cfg.refused(u->cfg.ctx, u->entry.seq);
			*last = u->entry.seq;
			if (n > 0)
				break;
			continue;
		}
		if (n == 0)
			*first = u->entry.seq;
		n++;
		*last = u->entry.seq;
		u->digest = es_record_digest(es_slice_of(u->payload, u->entry.n_bytes));
	}
	return n > 0 ? 0 : ES_EAGAIN;
}

static int
send_batch(struct es_batch_client *u)
{
	struct es_envelope env;
	uint64_t first = 0, last = 0;
	int err = fill(u, &first, &last);

	if (err != 0)
		return err;
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BATCH;
	env.u.batch.first_seq = first;
	memcpy(env.u.batch.epoch, u->epoch, ES_EPOCH_BYTES);
	u->cfg.clocks(u->cfg.ctx, &env.u.batch.clocks);
	err = es_batch_writer_end(u->writer, &env.u.batch);
	if (err == 0)
		err = send_envelope(u, &env);
	if (err != 0) {
		u->entry.seq = 0; /* all of it is read again */
		return err;
	}
	u->sent_seq = last;
	es_spool_sent(u->cfg.spool, last);
	u->in_flight[u->n_in_flight].last_seq = env.u.batch.last_seq;
	u->in_flight[u->n_in_flight++].digest = u->digest;
	u->stats.batches++;
	return 0;
}

void
es_batch_client_limit(struct es_batch_client *u, uint64_t bytes_per_s, int64_t now_ms)
{
	es_allowance_limit(&u->allowance, bytes_per_s, now_ms);
}

/* Whether there is something that could be sent and its limit lets it begin. */
static bool
is_allowed(struct es_batch_client *u, int64_t now_ms)
{
	u->held_until_ms = es_allowance_from_ms(&u->allowance, now_ms);
	u->stats.is_held = u->held_until_ms > now_ms &&
			   (u->entry.seq != 0 || u->sent_seq < es_spool_synced_seq(u->cfg.spool));
	return u->held_until_ms <= now_ms;
}

void
es_batch_client_pump(struct es_batch_client *u, int64_t now_ms)
{
	u->stats.is_held = false;
	while (u->stats.state == ES_BATCH_CLIENT_READY && !u->closing &&
	       now_ms >= u->hold_until_ms && u->n_in_flight < u->credit && is_allowed(u, now_ms)) {
		if (u->n_in_flight == 0)
			u->progress_ms = now_ms;
		if (send_batch(u) != 0)
			break;
	}
	if (u->read_failed)
		u->hold_until_ms = now_ms + READ_AGAIN_MS;
	u->read_failed = false;
}

void
es_batch_client_tick(struct es_batch_client *u, int64_t now_ms)
{
	if (now_ms >= u->hold_until_ms)
		u->hold_until_ms = 0;
	if (u->stats.state == ES_BATCH_CLIENT_GREETING && now_ms >= u->deadline_ms)
		hang_up(u, "no Welcome within 10 s");
	else if (u->n_in_flight > 0 && now_ms >= u->progress_ms + ES_BATCH_CLIENT_ACK_MS)
		hang_up(u, "no Ack within 30 s");
	else
		es_batch_client_pump(u, now_ms);
}

int64_t
es_batch_client_next_ms(const struct es_batch_client *u)
{
	int64_t at_ms = INT64_MAX;

	if (u->closing || u->stats.state == ES_BATCH_CLIENT_DOWN)
		return INT64_MAX; /* while it ends nothing is left to be done in time */
	if (u->stats.state == ES_BATCH_CLIENT_GREETING)
		return u->deadline_ms;
	if (u->n_in_flight > 0)
		at_ms = u->progress_ms + ES_BATCH_CLIENT_ACK_MS;
	else if (u->hold_until_ms > 0)
		at_ms = u->hold_until_ms;
	return u->stats.is_held && u->held_until_ms < at_ms ? u->held_until_ms : at_ms;
}

int
es_batch_client_renew(struct es_batch_client *u, es_slice csr_der)
{
	struct es_envelope env;

	if (u->stats.state != ES_BATCH_CLIENT_READY || u->closing)
		return ES_EAGAIN;
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_RENEW_REQUEST;
	env.u.renew_request.csr_der = csr_der;
	return send_envelope(u, &env);
}

void
es_batch_client_bye(struct es_batch_client *u)
{
	struct es_envelope env;

	if (u->stats.state == ES_BATCH_CLIENT_DOWN || u->closing)
		return;
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BYE;
	env.u.bye.code = ES_BYE_STOPPING;
	(void)send_envelope(u, &env); /* a courtesy */
}

bool
es_batch_client_is_drained(const struct es_batch_client *u)
{
	return es_spool_acked_seq(u->cfg.spool) >= es_spool_synced_seq(u->cfg.spool);
}

struct es_batch_client_stats
es_batch_client_stats(const struct es_batch_client *u)
{
	struct es_batch_client_stats st = u->stats;

	st.in_flight = u->n_in_flight;
	return st;
}

int
es_batch_client_new(const struct es_batch_client_config *cfg, struct es_batch_client **out)
{
	struct es_batch_client *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return ES_ENOMEM;
	u->cfg = *cfg;
	es_frame_reader_init(&u->frames, 0);
	es_alloc_init(&u->alloc, u->arena, sizeof(u->arena));
	es_backoff_init(&u->backoff, 0, 0);
	if (es_batch_writer_new(&u->writer) != 0) {
		es_batch_client_free(u);
		return ES_ENOMEM;
	}
	*out = u;
	return 0;
}

void
es_batch_client_free(struct es_batch_client *u)
{
	if (u == NULL)
		return;
	es_frame_reader_done(&u->frames);
	es_batch_writer_free(u->writer);
	free(u);
}
