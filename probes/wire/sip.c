/* SPDX-License-Identifier: Apache-2.0 */
/* One SIP message: start line and the header fields an observer needs. */
#include "probes/wire/sip.h"
#include "probes/base/text.h"
#include "probes/wire/sip_field.h"

enum { BREAKS_MAX_BYTES = 8 };

/* Fields of a message while it is read. */
struct reader {
	struct es_sip *m;
	es_slice content_type; /* with its parameters */
	es_slice x_cid;
	enum es_sip_method cseq_method;
	es_slice cseq_text;
};

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
	if (s.has_end)
		return is_version(s.third);
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

/* User and host of a sip:, sips: or tel: URI. */
static void
split_uri(es_slice uri, struct es_sip_party *out)
{
	es_slice rest = uri;
	es_slice scheme = es_text_cut(&rest, ':');
	size_t at;

	if (es_text_is(scheme, "tel")) {
		out->user = es_text_cut(&rest, ';');
		return;
	}
	if (!es_text_is(scheme, "sip") && !es_text_is(scheme, "sips"))
		return;
	at = es_text_find(rest, '@');
	if (at < rest.n) {
		out->user = es_text_cut(&rest, '@');
		out->user = es_text_first(out->user, es_text_find(out->user, ':'));
	}
	rest = es_text_first(rest, es_text_find(rest, ';'));
	rest = es_text_first(rest, es_text_find(rest, '?'));
	if (es_text_begins(rest, "["))
		out->host = es_text_first(rest, es_text_find(rest, ']') + 1);
	else
		out->host = es_text_first(rest, es_text_find(rest, ':'));
}

/* name-addr or addr-spec with parameters (RFC 3261 section 20.10); the first of several. */
static void
read_party(es_slice value, struct es_sip_party *out)
{
	size_t angle = es_sip_find_outside(value, '<');
	es_slice params;

	memset(out, 0, sizeof(*out));
	value = es_text_first(value, es_sip_find_outside(value, ','));
	if (angle == value.n && es_text_find(value, '<') < es_text_find(value, ';'))
		angle = es_text_find(value, '<'); /* quotes that do not pair: seen in life */
	if (angle < value.n) {
		params = es_text_from(value, angle + 1);
		out->uri = es_text_trim(es_text_cut(&params, '>'));
		params = es_text_from(params, es_text_find(params, ';'));
	} else {
		size_t semicolon = es_text_find(value, ';'); /* without <> they are the field's */

		out->uri = es_text_trim(es_text_first(value, semicolon));
		params = es_text_from(value, semicolon);
	}
	out->tag = es_sip_param(params, "tag");
	split_uri(out->uri, out);
}

static int
on_call_id(struct reader *r, es_slice value)
{
	es_slice id = es_text_word(&value);

	if (id.n == 0 || (r->m->call_id.n > 0 && !es_slice_eq(r->m->call_id, id)))
		return ES_EMALFORMED;
	r->m->call_id = id;
	return 0;
}

static int
on_from(struct reader *r, es_slice value)
{
	if (r->m->from.uri.n == 0)
		read_party(value, &r->m->from);
	return 0;
}

static int
on_to(struct reader *r, es_slice value)
{
	if (r->m->to.uri.n == 0)
		read_party(value, &r->m->to);
	return 0;
}

static int
on_cseq(struct reader *r, es_slice value)
{
	es_slice number = es_text_word(&value);
	es_slice method = es_text_word(&value);
	uint32_t cseq;

	if (es_text_u32(number, INT32_MAX, &cseq) != 0 || !es_sip_is_token(method))
		return ES_EMALFORMED;
	if (r->cseq_text.n > 0 && (cseq != r->m->cseq || !es_slice_eq(r->cseq_text, method)))
		return ES_EMALFORMED;
	r->m->cseq = cseq;
	r->cseq_text = method;
	r->cseq_method = es_sip_method_of(method);
	return 0;
}

static int
on_via(struct reader *r, es_slice value)
{
	while (value.n > 0) {
		es_slice one = es_text_first(value, es_sip_find_outside(value, ','));

		if (r->m->n_vias++ == 0)
			r->m->via_branch = es_sip_param(
			    es_text_from(one, es_sip_find_outside(one, ';')), "branch");
		value = es_text_from(value, one.n + 1);
	}
	return 0;
}

