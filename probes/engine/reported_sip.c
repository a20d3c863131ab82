/* SPDX-License-Identifier: Apache-2.0 */
/* What phones report in SIP: quality reports in a body (RFC 6035), statistics in a header field. */
#include "probes/engine/reported.h"

#include "probes/base/text.h"
#include "probes/media/flows.h"
#include "probes/wire/sip/rtpstat.h"
#include "probes/wire/sip/vq_report.h"

enum { NAME_MAX_BYTES = 64 }; /* of a codec or an algorithm; what is longer is cut */

/* A SIP message, its addresses and its time. */
struct received {
	const struct es_sip *m;
	const struct es_addr *src;
	const struct es_addr *dst;
	es_time at;
};

/*
 * Sent again, on its next hop, captured twice or sent as a new request with credentials: neither Via nor CSeq
 * count, the same text from the same sender is the same report.
 */
static bool
is_heard(
    struct es_engine *e, const struct received *t, enum es_reported_source source, es_slice text)
{
	const uint64_t words[] = {
		es_hash(&e->c.key, t->m->call_id),
		es_hash(&e->c.key, t->m->from.tag),
		es_hash(&e->c.key, text),
		(uint64_t)source << 1 | t->m->is_response,
	};

	return es_sip_counts_heard(&e->signalling.counts, &e->c,
	    es_hash_words(&e->c.key, words, sizeof(words) / sizeof(words[0])), t->at);
}

static struct es_reported *
begin(struct es_record *rec, const struct received *t, enum es_reported_source source)
{
	struct es_reported *r = &rec->u.reported;

	memset(rec, 0, sizeof(*rec));
	r->source = source;
	r->src = *t->src;
	r->dst = *t->dst;
	r->time = t->at;
	return r;
}

static void
emit(struct es_engine *e, struct es_record *rec)
{
	struct es_coverage coverage = { 0 };

	if (rec->u.reported.call_id.n > ES_CALL_ID_MAX_BYTES)
		es_context_count(&e->c, ES_CNT_SIP_OVER_LIMIT);
	else
		es_context_emit(&e->c, rec, ES_REC_REPORTED, rec->u.reported.time, &coverage);
}

/* Whether an address agrees with the reported one, which may be incomplete. */
static bool
fits(const struct es_addr *said, const struct es_addr *is)
{
	return said->family == 0 ||
	       (es_addr_same_ip(said, is) && (said->port == 0 || said->port == is->port));
}

/* The one open stream of a 5-tuple, NULL. */
static struct es_stream_state *
only_of_flow(struct es_engine *e, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t f = es_flow_index(&e->streams, src, dst);
	struct es_stream_state *only = NULL;
	uint32_t i;

	if (f == ES_POOL_NONE)
		return NULL;
	i = ((const struct es_flow *)es_pool_at(&e->streams.flows, f))->streams;
	while (i != ES_POOL_NONE) {
		struct es_stream_state *s = es_stream_at(&e->streams, i);

		i = s->id.flow_next;
		if (s->life != ES_STREAM_OPEN)
			continue;
		if (only != NULL)
			return NULL;
		only = s;
	}
	return only;
}

static bool
is_subject(const struct es_reported *r, const struct es_stream_state *s)
{
	return s->life == ES_STREAM_OPEN && s->id.key.ssrc == r->subject_ssrc &&
	       fits(&r->media_src, &s->id.key.src) && fits(&r->media_dst, &s->id.key.dst);
}

/* The one stream with the report's SSRC of the calls of its Call-ID, if it does not name both addresses. */
static struct es_stream_state *
only_of_call(struct es_engine *e, const struct es_reported *r)
{
	uint32_t uses[ES_CALL_USES_MAX];
	unsigned n = es_dialogs_uses(&e->dialogs, r->call_id, uses);
	struct es_stream_state *only = NULL;

	for (unsigned k = 0; k < n; k++) {
		uint32_t i = es_dialog_at(&e->dialogs, uses[k])->streams;

		for (; i != ES_POOL_NONE; i = es_stream_at(&e->streams, i)->owner.call_next) {
			if (!is_subject(r, es_stream_at(&e->streams, i)))
				continue;
			if (only != NULL)
				return NULL;
			only = es_stream_at(&e->streams, i);
		}
	}
	return only;
}

/* Fills in what a report leaves open about its stream. What the report has is not changed. */
static void
bind_stream(struct es_engine *e, struct es_reported *r)
{
	bool has_both = r->media_src.family != 0 && r->media_dst.family != 0;
	struct es_stream_state *s = NULL;

	if (has_both && r->subject_ssrc != 0)
		s = es_reported_stream(e, &r->media_src, &r->media_dst, r->subject_ssrc);
	else if (has_both)
		s = only_of_flow(e, &r->media_src, &r->media_dst);
	else if (r->subject_ssrc != 0)
		s = only_of_call(e, r);
	if (s == NULL)
		return;
	es_reported_learn(e, r, s, NULL);
	r->subject_ssrc = s->id.key.ssrc;
	if (r->media_src.family == 0 || r->media_src.port == 0)
		r->media_src = s->id.key.src;
	if (r->media_dst.family == 0 || r->media_dst.port == 0)
		r->media_dst = s->id.key.dst;
}

