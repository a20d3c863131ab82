/* SPDX-License-Identifier: Apache-2.0 */
/* Widths are those of the C library; what must not be shown is listed here, as the library gives it a width of 0. */
#include "runtime/shown_text.h"

#include "probes/base/utf8.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

/* Unicode 15, Default_Ignorable_Code_Point: direction, joiners, fillers, selectors; and what separates lines. */
static bool
is_invisible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0xad, 0xad },
		{ 0x34f, 0x34f },
		{ 0x61c, 0x61c },
		{ 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },
		{ 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* Of a well-formed sequence of two to four bytes. */
static uint32_t
code_of(const uint8_t *p, size_t n)
{
	uint32_t code = p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

/* Columns, or -1: not printable. Only here the process has a locale: isprint and its kin stay those of ASCII. */
static int
width_of(uint32_t code)
{
	static locale_t utf8; /* a cache; without it, each character would cost a look-up by name */
	locale_t before;
	int width;

	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	if (utf8 == (locale_t)0)
		return -1;
	before = uselocale(utf8);
	width = wcwidth((wchar_t)code);
	(void)uselocale(before);
	return width;
}

struct es_shown_char
es_shown_text_next(es_slice text, bool is_utf8)
{
	size_t n = is_utf8 && text.p[0] >= 0x80 ? es_utf8_bytes(text) : 0;
	uint32_t code;
	int width;

	if (n == 0)
		return (struct es_shown_char){ 1, 1, text.p[0] >= 0x20 && text.p[0] < 0x7f };
	code = code_of(text.p, n);
	width = is_invisible(code) ? -1 : width_of(code);
	return (struct es_shown_char){ n, width < 0 ? 1 : width, width >= 0 };
}

es_slice
es_shown_text_put(es_slice text, struct es_shown_char c, FILE *to)
{
	if (c.is_fine)
		(void)fwrite(text.p, 1, c.n_bytes, to);
	else
		(void)fputc('?', to);
	return es_slice_of(text.p + c.n_bytes, text.n - c.n_bytes);
}

size_t
es_shown_text_columns(es_slice text, bool is_utf8)
{
	size_t columns = 0;

	while (text.n > 0) {
		struct es_shown_char c = es_shown_text_next(text, is_utf8);

		columns += (size_t)c.columns;
		text = es_slice_of(text.p + c.n_bytes, text.n - c.n_bytes);
	}
	return columns;
}

bool
es_shown_text_is_utf8(void)
{
	locale_t of_environment = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool is;

	if (of_environment == (locale_t)0)
		return false;
	is = strcmp(nl_langinfo_l(CODESET, of_environment), "UTF-8") == 0;
	freelocale(of_environment);
	return is;
}
