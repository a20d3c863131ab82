/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with the collector, over a pipe of bytes and a clock of our own. */
#include "agent/shipper/uplink.h"
#include "proto/encode.h"
#include "tests/unit/harness.h"
#include "tests/unit/spool_rig.h"

#include <stdlib.h>

struct peer {
	struct rig spool;
	struct es_uplink *up;
	uint8_t wire[256 << 10]; /* what the agent sent on this connection */
	size_t n_wire;
	size_t n_fed;
	struct es_frame_reader frames;
	struct es_alloc alloc;
	uint8_t arena[ES_ALLOC_BYTES];
	uint8_t out[4096];
	uint8_t seen[512]; /* how often each number arrived */
	uint64_t opened_seq;
	struct es_envelope env;
	uint8_t epoch[ES_EPOCH_BYTES];
	int room; /* frames the connection still takes */
	int closed;
	char why[256];
	int policies;
	uint64_t refused;
	int64_t now_ms;
};

static int
on_send(void *ctx, es_slice frame)
{
	struct peer *p = ctx;

	if (p->room == 0 || p->n_wire + frame.n > sizeof(p->wire))
		return ES_EFULL;
	p->room--;
	memcpy(p->wire + p->n_wire, frame.p, frame.n);
	p->n_wire += frame.n;
	return 0;
}

static void
on_close(void *ctx, const char *why)
{
	struct peer *p = ctx;

	p->closed++;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

static void
on_clocks(void *ctx, struct es_clocks *out)
{
	struct peer *p = ctx;

	memset(out, 0, sizeof(*out));
	out->wall = rig_sec(p->now_ms / 1000);
}

static void
on_policy(void *ctx, const struct es_policy *policy)
{
	(void)policy;
	((struct peer *)ctx)->policies++;
}

static void
on_refused(void *ctx, uint64_t first_seq, uint64_t n)
{
	(void)first_seq;
	((struct peer *)ctx)->refused += n;
}

static void
append(struct peer *p, int n)
{
	struct es_counter_value v = { ES_CNT_PACKETS, 1 };
	struct es_hop_pair none = { 0, 0 };
	struct es_record rec;
	uint8_t bytes[512];
	int len;

	while (n-- > 0) {
		memset(&rec, 0, sizeof(rec));
		rec.type = ES_REC_HEALTH;
		rec.at = rec.u.health.time = rig_sec(1);
		v.value = es_spool_next_seq(p->spool.spool);
		rec.u.health.values = &v;
		rec.u.health.n_values = 1;
		len = es_record_encode(&rec, bytes, sizeof(bytes));
		if (len <= 0 || es_spool_append(p->spool.spool, rig_sec(1), none,
				    es_slice_of(bytes, (size_t)len)) != 0)
			abort();
	}
	(void)es_spool_sync(p->spool.spool);
}

static struct peer *
peer_new(int n_records)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct es_uplink_config cfg = { .role = ES_ROLE_SBC,
		.clocks = on_clocks,
		.send = on_send,
		.close = on_close,
		.policy = on_policy,
		.refused = on_refused,
		.ctx = p };

	if (p == NULL)
		abort();
	rig_init(&p->spool);
	p->spool.cfg.segment_bytes = 4096;
	if (es_spool_open(&p->spool.cfg, rig_sec(0), &p->spool.spool) != 0)
		abort();
	append(p, n_records);
	cfg.spool = p->spool.spool;
	es_alloc_init(&p->alloc, p->arena, sizeof(p->arena));
	es_frame_reader_init(&p->frames, 0);
	p->room = 1000;
	p->now_ms = 1000;
	if (es_uplink_new(&cfg, &p->up) != 0)
		abort();
	return p;
}

static void
peer_free(struct peer *p)
{
	es_uplink_free(p->up);
	es_frame_reader_done(&p->frames);
	rig_done(&p->spool);
	free(p);
}

