/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of TLS whose keys may still come: who logs keys writes them when the handshake ends, and
 * by then packets that need them were captured. Their segments are held, in order and with their times,
 * and taken when the keys are there, as if they came only now. What is held is encrypted.
 */
#include "probes/base/text.h"
#include "probes/reassembly/tcp_private.h"

static struct es_tls_held *
held_at(const struct es_tcps *t, uint32_t index)
{
	return es_pool_at(&t->held, index);
}

int
es_tcp_wait(struct es_tcps *t, const struct es_tcp_stream *s, es_time at)
{
	struct es_tls_connection *c = es_tcp_tls_at(t, s->tls);

	if (!c->is_late)
		c->late_since = at;
	c->is_late = true;
	if (!c->has_waited)
		es_context_count(t->c, ES_CNT_TLS_WAITED);
	c->has_waited = true;
	if (c->is_waiting)
		return ES_EAGAIN;
	c->is_waiting = true;
	c->stopped_at = at;
	c->from = s->src;
	c->to = s->dst;
	t->n_waiting++;
	return ES_EAGAIN;
}

static void
stop_waiting(struct es_tcps *t, struct es_tls_connection *c)
{
	t->n_waiting -= c->is_waiting ? 1u : 0u;
	c->is_waiting = false;
}

static void
give_back(struct es_tcps *t, uint32_t index)
{
	memset(held_at(t, index), 0, sizeof(struct es_tls_held));
	es_pool_give(&t->held, index);
}

void
es_tcp_wait_over(struct es_tcps *t, uint32_t connection)
{
	struct es_tls_connection *c = es_tcp_tls_at(t, connection);

	stop_waiting(t, c);
	while (c->held != ES_POOL_NONE) {
		uint32_t index = c->held;

		c->held = held_at(t, index)->next;
		give_back(t, index);
	}
	c->n_held = 0;
}

/* The direction that stopped for want of keys: it is there, for its end waits as well. */
static uint32_t
stopped(const struct es_tcps *t, uint32_t connection)
{
	const struct es_tls_connection *c = es_tcp_tls_at(t, connection);

	return es_tcp_find(t, &c->from, &c->to);
}

/* The keys will not come. */
static void
give_up(struct es_tcps *t, uint32_t connection)
{
	es_time at = es_tcp_tls_at(t, connection)->stopped_at;
	uint32_t i = stopped(t, connection);

	es_tcp_tls_refuse(t, es_tcp_at(t, i), ES_CNT_TLS_NO_KEY);
	es_tcp_resume(t, i, at); /* its bytes are passed over */
}

/* The connection of a direction, if it waits for keys; else ES_POOL_NONE. */
static uint32_t
waiting_of(const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t i = es_tcp_find(t, src, dst), connection;

	connection = i != ES_POOL_NONE ? es_tcp_at(t, i)->tls : ES_POOL_NONE;
	if (connection == ES_POOL_NONE || !es_tcp_tls_at(t, connection)->is_waiting)
		return ES_POOL_NONE;
	return connection;
}

static void
append(const struct es_tcps *t, uint32_t connection, uint32_t index)
{
	struct es_tls_connection *c = es_tcp_tls_at(t, connection);

	held_at(t, index)->next = ES_POOL_NONE;
	if (c->held == ES_POOL_NONE)
		c->held = index;
	else
		held_at(t, c->held_last)->next = index;
	c->held_last = index;
	c->n_held++;
}

/* Takes what was held; it waits on where keys are wanted again, of this connection or the next one. */
static void
replay(struct es_tcps *t, uint32_t index)
{
	while (index != ES_POOL_NONE) {
		const struct es_tls_held *h = held_at(t, index);
		uint32_t next = h->next, connection = waiting_of(t, &h->src, &h->dst);
		struct es_tcp seg = { .seq = h->seq,
			.flags = h->flags,
			.payload = es_slice_of(h->bytes, h->n),
			.payload_wire_bytes = h->wire_bytes };

		if (connection != ES_POOL_NONE) {
			append(t, connection, index);
		} else {
			es_tcp_take_segment(t, &h->src, &h->dst, &seg, h->at);
			give_back(t, index);
		}
		index = next;
	}
}

/* Requests the keys once more. */
static void
try(struct es_tcps *t, uint32_t connection)
{
	struct es_tls_connection *c = es_tcp_tls_at(t, connection);
	uint32_t i = stopped(t, connection), held = c->held;

	stop_waiting(t, c);
	c->held = ES_POOL_NONE;
	c->n_held = 0;
	es_tcp_resume(t, i, c->stopped_at);
	replay(t, held);
}

static bool
is_over(const struct es_tls_connection *c, es_time at)
{
	return es_time_diff(at, c->late_since) > ES_TLS_KEY_WAIT_MS * ES_NS_PER_MS;
}

static bool
is_waiting(const struct es_tcps *t, uint32_t connection)
{
	return es_pool_is_used(&t->connections, connection) &&
	       es_tcp_tls_at(t, connection)->is_waiting;
}

/* From this one on. */
static uint32_t
next_waiting(const struct es_tcps *t, uint32_t from)
{
	uint32_t i = t->n_waiting > 0 ? es_pool_next(&t->connections, from) : ES_POOL_NONE;

	while (i != ES_POOL_NONE && !es_tcp_tls_at(t, i)->is_waiting)
		i = es_pool_next(&t->connections, i + 1);
	return i;
}

