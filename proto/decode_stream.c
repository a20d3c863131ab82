/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to streams, their blocks, and what others report of them. */
#include "proto/decode_private.h"
#include "proto/pack_runs.h"

int
es_decode_interval(struct es_decoding *d, const Earshot__Pb__Interval *m, struct es_interval *r)
{
	int err;

	ES_INTERVAL_FIELDS(GET)
	r->has = es_decode_whole(d);
	if (es_shape_key_read(m->stream, &r->stream) != 0 || m->n_missing_skip != m->n_missing_run)
		return ES_EMALFORMED;
	err = es_pack_runs_read(m->missing_skip, m->missing_run, m->n_missing_run, d->alloc, r);
	return err != 0 ? err : d->err;
}

int
es_decode_stream(struct es_decoding *d, const Earshot__Pb__Stream *m, struct es_stream *r)
{
	if (es_shape_key_read(m->key, &r->key) != 0 || m->n_other_call_ids > ES_STREAM_OTHERS_MAX)
		return ES_EMALFORMED;
	ES_STREAM_FIELDS(GET)
	r->n_other_call_ids = (uint32_t)m->n_other_call_ids;
	for (uint32_t i = 0; i < r->n_other_call_ids; i++)
		r->other_call_ids[i] = es_decode_text(d, m->other_call_ids[i]);
	if (m->n_loss_run == ES_LOSS_RUN_BINS) {
		memcpy(r->loss_run, m->loss_run, sizeof(r->loss_run));
		d->have |= ES_STREAM_HAS_LOSS_RUNS;
	} else if (m->n_loss_run != 0) {
		return ES_EMALFORMED;
	}
	r->has = es_decode_whole(d);
	return d->err;
}

int
es_decode_reported(struct es_decoding *d, const Earshot__Pb__Reported *m, struct es_reported *r)
{
	struct es_reported_value *values;

	if (!m->has_subject_ssrc || !m->has_reporter_ssrc || m->n_metric != m->n_value ||
	    m->n_value > ES_FIELD_VALUES_MAX)
		return ES_EMALFORMED;
	ES_REPORTED_FIELDS(GET)
	r->has = es_decode_whole(d);
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
