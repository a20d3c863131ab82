/* SPDX-License-Identifier: Apache-2.0 */
/* A field of CSV. */
#include "agent/csv_field.h"
#include "probes/base/text.h"

#include <string.h>

/*
 * Bytes of a character that turns the direction of a line, U+061C, U+200E, U+200F, U+202A to U+202E and U+2066 to
 * U+2069 (Unicode UAX #9 section 2); 0: another one. Control characters are escaped in JSON.
 */
static size_t
turning_bytes(es_slice text)
{
	if (text.n >= 2 && text.p[0] == 0xd8 && text.p[1] == 0x9c)
		return 2;
	if (text.n < 3 || text.p[0] != 0xe2)
		return 0;
	if (text.p[1] == 0x80 &&
	    (text.p[2] == 0x8e || text.p[2] == 0x8f || (text.p[2] >= 0xaa && text.p[2] <= 0xae)))
		return 3;
	return text.p[1] == 0x81 && text.p[2] >= 0xa6 && text.p[2] <= 0xa9 ? 3 : 0;
}

/* = + - @, or one of them in full width: U+FF1D, U+FF0B, U+FF0D, U+FF20. */
static bool
is_operator(es_slice text)
{
	if (text.n == 0)
		return false;
	if (memchr("=+-@", text.p[0], 4) != NULL)
		return true;
	if (text.n < 3 || text.p[0] != 0xef || text.p[1] != 0xbc)
		return false;
	return text.p[2] == 0x9d || text.p[2] == 0x8b || text.p[2] == 0x8d || text.p[2] == 0xa0;
}

/* A quote that JSON escaped becomes a quote in a text; in a list it stays as it is. */
static bool
is_escaped_quote(es_slice text, bool is_list)
{
	return !is_list && text.n > 1 && text.p[0] == '\\' && text.p[1] == '"';
}

/* Whether a cell that began here would be a formula to a spreadsheet, which may pass over blanks and quotes. */
static bool
begins_formula(es_slice text, bool is_list)
{
	while (
	    text.n > 0 && (memchr(" \"'", text.p[0], 3) != NULL || is_escaped_quote(text, is_list)))
		text = es_text_from(text, text.p[0] == '\\' ? 2 : 1);
	return is_operator(text);
}

/* "+49301234@host", "-5" */
static bool
begins_number(es_slice text)
{
	size_t i = 1;

	if (text.n < 2 || (text.p[0] != '+' && text.p[0] != '-'))
		return false;
	while (i < text.n && es_is_digit(text.p[i]))
		i++;
	return i > 1 && (i == text.n || text.p[i] == '@');
}

static bool
needs_quotes(es_slice text)
{
	return text.n > 0 &&
	       (memchr(text.p, ',', text.n) != NULL || memchr(text.p, ';', text.n) != NULL ||
		   memchr(text.p, '"', text.n) != NULL || text.p[0] == ' ' ||
		   text.p[text.n - 1] == ' ');
}

/* JSON has no line break in a text; quotes of it are within quotes. */
static void
put_text(es_slice text, bool is_list, FILE *to)
{
	while (text.n > 0) {
		size_t n = turning_bytes(text);

		if (n > 0) {
			fputs("\xef\xbf\xbd", to); /* U+FFFD */
			text = es_text_from(text, n);
			continue;
		}
		if (!is_list && text.n > 1 && text.p[0] == '\\' &&
		    (text.p[1] == '"' || text.p[1] == '\\'))
			text = es_text_from(text, 1);
		if (text.p[0] == '"')
			fputc('"', to);
		fputc(text.p[0], to);
		if (text.p[0] == ';' && begins_formula(es_text_from(text, 1), is_list))
			fputc('\'', to);
		text = es_text_from(text, 1);
	}
}

void
es_csv_field_put(es_slice json, FILE *to)
{
	bool is_text = json.n > 0 && json.p[0] == '"', is_list = json.n > 0 && json.p[0] == '[';
	bool is_quoted;

	if (!is_text && !is_list) {
		fprintf(to, "%.*s", (int)json.n, (const char *)json.p);
		return;
	}
	if (is_text)
		json = es_slice_of(json.p + 1, json.n - 2);
	is_quoted = needs_quotes(json);
	fputs(is_quoted ? "\"" : "", to);
	if (is_text && begins_formula(json, false) && !begins_number(json))
		fputc('\'', to);
	put_text(json, is_list, to);
	fputs(is_quoted ? "\"" : "", to);
}
