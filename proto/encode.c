/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes. */
#include "proto/encode.h"

#include "proto/fields.h"
#include "proto/shape.h"

/* Everything the messages of one record point to while they are serialised. */
struct work {
	Earshot__Pb__Record rec;
	Earshot__Pb__Vantage vantage;
	Earshot__Pb__Coverage coverage;
	struct es_shape_key key;
	uint8_t addr[2][ES_SHAPE_ADDR_BYTES];
	es_time at;
	union {
		struct {
			Earshot__Pb__Interval msg;
			uint32_t skip[ES_FIELD_RUNS_MAX];
			uint32_t run[ES_FIELD_RUNS_MAX];
		} interval;
		Earshot__Pb__Stream stream;
		struct {
			Earshot__Pb__Call msg;
			ProtobufCBinaryData codecs[ES_CALL_CODECS_MAX];
			ProtobufCBinaryData media[2][ES_CALL_MEDIA_MAX];
			uint8_t media_room[2][ES_CALL_MEDIA_MAX][ES_SHAPE_ADDR_BYTES];
			Earshot__Pb__CallStream streams[ES_CALL_STREAMS_MAX];
			Earshot__Pb__CallStream *stream_list[ES_CALL_STREAMS_MAX];
			uint8_t stream_room[2][ES_CALL_STREAMS_MAX][ES_SHAPE_ADDR_BYTES];
		} call;
		Earshot__Pb__Reported reported;
		struct {
			Earshot__Pb__Host msg;
			uint32_t signals[ES_FIELD_VALUES_MAX];
			int64_t values[ES_FIELD_VALUES_MAX];
		} host;
		Earshot__Pb__Change change;
		struct {
			Earshot__Pb__Health msg;
			uint32_t counters[ES_FIELD_VALUES_MAX];
			uint64_t values[ES_FIELD_VALUES_MAX];
		} health;
		Earshot__Pb__Loss loss;
	} u;
};

/* One row of fields.h: m is the message, r the record's body. */
#define PUT_U(field, member, type, bit, max)                                  \
	m->has_##field = (bit) != 0 ? (r->has & (bit)) != 0 : r->member != 0; \
	m->field = r->member;
#define PUT_S(field, member, bit, min, max)     \
	m->has_##field = (r->has & (bit)) != 0; \
	m->field = r->member;
#define PUT_TEXT(field, slice)            \
	m->field = es_shape_bytes(slice); \
	m->has_##field = m->field.len > 0;
#define PUT_TIME(field, time)                   \
	m->field = es_shape_delta(time, w->at); \
	m->has_##field = true;
#define PUT_COUNT(field)     \
	m->field = r->field; \
	m->has_##field = m->field != 0;

static int
put_interval(struct work *w, const struct es_interval *r)
{
	Earshot__Pb__Interval *m = &w->u.interval.msg;
	uint64_t at = r->first_seq;

	if (r->n_missing > ES_FIELD_RUNS_MAX)
		return ES_EINVALID;
	earshot__pb__interval__init(m);
	es_shape_key(&r->stream, &w->key);
	m->stream = &w->key.msg;
	ES_INTERVAL_FIELDS(PUT_U, PUT_S)
	PUT_TIME(start_delta_ns, r->start)
	PUT_TIME(end_delta_ns, r->end)
	for (uint32_t i = 0; i < r->n_missing; i++) {
		const struct es_missing *run = &r->missing[i];

		if (run->seq < at || run->seq - at >= ES_BLOCK_SEQS || run->run == 0)
			return ES_EINVALID;
		w->u.interval.skip[i] = (uint32_t)(run->seq - at);
		w->u.interval.run[i] = run->run - 1;
		at = run->seq + run->run;
	}
	m->missing_skip = w->u.interval.skip;
	m->missing_run = w->u.interval.run;
	m->n_missing_skip = m->n_missing_run = r->n_missing;
	w->rec.interval = m;
	return 0;
}

