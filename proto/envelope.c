/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes: the messages of a session, as plain structs. */
#include "proto/envelope.h"

#include "proto/shape.h"

enum { WELCOME_CREDIT_MAX = 1024, WINDOW_MAX_MS = 3600000, TEXT_MAX = 16 << 10 };

/* ---- to bytes ---- */

struct work {
	Earshot__Pb__Envelope env;
	Earshot__Pb__Clocks clocks;
	struct es_arena text; /* NUL-terminated copies: protobuf-c strings are C strings */
	uint8_t room[TEXT_MAX * 3];
	bool bad;
	union {
		Earshot__Pb__Hello hello;
		Earshot__Pb__Welcome welcome;
		Earshot__Pb__Batch batch;
		Earshot__Pb__Ack ack;
		Earshot__Pb__Nack nack;
		Earshot__Pb__Bye bye;
		Earshot__Pb__EnrollRequest enroll_request;
		Earshot__Pb__EnrollReply enroll_reply;
		Earshot__Pb__RenewRequest renew_request;
		Earshot__Pb__RenewReply renew_reply;
	} u;
};

#define PUT(field, value)   \
	m->field = (value); \
	m->has_##field = true;
#define PUT_BYTES(field, from, n)                            \
	m->field = es_shape_bytes(es_slice_of((from), (n))); \
	m->has_##field = (n) > 0;