/* Room for one more piece, that of whoever waits longest if need be; ES_POOL_NONE: it was this one. */
static uint32_t
make_room(struct es_tcps *t, uint32_t connection)
{
	uint32_t index = es_pool_take(&t->held), oldest = connection;

	if (index != ES_POOL_NONE)
		return index;
	for (uint32_t i = next_waiting(t, 0); i != ES_POOL_NONE; i = next_waiting(t, i + 1))
		if (es_tcp_tls_at(t, i)->held != ES_POOL_NONE &&
		    es_time_before(
			es_tcp_tls_at(t, i)->late_since, es_tcp_tls_at(t, oldest)->late_since))
			oldest = i;
	give_up(t, oldest);
	return oldest == connection ? ES_POOL_NONE : es_pool_take(&t->held);
}

/* Puts a piece behind the others. False: there is no room, and the connection was given up. */
static bool
hold(struct es_tcps *t, uint32_t connection, const struct es_tls_held *piece, es_slice bytes)
{
	uint32_t index = ES_POOL_NONE;
	struct es_tls_held *h;

	if (es_tcp_tls_at(t, connection)->n_held < ES_TLS_HELD_PIECES)
		index = make_room(t, connection);
	else
		give_up(t, connection);
	if (index == ES_POOL_NONE)
		return false;
	h = held_at(t, index);
	h->at = piece->at;
	h->src = piece->src;
	h->dst = piece->dst;
	h->seq = piece->seq;
	h->flags = piece->flags;
	h->wire_bytes = piece->wire_bytes;
	h->n = (uint16_t)bytes.n;
	if (bytes.n > 0)
		memcpy(h->bytes, bytes.p, bytes.n);
	append(t, connection, index);
	return true;
}

/* A segment in pieces: a SYN is of the first one, the end and what the capture cut off of the last. */
static bool
hold_segment(struct es_tcps *t, uint32_t connection, const struct es_addr *src,
    const struct es_addr *dst, const struct es_tcp *seg, es_time at)
{
	const uint8_t syn = seg->flags & ES_TCP_SYN;
	struct es_tls_held piece = { .at = at, .src = *src, .dst = *dst, .seq = seg->seq };
	es_slice left = seg->payload;
	uint32_t wire_left = seg->payload_wire_bytes;

	piece.flags = syn;
	while (left.n > ES_TLS_HELD_BYTES) {
		piece.wire_bytes = ES_TLS_HELD_BYTES;
		if (!hold(t, connection, &piece, es_text_first(left, ES_TLS_HELD_BYTES)))
			return false;
		left = es_text_from(left, ES_TLS_HELD_BYTES);
		wire_left -= ES_TLS_HELD_BYTES;
		piece.seq += ES_TLS_HELD_BYTES + (piece.flags != 0 ? 1u : 0u);
		piece.flags = 0;
	}
	piece.flags |= (uint8_t)(seg->flags & ~(ES_TCP_SYN | ES_TCP_ACK));
	piece.wire_bytes = wire_left;
	return hold(t, connection, &piece, left);
}

bool
es_tcp_wait_holds(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at)
{
	uint32_t connection = waiting_of(t, src, dst);
	struct es_tcp_stream *s;

	if (connection == ES_POOL_NONE)
		return false;
	s = es_tcp_at(t, es_tcp_find(t, src, dst));
	s->seen_at = es_time_max(s->seen_at, at);
	if (seg->payload_wire_bytes == 0 &&
	    (seg->flags & (ES_TCP_SYN | ES_TCP_FIN | ES_TCP_RST)) == 0)
		return true; /* nothing to take */
	try(t, connection);
	connection = waiting_of(t, src, dst);
	if (connection == ES_POOL_NONE)
		return false;
	if (is_over(es_tcp_tls_at(t, connection), at)) {
		give_up(t, connection);
		return false;
	}
	return hold_segment(t, connection, src, dst, seg, at);
}

void
es_tcp_wait_look(struct es_tcps *t, es_time at)
{
	int64_t until = es_time_diff(t->look_at, at);

	if (until > 0 && until <= ES_TLS_KEY_LOOK_MS * ES_NS_PER_MS)
		return;
	t->look_at = es_time_add(at, ES_TLS_KEY_LOOK_MS * ES_NS_PER_MS);
	for (unsigned n = 0; n < ES_TLS_LOOKS_MAX; n++) {
		uint32_t i = next_waiting(t, t->look_from);

		t->look_from = i == ES_POOL_NONE ? 0 : i + 1;
		if (i == ES_POOL_NONE)
			return;
		try(t, i);
		if (is_waiting(t, i) && is_over(es_tcp_tls_at(t, i), at))
			give_up(t, i);
		if (t->tls_work > ES_TLS_WORK_MAX / 4) {
			t->look_at = at; /* the others with the next packet */
			return;
		}
	}
}

void
es_tcp_wait_flush(struct es_tcps *t)
{
	for (uint32_t i = next_waiting(t, 0); i != ES_POOL_NONE; i = next_waiting(t, i + 1)) {
		try(t, i);
		if (is_waiting(t, i))
			give_up(t, i);
		es_tcp_hurry(t);
	}
}
