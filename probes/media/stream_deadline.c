/* SPDX-License-Identifier: Apache-2.0 */
/* When a stream is looked at next: silence, its end, the end of being remembered. */
#include "probes/media/stream_deadline.h"

static es_time
after(es_time t, int seconds)
{
	return es_time_add(t, seconds * ES_NS_PER_S);
}

es_time
es_stream_deadline_end_of(const struct es_stream_state *s)
{
	if (s->owner.call_end.ns != 0)
		return es_time_max(after(s->last_at, ES_STREAM_AFTER_CALL_S), s->owner.call_end);
	return after(s->last_at, ES_STREAM_IDLE_S);
}

es_time
es_stream_deadline_of(const struct es_stream_state *s)
{
	es_time silence = after(s->last_at, ES_STREAM_SILENCE_S);
	es_time end = es_stream_deadline_end_of(s);

	if (s->life == ES_STREAM_UNPROVEN)
		return after(s->last_at, ES_STREAM_UNPROVEN_S);
	if (s->life == ES_STREAM_ENDED)
		return after(s->last_at, ES_STREAM_REMEMBERED_S);
	return !s->was_silent && es_time_before(silence, end) ? silence : end;
}

void
es_stream_deadline_set(struct es_streams *t, struct es_stream_state *s)
{
	es_time due = es_context_due(t->c, es_stream_deadline_of(s));

	if (s->id.deadline == ES_HEAP_NONE)
		s->id.deadline =
		    es_heap_add(&t->c->heap, due, ES_DUE_STREAM, s->id.serial, s->id.index);
	else
		es_heap_move(&t->c->heap, s->id.deadline, due);
}
