/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: libconfuse driven by our option tables. */
#include "runtime/options.h"

#include "runtime/file.h"
#include "runtime/options_comments.h"
#include "runtime/options_value.h"

#include <assert.h>
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 64, DEPTH_MAX = 3, PATH_TEXT_MAX = 200 };

/* Read behind the text: libconfuse takes an end of file inside a section for the section's end. */
#define END_MARK "end_of_file"

struct es_section {
	const struct es_option *table;
	cfg_t *cfg;
	char place[256];
	struct es_section **subs; /* all sections below, in order of table row and file */
	const struct es_option **sub_rows;
	size_t n_subs;
};

struct es_options {
	cfg_t *cfg;
	cfg_opt_t *arrays[OPTIONS_MAX]; /* ours to free; libconfuse copies them */
	size_t n_arrays;
	struct es_section *top;
};

/*
 * libconfuse calls back without a context, and its scanner is one per process anyway: while a file is
 * being parsed, and only then, these say for whom.
 */
static struct {
	const struct es_option *table;
	char *error;
} parsing;

static const struct es_option *
row_of(const struct es_option *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/* The table a section of the file belongs to: the top one, or that of the row with its name. */
static const struct es_option *
table_of(const struct es_option *table, const char *section, int depth)
{
	const struct es_option *found;

	for (const struct es_option *row = table; row->name != NULL && depth < DEPTH_MAX; row++) {
		if (row->kind != ES_OPT_SECTION)
			continue;
		if (strcmp(row->name, section) == 0)
			return row->options;
		found = table_of(row->options, section, depth + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

static const struct es_option *
table_of_cfg(const cfg_t *cfg)
{
	const struct es_option *t = cfg->name == NULL || strcmp(cfg->name, "root") == 0
					? parsing.table
					: table_of(parsing.table, cfg->name, 0);

	return t == NULL ? parsing.table : t;
}

/* Keeps the first error, with its place. */
static void
say(const cfg_t *cfg, const char *fmt, va_list ap)
{
	char *out = parsing.error;
	int n;

	if (out[0] != '\0')
		return;
	n = cfg->line > 0 ? snprintf(out, ES_OPTIONS_ERROR_MAX,
				"%s:%d: ", cfg->filename == NULL ? "?" : cfg->filename, cfg->line)
			  : snprintf(out, ES_OPTIONS_ERROR_MAX,
				"%s: ", cfg->filename == NULL ? "?" : cfg->filename);
	if (n >= 0 && n < ES_OPTIONS_ERROR_MAX)
		(void)vsnprintf(out + n, ES_OPTIONS_ERROR_MAX - (size_t)n, fmt, ap);
}

static void __attribute__((format(printf, 2, 3))) complain(const cfg_t *cfg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cfg, fmt, ap);
	va_end(ap);
}

/* libconfuse found something wrong itself. An unknown name is told with those that are known. */
static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char known[700];
	const char *name;
	size_t n = 0;

	if (strstr(fmt, "no such option") == NULL) {
		say(cfg, fmt, ap);
		return;
	}
	name = va_arg(ap, const char *);
	if (strcmp(name, END_MARK) == 0) {
		complain(cfg, "the file ends inside section \"%s\", expected }", cfg->name);
		return;
	}
	known[0] = '\0';
	for (const struct es_option *row = table_of_cfg(cfg); row->name != NULL; row++) {
		int put =
		    snprintf(known + n, sizeof(known) - n, "%s%s", n == 0 ? "" : ", ", row->name);

		if (put < 0 || (size_t)put >= sizeof(known) - n)
			break;
		n += (size_t)put;
	}
	complain(cfg, "unknown option \"%s\", expected one of %s", name, known);
}

/* Runs after each value was read, with the line still at hand: kept as the option's comment. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct es_option *row = row_of(table_of_cfg(cfg), opt->name);
	const char *text =
	    cfg_opt_size(opt) == 0 ? NULL : cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	char place[256], expected[ES_OPTION_EXPECTED_MAX];
	int64_t v;

	(void)snprintf(
	    place, sizeof(place), "%s:%d", cfg->filename == NULL ? "?" : cfg->filename, cfg->line);
	(void)cfg_opt_setcomment(opt, place); /* without memory the section's place is told */
	if (row == NULL || text == NULL || row->kind == ES_OPT_LIST ||
	    es_option_value(row, text, &v) == 0)
		return 0;
	(void)es_option_expected(row, expected);
	complain(cfg, "%s = \"%.60s\" is not right, expected %s", row->name, text, expected);
	return -1;
}

/* ---- our table as libconfuse's ---- */

static cfg_opt_t *
make_array(struct es_options *o, const struct es_option *table, bool top, int depth)
{
	size_t n = 0;
	cfg_opt_t *opts;

	while (table[n].name != NULL)
		n++;
	opts = calloc(n + 3, sizeof(*opts));
	if (opts == NULL || o->n_arrays == OPTIONS_MAX || depth > DEPTH_MAX) {
		free(opts);
		return NULL;
	}
	o->arrays[o->n_arrays++] = opts;
	for (size_t i = 0; i < n; i++) {
		const struct es_option *row = &table[i];
		const cfg_opt_t str = CFG_STR(row->name, NULL, CFGF_NONE);
		const cfg_opt_t list = CFG_STR_LIST(row->name, NULL, CFGF_NONE);

		opts[i] = row->kind == ES_OPT_LIST ? list : str;
		if (row->kind == ES_OPT_SECTION) {
			cfg_opt_t *sub = make_array(o, row->options, false, depth + 1);
			const cfg_opt_t sec = CFG_SEC(row->name, sub,
			    row->titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES
					: CFGF_MULTI);

			if (sub == NULL)
				return NULL;
			opts[i] = sec;
		}
	}
	if (top) {
		const cfg_opt_t include = CFG_FUNC("include", &cfg_include);
		const cfg_opt_t end_mark = CFG_STR(END_MARK, NULL, CFGF_NONE);

		opts[n++] = include;
		opts[n++] = end_mark;
	}
	{
		const cfg_opt_t end = CFG_END();

		opts[n] = end;
	}
	return opts;
}

static void
set_validators(cfg_t *cfg, const struct es_option *table, const char *prefix, int depth)
{
	char path[PATH_TEXT_MAX];

	for (const struct es_option *row = table; row->name != NULL; row++) {
		(void)snprintf(path, sizeof(path), "%s%s", prefix, row->name);
		if (row->kind != ES_OPT_SECTION) {
			(void)cfg_set_validate_func(cfg, path, on_value); /* returns the old one */
			continue;
		}
		(void)snprintf(path, sizeof(path), "%s%s|", prefix, row->name);
		if (depth < DEPTH_MAX)
			set_validators(cfg, row->options, path, depth + 1);
	}
}

/* ---- the file as our tree ---- */

static void
free_section(struct es_section *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_subs; i++)
		free_section(s->subs[i]);
	free(s->subs);
	free(s->sub_rows);
	free(s);
}

