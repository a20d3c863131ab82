/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to records. */
#include "proto/decode.h"

#include "proto/fields.h"
#include "proto/frame.h"
#include "proto/pack_code.h"
#include "proto/shape.h"

/* One row of fields.h: m is the message, r the record's body, have and lack the HAS bits seen. */
#define GET_U(field, member, type, bit, max)              \
	if (m->has_##field) {                             \
		if ((uint64_t)m->field > (uint64_t)(max)) \
			return ES_EMALFORMED;             \
		r->member = (type)m->field;               \
		have |= (bit);                            \
	} else                                            \
		lack |= (bit);
#define GET_S(field, member, bit, min, max)               \
	if (m->has_##field) {                             \
		if (m->field < (min) || m->field > (max)) \
			return ES_EMALFORMED;             \
		r->member = m->field;                     \
		have |= (bit);                            \
	} else                                            \
		lack |= (bit);

/* Text, times and addresses: the first failure is kept in d->err. */
struct decode {
	struct es_alloc *alloc;
	es_time at;
	int err;
};

static es_slice
text(struct decode *d, ProtobufCBinaryData b)
{
	if (b.len > ES_FIELD_TEXT_MAX)
		d->err = ES_EMALFORMED;
	return es_shape_slice(b);
}

static es_time
instant(struct decode *d, int64_t delta_ns)
{
	es_time t = es_shape_time(d->at, delta_ns);

	if (t.ns < 0)
		d->err = ES_EMALFORMED;
	return t;
}

static struct es_addr
address(struct decode *d, ProtobufCBinaryData b)
{
	struct es_addr a;

	if (es_shape_addr_read(b, &a) != 0)
		d->err = ES_EMALFORMED;
	return a;
}

static void *
take(struct decode *d, size_t n, size_t size_bytes)
{
	void *p = es_alloc_take(d->alloc, n * size_bytes);

	if (p == NULL)
		d->err = ES_EFULL;
	else
		memset(p, 0, n * size_bytes);
	return p;
}

/* HAS bits of groups that are whole; a group that is present in part is as absent. */
static uint32_t
whole(uint32_t have, uint32_t lack)
{
	return have & ~lack;
}

static int
get_interval(struct decode *d, const Earshot__Pb__Interval *m, struct es_interval *r)
{
	uint32_t have = 0;
	uint32_t lack = 0;
	int err;

	ES_INTERVAL_FIELDS(GET_U, GET_S)
	r->has = whole(have, lack);
	r->start = instant(d, m->start_delta_ns);
	r->end = instant(d, m->end_delta_ns);
	if (!m->has_start_delta_ns || !m->has_end_delta_ns ||
	    es_shape_key_read(m->stream, &r->stream) != 0 || m->n_missing_skip != m->n_missing_run)
		return ES_EMALFORMED;
	err = es_runs_read(m->missing_skip, m->missing_run, m->n_missing_run, d->alloc, r);
	return err != 0 ? err : d->err;
}

static int
get_stream(struct decode *d, const Earshot__Pb__Stream *m, struct es_stream *r)
{
	uint32_t have = 0;
	uint32_t lack = 0;

	if (es_shape_key_read(m->key, &r->key) != 0 || !m->has_start_delta_ns)
		return ES_EMALFORMED;
	ES_STREAM_FIELDS(GET_U, GET_S)
	r->has = whole(have, lack);
	r->state =
	    (unsigned)m->state > ES_STATE_CANCELLED ? ES_STATE_UNKNOWN : (enum es_state)m->state;
	r->start = instant(d, m->start_delta_ns);
	r->codec = text(d, m->codec);
	r->model = text(d, m->model);
	r->call_id = text(d, m->call_id);
	return d->err;
}

static struct es_addr *
addresses(struct decode *d, const ProtobufCBinaryData *from, size_t n)
{
	struct es_addr *list = n == 0 ? NULL : take(d, n, sizeof(*list));

	for (size_t i = 0; list != NULL && i < n; i++)
		list[i] = address(d, from[i]);
	return list;
}

