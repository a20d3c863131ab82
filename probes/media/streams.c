/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, making, ending and evicting streams. Who a stream belongs to is in claim.c. */
#include "probes/media/streams.h"

#include "probes/media/by_hosts.h"
#include "probes/media/claim.h"
#include "probes/media/detour.h"
#include "probes/media/flows.h"
#include "probes/media/media_line.h"
#include "probes/media/orphans.h"
#include "probes/media/owners.h"
#include "probes/media/repair.h"
#include "probes/media/replacement.h"
#include "probes/media/report.h"
#include "probes/media/siblings.h"
#include "probes/media/srtp_check.h"
#include "probes/media/stream_deadline.h"
#include "probes/stream/arrival.h"
#include "probes/stream/coding.h"
#include "probes/stream/pauses.h"
#include "probes/stream/restart.h"
#include "probes/stream/scored.h"
#include "probes/stream/sequence.h"
#include "probes/stream/side.h"
#include "probes/stream/window.h"

static es_time
last_seen(const void *ctx, uint32_t index)
{
	const struct es_streams *t = ctx;

	return es_stream_at(t, index)->last_at;
}

int
es_streams_new(struct es_streams *t, uint32_t cap)
{
	int err = es_pool_new(&t->pool, cap, sizeof(struct es_stream_state));

	if (err == 0)
		err = es_pool_new(&t->flows, cap, sizeof(struct es_flow));
	if (err == 0)
		err = es_table_new(&t->table, cap);
	if (err == 0)
		err = es_table_new(&t->by_hosts, cap);
	for (unsigned i = 0; err == 0 && i < ES_SIBLINGS_KINDS; i++)
		err = es_table_new(&t->siblings[i], cap);
	if (err == 0)
		err = es_eviction_new(&t->eviction, cap);
	if (err == 0)
		err = es_orphans_new(&t->orphans, cap);
	return err;
}

void
es_streams_free(struct es_streams *t)
{
	es_orphans_free(&t->orphans);
	es_eviction_free(&t->eviction);
	for (unsigned i = 0; i < ES_SIBLINGS_KINDS; i++)
		es_table_free(&t->siblings[i]);
	es_table_free(&t->by_hosts);
	es_table_free(&t->table);
	es_pool_free(&t->flows);
	es_pool_free(&t->pool);
}

/* Frees what a stream that has ended does not need. */
static void
drop_running(struct es_streams *t, struct es_stream_state *s)
{
	es_repair_drop(t->c, s);
	es_pauses_drop(t->c, s);
	es_scored_drop(t->c, s);
	es_srtp_check_drop(t->c, s);
	es_side_end(t->c, s);
}

/* Gives the slot back. */
static void
forget(struct es_streams *t, struct es_stream_state *s)
{
	if (s->life == ES_STREAM_UNPROVEN)
		t->c->count[ES_CNT_RTP_UNPROVEN] += s->distinct;
	es_flow_leave(t, s);
	es_siblings_leave(t, s);
	if (s->id.deadline != ES_HEAP_NONE)
		es_heap_cancel(&t->c->heap, s->id.deadline);
	es_by_hosts_remove(t, s);
	drop_running(t, s);
	es_side_drop(t->c, s);
	es_coding_drop(t->c, s);
	es_eviction_drop(&t->eviction, s->id.index);
	es_pool_give(&t->pool, s->id.index);
}

/* The last record of what was measured under the present key. */
static void
finish(struct es_streams *t, struct es_stream_state *s, es_time at)
{
	es_window_close_all(t->c, s, at);
	es_report_stream(t, s, ES_STATE_COMPLETED, at);
}

static void
end(struct es_streams *t, struct es_stream_state *s, es_time at)
{
	es_restart_dismiss(t->c, s);
	finish(t, s, at);
	es_claim_leave(t, s);
	drop_running(t, s);
	s->life = ES_STREAM_ENDED;
	s->last_at = es_time_max(s->last_at, at);
	es_eviction_rank(&t->eviction, s->id.index, false);
}

