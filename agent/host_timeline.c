/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a machine's health back from lines of JSON, by jansson. */
#include "agent/host_timeline.h"

#include "earshot/host.h"
#include "probes/base/time_text.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One allocation per line: the line's record and all it points into. */
struct es_timeline_text {
	struct es_timeline_text *next;
	struct es_signal_value values[ES_SIG_END];
	char bytes[];
};

struct reader {
	const char *path;
	unsigned long line;
	struct es_record *records;
	size_t n, cap;
	bool synthetic;
	struct es_timeline_text *texts;
	struct es_timeline_text *text; /* of the line at hand */
	size_t n_bytes;                /* of its bytes in use */
	char *error;
};

static int __attribute__((format(printf, 3, 4)))
refuse(struct reader *r, int err, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(
	    r->error, ES_TIMELINE_ERROR_MAX, r->line > 0 ? "%s:%lu: " : "%s: ", r->path, r->line);

	if (n < 0 || n >= ES_TIMELINE_ERROR_MAX)
		return err; /* a path that long leaves no room for more */
	va_start(ap, fmt);
	(void)vsnprintf(r->error + n, (size_t)(ES_TIMELINE_ERROR_MAX - n), fmt, ap);
	va_end(ap);
	return err;
}

/* A copy of a string in the text of this line, which has room for the whole line. */
static es_slice
keep(struct reader *r, const char *s, size_t n)
{
	char *to = r->text->bytes + r->n_bytes;

	memcpy(to, s, n);
	r->n_bytes += n;
	return es_slice_of(to, n);
}

static int
read_text(struct reader *r, json_t *v, const char *key, es_slice *out)
{
	if (!json_is_string(v))
		return refuse(r, ES_EMALFORMED, "\"%s\": expected a string", key);
	*out = keep(r, json_string_value(v), json_string_length(v));
	return 0;
}

static int
read_time(struct reader *r, json_t *v, const char *key, es_time *out)
{
	es_slice text = es_slice_str(json_string_value(v));

	if (!json_is_string(v) || es_time_parse(text, out) != 0)
		return refuse(r, ES_EMALFORMED,
		    "\"%s\": expected a time like \"2026-01-01T00:00:00.000000Z\"", key);
	return 0;
}

static int
signal_of(const char *name)
{
	for (int i = 1; i < ES_SIG_END; i++) {
		const char *known = es_signal_name((enum es_signal)i);

		if (known != NULL && strcmp(known, name) == 0)
			return i;
	}
	return 0;
}

static int
read_signals(struct reader *r, json_t *v, struct es_host *h)
{
	const char *name;
	json_t *value;

	if (!json_is_object(v))
		return refuse(r, ES_EMALFORMED, "\"signals\": expected an object");
	h->values = r->text->values;
	json_object_foreach(v, name, value)
	{
		int signal = signal_of(name);

		if (signal == 0)
			return refuse(r, ES_EMALFORMED, "signal \"%s\" is not known", name);
		if (!json_is_integer(value))
			return refuse(r, ES_EMALFORMED,
			    "signal \"%s\": expected a whole number of %s", name,
			    es_signal_unit((enum es_signal)signal));
		/* No name occurs twice in an object, so the array has room. */
		r->text->values[h->n_values].signal = (uint16_t)signal;
		r->text->values[h->n_values++].value = json_integer_value(value);
	}
	return 0;
}

static int
read_bool(struct reader *r, json_t *v, const char *key, bool *out)
{
	if (!json_is_boolean(v))
		return refuse(r, ES_EMALFORMED, "\"%s\": expected true or false", key);
	*out = json_is_true(v);
	return 0;
}

static int
read_kind(struct reader *r, json_t *v, uint16_t *out)
{
	for (uint16_t i = 1; json_is_string(v) && es_change_name((enum es_change_kind)i) != NULL;
	     i++) {
		if (strcmp(es_change_name((enum es_change_kind)i), json_string_value(v)) == 0) {
			*out = i;
			return 0;
		}
	}
	return refuse(r, ES_EMALFORMED,
	    "\"kind\": expected route, interface, wifi_bssid, vpn, dns, audio, softphone, policy, "
	    "address, power, suspend, clock or kernel");
}

