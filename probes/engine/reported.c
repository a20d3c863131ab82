/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP: reports of the two ends about each other's streams, as reported records in SI units. */
#include "probes/engine/reported.h"

#include "probes/base/seq.h"
#include "probes/engine/packet.h"
#include "probes/engine/srtcp.h"
#include "probes/media/by_hosts.h"
#include "probes/media/flows.h"
#include "probes/stream/receiver.h"

enum { SSRC_AT = 4 }; /* of the first packet in a compound */

/* The addresses RTP uses where RTCP runs one port above (RFC 3550 section 11). */
static struct es_addr
rtp_port(struct es_addr a)
{
	a.port = (uint16_t)(a.port & ~1u);
	return a;
}

/*
 * A NAT may give RTCP a port that has nothing to do with that of RTP. The other end is then still one
 * above what SDP announced: its call has the stream, between the same two hosts.
 */
static struct es_stream_state *
find_of_call(struct es_engine *e, const struct es_addr *end, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc)
{
	struct es_addr announced = rtp_port(*end);
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(&e->c, &e->media, &announced, holder);

	for (unsigned k = 0; k < n; k++) {
		uint32_t call = es_media_table_at(&e->media, holder[k])->call;
		uint32_t i = es_dialog_at(&e->dialogs, call)->streams;

		for (; i != ES_POOL_NONE; i = es_stream_at(&e->streams, i)->owner.call_next) {
			struct es_stream_state *s = es_stream_at(&e->streams, i);

			if (s->id.key.ssrc == ssrc && es_addr_same_ip(&s->id.key.src, src) &&
			    es_addr_same_ip(&s->id.key.dst, dst))
				return s;
		}
	}
	return NULL;
}

struct es_stream_state *
es_reported_stream(
    struct es_engine *e, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	struct es_stream_state *s = es_flow_find_open(&e->streams, src, dst, ssrc);
	struct es_addr from = rtp_port(*src);
	struct es_addr to = rtp_port(*dst);

	if (s == NULL && (src->port & 1) != 0 && (dst->port & 1) != 0)
		s = es_flow_find_open(&e->streams, &from, &to, ssrc);
	if (s == NULL)
		s = find_of_call(e, src, src, dst, ssrc);
	if (s == NULL)
		s = find_of_call(e, dst, src, dst, ssrc);
	if (s == NULL)
		s = es_by_hosts_find(&e->streams, src, dst, ssrc);
	return s;
}

bool
es_reported_may_look(struct es_engine *e, const struct es_heard *h)
{
	if (*h->n_looks > ES_RTCP_LOOKS_MAX)
		return false;
	if ((*h->n_looks)++ < ES_RTCP_LOOKS_MAX)
		return true;
	es_context_count(&e->c, ES_CNT_RTCP_OVER_LIMIT);
	return false;
}

struct es_stream_state *
es_reported_subject(struct es_engine *e, const struct es_heard *h, uint32_t ssrc)
{
	return es_reported_stream(e, &h->d->dst, &h->d->src, ssrc);
}

uint32_t
es_reported_clock(const struct es_stream_state *s)
{
	const struct es_stream_payload *p = s != NULL ? es_stream_main_payload(s) : NULL;

	return p != NULL ? p->is.clock_rate_hz : 0;
}

void
es_reported_round_trip(const struct es_stream_reports *sent, uint32_t ntp_middle, uint64_t delay_us,
    es_time now, struct es_reported *r)
{
	for (unsigned i = 0; i < ES_STREAM_REPORTS; i++) {
		int64_t us;

		if (ntp_middle == 0 || sent->at[i].ntp_middle != ntp_middle)
			continue;
		us = es_time_diff(now, sent->at[i].at) / ES_NS_PER_US - (int64_t)delay_us;
		if (us < 0 || us > ES_ROUND_TRIP_MAX_US)
			continue;
		r->rtt_us = (uint32_t)us;
		r->has |= ES_REPORTED_HAS_RTT;
	}
}

static void
note(struct es_stream_state *s, enum es_delay_path_part part, int64_t us)
{
	if (s != NULL)
		es_delay_path_note(&s->quality.path, part, us);
}

