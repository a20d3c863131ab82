/* SPDX-License-Identifier: Apache-2.0 */
/* Reads configuration files into sections and values, checked against the option table. */
#include "runtime/file.h"
#include "runtime/near.h"
#include "runtime/options_private.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX = 2 << 20, INCLUDED_MAX = 64, WORD = 'w', END = '\0' };

#define BLANKS " \t\r\n"
#define PUNCTUATION "{}()=,"
#define WORD_ENDS PUNCTUATION "#\"'" BLANKS

/* An error at the token in hand. False, as all functions here that return a bool are after an error. */
#define wrong(r, ...) (((r)->err = es_option_error(&(r)->place, (r)->error, __VA_ARGS__)) == 0)

/* One file being read, with the token in hand. */
struct reader {
	struct es_options *options;
	char *error;
	int err; /* what es_options_read returns */
	const char *at, *line;
	char *out; /* where the next word goes; the words of a file fit into its length + 1 */
	struct es_option_place place; /* of the token */
	int type; /* WORD (also text in quotes), one of PUNCTUATION, or END of the file */
	const char *token;
	const struct es_option_faults *faults; /* NULL: the first one ends the reading */
};

static bool read_section(struct reader *r, struct es_section *s);

/* Zeroed memory that lives as long as the options. NULL after an error. */
static void *
keep(struct reader *r, size_t n_bytes)
{
	void *at = es_arena_take(&r->options->memory, 1, n_bytes);

	if (at == NULL)
		(void)wrong(r, "more options than %d bytes of memory hold", MEMORY_MAX);
	return at;
}

/* Reports an error behind which the file can be read on. False: it cannot, or nobody wants more than one. */
static bool
read_on(struct reader *r)
{
	if (r->faults == NULL || r->err != ES_EMALFORMED)
		return false;
	r->faults->fault(r->faults->ctx, r->error);
	r->err = 0;
	return true;
}

/* ---- tokens ---- */

/* A word, or text in quotes, in which a backslash takes the next character as it is. */
static bool
take_word(struct reader *r)
{
	bool is_quoted = *r->at == '"' || *r->at == '\'';
	char quote = *r->at;

	r->token = r->out;
	r->at += is_quoted;
	while (is_quoted ? *r->at != quote : strchr(WORD_ENDS, *r->at) == NULL) {
		r->at += is_quoted && *r->at == '\\';
		if (*r->at == '\0' || *r->at == '\n')
			return wrong(r, "the text in quotes has no end, expected %c", quote);
		*r->out++ = *r->at++;
	}
	*r->out++ = '\0';
	r->at += is_quoted;
	return true;
}

static bool
next(struct reader *r)
{
	for (;; r->at++) { /* blanks, and comments from # to the end of the line */
		if (*r->at == '#')
			r->at += strcspn(r->at, "\n");
		if (*r->at == '\0' || strchr(BLANKS, *r->at) == NULL)
			break;
		r->place.line += *r->at == '\n';
		r->line = *r->at == '\n' ? r->at + 1 : r->line;
	}
	r->place.column = (int)(r->at - r->line) + 1;
	r->type = strchr(PUNCTUATION, *r->at) != NULL ? *r->at : WORD; /* also finds the END */
	if (r->type == WORD)
		return take_word(r);
	r->at += r->type != END;
	return true;
}

static bool
unexpected(struct reader *r, const char *expected)
{
	return r->type == END    ? wrong(r, "the file ends, expected %s", expected)
	       : r->type == WORD ? wrong(r, "\"%.60s\", expected %s", r->token, expected)
				 : wrong(r, "\"%c\", expected %s", r->type, expected);
}

static bool
expect(struct reader *r, int type, const char *expected)
{
	return next(r) && (r->type == type || unexpected(r, expected));
}

/* ---- values and sections ---- */

/* Stands for a wrong value from here on, so that what depends on it can be checked. False: there is nothing. */
static bool
replace_wrong(const struct es_option *row, struct es_option_value *v)
{
	v->text = row->fallback != NULL ? row->fallback : row->example;
	return row->kind != ES_OPT_LIST && row->kind != ES_OPT_SECTION && v->text != NULL &&
	       es_option_parse(row, v->text, &v->number) == 0;
}

