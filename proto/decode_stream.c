/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to streams, their blocks, and what others report of them. */
#include "proto/decode_private.h"
#include "proto/pack_code.h"

int
es_decode_interval(struct es_decoding *d, const Earshot__Pb__Interval *m, struct es_interval *r)
{
	uint32_t have = 0;
	uint32_t lack = 0;
	int err;

	ES_INTERVAL_FIELDS(GET_U, GET_S, GET_E)
	r->has = es_decode_whole(have, lack);
	r->start = es_decode_time(d, m->start_delta_ns);
	r->end = es_decode_time(d, m->end_delta_ns);
	if (!m->has_start_delta_ns || !m->has_end_delta_ns ||
	    es_shape_key_read(m->stream, &r->stream) != 0 || m->n_missing_skip != m->n_missing_run)
		return ES_EMALFORMED;
	err = es_runs_read(m->missing_skip, m->missing_run, m->n_missing_run, d->alloc, r);
	return err != 0 ? err : d->err;
}

int
es_decode_stream(struct es_decoding *d, const Earshot__Pb__Stream *m, struct es_stream *r)
{
	uint32_t have = 0;
	uint32_t lack = 0;

	if (es_shape_key_read(m->key, &r->key) != 0 || !m->has_start_delta_ns ||
	    m->n_other_call_ids > ES_STREAM_OTHERS_MAX)
		return ES_EMALFORMED;
	ES_STREAM_FIELDS(GET_U, GET_S, GET_E)
	r->state = es_decode_state(m->state);
	r->start = es_decode_time(d, m->start_delta_ns);
	r->codec = es_decode_text(d, m->codec);
	r->model = es_decode_text(d, m->model);
	r->call_id = es_decode_text(d, m->call_id);
	r->mid = es_decode_text(d, m->mid);
	r->n_other_call_ids = (uint32_t)m->n_other_call_ids;
	for (uint32_t i = 0; i < r->n_other_call_ids; i++)
		r->other_call_ids[i] = es_decode_text(d, m->other_call_ids[i]);
	if (m->n_loss_run == ES_LOSS_RUN_BINS) {
		memcpy(r->loss_run, m->loss_run, sizeof(r->loss_run));
		have |= ES_STREAM_HAS_LOSS_RUNS;
	} else if (m->n_loss_run != 0) {
		return ES_EMALFORMED;
	}
	r->has = es_decode_whole(have, lack);
	return d->err;
}

int
es_decode_reported(struct es_decoding *d, const Earshot__Pb__Reported *m, struct es_reported *r)
{
	struct es_reported_value *values;
	uint32_t have = 0;
	uint32_t lack = 0;

	if (!m->has_time_delta_ns || !m->has_subject_ssrc || !m->has_reporter_ssrc ||
	    m->n_metric != m->n_value || m->n_value > ES_FIELD_VALUES_MAX)
		return ES_EMALFORMED;
	ES_REPORTED_FIELDS(GET_U, GET_S, GET_E)
	r->has = es_decode_whole(have, lack);
	ES_REPORTED_TEXTS(GET_TEXT_ROW)
	r->time = es_decode_time(d, m->time_delta_ns);
	r->src = es_decode_addr(d, m->src);
	r->dst = es_decode_addr(d, m->dst);
	r->media_src = es_decode_addr(d, m->media_src);
	r->media_dst = es_decode_addr(d, m->media_dst);
	r->reporter_ssrc = m->reporter_ssrc;
	r->subject_ssrc = m->subject_ssrc;
	values = es_decode_room(d, m->n_value, sizeof(*values));
	for (size_t i = 0; values != NULL && i < m->n_value; i++) {
		if (m->metric[i] > UINT16_MAX)
			return ES_EMALFORMED;
		values[i].metric = (uint16_t)m->metric[i];
		values[i].value = m->value[i];
	}
	r->values = values;
	r->n_values = (uint32_t)m->n_value;
	return d->err;
}
