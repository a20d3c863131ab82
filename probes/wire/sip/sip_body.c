/* SPDX-License-Identifier: Apache-2.0 */
/* What a body holds, whole or in parts, RFC 2046 section 5.1 and RFC 5621. */
#include "probes/wire/sip/sip_body.h"

#include "probes/base/text.h"
#include "probes/wire/sip/sip_field.h"

enum { NESTED_MAX = 2, BOUNDARY_MAX_BYTES = 70 };

static es_slice
boundary_of(es_slice content_type)
{
	return es_sip_param(
	    es_text_from(content_type, es_sip_find_outside(content_type, ';')), "boundary");
}

/* Whether line is the delimiter "--boundary"; *is_last: it is the closing one. */
static bool
is_delimiter(es_slice line, es_slice boundary, bool *is_last)
{
	if (!es_text_begins(line, "--"))
		return false;
	line = es_text_from(line, 2);
	if (!es_slice_eq(es_text_first(line, boundary.n), boundary))
		return false;
	line = es_text_from(line, boundary.n);
	*is_last = es_text_begins(line, "--");
	return *is_last || es_text_trim(line).n == 0;
}

/*
 * Cuts the text before the next delimiter off *rest. Without a delimiter all that is left is taken: the capture
 * may be cut. The line break before a delimiter belongs to the delimiter.
 */
static es_slice
cut_part(es_slice *rest, es_slice boundary, bool *is_last)
{
	es_slice all = *rest, line;
	size_t n = 0;

	*is_last = true;
	while (es_text_line(rest, &line)) {
		if (is_delimiter(line, boundary, is_last)) {
			all.n = n;
			if (all.n > 0 && all.p[all.n - 1] == '\n')
				all.n--;
			if (all.n > 0 && all.p[all.n - 1] == '\r')
				all.n--;
			return all;
		}
		n = all.n - rest->n;
	}
	*is_last = true;
	return all;
}

/* Splits a part into its Content-Type and body. A part without headers is text/plain. */
static bool
open_part(es_slice part, es_slice *content_type, es_slice *body)
{
	struct es_sip_field f;
	int err;

	*content_type = es_slice_of(NULL, 0);
	while ((err = es_sip_field_next(&part, &f)) == 0)
		if (es_sip_field_is(f.name, "Content-Type"))
			*content_type = f.value;
	*body = part;
	return err == ES_EEOF;
}

/* Takes body by its type, unless there was one of that type before. False: another type. */
static bool
take(es_slice media_type, es_slice body, struct es_sip *m)
{
	if (es_text_is(media_type, "application/sdp")) {
		if (m->sdp.n == 0)
			m->sdp = body;
		return true;
	}
	if (es_text_is(media_type, "application/vq-rtcpxr")) {
		if (m->vq_report.n == 0)
			m->vq_report = body;
		return true;
	}
	return false;
}

static void
read_parts(es_slice content_type, es_slice body, struct es_sip *m, int depth)
{
	es_slice media_type =
	    es_text_trim(es_text_first(content_type, es_text_find(content_type, ';')));
	es_slice boundary;
	bool is_last;

	if (take(media_type, body, m) || !es_text_begins_same(media_type, "multipart/"))
		return;
	boundary = boundary_of(content_type);
	if (boundary.n == 0 || boundary.n > BOUNDARY_MAX_BYTES || depth == NESTED_MAX)
		return;
	(void)cut_part(&body, boundary, &is_last); /* the preamble is ignored */
	for (int n = 0; !is_last && n < ES_SIP_PARTS_MAX; n++) {
		es_slice part = cut_part(&body, boundary, &is_last);
		es_slice type, inner;

		if (open_part(part, &type, &inner))
			read_parts(type, inner, m, depth + 1);
	}
}

void
es_sip_body_parts(es_slice content_type, es_slice body, struct es_sip *m)
{
	read_parts(content_type, body, m, 0);
}