static char *
put_text(struct work *w, es_slice s)
{
	char *copy;

	if (s.n == 0)
		return NULL;
	copy = s.n > TEXT_MAX || memchr(s.p, 0, s.n) != NULL
		   ? NULL
		   : es_arena_reserve(&w->text, s.n + 1, 1);
	if (copy == NULL) {
		w->bad = true;
		return NULL;
	}
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

static Earshot__Pb__Clocks *
put_clocks(struct work *w, const struct es_clocks *c)
{
	Earshot__Pb__Clocks *m = &w->clocks;

	earshot__pb__clocks__init(m);
	PUT(wall_ns, c->wall.ns)
	PUT(boot_ns, c->boot_ns)
	PUT(synchronised, c->synchronised)
	PUT_BYTES(boot_id, c->boot_id, sizeof(c->boot_id))
	return m;
}

static void
put_hello(struct work *w, const struct es_hello *r)
{
	Earshot__Pb__Hello *m = w->env.hello = &w->u.hello;

	earshot__pb__hello__init(m);
	PUT(version_min, r->version_min)
	PUT(version_max, r->version_max)
	PUT_BYTES(epoch, r->epoch, sizeof(r->epoch))
	PUT(next_seq, r->next_seq)
	PUT(role, (Earshot__Pb__Role)r->role)
	if (r->has_sent_seq) {
		PUT(sent_seq, r->sent_seq)
	}
	if (r->proof_digest != 0) {
		PUT(proof_seq, r->proof_seq)
		PUT(proof_digest, r->proof_digest)
	}
	m->agent_version = put_text(w, r->agent_version);
	m->agent_id = put_text(w, r->agent_id);
	m->clocks = put_clocks(w, &r->clocks);
}

static void
put_welcome(struct work *w, const struct es_welcome *r)
{
	Earshot__Pb__Welcome *m = w->env.welcome = &w->u.welcome;

	earshot__pb__welcome__init(m);
	PUT(version, r->version)
	PUT(acked_seq, r->acked_seq)
	PUT(credit_batches, r->credit_batches)
	PUT(reconnect_window_ms, r->reconnect_window_ms)
	PUT(wall_ns, r->wall.ns)
	if (r->acked_digest != 0) {
		PUT(acked_digest, r->acked_digest)
	}
}

static void
put_batch(struct work *w, const struct es_batch *r)
{
	Earshot__Pb__Batch *m = w->env.batch = &w->u.batch;

	earshot__pb__batch__init(m);
	PUT_BYTES(epoch, r->epoch, sizeof(r->epoch))
	PUT(first_seq, r->first_seq)
	PUT(last_seq, r->last_seq)
	PUT(crc32, r->crc32)
	PUT(body_bytes, r->body_bytes)
	PUT(deflated, r->deflated)
	PUT_BYTES(body, r->body.p, r->body.n)
	m->clocks = put_clocks(w, &r->clocks);
}

static void
put_ack(struct work *w, const struct es_ack *r)
{
	Earshot__Pb__Ack *m = w->env.ack = &w->u.ack;

	earshot__pb__ack__init(m);
	PUT_BYTES(epoch, r->epoch, sizeof(r->epoch))
	PUT(through_seq, r->through_seq)
	m->refused = r->refused;
	m->has_refused = r->refused != 0;
}

static void
put_nack(struct work *w, const struct es_nack *r)
{
	Earshot__Pb__Nack *m = w->env.nack = &w->u.nack;

	earshot__pb__nack__init(m);
	PUT(code, (uint32_t)r->code)
	PUT(retry_after_ms, r->retry_after_ms)
	m->reason = put_text(w, r->reason);
}

static void
put_bye(struct work *w, const struct es_bye *r)
{
	Earshot__Pb__Bye *m = w->env.bye = &w->u.bye;

	earshot__pb__bye__init(m);
	PUT(code, (uint32_t)r->code)
}

static void
put_enroll_request(struct work *w, const struct es_enroll_request *r)
{
	Earshot__Pb__EnrollRequest *m = w->env.enroll_request = &w->u.enroll_request;

	earshot__pb__enroll_request__init(m);
	PUT_BYTES(token_secret, r->token_secret.p, r->token_secret.n)
	PUT_BYTES(csr_der, r->csr_der.p, r->csr_der.n)
	m->hostname = put_text(w, r->hostname);
	m->agent_version = put_text(w, r->agent_version);
}

static void
put_enroll_reply(struct work *w, const struct es_enroll_reply *r)
{
	Earshot__Pb__EnrollReply *m = w->env.enroll_reply = &w->u.enroll_reply;

	earshot__pb__enroll_reply__init(m);
	m->certificate_pem = put_text(w, r->certificate_pem);
	m->ca_pem = put_text(w, r->ca_pem);
	m->name = put_text(w, r->name);
	m->collector_name = put_text(w, r->collector_name);
	m->display_name = put_text(w, r->display_name);
	PUT_BYTES(tenant_key, r->tenant_key.p, r->tenant_key.n)
}

static void
put_renew_request(struct work *w, const struct es_renew_request *r)
{
	Earshot__Pb__RenewRequest *m = w->env.renew_request = &w->u.renew_request;

	earshot__pb__renew_request__init(m);
	PUT_BYTES(csr_der, r->csr_der.p, r->csr_der.n)
}

static void
put_renew_reply(struct work *w, const struct es_renew_reply *r)
{
	Earshot__Pb__RenewReply *m = w->env.renew_reply = &w->u.renew_reply;

	earshot__pb__renew_reply__init(m);
	m->certificate_pem = put_text(w, r->certificate_pem);
	m->ca_pem = put_text(w, r->ca_pem);
	m->reason = put_text(w, r->reason);
}

static bool
put_body(struct work *w, const struct es_envelope *env)
{
	switch (env->type) {
#define CASE(NAME, name)                     \
	case ES_ENV_##NAME:                  \
		put_##name(w, &env->u.name); \
		return true;
		CASE(HELLO, hello)
		CASE(WELCOME, welcome)
		CASE(BATCH, batch)
		CASE(ACK, ack)
		CASE(NACK, nack)
		CASE(BYE, bye)
		CASE(ENROLL_REQUEST, enroll_request)
		CASE(ENROLL_REPLY, enroll_reply)
		CASE(RENEW_REQUEST, renew_request)
		CASE(RENEW_REPLY, renew_reply)
#undef CASE
	case ES_ENV_UNKNOWN:
		break;
	}
	return false;
}

int
es_envelope_encode(const struct es_envelope *env, uint8_t *out, size_t cap_bytes)
{
	struct work w;
	size_t n;

	earshot__pb__envelope__init(&w.env);
	es_arena_init(&w.text, w.room, sizeof(w.room));
	w.bad = false;
	if (!put_body(&w, env) || w.bad)
		return ES_EINVALID;
	n = earshot__pb__envelope__get_packed_size(&w.env);
	if (n > ES_FRAME_MAX_BYTES || n + ES_FRAME_HEADER_BYTES > cap_bytes)
		return ES_EFULL;
	if (es_frame_header(n, out) != 0)
		return ES_EINVALID;
	earshot__pb__envelope__pack(&w.env, out + ES_FRAME_HEADER_BYTES);
	return (int)(n + ES_FRAME_HEADER_BYTES);
}

/* ---- from bytes: each returns 0 or ES_EMALFORMED ---- */

static int
get_epoch(ProtobufCBinaryData b, uint8_t out[ES_EPOCH_BYTES])
{
	if (b.len != ES_EPOCH_BYTES)
		return ES_EMALFORMED;
	memcpy(out, b.data, ES_EPOCH_BYTES);
	return 0;
}

static int
get_clocks(const Earshot__Pb__Clocks *m, struct es_clocks *r)
{
	if (m == NULL || m->wall_ns < 0 || m->boot_ns < 0 || m->boot_id.len != sizeof(r->boot_id))
		return ES_EMALFORMED;
	r->wall = es_time_of_ns(m->wall_ns);
	r->boot_ns = m->boot_ns;
	r->synchronised = m->synchronised != 0;
	memcpy(r->boot_id, m->boot_id.data, sizeof(r->boot_id));
	return 0;
}

static int
get_hello(const Earshot__Pb__Hello *m, struct es_hello *r)
{
	r->version_min = m->version_min;
	r->version_max = m->version_max;
	r->agent_version = es_slice_str(m->agent_version);
	r->agent_id = es_slice_str(m->agent_id);
	r->next_seq = m->next_seq;
	r->has_sent_seq = m->has_sent_seq != 0;
	r->sent_seq = m->sent_seq;
	r->proof_seq = m->proof_seq;
	r->proof_digest = m->proof_digest;
	r->role = (unsigned)m->role > ES_ROLE_TAP ? ES_ROLE_UNKNOWN : (enum es_role)m->role;
	if (r->version_min == 0 || r->version_min > r->version_max || r->next_seq == 0 ||
	    r->agent_version.n > ES_REASON_MAX || r->agent_id.n >= ES_ID_MAX ||
	    get_epoch(m->epoch, r->epoch) != 0)
		return ES_EMALFORMED;
	return get_clocks(m->clocks, &r->clocks);
}

static int
get_welcome(const Earshot__Pb__Welcome *m, struct es_welcome *r)
{
	if (m->version == 0 || m->credit_batches == 0 || m->credit_batches > WELCOME_CREDIT_MAX ||
	    m->reconnect_window_ms > WINDOW_MAX_MS || m->wall_ns < 0)
		return ES_EMALFORMED;
	r->version = m->version;
	r->acked_seq = m->acked_seq;
	r->credit_batches = m->credit_batches;
	r->reconnect_window_ms = m->reconnect_window_ms;
	r->wall = es_time_of_ns(m->wall_ns);
	r->acked_digest = m->acked_digest;
	return 0;
}

static int
get_batch(const Earshot__Pb__Batch *m, struct es_batch *r)
{
	if (m->first_seq == 0 || m->last_seq < m->first_seq || !m->has_crc32 || m->body.len == 0 ||
	    get_epoch(m->epoch, r->epoch) != 0)
		return ES_EMALFORMED;
	r->first_seq = m->first_seq;
	r->last_seq = m->last_seq;
	r->crc32 = m->crc32;
	r->body_bytes = m->body_bytes;
	r->deflated = m->deflated != 0;
	r->body = es_shape_slice(m->body);
	return get_clocks(m->clocks, &r->clocks);
}

static int
get_ack(const Earshot__Pb__Ack *m, struct es_ack *r)
{
	r->through_seq = m->through_seq;
	r->refused = m->refused;
	return m->has_through_seq ? get_epoch(m->epoch, r->epoch) : ES_EMALFORMED;
}

static int
get_nack(const Earshot__Pb__Nack *m, struct es_nack *r)
{
	r->code = m->code > ES_NACK_CLONE ? ES_NACK_UNKNOWN : (enum es_nack_code)m->code;
	r->retry_after_ms = m->retry_after_ms;
	r->reason = es_slice_str(m->reason);
	if (r->reason.n > ES_REASON_MAX)
		r->reason.n = ES_REASON_MAX;
	return 0;
}

static int
get_bye(const Earshot__Pb__Bye *m, struct es_bye *r)
{
	r->code = m->code > ES_BYE_REPLACED ? ES_BYE_UNKNOWN : (enum es_bye_code)m->code;
	return 0;
}

static int
get_enroll_request(const Earshot__Pb__EnrollRequest *m, struct es_enroll_request *r)
{
	r->token_secret = es_shape_slice(m->token_secret);
	r->csr_der = es_shape_slice(m->csr_der);
	r->hostname = es_slice_str(m->hostname);
	r->agent_version = es_slice_str(m->agent_version);
	return r->token_secret.n != 32 || r->csr_der.n == 0 || r->csr_der.n > TEXT_MAX ||
		       r->hostname.n > ES_REASON_MAX || r->agent_version.n > ES_REASON_MAX
		   ? ES_EMALFORMED
		   : 0;
}

static int
get_enroll_reply(const Earshot__Pb__EnrollReply *m, struct es_enroll_reply *r)
{
	r->certificate_pem = es_slice_str(m->certificate_pem);
	r->ca_pem = es_slice_str(m->ca_pem);
	r->name = es_slice_str(m->name);
	r->collector_name = es_slice_str(m->collector_name);
	r->display_name = es_slice_str(m->display_name);
	r->tenant_key = es_shape_slice(m->tenant_key);
	return r->certificate_pem.n == 0 || r->certificate_pem.n > TEXT_MAX || r->ca_pem.n == 0 ||
		       r->ca_pem.n > TEXT_MAX || r->name.n == 0 || r->name.n >= ES_ID_MAX ||
		       r->collector_name.n == 0 || r->collector_name.n >= ES_ID_MAX ||
		       r->display_name.n > ES_REASON_MAX || r->tenant_key.n != 32
		   ? ES_EMALFORMED
		   : 0;
}

static int
get_renew_request(const Earshot__Pb__RenewRequest *m, struct es_renew_request *r)
{
	r->csr_der = es_shape_slice(m->csr_der);
	return r->csr_der.n == 0 || r->csr_der.n > TEXT_MAX ? ES_EMALFORMED : 0;
}

static int
get_renew_reply(const Earshot__Pb__RenewReply *m, struct es_renew_reply *r)
{
	r->certificate_pem = es_slice_str(m->certificate_pem);
	r->ca_pem = es_slice_str(m->ca_pem);
	r->reason = es_slice_str(m->reason);
	if (r->reason.n > ES_REASON_MAX)
		r->reason.n = ES_REASON_MAX;
	/* a certificate is of no use without the CAs it comes with */
	return r->certificate_pem.n > TEXT_MAX || r->ca_pem.n > TEXT_MAX ||
		       (r->certificate_pem.n > 0) != (r->ca_pem.n > 0)
		   ? ES_EMALFORMED
		   : 0;
}

static int
get_body(const Earshot__Pb__Envelope *m, struct es_envelope *env)
{
#define BODY(NAME, name)                                  \
	if (m->name != NULL) {                            \
		env->type = ES_ENV_##NAME;                \
		return get_##name(m->name, &env->u.name); \
	}
	BODY(HELLO, hello)
	BODY(WELCOME, welcome)
	BODY(BATCH, batch)
	BODY(ACK, ack)
	BODY(NACK, nack)
	BODY(BYE, bye)
	BODY(ENROLL_REQUEST, enroll_request)
	BODY(ENROLL_REPLY, enroll_reply)
	BODY(RENEW_REQUEST, renew_request)
	BODY(RENEW_REPLY, renew_reply)
#undef BODY
	env->type = ES_ENV_UNKNOWN;
	return 0;
}

int
es_envelope_decode(es_slice frame, struct es_alloc *alloc, struct es_envelope *out)
{
	uint64_t n_refused = alloc->arena.n_refused;
	Earshot__Pb__Envelope *m;
	struct es_envelope env;
	int err;

	if (frame.n == 0 || frame.n > ES_FRAME_MAX_BYTES)
		return ES_EMALFORMED;
	m = earshot__pb__envelope__unpack(&alloc->pb, frame.n, frame.p);
	if (m == NULL)
		return alloc->arena.n_refused > n_refused ? ES_EFULL : ES_EMALFORMED;
	memset(&env, 0, sizeof(env));
	err = get_body(m, &env);
	if (err != 0)
		return err;
	*out = env;
	return 0;
}

const char *
es_nack_text(enum es_nack_code code)
{
	static const char *const text[] = {
		[ES_NACK_UNKNOWN] = "refused",
		[ES_NACK_BUSY] = "the collector is busy",
		[ES_NACK_DISK] = "the collector cannot write to its disk now",
		[ES_NACK_VERSION] = "no protocol version in common",
		[ES_NACK_EPOCH] = "the spool's numbers are older than what was acknowledged",
		[ES_NACK_IDENTITY] = "the agent's id differs from its certificate",
		[ES_NACK_DISABLED] = "this agent was switched off",
		[ES_NACK_MALFORMED] = "the message was not understood",
		[ES_NACK_TOKEN] = "the token is unknown, used or too old",
		[ES_NACK_CERTIFICATE] = "this certificate is not known",
		[ES_NACK_CLONE] = "a newer certificate of this agent was used before",
	};

	return (size_t)code < sizeof(text) / sizeof(text[0]) ? text[code] : text[0];
}
