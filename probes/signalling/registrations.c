/* SPDX-License-Identifier: Apache-2.0 */
/* What REGISTER and its answers do to bindings. */
#include "probes/signalling/registrations.h"
#include "probes/base/text.h"
#include "probes/call/party.h"

/* The bindings of one address of record. */
struct bindings {
	uint32_t n;
	uint32_t at[ES_BINDINGS_PER_AOR];
};

int
es_registrations_new(struct es_registrations *r, uint32_t cap)
{
	int err = es_pool_new(&r->pool, cap, sizeof(struct es_binding));

	if (err == 0)
		err = es_table_new(&r->table, cap);
	if (err == 0)
		err = es_eviction_new(&r->eviction, cap);
	return err;
}

void
es_registrations_free(struct es_registrations *r)
{
	es_eviction_free(&r->eviction);
	es_table_free(&r->table);
	es_pool_free(&r->pool);
}

/* "user@host" of To: the address of record. */
static es_slice
aor_of(const struct es_sip *m, char out[ES_AOR_MAX_BYTES])
{
	return es_slice_of(out, es_party_text(&m->to, out, ES_AOR_MAX_BYTES));
}

static es_slice
contact_of(const struct es_binding *b)
{
	return es_slice_of(b->contact, b->contact_bytes);
}

static void
find_all(const struct es_registrations *r, es_slice aor, struct bindings *out)
{
	struct es_probe at = es_table_probe(&r->table, es_hash(&r->c->key, aor));
	uint32_t i;

	out->n = 0;
	while (
	    out->n < ES_BINDINGS_PER_AOR && (i = es_table_next(&r->table, &at)) != ES_TABLE_NONE) {
		const struct es_binding *b = es_binding_at(r, i);

		if (es_slice_eq(es_slice_of(b->aor, b->aor_bytes), aor))
			out->at[out->n++] = i;
	}
}

static es_time
due_of(const struct es_binding *b)
{
	es_time due;

	if (b->is_pending || b->is_challenged) {
		due = es_time_add(b->seen_at, ES_BINDING_ANSWER_S * ES_NS_PER_S);
		return b->state == ES_REGISTRATION_ACTIVE && es_time_before(b->expires_at, due)
			   ? b->expires_at
			   : due;
	}
	if (b->state == ES_REGISTRATION_ACTIVE)
		return b->expires_at;
	return es_time_add(b->seen_at,
	    (b->state == ES_REGISTRATION_FAILED ? ES_BINDING_FAILED_S : ES_BINDING_KEPT_S) *
		ES_NS_PER_S);
}

static void
rearm(struct es_registrations *r, struct es_binding *b)
{
	es_time due = es_context_due(r->c, due_of(b));

	if (b->deadline == ES_HEAP_NONE)
		b->deadline =
		    es_heap_add(&r->c->heap, due, ES_DUE_REGISTRATION, b->serial, b->index);
	else
		es_heap_move(&r->c->heap, b->deadline, due);
}

static void
emit(struct es_registrations *r, struct es_binding *b, es_time at)
{
	struct es_record rec;
	struct es_registration *out = &rec.u.registration;

	memset(&rec, 0, sizeof(rec));
	out->aor = es_slice_of(b->aor, b->aor_bytes);
	out->contact = contact_of(b);
	out->call_id = es_slice_of(b->id, b->id_bytes);
	out->user_agent = es_slice_of(b->agent, b->agent_bytes);
	out->has = b->has;
	out->state = b->state;
	out->transport = b->transport;
	out->src = b->src;
	out->dst = b->dst;
	out->start = b->start;
	out->time = b->changed_at;
	out->status = b->status;
	out->delay_us = b->delay_us;
	out->expires_s = b->expires_s;
	out->attempts = b->attempts;
	out->failures = b->failures;
	out->challenges = b->challenges;
	b->is_changed = false;
	b->has_news = false;
	es_context_emit(r->c, &rec, ES_REC_REGISTRATION, at, &b->coverage);
}

void
es_registrations_forget(struct es_registrations *r, uint32_t index)
{
	struct es_binding *b = es_binding_at(r, index);

	if (b->deadline != ES_HEAP_NONE)
		es_heap_cancel(&r->c->heap, b->deadline);
	(void)es_table_remove(
	    &r->table, es_hash(&r->c->key, es_slice_of(b->aor, b->aor_bytes)), index);
	es_eviction_drop(&r->eviction, index);
	es_pool_give(&r->pool, index);
}

static void
evict(struct es_registrations *r, uint32_t index)
{
	struct es_binding *b = es_binding_at(r, index);

	es_context_count(r->c, ES_CNT_REGISTRATIONS_EVICTED);
	b->coverage.flags |= ES_COV_EVICTED;
	if (b->has_news)
		emit(r, b, r->c->clock);
	es_registrations_forget(r, index);
}

static es_time
last_seen(const void *ctx, uint32_t index)
{
	return es_binding_at(ctx, index)->seen_at;
}

