/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer. */
#include "probes/base/json.h"

#include "probes/base/call_id.h"
#include "probes/base/text.h"
#include "probes/base/time_text.h"
#include "probes/base/utf8.h"

void
es_json_init(struct es_json *j, char *buf, size_t cap_bytes,
    void (*flush)(void *ctx, const char *bytes, size_t n_bytes), void *ctx)
{
	memset(j, 0, sizeof(*j));
	j->buf = buf;
	j->cap_bytes = cap_bytes;
	j->flush = flush;
	j->ctx = ctx;
}

void
es_json_flush(struct es_json *j)
{
	if (j->flush == NULL || j->n_bytes == 0)
		return;
	j->flush(j->ctx, j->buf, j->n_bytes);
	j->n_bytes = 0;
}

static void
put(struct es_json *j, const void *bytes, size_t n)
{
	const char *from = bytes;

	while (n > 0 && !j->bad) {
		size_t room = j->cap_bytes - j->n_bytes;
		size_t part = n < room ? n : room;

		if (part == 0 && (j->flush == NULL || j->n_bytes == 0)) {
			j->bad = true;
			return;
		}
		memcpy(j->buf + j->n_bytes, from, part);
		j->n_bytes += part;
		from += part;
		n -= part;
		if (n > 0)
			es_json_flush(j);
	}
}

static void
put_char(struct es_json *j, char c)
{
	put(j, &c, 1);
}

/* The comma before a key or a value, unless it is the first or follows its key. */
static void
begin_item(struct es_json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->depth == 0)
		return;
	if (j->has_item[j->depth - 1])
		put_char(j, ',');
	j->has_item[j->depth - 1] = true;
}

static void
open_level(struct es_json *j, char c)
{
	begin_item(j);
	if (j->depth == ES_JSON_DEPTH_MAX) {
		j->bad = true;
		return;
	}
	j->has_item[j->depth++] = false;
	put_char(j, c);
}

static void
close_level(struct es_json *j, char c)
{
	if (j->depth == 0) {
		j->bad = true;
		return;
	}
	j->depth--;
	put_char(j, c);
}

void
es_json_begin(struct es_json *j)
{
	open_level(j, '{');
}

void
es_json_end(struct es_json *j)
{
	close_level(j, '}');
}

void
es_json_array(struct es_json *j)
{
	open_level(j, '[');
}

void
es_json_array_end(struct es_json *j)
{
	close_level(j, ']');
}

void
es_json_key(struct es_json *j, const char *key)
{
	begin_item(j);
	put_char(j, '"');
	put(j, key, strlen(key));
	put(j, "\":", 2);
	j->after_key = true;
}

/* Whether c ends a run of bytes that can be written as they are. */
static bool
is_special(uint8_t c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0x7f;
}

static void
put_code(struct es_json *j, uint8_t c)
{
	put(j, "\\u00", 4);
	put_char(j, "0123456789abcdef"[c >> 4]);
	put_char(j, "0123456789abcdef"[c & 0xf]);
}

/* One special byte or sequence; returns how many bytes of s it stood for. */
static size_t
put_special(struct es_json *j, es_slice s)
{
	static const char shorts[] = "\"\"\\\\\nn\rr\tt\bb\ff";
	uint8_t c = s.p[0];
	size_t n;

	if (c >= 0x80) {
		n = es_utf8_bytes(s);
		/* U+0080 to U+009F: a terminal obeys them as it obeys the ones below a blank. */
		if (n == 2 && c == 0xc2 && s.p[1] < 0xa0)
			put_code(j, s.p[1]);
		else if (n > 0)
			put(j, s.p, n);
		else
			put(j, "\xef\xbf\xbd", 3);
		return n > 0 ? n : 1;
	}
	for (size_t i = 0; shorts[i] != '\0'; i += 2) {
		if ((uint8_t)shorts[i] == c) {
			put_char(j, '\\');
			put_char(j, shorts[i + 1]);
			return 1;
		}
	}
	put_code(j, c);
	return 1;
}

void
es_json_slice(struct es_json *j, es_slice text)
{
	begin_item(j);
	put_char(j, '"');
	while (text.n > 0) {
		size_t run = 0;

		while (run < text.n && !is_special(text.p[run]))
			run++;
		put(j, text.p, run);
		text = es_text_from(text, run);
		if (text.n > 0)
			text = es_text_from(text, put_special(j, text));
	}
	put_char(j, '"');
}

void
es_json_call_id(struct es_json *j, es_slice id)
{
	uint8_t text[ES_CALL_ID_TEXT_MAX];

	es_json_slice(j, es_slice_of(text, es_call_id_encode(id, text)));
}

void
es_json_str(struct es_json *j, const char *text)
{
	es_json_slice(j, es_slice_str(text));
}

static void
put_u64(struct es_json *j, uint64_t v)
{
	char digits[ES_TEXT_U64_MAX];

	put(j, digits, es_text_of_u64(v, digits));
}

static uint64_t
magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

void
es_json_i64(struct es_json *j, int64_t v)
{
	begin_item(j);
	if (v < 0)
		put_char(j, '-');
	put_u64(j, magnitude(v));
}

void
es_json_u64(struct es_json *j, uint64_t v)
{
	begin_item(j);
	put_u64(j, v);
}

void
es_json_bool(struct es_json *j, bool v)
{
	begin_item(j);
	put(j, v ? "true" : "false", v ? 4 : 5);
}

static uint64_t
power_of_10(unsigned n)
{
	uint64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

void
es_json_scaled(struct es_json *j, int64_t v, unsigned scale, unsigned decimals)
{
	uint64_t m = magnitude(v);
	uint64_t cut, one;

	begin_item(j);
	if (scale > 9 || decimals > scale) {
		j->bad = true;
		return;
	}
	cut = power_of_10(scale - decimals);
	one = power_of_10(decimals);
	m = m / cut + (m % cut >= (cut + 1) / 2 && cut > 1);
	if (v < 0 && m > 0)
		put_char(j, '-');
	put_u64(j, m / one);
	if (decimals == 0)
		return;
	put_char(j, '.');
	for (m %= one; one > 1; m %= one) {
		one /= 10;
		put_char(j, (char)('0' + m / one));
	}
}

void
es_json_time(struct es_json *j, es_time t)
{
	char text[ES_TIME_TEXT_BYTES];

	begin_item(j);
	es_time_text(t, text);
	put_char(j, '"');
	put(j, text, sizeof(text));
	put_char(j, '"');
}

void
es_json_addr(struct es_json *j, const struct es_addr *a)
{
	char text[ES_ADDR_TEXT_MAX];

	begin_item(j);
	put_char(j, '"');
	put(j, text, (size_t)es_addr_text(a, text));
	put_char(j, '"');
}

void
es_json_ssrc(struct es_json *j, uint32_t ssrc)
{
	begin_item(j);
	put(j, "\"0x", 3);
	for (int shift = 28; shift >= 0; shift -= 4)
		put_char(j, "0123456789abcdef"[ssrc >> shift & 0xf]);
	put_char(j, '"');
}

void
es_json_line(struct es_json *j)
{
	put_char(j, '\n');
	es_json_flush(j);
}