static struct es_section *
make_section(const struct es_option *table, cfg_t *cfg, const char *file, bool top);

static bool
add_subs(struct es_section *s, const struct es_option *row, const char *file)
{
	unsigned n = cfg_size(s->cfg, row->name);

	for (unsigned i = 0; i < n; i++) {
		struct es_section *sub =
		    make_section(row->options, cfg_getnsec(s->cfg, row->name, i), file, false);
		struct es_section **subs = realloc(s->subs, (s->n_subs + 1) * sizeof(*subs));
		const struct es_option **rows;

		if (subs != NULL)
			s->subs = subs;
		rows = realloc(s->sub_rows, (s->n_subs + 1) * sizeof(*rows));
		if (rows != NULL)
			s->sub_rows = rows;
		if (sub == NULL || subs == NULL || rows == NULL) {
			free_section(sub);
			return false;
		}
		s->subs[s->n_subs] = sub;
		s->sub_rows[s->n_subs++] = row;
	}
	return true;
}

static struct es_section *
make_section(const struct es_option *table, cfg_t *cfg, const char *file, bool top)
{
	struct es_section *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->table = table;
	s->cfg = cfg;
	if (!top && cfg->line > 0) /* where it ends; what the whole file lacks has no line */
		(void)snprintf(s->place, sizeof(s->place), "%s:%d",
		    cfg->filename == NULL ? file : cfg->filename, cfg->line);
	else
		(void)snprintf(s->place, sizeof(s->place), "%s", file);
	for (const struct es_option *row = table; row->name != NULL; row++)
		if (row->kind == ES_OPT_SECTION && !add_subs(s, row, file)) {
			free_section(s);
			return NULL;
		}
	return s;
}