/* The token in hand as a value, or as the title of a section. NULL after an error. */
static struct es_option_value *
add(struct reader *r, struct es_option_values *to)
{
	const struct es_option *row = to->row;
	bool is_one = row->kind != ES_OPT_LIST && row->kind != ES_OPT_SECTION;
	struct es_option_value *v = keep(r, sizeof(*v));
	char expected[ES_OPTION_EXPECTED_MAX];

	if (v == NULL)
		return NULL;
	if (is_one && es_option_parse(row, r->token, &v->number) != 0)
		(void)wrong(r, "%s = \"%.60s\" is not right, expected %s", row->name, r->token,
		    es_option_expected(row, expected));
	else if (!is_one && row->max > 0 && to->n == (size_t)row->max)
		(void)wrong(r, "more than %lld of \"%s\"", (long long)row->max, row->name);
	v->place = r->place;
	v->text = r->token;
	if (r->err != 0 && !(read_on(r) && replace_wrong(row, v)))
		return r->err == 0 ? v : NULL;
	*to->last = v;
	to->last = &v->next;
	to->n++;
	return v;
}

/* At the place of the token in hand; holds the table's defaults. NULL after an error. */
static struct es_section *
begin_section(struct reader *r, const struct es_option *table)
{
	struct es_section *s;
	size_t n = 0;

	while (table[n].name != NULL)
		n++;
	s = keep(r, sizeof(*s) + n * sizeof(s->options[0]));
	if (s == NULL)
		return NULL;
	s->place = r->place;
	s->n_options = n;
	for (size_t i = 0; i < n; i++) {
		s->options[i].row = &table[i];
		s->options[i].last = &s->options[i].first;
		r->token = table[i].fallback;
		if (r->token != NULL && add(r, &s->options[i]) == NULL)
			return NULL;
	}
	return s;
}

static bool
check_required(struct reader *r, struct es_section *s)
{
	char expected[ES_OPTION_EXPECTED_MAX];

	for (size_t i = 0; i < s->n_options; i++)
		if (s->options[i].row->required && s->options[i].n == 0) {
			r->place = s->place;
			(void)wrong(r, "option \"%s\" is missing, expected %s",
			    s->options[i].row->name,
			    es_option_expected(s->options[i].row, expected));
			r->token = s->options[i].row->example;
			if (!read_on(r) || (r->token != NULL && add(r, &s->options[i]) == NULL))
				return false;
		}
	return true;
}

/* Behind the name: = value, for a list also = {several}. What was given before is replaced. */
static bool
read_option(struct reader *r, struct es_option_values *values)
{
	bool is_list = values->row->kind == ES_OPT_LIST;
	char expected[ES_OPTION_EXPECTED_MAX];

	if (!expect(r, '=', "=") || !next(r))
		return false;
	*values = (struct es_option_values){ .row = values->row, .last = &values->first };
	if (r->type == WORD)
		return add(r, values) != NULL;
	if (!is_list || r->type != '{')
		return unexpected(r, is_list ? "a value or {" : "a value");
	while (next(r) && (r->type == ',' || (r->type == WORD && add(r, values) != NULL)))
		;
	if (r->err != 0 || (r->type != '}' && !unexpected(r, "a value or }")))
		return false;
	return values->n >= (size_t)values->row->min ||
	       wrong(r, "%s has too few entries, expected %s", values->row->name,
		   es_option_expected(values->row, expected)) ||
	       read_on(r);
}

