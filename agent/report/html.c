/* SPDX-License-Identifier: Apache-2.0 */
/* Writes HTML into memory that grows. */
#include "agent/report/html.h"

#include "probes/base/json.h"
#include "probes/base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BYTES = 4096,
	VALUE_BYTES = 96, /* of a number, a time or an address in quotes */
};

void
es_html_free(struct es_html *h)
{
	free(h->text);
	memset(h, 0, sizeof(*h));
}

static bool
make_room(struct es_html *h, size_t n)
{
	size_t cap = h->cap_bytes == 0 ? FIRST_BYTES : h->cap_bytes;
	char *text;

	if (h->failed || n > ES_HTML_BYTES_MAX - h->n_bytes) {
		h->failed = true;
		return false;
	}
	while (cap < h->n_bytes + n)
		cap *= 2;
	if (cap == h->cap_bytes)
		return true;
	text = realloc(h->text, cap);
	if (text == NULL) {
		h->failed = true;
		return false;
	}
	h->text = text;
	h->cap_bytes = cap;
	return true;
}

static void
append(struct es_html *h, const void *bytes, size_t n)
{
	if (n == 0 || !make_room(h, n))
		return;
	memcpy(h->text + h->n_bytes, bytes, n);
	h->n_bytes += n;
}

void
es_html_raw(struct es_html *h, const char *markup)
{
	append(h, markup, strlen(markup));
}

static uint32_t
code_point_of(es_slice sequence)
{
	static const uint8_t lead_bits[] = { 0, 0, 0x1f, 0x0f, 0x07 };
	uint32_t c = sequence.p[0] & lead_bits[sequence.n];

	for (size_t i = 1; i < sequence.n; i++)
		c = c << 6 | (sequence.p[i] & 0x3f);
	return c;
}

/* C1 controls, marks of direction (Unicode UAX 9), separators of lines, characters of no width, tags, nonsense. */
static bool
is_hidden(uint32_t c)
{
	return c < 0xa0 || c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff0 && c <= 0xffff) || c >= 0xe0000;
}

static const char *
entity_of(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '`':
		return "&#96;";
	default:
		return NULL;
	}
}

void
es_html_text(struct es_html *h, es_slice text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

	for (size_t i = 0; i < text.n;) {
		es_slice rest = es_slice_of(text.p + i, text.n - i);
		const char *entity = entity_of(rest.p[0]);
		size_t n = es_utf8_bytes(rest);
		bool is_shown = n == 0 ? rest.p[0] >= 0x20 && rest.p[0] < 0x7f
				       : !is_hidden(code_point_of(es_slice_of(rest.p, n)));

		n = n == 0 ? 1 : n;
		if (entity != NULL)
			es_html_raw(h, entity);
		else if (is_shown)
			append(h, rest.p, n);
		else
			es_html_raw(h, replacement);
		i += n;
	}
}

void
es_html_str(struct es_html *h, const char *text)
{
	es_html_text(h, es_slice_str(text));
}

/* A value as the writer of JSON has it. */
struct value {
	char text[VALUE_BYTES];
	struct es_json j;
};

static struct es_json *
begin(struct value *v)
{
	es_json_init(&v->j, v->text, sizeof(v->text), NULL, NULL);
	return &v->j;
}

/* Without the quotes around a text. */
static void
append_value(struct es_html *h, const struct value *v)
{
	es_slice text = es_slice_of(v->j.buf, v->j.n_bytes);

	if (text.n >= 2 && text.p[0] == '"')
		text = es_slice_of(text.p + 1, text.n - 2);
	es_html_text(h, text);
}

void
es_html_i64(struct es_html *h, int64_t v)
{
	struct value value;

	es_json_i64(begin(&value), v);
	append_value(h, &value);
}

void
es_html_u64(struct es_html *h, uint64_t v)
{
	struct value value;

	es_json_u64(begin(&value), v);
	append_value(h, &value);
}

void
es_html_scaled(struct es_html *h, int64_t v, unsigned scale, unsigned decimals)
{
	struct value value;

	es_json_scaled(begin(&value), v, scale, decimals);
	append_value(h, &value);
}

void
es_html_time(struct es_html *h, es_time t)
{
	struct value value;

	es_json_time(begin(&value), t);
	append_value(h, &value);
}

void
es_html_addr(struct es_html *h, const struct es_addr *a)
{
	struct value value;

	es_json_addr(begin(&value), a);
	append_value(h, &value);
}

void
es_html_ssrc(struct es_html *h, uint32_t ssrc)
{
	struct value value;

	es_json_ssrc(begin(&value), ssrc);
	append_value(h, &value);
}
