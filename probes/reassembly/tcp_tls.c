/* SPDX-License-Identifier: Apache-2.0 */
/* Records of TLS where the keys are at hand: the handshake followed, what it protects handed on. */
#include "probes/reassembly/tcp_private.h"

#include "probes/wire/other/tls_record.h"

static struct es_tls_connection *
connection_of(const struct es_tcps *t, const struct es_tcp_stream *s)
{
	return es_tcp_tls_at(t, s->tls);
}

static struct es_tls_end *
end_of(const struct es_tcps *t, const struct es_tcp_stream *s)
{
	return &connection_of(t, s)->end[s->is_server ? 1 : 0];
}

/* One reason per connection: the first one. */
static void
count_once(struct es_tcps *t, struct es_tls_connection *c, enum es_counter why)
{
	if (!c->is_counted)
		es_context_count(t->c, why);
	c->is_counted = true;
}

static void
forget(struct es_tcps *t, uint32_t index)
{
	struct es_tls_connection *c = es_tcp_tls_at(t, index);

	if (c->is_waiting)
		count_once(t, c, ES_CNT_TLS_NO_KEY);
	es_tcp_wait_over(t, index);
	if (c->is_open)
		t->opener.close(t->opener.ctx, c->id);
	else if (c->end[0].is_waiting || c->end[1].is_waiting)
		count_once(t, c, ES_CNT_TLS_HOLES); /* the hello it waited for never came */
	es_pool_give(&t->connections, index);
}

void
es_tcp_tls_leave(struct es_tcps *t, struct es_tcp_stream *s)
{
	uint32_t index = s->tls, plain;
	struct es_tls_connection *c;

	if (index == ES_POOL_NONE)
		return;
	c = connection_of(t, s);
	end_of(t, s)->is_followed = false;
	s->is_refused = c->is_counted;
	s->tls = ES_POOL_NONE;
	es_tcp_rank(t, es_tcp_find(t, &s->src, &s->dst)); /* no better than any other TLS now */
	plain = es_tcp_find(t->plain, &s->src, &s->dst);
	if (plain != ES_POOL_NONE)
		es_tcp_drop(t->plain, plain);
	if (!c->end[0].is_followed && !c->end[1].is_followed) {
		forget(t, index);
		return;
	}
	c->from = s->dst; /* where it waits for keys, now the other direction does */
	c->to = s->src;
}

/* This direction is passed over from here on. */
static void
end_with(struct es_tcps *t, struct es_tcp_stream *s, enum es_counter why)
{
	if (s->tls == ES_POOL_NONE)
		return;
	count_once(t, connection_of(t, s), why);
	es_tcp_tls_leave(t, s);
}

void
es_tcp_tls_hole(struct es_tcps *t, struct es_tcp_stream *s)
{
	end_with(t, s, ES_CNT_TLS_HOLES);
}

void
es_tcp_tls_free(struct es_tcps *t)
{
	for (uint32_t i = es_pool_next(&t->connections, 0); i != ES_POOL_NONE;
	     i = es_pool_next(&t->connections, i + 1)) {
		const struct es_tls_connection *c = es_tcp_tls_at(t, i);

		if (c->is_open)
			t->opener.close(t->opener.ctx, c->id);
	}
}

/* What the other direction waited for has come, or never will. */
static void
wake(struct es_tcps *t, const struct es_tcp_stream *s)
{
	t->woken_src = s->dst;
	t->woken_dst = s->src;
	t->has_woken = true;
}

/* Both directions are passed over from here on. */
static void
end_both(struct es_tcps *t, struct es_tcp_stream *s, enum es_counter why)
{
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);

	if (other != ES_POOL_NONE && es_tcp_at(t, other)->tls == s->tls && es_tcp_at(t, other) != s)
		end_with(t, es_tcp_at(t, other), why);
	end_with(t, s, why);
}

