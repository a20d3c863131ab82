/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP: what the two ends say about each other's streams, as reported records in SI units. */
#include "probes/base/seq.h"
#include "probes/engine/state.h"
#include "probes/wire/rtcp.h"

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
	uint32_t m = es_medias_find_any(&e->c, &e->media, &announced);
	uint32_t call = m != ES_POOL_NONE ? es_media_at(&e->media, m)->call : ES_POOL_NONE;
	uint32_t i = call != ES_POOL_NONE ? es_dialog_at(&e->dialogs, call)->streams : ES_POOL_NONE;

	while (i != ES_POOL_NONE) {
		struct es_stream_state *s = es_stream_at(&e->streams, i);

		if (s->key.ssrc == ssrc && es_addr_same_ip(&s->key.src, src) &&
		    es_addr_same_ip(&s->key.dst, dst))
			return s;
		i = s->call_next;
	}
	return NULL;
}

/* The stream of ssrc from src to dst, which are RTCP's own addresses: one port with RTP, or the next. */
static struct es_stream_state *
find(struct es_engine *e, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	struct es_stream_state *s = es_streams_find(&e->streams, src, dst, ssrc);
	struct es_addr from = rtp_port(*src);
	struct es_addr to = rtp_port(*dst);

	if (s == NULL && (src->port & 1) != 0 && (dst->port & 1) != 0)
		s = es_streams_find(&e->streams, &from, &to, ssrc);
	if (s == NULL)
		s = find_of_call(e, src, src, dst, ssrc);
	if (s == NULL)
		s = find_of_call(e, dst, src, dst, ssrc);
	return s;
}

static void
tell_round_trip(const struct es_stream_state *subject, const struct es_rtcp_report *b, es_time at,
    struct es_reported *r)
{
	for (unsigned i = 0; i < ES_STREAM_REPORTS; i++) {
		const struct es_sender_report *sr = &subject->report[i];
		int64_t us;

		if (b->lsr == 0 || sr->ntp_middle != b->lsr)
			continue;
		us = es_time_diff(at, sr->at) / ES_NS_PER_US - (int64_t)b->dlsr_us;
		if (us < 0 || us > INT64_C(60000000))
			continue;
		r->rtt_us = (uint32_t)us;
		r->has |= ES_REPORTED_HAS_RTT;
	}
}

static void
on_report(struct es_engine *e, const struct es_datagram *d, uint32_t reporter,
    const struct es_stream_state *own, const struct es_rtcp_report *b)
{
	/* The subject flows the other way. */
	const struct es_stream_state *s = find(e, &d->dst, &d->src, b->subject_ssrc);
	struct es_coverage coverage = { 0 };
	struct es_record rec;
	struct es_reported *r = &rec.u.reported;

	if (s == NULL && own == NULL)
		return; /* nothing of it was ever seen: no proof that this is RTCP */
	memset(&rec, 0, sizeof(rec));
	r->src = d->src;
	r->dst = d->dst;
	r->reporter_ssrc = reporter;
	r->subject_ssrc = b->subject_ssrc;
	r->time = d->packet->ts;
	r->fraction_lost_ppm = b->fraction_lost_ppm;
	r->cumulative_lost = b->cumulative_lost;
	r->highest_seq = b->highest_seq;
	r->has = ES_REPORTED_HAS_LOSS | ES_REPORTED_HAS_HIGHEST;
	if (s != NULL) {
		const struct es_stream_payload *p = es_stream_main_payload(s);
		uint32_t rate = p != NULL ? p->is.clock_rate_hz : 0;
		uint64_t us = rate == 0 ? UINT64_MAX : (uint64_t)b->jitter_ts * 1000000 / rate;

		if (us <= UINT32_MAX) {
			r->jitter_us = (uint32_t)us;
			r->has |= ES_REPORTED_HAS_JITTER;
		}
		tell_round_trip(s, b, d->packet->ts, r);
	}
	if (s == NULL || s->call == ES_POOL_NONE)
		s = own;
	if (s != NULL && s->call != ES_POOL_NONE)
		r->call_id = es_dialog_id(es_dialog_at(&e->dialogs, s->call));
	es_context_emit(&e->c, &rec, ES_REC_REPORTED, d->packet->ts, &coverage);
}

static void
on_part(struct es_engine *e, const struct es_datagram *d, const struct es_rtcp *part)
{
	struct es_stream_state *own = find(e, &d->src, &d->dst, part->ssrc);
	struct es_rtcp_sender sr;
	struct es_rtcp_report b;

	if (part->type != ES_RTCP_SR && part->type != ES_RTCP_RR)
		return;
	for (unsigned i = 0; es_rtcp_report(part, i, &b) == 0; i++)
		on_report(e, d, part->ssrc, own, &b);
	if (own == NULL || part->type != ES_RTCP_SR || es_rtcp_sender(part, &sr) != 0)
		return;
	own->report[own->next_report].ntp_middle = sr.ntp_middle;
	own->report[own->next_report].at = d->packet->ts;
	own->next_report = (uint8_t)((own->next_report + 1) % ES_STREAM_REPORTS);
}

void
es_engine_rtcp(struct es_engine *e, const struct es_datagram *d)
{
	struct es_rtcp part;

	es_context_count(&e->c, ES_CNT_RTCP_PACKETS);
	if (es_rtcp_check(d->payload, d->payload_wire_bytes) != 0) {
		es_context_count(&e->c, ES_CNT_RTCP_MALFORMED);
		return;
	}
	for (struct es_cur c = es_cur_of(d->payload); es_rtcp_next(&c, &part) == 0;)
		on_part(e, d, &part);
}
