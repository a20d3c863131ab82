/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: text to numbers and back, what is expected in words. */
#include "probes/base/text.h"
#include "runtime/options_private.h"

#include <string.h>

struct unit {
	const char *name; /* NULL ends the table */
	int64_t factor;
};

/* Largest first: the first that divides is used for printing. */
static const struct unit bytes_units[] = { { "GiB", 1 << 30 }, { "MiB", 1 << 20 },
	{ "KiB", 1 << 10 }, { "", 1 }, { 0 } };
static const struct unit duration_units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 }, { "ms", 1 }, { 0 } };
static const struct unit no_units[] = { { "", 1 }, { 0 } };
static const char *const bool_words[] = { "no", "yes", "false", "true", "off", "on", NULL };

static const struct kind {
	const char *expected, *behind_range;
	const struct unit *units; /* of the limits */
} kinds[] = {
	[ES_OPT_STRING] = { "text", " bytes long", no_units },
	[ES_OPT_INT] = { "a number", "", no_units },
	[ES_OPT_BOOL] = { "yes or no", "", no_units },
	[ES_OPT_BYTES] = { "a size such as 512, 64KiB or 1MiB", "", bytes_units },
	[ES_OPT_DURATION] = { "a time such as 250ms, 5s, 10m, 2h or 7d", "", duration_units },
	[ES_OPT_ENUM] = { "one of ", "", no_units },
	[ES_OPT_LIST] = { "a list such as {a, b}", " entries", no_units },
};

/* Digits and one of the units, which "0" may lack. */
static int
parse_number(const char *text, const struct unit *unit, int64_t *out)
{
	size_t n = strspn(text, "0123456789");
	uint64_t v;

	while (unit->name != NULL && strcmp(text + n, unit->name) != 0 && strcmp(text, "0") != 0)
		unit++;
	if (unit->name == NULL ||
	    es_text_u64(es_slice_of(text, n), (uint64_t)(INT64_MAX / unit->factor), &v) != 0)
		return ES_EMALFORMED;
	*out = (int64_t)v * unit->factor;
	return 0;
}

int
es_options_parse_duration(const char *text, int64_t *ms)
{
	return parse_number(text, duration_units, ms);
}

int
es_option_parse(const struct es_option *row, const char *text, int64_t *out)
{
	const char *const *words = row->kind == ES_OPT_BOOL ? bool_words : row->words;
	int64_t v = 0;

	if (row->kind == ES_OPT_STRING)
		v = (int64_t)strlen(text);
	else if (words == NULL && parse_number(text, kinds[row->kind].units, &v) != 0)
		return ES_EMALFORMED;
	while (words != NULL && words[v] != NULL && strcmp(words[v], text) != 0)
		v++;
	if ((words != NULL && words[v] == NULL) || (row->max > 0 && (v < row->min || v > row->max)))
		return ES_EMALFORMED;
	*out = row->kind == ES_OPT_BOOL ? v % 2 : v;
	return 0;
}

static void
put_number(FILE *out, const struct unit *unit, const char *before, int64_t v)
{
	while (unit[1].name != NULL && (v == 0 || v % unit->factor != 0))
		unit++;
	(void)fprintf(
	    out, "%s%lld%s", before, (long long)(v / unit->factor), v == 0 ? "" : unit->name);
}

const char *
es_option_expected(const struct es_option *row, char text[ES_OPTION_EXPECTED_MAX])
{
	const struct kind *kind = &kinds[row->kind];
	FILE *out = fmemopen(text, ES_OPTION_EXPECTED_MAX, "w");

	text[0] = '\0';
	if (out == NULL)
		return text;
	if (row->kind == ES_OPT_SECTION)
		(void)fprintf(out, "a section %s \"name\" { }", row->name);
	else
		(void)fputs(kind->expected, out);
	for (int i = 0; row->kind == ES_OPT_ENUM && row->words[i] != NULL; i++)
		(void)fprintf(out, "%s%s",
		    i == 0                      ? ""
		    : row->words[i + 1] == NULL ? " or "
						: ", ",
		    row->words[i]);
	if (row->max > 0 && row->kind != ES_OPT_SECTION) {
		put_number(out, kind->units, " from ", row->min);
		put_number(out, kind->units, " to ", row->max);
		(void)fputs(kind->behind_range, out);
	}
	(void)fclose(out);
	return text;
}
