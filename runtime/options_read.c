/* SPDX-License-Identifier: Apache-2.0 */
/* Reads configuration files into sections and values, checked against the option table. */
#include "runtime/file.h"
#include "runtime/options_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { INCLUDED_MAX = 64, WORD = 'w', END = '\0' };

#define BLANKS " \t\r\n"
#define PUNCTUATION "{}()=,"

/* One file being read, with the token in hand. */
struct reader {
	struct es_options *options;
	char *error;
	const char *file, *at;
	int line;
	int type; /* WORD (also text in quotes), one of PUNCTUATION, or END of the file */
	char *token;
};

static int read_section(struct reader *r, struct es_section *s);
static int read_file(struct reader *r, const struct reader *by, const char *text);

static int __attribute__((format(printf, 2, 3))) wrong(const struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)es_options_verror(r->error, r->file, r->line, fmt, ap);
	va_end(ap);
	return ES_EMALFORMED;
}

/* Memory that lives as long as the options. */
static void *
keep(struct es_options *o, size_t n_bytes)
{
	void **piece = calloc(1, sizeof(*piece) + n_bytes);

	if (piece == NULL)
		return NULL;
	*piece = o->kept;
	o->kept = piece;
	return piece + 1;
}

/* ---- tokens ---- */

static int
take_quoted(struct reader *r)
{
	char quote = *r->at++, *out = r->token;

	while (*r->at != quote) {
		r->at += *r->at == '\\';
		if (*r->at == '\0' || *r->at == '\n')
			return wrong(r, "the text in quotes has no end, expected %c", quote);
		*out++ = *r->at++;
	}
	*out = '\0';
	r->at++;
	return 0;
}

static int
next(struct reader *r)
{
	size_t n;

	for (;; r->at++) { /* blanks, and comments from # to the end of the line */
		if (*r->at == '#')
			r->at += strcspn(r->at, "\n");
		if (*r->at == '\0' || strchr(BLANKS, *r->at) == NULL)
			break;
		r->line += *r->at == '\n';
	}
	r->type = *r->at == '\0' || strchr(PUNCTUATION, *r->at) != NULL ? *r->at : WORD;
	n = *r->at == '"' || *r->at == '\'' ? strcspn(r->at, "\n")
	    : r->type == WORD               ? strcspn(r->at, PUNCTUATION "#\"'" BLANKS)
					    : r->type != END;
	r->token = keep(r->options, n + 1);
	if (r->token == NULL)
		return ES_ENOMEM;
	if (*r->at == '"' || *r->at == '\'')
		return take_quoted(r);
	memcpy(r->token, r->at, n);
	r->at += n;
	return 0;
}

static int
unexpected(const struct reader *r, const char *expected)
{
	return r->type == END ? wrong(r, "the file ends, expected %s", expected)
			      : wrong(r, "\"%.60s\", expected %s", r->token, expected);
}

/* The next token is of this type, or it is an error. */
static int
expect(struct reader *r, int type, const char *expected)
{
	int err = next(r);

	return err == 0 && r->type != type ? unexpected(r, expected) : err;
}

/* ---- entries ---- */