static void
open_it(struct es_streams *t, struct es_stream_state *s, es_time at)
{
	s->life = ES_STREAM_OPEN;
	es_siblings_enter(t, s);
	es_eviction_rank(&t->eviction, s->id.index, true);
	es_context_count(t->c, ES_CNT_STREAMS);
	if (s->owner.call == ES_POOL_NONE)
		(void)es_claim_find(t, s, 0, s->record.start);
	es_claim_join(t, s);
	es_report_stream(t, s, ES_STATE_IN_PROGRESS, at);
	es_stream_deadline_set(t, s);
}

/* Ends it because there is no room; what was measured is reported. */
static void
give_up(struct es_streams *t, struct es_stream_state *s)
{
	if (s->life != ES_STREAM_ENDED)
		es_context_count(t->c, ES_CNT_STREAMS_EVICTED);
	if (s->life == ES_STREAM_OPEN) {
		s->record.coverage.flags |= ES_COV_EVICTED;
		end(t, s, t->c->clock);
	}
	forget(t, s);
}

/* Frees the slot of whoever the eviction order names. */
static bool
evict(struct es_streams *t)
{
	uint32_t victim = es_eviction_victim(&t->eviction, last_seen, t);

	if (victim == ES_EVICTION_NONE)
		return false;
	give_up(t, es_stream_at(t, victim));
	return true;
}

static uint8_t
seen_as(const struct es_context *c, const struct es_addr *src, const struct es_addr *dst)
{
	for (uint32_t i = 0; i < c->n_local; i++)
		if (es_addr_same_ip(&c->local[i], src))
			return ES_SEEN_EGRESS;
	for (uint32_t i = 0; i < c->n_local; i++)
		if (es_addr_same_ip(&c->local[i], dst))
			return ES_SEEN_INGRESS;
	return ES_SEEN_TRANSIT;
}

/* Empties the measurement, keeps identity and place. */
static void
reset(struct es_streams *t, struct es_stream_state *s)
{
	struct es_stream_id id = s->id;

	drop_running(t, s);
	es_side_drop(t->c, s);
	es_coding_drop(t->c, s);

	memset(s, 0, sizeof(*s));
	s->id = id;
	es_coding_begin(s);
	s->owner.call = ES_POOL_NONE;
	s->owner.call_next = ES_POOL_NONE;
	s->owner.media = ES_POOL_NONE;
	s->owner.media_generation = t->c->media_generation;
	s->seen = seen_as(t->c, &s->id.key.src, &s->id.key.dst);
}

/* Room on a full flow. */
static bool
evict_of_flow(struct es_streams *t, const struct es_flow *f)
{
	struct es_stream_state *victim = es_flow_victim(t, f);

	if (victim == NULL)
		return false;
	/* An unproven one is no loss worth an alarm: any cipher looks like RTP now and then. */
	if (victim->life == ES_STREAM_OPEN)
		give_up(t, victim);
	else
		forget(t, victim);
	return true;
}

/* A new stream; NULL where the flow has too many already. */
static struct es_stream_state *
make(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	struct es_stream_state *s;
	const struct es_flow *f;
	uint32_t flow;
	uint32_t i;

	/* First make room: it may take the flow away. */
	if (t->pool.n_used == t->pool.cap && !evict(t))
		return NULL;
	flow = es_flow_take(t, src, dst);
	if (flow == ES_POOL_NONE)
		return NULL;
	f = es_pool_at(&t->flows, flow);
	if (f->n_streams >= ES_FLOW_STREAMS_MAX && !evict_of_flow(t, f))
		return NULL;
	i = es_pool_take(&t->pool);
	if (i == ES_POOL_NONE)
		return NULL;
	s = es_stream_at(t, i);
	s->id.key.src = *src;
	s->id.key.dst = *dst;
	s->id.key.ssrc = ssrc;
	s->id.serial = t->c->next_serial++;
	s->id.index = i;
	s->id.deadline = ES_HEAP_NONE;
	es_flow_enter(t, flow, s);
	es_eviction_add(&t->eviction, i, src, false);
	es_by_hosts_add(t, s);
	reset(t, s);
	return s;
}

