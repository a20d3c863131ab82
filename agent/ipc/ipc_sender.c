/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's half of IPC: a ring of records not yet acked. */
#include "agent/ipc/ipc_sender.h"

#include "proto/encode.h"
#include "proto/ipc.h"

#include <stdlib.h>
#include <string.h>

struct held {
	uint32_t offset; /* in the ring; records do not wrap */
	uint32_t n_bytes;
	bool urgent;
};

struct es_ipc_sender {
	struct es_ipc_sender_config cfg;
	uint8_t *ring;
	size_t head; /* where the next record goes */
	struct held *held;
	uint64_t first;  /* lowest number held */
	uint64_t next;   /* number the next record gets */
	uint64_t unsent; /* first..unsent-1 were sent on this link */
	uint32_t calls_up;
	bool calls_due;
	bool bye;
	bool bye_due;
	uint64_t dropped;
	struct es_loss loss; /* not yet reported; count 0: none */
	uint8_t datagram[ES_IPC_MAX_BYTES];
};

static struct held *
slot(const struct es_ipc_sender *s, uint64_t number)
{
	return &s->held[number % ES_IPC_RECORDS_MAX];
}

/* A place for n bytes in one piece, or SIZE_MAX. The ring is used from the oldest record to head. */
static size_t
place_for(const struct es_ipc_sender *s, size_t n)
{
	size_t cap = s->cfg.ring_bytes, tail;

	if (s->next - s->first == ES_IPC_RECORDS_MAX)
		return SIZE_MAX;
	if (s->next == s->first)
		return n <= cap ? 0 : SIZE_MAX;
	tail = slot(s, s->first)->offset;
	if (s->head > tail) {
		if (cap - s->head >= n)
			return s->head;
		return tail > n ? 0 : SIZE_MAX; /* > keeps head from meeting tail */
	}
	return tail - s->head > n ? s->head : SIZE_MAX;
}

static bool
hold(struct es_ipc_sender *s, es_slice bytes, bool urgent)
{
	size_t at = place_for(s, bytes.n);
	struct held *h = slot(s, s->next);

	if (at == SIZE_MAX)
		return false;
	memcpy(s->ring + at, bytes.p, bytes.n);
	h->offset = (uint32_t)at;
	h->n_bytes = (uint32_t)bytes.n;
	h->urgent = urgent;
	s->head = at + bytes.n;
	s->next++;
	return true;
}

static void
note_loss(struct es_ipc_sender *s, es_time at)
{
	if (s->loss.count == 0) {
		s->loss.reason = ES_LOSS_MEMORY;
		s->loss.from = at;
	}
	s->loss.to = at;
	s->loss.count++;
	s->dropped++;
}

/* There is room again: what is missing is reported first. */
static bool
report_loss(struct es_ipc_sender *s)
{
	struct es_record rec = { .type = ES_REC_LOSS, .at = s->loss.to, .u.loss = s->loss };
	uint8_t bytes[512];
	int n;

	if (s->loss.count == 0)
		return true;
	n = es_record_encode(&rec, bytes, sizeof(bytes));
	if (n < 0 || !hold(s, es_slice_of(bytes, (size_t)n), true))
		return false;
	s->loss.count = 0;
	return true;
}

void
es_ipc_sender_record(struct es_ipc_sender *s, es_slice bytes, bool urgent, es_time at)
{
	if (bytes.n == 0 || bytes.n > ES_IPC_MAX_BYTES - ES_IPC_HEADER_BYTES || !report_loss(s) ||
	    !hold(s, bytes, urgent)) {
		note_loss(s, at);
		return;
	}
	(void)es_ipc_sender_pump(s); /* what does not go now goes when the link is ready */
}

void
es_ipc_sender_calls(struct es_ipc_sender *s, uint32_t n_up)
{
	if (n_up == s->calls_up)
		return;
	s->calls_up = n_up;
	s->calls_due = true;
	(void)es_ipc_sender_pump(s); /* as above */
}

void
es_ipc_sender_bye(struct es_ipc_sender *s)
{
	s->bye = s->bye_due = true;
	(void)es_ipc_sender_pump(s); /* as above */
}

