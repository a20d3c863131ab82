/* SPDX-License-Identifier: Apache-2.0 */
/* SIP URIs and name-addr, RFC 3261 sections 19.1 and 20.10. */
#include "probes/wire/sip/sip_uri.h"
#include "probes/base/text.h"
#include "probes/wire/sip/sip_field.h"

struct es_sip_uri
es_sip_uri_split(es_slice uri)
{
	struct es_sip_uri u;
	es_slice rest = uri;
	es_slice scheme = es_text_cut(&rest, ':');

	memset(&u, 0, sizeof(u));
	if (es_text_is(scheme, "tel")) {
		u.user = es_text_cut(&rest, ';');
		return u;
	}
	if (!es_text_is(scheme, "sip") && !es_text_is(scheme, "sips"))
		return u;
	if (es_text_find(rest, '@') < rest.n) {
		u.user = es_text_cut(&rest, '@');
		u.user = es_text_first(u.user, es_text_find(u.user, ':'));
	}
	rest = es_text_first(rest, es_text_find(rest, ';'));
	u.host_port = es_text_first(rest, es_text_find(rest, '?'));
	/* A user or password with an '@' of its own is not allowed, but must not pass for a host. */
	while (es_text_find(u.host_port, '@') < u.host_port.n)
		(void)es_text_cut(&u.host_port, '@');
	if (es_text_begins(u.host_port, "["))
		u.host = es_text_first(u.host_port, es_text_find(u.host_port, ']') + 1);
	else
		u.host = es_text_first(u.host_port, es_text_find(u.host_port, ':'));
	return u;
}

es_slice
es_sip_name_addr(es_slice value, es_slice *params)
{
	size_t angle = es_sip_find_outside(value, '<');
	es_slice uri;

	if (angle == value.n && es_text_find(value, '<') < es_text_find(value, ';'))
		angle = es_text_find(value, '<'); /* quotes that do not pair: seen in life */
	if (angle < value.n) {
		*params = es_text_from(value, angle + 1);
		uri = es_text_cut(params, '>');
		*params = es_text_from(*params, es_text_find(*params, ';'));
		return es_text_trim(uri);
	}
	uri = es_text_first(value, es_text_find(value, ';'));
	*params = es_text_from(value, uri.n);
	return es_text_trim(uri);
}

void
es_sip_party_read(es_slice value, struct es_sip_party *out)
{
	es_slice params;
	struct es_sip_uri u;

	out->uri = es_sip_name_addr(value, &params);
	out->tag = es_sip_param(params, "tag");
	out->tag = es_text_trim(es_text_first(out->tag, es_text_find(out->tag, ',')));
	u = es_sip_uri_split(out->uri);
	out->user = u.user;
	out->host = u.host;
}