/* About the stream from one end to the other. */
static void
on_metrics(
    struct es_engine *e, const struct received *t, const struct es_vq_report *v, bool is_remote)
{
	const struct es_vq_metrics *metrics = is_remote ? &v->remote_metrics : &v->local_metrics;
	const struct es_vq_end *from = is_remote ? &v->local : &v->remote;
	const struct es_vq_end *to = is_remote ? &v->remote : &v->local;
	struct es_record rec;
	struct es_reported *r = begin(&rec, t, ES_SOURCE_VQ_REPORT);

	if (metrics->n_values == 0)
		return;
	r->reporter_ssrc = v->local.ssrc;
	r->subject_ssrc = from->ssrc;
	r->call_id = v->call_id;
	if (from->addr.family != 0)
		r->media_src = from->addr;
	if (to->addr.family != 0)
		r->media_dst = to->addr;
	r->is_remote = is_remote;
	r->kind = v->kind_text;
	r->codec = es_text_first(metrics->codec, NAME_MAX_BYTES);
	r->algorithm = es_text_first(metrics->algorithm, NAME_MAX_BYTES);
	r->values = metrics->values;
	r->n_values = metrics->n_values;
	bind_stream(e, r);
	emit(e, &rec);
}

/* Whether the message ends before its body does: the capture or the sender cut it. */
static bool
is_short(const struct es_sip *m)
{
	return m->is_cut || (m->has_content_length && m->body.n < m->content_length);
}

/* The report as far as it can be trusted: a last line that is cut may hold half a number. */
static es_slice
whole_lines(const struct es_sip *m)
{
	es_slice text = m->vq_report;

	if (!is_short(m) || text.p + text.n != m->body.p + m->body.n)
		return text;
	while (text.n > 0 && text.p[text.n - 1] != '\n')
		text.n--;
	return text;
}

static void
on_vq_report(struct es_engine *e, const struct received *t)
{
	struct es_vq_report v;
	int err;

	if (is_heard(e, t, ES_SOURCE_VQ_REPORT, t->m->vq_report))
		return;
	err = es_vq_report_parse(whole_lines(t->m), &v);
	if (err == 0) {
		on_metrics(e, t, &v, false);
		on_metrics(e, t, &v, true);
	} else if (err == ES_EFULL) {
		es_context_count(&e->c, ES_CNT_SIP_OVER_LIMIT);
	} else if (!is_short(t->m)) {
		es_context_count(&e->c, ES_CNT_SIP_MALFORMED);
	}
}

static bool
is_announced(const struct es_dialog_side *side, const struct es_addr *addr)
{
	for (unsigned i = 0; i < side->n_media; i++)
		if (es_addr_eq(&side->media[i], addr))
			return true;
	return false;
}

/* The newest call of the message's Call-ID that knows its tags, and who sent the request. NULL: none. */
static const struct es_dialog *
call_of_tags(const struct es_engine *e, const struct es_sip *m, unsigned *side)
{
	uint32_t uses[ES_CALL_USES_MAX];
	unsigned n = es_dialogs_uses(&e->dialogs, m->call_id, uses);

	for (unsigned i = 0; i < n; i++) {
		const struct es_dialog *d = es_dialog_at(&e->dialogs, uses[i]);

		*side = es_legs_requester(&d->legs, &e->c, m);
		if (*side != ES_STRANGER)
			return d;
	}
	return NULL;
}

/* The one stream that flows to the sender of a message of a known call, NULL. */
static const struct es_stream_state *
stream_to_sender(const struct es_engine *e, const struct es_sip *m)
{
	unsigned side;
	const struct es_dialog *d = call_of_tags(e, m, &side);
	const struct es_stream_state *only = NULL;

	if (d == NULL)
		return NULL;
	if (m->is_response)
		side = side == ES_CALLER ? ES_CALLEE : ES_CALLER;
	for (uint32_t i = d->streams; i != ES_POOL_NONE;) {
		const struct es_stream_state *s = es_stream_at(&e->streams, i);

		i = s->owner.call_next;
		if (s->life != ES_STREAM_OPEN ||
		    (!is_announced(&d->side[side], &s->id.key.dst) &&
			!is_announced(&d->side[!side], &s->id.key.src)))
			continue;
		if (only != NULL)
			return NULL;
		only = s;
	}
	return only;
}

static void
on_stat(
    struct es_engine *e, const struct received *t, enum es_reported_source source, es_slice text)
{
	const struct es_stream_state *s;
	struct es_rtpstat stat;
	struct es_record rec;
	struct es_reported *r = begin(&rec, t, source);

	if (text.n == 0 || is_heard(e, t, source, text))
		return;
	es_rtpstat_read(text, &stat);
	if (stat.n_values == 0)
		return;
	r->call_id = t->m->call_id;
	r->codec = es_text_first(stat.codec, NAME_MAX_BYTES);
	r->values = stat.values;
	r->n_values = stat.n_values;
	s = stream_to_sender(e, t->m);
	if (s != NULL) {
		r->subject_ssrc = s->id.key.ssrc;
		r->media_src = s->id.key.src;
		r->media_dst = s->id.key.dst;
	}
	emit(e, &rec);
}

void
es_engine_reported_sip(struct es_engine *e, const struct es_sip *m, const struct es_addr *src,
    const struct es_addr *dst, es_time at)
{
	const struct received t = { m, src, dst, at };

	if (m->vq_report.n > 0 && !m->is_response)
		on_vq_report(e, &t);
	on_stat(e, &t, ES_SOURCE_X_RTP_STAT, m->x_rtp_stat);
	on_stat(e, &t, ES_SOURCE_P_RTP_STAT, m->p_rtp_stat);
}
