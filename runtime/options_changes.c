/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two readings of a configuration. */
#include "runtime/options.h"

#include <string.h>

struct comparison {
	void (*changed)(void *ctx, const struct es_option_change *change);
	void *ctx;
};

static void
compare(const struct comparison *c, const struct es_section *before, const struct es_section *now);

static void
report(const struct comparison *c, const struct es_option *row, const struct es_option_place *place)
{
	const struct es_option_change change = { row, place };

	c->changed(c->ctx, &change);
}

/* 60s and 1m are the same; so are two spellings of yes. */
static bool
is_same(
    const struct es_option *row, const struct es_option_value *a, const struct es_option_value *b)
{
	if (row->kind == ES_OPT_STRING || row->kind == ES_OPT_LIST)
		return strcmp(a->text, b->text) == 0;
	return a->number == b->number;
}

static bool
are_same(const struct es_option_values *before, const struct es_option_values *now)
{
	const struct es_option_value *a = before->first, *b = now->first;

	while (a != NULL && b != NULL && is_same(now->row, a, b)) {
		a = a->next;
		b = b->next;
	}
	return a == NULL && b == NULL;
}

static const struct es_option_value *
find(const struct es_option_values *in, const char *title)
{
	const struct es_option_value *v = in->first;

	while (v != NULL && strcmp(v->text, title) != 0)
		v = v->next;
	return v;
}

static void
compare_sections(const struct comparison *c, const struct es_option_values *before,
    const struct es_option_values *now, const struct es_option_place *around)
{
	for (const struct es_option_value *v = now->first; v != NULL; v = v->next) {
		const struct es_option_value *was = find(before, v->text);

		if (was == NULL)
			report(c, now->row, &v->place);
		else
			compare(c, was->section, v->section);
	}
	for (const struct es_option_value *v = before->first; v != NULL; v = v->next)
		if (find(now, v->text) == NULL)
			report(c, now->row, around);
}

static void
compare(const struct comparison *c, const struct es_section *before, const struct es_section *now)
{
	for (size_t i = 0; i < now->n_options; i++) {
		const struct es_option_values *a = &before->options[i], *b = &now->options[i];

		if (b->row->kind == ES_OPT_SECTION)
			compare_sections(c, a, b, &now->place);
		else if (!are_same(a, b))
			report(c, b->row, b->first == NULL ? &now->place : &b->first->place);
	}
}

void
es_options_changes(const struct es_options *before, const struct es_options *now,
    void (*changed)(void *ctx, const struct es_option_change *change), void *ctx)
{
	const struct comparison c = { changed, ctx };

	compare(&c, before->top, now->top);
}