/* Required options, numbers of entries and of sections: known only at the end. */
static int
check_section(const struct es_section *s, char error[ES_OPTIONS_ERROR_MAX])
{
	char expected[ES_OPTION_EXPECTED_MAX];

	for (const struct es_option *row = s->table; row->name != NULL; row++) {
		bool many = row->kind == ES_OPT_LIST || row->kind == ES_OPT_SECTION;
		int64_t n = many ? (int64_t)es_section_count(s, row->name) : 0;
		bool absent = many ? n == 0 : !es_section_has(s, row->name);

		(void)es_option_expected(row, expected);
		if (row->required && absent) {
			(void)snprintf(error, ES_OPTIONS_ERROR_MAX,
			    "%s: option \"%s\" is missing, expected %s", s->place, row->name,
			    expected);
			return ES_EMALFORMED;
		}
		if (many && n > 0 && row->max > 0 && (n < row->min || n > row->max)) {
			(void)snprintf(error, ES_OPTIONS_ERROR_MAX,
			    "%s: %lld of \"%s\", expected %lld to %lld", s->place, (long long)n,
			    row->name, (long long)row->min, (long long)row->max);
			return ES_EMALFORMED;
		}
	}
	for (size_t i = 0; i < s->n_subs; i++) {
		int err = check_section(s->subs[i], error);

		if (err != 0)
			return err;
	}
	return 0;
}

static int
line_of(const char *text, const char *at)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* The text and the mark behind it, as a stream: cfg_parse_buf would call the file "[buf]". */
static int
parse_stream(cfg_t *cfg, const char *text)
{
	size_t n = strlen(text);
	const char *unended;
	char *all = NULL;
	FILE *f;
	int ret = CFG_FILE_ERROR;

	if (asprintf(&all, "%s%s%s = yes\n", text, n > 0 && text[n - 1] == '\n' ? "" : "\n",
		END_MARK) < 0)
		return ret;
	unended = es_options_blank_comments(all);
	if (unended != NULL) {
		cfg->line = line_of(all, unended);
		complain(cfg, "the comment that begins here has no end, expected */");
		free(all);
		return CFG_PARSE_ERROR;
	}
	f = fmemopen(all, strlen(all), "r");
	if (f != NULL) {
		ret = cfg_parse_fp(cfg, f);
		fclose(f);
	}
	free(all);
	return ret;
}

static int
parse_text(struct es_options *o, const struct es_option *table, const char *text,
    const char *shown_name, char *error)
{
	cfg_opt_t *opts = make_array(o, table, true, 0);
	int ret;

	o->cfg = opts == NULL ? NULL : cfg_init(opts, CFGF_NONE);
	if (o->cfg == NULL)
		return ES_ENOMEM;
	set_validators(o->cfg, table, "", 0);
	(void)cfg_set_error_function(o->cfg, on_error); /* returns the old one */
	free(o->cfg->filename);
	o->cfg->filename = strdup(shown_name);
	parsing.table = table;
	parsing.error = error;
	ret = parse_stream(o->cfg, text);
	parsing.table = NULL;
	parsing.error = NULL;
	if (ret != CFG_SUCCESS) {
		if (error[0] == '\0')
			(void)snprintf(
			    error, ES_OPTIONS_ERROR_MAX, "%s: cannot be read", shown_name);
		return ES_EMALFORMED;
	}
	return 0;
}

int
es_options_parse(const struct es_option *table, const char *text, const char *shown_name,
    char error[ES_OPTIONS_ERROR_MAX], struct es_options **out)
{
	struct es_options *o = calloc(1, sizeof(*o));
	int err;

	error[0] = '\0';
	if (o == NULL)
		return ES_ENOMEM;
	err = parse_text(o, table, text, shown_name, error);
	if (err == 0) {
		o->top = make_section(table, o->cfg, shown_name, true);
		err = o->top == NULL ? ES_ENOMEM : check_section(o->top, error);
	}
	if (err != 0) {
		es_options_free(o);
		return err;
	}
	*out = o;
	return 0;
}

int
es_options_load(const struct es_option *table, const char *path, char error[ES_OPTIONS_ERROR_MAX],
    struct es_options **out)
{
	char *text;
	size_t n;
	int err = es_file_read(path, ES_OPTIONS_FILE_MAX, &text, &n);