static int
get_call_lists(struct decode *d, const Earshot__Pb__Call *m, struct es_call *r)
{
	es_slice *codecs = NULL;
	struct es_call_stream *streams = NULL;

	if (m->n_codecs > ES_CALL_CODECS_MAX || m->n_streams > ES_CALL_STREAMS_MAX ||
	    m->n_caller_media > ES_CALL_MEDIA_MAX || m->n_callee_media > ES_CALL_MEDIA_MAX)
		return ES_EMALFORMED;
	if (m->n_codecs > 0)
		codecs = take(d, m->n_codecs, sizeof(*codecs));
	for (size_t i = 0; codecs != NULL && i < m->n_codecs; i++)
		codecs[i] = text(d, m->codecs[i]);
	if (m->n_streams > 0)
		streams = take(d, m->n_streams, sizeof(*streams));
	for (size_t i = 0; streams != NULL && i < m->n_streams; i++) {
		streams[i].ssrc = m->streams[i]->ssrc;
		streams[i].src = address(d, m->streams[i]->src);
		streams[i].dst = address(d, m->streams[i]->dst);
	}
	r->codecs = codecs;
	r->n_codecs = (uint32_t)m->n_codecs;
	r->streams = streams;
	r->n_streams = (uint32_t)m->n_streams;
	r->caller_media = addresses(d, m->caller_media, m->n_caller_media);
	r->n_caller_media = (uint32_t)m->n_caller_media;
	r->callee_media = addresses(d, m->callee_media, m->n_callee_media);
	r->n_callee_media = (uint32_t)m->n_callee_media;
	return d->err;
}

static int
get_call(struct decode *d, const Earshot__Pb__Call *m, struct es_call *r)
{
	uint32_t have = 0;
	uint32_t lack = 0;

	if (!m->has_start_delta_ns)
		return ES_EMALFORMED;
	ES_CALL_FIELDS(GET_U, GET_S)
	r->has = whole(have, lack);
	r->state =
	    (unsigned)m->state > ES_STATE_CANCELLED ? ES_STATE_UNKNOWN : (enum es_state)m->state;
	r->start = instant(d, m->start_delta_ns);
	r->call_id = text(d, m->call_id);
	r->from = text(d, m->from);
	r->to = text(d, m->to);
	r->session_id = text(d, m->session_id);
	r->x_call_id = text(d, m->x_call_id);
	r->invite_src = address(d, m->invite_src);
	r->invite_dst = address(d, m->invite_dst);
	return d->err != 0 ? d->err : get_call_lists(d, m, r);
}

static int
get_reported(struct decode *d, const Earshot__Pb__Reported *m, struct es_reported *r)
{
	uint32_t have = 0;
	uint32_t lack = 0;

	if (!m->has_time_delta_ns || !m->has_subject_ssrc || !m->has_reporter_ssrc)
		return ES_EMALFORMED;
	ES_REPORTED_FIELDS(GET_U, GET_S)
	r->has = whole(have, lack);
	r->time = instant(d, m->time_delta_ns);
	r->src = address(d, m->src);
	r->dst = address(d, m->dst);
	r->reporter_ssrc = m->reporter_ssrc;
	r->subject_ssrc = m->subject_ssrc;
	r->call_id = text(d, m->call_id);
	return d->err;
}

static int
get_host(struct decode *d, const Earshot__Pb__Host *m, struct es_host *r)
{
	struct es_signal_value *values = NULL;

	if (m->n_signal != m->n_value || m->n_value > ES_FIELD_VALUES_MAX ||
	    !m->has_start_delta_ns || !m->has_end_delta_ns)
		return ES_EMALFORMED;
	r->start = instant(d, m->start_delta_ns);
	r->end = instant(d, m->end_delta_ns);
	r->full = m->full != 0;
	r->interface = text(d, m->interface);
	if (m->n_value > 0)
		values = take(d, m->n_value, sizeof(*values));
	for (size_t i = 0; values != NULL && i < m->n_value; i++) {
		if (m->signal[i] > UINT16_MAX)
			return ES_EMALFORMED;
		values[i].signal = (uint16_t)m->signal[i];
		values[i].value = m->value[i];
	}
	r->values = values;
	r->n_values = (uint32_t)m->n_value;
	return d->err;
}

static int
get_change(struct decode *d, const Earshot__Pb__Change *m, struct es_change *r)
{
	if (!m->has_time_delta_ns || m->kind > UINT16_MAX)
		return ES_EMALFORMED;
	r->time = instant(d, m->time_delta_ns);
	r->kind = (uint16_t)m->kind;
	r->subject = text(d, m->subject);
	r->before = text(d, m->before);
	r->after = text(d, m->after);
	return d->err;
}

