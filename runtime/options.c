/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration says: values by name, with the table's defaults. */
#include "runtime/options_private.h"

#include <assert.h>
#include <string.h>

const struct es_section *
es_options_top(const struct es_options *o)
{
	return &o->top;
}

static const struct es_option *
row_of(const struct es_section *s, const char *name)
{
	const struct es_option *row = s->table;

	while (row->name != NULL && strcmp(row->name, name) != 0)
		row++;
	assert(row->name != NULL);
	return row;
}

/* The i-th value of an option, or NULL. */
static const struct es_option_entry *
entry_at(const struct es_section *s, const char *name, size_t i)
{
	const struct es_option *row = row_of(s, name);
	const struct es_option_entry *e = s->first;

	while (e != NULL && (e->row != row || i-- > 0))
		e = e->next;
	return e;
}

size_t
es_section_count(const struct es_section *s, const char *name)
{
	size_t n = 0;

	for (const struct es_option_entry *e = s->first; e != NULL; e = e->next)
		n += strcmp(e->row->name, name) == 0;
	return n;
}

static const struct es_option_entry *
last_entry(const struct es_section *s, const char *name)
{
	return entry_at(s, name, es_section_count(s, name) - 1);
}

/* As it stands in the file, or the default, or NULL. */
static const char *
text_of(const struct es_section *s, const char *name)
{
	const struct es_option_entry *e = last_entry(s, name);

	return e != NULL ? e->text : row_of(s, name)->fallback;
}

const char *
es_section_str(const struct es_section *s, const char *name)
{
	assert(row_of(s, name)->kind == ES_OPT_STRING);
	return text_of(s, name);
}

int64_t
es_section_num(const struct es_section *s, const char *name)
{
	const char *text = text_of(s, name);
	int64_t v = -1;
	int err = text == NULL ? 0 : es_option_value(row_of(s, name), text, &v);

	assert(err == 0); /* checked when it was read; a bad default is our bug */
	(void)err;
	return v;
}

const char *
es_section_item(const struct es_section *s, const char *name, size_t i)
{
	const struct es_option_entry *e = entry_at(s, name, i);

	return e == NULL ? NULL : e->text;
}

const struct es_section *
es_section_at(const struct es_section *s, const char *name, size_t i)
{
	const struct es_option_entry *e = entry_at(s, name, i);

	return e == NULL ? NULL : e->section;
}

const char *
es_section_title(const struct es_section *s)
{
	return s->head->text;
}

int
es_options_verror(
    char error[ES_OPTIONS_ERROR_MAX], const char *file, int line, const char *fmt, va_list ap)
{
	int n = snprintf(
	    error, ES_OPTIONS_ERROR_MAX, line > 0 ? "%.512s:%d: " : "%.512s: ", file, line);

	(void)vsnprintf(error + n, ES_OPTIONS_ERROR_MAX - (size_t)n, fmt, ap);
	return ES_EMALFORMED;
}

int
es_section_error(const struct es_section *s, const char *name, char error[ES_OPTIONS_ERROR_MAX],
    const char *fmt, ...)
{
	const struct es_option_entry *e = name == NULL ? NULL : last_entry(s, name);
	va_list ap;

	e = e == NULL ? s->head : e;
	va_start(ap, fmt);
	(void)es_options_verror(error, e->file, e->line, fmt, ap);
	va_end(ap);
	return ES_EMALFORMED;
}
