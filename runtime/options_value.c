/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: text to numbers and back, what is expected in words. */
#include "runtime/options_value.h"

#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first: the first that divides is used for printing. */
static const struct unit bytes_units[] = {
	{ "GiB", INT64_C(1) << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "", 1 },
	{ NULL, 0 },
};
static const struct unit duration_units[] = {
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

/* Digits with an optional sign; *rest is what follows. No strtol: it skips blanks and knows locales. */
static int
parse_number(const char *text, int64_t *v, const char **rest)
{
	bool negative = text[0] == '-';
	const char *at = text + (negative ? 1 : 0);
	int64_t n = 0;

	if (*at < '0' || *at > '9')
		return ES_EMALFORMED;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (n > (INT64_MAX - 9) / 10)
			return ES_EMALFORMED;
		n = n * 10 + (*at - '0');
	}
	*v = negative ? -n : n;
	*rest = at;
	return 0;
}

static int
parse_with_unit(const char *text, const struct unit *units, bool unit_needed, int64_t *out)
{
	const char *rest;
	int64_t v;

	if (parse_number(text, &v, &rest) != 0 || v < 0)
		return ES_EMALFORMED;
	if (rest[0] == '\0' && unit_needed && v != 0)
		return ES_EMALFORMED;
	if (rest[0] == '\0') {
		*out = v;
		return 0;
	}
	for (; units->name != NULL; units++) {
		if (strcmp(rest, units->name) != 0)
			continue;
		if (v > INT64_MAX / units->factor)
			return ES_EMALFORMED;
		*out = v * units->factor;
		return 0;
	}
	return ES_EMALFORMED;
}

int
es_options_parse_duration(const char *text, int64_t *ms)
{
	return parse_with_unit(text, duration_units, true, ms);
}

static int
parse_bool(const char *text, int64_t *out)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (int i = 0; i < 6; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i % 2;
			return 0;
		}
	return ES_EMALFORMED;
}

static int
parse_word(const struct es_option *row, const char *text, int64_t *out)
{
	for (int i = 0; row->words[i] != NULL; i++)
		if (strcmp(text, row->words[i]) == 0) {
			*out = i;
			return 0;
		}
	return ES_EMALFORMED;
}

int
es_option_value(const struct es_option *row, const char *text, int64_t *out)
{
	const char *rest;
	int64_t v = 0;
	int err = ES_EMALFORMED;

	switch (row->kind) {
	case ES_OPT_STRING:
		v = (int64_t)strlen(text);
		err = 0;
		break;
	case ES_OPT_INT:
		err = parse_number(text, &v, &rest);
		if (err == 0 && rest[0] != '\0')
			err = ES_EMALFORMED;
		break;
	case ES_OPT_BOOL:
		err = parse_bool(text, &v);
		break;
	case ES_OPT_BYTES:
		err = parse_with_unit(text, bytes_units, false, &v);
		break;
	case ES_OPT_DURATION:
		err = es_options_parse_duration(text, &v);
		break;
	case ES_OPT_ENUM:
		err = parse_word(row, text, &v);
		break;
	case ES_OPT_LIST:
	case ES_OPT_SECTION:
		break;
	}
	if (err != 0)
		return err;
	if (row->kind != ES_OPT_BOOL && row->kind != ES_OPT_ENUM && row->max > 0 &&
	    (v < row->min || v > row->max))
		return ES_EMALFORMED;
	*out = v;
	return 0;
}

static void
number_text(const struct es_option *row, int64_t v, char *out, size_t cap)
{
	const struct unit *units = row->kind == ES_OPT_BYTES      ? bytes_units
				   : row->kind == ES_OPT_DURATION ? duration_units
								  : NULL;

	if (units == NULL || v == 0) {
		(void)snprintf(out, cap, "%lld", (long long)v);
		return;
	}
	while (units[1].name != NULL && v % units->factor != 0)
		units++;
	(void)snprintf(out, cap, "%lld%s", (long long)(v / units->factor), units->name);
}

/* " from 1s to 1h" where the row has limits. */
static void
range_text(const struct es_option *row, char *out, size_t cap)
{
	char min[32];
	char max[32];

	out[0] = '\0';
	if (row->max <= 0)
		return;
	number_text(row, row->min, min, sizeof(min));
	number_text(row, row->max, max, sizeof(max));
	(void)snprintf(out, cap, " from %s to %s", min, max);
}

static void
words_text(const struct es_option *row, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; row->words[i] != NULL && n < cap; i++) {
		int put = snprintf(out + n, cap - n, "%s%s",
		    i == 0                      ? "one of "
		    : row->words[i + 1] == NULL ? " or "
						: ", ",
		    row->words[i]);

		if (put < 0)
			return;
		n += (size_t)put;
	}
}

void
es_option_expected(const struct es_option *row, char *out, size_t cap)
{
	char range[80];

	range_text(row, range, sizeof(range));
	switch (row->kind) {
	case ES_OPT_STRING:
		(void)snprintf(out, cap, "text%s%s", range, range[0] == '\0' ? "" : " bytes long");
		break;
	case ES_OPT_INT:
		(void)snprintf(out, cap, "a number%s", range);
		break;
	case ES_OPT_BOOL:
		(void)snprintf(out, cap, "yes or no");
		break;
	case ES_OPT_BYTES:
		(void)snprintf(
		    out, cap, "a size such as 512, 64KiB or 1MiB%s", range[0] == '\0' ? "" : range);
		break;
	case ES_OPT_DURATION:
		(void)snprintf(out, cap, "a time such as 250ms, 5s, 10m, 2h or 7d%s", range);
		break;
	case ES_OPT_ENUM:
		words_text(row, out, cap);
		break;
	case ES_OPT_LIST:
		(void)snprintf(out, cap, "a list such as {a, b}%s%s", range,
		    range[0] == '\0' ? "" : " entries");
		break;
	case ES_OPT_SECTION:
		(void)snprintf(
		    out, cap, "a section %s%s { }", row->name, row->titled ? " \"name\"" : "");
		break;
	}
}
