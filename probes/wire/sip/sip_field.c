/* SPDX-License-Identifier: Apache-2.0 */
/* SIP header fields and their parameters, RFC 3261 sections 7.3 and 25.1. */
#include "probes/wire/sip/sip_field.h"
#include "probes/base/text.h"
#include "probes/wire/sip/sip.h"

bool
es_sip_is_token(es_slice text)
{
	static const char others[] = "-.!%*_+`'~";

	if (text.n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!es_is_alpha(c) && !es_is_digit(c) &&
		    memchr(others, c, sizeof(others) - 1) == NULL)
			return false;
	}
	return true;
}

es_slice
es_sip_skip_breaks(es_slice bytes)
{
	while (bytes.n > 0 && (bytes.p[0] == '\r' || bytes.p[0] == '\n'))
		bytes = es_text_from(bytes, 1);
	return bytes;
}

/* Bytes of the field at the start of text with its folds and last line break; 0: no end in sight. */
static size_t
field_bytes(es_slice text)
{
	size_t n = 0;

	do {
		size_t line = es_text_find(es_text_from(text, n), '\n');

		if (n + line >= text.n)
			return 0;
		n += line + 1;
		if (n > ES_SIP_LINE_MAX_BYTES)
			break;
	} while (n < text.n && (text.p[n] == ' ' || text.p[n] == '\t'));
	return n;
}

int
es_sip_field_next(es_slice *rest, struct es_sip_field *out)
{
	es_slice text = *rest;
	struct es_sip_field f;
	size_t n, colon;

	if (es_text_begins(text, "\n") || es_text_begins(text, "\r\n")) {
		*rest = es_text_from(text, text.p[0] == '\n' ? 1 : 2);
		return ES_EEOF;
	}
	n = field_bytes(text);
	if (n == 0)
		return text.n > ES_SIP_LINE_MAX_BYTES ? ES_EFULL : ES_ESHORT;
	if (n > ES_SIP_LINE_MAX_BYTES)
		return ES_EFULL;
	text = es_text_first(text, n);
	colon = es_text_find(text, ':');
	f.name = es_text_trim(es_text_first(text, colon));
	f.value = es_text_trim(es_text_from(text, colon + 1));
	if (colon == text.n || !es_sip_is_token(f.name))
		return ES_EMALFORMED;
	*rest = es_text_from(*rest, n);
	*out = f;
	return 0;
}

es_slice
es_sip_long_form(es_slice name)
{
	/* RFC 3261 section 7.3.3 and the registry of header fields that grew out of it */
	static const struct {
		char compact;
		const char *name;
	} forms[] = {
		{ 'a', "Accept-Contact" },
		{ 'b', "Referred-By" },
		{ 'c', "Content-Type" },
		{ 'd', "Request-Disposition" },
		{ 'e', "Content-Encoding" },
		{ 'f', "From" },
		{ 'i', "Call-ID" },
		{ 'j', "Reject-Contact" },
		{ 'k', "Supported" },
		{ 'l', "Content-Length" },
		{ 'm', "Contact" },
		{ 'n', "Identity-Info" },
		{ 'o', "Event" },
		{ 'r', "Refer-To" },
		{ 's', "Subject" },
		{ 't', "To" },
		{ 'u', "Allow-Events" },
		{ 'v', "Via" },
		{ 'x', "Session-Expires" },
		{ 'y', "Identity" },
	};

	if (name.n != 1)
		return name;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (es_lower(name.p[0]) == (uint8_t)forms[i].compact)
			return es_slice_str(forms[i].name);
	return name;
}

bool
es_sip_field_is(es_slice name, const char *long_form)
{
	return es_text_is(es_sip_long_form(name), long_form);
}

size_t
es_sip_find_outside(es_slice text, uint8_t c)
{
	bool in_quotes = false, in_angle = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t b = text.p[i];

		if (in_quotes) {
			if (b == '\\')
				i++;
			else if (b == '"')
				in_quotes = false;
			continue;
		}
		if (b == c && !in_angle)
			return i;
		if (b == '"' && !in_angle) /* a quote is legal nowhere in a URI */
			in_quotes = true;
		else if (b == '<')
			in_angle = true;
		else if (b == '>')
			in_angle = false;
	}
	return text.n;
}

bool
es_sip_cut_value(es_slice *rest, es_slice *value)
{
	while (rest->n > 0) {
		*value = es_text_first(*rest, es_sip_find_outside(*rest, ','));
		*rest = es_text_from(*rest, value->n + 1);
		*value = es_text_trim(*value);
		if (value->n > 0)
			return true;
	}
	return false;
}

es_slice
es_sip_param(es_slice params, const char *name)
{
	for (unsigned i = 0; i < ES_SIP_PARAMS_MAX && params.n > 0; i++) {
		es_slice one, value;
		size_t equals;

		if (params.p[0] == ';')
			params = es_text_from(params, 1);
		one = es_text_first(params, es_sip_find_outside(params, ';'));
		params = es_text_from(params, one.n);
		equals = es_text_find(one, '=');
		if (!es_text_is(es_text_trim(es_text_first(one, equals)), name))
			continue;
		value = es_text_trim(es_text_from(one, equals + 1));
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = es_slice_of(value.p + 1, value.n - 2);
		return value;
	}
	return es_slice_of(NULL, 0);
}
