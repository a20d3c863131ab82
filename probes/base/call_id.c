/* SPDX-License-Identifier: Apache-2.0 */
/* Call-IDs as text, and back. */
#include "probes/base/call_id.h"

#include "probes/base/utf8.h"

static int
upper_hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_escape(es_slice s)
{
	return s.n >= 3 && s.p[0] == '=' && upper_hex(s.p[1]) >= 0 && upper_hex(s.p[2]) >= 0;
}

static size_t
put_escape(uint8_t *out, uint8_t c)
{
	static const char hex[] = "0123456789ABCDEF";

	out[0] = '=';
	out[1] = (uint8_t)hex[c >> 4];
	out[2] = (uint8_t)hex[c & 15];
	return 3;
}

bool
es_call_id_is_ssrc(es_slice text)
{
	if (text.n != 14 || memcmp(text.p, "rtp:0x", 6) != 0)
		return false;
	for (size_t i = 6; i < text.n; i++) {
		uint8_t c = (uint8_t)(text.p[i] | 32);

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

static bool
is_dots(es_slice id)
{
	return (id.n == 1 || id.n == 2) && id.p[0] == '.' && id.p[id.n - 1] == '.';
}

size_t
es_call_id_encode(es_slice id, uint8_t out[ES_CALL_ID_TEXT_MAX])
{
	bool has_dots = is_dots(id), is_ssrc = es_call_id_is_ssrc(id);
	size_t n = 0, i = 0;

	if (id.n > ES_CALL_ID_BYTES_MAX)
		id.n = ES_CALL_ID_BYTES_MAX;
	while (i < id.n) {
		es_slice rest = es_slice_of(id.p + i, id.n - i);
		uint8_t c = rest.p[0];
		size_t bytes = c < 0x80 ? 1 : es_utf8_bytes(rest);

		if (bytes == 0 || c < 0x20 || c == 0x7f || has_dots || is_escape(rest) ||
		    (is_ssrc && i == 0)) {
			n += put_escape(out + n, c);
			i++;
			continue;
		}
		memcpy(out + n, rest.p, bytes);
		n += bytes;
		i += bytes;
	}
	return n;
}

size_t
es_call_id_decode(es_slice text, uint8_t out[ES_CALL_ID_BYTES_MAX])
{
	size_t n = 0, i = 0;

	while (i < text.n && n < ES_CALL_ID_BYTES_MAX) {
		es_slice rest = es_slice_of(text.p + i, text.n - i);

		if (is_escape(rest)) {
			out[n++] = (uint8_t)(upper_hex(rest.p[1]) << 4 | upper_hex(rest.p[2]));
			i += 3;
			continue;
		}
		out[n++] = rest.p[0];
		i++;
	}
	return n;
}
