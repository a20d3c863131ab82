/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one packet may cost: messages above its share wait, in order, for the packets that follow.
 * Only packets move them on, no ticks, so that the same capture always gives the same.
 */
#include "probes/base/text.h"
#include "probes/reassembly/tcp_private.h"
#include "probes/wire/other/sniff.h"

struct head {
	es_time at;
	uint32_t n;
	uint32_t wire_bytes;
	enum es_transport transport;
	struct es_addr src;
	struct es_addr dst;
};

static bool
is_waiting(const struct es_tcp_later *l)
{
	return l->begin != l->end;
}

static bool
put(struct es_tcp_later *l, const struct head *h, const uint8_t *message)
{
	size_t n = sizeof(*h) + h->n;

	if (n > ES_TCP_LATER_BYTES - (l->end - l->begin))
		return false;
	if (n > ES_TCP_LATER_BYTES - l->end) {
		memmove(l->bytes, l->bytes + l->begin, l->end - l->begin);
		l->end -= l->begin;
		l->begin = 0;
	}
	memcpy(l->bytes + l->end, h, sizeof(*h));
	memcpy(l->bytes + l->end + sizeof(*h), message, h->n);
	l->end += (uint32_t)n;
	return true;
}

enum { CHANNEL_HEAD_BYTES = 4 };

/* Of RTP the header is read, of the rest all. */
static uint32_t
cost_of(enum es_transport transport, es_slice message)
{
	es_slice media = message;

	if (transport != ES_TRANSPORT_UDP)
		return ES_TCP_MESSAGE_COST;
	if (message.n > 0 && message.p[0] >> 6 == 1)
		media = es_text_from(message, CHANNEL_HEAD_BYTES);
	if (es_sniff(media, (uint32_t)media.n) == ES_SHAPE_RTP)
		return ES_TCP_DATAGRAM_COST;
	return ES_TCP_DATAGRAM_COST + (uint32_t)(message.n / ES_TCP_COST_BYTES);
}

static void
hand_out_next(struct es_tcps *t)
{
	struct es_tcp_later *l = &t->later;
	const uint8_t *message = l->bytes + l->begin + sizeof(struct head);
	struct head h;

	memcpy(&h, l->bytes + l->begin, sizeof(h));
	t->cost += cost_of(h.transport, es_slice_of(message, h.n));
	t->message(
	    t->ctx, h.transport, &h.src, &h.dst, es_slice_of(message, h.n), h.wire_bytes, h.at);
	l->begin += (uint32_t)sizeof(h) + h.n;
	if (!is_waiting(l))
		l->begin = l->end = 0;
}

void
es_tcps_hand_out_waiting(struct es_tcps *t, es_time at)
{
	t->cost = 0;
	t->tls_work = 0;
	while (is_waiting(&t->later) && t->cost < ES_TCP_COST_MAX)
		hand_out_next(t);
	if (t->plain == NULL)
		return;
	es_tcps_go_on(t->plain, at);
	if (t->n_waiting > 0)
		es_tcp_wait_look(t, at);
}

void
es_tcp_hurry(struct es_tcps *t)
{
	while (is_waiting(&t->later))
		hand_out_next(t);
	t->cost = 0;
	t->tls_work = 0;
	if (t->plain != NULL)
		es_tcp_hurry(t->plain);
}

void
es_tcp_hand_out(struct es_tcps *t, const struct es_tcp_stream *s, enum es_transport transport,
    es_slice message, uint32_t wire_bytes, es_time at)
{
	struct head h = {
		.at = at,
		.n = (uint32_t)message.n, /* within ES_TCP_BUFFER_BYTES or a segment */
		.wire_bytes = wire_bytes,
		.transport = transport,
		.src = s->src,
		.dst = s->dst,
	};

	if (t->cost < ES_TCP_COST_MAX && !is_waiting(&t->later)) {
		t->cost += cost_of(transport, message);
		t->message(t->ctx, transport, &s->src, &s->dst, message, wire_bytes, at);
	} else if (!put(&t->later, &h, message.p)) {
		es_context_count(t->c, ES_CNT_TCP_MESSAGES_LEFT);
	}
}