static int
each_record(void *ctx, uint64_t seq, es_slice record)
{
	struct peer *p = ctx;

	(void)record;
	if (seq < sizeof(p->seen) && p->seen[seq] < 255)
		p->seen[seq]++;
	p->opened_seq = seq;
	return 0;
}

/* The next frame the agent sent, of this type. */
static bool
got(struct peer *p, enum es_envelope_type type)
{
	es_slice frame;

	int err = es_frame_next(&p->frames, &frame);

	if (err == ES_ESHORT && p->n_fed < p->n_wire) {
		es_frame_feed(&p->frames, es_slice_of(p->wire + p->n_fed, p->n_wire - p->n_fed));
		p->n_fed = p->n_wire;
		err = es_frame_next(&p->frames, &frame);
	}
	es_alloc_reset(&p->alloc);
	return err == 0 && es_envelope_decode(frame, &p->alloc, &p->env) == 0 &&
	       p->env.type == type;
}

static void
reply(struct peer *p, const struct es_envelope *env)
{
	int n = es_envelope_encode(env, p->out, sizeof(p->out));

	if (n <= 0)
		abort();
	es_uplink_input(p->up, es_slice_of(p->out, (size_t)n), p->now_ms);
}

static void
welcome(struct peer *p, uint64_t acked, uint32_t credit)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.acked_seq = acked;
	env.u.welcome.credit_batches = credit;
	env.u.welcome.wall = rig_sec(1);
	reply(p, &env);
}

static void
ack(struct peer *p, uint64_t through)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	memcpy(env.u.ack.epoch, p->epoch, ES_EPOCH_BYTES);
	env.u.ack.through_seq = through;
	reply(p, &env);
}

static void
nack(struct peer *p, enum es_nack_code code, uint32_t retry_ms)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_NACK;
	env.u.nack.code = code;
	env.u.nack.retry_after_ms = retry_ms;
	env.u.nack.reason = es_slice_str("because");
	reply(p, &env);
}

static bool
greet(struct peer *p)
{
	p->closed = 0;
	p->n_wire = p->n_fed = 0;
	es_frame_reader_done(&p->frames);
	es_frame_reader_init(&p->frames, 0);
	es_uplink_up(p->up, p->now_ms);
	if (!got(p, ES_ENV_HELLO))
		return false;
	memcpy(p->epoch, p->env.u.hello.epoch, ES_EPOCH_BYTES);
	return p->env.u.hello.next_seq == es_spool_next_seq(p->spool.spool);
}

static bool
open_batch(struct peer *p)
{
	return got(p, ES_ENV_BATCH) && memcmp(p->env.u.batch.epoch, p->epoch, 16) == 0 &&
	       es_batch_open(&p->env.u.batch, &p->alloc, each_record, p, NULL) > 0;
}

TEST(uplink_sends_all_and_moves_the_cursor_by_acks_only)
{
	struct peer *p = peer_new(100);
	int i;

	CHECK(greet(p));
	CHECK(!got(p, ES_ENV_BATCH)); /* nothing before the Welcome */
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	CHECK_EQ(p->opened_seq, 100);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	ack(p, 100);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 100);
	CHECK(es_uplink_is_drained(p->up));
	append(p, 3);
	CHECK(!es_uplink_is_drained(p->up));
	es_uplink_pump(p->up, p->now_ms);
	CHECK(open_batch(p));
	ack(p, 103);
	for (i = 1; i <= 103; i++)
		CHECK_EQ(p->seen[i], 1);
	CHECK_EQ(p->closed, 0);
	peer_free(p);
}

TEST(uplink_stays_within_credit)
{
	struct peer *p = peer_new(1);

	CHECK(greet(p));
	welcome(p, 0, 2);
	append(p, 1);
	es_uplink_pump(p->up, p->now_ms);
	append(p, 1);
	es_uplink_pump(p->up, p->now_ms);
	CHECK(open_batch(p));
	CHECK(open_batch(p));
	CHECK(!open_batch(p)); /* two are on the way */
	CHECK_EQ(p->opened_seq, 2);
	ack(p, 1);
	CHECK(open_batch(p));
	CHECK_EQ(p->opened_seq, 3);
	peer_free(p);
}

