/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and registrations to bytes. */
#include "proto/encode_private.h"

/* The lists of a call record, each within its cap. */
static int
put_call_lists(struct es_encoding *w, const struct es_call *r)
{
	Earshot__Pb__Call *m = &w->u.call.msg;

	if (r->n_codecs > ES_CALL_CODECS_MAX || r->n_streams > ES_CALL_STREAMS_MAX ||
	    r->n_caller_media > ES_CALL_MEDIA_MAX || r->n_callee_media > ES_CALL_MEDIA_MAX ||
	    r->n_statuses > ES_CALL_STATUSES_MAX)
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
	for (uint32_t i = 0; i < r->n_statuses; i++)
		w->u.call.statuses[i] = r->statuses[i];
	m->codecs = w->u.call.codecs;
	m->n_codecs = r->n_codecs;
	m->caller_media = w->u.call.media[0];
	m->n_caller_media = r->n_caller_media;
	m->callee_media = w->u.call.media[1];
	m->n_callee_media = r->n_callee_media;
	m->streams = w->u.call.stream_list;
	m->n_streams = r->n_streams;
	m->statuses = w->u.call.statuses;
	m->n_statuses = r->n_statuses;
	return 0;
}

int
es_encode_call(struct es_encoding *w, const struct es_call *r)
{
	Earshot__Pb__Call *m = &w->u.call.msg;
	const uint32_t has = r->has;

	earshot__pb__call__init(m);
	ES_CALL_FIELDS(PUT)
	if ((has & ES_CALL_HAS_BEGUN) != 0) {
		PUT_TIME(begun, NULL)
	}
	w->rec.call = m;
	return put_call_lists(w, r);
}

int
es_encode_registration(struct es_encoding *w, const struct es_registration *r)
{
	Earshot__Pb__Registration *m = &w->u.registration;
	const uint32_t has = r->has;

	earshot__pb__registration__init(m);
	ES_REGISTRATION_FIELDS(PUT)
	w->rec.registration = m;
	return 0;
}
