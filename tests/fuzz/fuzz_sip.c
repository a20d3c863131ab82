/* SPDX-License-Identifier: Apache-2.0 */
/* One SIP message, and its session description. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/sip/sdp.h"
#include "probes/wire/sip/sip.h"

static void
check(const struct es_sip *m, es_slice whole)
{
	const es_slice parts[] = { m->method_text, m->request_uri, m->call_id, m->via_branch,
		m->user_agent, m->session_id, m->session_uuid, m->session_uuid_peer, m->x_call_id,
		m->icid, m->user_to_user, m->reason, m->replaces, m->x_rtp_stat, m->p_rtp_stat,
		m->body, m->sdp, m->vq_report };
	const struct es_sip_party *parties[] = { &m->from, &m->to, &m->asserted, &m->referred_by,
		&m->diversion, &m->history };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		must_be_within(parts[i], whole);
	for (size_t i = 0; i < sizeof(parties) / sizeof(parties[0]); i++) {
		must_be_within(parties[i]->uri, whole);
		must_be_within(parties[i]->user, parties[i]->uri);
		must_be_within(parties[i]->host, parties[i]->uri);
		must_be_within(parties[i]->tag, whole);
	}
	MUST(m->n_contacts <= ES_SIP_CONTACTS_MAX);
	for (uint32_t i = 0; i < m->n_contacts; i++) {
		must_be_within(m->contact[i].uri, whole);
		must_be_within(m->contact[i].host, m->contact[i].uri);
	}
	must_be_within(m->sdp, m->body);
	must_be_within(m->vq_report, m->body);
	MUST(m->call_id.n > 0 && m->method_text.n > 0);
	MUST(!m->is_response || (m->status >= 100 && m->status < 700));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct es_sdp sdp;
	uint32_t wire_bytes;
	es_slice whole = split_wire(bytes, n, &wire_bytes);
	struct es_sip m;

	(void)es_sip_is_start(whole);
	if (es_sip_start_line(whole, &m))
		must_be_within(m.method_text, whole);
	if (es_sip_parse(whole, wire_bytes, &m) != 0)
		return 0;
	MUST(es_sip_is_start(whole));
	check(&m, whole);
	must_be_within(es_sip_header_find(whole, es_slice_str("Subject")), whole);
	if (m.sdp.n > 0)
		(void)es_sdp_parse(m.sdp, &sdp);
	return 0;
}