/* Room for one more binding of an address of record that has these already. */
static void
make_room(struct es_registrations *r, const struct bindings *all)
{
	uint32_t victim = ES_EVICTION_NONE;

	if (all->n == ES_BINDINGS_PER_AOR) {
		victim = all->at[0];
		for (uint32_t i = 1; i < all->n; i++)
			if (es_time_before(last_seen(r, all->at[i]), last_seen(r, victim)))
				victim = all->at[i];
	} else if (r->pool.n_used == r->pool.cap) {
		victim = es_eviction_victim(&r->eviction, last_seen, r);
	}
	if (victim != ES_EVICTION_NONE)
		evict(r, victim);
}

static struct es_binding *
take(struct es_registrations *r, const struct es_register *q, const struct bindings *all,
    es_slice aor, es_slice contact)
{
	struct es_binding *b;
	uint32_t i;

	make_room(r, all);
	i = es_pool_take(&r->pool);
	if (i == ES_POOL_NONE)
		return NULL;
	b = es_binding_at(r, i);
	b->serial = r->c->next_serial++;
	b->index = i;
	b->deadline = ES_HEAP_NONE;
	b->state = ES_REGISTRATION_PENDING;
	b->start = q->at;
	b->changed_at = q->at;
	b->src = *q->src;
	b->dst = *q->dst;
	b->aor_bytes = es_party_keep(b->aor, sizeof(b->aor), aor);
	b->contact_bytes = es_party_keep(b->contact, sizeof(b->contact), contact);
	(void)es_table_insert(&r->table, es_hash(&r->c->key, aor), i); /* as large as the pool */
	es_eviction_add(&r->eviction, i, q->src, false);
	return b;
}

static void
move_to(
    struct es_registrations *r, struct es_binding *b, enum es_registration_state state, es_time at)
{
	b->has_news = true;
	if (b->state == state)
		return;
	b->state = state;
	b->changed_at = at;
	b->is_changed = true;
	es_eviction_rank(&r->eviction, b->index, state == ES_REGISTRATION_ACTIVE);
}

static void
on_request(struct es_registrations *r, struct es_binding *b, const struct es_register *q,
    const struct es_sip_contact *contact)
{
	const struct es_sip *m = q->m;
	uint64_t id = es_hash(&r->c->key, m->call_id);
	bool has_expires = contact->has_expires || m->has_expires;

	b->seen_at = es_time_max(b->seen_at, q->at);
	if (id == b->id_hash && m->cseq <= b->cseq && b->attempts > 0) {
		if (m->cseq == b->cseq && q->news == ES_SIP_RESENT)
			b->is_resent = true;
		return;
	}
	if (!b->is_challenged) {
		b->attempts++;
		b->sent_at = q->at;
		es_context_count(r->c, ES_CNT_REGISTRATIONS);
	}
	b->id_hash = id;
	b->id_bytes =
	    m->call_id.n <= sizeof(b->id) ? es_party_keep(b->id, sizeof(b->id), m->call_id) : 0;
	b->cseq = m->cseq;
	b->is_challenged = false;
	b->is_pending = true;
	b->is_resent = false;
	b->has_news = true;
	b->wanted_s = contact->has_expires ? contact->expires_s
		      : m->has_expires     ? m->expires_s
					   : ES_BINDING_EXPIRES_S;
	b->is_removing = has_expires && b->wanted_s == 0;
	if (m->user_agent.n > 0)
		b->agent_bytes = es_party_keep(b->agent, sizeof(b->agent), m->user_agent);
}

/* What the registrar granted: the parameter of this contact, its Expires field, what was requested. */
static uint32_t
granted(const struct es_binding *b, const struct es_sip *m)
{
	for (uint32_t i = 0; i < m->n_contacts; i++)
		if (m->contact[i].has_expires &&
		    es_slice_eq(
			es_text_first(m->contact[i].host, sizeof(b->contact)), contact_of(b)))
			return m->contact[i].expires_s;
	return m->has_expires ? m->expires_s : b->wanted_s;
}

static void
on_accepted(struct es_registrations *r, struct es_binding *b, const struct es_sip *m, es_time at)
{
	b->delay_us = es_us_between(b->sent_at, at);
	b->has |= ES_REGISTRATION_HAS_DELAY;
	if (b->is_removing) {
		move_to(r, b, ES_REGISTRATION_REMOVED, at);
		return;
	}
	b->granted_id = b->id_hash;
	b->expires_s = granted(b, m);
	b->expires_at = es_time_add(at, (int64_t)b->expires_s * ES_NS_PER_S);
	b->has |= ES_REGISTRATION_HAS_EXPIRES;
	move_to(r, b, ES_REGISTRATION_ACTIVE, at);
}

static void
on_refused(struct es_registrations *r, struct es_binding *b, uint16_t status, es_time at)
{
	b->failures++;
	if (status >= 400 && status != 402)
		es_context_count(r->c, ES_CNT_REGISTRATIONS_INEFFECTIVE);
	/* Anyone may send a request in its name and be refused: what was granted to another Call-ID stays. */
	if (b->state != ES_REGISTRATION_ACTIVE || b->id_hash == b->granted_id)
		move_to(r, b, ES_REGISTRATION_FAILED, at);
}

