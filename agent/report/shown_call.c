/* SPDX-License-Identifier: Apache-2.0 */
/* One call as a page shows it. */
#include "agent/report/shown_call.h"

int64_t
es_shown_call_ms(const struct es_shown_call *s, uint32_t leg, es_time t)
{
	return es_time_diff(t, s->zero[leg]) / ES_NS_PER_MS;
}

const char *
es_shown_call_direction(enum es_direction_name direction)
{
	static const char *const names[] = { "forward", "reverse", "direction not known" };

	return names[direction];
}

void
es_shown_call_vantage(const struct es_shown_call *s, uint32_t leg, struct es_html *h)
{
	if (s->call->legs[leg].vantage.n > 0)
		es_html_text(h, s->call->legs[leg].vantage);
	else
		es_html_raw(h, "capture");
}

const struct es_course_stream *
es_shown_call_streams(const struct es_shown_call *s, uint32_t leg, uint32_t stream, size_t *n)
{
	const struct es_leg *l = &s->call->legs[leg];

	*n = 0;
	if (s->vantage[leg] < 0)
		return NULL;
	return es_course_streams(s->course, (uint32_t)s->vantage[leg], &l->streams[stream],
	    (struct es_course_period){ l->from, l->to }, n);
}

const struct es_course_block *
es_shown_call_blocks(const struct es_shown_call *s, uint32_t leg, uint32_t stream, size_t *n)
{
	const struct es_leg *l = &s->call->legs[leg];

	*n = 0;
	if (s->vantage[leg] < 0)
		return NULL;
	return es_course_blocks(s->course, (uint32_t)s->vantage[leg], &l->streams[stream],
	    (struct es_course_period){ l->from, l->to }, n);
}

bool
es_shown_call_is_audio(const struct es_shown_call *s, uint32_t leg, uint32_t stream)
{
	size_t n;
	const struct es_course_stream *rec = es_shown_call_streams(s, leg, stream, &n);

	return rec == NULL || rec->kind == ES_KIND_UNKNOWN || rec->kind == ES_KIND_AUDIO;
}

bool
es_shown_call_is_hit(
    const struct es_shown_call *s, enum es_direction_name direction, es_slice from, es_slice to)
{
	const struct es_verdict *v = &s->call->verdict;
	bool is_turned = v->segment_direction == ES_BOTH && direction == ES_REVERSE;

	if (v->state != ES_VERDICT_DEGRADED || !v->has_segment ||
	    (v->segment_direction != ES_BOTH && v->segment_direction != direction))
		return false;
	if (v->n_one_of == 0)
		return es_slice_eq(is_turned ? v->segment_to : v->segment_from, from) &&
		       es_slice_eq(is_turned ? v->segment_from : v->segment_to, to);
	for (uint32_t i = 0; i < v->n_one_of; i++)
		if (es_slice_eq(is_turned ? v->one_of[i].to : v->one_of[i].from, from) &&
		    es_slice_eq(is_turned ? v->one_of[i].from : v->one_of[i].to, to))
			return true;
	return false;
}

/* The first packet or message of a leg by its own clock. */
static es_time
own_start(const struct es_shown_call *s, uint32_t leg)
{
	const struct es_leg *l = &s->call->legs[leg];
	es_time first = l->start;

	for (uint32_t i = 0; i < l->n_streams && l->start.ns == 0; i++) {
		size_t n;
		const struct es_course_block *b = es_shown_call_blocks(s, leg, i, &n);

		if (b != NULL && (first.ns == 0 || es_time_before(b->start, first)))
			first = b->start;
	}
	return first;
}

static void
stretch(struct es_shown_call *s, uint32_t leg)
{
	const struct es_leg *l = &s->call->legs[leg];

	for (uint32_t i = 0; i < l->n_streams; i++) {
		size_t n;
		const struct es_course_block *b = es_shown_call_blocks(s, leg, i, &n);

		for (size_t j = 0; j < n; j++) {
			int64_t from = es_shown_call_ms(s, leg, b[j].start);
			int64_t to = es_shown_call_ms(s, leg, b[j].end);

			s->from_ms = from < s->from_ms ? from : s->from_ms;
			s->to_ms = to > s->to_ms ? to : s->to_ms;
		}
	}
}

/* From, To and five parties of each leg: none is left in sight for want of room. */
enum { PARTIES_OF_LEG = 5 };
_Static_assert(2 + PARTIES_OF_LEG * ES_PATH_MAX <= ES_MASK_USERS_MAX, "all are hidden");

static void
hide_parties(struct es_shown_call *s)
{
	es_mask_add(&s->mask, s->call->from);
	es_mask_add(&s->mask, s->call->to);
	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_leg *l = &s->call->legs[i];
		const struct es_course_call *k =
		    s->vantage[i] < 0 || l->call_id.n == 0
			? NULL
			: es_course_call(s->course, (uint32_t)s->vantage[i], l->call_id, l->start);

		if (k == NULL)
			continue;
		es_mask_add(&s->mask, k->from);
		es_mask_add(&s->mask, k->to);
		es_mask_add(&s->mask, k->asserted);
		es_mask_add(&s->mask, k->diverted_from);
		es_mask_add(&s->mask, k->dialled);
	}
}

void
es_shown_call_init(struct es_shown_call *s, const struct es_course *course,
    const struct es_explained *call, bool is_masked)
{
	memset(s, 0, sizeof(*s));
	s->call = call;
	s->course = course;
	s->mask.is_on = is_masked;
	for (uint32_t i = 0; i < call->n_legs; i++)
		s->vantage[i] = es_course_vantage_of(course, call->legs[i].vantage);
}

void
es_shown_call_prepare(struct es_shown_call *s)
{
	const struct es_explained *call = s->call;

	s->is_aligned = true;
	s->to_ms = call->has_duration ? (int64_t)(call->duration_us / 1000) : 0;
	for (uint32_t i = 0; i < call->n_legs; i++) {
		if (s->vantage[i] < 0)
			continue;
		s->is_aligned &= call->legs[i].has_clock_offset;
		s->zero[i] =
		    call->legs[i].has_clock_offset
			? es_time_add(call->start, call->legs[i].clock_offset_us * ES_NS_PER_US)
			: own_start(s, i);
		stretch(s, i);
	}
	hide_parties(s);
	if (s->to_ms <= s->from_ms)
		s->to_ms = s->from_ms + 1000;
}