TEST(uplink_sends_again_what_was_not_acked)
{
	struct peer *p = peer_new(10);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	es_uplink_down(
	    p->up, p->now_ms, 0); /* the connection breaks; nothing is known of the batch */
	CHECK(greet(p));
	welcome(p, 6, 4); /* the Ack for 1..6 was lost */
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 6);
	CHECK(open_batch(p));
	CHECK_EQ(p->env.u.batch.first_seq, 7);
	CHECK_EQ(p->opened_seq, 10);
	peer_free(p);
}

TEST(uplink_reads_again_when_the_connection_has_no_room)
{
	struct peer *p = peer_new(20);
	int i;

	CHECK(greet(p));
	p->room = 0;
	welcome(p, 0, 4);
	p->room = 10;
	es_uplink_pump(p->up, p->now_ms);
	CHECK(open_batch(p));
	for (i = 1; i <= 20; i++)
		CHECK_EQ(p->seen[i], 1);
	peer_free(p);
}

TEST(uplink_takes_a_new_epoch_when_the_collector_knows_more)
{
	struct peer *p = peer_new(5);
	uint8_t before[ES_EPOCH_BYTES];
	int i;

	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	welcome(p, 6, 4); /* this spool came from an old image */
	CHECK_EQ(p->closed, 1);
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	for (i = 1; i <= 5; i++)
		CHECK_EQ(p->seen[i], 1); /* none is hidden */
	ack(p, 5);
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	nack(p, ES_NACK_EPOCH, 0); /* the other way to say it */
	CHECK_EQ(p->closed, 1);
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	peer_free(p);
}

TEST(uplink_waits_as_long_as_a_nack_asks)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	nack(p, ES_NACK_DISK, 5000);
	CHECK_EQ(p->closed, 0);
	es_uplink_pump(p->up, p->now_ms + 4999);
	CHECK(!open_batch(p));
	CHECK_EQ(es_uplink_next_ms(p->up), p->now_ms + 5000);
	es_uplink_tick(p->up, p->now_ms + 5000);
	CHECK(open_batch(p));
	CHECK_EQ(p->env.u.batch.first_seq, 1);
	nack(p, ES_NACK_DISABLED, 60000);
	CHECK_EQ(p->closed, 1);
	CHECK(strstr(p->why, "because") != NULL);
	CHECK(es_uplink_down(p->up, p->now_ms, 0) >= p->now_ms + 60000);
	peer_free(p);
}

/* The collector says it cannot write and hangs up: coming back at once would be all it asked not to. */
TEST(uplink_keeps_the_wait_a_nack_asked_for_after_the_connection_ended)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	nack(p, ES_NACK_DISK, 5000);
	CHECK(es_uplink_down(p->up, p->now_ms, 0) >= p->now_ms + 5000);
	peer_free(p);
}

/* The old image got so many new records that its next number is above what the collector has. */
TEST(uplink_takes_a_new_epoch_when_the_collector_has_what_was_never_sent)
{
	struct peer *p = peer_new(5);
	uint8_t before[ES_EPOCH_BYTES];
	int i;

	append(p, 10);
	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	welcome(p, 8, 4); /* 6 to 8 are not those of this spool */
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	for (i = 1; i <= 15; i++)
		CHECK_EQ(p->seen[i], 1); /* none is hidden */
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 12, 4); /* sent, stored, and the ack was lost */
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 12);
	peer_free(p);
}