void
es_tcp_tls_refuse(struct es_tcps *t, struct es_tcp_stream *s, enum es_counter why)
{
	end_both(t, s, why);
	wake(t, s); /* what it kept waiting goes */
}

/* Half a connection is worth nothing: the other direction is then the next to go. */
void
es_tcp_tls_evicted(struct es_tcps *t, struct es_tcp_stream *s)
{
	bool is_waiting = s->tls != ES_POOL_NONE && connection_of(t, s)->is_waiting;

	end_both(t, s, is_waiting ? ES_CNT_TLS_NO_KEY : ES_CNT_TLS_LEFT);
}

static int
wait(struct es_tcps *t, const struct es_tcp_stream *s)
{
	end_of(t, s)->is_waiting = true;
	return ES_EAGAIN;
}

/* As many as streams: there is one. */
static uint32_t
make_connection(struct es_tcps *t)
{
	uint32_t index = es_pool_take(&t->connections);

	es_tcp_tls_at(t, index)->held = es_tcp_tls_at(t, index)->held_last = ES_POOL_NONE;
	return index;
}

void
es_tcp_tls_join(struct es_tcps *t, uint32_t index, bool is_server)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);
	struct es_tls_end *end;

	if (other != ES_POOL_NONE)
		s->tls = es_tcp_at(t, other)->tls;
	s->is_server = is_server;
	if (s->tls == ES_POOL_NONE || end_of(t, s)->has_joined)
		s->tls = make_connection(t);
	end = end_of(t, s);
	end->has_joined = true;
	end->is_followed = true;
}

/*
 * Requests the keys of what both hellos agreed on, when they are first needed. 0, ES_EAGAIN if they may still
 * come; any other error: refused.
 */
static int
open_connection(struct es_tcps *t, uint32_t index)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_tls_connection *c = connection_of(t, s);
	uint32_t other = es_tcp_find(t, &s->dst, &s->src);
	int err;

	if (c->is_open)
		return 0;
	err = t->opener.open(t->opener.ctx, &c->hellos, &c->id);
	if (err == ES_EAGAIN)
		return err;
	if (err != 0) {
		es_tcp_tls_refuse(t, s,
		    err == ES_ENOTFOUND      ? ES_CNT_TLS_NO_KEY
		    : err == ES_EUNSUPPORTED ? ES_CNT_TLS_UNSUPPORTED
					     : ES_CNT_TLS_LEFT);
		return err;
	}
	if (c->is_late)
		wake(t, s);
	c->is_open = true;
	c->is_late = false;
	es_context_count(t->c, ES_CNT_TLS_OPENED);
	es_tcp_rank(t, index);
	if (other != ES_POOL_NONE)
		es_tcp_rank(t, other);
	return 0;
}

/* False: more than a packet may cost. */
static bool
spend(struct es_tcps *t, uint32_t work)
{
	t->tls_work += work;
	return t->tls_work <= ES_TLS_WORK_MAX;
}

/* From the next record on the direction has these keys. 0, ES_EAGAIN: they may come, else refused. */
static int
rekey(struct es_tcps *t, struct es_tcp_stream *s, enum es_tls_phase phase)
{
	struct es_tls_end *end = end_of(t, s);
	int err = ES_EFULL;

	if (spend(t, ES_TLS_WORK_OF_KEYS))
		err = t->opener.rekey(t->opener.ctx, connection_of(t, s)->id, s->is_server, phase);
	end->wanted = phase;
	if (err == ES_EAGAIN) {
		t->tls_work -= ES_TLS_WORK_OF_KEYS; /* none were made */
		return err;
	}
	if (err != 0) {
		es_tcp_tls_refuse(t, s, err == ES_ENOTFOUND ? ES_CNT_TLS_NO_KEY : ES_CNT_TLS_LEFT);
		return err;
	}
	connection_of(t, s)->is_late = false;
	end->wanted = 0;
	end->is_ciphered = true;
	end->phase = phase;
	return 0;
}