/* What coverage a sample has is its writer's business; only complete ones are taken. */
static int
read_coverage(struct reader *r, json_t *v)
{
	if (!json_is_true(json_object_get(v, "complete")))
		return refuse(r, ES_EMALFORMED, "\"coverage\": expected {\"complete\":true}");
	return 0;
}

/* Keys of both kinds of line; is_synthetic: the record's mark. */
static int
read_common(struct reader *r, json_t *v, const char *key, bool *is_synthetic)
{
	int err;

	if (strcmp(key, "record") == 0)
		return 0;
	if (strcmp(key, "coverage") == 0)
		return read_coverage(r, v);
	if (strcmp(key, "synthetic") != 0)
		return refuse(r, ES_EMALFORMED, "key \"%s\" is not known", key);
	err = read_bool(r, v, key, is_synthetic);
	r->synthetic = r->synthetic || *is_synthetic;
	return err;
}

static int
missing(struct reader *r, json_t *line, const char *const keys[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (json_object_get(line, keys[i]) == NULL)
			return refuse(r, ES_EMALFORMED, "\"%s\" is missing", keys[i]);
	}
	return 0;
}

static int
read_host(struct reader *r, json_t *line, struct es_record *rec)
{
	static const char *const needed[] = { "start", "end", "signals" };
	struct es_host *h = &rec->u.host;
	const char *key;
	json_t *v;
	int err = missing(r, line, needed, 3);

	rec->type = ES_REC_HOST;
	json_object_foreach(line, key, v)
	{
		if (err != 0)
			return err;
		if (strcmp(key, "start") == 0)
			err = read_time(r, v, key, &h->start);
		else if (strcmp(key, "end") == 0)
			err = read_time(r, v, key, &h->end);
		else if (strcmp(key, "full") == 0)
			err = read_bool(r, v, key, &h->full);
		else if (strcmp(key, "interface") == 0)
			err = read_text(r, v, key, &h->interface);
		else if (strcmp(key, "signals") == 0)
			err = read_signals(r, v, h);
		else
			err = read_common(r, v, key, &h->synthetic);
	}
	if (err == 0 && es_time_before(h->end, h->start))
		return refuse(r, ES_EMALFORMED, "\"end\" is before \"start\"");
	rec->at = h->end;
	return err;
}

static int
read_change(struct reader *r, json_t *line, struct es_record *rec)
{
	static const char *const needed[] = { "time", "kind" };
	struct es_change *c = &rec->u.change;
	const char *key;
	json_t *v;
	int err = missing(r, line, needed, 2);

	rec->type = ES_REC_CHANGE;
	json_object_foreach(line, key, v)
	{
		if (err != 0)
			return err;
		if (strcmp(key, "time") == 0)
			err = read_time(r, v, key, &c->time);
		else if (strcmp(key, "kind") == 0)
			err = read_kind(r, v, &c->kind);
		else if (strcmp(key, "subject") == 0)
			err = read_text(r, v, key, &c->subject);
		else if (strcmp(key, "before") == 0)
			err = read_text(r, v, key, &c->before);
		else if (strcmp(key, "after") == 0)
			err = read_text(r, v, key, &c->after);
		else
			err = read_common(r, v, key, &c->synthetic);
	}
	rec->at = c->time;
	return err;
}

/* What a path says of the way is no health of the machine: no record is made of it. */
static int
read_path(struct reader *r, json_t *line)
{
	static const char *const needed[] = { "time", "target", "links" };
	int err = missing(r, line, needed, 3);
	es_time at;

	return err != 0 ? err : read_time(r, json_object_get(line, "time"), "time", &at);
}

