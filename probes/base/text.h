/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside: slices of ASCII, no locale, no NUL. Nothing here copies or allocates. */
#ifndef EARSHOT_BASE_TEXT_H
#define EARSHOT_BASE_TEXT_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_TEXT_U64_MAX = 20 }; /* decimal digits of the highest 64-bit number */

static inline bool
es_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
es_is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Space, tab and the line breaks inside a folded header. */
static inline bool
es_is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline uint8_t
es_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Equal but for the case of ASCII letters. */
bool es_text_same(es_slice a, es_slice b);
bool es_text_is(es_slice a, const char *b);

/* Whether text begins with prefix; `same` without regard to case. */
bool es_text_begins(es_slice text, const char *prefix);
bool es_text_begins_same(es_slice text, const char *prefix);

/* Whether part is in text, without regard to case; the empty part is in all. */
bool es_text_contains_same(es_slice text, es_slice part);

/* Without es_is_space bytes at both ends. */
es_slice es_text_trim(es_slice text);

/* Position of the first c, or text.n. */
size_t es_text_find(es_slice text, uint8_t c);

/* The slice from byte `from` on; empty when from is beyond the end. */
es_slice es_text_from(es_slice text, size_t from);

/* The first n bytes, or all when there are fewer. */
es_slice es_text_first(es_slice text, size_t n);

/*
 * Cuts the part before the first c off rest and returns it; rest then begins behind that c. Without
 * a c the whole of rest is returned and rest is empty. for (s = ...; s.n > 0;) part = cut(&s, ',').
 */
es_slice es_text_cut(es_slice *rest, uint8_t c);

/* The next line without its line break (CRLF or LF); false when rest is empty. */
bool es_text_line(es_slice *rest, es_slice *line);

/* The next run of bytes that are not es_is_space; empty at the end. */
es_slice es_text_word(es_slice *rest);

/* Whole text is a decimal number <= max, digits only. ES_EMALFORMED otherwise. */
int es_text_u64(es_slice text, uint64_t max, uint64_t *out);
int es_text_u32(es_slice text, uint32_t max, uint32_t *out);

/*
 * Whole text is a number like "-12" or "4.25": its value times 10^decimals (at most 6), rounded half
 * away from zero. ES_EMALFORMED: not of this form, or more than 12 digits before the point.
 */
int es_text_scaled(es_slice text, unsigned decimals, int64_t *out);

/* Whole text is hexadecimal, 1 to 16 digits, either case, with or without 0x. */
int es_text_hex(es_slice text, uint64_t *out);

/* The byte at a place of a URI, where %HH is one (RFC 3986 section 2.1). Returns how many bytes of text it takes, 1 or 3. */
size_t es_text_uri_byte(es_slice text, size_t at, uint8_t *out);

/* Writes v in decimal, without a NUL; returns the number of digits. */
size_t es_text_of_u64(uint64_t v, char out[ES_TEXT_U64_MAX]);

#endif