/* The direction needs its first keys. 0, ES_EAGAIN: it waits for them, else it was refused. */
static int
begin_cipher(struct es_tcps *t, uint32_t index, enum es_tls_phase phase, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	int err = open_connection(t, index);

	if (err == 0)
		err = rekey(t, s, phase);
	return err == ES_EAGAIN ? es_tcp_wait(t, s, at) : err;
}

static int
on_client_hello(struct es_tcps *t, struct es_tcp_stream *s, es_slice fragment)
{
	struct es_tls_connection *c = connection_of(t, s);
	struct es_tls_client_hello h;

	if (c->has_client)
		return 0; /* another message, or the hello again behind a HelloRetryRequest */
	if (es_tls_client_hello_parse(fragment, &h) != 0) {
		es_tcp_tls_refuse(t, s, ES_CNT_TLS_FAILED);
		return 0;
	}
	memcpy(c->hellos.client_random, h.random.p, ES_TLS_RANDOM_BYTES);
	c->has_client = true;
	c->has_early_data = h.has_early_data;
	if (c->end[1].is_waiting)
		wake(t, s);
	return 0;
}

static int
on_server_hello(struct es_tcps *t, struct es_tcp_stream *s, es_slice fragment)
{
	struct es_tls_connection *c = connection_of(t, s);
	struct es_tls_server_hello h;

	if (c->has_server)
		return 0; /* another message */
	if (es_tls_server_hello_parse(fragment, &h) != 0) {
		es_tcp_tls_refuse(t, s, ES_CNT_TLS_FAILED);
		return 0;
	}
	if (!h.is_retry && !c->has_client)
		return wait(t, s);
	if (c->end[0].is_waiting)
		wake(t, s);
	c->has_retry |= h.is_retry;
	if (h.is_retry)
		return 0;
	if (h.compression != 0 || h.is_mac_cut ||
	    (h.version != ES_TLS_1_2 && h.version != ES_TLS_1_3)) {
		es_tcp_tls_refuse(t, s, ES_CNT_TLS_UNSUPPORTED);
		return 0;
	}
	memcpy(c->hellos.server_random, h.random.p, ES_TLS_RANDOM_BYTES);
	c->hellos.version = h.version;
	c->hellos.suite = h.suite;
	c->hellos.is_mac_last = h.is_mac_last;
	c->has_server = true;
	return 0;
}

/* A record that is not encrypted; in TLS 1.3 also what is sent so for the sake of older boxes. */
static int
read_clear(struct es_tcps *t, uint32_t index, const struct es_tls_record *r, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	const struct es_tls_connection *c = connection_of(t, s);

	switch (r->type) {
	case ES_TLS_HANDSHAKE:
		return s->is_server ? on_server_hello(t, s, r->fragment)
				    : on_client_hello(t, s, r->fragment);
	case ES_TLS_CHANGE_CIPHER_SPEC:
		if (!c->has_server && !c->has_retry)
			return wait(t, s);
		if (c->hellos.version != ES_TLS_1_2)
			return 0;
		return begin_cipher(t, index, ES_TLS_TRAFFIC_KEYS, at) == ES_EAGAIN ? ES_EAGAIN : 0;
	case ES_TLS_APPLICATION_DATA:
		if (!c->has_server)
			return wait(t, s);
		end_with(t, s, ES_CNT_TLS_FAILED);
		return 0;
	case ES_TLS_ALERT:
		break;
	}
	return 0;
}

/* Keys change behind Finished and KeyUpdate, each the last message of its record (RFC 8446 section 5.1). */
static void
on_messages(struct es_tcps *t, struct es_tcp_stream *s, es_slice bytes)
{
	struct es_tls_end *end = end_of(t, s);

	while (connection_of(t, s)->hellos.version == ES_TLS_1_3 && bytes.n > 0) {
		uint8_t type = es_tls_message_next(&end->messages, &bytes);
		bool is_first = end->phase == ES_TLS_HANDSHAKE_KEYS;

		if (type != (is_first ? ES_TLS_FINISHED : ES_TLS_KEY_UPDATE))
			continue;
		/* Refused: counted there. They may come later: wanted with the next record. */
		(void)rekey(t, s, is_first ? ES_TLS_TRAFFIC_KEYS : ES_TLS_UPDATED_KEYS);
		break;
	}
}

