/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper's half of IPC: each record once and in order. */
#include "agent/ipc/ipc_receiver.h"

#include "proto/ipc.h"

void
es_ipc_receiver_init(
    struct es_ipc_receiver *r, const struct es_ipc_receiver_config *cfg, struct es_ipc_pair last)
{
	*r = (struct es_ipc_receiver){
		.cfg = *cfg, .send_ctx = cfg->ctx, .last = last, .run = last.run
	};
}

static void
send_pair(struct es_ipc_receiver *r, enum es_ipc_type type)
{
	struct es_ipc_message msg = { type, false, r->last.run, r->last.number,
		es_slice_of(NULL, 0) };
	uint8_t bytes[64];
	int n = es_ipc_encode(&msg, bytes, sizeof(bytes));

	/* A lost one is made good by the next: acks are cumulative, hellos are repeated. */
	if (n > 0)
		(void)r->cfg.send(r->send_ctx, es_slice_of(bytes, (size_t)n));
}

void
es_ipc_receiver_hello(struct es_ipc_receiver *r, int64_t now_ms)
{
	r->next_hello_ms = now_ms + ES_IPC_HELLO_EVERY_MS;
	r->hellos++;
	r->stuck = false;
	send_pair(r, ES_IPC_HELLO);
}

/* Numbers are missing before this one. True: they will not come any more. */
static bool
is_given_up(struct es_ipc_receiver *r, uint64_t number)
{
	if (r->lowest_refused == 0 || number < r->lowest_refused)
		r->lowest_refused = number;
	return r->hellos >= ES_IPC_GIVE_UP_HELLOS && number == r->lowest_refused;
}

static void
take_run(struct es_ipc_receiver *r, uint64_t run)
{
	if (run == r->run)
		return;
	r->run = run;
	r->said_bye = false;
	r->lowest_refused = 0;
	r->hellos = 0;
	r->next_hello_ms = 0;
	r->cfg.new_run(r->cfg.ctx, run);
}

static void
take_record(struct es_ipc_receiver *r, const struct es_ipc_message *msg)
{
	struct es_ipc_pair pair = { msg->run, msg->number };
	uint64_t expected = msg->run == r->last.run ? r->last.number + 1 : 1;

	if (msg->number < expected) {
		r->ack_due = true; /* a copy: the ACK for it may have been lost */
		return;
	}
	if (msg->number > expected && !is_given_up(r, msg->number))
		return;
	if (r->stuck)
		return; /* in order: the refused one comes first again */
	if (r->cfg.record(r->cfg.ctx, pair, msg->bytes, msg->urgent) != 0) {
		r->stuck = true;
		return;
	}
	if (msg->number > expected) /* reported once: a refused record comes again */
		r->cfg.missing(r->cfg.ctx, msg->number - expected);
	r->last = pair;
	r->lowest_refused = 0;
	r->hellos = 0;
	r->ack_due = true;
}

void
es_ipc_receiver_input(struct es_ipc_receiver *r, es_slice datagram)
{
	struct es_ipc_message msg;

	if (es_ipc_decode(datagram, &msg) != 0 || msg.run == 0) {
		r->malformed++;
		return;
	}
	switch (msg.type) {
	case ES_IPC_RECORD:
		take_run(r, msg.run);
		take_record(r, &msg);
		break;
	case ES_IPC_CALLS:
		take_run(r, msg.run);
		r->cfg.calls(
		    r->cfg.ctx, msg.number > UINT32_MAX ? UINT32_MAX : (uint32_t)msg.number);
		break;
	case ES_IPC_BYE:
		take_run(r, msg.run);
		if (msg.number == (msg.run == r->last.run ? r->last.number : 0) && !r->said_bye) {
			r->said_bye = true;
			r->cfg.bye(r->cfg.ctx);
		}
		break;
	default:
		r->malformed++;
	}
}

bool
es_ipc_receiver_wants_time(const struct es_ipc_receiver *r)
{
	return r->stuck || r->lowest_refused != 0;
}

void
es_ipc_receiver_settle(struct es_ipc_receiver *r, int64_t now_ms)
{
	if (es_ipc_receiver_wants_time(r) && now_ms >= r->next_hello_ms)
		es_ipc_receiver_hello(r, now_ms);
	if (!r->ack_due)
		return;
	r->ack_due = false;
	send_pair(r, ES_IPC_ACK);
}
