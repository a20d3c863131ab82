/* SPDX-License-Identifier: Apache-2.0 */
/* What the portal's list asks of an explained call. */
#include "collector/query/explained.h"

#include <string.h>

es_slice
es_vantage_agent(es_slice vantage)
{
	const uint8_t *slash = vantage.n == 0 ? NULL : memchr(vantage.p, '/', vantage.n);

	return slash == NULL ? vantage : es_slice_of(vantage.p, (size_t)(slash - vantage.p));
}

bool
es_explained_saw(const struct es_explained *call, es_slice place)
{
	for (uint32_t i = 0; i < call->n_legs; i++)
		if (es_slice_eq(es_vantage_agent(call->legs[i].vantage), place) ||
		    es_slice_eq(call->legs[i].vantage, place))
			return true;
	return false;
}

bool
es_explained_worst_mos(const struct es_explained *call, uint32_t *mos_milli)
{
	bool has = false;

	for (uint32_t i = 0; i < call->n_directions; i++) {
		const struct es_direction *d = &call->directions[i];

		if (d->has_mos_lq && (!has || d->mos_lq_milli < *mos_milli)) {
			has = true;
			*mos_milli = d->mos_lq_milli;
		}
	}
	return has;
}

/* text is a, a separator, b? */
static bool
is_pair(es_slice text, es_slice a, es_slice b)
{
	static const char *const separators[] = { "-", "..", ":", "->" };

	for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
		size_t n = strlen(separators[i]);

		if (text.n == a.n + n + b.n && es_slice_eq(es_slice_of(text.p, a.n), a) &&
		    memcmp(text.p + a.n, separators[i], n) == 0 &&
		    es_slice_eq(es_slice_of(text.p + a.n + n, b.n), b))
			return true;
	}
	return false;
}

static bool
names(es_slice text, es_slice from, es_slice to)
{
	return es_slice_eq(text, from) || es_slice_eq(text, to) || is_pair(text, from, to) ||
	       is_pair(text, to, from);
}

bool
es_segment_is(const struct es_verdict *v, const char *text)
{
	es_slice name = es_slice_str(text);

	if (v->state != ES_VERDICT_DEGRADED)
		return false;
	for (uint32_t i = 0; i < v->n_one_of; i++)
		if (names(name, v->one_of[i].from, v->one_of[i].to))
			return true;
	return v->has_segment && v->n_one_of == 0 && names(name, v->segment_from, v->segment_to);
}

uint64_t
es_explained_lost(const struct es_explained *call)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; i < call->n_directions; i++)
		for (uint32_t k = 0; k < call->directions[i].n_segments; k++)
			lost += call->directions[i].segments[k].lost;
	return lost;
}