static int
get_health(struct decode *d, const Earshot__Pb__Health *m, struct es_health *r)
{
	struct es_counter_value *values = NULL;

	if (m->n_counter != m->n_value || m->n_value > ES_FIELD_VALUES_MAX || !m->has_time_delta_ns)
		return ES_EMALFORMED;
	r->time = instant(d, m->time_delta_ns);
	if (m->n_value > 0)
		values = take(d, m->n_value, sizeof(*values));
	for (size_t i = 0; values != NULL && i < m->n_value; i++) {
		if (m->counter[i] > UINT16_MAX)
			return ES_EMALFORMED;
		values[i].counter = (uint16_t)m->counter[i];
		values[i].value = m->value[i];
	}
	r->values = values;
	r->n_values = (uint32_t)m->n_value;
	return d->err;
}

static int
get_loss(struct decode *d, const Earshot__Pb__Loss *m, struct es_loss *r)
{
	if (!m->has_from_delta_ns || !m->has_to_delta_ns || m->reason > UINT16_MAX)
		return ES_EMALFORMED;
	r->from = instant(d, m->from_delta_ns);
	r->to = instant(d, m->to_delta_ns);
	r->count = m->count;
	r->first_seq = m->first_seq;
	r->last_seq = m->last_seq;
	r->reason = (enum es_loss_reason)m->reason;
	return d->err;
}

/* The body: 1 = one record in *rec, 0 = a type we do not know. */
static int
get_body(struct decode *d, const Earshot__Pb__Record *m, struct es_record *rec)
{
#define BODY(field, record_type)                                   \
	if (m->field != NULL) {                                    \
		int err = get_##field(d, m->field, &rec->u.field); \
		rec->type = record_type;                           \
		return err != 0 ? err : 1;                         \
	}
	BODY(interval, ES_REC_INTERVAL)
	BODY(stream, ES_REC_STREAM)
	BODY(call, ES_REC_CALL)
	BODY(reported, ES_REC_REPORTED)
	BODY(host, ES_REC_HOST)
	BODY(change, ES_REC_CHANGE)
	BODY(health, ES_REC_HEALTH)
	BODY(loss, ES_REC_LOSS)
#undef BODY
	return 0;
}

static int
read_record(const Earshot__Pb__Record *m, struct es_alloc *alloc, struct es_record *rec,
    struct es_record **recs)
{
	struct es_vantage *vantage;
	struct decode d;

	memset(rec, 0, sizeof(*rec));
	if (!m->has_at_ns || m->at_ns < 0 || m->coverage == NULL)
		return ES_EMALFORMED;
	d.alloc = alloc;
	d.at = rec->at = es_time_of_ns(m->at_ns);
	d.err = 0;
	es_shape_coverage_read(m->coverage, &rec->coverage);
	if (m->vantage != NULL) {
		vantage = take(&d, 1, sizeof(*vantage));
		if (vantage == NULL)
			return ES_EFULL;
		if (es_shape_vantage_read(m->vantage, vantage) != 0)
			return ES_EMALFORMED;
		rec->vantage = vantage;
	}
	*recs = rec;
	if (m->pack != NULL)
		return es_pack_read(m->pack, rec, alloc, recs);
	return get_body(&d, m, rec);
}

int
es_record_decode(es_slice bytes, struct es_alloc *alloc,
    void (*each)(void *ctx, const struct es_record *rec), void *ctx)
{
	uint64_t n_refused = alloc->n_refused;
	Earshot__Pb__Record *m;
	struct es_record rec;
	struct es_record *recs;
	int n;

	if (bytes.n == 0 || bytes.n > ES_FRAME_MAX_BYTES)
		return ES_EMALFORMED;
	m = earshot__pb__record__unpack(&alloc->pb, bytes.n, bytes.p);
	if (m == NULL)
		return alloc->n_refused > n_refused ? ES_EFULL : ES_EMALFORMED;
	n = read_record(m, alloc, &rec, &recs);
	for (int i = 0; i < n; i++)
		each(ctx, &recs[i]);
	return n;
}
