/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes. */
#include "proto/encode.h"

#include "proto/encode_private.h"

static int
put_body(struct es_encoding *w, const struct es_record *rec)
{
	switch (rec->type) {
	case ES_REC_INTERVAL:
		return es_encode_interval(w, &rec->u.interval);
	case ES_REC_STREAM:
		return es_encode_stream(w, &rec->u.stream);
	case ES_REC_CALL:
		return es_encode_call(w, &rec->u.call);
	case ES_REC_REGISTRATION:
		return es_encode_registration(w, &rec->u.registration);
	case ES_REC_REPORTED:
		return es_encode_reported(w, &rec->u.reported);
	case ES_REC_HOST:
		return es_encode_host(w, &rec->u.host);
	case ES_REC_CHANGE:
		return es_encode_change(w, &rec->u.change);
	case ES_REC_HEALTH:
		return es_encode_health(w, &rec->u.health);
	case ES_REC_LOSS:
		return es_encode_loss(w, &rec->u.loss);
	}
	return ES_EINVALID;
}

int
es_record_encode(const struct es_record *rec, uint8_t *out, size_t cap_bytes)
{
	struct es_encoding w;
	int err;

	earshot__pb__record__init(&w.rec);
	w.at = rec->at;
	w.n_addr = 0;
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
