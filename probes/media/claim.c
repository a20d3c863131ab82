/* SPDX-License-Identifier: Apache-2.0 */
/* Binding streams to calls. */
#include "probes/media/claim.h"

#include "probes/call/partners.h"
#include "probes/media/findings.h"
#include "probes/media/flows.h"
#include "probes/media/media_line.h"
#include "probes/media/orphans.h"
#include "probes/media/owners.h"
#include "probes/media/report.h"
#include "probes/media/srtp_check.h"
#include "probes/media/unannounced.h"
#include "probes/stream/coding.h"
#include "probes/stream/receiver.h"

static struct es_dialog *
dialog_of(const struct es_streams *t, uint32_t call)
{
	return es_dialog_at(t->dialogs, call);
}

/* A stream from dst to src that has a call; NULL: none. */
static const struct es_stream_state *
reverse_of(const struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t flow = es_flow_index(t, &s->id.key.dst, &s->id.key.src);
	uint32_t i = ES_POOL_NONE;

	if (flow != ES_POOL_NONE)
		i = ((const struct es_flow *)es_pool_at(&t->flows, flow))->streams;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next) {
		const struct es_stream_state *back = es_stream_at(t, i);

		if (back->owner.call != ES_POOL_NONE && back->life != ES_STREAM_ENDED)
			return back;
	}
	return NULL;
}

/* The owner of the reverse direction: its call, and the address of its other side. */
static uint32_t
media_by_reverse(const struct es_streams *t, const struct es_stream_state *back, uint32_t *call)
{
	if (back == NULL)
		return ES_POOL_NONE;
	*call = back->owner.call;
	if (back->owner.media == ES_POOL_NONE)
		return ES_POOL_NONE;
	return es_owners_other_side(t, es_media_table_at(t->media, back->owner.media));
}

/* The codec was known and in use, and is now announced as another one. */
static bool
is_renamed(const struct es_stream_payload *p, const struct es_payload *said)
{
	return p->packets > 0 && es_payload_name(&p->is).n > 0 &&
	       !es_payload_is_same_codec(&p->is, said);
}

/* had_terms: the type was announced, not assumed. */
static void
learn_type(struct es_context *c, struct es_stream_state *s, const struct es_media *m,
    struct es_stream_payload *p, bool had_terms)
{
	struct es_payload said;

	if (p->is_past || !es_terms_type(m->terms, p->is.pt, &said))
		return;
	if (had_terms && is_renamed(p, &said))
		p = es_coding_renamed(c, s, p);
	p->is = said;
	es_media_line_of_type(c, s, m, &p->is);
}

/*
 * The sender's own address, where only the sender's SDP was seen: an answer keeps the numbers of the
 * offer for its codecs (RFC 3264 section 6.1), so what it takes in a type it will mostly send in it.
 */
static const struct es_media *
media_of_sender(const struct es_streams *t, const struct es_stream_state *s)
{
	const struct es_media *m;
	uint32_t i;

	if (s->owner.call == ES_POOL_NONE || s->owner.media != ES_POOL_NONE)
		return NULL;
	i = es_media_table_of_call(t->c, t->media, &s->id.key.src, s->owner.call);
	if (i == ES_POOL_NONE)
		return NULL;
	m = es_media_table_at(t->media, i);
	return es_owners_other_side(t, m) == ES_POOL_NONE ? m : NULL;
}

/* The types in the sender's SDP, while the receiver's is not known. */
static void
borrow_types(const struct es_streams *t, struct es_stream_state *s)
{
	const struct es_media *m = media_of_sender(t, s);

	if (m == NULL)
		return;
	s->is_secure = m->terms->is_secure;
	s->has_signalling = true;
	s->owner.is_borrowed = true;
	for (unsigned i = 0; i < s->coding.n_payloads; i++)
		(void)es_terms_type(
		    m->terms, es_stream_payload_at(s, i)->is.pt, &es_coding_at(s, i)->is);
}

