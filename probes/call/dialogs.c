/* SPDX-License-Identifier: Apache-2.0 */
/* The table of dialogs, their deadlines and their record. What SIP does to them is signalling.c. */
#include "probes/call/dialogs.h"
#include "probes/base/text.h"
#include "probes/call/partners.h"

int
es_dialogs_new(struct es_dialogs *t, uint32_t cap)
{
	int err = es_pool_new(&t->pool, cap, sizeof(struct es_dialog));

	if (err == 0)
		err = es_table_new(&t->table, cap);
	if (err == 0)
		err = es_table_new(&t->pairs, cap);
	if (err == 0)
		err = es_eviction_new(&t->eviction, cap);
	return err;
}

void
es_dialogs_free(struct es_dialogs *t)
{
	es_eviction_free(&t->eviction);
	es_table_free(&t->pairs);
	es_table_free(&t->table);
	es_pool_free(&t->pool);
}

unsigned
es_dialogs_uses(const struct es_dialogs *t, es_slice call_id, uint32_t uses[ES_CALL_USES_MAX])
{
	struct es_probe at = es_table_probe(&t->table, es_hash(&t->c->key, call_id));
	unsigned n = 0;
	uint32_t i;

	while (n < ES_CALL_USES_MAX && (i = es_table_next(&t->table, &at)) != ES_TABLE_NONE) {
		uint64_t serial = es_dialog_at(t, i)->serial;
		unsigned k = n;

		if (!es_slice_eq(es_dialog_id(es_dialog_at(t, i)), call_id))
			continue;
		for (; k > 0 && es_dialog_at(t, uses[k - 1])->serial < serial; k--)
			uses[k] = uses[k - 1];
		uses[k] = i;
		n++;
	}
	return n;
}

bool
es_dialogs_is_held(const struct es_dialogs *t, es_slice call_id)
{
	uint32_t uses[ES_CALL_USES_MAX];
	unsigned n = es_dialogs_uses(t, call_id, uses);

	for (unsigned i = 0; i < n; i++) {
		const struct es_dialog *d = es_dialog_at(t, uses[i]);

		if (d->step == ES_DIALOG_UP && (d->side[0].is_holding || d->side[1].is_holding))
			return true;
	}
	return false;
}

static es_time
after(es_time t, int seconds)
{
	return es_time_add(t, seconds * ES_NS_PER_S);
}

/* How long a call that is up lives on after its last sign: RFC 4028, and some grace. */
static int
session_left_s(const struct es_dialog *d)
{
	uint32_t s = d->session_expires_s;

	return s == 0 || s > ES_CALL_SILENT_S - ES_CALL_LINGER_S ? ES_CALL_SILENT_S
								 : (int)s + ES_CALL_LINGER_S;
}

es_time
es_dialog_due(const struct es_dialog *d)
{
	switch (d->step) {
	case ES_DIALOG_CALLING:
		return after(d->seen_at, ES_CALL_UNANSWERED_S);
	case ES_DIALOG_CHALLENGED:
		return after(d->seen_at, ES_CALL_CHALLENGED_S);
	case ES_DIALOG_UP:
		return after(d->seen_at, d->is_replaced ? ES_CALL_LINGER_S : session_left_s(d));
	case ES_DIALOG_OVER:
		break;
	}
	return after(d->seen_at, ES_CALL_LINGER_S);
}

void
es_dialog_rearm(struct es_dialogs *t, struct es_dialog *d)
{
	es_time due = es_context_due(t->c, es_dialog_due(d));

	if (d->deadline == ES_HEAP_NONE)
		d->deadline = es_heap_add(&t->c->heap, due, ES_DUE_CALL, d->serial, d->index);
	else
		es_heap_move(&t->c->heap, d->deadline, due);
}

/*
 * When a use of a Call-ID began. This distinguishes the uses, so two that begin at one instant are set a
 * nanosecond apart.
 */
static es_time
begin_of(const struct es_dialogs *t, es_slice call_id, es_time at)
{
	uint32_t uses[ES_CALL_USES_MAX];
	unsigned n = es_dialogs_uses(t, call_id, uses), i = 0;

	while (i < n) {
		if (es_dialog_at(t, uses[i])->begun.ns != at.ns) {
			i++;
			continue;
		}
		at = es_time_add(at, 1);
		i = 0;
	}
	return at;
}

