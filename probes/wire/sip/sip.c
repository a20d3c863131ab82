/* SPDX-License-Identifier: Apache-2.0 */
/* One SIP message: start line and the header fields an observer needs. */
#include "probes/wire/sip/sip.h"
#include "probes/base/text.h"
#include "probes/wire/sip/sip_body.h"
#include "probes/wire/sip/sip_field.h"
#include "probes/wire/sip/sip_reader.h"

enum { BREAKS_MAX_BYTES = 8 };

enum es_sip_method
es_sip_method_of(es_slice text)
{
	static const struct {
		const char *name;
		enum es_sip_method method;
	} methods[] = {
#define X(name) { #name, ES_SIP_##name },
		ES_SIP_METHODS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (es_slice_eq(text, es_slice_str(methods[i].name)))
			return methods[i].method;
	return ES_SIP_OTHER;
}

/* The start line in its three words. has_end: its line break is there. */
struct start {
	es_slice first;
	es_slice second;
	es_slice third; /* of a response: the whole reason phrase */
	bool has_end;
};

static bool
is_version(es_slice word)
{
	return es_text_is(word, "SIP/2.0");
}

static struct start
split_start(es_slice bytes)
{
	struct start s;
	es_slice line;
	size_t end = es_text_find(es_text_first(bytes, ES_SIP_LINE_MAX_BYTES), '\n');

	s.has_end = end < bytes.n && end < ES_SIP_LINE_MAX_BYTES;
	line = es_text_trim(es_text_first(bytes, end));
	s.first = es_text_cut(&line, ' ');
	s.second = es_text_cut(&line, ' ');
	s.third = line;
	return s;
}

static bool
is_status(es_slice word, uint32_t *status)
{
	return word.n == 3 && es_text_u32(word, 699, status) == 0 && *status >= 100;
}

bool
es_sip_is_start(es_slice bytes)
{
	es_slice text = es_sip_skip_breaks(es_text_first(bytes, BREAKS_MAX_BYTES));
	struct start s;
	uint32_t status;

	bytes = es_text_from(bytes, es_text_first(bytes, BREAKS_MAX_BYTES).n - text.n);
	if (!es_sip_is_token(es_text_first(bytes, 1))) /* most of what is no SIP ends here */
		return false;
	s = split_start(bytes);
	if (is_version(s.first))
		return is_status(s.second, &status);
	if (s.first.n > ES_SIP_METHOD_MAX_BYTES || !es_sip_is_token(s.first) || s.second.n == 0)
		return false;
	if (s.has_end) /* "NOTIFY * HTTP/1.1" is SSDP, "OPTIONS * RTSP/1.0" RTSP */
		return is_version(s.third) && es_text_find(s.second, ':') < s.second.n;
	return es_sip_method_of(s.first) != ES_SIP_OTHER && /* cut inside the line */
	       (es_text_begins_same(s.second, "sip:") || es_text_begins_same(s.second, "sips:") ||
		   es_text_begins_same(s.second, "tel:"));
}

static int
read_start(es_slice bytes, struct es_sip *m)
{
	struct start s = split_start(bytes);
	uint32_t status;

	m->is_response = is_version(s.first);
	if (m->is_response) {
		if (!is_status(s.second, &status))
			return ES_EMALFORMED;
		m->status = (uint16_t)status;
		return 0;
	}
	m->method_text = s.first;
	m->method = es_sip_method_of(s.first);
	m->request_uri = s.second;
	return 0;
}

/* All header fields; *rest becomes the body, empty where the capture ends before it. */
static int
read_fields(struct es_sip_reader *r, es_slice *rest)
{
	struct es_sip_field f;
	int n = 0, err;

	while ((err = es_sip_field_next(rest, &f)) == 0) {
		if (n++ == ES_SIP_HEADERS_MAX)
			return ES_EFULL;
		err = es_sip_read_header(r, &f);
		if (err != 0)
			return err;
	}
	if (err == ES_ESHORT) {
		if (rest->n > 0)
			r->m->is_cut = true; /* a datagram may end without the blank line */
		*rest = es_text_first(*rest, 0);
		return 0;
	}
	return err == ES_EEOF ? 0 : err;
}

static void
read_body(struct es_sip_reader *r, es_slice rest)
{
	struct es_sip *m = r->m;

	m->body = rest;
	if (m->has_content_length && m->content_length < rest.n)
		m->body.n = m->content_length;
	else if (m->has_content_length && m->content_length > rest.n)
		m->is_cut = true;
	es_sip_body_parts(r->content_type, m->body, m);
}

/* What every message must have (RFC 3261 section 8.1.1) for an observer to place it. */
static int
check(struct es_sip_reader *r)
{
	struct es_sip *m = r->m;

	if (m->call_id.n == 0 || r->cseq_text.n == 0 || m->from.uri.n == 0 || m->to.uri.n == 0)
		return m->is_cut ? ES_ECUT : ES_EMALFORMED;
	if (m->is_response) {
		m->method = r->cseq_method;
		m->method_text = r->cseq_text;
	} else if (!es_slice_eq(m->method_text, r->cseq_text)) {
		return ES_EMALFORMED;
	}
	if (m->x_call_id.n == 0)
		m->x_call_id = r->x_cid;
	if (m->user_agent.n == 0)
		m->user_agent = r->server;
	return 0;
}

int
es_sip_parse(es_slice bytes, uint32_t wire_bytes, struct es_sip *out)
{
	struct es_sip m;
	struct es_sip_reader r;
	es_slice rest;
	int err;

	memset(&m, 0, sizeof(m));
	memset(&r, 0, sizeof(r));
	r.m = &m;
	if (bytes.n > ES_SIP_MESSAGE_MAX_BYTES || wire_bytes > ES_SIP_MESSAGE_MAX_BYTES)
		return ES_EFULL;
	if (!es_sip_is_start(bytes))
		return ES_EMALFORMED;
	m.is_cut = bytes.n < wire_bytes;
	rest = es_sip_skip_breaks(bytes);
	err = read_start(rest, &m);
	if (err != 0)
		return err;
	rest = es_text_from(rest, es_text_find(rest, '\n') + 1);
	err = read_fields(&r, &rest);
	if (err != 0)
		return err;
	read_body(&r, rest);
	err = check(&r);
	if (err == 0)
		*out = m;
	return err;
}

bool
es_sip_start_line(es_slice bytes, struct es_sip *out)
{
	es_slice text = es_sip_skip_breaks(bytes);

	memset(out, 0, sizeof(*out));
	return es_sip_is_start(bytes) && read_start(text, out) == 0 &&
	       (out->is_response || split_start(text).has_end);
}

es_slice
es_sip_header_find(es_slice message, es_slice name)
{
	es_slice rest = es_sip_skip_breaks(message);
	struct es_sip_field f;
	int n = 0;

	name = es_sip_long_form(name);
	rest = es_text_from(rest, es_text_find(rest, '\n') + 1);
	while (n++ < ES_SIP_HEADERS_MAX && es_sip_field_next(&rest, &f) == 0)
		if (es_text_same(es_sip_long_form(f.name), name))
			return f.value;
	return es_slice_of(NULL, 0);
}
