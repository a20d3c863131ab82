/* SPDX-License-Identifier: Apache-2.0 */
/* The contexts in which a machine was. */
#include "collector/query/contexts.h"

#include <string.h>

void
es_contexts_begin(struct es_contexts *c, es_time from, es_time to)
{
	memset(c, 0, sizeof(*c));
	c->from = c->now.start = from;
	c->to = to;
}

static bool
is_context(uint16_t kind)
{
	return kind == ES_CHANGE_ROUTE || kind == ES_CHANGE_WIFI_BSSID || kind == ES_CHANGE_VPN ||
	       kind == ES_CHANGE_POWER || kind == ES_CHANGE_AUDIO;
}

static es_slice
cut(es_slice text)
{
	return text.n > ES_CONTEXT_TEXT ? es_slice_of(text.p, ES_CONTEXT_TEXT) : text;
}

static es_slice
subject_of(const struct es_context_state *s)
{
	return es_slice_of(s->subject, s->n_subject);
}

static es_slice
text_of(const struct es_context_state *s)
{
	return es_slice_of(s->text, s->n_text);
}

static uint8_t
copy(char out[ES_CONTEXT_TEXT], es_slice text)
{
	if (text.n > 0)
		memcpy(out, text.p, text.n);
	return (uint8_t)text.n;
}

/* n_states: it is new. */
static uint32_t
find(const struct es_context *c, uint16_t kind, es_slice subject)
{
	uint32_t i = 0;

	while (i < c->n_states &&
	       (c->states[i].kind != kind || !es_slice_eq(subject_of(&c->states[i]), subject)))
		i++;
	return i;
}

static void
forget(struct es_context *c, uint32_t at)
{
	c->n_states--;
	memmove(&c->states[at], &c->states[at + 1], (c->n_states - at) * sizeof(c->states[0]));
}

/* What was until `end` goes into the list. */
static void
close_now(struct es_contexts *c, es_time end)
{
	if (c->now.n_states == 0 || !es_time_before(c->now.start, end))
		return;
	c->now.end = end;
	if (c->n < ES_CONTEXTS_MAX)
		c->list[c->n++] = c->now;
	else
		c->n_left_out++;
}

void
es_contexts_take(struct es_contexts *c, const struct es_change *change)
{
	es_slice subject = cut(change->subject), after = cut(change->after);
	uint32_t at = find(&c->now, change->kind, subject);
	bool is_new = at == c->now.n_states;
	struct es_context_state *s;

	if (!is_context(change->kind) || es_time_before(c->to, change->time) ||
	    (is_new ? after.n == 0 : es_slice_eq(text_of(&c->now.states[at]), after)))
		return;
	if (es_time_before(c->now.start, change->time)) {
		close_now(c, change->time);
		c->now.start = change->time;
	}
	if (after.n == 0) {
		forget(&c->now, at);
		return;
	}
	if (is_new && at == ES_CONTEXT_STATES) {
		forget(&c->now, 0);
		at--;
	}
	s = &c->now.states[at];
	c->now.n_states += is_new ? 1 : 0;
	s->kind = change->kind;
	s->n_subject = copy(s->subject, subject);
	s->n_text = copy(s->text, after);
}

void
es_contexts_end(struct es_contexts *c)
{
	close_now(c, c->to);
}

es_slice
es_contexts_text(const struct es_context *c, enum es_change_kind kind, const char *subject)
{
	for (uint32_t i = 0; i < c->n_states; i++)
		if (c->states[i].kind == kind &&
		    (subject == NULL ||
			es_slice_eq(subject_of(&c->states[i]), es_slice_str(subject))))
			return text_of(&c->states[i]);
	return es_slice_of(NULL, 0);
}
