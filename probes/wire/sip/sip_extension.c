/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields of SIP extensions: who, why, from where and in place of whom. */
#include "probes/base/text.h"
#include "probes/wire/sip/sip_reader.h"
#include "probes/wire/sip/sip_uri.h"

/* The digits of a UUID as Session-ID writes it; empty if it is no UUID, or the nil UUID. */
static es_slice
uuid_of(es_slice text)
{
	bool is_nil = true;

	text = es_text_trim(text);
	if (text.n != ES_SIP_UUID_BYTES)
		return es_slice_of(NULL, 0);
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = es_lower(text.p[i]);

		if (!es_is_digit(c) && (c < 'a' || c > 'f'))
			return es_slice_of(NULL, 0);
		is_nil = is_nil && c == '0';
	}
	return is_nil ? es_slice_of(NULL, 0) : text;
}

void
es_sip_on_session_id(struct es_sip *m, es_slice value)
{
	size_t semicolon = es_text_find(value, ';');

	if (m->session_id.n > 0)
		return;
	m->session_id = value;
	m->session_uuid = uuid_of(es_text_first(value, semicolon));
	m->session_uuid_peer = uuid_of(es_sip_param(es_text_from(value, semicolon), "remote"));
}

/* Q.850;cause=16;text="Terminated", SIP;cause=200 */
void
es_sip_on_reason(struct es_sip *m, es_slice value)
{
	es_slice one;

	while (es_sip_cut_value(&value, &one)) {
		size_t semicolon = es_text_find(one, ';');
		es_slice protocol = es_text_trim(es_text_first(one, semicolon));
		es_slice cause = es_sip_param(es_text_from(one, semicolon), "cause");
		struct es_sip_cause *c = NULL;
		uint32_t number;

		if (m->reason.n == 0)
			m->reason = one;
		if (es_text_is(protocol, "Q.850"))
			c = &m->q850;
		else if (es_text_is(protocol, "SIP"))
			c = &m->sip_cause;
		if (c == NULL || c->has_number || es_text_u32(cause, UINT16_MAX, &number) != 0)
			continue;
		c->has_number = true;
		c->number = (uint16_t)number;
	}
}

void
es_sip_on_replaces(struct es_sip *m, es_slice value)
{
	if (m->replaces.n == 0)
		m->replaces = value;
}

void
es_sip_on_referred_by(struct es_sip *m, es_slice value)
{
	if (m->referred_by.uri.n == 0)
		es_sip_party_read(value, &m->referred_by);
}

/* Counts the values of a list; the first one ever is read. */
static void
count_parties(es_slice value, uint32_t *n, struct es_sip_party *first)
{
	es_slice one;

	while (es_sip_cut_value(&value, &one))
		if ((*n)++ == 0)
			es_sip_party_read(one, first);
}

void
es_sip_on_diversion(struct es_sip *m, es_slice value)
{
	count_parties(value, &m->n_diversions, &m->diversion);
}

void
es_sip_on_history_info(struct es_sip *m, es_slice value)
{
	count_parties(value, &m->n_history, &m->history);
}

void
es_sip_on_asserted(struct es_sip *m, es_slice value)
{
	es_slice one;

	if (m->asserted.uri.n == 0 && es_sip_cut_value(&value, &one))
		es_sip_party_read(one, &m->asserted);
}

void
es_sip_on_charging(struct es_sip *m, es_slice value)
{
	if (m->icid.n == 0)
		m->icid = es_sip_param(value, "icid-value");
}

void
es_sip_on_user_to_user(struct es_sip *m, es_slice value)
{
	if (m->user_to_user.n == 0)
		m->user_to_user = value;
}

/* Session-Expires: 1800;refresher=uac */
void
es_sip_on_session_expires(struct es_sip *m, es_slice value)
{
	es_slice seconds = es_text_trim(es_text_cut(&value, ';'));
	es_slice refresher = es_sip_param(value, "refresher");
	uint32_t s;

	if (m->session_expires_s != 0 || es_text_u32(seconds, UINT32_MAX, &s) != 0)
		return;
	m->session_expires_s = s;
	if (es_text_is(refresher, "uac"))
		m->refresher = ES_REFRESHER_UAC;
	else if (es_text_is(refresher, "uas"))
		m->refresher = ES_REFRESHER_UAS;
}

void
es_sip_on_rseq(struct es_sip *m, es_slice value)
{
	if (!m->has_rseq)
		m->has_rseq = es_text_u32(value, UINT32_MAX, &m->rseq) == 0;
}

void
es_sip_on_x_rtp_stat(struct es_sip *m, es_slice value)
{
	if (m->x_rtp_stat.n == 0)
		m->x_rtp_stat = value;
}

void
es_sip_on_p_rtp_stat(struct es_sip *m, es_slice value)
{
	if (m->p_rtp_stat.n == 0)
		m->p_rtp_stat = value;
}