static void
learn_all(struct es_streams *t, struct es_stream_state *s)
{
	const struct es_media *m = es_media_table_at(t->media, s->owner.media);

	const struct es_dialog_side *sender = NULL;
	bool had_terms = s->has_signalling && !s->owner.is_borrowed;
	unsigned n = s->coding.n_payloads;

	if (m->call != ES_POOL_NONE) /* who sends is the other side: 0 is the caller */
		sender = &dialog_of(t, m->call)->side[m->is_caller ? 1 : 0];
	es_media_line_find(t->c, s, m, sender);
	s->is_secure = m->terms->is_secure;
	s->has_signalling = true;
	s->owner.is_borrowed = false;
	es_receiver_expect(t->c, s, m->buffer_by);
	for (unsigned i = 0; i < n; i++)
		learn_type(t->c, s, m, es_coding_at(s, i), had_terms);
}

/* A call that was over before the stream began: its port belongs to another call now. */
static bool
is_too_late(const struct es_dialog *d, es_time began)
{
	int64_t after_ns = ES_STREAM_AFTER_CALL_S * ES_NS_PER_S;

	return d->step == ES_DIALOG_OVER &&
	       es_time_before(es_time_add(d->ended_at, after_ns), began);
}

/* The pair that a connectivity check showed; never against the SDP of another live call. */
static uint32_t
shown_by_check(
    const struct es_streams *t, const struct es_stream_state *s, uint32_t said, uint32_t *media)
{
	uint32_t call = es_ices_find(t->ice, &s->id.key.src, &s->id.key.dst, media);
	const struct es_media *m = said != ES_POOL_NONE ? es_media_table_at(t->media, said) : NULL;

	if (call == ES_POOL_NONE || m == NULL || m->call == call || m->rank != ES_MEDIA_SAID ||
	    dialog_of(t, m->call)->step == ES_DIALOG_OVER)
		return call;
	*media = ES_POOL_NONE;
	return ES_POOL_NONE;
}

/* The type it is known by; of one that begins, that of its first packet. */
static uint8_t
main_type(const struct es_stream_state *s, uint8_t first)
{
	const struct es_stream_payload *p = es_stream_main_payload(s);

	return p != NULL ? p->is.pt : first;
}

struct owner {
	uint32_t call;
	uint32_t media; /* of its target, ES_POOL_NONE */
	bool is_ice;    /* SDP alone would have led elsewhere */
};

/*
 * Who owns the stream's addresses from `began` on: shown by ICE, announced, by the reverse direction, by hosts
 * and port. The reverse direction may still belong to a call that is over.
 */
static struct owner
owner_now(const struct es_streams *t, const struct es_stream_state *s, uint8_t pt, es_time began)
{
	struct owner o = { ES_POOL_NONE, ES_POOL_NONE, false };
	const struct es_stream_state *back = reverse_of(t, s);
	uint32_t said = es_owners_find(
	    t, &s->id.key.src, &s->id.key.dst, back != NULL ? back->owner.call : ES_POOL_NONE);
	uint32_t call, media;
	bool is_up;

	o.call = shown_by_check(t, s, said, &o.media);
	o.is_ice = o.call != ES_POOL_NONE &&
		   (said == ES_POOL_NONE || es_media_table_at(t->media, said)->call != o.call);
	if (o.call != ES_POOL_NONE)
		return o;
	o.media = said;
	if (said != ES_POOL_NONE) {
		o.call = es_media_table_at(t->media, said)->call;
		return o;
	}
	o.media = media_by_reverse(t, back, &o.call);
	is_up = o.call != ES_POOL_NONE && dialog_of(t, o.call)->step != ES_DIALOG_OVER;
	if ((is_up && o.media != ES_POOL_NONE) ||
	    (o.call == ES_POOL_NONE && s->coding.n_payloads == 0))
		return o; /* known, or it has to prove itself first */
	call = es_unannounced_find(t, s, main_type(s, pt), began, &media);
	if (is_up) /* the reverse direction shows the call, not the target */
		o.media = call == o.call ? media : ES_POOL_NONE;
	else if (call != ES_POOL_NONE)
		o = (struct owner){ call, media, false };
	return o;
}