/* First packet under the present key: believed at once where signalling announced it. */
static void
begin(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	bool announced = es_claim_find(t, s, a->pt, a->at);

	es_claim_type(t, s, a->pt);
	es_arrival_begin(t->c, s, a);
	if (announced) {
		open_it(t, s, a->at);
		return;
	}
	/* An unproven one holds on to nothing that may go away before it is believed. */
	s->owner.call = ES_POOL_NONE;
	s->owner.media = ES_POOL_NONE;
	es_stream_deadline_set(t, s);
}

/* The same SSRC under the next restart number, with what was held of it before a. */
static void
restart(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	struct es_arrival held[ES_STREAM_HELD];
	unsigned n = s->n_held;
	unsigned all = es_stream_count_held(s);

	memcpy(held, s->side.rare->jump.held, sizeof(held));
	es_restart_let_go(s);
	s->begins_again = true;
	finish(t, s, a->at);
	es_claim_leave(t, s);
	s->id.key.restart++;
	reset(t, s);
	(void)es_claim_find(t, s, a->pt, held[0].at);
	for (unsigned i = 0; i < n; i++)
		es_claim_type(t, s, held[i].pt);
	es_claim_type(t, s, a->pt);
	es_arrival_begin(t->c, s, &held[0]);
	for (unsigned i = 1; i < all; i++)
		es_arrival_accept(t->c, s, s->highest, &held[i < n ? i : n - 1]);
	es_arrival_accept(
	    t->c, s, s->highest + (uint64_t)(int64_t)es_seq_diff(a->seq, held[0].seq), a);
	open_it(t, s, a->at);
}

static void
begin_again(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	if (s->life == ES_STREAM_UNPROVEN)
		t->c->count[ES_CNT_RTP_UNPROVEN] += s->distinct;
	else
		s->id.key.restart++;
	reset(t, s);
	begin(t, s, a);
}

static void
take(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	bool was_silent = s->was_silent;
	enum es_stream_took took;

	if (es_replacement_may_end(s, a))
		es_replacement_end(t, s, a);
	took = es_sequence_packet(t->c, s, a);
	if (took == ES_TOOK_AHEAD) {
		es_detour_packet(t, s, a);
		took = es_restart_packet(t->c, s, a);
	}
	switch (took) {
	case ES_TOOK_AHEAD:
	case ES_TOOK:
		t->n_orphans += was_silent && !s->was_silent && s->owner.call == ES_POOL_NONE;
		return;
	case ES_TOOK_PROOF:
		open_it(t, s, a->at);
		return;
	case ES_TOOK_RESTART:
		restart(t, s, a);
		return;
	case ES_TOOK_GARBAGE:
		begin_again(t, s, a);
		return;
	}
}

/* A payload type not heard just before; one not heard at all is news. */
static void
take_other_type(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	uint8_t n = s->coding.n_payloads;

	es_claim_type(t, s, a->pt);
	take(t, s, a);
	if (s->life == ES_STREAM_OPEN && s->coding.n_payloads > n && n > 0)
		es_report_stream(t, s, ES_STATE_IN_PROGRESS, a->at);
}

/* Announced, or shown by ICE. */
static bool
is_expected(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t media;

	return es_media_table_is_expected(t->c, t->media, dst) ||
	       es_ices_find(t->ice, src, dst, &media) != ES_POOL_NONE;
}

static void
measure(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	if (s->life == ES_STREAM_ENDED) {
		begin_again(t, s, a);
		return;
	}
	if (es_claim_is_stale(t, s) && es_claim_refresh(t, s, a->at)) {
		/* Another call has taken over the 5-tuple. */
		end(t, s, a->at);
		begin_again(t, s, a);
		return;
	}
	if (s->coding.now->is.pt == a->pt)
		take(t, s, a);
	else
		take_other_type(t, s, a);
}

/* What few streams want of a packet they took. */
static void
look_closer(struct es_streams *t, struct es_stream_state *s, const struct es_rtp *rtp,
    const struct es_arrival *a)
{
	if (s->check != 0)
		es_srtp_check_packet(t, s, rtp, a->datagram_bytes);
	if (s->level_id != 0 || s->mid_id != 0)
		es_media_line_read(t->c, s,
		    s->owner.media != ES_POOL_NONE ? es_media_table_at(t->media, s->owner.media)
						   : NULL,
		    rtp);
}