/* The token in hand as a value, or as the title of a section. */
static struct es_option_entry *
add(struct reader *r, struct es_section *s, const struct es_option *row)
{
	struct es_option_entry *e = keep(r->options, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->row = row;
	e->text = r->token;
	e->file = r->file;
	e->line = r->line;
	*s->last = e;
	s->last = &e->next;
	return e;
}

static int
read_value(struct reader *r, struct es_section *s, const struct es_option *row)
{
	char expected[ES_OPTION_EXPECTED_MAX];
	int64_t v;

	if (row->kind != ES_OPT_LIST && es_option_value(row, r->token, &v) != 0)
		return wrong(r, "%s = \"%.60s\" is not right, expected %s", row->name, r->token,
		    es_option_expected(row, expected));
	return add(r, s, row) == NULL ? ES_ENOMEM : 0;
}

/* Behind "=": one value or {several}. A list that is given again replaces the one before. */
static int
read_list(struct reader *r, struct es_section *s, const struct es_option *row)
{
	int64_t n = 0;
	int err = next(r);

	s->last = &s->first;
	while (*s->last != NULL)
		if ((*s->last)->row == row)
			*s->last = (*s->last)->next;
		else
			s->last = &(*s->last)->next;
	if (err == 0 && r->type == WORD)
		return read_value(r, s, row);
	if (err == 0 && r->type != '{')
		return unexpected(r, "a value or {");
	while (err == 0 && (err = next(r)) == 0 && (r->type == WORD || r->type == ',')) {
		if (r->type == ',')
			continue;
		if (row->max > 0 && ++n > row->max)
			return wrong(r, "more than %lld of \"%s\"", (long long)row->max, row->name);
		err = read_value(r, s, row);
	}
	return err == 0 && r->type != '}' ? unexpected(r, "a value or }") : err;
}

/* Behind the name: [title] { ... }. Titles are unique, sections as many as the table allows. */
static int
read_sub(struct reader *r, struct es_section *s, const struct es_option *row)
{
	int64_t n = 1;
	int err = expect(r, WORD, "the section's title");
	struct es_option_entry *e;

	for (e = s->first; err == 0 && e != NULL; e = e->next) {
		if (e->row == row && strcmp(e->text, r->token) == 0)
			return wrong(r,
			    "%s \"%.60s\" is also in line %d of %.200s, expected "
			    "another title",
			    row->name, r->token, e->line, e->file);
		if (e->row == row && row->max > 0 && ++n > row->max)
			return wrong(r, "more than %lld of \"%s\"", (long long)row->max, row->name);
	}
	if (err != 0)
		return err;
	e = add(r, s, row);
	if (e == NULL || (e->section = keep(r->options, sizeof(*s))) == NULL)
		return ES_ENOMEM;
	*e->section = (struct es_section){ row->options, e, NULL, &e->section->first };
	err = expect(r, '{', "{");
	return err != 0 ? err : read_section(r, e->section);
}

/* Behind the name: = value. */
static int
read_option(struct reader *r, struct es_section *s, const struct es_option *row)
{
	int err = expect(r, '=', "=");

	if (err == 0 && row->kind == ES_OPT_LIST)
		return read_list(r, s, row);
	if (err == 0)
		err = expect(r, WORD, "a value");
	return err != 0 ? err : read_value(r, s, row);
}

/* Behind "include": ("FILE"), relative to the file it stands in. */
static int
read_include(struct reader *r)
{
	struct reader included = *r;
	char dir[PATH_MAX], *file;
	size_t n;
	int err = expect(r, '(', "(");

	if (err == 0)
		err = expect(r, WORD, "the name of a file");
	if (err == 0 && ++r->options->n_included > INCLUDED_MAX)
		return wrong(r, "more than %d included files", INCLUDED_MAX);
	if (err == 0)
		err = es_file_parent(r->file, dir);
	if (err != 0)
		return err;
	n = strlen(dir) + strlen(r->token) + 2;
	included.file = file = keep(r->options, n);
	if (file == NULL)
		return ES_ENOMEM;
	(void)snprintf(file, n, "%s%s%s", r->token[0] == '/' ? "" : dir,
	    r->token[0] == '/' ? "" : "/", r->token);
	err = read_file(&included, r, NULL);
	return err != 0 ? err : expect(r, ')', ")");
}

static int
read_entry(struct reader *r, struct es_section *s)
{
	const struct es_option *row = s->table;
	char known[700] = "";
	size_t n = 0;

	if (r->type != WORD)
		return unexpected(r, "the name of an option");
	if (s == &r->options->top && strcmp(r->token, "include") == 0)
		return read_include(r);
	for (; row->name != NULL && strcmp(row->name, r->token) != 0; row++)
		if (n < sizeof(known))
			n += (size_t)snprintf(
			    known + n, sizeof(known) - n, "%s%s", n == 0 ? "" : ", ", row->name);
	if (row->name == NULL)
		return wrong(r, "unknown option \"%.60s\", expected one of %s", r->token, known);
	return row->kind == ES_OPT_SECTION ? read_sub(r, s, row) : read_option(r, s, row);
}

static int
check_required(const struct es_section *s, char *error)
{
	char expected[ES_OPTION_EXPECTED_MAX];

	for (const struct es_option *row = s->table; row->name != NULL; row++)
		if (row->required && es_section_count(s, row->name) == 0)
			return es_section_error(s, NULL, error,
			    "option \"%s\" is missing, expected %s", row->name,
			    es_option_expected(row, expected));
	return 0;
}

/* To the "}" of a section, or to the end of a file. */
static int
read_section(struct reader *r, struct es_section *s)
{
	bool is_top = s == &r->options->top;
	int err = next(r);

	while (err == 0 && r->type != '}' && r->type != END) {
		err = read_entry(r, s);
		if (err == 0)
			err = next(r);
	}
	if (err == 0 && (r->type == END) != is_top)
		return is_top
			   ? unexpected(r, "the name of an option")
			   : wrong(r, "the file ends inside section \"%s\" of line %d, expected }",
				 s->head->row->name, s->head->line);
	return err != 0 || is_top ? err : check_required(s, r->error);
}

/* by: the file that includes this one, or NULL; text: in place of the file, or NULL. */
static int
read_file(struct reader *r, const struct reader *by, const char *text)
{
	size_t n = text == NULL ? 0 : strlen(text);
	char *own = NULL;
	int err = text == NULL ? es_file_read(r->file, ES_OPTIONS_FILE_MAX, &own, &n) : 0;

	if (err != 0) {
		const char *why = err == ES_EIO ? strerror(errno) : es_strerror(err);

		(void)(by == NULL ? wrong(r, "%s", why) : wrong(by, "%.512s: %s", r->file, why));
		return err;
	}
	r->at = text == NULL ? own : text;
	r->line = 1;
	err = read_section(r, &r->options->top);
	if (err == 0 && text == NULL && strlen(own) != n)
		err = wrong(r, "a zero byte, expected text");
	free(own);
	return err;
}

int
es_options_read(const struct es_option *table, const char *path, const char *text,
    char error[ES_OPTIONS_ERROR_MAX], struct es_options **out)
{
	struct es_options *o = calloc(1, sizeof(*o));
	struct reader r = { .options = o, .error = error };
	char *file;
	int err = ES_ENOMEM;

	error[0] = '\0';
	if (o == NULL)
		return ES_ENOMEM;
	o->top = (struct es_section){ table, &o->head, NULL, &o->top.first };
	o->head.file = r.file = file = keep(o, strlen(path) + 1);
	if (file != NULL) {
		memcpy(file, path, strlen(path));
		err = read_file(&r, NULL, text);
	}
	if (err == 0)
		err = check_required(&o->top, error);
	if (err == 0)
		*out = o;
	else
		es_options_free(o);
	return err;
}

void
es_options_free(struct es_options *o)
{
	if (o == NULL)
		return;
	for (void **piece = o->kept, **before; piece != NULL; piece = before) {
		before = *piece;
		free(piece);
	}
	free(o);
}