bool
es_claim_find(struct es_streams *t, struct es_stream_state *s, uint8_t pt, es_time began)
{
	struct es_payload type;
	const struct es_dialog *d;
	struct owner o = owner_now(t, s, pt, began);

	s->owner.media_generation = t->c->media_generation;
	s->owner.call = o.call;
	if (s->owner.call == ES_POOL_NONE)
		return false;
	d = dialog_of(t, s->owner.call);
	if (d->n_open >= ES_CALL_OPEN_STREAMS_MAX || is_too_late(d, began)) {
		s->owner.call = ES_POOL_NONE;
		return false;
	}
	s->record.findings |= o.is_ice ? ES_FINDING_ICE : 0;
	s->owner.call_end =
	    d->step == ES_DIALOG_OVER && !es_owners_go_on(t, s) ? d->ended_at : es_time_of_ns(0);
	s->owner.media = o.media;
	if (s->owner.media == ES_POOL_NONE) {
		borrow_types(t, s);
		return false;
	}
	learn_all(t, s);
	es_eviction_rank(&t->media->eviction, s->owner.media, true);
	return es_terms_type(es_media_table_at(t->media, s->owner.media)->terms, pt, &type);
}

/* Whether its last packet came before the call began: those of an earlier call on the same ports. */
static bool
is_over_before(const struct es_streams *t, const struct es_stream_state *s, uint32_t call)
{
	const struct es_dialog *d = dialog_of(t, call);

	return !d->began_unseen && es_time_before(s->last_at, d->begun);
}

/* Finds its call for a stream without one. */
static void
adopt(struct es_streams *t, struct es_stream_state *s, es_time at)
{
	(void)es_claim_find(t, s, 0, s->record.start);
	if (s->owner.call == ES_POOL_NONE)
		return;
	t->n_orphans -= !s->was_silent;
	es_orphans_remove(t, s);
	es_claim_join(t, s);
	es_report_stream(t, s, ES_STATE_IN_PROGRESS, at);
}

/* Streams of the reverse direction that no call has claimed yet. */
static void
claim_reverse(struct es_streams *t, const struct es_stream_state *s, es_time at)
{
	uint32_t flow = es_flow_index(t, &s->id.key.dst, &s->id.key.src);
	uint32_t i = ES_POOL_NONE;

	if (flow != ES_POOL_NONE)
		i = ((const struct es_flow *)es_pool_at(&t->flows, flow))->streams;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next) {
		struct es_stream_state *back = es_stream_at(t, i);

		if (back->life != ES_STREAM_OPEN || back->owner.call == s->owner.call)
			continue;
		if (back->owner.call != ES_POOL_NONE) {
			back->wants_refresh = true;
			continue;
		}
		if (!is_over_before(t, back, s->owner.call))
			adopt(t, back, at);
	}
}

/* Whether a stream flows towards the caller; by its own address where its target was not announced. */
static bool
is_from_callee(const struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t from;

	if (s->owner.media != ES_POOL_NONE)
		return es_media_table_at(t->media, s->owner.media)->is_caller;
	from = es_media_table_of_call(t->c, t->media, &s->id.key.src, s->owner.call);
	return from != ES_POOL_NONE && !es_media_table_at(t->media, from)->is_caller;
}

void
es_claim_join(struct es_streams *t, struct es_stream_state *s)
{
	struct es_dialog *d;

	es_findings_begin(t, s);
	if (s->owner.call == ES_POOL_NONE) {
		t->n_orphans++;
		es_orphans_add(t, s);
		return;
	}
	d = dialog_of(t, s->owner.call);
	s->owner.call_next = d->streams;
	d->streams = s->id.index;
	d->n_open++;
	es_srtp_check_begin(t, s);
	es_dialog_add_stream(d, &s->id.key);
	es_partners_update(t->dialogs, d, &s->id.key.src, &s->id.key.dst);
	es_dialog_media_began(d, s->record.start, is_from_callee(t, s));
	claim_reverse(t, s, t->c->clock);
	if (d->is_changed)
		es_dialog_emit(t->dialogs, d, t->c->clock);
	es_owners_share(t, s);
}