/* The mode in the payload of AMR (RFC 4867 section 4.3.2). */
static void
take_mode(struct es_stream_state *s, const struct es_rtp *rtp)
{
	struct es_stream_payload *p = s->coding.now;
	uint8_t mode;

	if (s->is_secure || !s->has_signalling || p->is.pt != rtp->pt || p->is.is_red ||
	    p->is.is_interleaved || p->is.codec == NULL || !es_codec_is_amr(p->is.codec))
		return;
	if (es_amr_mode(rtp->payload, es_payload_packing(&p->is), &mode))
		es_vote_cast(&p->amr_mode, (uint16_t)(mode + 1));
}

void
es_streams_packet(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_rtp *rtp, const struct es_arrival *a)
{
	struct es_stream_state *s = es_flow_find(t, src, dst, rtp->ssrc);
	uint64_t distinct = s != NULL ? s->distinct : 0;

	if (s != NULL) {
		measure(t, s, a);
	} else {
		if (!es_payload_is_plausible(a->pt) && !is_expected(t, src, dst))
			return;
		if (t->refuse != NULL && t->refuse(t->refuse_ctx, src, dst, rtp, a->at))
			return;
		s = make(t, src, dst, rtp->ssrc);
		if (s == NULL) {
			es_context_count(t->c, ES_CNT_RTP_UNPROVEN);
			return;
		}
		begin(t, s, a);
	}
	/* Copies have nothing new. */
	if (s->distinct == distinct)
		return;
	if (t->c->repairs.pool.cap > 0 && s->life == ES_STREAM_OPEN) {
		es_repair_packet(t, s, rtp);
		es_pauses_packet(t->c, s, rtp);
		take_mode(s, rtp);
	}
	if ((s->check | s->level_id | s->mid_id) != 0)
		look_closer(t, s, rtp, a);
}

/* Media is a sign of life of its calls. One that shares it stays known as long as it is heard. */
static void
keep_call(const struct es_streams *t, const struct es_stream_state *s)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX + 1];
	unsigned n = es_owners_others(t, s, calls);

	if (s->owner.call != ES_POOL_NONE)
		calls[n++] = s->owner.call;
	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d = es_dialog_at(t->dialogs, calls[i]);

		if (d->step == ES_DIALOG_UP || d->step == ES_DIALOG_CALLING ||
		    calls[i] != s->owner.call)
			d->seen_at = es_time_max(d->seen_at, s->last_at);
	}
}

void
es_streams_due(struct es_streams *t, uint32_t index, es_time due)
{
	struct es_stream_state *s = es_stream_at(t, index);

	s->id.deadline = ES_HEAP_NONE; /* it was popped */
	keep_call(t, s);
	if (es_time_before(due, es_stream_deadline_of(s))) {
		es_stream_deadline_set(t, s);
		return;
	}
	if (s->life == ES_STREAM_ENDED && es_claim_is_live(t, s)) {
		/* On hold: it may come back, and must not take the place of the record that went out. */
		s->last_at = due;
		es_stream_deadline_set(t, s);
		return;
	}
	if (s->life != ES_STREAM_OPEN) {
		forget(t, s);
		return;
	}
	if (!es_time_before(due, es_stream_deadline_end_of(s))) {
		end(t, s, due);
	} else {
		es_window_close_all(t->c, s, due);
		t->n_orphans -= s->owner.call == ES_POOL_NONE && !s->was_silent;
		s->was_silent = true;
	}
	es_stream_deadline_set(t, s);
}

void
es_streams_flush(struct es_streams *t, uint32_t index, es_time at)
{
	struct es_stream_state *s = es_stream_at(t, index);

	s->id.deadline = ES_HEAP_NONE; /* it was popped */
	if (s->life == ES_STREAM_OPEN)
		end(t, s, at);
}

void
es_streams_forget(struct es_streams *t, uint32_t index)
{
	forget(t, es_stream_at(t, index));
}
