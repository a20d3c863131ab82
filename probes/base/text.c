/* SPDX-License-Identifier: Apache-2.0 */
/* ASCII text in slices: compare, cut, read numbers. */
#include "probes/base/text.h"

bool
es_text_same(es_slice a, es_slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (es_lower(a.p[i]) != es_lower(b.p[i]))
			return false;
	return true;
}

bool
es_text_is(es_slice a, const char *b)
{
	return es_text_same(a, es_slice_str(b));
}

bool
es_text_begins(es_slice text, const char *prefix)
{
	es_slice p = es_slice_str(prefix);

	return text.n >= p.n && es_slice_eq(es_text_first(text, p.n), p);
}

bool
es_text_begins_same(es_slice text, const char *prefix)
{
	es_slice p = es_slice_str(prefix);

	return text.n >= p.n && es_text_same(es_text_first(text, p.n), p);
}

bool
es_text_contains_same(es_slice text, es_slice part)
{
	for (size_t i = 0; i + part.n <= text.n; i++)
		if (es_text_same(es_slice_of(text.p + i, part.n), part))
			return true;
	return false;
}

es_slice
es_text_trim(es_slice text)
{
	while (text.n > 0 && es_is_space(text.p[0]))
		text = es_text_from(text, 1);
	while (text.n > 0 && es_is_space(text.p[text.n - 1]))
		text.n--;
	return text;
}

size_t
es_text_find(es_slice text, uint8_t c)
{
	const uint8_t *at = text.n > 0 ? memchr(text.p, c, text.n) : NULL;

	return at == NULL ? text.n : (size_t)(at - text.p);
}

es_slice
es_text_from(es_slice text, size_t from)
{
	if (from >= text.n)
		return es_slice_of(text.p, 0);
	return es_slice_of(text.p + from, text.n - from);
}

es_slice
es_text_first(es_slice text, size_t n)
{
	return es_slice_of(text.p, n < text.n ? n : text.n);
}

es_slice
es_text_cut(es_slice *rest, uint8_t c)
{
	size_t at = es_text_find(*rest, c);
	es_slice part = es_text_first(*rest, at);

	*rest = es_text_from(*rest, at + 1);
	return part;
}

bool
es_text_line(es_slice *rest, es_slice *line)
{
	if (rest->n == 0)
		return false;
	*line = es_text_cut(rest, '\n');
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

es_slice
es_text_word(es_slice *rest)
{
	es_slice s = *rest;
	size_t from = 0, to;

	while (from < s.n && es_is_space(s.p[from]))
		from++;
	for (to = from; to < s.n && !es_is_space(s.p[to]);)
		to++;
	*rest = es_text_from(s, to);
	return es_text_first(es_text_from(s, from), to - from);
}

int
es_text_u64(es_slice text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (text.n == 0)
		return ES_EMALFORMED;
	for (size_t i = 0; i < text.n; i++) {
		uint64_t digit = (uint64_t)text.p[i] - '0';

		if (!es_is_digit(text.p[i]) || digit > max || v > (max - digit) / 10)
			return ES_EMALFORMED;
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}

int
es_text_u32(es_slice text, uint32_t max, uint32_t *out)
{
	uint64_t v;
	int err = es_text_u64(text, max, &v);

	if (err == 0)
		*out = (uint32_t)v;
	return err;
}

enum { SCALED_DIGITS_MAX = 12 };

int
es_text_scaled(es_slice text, unsigned decimals, int64_t *out)
{
	bool is_negative = es_text_begins(text, "-");
	bool has_point;
	es_slice fraction, whole;
	int64_t v = 0;

	fraction = es_text_from(text, is_negative ? 1 : 0);
	has_point = es_text_find(fraction, '.') < fraction.n;
	whole = es_text_cut(&fraction, '.');
	if (whole.n == 0 || whole.n > SCALED_DIGITS_MAX || (has_point && fraction.n == 0))
		return ES_EMALFORMED;
	for (size_t i = 0; i < whole.n; i++) {
		if (!es_is_digit(whole.p[i]))
			return ES_EMALFORMED;
		v = v * 10 + (whole.p[i] - '0');
	}
	for (size_t i = 0; i < fraction.n; i++)
		if (!es_is_digit(fraction.p[i]))
			return ES_EMALFORMED;
	for (size_t i = 0; i < decimals; i++)
		v = v * 10 + (i < fraction.n ? fraction.p[i] - '0' : 0);
	if (decimals < fraction.n && fraction.p[decimals] >= '5')
		v++;
	*out = is_negative ? -v : v;
	return 0;
}

static int
hex_digit(uint8_t c)
{
	if (es_is_digit(c))
		return c - '0';
	c = es_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
es_text_hex(es_slice text, uint64_t *out)
{
	uint64_t v = 0;

	if (es_text_begins_same(text, "0x"))
		text = es_text_from(text, 2);
	if (text.n == 0 || text.n > 16)
		return ES_EMALFORMED;
	for (size_t i = 0; i < text.n; i++) {
		int d = hex_digit(text.p[i]);

		if (d < 0)
			return ES_EMALFORMED;
		v = v << 4 | (uint64_t)d;
	}
	*out = v;
	return 0;
}

size_t
es_text_uri_byte(es_slice text, size_t at, uint8_t *out)
{
	int high, low;

	*out = text.p[at];
	if (*out != '%' || text.n - at < 3)
		return 1;
	high = hex_digit(text.p[at + 1]);
	low = hex_digit(text.p[at + 2]);
	if (high < 0 || low < 0)
		return 1;
	*out = (uint8_t)(high << 4 | low);
	return 3;
}

size_t
es_text_of_u64(uint64_t v, char out[ES_TEXT_U64_MAX])
{
	char digits[ES_TEXT_U64_MAX];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return n;
}
