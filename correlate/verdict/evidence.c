/* SPDX-License-Identifier: Apache-2.0 */
/* One sentence of evidence. */
#include "correlate/verdict/evidence.h"

#include "probes/base/text.h"

struct es_evidence *
es_cor_evidence(struct es_verdict *v)
{
	struct es_evidence *e;

	if (v->n_evidence == ES_EVIDENCE_MAX)
		return NULL;
	e = &v->evidence[v->n_evidence++];
	memset(e, 0, sizeof(*e));
	e->unit = "";
	return e;
}

void
es_cor_add_slice(struct es_evidence *e, es_slice text)
{
	size_t used, left;

	if (e == NULL || text.n == 0)
		return;
	used = strlen(e->text);
	left = sizeof(e->text) - 1 - used;
	text.n = text.n > left ? left : text.n;
	memcpy(e->text + used, text.p, text.n);
	e->text[used + text.n] = '\0';
}

void
es_cor_add_text(struct es_evidence *e, const char *text)
{
	es_cor_add_slice(e, es_slice_str(text));
}

void
es_cor_add_way(struct es_evidence *e, uint32_t dir)
{
	es_cor_add_text(e, dir == ES_FORWARD ? "forward: " : "reverse: ");
}

void
es_cor_add_number(struct es_evidence *e, int64_t v)
{
	char digits[ES_TEXT_U64_MAX];
	size_t n = es_text_of_u64(v < 0 ? (uint64_t) - (v + 1) + 1 : (uint64_t)v, digits);

	if (v < 0)
		es_cor_add_text(e, "-");
	es_cor_add_slice(e, es_slice_of(digits, n));
}

static void
add_tenths(struct es_evidence *e, uint64_t tenths)
{
	es_cor_add_number(e, (int64_t)(tenths / 10));
	es_cor_add_text(e, ".");
	es_cor_add_number(e, (int64_t)(tenths % 10));
}

void
es_cor_add_milli(struct es_evidence *e, int64_t milli)
{
	uint64_t size = milli < 0 ? (uint64_t) - (milli + 1) + 1 : (uint64_t)milli;
	uint64_t tenths = (size + 50) / 100;

	es_cor_add_text(e, milli < 0 && tenths > 0 ? "-" : "");
	if (tenths % 10 == 0)
		es_cor_add_number(e, (int64_t)(tenths / 10));
	else
		add_tenths(e, tenths);
}

void
es_cor_add_percent(struct es_evidence *e, uint64_t part, uint64_t whole)
{
	add_tenths(e, whole == 0 ? 0 : (part * 1000 + whole / 2) / whole);
	es_cor_add_text(e, " %");
}

void
es_cor_add_count(struct es_evidence *e, uint64_t n, const char *noun)
{
	es_cor_add_number(e, (int64_t)n);
	es_cor_add_text(e, " ");
	es_cor_add_text(e, noun);
	if (n != 1)
		es_cor_add_text(e, "s");
}

void
es_cor_set_value(struct es_evidence *e, int64_t value, const char *unit)
{
	es_cor_set_milli(
	    e, value > INT64_MAX / 1000 || value < INT64_MIN / 1000 ? 0 : value * 1000, unit);
}

void
es_cor_set_milli(struct es_evidence *e, int64_t milli, const char *unit)
{
	if (e == NULL)
		return;
	e->has_value = true;
	e->value_milli = milli;
	e->unit = unit;
}
