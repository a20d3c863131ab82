/* SPDX-License-Identifier: Apache-2.0 */
/* One SIP message, and its session description. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/sdp.h"
#include "probes/wire/sip.h"

static void
check(const struct es_sip *m, es_slice whole)
{
	const es_slice parts[] = { m->method_text, m->request_uri, m->call_id, m->from.uri,
		m->from.user, m->from.host, m->from.tag, m->to.uri, m->to.user, m->to.host,
		m->to.tag, m->via_branch, m->contact[0].uri, m->content_type, m->session_id,
		m->x_call_id, m->reason, m->refer_to, m->replaces, m->body, m->sdp };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		must_be_within(parts[i], whole);
	must_be_within(m->sdp, m->body);
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
	if (es_sip_parse(whole, wire_bytes, &m) != 0)
		return 0;
	MUST(es_sip_is_start(whole));
	check(&m, whole);
	if (m.sdp.n > 0)
		(void)es_sdp_parse(m.sdp, &sdp);
	return 0;
}