static int
send_one(struct es_ipc_sender *s, enum es_ipc_type type, uint64_t number, const struct held *h)
{
	struct es_ipc_message msg = { type, false, s->cfg.run, number, es_slice_of(NULL, 0) };
	int n;

	if (h != NULL) {
		msg.urgent = h->urgent;
		msg.bytes = es_slice_of(s->ring + h->offset, h->n_bytes);
	}
	n = es_ipc_encode(&msg, s->datagram, sizeof(s->datagram));
	return n < 0 ? n : s->cfg.send(s->cfg.ctx, es_slice_of(s->datagram, (size_t)n));
}

int
es_ipc_sender_pump(struct es_ipc_sender *s)
{
	int err;

	if (s->calls_due) {
		err = send_one(s, ES_IPC_CALLS, s->calls_up, NULL);
		if (err != 0)
			return err;
		s->calls_due = false;
	}
	(void)report_loss(s); /* no room: later */
	for (; s->unsent < s->next; s->unsent++) {
		err = send_one(s, ES_IPC_RECORD, s->unsent, slot(s, s->unsent));
		if (err != 0)
			return err;
	}
	if (s->bye_due && s->loss.count == 0) {
		err = send_one(s, ES_IPC_BYE, s->next - 1, NULL);
		if (err != 0)
			return err;
		s->bye_due = false;
	}
	return 0;
}

static void
forget_through(struct es_ipc_sender *s, uint64_t number)
{
	if (number >= s->next)
		return; /* a number we never gave */
	if (number >= s->first)
		s->first = number + 1;
	if (s->unsent < s->first)
		s->unsent = s->first;
}

int
es_ipc_sender_input(struct es_ipc_sender *s, es_slice datagram)
{
	struct es_ipc_message msg;
	int err = es_ipc_decode(datagram, &msg);

	if (err != 0)
		return err;
	if (msg.type == ES_IPC_ACK && msg.run == s->cfg.run) {
		forget_through(s, msg.number);
	} else if (msg.type == ES_IPC_HELLO) {
		if (msg.run == s->cfg.run)
			forget_through(s, msg.number);
		s->unsent = s->first;
		s->calls_due = true;
		s->bye_due = s->bye;
	} else {
		return msg.type == ES_IPC_ACK ? 0 : ES_EMALFORMED;
	}
	(void)es_ipc_sender_pump(s); /* as above */
	return 0;
}

void
es_ipc_sender_linked(struct es_ipc_sender *s)
{
	s->calls_due = true;
	s->unsent = s->next; /* the coming HELLO has the place to send from */
}

bool
es_ipc_sender_is_done(const struct es_ipc_sender *s)
{
	return s->first == s->next && s->loss.count == 0 && s->bye && !s->bye_due;
}

bool
es_ipc_sender_is_half_full(const struct es_ipc_sender *s)
{
	size_t tail, used;

	if (s->first == s->next)
		return false;
	tail = slot(s, s->first)->offset;
	used = s->head > tail ? s->head - tail : s->cfg.ring_bytes - (tail - s->head);
	return used > s->cfg.ring_bytes / 2 || s->next - s->first > ES_IPC_RECORDS_MAX / 2;
}

uint64_t
es_ipc_sender_dropped(const struct es_ipc_sender *s)
{
	return s->dropped;
}

int
es_ipc_sender_new(const struct es_ipc_sender_config *cfg, struct es_ipc_sender **out)
{
	struct es_ipc_sender *s;

	if (cfg->run == 0 || cfg->ring_bytes == 0 || cfg->ring_bytes > UINT32_MAX)
		return ES_EINVALID;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ES_ENOMEM;
	s->cfg = *cfg;
	s->first = s->next = s->unsent = 1;
	s->ring = malloc(cfg->ring_bytes);
	s->held = calloc(ES_IPC_RECORDS_MAX, sizeof(*s->held));
	if (s->ring == NULL || s->held == NULL) {
		es_ipc_sender_free(s);
		return ES_ENOMEM;
	}
	*out = s;
	return 0;
}

void
es_ipc_sender_free(struct es_ipc_sender *s)
{
	if (s == NULL)
		return;
	free(s->ring);
	free(s->held);
	free(s);
}
