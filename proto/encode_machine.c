/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a machine and its agent, to bytes: host, changes, health, losses. */
#include "proto/encode_private.h"

int
es_encode_host(struct es_encoding *w, const struct es_host *r)
{
	Earshot__Pb__Host *m = &w->u.host.msg;
	const uint32_t has = 0;

	if (r->n_values > ES_FIELD_VALUES_MAX)
		return ES_EINVALID;
	earshot__pb__host__init(m);
	ES_HOST_FIELDS(PUT)
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

int
es_encode_change(struct es_encoding *w, const struct es_change *r)
{
	Earshot__Pb__Change *m = &w->u.change;
	const uint32_t has = 0;

	earshot__pb__change__init(m);
	ES_CHANGE_FIELDS(PUT)
	w->rec.change = m;
	return 0;
}

static void
put_sip(struct es_encoding *w, const struct es_health *r)
{
	Earshot__Pb__Health *m = &w->u.health.msg;

	for (uint32_t i = 0; i < r->n_sip; i++) {
		w->u.health.sip_what[i] = r->sip[i].what;
		w->u.health.sip_messages[i] = r->sip[i].messages;
		w->u.health.sip_resent[i] = r->sip[i].resent;
	}
	m->sip_what = w->u.health.sip_what;
	m->sip_messages = w->u.health.sip_messages;
	m->sip_resent = w->u.health.sip_resent;
	m->n_sip_what = m->n_sip_messages = m->n_sip_resent = r->n_sip;
}

static int
put_unknown(const struct es_unknown *r, Earshot__Pb__Unknown *m)
{
	if (r->sample_bytes > ES_UNKNOWN_BYTES)
		return ES_EINVALID;
	earshot__pb__unknown__init(m);
	m->has_layer = true;
	m->layer = r->layer;
	m->number = r->number;
	m->has_number = r->number != 0;
	m->count = r->count;
	m->has_count = r->count != 0;
	m->sample = es_shape_bytes(es_slice_of(r->sample, r->sample_bytes));
	m->has_sample = r->sample_bytes > 0;
	return 0;
}

int
es_encode_health(struct es_encoding *w, const struct es_health *r)
{
	Earshot__Pb__Health *m = &w->u.health.msg;

	if (r->n_values > ES_FIELD_VALUES_MAX || r->n_sip > ES_HEALTH_SIP_MAX ||
	    r->n_unknowns > ES_HEALTH_UNKNOWNS_MAX)
		return ES_EINVALID;
	earshot__pb__health__init(m);
	ES_HEALTH_FIELDS(PUT)
	for (uint32_t i = 0; i < r->n_values; i++) {
		w->u.health.counters[i] = r->values[i].counter;
		w->u.health.values[i] = r->values[i].value;
	}
	m->counter = w->u.health.counters;
	m->value = w->u.health.values;
	m->n_counter = m->n_value = r->n_values;
	put_sip(w, r);
	for (uint32_t i = 0; i < r->n_unknowns; i++) {
		w->u.health.unknown_list[i] = &w->u.health.unknowns[i];
		if (put_unknown(&r->unknowns[i], &w->u.health.unknowns[i]) != 0)
			return ES_EINVALID;
	}
	m->unknowns = w->u.health.unknown_list;
	m->n_unknowns = r->n_unknowns;
	w->rec.health = m;
	return 0;
}

int
es_encode_loss(struct es_encoding *w, const struct es_loss *r)
{
	Earshot__Pb__Loss *m = &w->u.loss;
	const uint32_t has = 0;

	earshot__pb__loss__init(m);
	ES_LOSS_FIELDS(PUT)
	w->rec.loss = m;
	return 0;
}
