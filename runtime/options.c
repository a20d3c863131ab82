/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a configuration by name, and errors at their place. */
#include "runtime/options_private.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

bool
es_option_is(const char *name, const char *written)
{
	while (*name != '\0' && (*name == *written || (*name == '-' && *written == '_'))) {
		name++;
		written++;
	}
	return *name == *written;
}

const struct es_option_values *
es_section_values(const struct es_section *s, const char *name)
{
	size_t i = 0;

	while (i < s->n_options && !es_option_is(s->options[i].row->name, name))
		i++;
	assert(i < s->n_options);
	return &s->options[i];
}

void
es_section_default(struct es_section *s, const char *name, const char *text)
{
	const struct es_option_values *values = es_section_values(s, name);
	struct es_option_value *v = values->first;
	int err;

	assert(v != NULL);
	if (v->text != values->row->fallback) /* a file has texts of its own */
		return;
	v->text = text;
	err = es_option_parse(values->row, text, &v->number);
	assert(err == 0);
	(void)err;
}

const char *
es_section_str(const struct es_section *s, const char *name)
{
	const struct es_option_value *v = es_section_values(s, name)->first;

	return v == NULL ? NULL : v->text;
}

int64_t
es_section_num(const struct es_section *s, const char *name)
{
	const struct es_option_value *v = es_section_values(s, name)->first;

	return v == NULL ? -1 : v->number;
}

int
es_option_error(
    const struct es_option_place *place, char error[ES_OPTIONS_ERROR_MAX], const char *fmt, ...)
{
	int n = snprintf(error, ES_OPTIONS_ERROR_MAX,
	    place->line > 0 ? "%.512s:%d:%d: " : "%.512s: ", place->file, place->line,
	    place->column);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(error + n, ES_OPTIONS_ERROR_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return ES_EMALFORMED;
}

bool
es_option_checked(struct es_option_checks *c, int err)
{
	if (err == 0)
		return true;
	c->err = err;
	if (c->faults == NULL || err != ES_EMALFORMED)
		return false;
	c->faults->fault(c->faults->ctx, c->error);
	c->n_faults++;
	return true;
}