TEST(uplink_hangs_up_on_silence)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	CHECK_EQ(es_uplink_next_ms(p->up), p->now_ms + ES_UPLINK_WELCOME_MS);
	es_uplink_tick(p->up, p->now_ms + ES_UPLINK_WELCOME_MS - 1);
	CHECK_EQ(p->closed, 0);
	es_uplink_tick(p->up, p->now_ms + ES_UPLINK_WELCOME_MS);
	CHECK_EQ(p->closed, 1);
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 4);
	es_uplink_tick(p->up, p->now_ms + ES_UPLINK_ACK_MS - 1);
	CHECK_EQ(p->closed, 0);
	es_uplink_tick(p->up, p->now_ms + ES_UPLINK_ACK_MS);
	CHECK_EQ(p->closed, 1);
	peer_free(p);
}

TEST(uplink_refuses_an_ack_for_what_was_not_sent)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	welcome(p, 0, 4);
	append(p, 5);
	ack(p, 9);
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	es_uplink_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 4);
	p->epoch[0] ^= 1;
	ack(p, 5);
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	peer_free(p);
}

TEST(uplink_backs_off_until_an_ack)
{
	struct peer *p = peer_new(5);
	int64_t at = 0;
	int i;

	for (i = 0; i < 20; i++)
		at = es_uplink_down(p->up, p->now_ms, ES_BACKOFF_CAP_MS);
	CHECK(at - p->now_ms > 250000);
	CHECK(at - p->now_ms <= ES_BACKOFF_CAP_MS);
	CHECK(greet(p));
	welcome(p, 0, 4);
	at = es_uplink_down(p->up, p->now_ms, ES_BACKOFF_CAP_MS); /* connected, never acked */
	CHECK(at - p->now_ms > 250000);
	CHECK(greet(p));
	welcome(p, 0, 4);
	ack(p, 5);
	at = es_uplink_down(p->up, p->now_ms, ES_BACKOFF_CAP_MS);
	CHECK(at - p->now_ms <= 1000);
	peer_free(p);
}

/* One poisoned record must not hold up the others. */
TEST(uplink_passes_over_what_the_collector_cannot_read)
{
	struct peer *p = peer_new(6);
	int rounds;
	uint64_t last;

	for (rounds = 0; rounds < 40 && !es_uplink_is_drained(p->up); rounds++) {
		CHECK(greet(p));
		welcome(p, es_spool_acked_seq(p->spool.spool), 1);
		while (!p->closed && got(p, ES_ENV_BATCH)) {
			last = p->env.u.batch.last_seq;
			if (p->env.u.batch.first_seq <= 3 && last >= 3)
				nack(p, ES_NACK_MALFORMED, 0);
			else
				ack(p, last);
		}
		es_uplink_down(p->up, p->now_ms, 0);
	}
	CHECK(es_uplink_is_drained(p->up));
	CHECK_EQ(p->refused, 1);
	peer_free(p);
}

TEST(uplink_bears_any_bytes)
{
	struct peer *p = peer_new(2);
	struct es_envelope env;
	int n, bit;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.credit_batches = 3;
	env.u.welcome.wall = rig_sec(1);
	n = es_envelope_encode(&env, p->out, sizeof(p->out));
	CHECK(n > 0);
	for (bit = 0; bit < n * 8; bit++) {
		uint8_t copy[256];

		CHECK(greet(p));
		memcpy(copy, p->out, (size_t)n);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		es_uplink_input(p->up, test_guarded(copy, (size_t)n), p->now_ms);
		es_uplink_down(p->up, p->now_ms, 0);
	}
	for (bit = 0; bit <= n; bit++) { /* cut anywhere, the rest follows */
		CHECK(greet(p));
		es_uplink_input(p->up, test_guarded(p->out, (size_t)bit), p->now_ms);
		es_uplink_input(p->up, test_guarded(p->out + bit, (size_t)(n - bit)), p->now_ms);
		CHECK_EQ(es_uplink_stats(p->up).state, ES_UPLINK_READY);
		es_uplink_down(p->up, p->now_ms, 0);
	}
	peer_free(p);
}