void
es_claim_leave(struct es_streams *t, struct es_stream_state *s)
{
	struct es_dialog *d;
	uint32_t *at;

	if (s->owner.call == ES_POOL_NONE) {
		t->n_orphans -= !s->was_silent;
		es_orphans_remove(t, s);
		return;
	}
	d = dialog_of(t, s->owner.call);
	d->n_open--;
	d->media_at = es_time_max(d->media_at, s->last_at);
	at = &d->streams;
	while (*at != s->id.index)
		at = &es_stream_at(t, *at)->owner.call_next;
	*at = s->owner.call_next;
	s->owner.call_next = ES_POOL_NONE;
	s->owner.call = ES_POOL_NONE;
	s->owner.media = ES_POOL_NONE;
}

void
es_claim_type(struct es_streams *t, struct es_stream_state *s, uint8_t pt)
{
	struct es_stream_payload *p = es_coding_payload(t->c, s, pt);
	const struct es_media *m;

	if (s->owner.media != ES_POOL_NONE) {
		learn_type(t->c, s, es_media_table_at(t->media, s->owner.media), p, false);
		return;
	}
	m = media_of_sender(t, s);
	if (m != NULL)
		(void)es_terms_type(m->terms, pt, &p->is);
}

/* Its call announced the target of a stream that it knew only by the reverse direction, or announced it again. */
static void
find_target(const struct es_streams *t, struct es_stream_state *s)
{
	struct owner o;

	if (s->owner.media != ES_POOL_NONE)
		return;
	s->owner.media = es_media_table_of_call(t->c, t->media, &s->id.key.dst, s->owner.call);
	if (s->owner.media != ES_POOL_NONE)
		return;
	o = owner_now(t, s, 0, s->record.start);
	if (o.call == s->owner.call)
		s->owner.media = o.media;
}

bool
es_claim_is_live(const struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t call = owner_now(t, s, 0, t->c->clock).call;

	return call != ES_POOL_NONE && dialog_of(t, call)->step == ES_DIALOG_UP;
}

bool
es_claim_refresh(struct es_streams *t, struct es_stream_state *s, es_time at)
{
	if (s->life != ES_STREAM_OPEN)
		return false; /* decided when it is believed */
	s->wants_refresh = false;
	s->owner.media_generation = t->c->media_generation;
	if (s->owner.call == ES_POOL_NONE) {
		adopt(t, s, at);
		return false;
	}
	if (s->owner.call_end.ns != 0) {
		uint32_t call = owner_now(t, s, 0, at).call;

		if (call != ES_POOL_NONE && call != s->owner.call &&
		    dialog_of(t, call)->step != ES_DIALOG_OVER)
			return true;
	}
	find_target(t, s);
	es_owners_share(t, s);
	if (s->owner.media == ES_POOL_NONE) {
		borrow_types(t, s);
		return false;
	}
	learn_all(t, s);
	es_srtp_check_begin(t, s);
	return false;
}

void
es_claim_media_gone(struct es_streams *t, uint32_t media)
{
	uint32_t call = es_media_table_at(t->media, media)->call;

	if (call == ES_POOL_NONE)
		return;
	for (uint32_t i = dialog_of(t, call)->streams; i != ES_POOL_NONE;
	     i = es_stream_at(t, i)->owner.call_next)
		if (es_stream_at(t, i)->owner.media == media) {
			es_stream_at(t, i)->owner.media = ES_POOL_NONE;
			es_stream_at(t, i)->wants_refresh = true;
		}
}

void
es_claim_call_changed(struct es_streams *t, uint32_t call)
{
	for (uint32_t i = dialog_of(t, call)->streams; i != ES_POOL_NONE;
	     i = es_stream_at(t, i)->owner.call_next)
		es_stream_at(t, i)->wants_refresh = true;
}

void
es_claim_call_gone(struct es_streams *t, uint32_t call)
{
	for (uint32_t i = dialog_of(t, call)->streams; i != ES_POOL_NONE;) {
		struct es_stream_state *s = es_stream_at(t, i);

		i = s->owner.call_next;
		es_claim_leave(t, s);
		t->n_orphans += !s->was_silent;
		es_orphans_add(t, s);
		s->record.coverage.flags |= ES_COV_EVICTED;
	}
}