	if (err != 0) {
		(void)snprintf(error, ES_OPTIONS_ERROR_MAX, "%s: %s", path,
		    err == ES_EIO ? strerror(errno) : es_strerror(err));
		return err;
	}
	if (memchr(text, 0, n) != NULL) {
		(void)snprintf(
		    error, ES_OPTIONS_ERROR_MAX, "%s: holds a zero byte, expected text", path);
		err = ES_EMALFORMED;
	} else {
		err = es_options_parse(table, text, path, error, out);
	}
	free(text);
	return err;
}

void
es_options_free(struct es_options *o)
{
	if (o == NULL)
		return;
	free_section(o->top);
	if (o->cfg != NULL)
		(void)cfg_free(o->cfg); /* says only whether there was something */
	for (size_t i = 0; i < o->n_arrays; i++)
		free(o->arrays[i]);
	free(o);
}

/* ---- asking ---- */

const struct es_section *
es_options_top(const struct es_options *o)
{
	return o->top;
}

static const struct es_option *
find(const struct es_section *s, const char *name)
{
	const struct es_option *row = row_of(s->table, name);

	assert(row != NULL);
	return row;
}

/* As it stands in the file, or the fallback, or NULL. */
static const char *
text_of(const struct es_section *s, const struct es_option *row)
{
	const char *given = cfg_getstr(s->cfg, row->name);

	return given != NULL ? given : row->fallback;
}

static int64_t
value_of(const struct es_section *s, const struct es_option *row)
{
	const char *text = text_of(s, row);
	int64_t v = 0;

	if (text != NULL) {
		int err = es_option_value(row, text, &v);

		assert(err == 0); /* checked when it was read; a bad fallback is our bug */
		(void)err;
	}
	return v;
}

bool
es_section_has(const struct es_section *s, const char *name)
{
	const struct es_option *row = find(s, name);

	if (row->kind == ES_OPT_LIST || row->kind == ES_OPT_SECTION)
		return es_section_count(s, name) > 0;
	return text_of(s, row) != NULL;
}

const char *
es_section_str(const struct es_section *s, const char *name)
{
	const struct es_option *row = find(s, name);

	assert(row->kind == ES_OPT_STRING);
	return text_of(s, row);
}

int64_t
es_section_int(const struct es_section *s, const char *name)
{
	const struct es_option *row = find(s, name);

	assert(
	    row->kind == ES_OPT_INT || row->kind == ES_OPT_BYTES || row->kind == ES_OPT_DURATION);
	return value_of(s, row);
}

bool
es_section_bool(const struct es_section *s, const char *name)
{
	const struct es_option *row = find(s, name);

	assert(row->kind == ES_OPT_BOOL);
	return value_of(s, row) != 0;
}

int
es_section_enum(const struct es_section *s, const char *name)
{
	const struct es_option *row = find(s, name);

	assert(row->kind == ES_OPT_ENUM);
	return text_of(s, row) == NULL ? -1 : (int)value_of(s, row);
}

size_t
es_section_count(const struct es_section *s, const char *name)
{
	const struct es_option *row = find(s, name);
	size_t n = 0;

	if (row->kind == ES_OPT_LIST)
		return cfg_size(s->cfg, name);
	assert(row->kind == ES_OPT_SECTION);
	for (size_t i = 0; i < s->n_subs; i++)
		n += s->sub_rows[i] == row;
	return n;
}

const char *
es_section_item(const struct es_section *s, const char *name, size_t i)
{
	const struct es_option *row = find(s, name);

	assert(row->kind == ES_OPT_LIST);
	(void)row;
	return cfg_getnstr(s->cfg, name, (unsigned)i);
}

const struct es_section *
es_section_at(const struct es_section *s, const char *name, size_t i)
{
	const struct es_option *row = find(s, name);

	for (size_t k = 0; k < s->n_subs; k++)
		if (s->sub_rows[k] == row && i-- == 0)
			return s->subs[k];
	return NULL;
}

const char *
es_section_title(const struct es_section *s)
{
	return cfg_title(s->cfg);
}

const char *
es_section_place(const struct es_section *s)
{
	return s->place;
}

const char *
es_section_place_of(const struct es_section *s, const char *name)
{
	const char *place = cfg_opt_getcomment(cfg_getopt(s->cfg, find(s, name)->name));

	return place == NULL ? s->place : place;
}