static int
put_stream(struct work *w, const struct es_stream *r)
{
	Earshot__Pb__Stream *m = &w->u.stream;

	earshot__pb__stream__init(m);
	es_shape_key(&r->key, &w->key);
	m->key = &w->key.msg;
	m->state = (Earshot__Pb__State)r->state;
	m->has_state = r->state != ES_STATE_UNKNOWN;
	ES_STREAM_FIELDS(PUT_U, PUT_S)
	PUT_TIME(start_delta_ns, r->start)
	PUT_TEXT(codec, r->has & ES_STREAM_HAS_CODEC ? r->codec : es_slice_of(NULL, 0))
	PUT_TEXT(model, r->model)
	PUT_TEXT(call_id, r->call_id)
	w->rec.stream = m;
	return 0;
}

/* The lists of a call record, each within its cap. */
static int
put_call_lists(struct work *w, const struct es_call *r)
{
	Earshot__Pb__Call *m = &w->u.call.msg;

	if (r->n_codecs > ES_CALL_CODECS_MAX || r->n_streams > ES_CALL_STREAMS_MAX ||
	    r->n_caller_media > ES_CALL_MEDIA_MAX || r->n_callee_media > ES_CALL_MEDIA_MAX)
		return ES_EINVALID;
	for (uint32_t i = 0; i < r->n_codecs; i++)
		w->u.call.codecs[i] = es_shape_bytes(r->codecs[i]);
	for (uint32_t i = 0; i < r->n_caller_media; i++)
		w->u.call.media[0][i] =
		    es_shape_addr(&r->caller_media[i], w->u.call.media_room[0][i]);
	for (uint32_t i = 0; i < r->n_callee_media; i++)
		w->u.call.media[1][i] =
		    es_shape_addr(&r->callee_media[i], w->u.call.media_room[1][i]);
	for (uint32_t i = 0; i < r->n_streams; i++) {
		Earshot__Pb__CallStream *s = &w->u.call.streams[i];

		earshot__pb__call_stream__init(s);
		s->ssrc = r->streams[i].ssrc;
		s->has_ssrc = true;
		s->src = es_shape_addr(&r->streams[i].src, w->u.call.stream_room[0][i]);
		s->has_src = s->src.len > 0;
		s->dst = es_shape_addr(&r->streams[i].dst, w->u.call.stream_room[1][i]);
		s->has_dst = s->dst.len > 0;
		w->u.call.stream_list[i] = s;
	}
	m->codecs = w->u.call.codecs;
	m->n_codecs = r->n_codecs;
	m->caller_media = w->u.call.media[0];
	m->n_caller_media = r->n_caller_media;
	m->callee_media = w->u.call.media[1];
	m->n_callee_media = r->n_callee_media;
	m->streams = w->u.call.stream_list;
	m->n_streams = r->n_streams;
	return 0;
}

static int
put_call(struct work *w, const struct es_call *r)
{
	Earshot__Pb__Call *m = &w->u.call.msg;

	earshot__pb__call__init(m);
	m->state = (Earshot__Pb__State)r->state;
	m->has_state = r->state != ES_STATE_UNKNOWN;
	ES_CALL_FIELDS(PUT_U, PUT_S)
	PUT_TIME(start_delta_ns, r->start)
	PUT_TEXT(call_id, r->call_id)
	PUT_TEXT(from, r->from)
	PUT_TEXT(to, r->to)
	PUT_TEXT(session_id, r->session_id)
	PUT_TEXT(x_call_id, r->x_call_id)
	m->invite_src = es_shape_addr(&r->invite_src, w->addr[0]);
	m->has_invite_src = m->invite_src.len > 0;
	m->invite_dst = es_shape_addr(&r->invite_dst, w->addr[1]);
	m->has_invite_dst = m->invite_dst.len > 0;
	w->rec.call = m;
	return put_call_lists(w, r);
}

static int
put_reported(struct work *w, const struct es_reported *r)
{
	Earshot__Pb__Reported *m = &w->u.reported;

	earshot__pb__reported__init(m);
	ES_REPORTED_FIELDS(PUT_U, PUT_S)
	PUT_TIME(time_delta_ns, r->time)
	PUT_TEXT(call_id, r->call_id)
	m->src = es_shape_addr(&r->src, w->addr[0]);
	m->has_src = m->src.len > 0;
	m->dst = es_shape_addr(&r->dst, w->addr[1]);
	m->has_dst = m->dst.len > 0;
	m->reporter_ssrc = r->reporter_ssrc;
	m->subject_ssrc = r->subject_ssrc;
	m->has_reporter_ssrc = m->has_subject_ssrc = true;
	w->rec.reported = m;
	return 0;
}