static int
on_contact(struct reader *r, es_slice value)
{
	struct es_sip_party p;

	if (r->m->n_contacts > 0)
		return 0;
	read_party(value, &p);
	r->m->contact[r->m->n_contacts++].uri = p.uri;
	return 0;
}

static int
on_max_forwards(struct reader *r, es_slice value)
{
	uint32_t v;

	if (es_text_u32(value, 255, &v) == 0) {
		r->m->has_max_forwards = true;
		r->m->max_forwards = (uint8_t)v;
	}
	return 0;
}

static int
on_content_type(struct reader *r, es_slice value)
{
	r->content_type = value;
	r->m->content_type = es_text_trim(es_text_first(value, es_text_find(value, ';')));
	return 0;
}

static int
on_content_length(struct reader *r, es_slice value)
{
	uint32_t v;

	if (es_text_u32(value, INT32_MAX, &v) != 0)
		return ES_EMALFORMED;
	if (r->m->has_content_length && r->m->content_length != v)
		return ES_EMALFORMED;
	r->m->has_content_length = true;
	r->m->content_length = v;
	return 0;
}

static int
on_session_id(struct reader *r, es_slice value)
{
	r->m->session_id = value;
	return 0;
}

static int
on_x_call_id(struct reader *r, es_slice value)
{
	r->m->x_call_id = es_text_word(&value);
	return 0;
}

static int
on_x_cid(struct reader *r, es_slice value)
{
	r->x_cid = es_text_word(&value);
	return 0;
}

static int
on_reason(struct reader *r, es_slice value)
{
	if (r->m->reason.n == 0)
		r->m->reason = value;
	return 0;
}

static int
on_refer_to(struct reader *r, es_slice value)
{
	struct es_sip_party p;

	read_party(value, &p);
	r->m->refer_to = p.uri;
	return 0;
}

static int
on_replaces(struct reader *r, es_slice value)
{
	r->m->replaces = value;
	return 0;
}

/* Compact forms: RFC 3261 section 7.3.3, RFC 3515; 0 where there is none. */
static const struct {
	const char *name;
	char compact;
	int (*on)(struct reader *r, es_slice value);
} fields[] = {
	{ "Via", 'v', on_via },
	{ "From", 'f', on_from },
	{ "To", 't', on_to },
	{ "Call-ID", 'i', on_call_id },
	{ "CSeq", 0, on_cseq },
	{ "Contact", 'm', on_contact },
	{ "Max-Forwards", 0, on_max_forwards },
	{ "Content-Type", 'c', on_content_type },
	{ "Content-Length", 'l', on_content_length },
	{ "Session-ID", 0, on_session_id },
	{ "X-Call-ID", 0, on_x_call_id },
	{ "X-CID", 0, on_x_cid },
	{ "Reason", 0, on_reason },
	{ "Refer-To", 'r', on_refer_to },
	{ "Replaces", 0, on_replaces },
};

static int
read_field(struct reader *r, const struct es_sip_field *f)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (es_sip_field_is(f->name, fields[i].name, fields[i].compact))
			return fields[i].on(r, f->value);
	return 0;
}

/* All header fields; *rest becomes the body, empty where the capture ends before it. */
static int
read_fields(struct reader *r, es_slice *rest)
{
	struct es_sip_field f;
	int n = 0, err;

	while ((err = es_sip_field_next(rest, &f)) == 0) {
		if (n++ == ES_SIP_HEADERS_MAX)
			return ES_EFULL;
		err = read_field(r, &f);
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
read_body(struct reader *r, es_slice rest)
{
	struct es_sip *m = r->m;

	m->body = rest;
	if (m->has_content_length && m->content_length < rest.n)
		m->body.n = m->content_length;
	else if (m->has_content_length && m->content_length > rest.n)
		m->is_cut = true;
	if (es_text_is(m->content_type, "application/sdp"))
		m->sdp = m->body;
	else if (es_text_begins_same(m->content_type, "multipart/"))
		m->sdp = es_sip_multipart_sdp(r->content_type, m->body);
}

/* What every message must have (RFC 3261 section 8.1.1) for an observer to place it. */
static int
check(struct reader *r)
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
	return 0;
}

int
es_sip_parse(es_slice bytes, uint32_t wire_bytes, struct es_sip *out)
{
	struct es_sip m;
	struct reader r;
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
