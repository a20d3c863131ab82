/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, their blocks, and what others report of them, to bytes. */
#include "proto/encode_private.h"

int
es_encode_interval(struct es_encoding *w, const struct es_interval *r)
{
	Earshot__Pb__Interval *m = &w->u.interval.msg;
	const uint32_t has = r->has;
	uint64_t at = r->first_seq;

	if (r->n_missing > ES_FIELD_RUNS_MAX)
		return ES_EINVALID;
	earshot__pb__interval__init(m);
	es_shape_key(&r->stream, &w->key);
	m->stream = &w->key.msg;
	ES_INTERVAL_FIELDS(PUT)
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

int
es_encode_stream(struct es_encoding *w, const struct es_stream *r)
{
	Earshot__Pb__Stream *m = &w->u.stream.msg;
	const uint32_t has = r->has;

	if (r->n_other_call_ids > ES_STREAM_OTHERS_MAX)
		return ES_EINVALID;
	earshot__pb__stream__init(m);
	es_shape_key(&r->key, &w->key);
	m->key = &w->key.msg;
	ES_STREAM_FIELDS(PUT)
	for (uint32_t i = 0; i < r->n_other_call_ids; i++)
		w->u.stream.other_calls[i] = es_shape_bytes(r->other_call_ids[i]);
	m->other_call_ids = w->u.stream.other_calls;
	m->n_other_call_ids = r->n_other_call_ids;
	memcpy(w->u.stream.loss_run, r->loss_run, sizeof(w->u.stream.loss_run));
	m->loss_run = w->u.stream.loss_run;
	m->n_loss_run = has & ES_STREAM_HAS_LOSS_RUNS ? ES_LOSS_RUN_BINS : 0;
	w->rec.stream = m;
	return 0;
}

int
es_encode_reported(struct es_encoding *w, const struct es_reported *r)
{
	Earshot__Pb__Reported *m = &w->u.reported.msg;
	const uint32_t has = r->has;

	if (r->n_values > ES_FIELD_VALUES_MAX)
		return ES_EINVALID;
	earshot__pb__reported__init(m);
	ES_REPORTED_FIELDS(PUT)
	m->reporter_ssrc = r->reporter_ssrc;
	m->subject_ssrc = r->subject_ssrc;
	m->has_reporter_ssrc = m->has_subject_ssrc = true;
	for (uint32_t i = 0; i < r->n_values; i++) {
		w->u.reported.metrics[i] = r->values[i].metric;
		w->u.reported.values[i] = r->values[i].value;
	}
	m->metric = w->u.reported.metrics;
	m->value = w->u.reported.values;
	m->n_metric = m->n_value = r->n_values;
	w->rec.reported = m;
	return 0;
}
