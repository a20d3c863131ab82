/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to calls and registrations. */
#include "proto/decode_private.h"

enum { STATUS_MAX = 999 };

static struct es_addr *
addresses(struct es_decoding *d, const ProtobufCBinaryData *from, size_t n)
{
	struct es_addr *list = es_decode_room(d, n, sizeof(*list));

	for (size_t i = 0; list != NULL && i < n; i++)
		list[i] = es_decode_addr(d, from[i]);
	return list;
}

static const uint16_t *
statuses(struct es_decoding *d, const uint32_t *from, size_t n)
{
	uint16_t *list = es_decode_room(d, n, sizeof(*list));

	for (size_t i = 0; list != NULL && i < n; i++) {
		if (from[i] > STATUS_MAX)
			d->err = ES_EMALFORMED;
		list[i] = (uint16_t)from[i];
	}
	return list;
}

static int
get_call_lists(struct es_decoding *d, const Earshot__Pb__Call *m, struct es_call *r)
{
	es_slice *codecs;
	struct es_call_stream *streams;

	if (m->n_codecs > ES_CALL_CODECS_MAX || m->n_streams > ES_CALL_STREAMS_MAX ||
	    m->n_caller_media > ES_CALL_MEDIA_MAX || m->n_callee_media > ES_CALL_MEDIA_MAX ||
	    m->n_statuses > ES_CALL_STATUSES_MAX)
		return ES_EMALFORMED;
	codecs = es_decode_room(d, m->n_codecs, sizeof(*codecs));
	for (size_t i = 0; codecs != NULL && i < m->n_codecs; i++)
		codecs[i] = es_decode_text(d, m->codecs[i]);
	streams = es_decode_room(d, m->n_streams, sizeof(*streams));
	for (size_t i = 0; streams != NULL && i < m->n_streams; i++) {
		streams[i].ssrc = m->streams[i]->ssrc;
		streams[i].src = es_decode_addr(d, m->streams[i]->src);
		streams[i].dst = es_decode_addr(d, m->streams[i]->dst);
	}
	r->codecs = codecs;
	r->n_codecs = (uint32_t)m->n_codecs;
	r->streams = streams;
	r->n_streams = (uint32_t)m->n_streams;
	r->caller_media = addresses(d, m->caller_media, m->n_caller_media);
	r->n_caller_media = (uint32_t)m->n_caller_media;
	r->callee_media = addresses(d, m->callee_media, m->n_callee_media);
	r->n_callee_media = (uint32_t)m->n_callee_media;
	r->statuses = statuses(d, m->statuses, m->n_statuses);
	r->n_statuses = (uint32_t)m->n_statuses;
	return d->err;
}

int
es_decode_call(struct es_decoding *d, const Earshot__Pb__Call *m, struct es_call *r)
{
	ES_CALL_FIELDS(GET)
	r->has = es_decode_whole(d);
	if (m->has_begun_delta_ns) {
		r->begun = es_decode_time(d, m->begun_delta_ns);
		r->has |= ES_CALL_HAS_BEGUN;
	}
	return d->err != 0 ? d->err : get_call_lists(d, m, r);
}

int
es_decode_registration(
    struct es_decoding *d, const Earshot__Pb__Registration *m, struct es_registration *r)
{
	ES_REGISTRATION_FIELDS(GET)
	r->has = es_decode_whole(d);
	return d->err;
}