static int
put_host(struct work *w, const struct es_host *r)
{
	Earshot__Pb__Host *m = &w->u.host.msg;

	if (r->n_values > ES_FIELD_VALUES_MAX)
		return ES_EINVALID;
	earshot__pb__host__init(m);
	PUT_TIME(start_delta_ns, r->start)
	PUT_TIME(end_delta_ns, r->end)
	PUT_COUNT(full)
	PUT_TEXT(interface, r->interface)
	for (uint32_t i = 0; i < r->n_values; i++) {
		w->u.host.signals[i] = r->values[i].signal;
		w->u.host.values[i] = r->values[i].value;
	}
	m->signal = w->u.host.signals;
	m->value = w->u.host.values;
	m->n_signal = m->n_value = r->n_values;
	w->rec.host = m;
	return 0;
}

static int
put_change(struct work *w, const struct es_change *r)
{
	Earshot__Pb__Change *m = &w->u.change;

	earshot__pb__change__init(m);
	PUT_TIME(time_delta_ns, r->time)
	PUT_COUNT(kind)
	PUT_TEXT(subject, r->subject)
	PUT_TEXT(before, r->before)
	PUT_TEXT(after, r->after)
	w->rec.change = m;
	return 0;
}

static int
put_health(struct work *w, const struct es_health *r)
{
	Earshot__Pb__Health *m = &w->u.health.msg;

	if (r->n_values > ES_FIELD_VALUES_MAX)
		return ES_EINVALID;
	earshot__pb__health__init(m);
	PUT_TIME(time_delta_ns, r->time)
	for (uint32_t i = 0; i < r->n_values; i++) {
		w->u.health.counters[i] = r->values[i].counter;
		w->u.health.values[i] = r->values[i].value;
	}
	m->counter = w->u.health.counters;
	m->value = w->u.health.values;
	m->n_counter = m->n_value = r->n_values;
	w->rec.health = m;
	return 0;
}

static int
put_loss(struct work *w, const struct es_loss *r)
{
	Earshot__Pb__Loss *m = &w->u.loss;

	earshot__pb__loss__init(m);
	PUT_TIME(from_delta_ns, r->from)
	PUT_TIME(to_delta_ns, r->to)
	PUT_COUNT(count)
	PUT_COUNT(first_seq)
	PUT_COUNT(last_seq)
	PUT_COUNT(reason)
	w->rec.loss = m;
	return 0;
}

static int
put_body(struct work *w, const struct es_record *rec)
{
	switch (rec->type) {
	case ES_REC_INTERVAL:
		return put_interval(w, &rec->u.interval);
	case ES_REC_STREAM:
		return put_stream(w, &rec->u.stream);
	case ES_REC_CALL:
		return put_call(w, &rec->u.call);
	case ES_REC_REPORTED:
		return put_reported(w, &rec->u.reported);
	case ES_REC_HOST:
		return put_host(w, &rec->u.host);
	case ES_REC_CHANGE:
		return put_change(w, &rec->u.change);
	case ES_REC_HEALTH:
		return put_health(w, &rec->u.health);
	case ES_REC_LOSS:
		return put_loss(w, &rec->u.loss);
	case ES_REC_REGISTRATION:
	case ES_REC_EVIDENCE:
		break;
	}
	return ES_EINVALID;
}

int
es_record_encode(const struct es_record *rec, uint8_t *out, size_t cap_bytes)
{
	struct work w;
	int err;

	earshot__pb__record__init(&w.rec);
	w.at = rec->at;
	w.rec.at_ns = rec->at.ns;
	w.rec.has_at_ns = true;
	es_shape_coverage(&rec->coverage, &w.coverage);
	w.rec.coverage = &w.coverage;
	if (rec->vantage != NULL) {
		es_shape_vantage(rec->vantage, &w.vantage);
		w.rec.vantage = &w.vantage;
	}
	err = put_body(&w, rec);
	if (err != 0)
		return err;
	return es_shape_serialise(
	    &w.rec.base, out, cap_bytes < ES_RECORD_MAX_BYTES ? cap_bytes : ES_RECORD_MAX_BYTES);
}