/* Behind the name: title { ... }. */
static bool
read_titled(struct reader *r, struct es_option_values *sections)
{
	const char *name = sections->row->name;
	struct es_option_value *v;

	if (!expect(r, WORD, "the section's title"))
		return false;
	for (v = sections->first; v != NULL; v = v->next)
		if (strcmp(v->text, r->token) == 0 &&
		    !wrong(r, "%s \"%.60s\" is also in line %d of %.200s, expected another title",
			name, v->text, v->place.line, v->place.file) &&
		    !read_on(r))
			return false;
	v = add(r, sections);
	if (v == NULL || (v->section = begin_section(r, sections->row->options)) == NULL ||
	    !expect(r, '{', "{") || !read_section(r, v->section))
		return false;
	if (r->type == END)
		return wrong(r, "the file ends inside section \"%s\" of line %d, expected }", name,
		    v->place.line);
	return check_required(r, v->section);
}

/* ---- files ---- */

/* Adds to the top level. by: at what asks for the file; text: in place of the file, or NULL. */
static bool
read_file(struct reader *by, const char *file, const char *text, enum es_file_kind kind)
{
	struct reader r = { by->options, by->error, .place = { file, 1, 1 }, .faults = by->faults };
	size_t n = text == NULL ? 0 : strlen(text);
	char *own = NULL;
	int err = text == NULL ? es_file_read_as(kind, file, ES_OPTIONS_FILE_MAX, &own, &n) : 0;

	if (err != 0) {
		(void)wrong(by, "%.512s%s%s", by->at == NULL ? "" : file,
		    by->at == NULL ? "" : ": ", es_file_why(err));
		if (by->at != NULL && read_on(by))
			return true;
		by->err = err;
		return false;
	}
	r.at = r.line = text = text == NULL ? own : text;
	r.out = keep(&r, n + 1);
	if (r.out != NULL && read_section(&r, r.options->top) && r.type != END)
		(void)unexpected(&r, "the name of an option");
	else if (r.err == 0 && r.at != text + n)
		(void)wrong(&r, "a zero byte, expected text");
	if (n > 0 && text[n - 1] != '\n')
		r.options->cut_file = file;
	free(own);
	by->err = r.err;
	return r.err == 0;
}

static bool
read_included(struct reader *r, const char *path)
{
	size_t n = strlen(path) + 1;
	char *file = keep(r, n); /* errors name it as long as the options live */

	if (file == NULL)
		return false;
	memcpy(file, path, n);
	if (++r->options->n_included > INCLUDED_MAX)
		return wrong(r, "more than %d included files", INCLUDED_MAX);
	return read_file(r, file, NULL, ES_FILE_REGULAR);
}

/* Every file of a pattern, in the order of their names; there need not be one. */
static bool
read_pattern(struct reader *r, const char *pattern)
{
	glob_t found;
	int err = glob(pattern, GLOB_ERR, NULL, &found);
	bool is_good = true;

	if (err == GLOB_NOSPACE)
		r->err = ES_ENOMEM;
	else if (err == GLOB_ABORTED && errno != ENOENT)
		(void)wrong(r, "%.512s: %s", pattern, strerror(errno));
	for (size_t i = 0; err == 0 && is_good && i < found.gl_pathc; i++)
		is_good = read_included(r, found.gl_pathv[i]);
	if (err == 0)
		globfree(&found);
	return is_good && r->err == 0;
}

/* Behind "include": ("FILE"), relative to the file that has it. */
static bool
read_include(struct reader *r)
{
	char path[PATH_MAX];
	size_t n = 0;

	if (!expect(r, '(', "(") || !expect(r, WORD, "the name of a file"))
		return false;
	if (r->token[0] != '/') {
		if (es_file_parent(r->place.file, path) != 0)
			return wrong(r, "the path of this file is too long");
		n = strlen(path);
		path[n++] = '/';
	}
	if (n + strlen(r->token) >= sizeof(path))
		return wrong(r, "its path is too long");
	memcpy(path + n, r->token, strlen(r->token) + 1);
	return (strpbrk(r->token, "*?[") != NULL ? read_pattern(r, path)
						 : read_included(r, path)) &&
	       expect(r, ')', ")");
}

