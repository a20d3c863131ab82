/* SPDX-License-Identifier: Apache-2.0 */
/* SIP messages in a byte stream, RFC 3261 sections 7.5 and 18.3. */
#include "probes/base/text.h"
#include "probes/wire/sip.h"
#include "probes/wire/sip_field.h"

enum { START_MIN_BYTES = 11 }; /* "A B SIP/2.0", "SIP/2.0 200" */

/* A first line that has not yet come to its end may become a start line. */
static bool
may_become_start(es_slice text)
{
	size_t space = es_text_find(text, ' ');
	es_slice word = es_text_first(text, space);

	if (text.n > ES_SIP_LINE_MAX_BYTES)
		return false;
	if (es_text_begins_same(word, "SIP/"))
		return es_text_is(es_text_first(word, 7), "SIP/2.0");
	if (es_text_is(word, "SIP") || es_text_is(word, "SI") || es_text_is(word, "S"))
		return true;
	return word.n <= ES_SIP_METHOD_MAX_BYTES && es_sip_is_token(word);
}

/* Whether text, at the beginning of a line, is a start line or could still become one. */
static bool
is_start_or_may(es_slice text)
{
	size_t end = es_text_find(text, '\n');

	if (end == text.n)
		return may_become_start(text);
	return end >= START_MIN_BYTES && es_sip_is_start(text);
}

/* Bytes of text before the next line at which a message may begin; never 0. */
static size_t
to_next_start(es_slice text)
{
	es_slice rest = text;

	while (rest.n > 0) {
		rest = es_text_from(rest, es_text_find(rest, '\n') + 1);
		if (rest.n > 0 && is_start_or_may(rest))
			break;
	}
	return text.n - rest.n;
}

/* Passes over the header fields; *rest becomes the body. Two different lengths: smuggling. */
static int
read_length(es_slice *rest, uint32_t *length)
{
	struct es_sip_field f;
	bool has_length = false;
	int err;

	*length = 0; /* in a stream the field is a must; without it there is no body */
	while ((err = es_sip_field_next(rest, &f)) == 0) {
		uint32_t v;

		if (!es_sip_field_is(f.name, "Content-Length"))
			continue;
		if (es_text_u32(f.value, INT32_MAX, &v) != 0 || (has_length && v != *length))
			return ES_EMALFORMED;
		*length = v;
		has_length = true;
	}
	return err == ES_EEOF ? 0 : err;
}

/* bytes: from a start line on. */
static int
frame_message(es_slice bytes, struct es_sip_frame *out)
{
	es_slice rest = es_text_from(bytes, es_text_find(bytes, '\n') + 1);
	uint32_t length;
	size_t n_bytes;
	int err = read_length(&rest, &length);

	if (err == ES_ESHORT && bytes.n <= ES_SIP_MESSAGE_MAX_BYTES)
		return ES_ESHORT;
	if (err != 0) {
		out->skip_bytes += to_next_start(bytes);
		return ES_EMALFORMED;
	}
	n_bytes = bytes.n - rest.n + length;
	if (n_bytes > ES_SIP_MESSAGE_MAX_BYTES) {
		out->skip_bytes += n_bytes;
		return ES_EFULL;
	}
	if (n_bytes > bytes.n) {
		out->need_bytes = out->skip_bytes + n_bytes;
		return ES_ESHORT;
	}
	out->n_bytes = n_bytes;
	return 0;
}

int
es_sip_frame(es_slice stream, struct es_sip_frame *out)
{
	es_slice bytes = es_sip_skip_breaks(stream);

	out->skip_bytes = stream.n - bytes.n;
	out->n_bytes = 0;
	out->need_bytes = stream.n + 1;
	if (bytes.n == 0)
		return ES_ESHORT;
	if (!is_start_or_may(bytes)) {
		out->skip_bytes += to_next_start(bytes);
		return ES_EMALFORMED;
	}
	if (es_text_find(bytes, '\n') == bytes.n)
		return ES_ESHORT;
	return frame_message(bytes, out);
}
