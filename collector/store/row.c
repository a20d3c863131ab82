/* SPDX-License-Identifier: Apache-2.0 */
/* From a record as it came on the wire to the row that keeps it. */
#include "collector/store/row.h"

#include "proto/decode.h"

struct gather_row {
	struct es_row *row;
	uint64_t lost;
	unsigned n;
};

es_slice
es_row_session(es_slice session_id)
{
	const uint8_t *semicolon =
	    session_id.n == 0 ? NULL : memchr(session_id.p, ';', session_id.n);

	if (semicolon != NULL)
		session_id.n = (size_t)(semicolon - session_id.p);
	while (session_id.n > 0 && session_id.p[session_id.n - 1] == ' ')
		session_id.n--;
	return session_id;
}

/* Durations are the peer's word: beyond what 64 bits of nanoseconds hold they saturate. */
static es_time
after_us(es_time start, uint64_t duration_us)
{
	uint64_t cap_us = (uint64_t)INT64_MAX / 1000;

	return es_time_add(
	    start, (int64_t)(duration_us < cap_us ? duration_us : cap_us) * ES_NS_PER_US);
}

static void
take_interval(struct es_row *row, const struct es_interval *i, bool first)
{
	row->key = i->stream;
	if (first || es_time_before(i->start, row->start))
		row->start = i->start;
	row->end = first ? i->end : es_time_max(row->end, i->end);
	if (first)
		row->first_seq = i->first_seq;
}

static void
take_stream(struct es_row *row, const struct es_stream *s)
{
	row->key = s->key;
	row->start = s->start;
	row->end = after_us(s->start, s->duration_us);
	row->first_seq = s->first_seq;
	row->call_id = s->call_id;
	row->state = s->state;
	row->has_mos = (s->has & ES_STREAM_HAS_QUALITY) != 0;
	row->mos_milli = s->mos_lq_milli;
}

static void
take_call(struct es_row *row, const struct es_call *c)
{
	uint64_t length_us = c->setup_us < UINT64_MAX / 4 ? c->setup_us : 0;

	row->start = c->start;
	row->begun = es_call_begun(c);
	if ((c->has & ES_CALL_HAS_SETUP) == 0)
		length_us = 0;
	if ((c->has & ES_CALL_HAS_DURATION) != 0 && c->duration_us < UINT64_MAX / 4)
		length_us += c->duration_us;
	row->end = after_us(c->start, length_us);
	row->call_id = c->call_id;
	row->session_id = es_row_session(c->session_id);
	row->x_call_id = c->x_call_id;
	row->from = c->from;
	row->to = c->to;
	row->state = c->state;
}

static void
take(void *ctx, const struct es_record *rec)
{
	struct gather_row *g = ctx;
	struct es_row *row = g->row;

	row->type = rec->type;
	if (rec->vantage != NULL) {
		row->label = rec->vantage->label;
		row->role = rec->vantage->role;
	}
	row->start = row->start.ns == 0 ? rec->at : row->start;
	switch (rec->type) {
	case ES_REC_INTERVAL:
		take_interval(row, &rec->u.interval, g->n == 0);
		break;
	case ES_REC_STREAM:
		take_stream(row, &rec->u.stream);
		break;
	case ES_REC_CALL:
		take_call(row, &rec->u.call);
		break;
	case ES_REC_REPORTED:
		row->key.ssrc = rec->u.reported.subject_ssrc;
		row->start = row->end = rec->u.reported.time;
		break;
	case ES_REC_HOST:
		row->start = rec->u.host.start;
		row->end = rec->u.host.end;
		row->full = rec->u.host.full;
		break;
	case ES_REC_CHANGE:
		row->start = row->end = rec->u.change.time;
		break;
	case ES_REC_HEALTH:
		row->start = row->end = rec->u.health.time;
		break;
	case ES_REC_LOSS:
		row->start = rec->u.loss.from;
		row->end = rec->u.loss.to;
		g->lost = rec->u.loss.count;
		break;
	case ES_REC_REGISTRATION:
		row->start = rec->u.registration.start;
		row->end = rec->u.registration.time;
		break;
	}
	g->n++;
}

/* A column's text must fit: an index over kilobytes of hostile text would serve nobody. */
static bool
fits(const struct es_row *row)
{
	return row->label.n <= ES_STORE_NAME_MAX && row->call_id.n <= ES_STORE_TEXT_MAX &&
	       row->session_id.n <= ES_STORE_TEXT_MAX && row->x_call_id.n <= ES_STORE_TEXT_MAX &&
	       row->from.n <= ES_STORE_TEXT_MAX && row->to.n <= ES_STORE_TEXT_MAX;
}

int
es_row_of(es_slice bytes, int64_t agent, es_time received, struct es_alloc *alloc,
    struct es_row *out, uint64_t *lost)
{
	struct es_row row;
	struct gather_row g = { &row, 0, 0 };
	int n;

	memset(&row, 0, sizeof(row));
	n = es_record_decode(bytes, alloc, take, &g);
	if (n < 0)
		return n;
	if (n == 0)
		row.start = row.end = received; /* a type of a later version */
	if (!fits(&row))
		return ES_EMALFORMED;
	row.agent = agent;
	row.received = received;
	row.bytes = bytes;
	*out = row;
	*lost = g.lost;
	return 0;
}