static void
on_response(struct es_registrations *r, struct es_binding *b, const struct es_sip *m, es_time at)
{
	if (!b->is_pending || m->cseq != b->cseq || es_hash(&r->c->key, m->call_id) != b->id_hash)
		return;
	b->seen_at = es_time_max(b->seen_at, at);
	if (m->status < 200)
		return;
	b->is_pending = false;
	b->has_news = true;
	if (m->status == 401 || m->status == 407) {
		b->challenges++;
		b->is_challenged = true;
		return;
	}
	if ((b->has & ES_REGISTRATION_HAS_STATUS) == 0 || b->status != m->status) {
		b->is_changed = true;
		b->changed_at = at;
	}
	b->status = m->status;
	b->has |= ES_REGISTRATION_HAS_STATUS;
	if (m->status < 300)
		on_accepted(r, b, m, at);
	else
		on_refused(r, b, m->status, at);
}

static void
settle(struct es_registrations *r, struct es_binding *b, es_time at)
{
	rearm(r, b);
	if (b->is_changed)
		emit(r, b, at);
}

/* One contact of a REGISTER. */
static void
on_contact(struct es_registrations *r, const struct es_register *q, es_slice aor,
    const struct es_sip_contact *contact)
{
	es_slice host = es_text_first(contact->host, ES_BINDING_MAX_BYTES);
	struct es_binding *b = NULL;
	struct bindings all;

	find_all(r, aor, &all);
	for (uint32_t i = 0; i < all.n && b == NULL; i++)
		if (es_slice_eq(contact_of(es_binding_at(r, all.at[i])), host))
			b = es_binding_at(r, all.at[i]);
	if (b == NULL)
		b = take(r, q, &all, aor, host);
	if (b == NULL)
		return;
	b->transport = q->transport;
	on_request(r, b, q, contact);
	settle(r, b, q->at);
}

/* What concerns all bindings: the answer, and the REGISTER that takes all back. */
static void
on_all(struct es_registrations *r, const struct es_register *q, es_slice aor)
{
	struct bindings all;

	find_all(r, aor, &all);
	for (uint32_t i = 0; i < all.n; i++) {
		struct es_binding *b = es_binding_at(r, all.at[i]);

		if (q->m->is_response)
			on_response(r, b, q->m, q->at);
		else
			on_request(r, b, q, &q->m->contact[0]);
		settle(r, b, q->at);
	}
}

void
es_registrations_message(struct es_registrations *r, const struct es_register *q)
{
	const struct es_sip *m = q->m;
	char text[ES_AOR_MAX_BYTES];
	es_slice aor = aor_of(m, text);

	if (m->is_response || (m->n_contacts > 0 && es_text_is(m->contact[0].uri, "*"))) {
		on_all(r, q, aor);
		return;
	}
	for (uint32_t i = 0; i < m->n_contacts; i++)
		on_contact(r, q, aor, &m->contact[i]);
}

/* No answer came, or no request with credentials. A repetition shows that the answer was missed. */
static void
on_silence(struct es_registrations *r, struct es_binding *b, es_time due)
{
	bool has_failed = b->is_challenged || b->is_resent;

	b->is_pending = false;
	b->is_challenged = false;
	b->failures += has_failed;
	b->has_news = true;
	if (has_failed)
		es_context_count(r->c, ES_CNT_REGISTRATIONS_INEFFECTIVE);
	if (b->state != ES_REGISTRATION_ACTIVE)
		move_to(r, b, has_failed ? ES_REGISTRATION_FAILED : ES_REGISTRATION_UNKNOWN, due);
}

void
es_registrations_due(struct es_registrations *r, uint32_t index, es_time due)
{
	struct es_binding *b = es_binding_at(r, index);
	bool is_known;

	b->deadline = ES_HEAP_NONE; /* it was popped */
	if (es_time_before(due, due_of(b))) {
		rearm(r, b);
		return;
	}
	/* What was left out may have refreshed or answered it. */
	is_known = (b->coverage.flags & ES_COV_SHED_SIP) == 0;
	if (is_known && b->state == ES_REGISTRATION_ACTIVE && !es_time_before(due, b->expires_at)) {
		move_to(r, b, ES_REGISTRATION_EXPIRED, due);
	} else if (is_known && (b->is_pending || b->is_challenged)) {
		on_silence(r, b, due);
	} else {
		if (b->has_news)
			emit(r, b, due);
		es_registrations_forget(r, index);
		return;
	}
	b->seen_at = es_time_max(b->seen_at, due);
	settle(r, b, due);
}

void
es_registrations_flush(struct es_registrations *r, uint32_t index, es_time at)
{
	struct es_binding *b = es_binding_at(r, index);

	b->deadline = ES_HEAP_NONE; /* it was popped */
	if (b->has_news)
		emit(r, b, at);
}

void
es_registrations_dropped(struct es_registrations *r, const struct es_coverage *coverage)
{
	const struct es_pool *p = &r->pool;

	for (uint32_t i = es_pool_next(p, 0); i != ES_POOL_NONE; i = es_pool_next(p, i + 1))
		es_coverage_merge(&es_binding_at(r, i)->coverage, coverage);
}