static void
read_sealed(struct es_tcps *t, struct es_tcp_stream *s, const struct es_tls_record *r, es_time at)
{
	const struct es_tls_connection *c = connection_of(t, s);
	struct es_tls_end *end = end_of(t, s);
	uint32_t seq = end->n_plain;
	uint8_t type;
	size_t n;

	if (!spend(t, 1)) {
		end_with(t, s, ES_CNT_TLS_LEFT);
		return;
	}
	if (t->opener.record(t->opener.ctx, c->id, s->is_server, r->whole, t->clear, &n, &type) !=
	    0) {
		if (!c->has_early_data || s->is_server || end->has_opened ||
		    end->n_early == ES_TLS_EARLY_MAX) {
			end_with(t, s, ES_CNT_TLS_FAILED);
			return;
		}
		end->n_early++;
		es_context_count(t->c, ES_CNT_TLS_EARLY);
		return;
	}
	end->has_opened = true;
	es_context_count(t->c, ES_CNT_TLS_RECORDS);
	if (type == ES_TLS_HANDSHAKE) {
		on_messages(t, s, es_slice_of(t->clear, n));
	} else if (type == ES_TLS_APPLICATION_DATA && n > 0) {
		end->n_plain += (uint32_t)n;
		es_tcps_plain(t->plain, &s->src, &s->dst, seq, es_slice_of(t->clear, n), at);
	} else if (type == ES_TLS_CHANGE_CIPHER_SPEC) { /* a second handshake inside the first */
		es_tcp_tls_refuse(t, s, ES_CNT_TLS_UNSUPPORTED);
	}
}

/* One whole record. 0, or ES_EAGAIN: it waits. */
static int
read_record(struct es_tcps *t, uint32_t index, const struct es_tls_record *r, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	const struct es_tls_connection *c = connection_of(t, s);
	bool is_1_3 = c->has_server && c->hellos.version == ES_TLS_1_3;
	bool is_ciphered = end_of(t, s)->is_ciphered;
	int err = 0;

	if (is_1_3 ? r->type != ES_TLS_APPLICATION_DATA : !is_ciphered)
		return read_clear(t, index, r, at);
	if (!is_ciphered)
		err = begin_cipher(t, index, ES_TLS_HANDSHAKE_KEYS, at);
	else if (end_of(t, s)->wanted != 0)
		err = rekey(t, s, end_of(t, s)->wanted);
	if (err == ES_EAGAIN)
		return es_tcp_wait(t, s, at);
	if (err == 0)
		read_sealed(t, s, r, at);
	return 0;
}

int
es_tcp_tls_step(struct es_tcps *t, uint32_t index, es_slice bytes, uint32_t *used, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_tls_record r;
	int err;

	if (s->tls == ES_POOL_NONE) {
		*used = (uint32_t)bytes.n;
		return 0;
	}
	err = es_tls_record_parse(bytes, &r);
	if (err == ES_EMALFORMED) {
		end_with(t, s, ES_CNT_TLS_FAILED);
		return 0;
	}
	if (err == 0)
		err = read_record(t, index, &r, at);
	if (err != 0)
		return ES_EAGAIN;
	*used = (uint32_t)r.whole.n;
	return 0;
}

/* The content of the tunnel is processed like that of TCP, under its own name. */
void
es_tcp_tls_message(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at)
{
	struct es_tcps *t = ctx;

	if (transport == ES_TRANSPORT_TCP)
		transport = ES_TRANSPORT_TLS;
	else if (transport == ES_TRANSPORT_WS)
		transport = ES_TRANSPORT_WSS;
	t->message(t->ctx, transport, src, dst, message, wire_bytes, at);
}
