/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: text to numbers and back, what is expected in words. */
#include "runtime/options_private.h"

#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first: the first that divides is used for printing. */
static const struct unit bytes_units[] = { { "GiB", INT64_C(1) << 30 }, { "MiB", 1 << 20 },
	{ "KiB", 1 << 10 }, { "", 1 }, { NULL, 0 } };
static const struct unit duration_units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 }, { "ms", 1 }, { NULL, 0 } };
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };
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

/* Digits, a minus where the unit may be "", one of the units. No strtol: it knows blanks and locales. */
static int
parse_number(const char *text, const struct unit *units, int64_t *out)
{
	bool negative = units == no_units && text[0] == '-';
	const char *at = text + negative;
	int64_t v = 0;

	if (*at < '0' || *at > '9')
		return ES_EMALFORMED;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (v > (INT64_MAX - 9) / 10)
			return ES_EMALFORMED;
		v = v * 10 + (*at - '0');
	}
	while (units->name != NULL && strcmp(at, units->name) != 0 && (v != 0 || *at != '\0'))
		units++;
	if (units->name == NULL || v > INT64_MAX / units->factor)
		return ES_EMALFORMED;
	*out = (negative ? -v : v) * units->factor;
	return 0;
}

static int
parse_word(const char *const *words, const char *text, int64_t *out)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return 0;
		}
	return ES_EMALFORMED;
}

int
es_options_parse_duration(const char *text, int64_t *ms)
{
	return parse_number(text, duration_units, ms);
}

int
es_option_value(const struct es_option *row, const char *text, int64_t *out)
{
	int64_t v = (int64_t)strlen(text);
	int err = row->kind == ES_OPT_BOOL     ? parse_word(bool_words, text, &v)
		  : row->kind == ES_OPT_ENUM   ? parse_word(row->words, text, &v)
		  : row->kind == ES_OPT_STRING ? 0
					       : parse_number(text, kinds[row->kind].units, &v);

	if (err != 0 || (row->max > 0 && (v < row->min || v > row->max)))
		return ES_EMALFORMED;
	*out = row->kind == ES_OPT_BOOL ? v % 2 : v;
	return 0;
}

static void
put_number(FILE *out, const struct unit *units, const char *before, int64_t v)
{
	while (units[1].name != NULL && (v == 0 || v % units->factor != 0))
		units++;
	(void)fprintf(
	    out, "%s%lld%s", before, (long long)(v / units->factor), v == 0 ? "" : units->name);
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
		(void)fprintf(out, "a section %s%s { }", row->name, row->titled ? " \"name\"" : "");
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
