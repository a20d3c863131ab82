/* SPDX-License-Identifier: Apache-2.0 */
/* SIP messages in a byte stream, RFC 3261 sections 7.5 and 18.3. */
#include "probes/base/text.h"
#include "probes/wire/sip/sip.h"
#include "probes/wire/sip/sip_field.h"

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

/* Reads on in the header fields; at their end *rest is the body. Two different lengths: smuggling. */
static int
read_length(es_slice *rest, struct es_sip_frame *f)
{
	struct es_sip_field field;
	es_slice here = *rest;
	int err;

	while ((err = es_sip_field_next(rest, &field)) == 0) {
		uint32_t v;

		if (es_sip_field_is(field.name, "Content-Length")) {
			if (es_text_u32(field.value, INT32_MAX, &v) != 0 ||
			    (f->has_length && v != f->length)) {
				*rest = here;
				return ES_EMALFORMED;
			}
			f->length = v;
			f->has_length = true;
		}
		here = *rest;
	}
	return err == ES_EEOF ? 0 : err;
}

/* bytes: from a start line on. In a stream Content-Length is a must; without it there is no body. */
static int
frame_message(es_slice bytes, struct es_sip_frame *f)
{
	es_slice rest = es_text_from(bytes, f->head_bytes);
	size_t n_bytes;
	int err = f->has_head ? 0 : read_length(&rest, f);

	f->has_head = err == 0;
	f->head_bytes = bytes.n - rest.n;
	if (err == ES_ESHORT && bytes.n <= ES_SIP_MESSAGE_MAX_BYTES)
		return ES_ESHORT;
	if (err != 0) {
		/* No field that was read can be a start line. */
		f->skip_bytes += f->head_bytes + to_next_start(rest);
		return ES_EMALFORMED;
	}
	n_bytes = f->head_bytes + f->length;
	if (n_bytes > ES_SIP_MESSAGE_MAX_BYTES) {
		f->skip_bytes += n_bytes;
		return ES_EFULL;
	}
	if (n_bytes > bytes.n) {
		f->need_bytes = f->skip_bytes + n_bytes;
		return ES_ESHORT;
	}
	f->n_bytes = n_bytes;
	return 0;
}

/* bytes: from a start line on, if it is one. */
static int
frame_start(es_slice bytes, struct es_sip_frame *f)
{
	size_t line = es_text_find(bytes, '\n');

	if (!is_start_or_may(bytes)) {
		f->skip_bytes += to_next_start(bytes);
		return ES_EMALFORMED;
	}
	if (line == bytes.n)
		return ES_ESHORT;
	f->head_bytes = line + 1;
	return frame_message(bytes, f);
}

int
es_sip_frame(es_slice stream, struct es_sip_frame *f)
{
	es_slice bytes = stream;
	int err;

	if (f->head_bytes == 0)
		bytes = es_sip_skip_breaks(stream);
	f->skip_bytes = stream.n - bytes.n;
	f->n_bytes = 0;
	f->need_bytes = stream.n + 1;
	if (bytes.n == 0)
		return ES_ESHORT;
	err = f->head_bytes == 0 ? frame_start(bytes, f) : frame_message(bytes, f);
	if (err == ES_ESHORT)
		return err;
	f->head_bytes = 0;
	f->length = 0;
	f->has_length = false;
	f->has_head = false;
	return err;
}