static int
read_object(struct reader *r, json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "record"));
	struct es_record rec = { 0 };
	int err;

	if (type != NULL && strcmp(type, "path") == 0) /* of `earshot path --json` */
		return read_path(r, line);
	if (type != NULL && strcmp(type, "host") == 0)
		err = read_host(r, line, &rec);
	else if (type != NULL && strcmp(type, "change") == 0)
		err = read_change(r, line, &rec);
	else
		return refuse(r, ES_EMALFORMED,
		    "\"record\": expected \"host\" or \"change\", as `earshot host --json` prints");
	if (err != 0)
		return err;
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 256 : 2 * r->cap;
		struct es_record *more = realloc(r->records, cap * sizeof(*more));

		if (more == NULL)
			return refuse(r, ES_ENOMEM, "no memory");
		r->records = more;
		r->cap = cap;
	}
	r->records[r->n++] = rec;
	return 0;
}

static int
read_line(struct reader *r, const char *line, size_t n)
{
	json_error_t why;
	json_t *object;
	int err;

	if (strspn(line, " \t\r\n") == n)
		return 0;
	if (memchr(line, '\0', n) != NULL) /* jansson passes over one behind a number */
		return refuse(r, ES_EMALFORMED, "a NUL byte");
	if (r->n == ES_TIMELINE_RECORDS_MAX)
		return refuse(r, ES_EFULL, "more than %d records", ES_TIMELINE_RECORDS_MAX);
	/* No decoded string is longer than its text in the line, so its bytes are room for all of them. */
	r->text = malloc(sizeof(*r->text) + n);
	if (r->text == NULL)
		return refuse(r, ES_ENOMEM, "no memory");
	r->text->next = r->texts;
	r->texts = r->text;
	r->n_bytes = 0;
	object = json_loadb(line, n, JSON_REJECT_DUPLICATES, &why);
	if (object == NULL)
		return refuse(r, ES_EMALFORMED, "column %d: %s", why.column, why.text);
	if (json_is_object(object))
		err = read_object(r, object);
	else
		err = refuse(r, ES_EMALFORMED, "expected a JSON object");
	json_decref(object);
	return err;
}

/* The next line and its length, NUL bytes and all; ES_EEOF at the end, ES_EFULL where it is too long. */
static int
next_line(FILE *f, char line[ES_TIMELINE_LINE_MAX])
{
	int n = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n') {
		if (n == ES_TIMELINE_LINE_MAX - 1)
			return ES_EFULL;
		line[n++] = (char)c;
	}
	line[n] = '\0';
	return c == EOF && n == 0 ? ES_EEOF : n;
}

static int
read_lines(struct reader *r, FILE *f)
{
	char line[ES_TIMELINE_LINE_MAX];
	int n;

	while ((n = next_line(f, line)) != ES_EEOF) {
		int err;

		r->line++;
		if (n < 0)
			return refuse(
			    r, ES_EFULL, "line longer than %d bytes", ES_TIMELINE_LINE_MAX - 1);
		err = read_line(r, line, (size_t)n);
		if (err != 0)
			return err;
	}
	if (ferror(f)) {
		r->line = 0;
		return refuse(r, ES_EIO, "%s", strerror(errno));
	}
	return 0;
}

int
es_timeline_load(const char *path, enum es_file_kind kind, struct es_timeline *out,
    char error[ES_TIMELINE_ERROR_MAX])
{
	struct reader r = { .path = path, .error = error };
	int fd = es_file_open(path, kind), err;
	FILE *f;

	*out = (struct es_timeline){ 0 };
	error[0] = '\0';
	if (fd < 0)
		return refuse(&r, fd, "%s", es_file_why(fd));
	f = fdopen(fd, "r");
	if (f == NULL) {
		(void)close(fd);
		return refuse(&r, ES_ENOMEM, "%s", es_strerror(ES_ENOMEM));
	}
	err = read_lines(&r, f);
	(void)fclose(f); /* read only */
	out->records = r.records;
	out->n = r.n;
	out->synthetic = r.synthetic;
	out->texts = r.texts;
	if (err != 0)
		es_timeline_done(out);
	return err;
}

void
es_timeline_done(struct es_timeline *t)
{
	struct es_timeline_text *next;

	for (struct es_timeline_text *x = t->texts; x != NULL; x = next) {
		next = x->next;
		free(x);
	}
	free((void *)(uintptr_t)t->records); /* ours: const for others only */
	*t = (struct es_timeline){ 0 };
}