/* Behind the name of an unknown option: = value, = { ... }, or title { ... }. */
static bool
pass_over(struct reader *r)
{
	int depth = 0;

	if (!next(r) || (r->type == '=' && !next(r)))
		return false;
	if (r->type == WORD && (*r->at == ' ' || *r->at == '{') &&
	    r->at[strspn(r->at, BLANKS)] == '{' && !next(r))
		return false;
	do
		depth += r->type == '{' ? 1 : r->type == '}' ? -1 : 0;
	while (depth > 0 && next(r) && r->type != END);
	return r->err == 0 && (depth == 0 || unexpected(r, "}"));
}

/* Names the option that was probably meant, else all there are. */
static bool
unknown(struct reader *r, const struct es_section *s)
{
	struct es_near near = { .written = r->token };
	char known[700] = "";
	size_t n = 0;

	for (size_t i = 0; i < s->n_options; i++) {
		es_near_offer(&near, s->options[i].row->name);
		if (n < sizeof(known))
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
			    n == 0 ? "" : ", ", s->options[i].row->name);
	}
	if (near.best != NULL)
		(void)wrong(
		    r, "unknown option \"%.60s\", did you mean \"%s\"?", r->token, near.best);
	else
		(void)wrong(r, "unknown option \"%.60s\", expected one of %s", r->token, known);
	return read_on(r) && pass_over(r);
}

static bool
read_entry(struct reader *r, struct es_section *s)
{
	struct es_option_values *values = s->options, *end = values + s->n_options;

	if (r->type != WORD)
		return unexpected(r, "the name of an option");
	if (s == r->options->top && strcmp(r->token, "include") == 0)
		return read_include(r);
	while (values < end && !es_option_is(values->row->name, r->token))
		values++;
	if (values == end)
		return unknown(r, s);
	return values->row->kind == ES_OPT_SECTION ? read_titled(r, values)
						   : read_option(r, values);
}

/* To the "}" of a section, or to the end of a file. */
static bool
read_section(struct reader *r, struct es_section *s)
{
	while (next(r) && r->type != '}' && r->type != END)
		if (!read_entry(r, s))
			return false;
	return r->err == 0;
}

static int
read_all(const struct es_option *table, const char *path, const char *text, enum es_file_kind kind,
    const struct es_option_faults *faults, char error[ES_OPTIONS_ERROR_MAX],
    struct es_options **out)
{
	struct es_options *o = calloc(1, sizeof(*o));
	struct reader r = { .options = o, .error = error, .place.file = path, .faults = faults };

	error[0] = '\0';
	if (o == NULL || es_arena_new(&o->memory, MEMORY_MAX) != 0) {
		free(o);
		return ES_ENOMEM;
	}
	o->top = begin_section(&r, table);
	if (o->top != NULL && read_file(&r, path, text, kind) && check_required(&r, o->top))
		*out = o;
	else
		es_options_free(o);
	return r.err;
}

int
es_options_read(const struct es_option *table, const char *path, const char *text,
    char error[ES_OPTIONS_ERROR_MAX], struct es_options **out)
{
	return read_all(table, path, text, ES_FILE_ANY, NULL, error, out);
}

int
es_options_read_again(const struct es_option *table, const char *path,
    char error[ES_OPTIONS_ERROR_MAX], struct es_options **out)
{
	return read_all(table, path, NULL, ES_FILE_REGULAR, NULL, error, out);
}

/* Counts, and hands on. */
struct counting {
	const struct es_option_faults *to;
	unsigned n;
};

static void
count_fault(void *ctx, const char *text)
{
	struct counting *c = ctx;

	c->n++;
	c->to->fault(c->to->ctx, text);
}

unsigned
es_options_check(const struct es_option *table, const char *path, const char *text,
    const struct es_option_faults *faults, struct es_options **out)
{
	struct counting c = { faults, 0 };
	const struct es_option_faults counted = { count_fault, &c };
	char error[ES_OPTIONS_ERROR_MAX];
	int err;

	*out = NULL;
	err = read_all(table, path, text, ES_FILE_ANY, &counted, error, out);
	if (err != 0)
		count_fault(&c, error[0] != '\0' ? error : es_strerror(err));
	return c.n;
}

void
es_options_free(struct es_options *o)
{
	if (o == NULL)
		return;
	es_arena_free(&o->memory);
	free(o);
}