void
es_reported_learn(struct es_engine *e, const struct es_reported *r, struct es_stream_state *subject,
    struct es_stream_state *own)
{
	if ((r->has & ES_REPORTED_HAS_RTT) != 0) {
		note(subject, ES_DELAY_PATH_TO_RECEIVER, r->rtt_us);
		note(own, ES_DELAY_PATH_TO_SENDER, r->rtt_us);
	}
	if (subject != NULL)
		es_receiver_learn(&e->c, subject, r->values, r->n_values);
	for (uint32_t i = 0; i < r->n_values; i++) {
		if (r->values[i].metric != ES_RM_ROUND_TRIP_US)
			continue;
		note(subject, ES_DELAY_PATH_WHOLE, r->values[i].value);
		note(own, ES_DELAY_PATH_WHOLE, r->values[i].value);
	}
}

void
es_reported_begin(struct es_record *rec, const struct es_heard *h, enum es_reported_source source,
    uint32_t subject_ssrc)
{
	struct es_reported *r = &rec->u.reported;

	memset(rec, 0, sizeof(*rec));
	r->source = source;
	r->src = h->d->src;
	r->dst = h->d->dst;
	r->reporter_ssrc = h->part->ssrc;
	r->subject_ssrc = subject_ssrc;
	r->time = h->d->packet->ts;
}

/* By the capture's snap length: what followed is missing. */
static bool
is_cut(const struct es_datagram *d)
{
	return d->payload.n < d->payload_wire_bytes;
}

/* A report that a budget has no room for; call: whose it is, NULL. */
static void
leave_out(struct es_engine *e, struct es_dialog *call)
{
	es_context_count(&e->c, ES_CNT_RTCP_SHED);
	if (call == NULL || (call->coverage.flags & ES_COV_SHED_RTCP) != 0)
		return;
	call->coverage.flags |= ES_COV_SHED_RTCP;
	call->is_changed = true;
}

void
es_reported_emit(struct es_engine *e, struct es_record *rec, const struct es_heard *h,
    const struct es_stream_state *subject)
{
	const struct es_stream_state *s = subject;
	struct es_coverage coverage = { .flags = is_cut(h->d) ? ES_COV_CUT : 0 };
	struct es_dialog *call = NULL;

	if (s == NULL || s->owner.call == ES_POOL_NONE)
		s = h->own;
	if (s != NULL && s->owner.call != ES_POOL_NONE)
		call = es_dialog_at(&e->dialogs, s->owner.call);
	if (e->shed >= ES_SHED_RTCP) {
		leave_out(e, call);
		return;
	}
	if (call != NULL)
		rec->u.reported.call_id = es_dialog_id(call);
	es_context_emit(&e->c, rec, ES_REC_REPORTED, h->d->packet->ts, &coverage);
}

static void
on_report(struct es_engine *e, const struct es_heard *h, const struct es_rtcp_report *b)
{
	struct es_stream_state *s = es_reported_subject(e, h, b->subject_ssrc);
	uint32_t rate = es_reported_clock(s);
	uint64_t us = rate == 0 ? UINT64_MAX : (uint64_t)b->jitter_ts * 1000000 / rate;
	struct es_record rec;
	struct es_reported *r = &rec.u.reported;

	if (s == NULL && h->own == NULL) {
		es_context_count(&e->c, ES_CNT_RTCP_STRANGERS);
		return; /* nothing of it was ever seen: no proof that this is RTCP */
	}
	es_reported_begin(&rec, h, ES_SOURCE_RTCP, b->subject_ssrc);
	r->fraction_lost_ppm = b->fraction_lost_ppm;
	r->cumulative_lost = b->cumulative_lost;
	r->highest_seq = b->highest_seq;
	r->has = ES_REPORTED_HAS_LOSS | ES_REPORTED_HAS_HIGHEST;
	if (us <= UINT32_MAX) {
		r->jitter_us = (uint32_t)us;
		r->has |= ES_REPORTED_HAS_JITTER;
	}
	if (s != NULL)
		es_reported_round_trip(&s->reports, b->lsr, b->dlsr_us, h->d->packet->ts, r);
	es_reported_learn(e, r, s, h->own);
	es_reported_emit(e, &rec, h, s);
}