uint32_t
es_dialogs_take(struct es_dialogs *t, es_slice call_id, const struct es_addr *src, es_time at)
{
	uint32_t i = es_pool_take(&t->pool);
	struct es_dialog *d;

	if (i == ES_POOL_NONE)
		return i;
	d = es_dialog_at(t, i);
	d->serial = t->c->next_serial++;
	d->index = i;
	d->media = ES_POOL_NONE;
	d->pairs = ES_POOL_NONE;
	d->streams = ES_POOL_NONE;
	d->deadline = ES_HEAP_NONE;
	d->held = ES_POOL_NONE;
	d->start = at;
	d->begun = begin_of(t, call_id, at);
	d->seen_at = at;
	d->id_bytes = (uint8_t)call_id.n;
	memcpy(d->id, call_id.p, call_id.n);
	(void)es_table_insert(
	    &t->table, es_hash(&t->c->key, call_id), i); /* as large as the pool */
	es_eviction_add(&t->eviction, i, src, false);
	es_context_count(t->c, ES_CNT_CALLS);
	es_dialog_state(t, d, ES_STATE_IN_PROGRESS);
	es_dialog_rearm(t, d);
	return i;
}

static es_time
last_seen(const void *ctx, uint32_t index)
{
	const struct es_dialogs *t = ctx;

	return es_dialog_at(t, index)->seen_at;
}

uint32_t
es_dialogs_victim(struct es_dialogs *t)
{
	return es_eviction_victim(&t->eviction, last_seen, t);
}

void
es_dialogs_drop(struct es_dialogs *t, uint32_t index)
{
	struct es_dialog *d = es_dialog_at(t, index);

	if (d->state == ES_STATE_IN_PROGRESS)
		t->n_up--;
	if (d->deadline != ES_HEAP_NONE)
		es_heap_cancel(&t->c->heap, d->deadline);
	(void)es_table_remove(&t->table, es_hash(&t->c->key, es_dialog_id(d)), index);
	es_partners_drop(t, d);
	es_eviction_drop(&t->eviction, index);
	es_pool_give(&t->pool, index);
}

void
es_dialog_state(struct es_dialogs *t, struct es_dialog *d, enum es_state state)
{
	if (d->state == ES_STATE_IN_PROGRESS && state != ES_STATE_IN_PROGRESS)
		t->n_up--;
	if (d->state != ES_STATE_IN_PROGRESS && state == ES_STATE_IN_PROGRESS)
		t->n_up++;
	if (d->state != state)
		d->is_changed = true;
	d->state = state;
}

bool
es_dialog_add_stream(struct es_dialog *d, const struct es_stream_key *key)
{
	struct es_call_stream *s = d->stream;

	for (; s < d->stream + d->n_streams; s++)
		if (s->ssrc == key->ssrc && es_addr_eq(&s->src, &key->src) &&
		    es_addr_eq(&s->dst, &key->dst))
			return false;
	if (d->n_streams == ES_CALL_STREAMS_MAX)
		return false;
	s->ssrc = key->ssrc;
	s->src = key->src;
	s->dst = key->dst;
	d->n_streams++;
	d->is_changed = true;
	return true;
}

void
es_dialog_text(struct es_dialogs *t, struct es_dialog *d, enum es_calltext_key key, es_slice text)
{
	if (!es_calltext_set(&d->text, key, text))
		es_context_count(t->c, ES_CNT_CALL_TEXT_OVER_LIMIT);
}

void
es_dialog_judge_early_media(struct es_dialog *d, es_time answered_at)
{
	if (!d->has_early_sdp && es_us_between(d->start, answered_at) <
				     d->early_media_us + ES_EARLY_MEDIA_MIN_MS * UINT64_C(1000))
		d->has &= ~(uint32_t)ES_CALL_HAS_EARLY_MEDIA;
}

void
es_dialog_media_began(struct es_dialog *d, es_time at, bool from_callee)
{
	uint64_t us;

	if (!from_callee || d->began_unseen || es_time_before(at, d->start))
		return;
	if (d->step == ES_DIALOG_OVER || (d->step == ES_DIALOG_UP && !d->has_answer) ||
	    (d->has_answer && !es_time_before(at, d->answered_at)))
		return;
	us = (uint64_t)(es_time_diff(at, d->start) / ES_NS_PER_US);
	if ((d->has & ES_CALL_HAS_EARLY_MEDIA) != 0 && d->early_media_us <= us)
		return;
	d->early_media_us = us;
	d->has |= ES_CALL_HAS_EARLY_MEDIA;
	if (d->has_answer)
		es_dialog_judge_early_media(d, d->answered_at);
	d->is_changed = true;
}

