/* SPDX-License-Identifier: Apache-2.0 */
/* Which header field of SIP is read how; those of RFC 3261 themselves. */
#include "probes/base/text.h"
#include "probes/wire/sip/sip_reader.h"
#include "probes/wire/sip/sip_uri.h"

static int
on_call_id(struct es_sip_reader *r, es_slice value)
{
	es_slice id = es_text_word(&value);

	if (id.n == 0 || (r->m->call_id.n > 0 && !es_slice_eq(r->m->call_id, id)))
		return ES_EMALFORMED;
	r->m->call_id = id;
	return 0;
}

static int
on_cseq(struct es_sip_reader *r, es_slice value)
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
on_content_length(struct es_sip_reader *r, es_slice value)
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

static void
on_from(struct es_sip_reader *r, es_slice value)
{
	if (r->m->from.uri.n == 0)
		es_sip_party_read(value, &r->m->from);
}

static void
on_to(struct es_sip_reader *r, es_slice value)
{
	if (r->m->to.uri.n == 0)
		es_sip_party_read(value, &r->m->to);
}

static void
on_via(struct es_sip_reader *r, es_slice value)
{
	es_slice one;

	while (es_sip_cut_value(&value, &one))
		if (r->m->n_vias++ == 0)
			r->m->via_branch = es_sip_param(
			    es_text_from(one, es_sip_find_outside(one, ';')), "branch");
}

static void
on_contact(struct es_sip_reader *r, es_slice value)
{
	es_slice one;

	while (r->m->n_contacts < ES_SIP_CONTACTS_MAX && es_sip_cut_value(&value, &one)) {
		struct es_sip_contact *c = &r->m->contact[r->m->n_contacts++];
		es_slice params;

		c->uri = es_sip_name_addr(one, &params);
		c->host = es_sip_uri_split(c->uri).host_port;
		c->has_expires =
		    es_text_u32(es_sip_param(params, "expires"), UINT32_MAX, &c->expires_s) == 0;
	}
}

static void
on_expires(struct es_sip_reader *r, es_slice value)
{
	if (!r->m->has_expires)
		r->m->has_expires = es_text_u32(value, UINT32_MAX, &r->m->expires_s) == 0;
}

static void
on_max_forwards(struct es_sip_reader *r, es_slice value)
{
	uint32_t v;

	if (es_text_u32(value, 255, &v) == 0) {
		r->m->has_max_forwards = true;
		r->m->max_forwards = (uint8_t)v;
	}
}

static void
on_content_type(struct es_sip_reader *r, es_slice value)
{
	r->content_type = value;
}

static void
on_user_agent(struct es_sip_reader *r, es_slice value)
{
	if (r->m->user_agent.n == 0)
		r->m->user_agent = value;
}

static void
on_server(struct es_sip_reader *r, es_slice value)
{
	if (r->server.n == 0)
		r->server = value;
}

static void
on_x_call_id(struct es_sip_reader *r, es_slice value)
{
	if (r->m->x_call_id.n == 0)
		r->m->x_call_id = es_text_word(&value);
}

static void
on_x_cid(struct es_sip_reader *r, es_slice value)
{
	if (r->x_cid.n == 0)
		r->x_cid = es_text_word(&value);
}

/* Who reads a field: what may refuse the message, what needs the reader, what only the message. */
struct row {
	const char *name;
	size_t name_bytes;
	int (*must)(struct es_sip_reader *r, es_slice value);
	void (*may)(struct es_sip_reader *r, es_slice value);
	void (*extension)(struct es_sip *m, es_slice value);
};

#define MUST(name, on)                                 \
	{                                              \
		name, sizeof(name) - 1, on, NULL, NULL \
	}
#define MAY(name, on)                                  \
	{                                              \
		name, sizeof(name) - 1, NULL, on, NULL \
	}
#define EXTENSION(name, on)                            \
	{                                              \
		name, sizeof(name) - 1, NULL, NULL, on \
	}

static const struct row rows[] = {
	MUST("Call-ID", on_call_id),
	MUST("CSeq", on_cseq),
	MUST("Content-Length", on_content_length),
	MAY("Via", on_via),
	MAY("From", on_from),
	MAY("To", on_to),
	MAY("Contact", on_contact),
	MAY("Content-Type", on_content_type),
	MAY("Max-Forwards", on_max_forwards),
	MAY("Expires", on_expires),
	MAY("User-Agent", on_user_agent),
	MAY("Server", on_server),
	MAY("X-Call-ID", on_x_call_id),
	MAY("X-CID", on_x_cid),
	EXTENSION("Session-ID", es_sip_on_session_id),
	EXTENSION("Reason", es_sip_on_reason),
	EXTENSION("Referred-By", es_sip_on_referred_by),
	EXTENSION("Replaces", es_sip_on_replaces),
	EXTENSION("Diversion", es_sip_on_diversion),
	EXTENSION("History-Info", es_sip_on_history_info),
	EXTENSION("P-Asserted-Identity", es_sip_on_asserted),
	EXTENSION("P-Charging-Vector", es_sip_on_charging),
	EXTENSION("User-to-User", es_sip_on_user_to_user),
	EXTENSION("Session-Expires", es_sip_on_session_expires),
	EXTENSION("RSeq", es_sip_on_rseq),
	EXTENSION("X-RTP-Stat", es_sip_on_x_rtp_stat),
	EXTENSION("P-RTP-Stat", es_sip_on_p_rtp_stat),
};

int
es_sip_read_header(struct es_sip_reader *r, const struct es_sip_field *f)
{
	es_slice name = es_sip_long_form(f->name);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (row->name_bytes != name.n ||
		    !es_text_same(name, es_slice_of(row->name, row->name_bytes)))
			continue;
		if (row->must != NULL)
			return row->must(r, f->value);
		if (row->may != NULL)
			row->may(r, f->value);
		else
			row->extension(r->m, f->value);
		return 0;
	}
	return 0;
}
