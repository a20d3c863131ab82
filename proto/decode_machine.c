/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to the records of a machine and its agent: host, changes, health, losses. */
#include "proto/decode_private.h"

int
es_decode_host(struct es_decoding *d, const Earshot__Pb__Host *m, struct es_host *r)
{
	struct es_signal_value *values;

	if (m->n_signal != m->n_value || m->n_value > ES_FIELD_VALUES_MAX)
		return ES_EMALFORMED;
	ES_HOST_FIELDS(GET)
	values = es_decode_room(d, m->n_value, sizeof(*values));
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

int
es_decode_change(struct es_decoding *d, const Earshot__Pb__Change *m, struct es_change *r)
{
	ES_CHANGE_FIELDS(GET)
	return d->err;
}

static int
get_sip(struct es_decoding *d, const Earshot__Pb__Health *m, struct es_health *r)
{
	struct es_sip_count *sip;

	if (m->n_sip_what > ES_HEALTH_SIP_MAX || m->n_sip_messages != m->n_sip_what ||
	    m->n_sip_resent != m->n_sip_what)
		return ES_EMALFORMED;
	sip = es_decode_room(d, m->n_sip_what, sizeof(*sip));
	for (size_t i = 0; sip != NULL && i < m->n_sip_what; i++) {
		if (m->sip_what[i] > UINT16_MAX)
			return ES_EMALFORMED;
		sip[i].what = (uint16_t)m->sip_what[i];
		sip[i].messages = m->sip_messages[i];
		sip[i].resent = m->sip_resent[i];
	}
	r->sip = sip;
	r->n_sip = (uint32_t)m->n_sip_what;
	return 0;
}

static int
get_unknowns(struct es_decoding *d, const Earshot__Pb__Health *m, struct es_health *r)
{
	struct es_unknown *unknowns;

	if (m->n_unknowns > ES_HEALTH_UNKNOWNS_MAX)
		return ES_EMALFORMED;
	unknowns = es_decode_room(d, m->n_unknowns, sizeof(*unknowns));
	for (size_t i = 0; unknowns != NULL && i < m->n_unknowns; i++) {
		const Earshot__Pb__Unknown *from = m->unknowns[i];

		if (!from->has_layer || from->layer > UINT16_MAX ||
		    from->sample.len > ES_UNKNOWN_BYTES)
			return ES_EMALFORMED;
		unknowns[i].layer = (enum es_unknown_layer)from->layer;
		unknowns[i].number = from->number;
		unknowns[i].count = from->count;
		unknowns[i].sample_bytes = (uint8_t)from->sample.len;
		if (from->sample.len > 0)
			memcpy(unknowns[i].sample, from->sample.data, from->sample.len);
	}
	r->unknowns = unknowns;
	r->n_unknowns = (uint32_t)m->n_unknowns;
	return 0;
}

int
es_decode_health(struct es_decoding *d, const Earshot__Pb__Health *m, struct es_health *r)
{
	struct es_counter_value *values;

	if (m->n_counter != m->n_value || m->n_value > ES_FIELD_VALUES_MAX)
		return ES_EMALFORMED;
	ES_HEALTH_FIELDS(GET)
	values = es_decode_room(d, m->n_value, sizeof(*values));
	for (size_t i = 0; values != NULL && i < m->n_value; i++) {
		if (m->counter[i] > UINT16_MAX)
			return ES_EMALFORMED;
		values[i].counter = (uint16_t)m->counter[i];
		values[i].value = m->value[i];
	}
	r->values = values;
	r->n_values = (uint32_t)m->n_value;
	if (get_sip(d, m, r) != 0 || get_unknowns(d, m, r) != 0)
		return ES_EMALFORMED;
	return d->err;
}

int
es_decode_loss(struct es_decoding *d, const Earshot__Pb__Loss *m, struct es_loss *r)
{
	ES_LOSS_FIELDS(GET)
	return d->err;
}