/* What the record quotes. */
static void
report_texts(const struct es_dialog *d, struct es_call *r)
{
	r->from = es_slice_of(d->from.text, d->from.n);
	r->to = es_slice_of(d->to.text, d->to.n);
	r->session_id = es_calltext_get(&d->text, ES_KEY_SESSION);
	r->session_id_peer = es_calltext_get(&d->text, ES_KEY_SESSION_PEER);
	r->x_call_id = es_calltext_get(&d->text, ES_KEY_X_CALL);
	r->diverted_from = es_calltext_get(&d->text, ES_KEY_DIVERTED);
	r->asserted = es_calltext_get(&d->text, ES_KEY_ASSERTED);
	r->dialled = es_calltext_get(&d->text, ES_KEY_DIALLED);
	r->replaces = es_calltext_get(&d->text, ES_KEY_REPLACES);
	r->replaces.n = es_text_find(r->replaces, ';'); /* the tags behind it stay here */
	r->replaced_by = es_calltext_get(&d->text, ES_KEY_REPLACED_BY);
	r->icid = es_calltext_get(&d->text, ES_KEY_ICID);
	r->user_to_user = es_calltext_get(&d->text, ES_KEY_USER_TO_USER);
	r->custom_key = es_calltext_get(&d->text, ES_KEY_CUSTOM);
	r->caller_contact = es_calltext_get(&d->text, ES_KEY_CALLER_CONTACT);
	r->callee_contact = es_calltext_get(&d->text, ES_KEY_CALLEE_CONTACT);
	r->caller_agent = es_calltext_get(&d->text, ES_KEY_CALLER_AGENT);
	r->callee_agent = es_calltext_get(&d->text, ES_KEY_CALLEE_AGENT);
}

/* What happened after how long: a dialog may have measured what the rest of the call took back. */
static void
report_known(const struct es_dialog *d, struct es_call *r)
{
#define KNOWN(bit, member)                     \
	if ((d->has & ES_CALL_HAS_##bit) != 0) \
		r->member = d->member;
	KNOWN(STATUS, final_status)
	KNOWN(REQUEST_DELAY, request_delay_us)
	KNOWN(SETUP, setup_us)
	KNOWN(RING, ring_us)
	KNOWN(DURATION, duration_us)
	KNOWN(MAX_FORWARDS, max_forwards)
	KNOWN(POST_DIAL_DELAY, post_dial_delay_us)
	KNOWN(DISCONNECT_DELAY, disconnect_delay_us)
	KNOWN(CAUSE, cause_space)
	KNOWN(CAUSE, cause)
	KNOWN(EARLY_MEDIA, early_media_us)
#undef KNOWN
}

/* What happened, and how often. */
static void
report_events(const struct es_dialog *d, struct es_call *r)
{
	r->holds = d->holds;
	r->transfers = d->transfers;
	r->branches = d->branches;
	r->redirects = d->redirects;
	r->challenges = d->challenges;
	r->resent = d->resent;
	r->codec_changes = d->codec_changes;
	r->media_moves = d->media_moves;
	r->diversions = d->diversions;
	r->session_expires_s = d->session_expires_s;
	r->session_refresher = d->session_refresher;
	r->is_session_expired = d->is_session_expired;
	r->statuses = d->status;
	r->n_statuses = d->n_statuses;
}

void
es_dialog_emit(struct es_dialogs *t, struct es_dialog *d, es_time at)
{
	struct es_record rec;
	struct es_call *r = &rec.u.call;
	es_slice codecs[ES_CALL_CODECS_MAX];

	memset(&rec, 0, sizeof(rec));
	for (unsigned i = 0; i < d->n_codecs; i++)
		codecs[i] = es_payload_name(&d->codec[i]);
	r->call_id = es_dialog_id(d);
	r->has = d->has;
	if (d->session_expires_s > 0)
		r->has |= ES_CALL_HAS_SESSION_EXPIRES;
	r->state = d->state;
	r->start = d->start;
	if (d->begun.ns != d->start.ns) {
		r->begun = d->begun;
		r->has |= ES_CALL_HAS_BEGUN;
	}
	r->invite_src = d->invite_src;
	r->invite_dst = d->invite_dst;
	r->ended_by = d->ended_by;
	report_texts(d, r);
	report_known(d, r);
	report_events(d, r);
	r->transport = d->transport;
	r->codecs = codecs;
	r->n_codecs = d->n_codecs;
	r->caller_media = d->side[0].media;
	r->n_caller_media = d->side[0].n_media;
	r->callee_media = d->side[1].media;
	r->n_callee_media = d->side[1].n_media;
	r->streams = d->stream;
	r->n_streams = d->n_streams;
	d->is_changed = false;
	d->resent_reported = d->resent;
	es_context_emit(t->c, &rec, ES_REC_CALL, at, &d->coverage);
}