static void
on_bye(struct es_engine *e, const struct es_heard *h)
{
	uint32_t ssrc;

	for (unsigned i = 0; es_rtcp_bye(h->part, i, &ssrc) == 0 && es_reported_may_look(e, h);
	     i++) {
		struct es_stream_state *s = es_reported_stream(e, &h->d->src, &h->d->dst, ssrc);

		if (s == NULL)
			continue;
		es_context_count(&e->c, ES_CNT_RTCP_BYES);
		s->record.findings |= ES_FINDING_BYE;
	}
}

static void
on_part(
    struct es_engine *e, const struct es_datagram *d, const struct es_rtcp *part, unsigned *n_looks)
{
	struct es_heard h = { d, part, NULL, n_looks };
	struct es_rtcp_sender sr;
	struct es_rtcp_report b;

	if (!es_reported_may_look(e, &h))
		return;
	h.own = es_reported_stream(e, &d->src, &d->dst, part->ssrc);
	switch (part->type) {
	case ES_RTCP_SR:
	case ES_RTCP_RR:
		for (unsigned i = 0;
		     es_rtcp_report(part, i, &b) == 0 && es_reported_may_look(e, &h); i++)
			on_report(e, &h, &b);
		if (h.own != NULL && es_rtcp_sender(part, &sr) == 0)
			es_stream_reports_add(&h.own->reports, sr.ntp_middle, d->packet->ts);
		break;
	case ES_RTCP_BYE:
		on_bye(e, &h);
		break;
	case ES_RTCP_XR:
		es_engine_xr(e, &h);
		break;
	case ES_RTCP_SDES:
		es_context_count(&e->c, ES_CNT_RTCP_SDES);
		break;
	case ES_RTCP_APP:
		es_context_count(&e->c, ES_CNT_RTCP_APPS);
		break;
	case ES_RTCP_RTPFB:
	case ES_RTCP_PSFB:
		es_context_count(&e->c, ES_CNT_RTCP_FEEDBACK);
		break;
	default:
		break;
	}
}

void
es_engine_compound(struct es_engine *e, const struct es_datagram *d)
{
	unsigned n_looks = 0;
	struct es_rtcp part;

	for (struct es_cur c = es_cur_of(d->payload); es_rtcp_next(&c, &part) == 0;) {
		if (es_rtcp_inside(&part) == 0)
			on_part(e, d, &part, &n_looks);
		else if (!is_cut(d))
			es_context_count(&e->c, ES_CNT_RTCP_MALFORMED);
	}
}

/* Not known to be encrypted by its call: by DTLS between its ends, or by what its packets look like. */
static bool
is_seen_encrypted(struct es_engine *e, const struct es_datagram *d, bool is_sound)
{
	struct es_cur c = es_cur_of(d->payload);
	uint32_t ssrc;

	es_cur_skip(&c, SSRC_AT);
	ssrc = es_cur_be32(&c);
	if (c.bad)
		return false;
	if (!is_cut(d) && !is_sound) {
		es_srtcp_seen_packet(&e->srtcp_seen, &e->c, &d->src, &d->dst, ssrc, d->payload);
		return true;
	}
	if (!is_cut(d) || !es_srtcp_seen_has(&e->srtcp_seen, &e->c, &d->src, &d->dst, ssrc))
		return false;
	es_context_count(&e->c, ES_CNT_SRTCP_PACKETS);
	return true;
}

void
es_engine_rtcp(struct es_engine *e, const struct es_datagram *d)
{
	bool is_sound = es_rtcp_check(d->payload, d->payload_wire_bytes) == 0;

	es_context_count(&e->c, ES_CNT_RTCP_PACKETS);
	if (es_engine_is_copy(e, d, ES_CNT_RTCP_COPIES))
		return;
	if (is_cut(d))
		es_context_count(&e->c, ES_CNT_RTCP_CUT);
	/* SRTCP differs from RTCP at its end, which a cut capture does not have. */
	if ((is_cut(d) || !is_sound) &&
	    (es_engine_srtcp(e, d) || is_seen_encrypted(e, d, is_sound)))
		return;
	if (is_sound)
		es_engine_compound(e, d);
	else
		es_context_count(&e->c, ES_CNT_RTCP_MALFORMED);
}
