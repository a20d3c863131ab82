/* SPDX-License-Identifier: Apache-2.0 */
/* SIP OPTIONS: request, response. */
#include "probes/path/sip_options.h"

#include "probes/wire/sip/sip.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	TOKEN_MAX = 24,
	MESSAGES_MAX = 16,
	START_LINE_MIN = 12, /* "SIP/2.0 200 " */
};

static void
call_id(const struct es_sip_options *o, char out[TOKEN_MAX])
{
	(void)snprintf(out, TOKEN_MAX, "earshot-%08" PRIx32, o->token);
}

size_t
es_sip_options_build(const struct es_sip_options *o, char out[ES_SIP_OPTIONS_MAX_BYTES])
{
	const char *transport = o->transport == ES_TRANSPORT_UDP   ? "UDP"
				: o->transport == ES_TRANSPORT_TCP ? "TCP"
								   : "TLS";
	const char *lower = es_transport_name(o->transport);
	bool is_v6 = o->target->address.family == 6;
	char source[ES_ADDR_TEXT_MAX], uri[ES_TARGET_HOST_MAX + 16], id[TOKEN_MAX];
	int n;

	(void)es_addr_text(&o->source, source); /* fits */
	call_id(o, id);
	if (o->target->port != 0)
		(void)snprintf(uri, sizeof(uri), is_v6 ? "sip:[%s]:%u" : "sip:%s:%u",
		    o->target->host, (unsigned)o->target->port);
	else
		(void)snprintf(uri, sizeof(uri), is_v6 ? "sip:[%s]" : "sip:%s", o->target->host);
	n = snprintf(out, ES_SIP_OPTIONS_MAX_BYTES,
	    "OPTIONS %s SIP/2.0\r\n"
	    "Via: SIP/2.0/%s %s;rport;branch=z9hG4bK%08" PRIx32 "\r\n"
	    "Max-Forwards: 70\r\n"
	    "From: <sip:earshot@invalid>;tag=%08" PRIx32 "\r\n"
	    "To: <%s>\r\n"
	    "Call-ID: %s\r\n"
	    "CSeq: 1 OPTIONS\r\n"
	    "Contact: <sip:earshot@%s;transport=%s>\r\n"
	    "Accept: application/sdp\r\n"
	    "User-Agent: earshot/" EARSHOT_VERSION "\r\n"
	    "Content-Length: 0\r\n"
	    "\r\n",
	    uri, transport, source, o->token, o->token, uri, id, source, lower);
	return (size_t)n; /* three hosts of 253 bytes and the rest fit */
}

static bool
is_ours(const struct es_sip_options *o, const struct es_sip *sip)
{
	char id[TOKEN_MAX];

	call_id(o, id);
	return sip->is_response && sip->method == ES_SIP_OPTIONS && sip->cseq == 1 &&
	       es_slice_eq(sip->call_id, es_slice_str(id));
}

int
es_sip_options_response(const struct es_sip_options *o, es_slice bytes, uint16_t *status)
{
	for (unsigned i = 0; i < MESSAGES_MAX; i++) {
		struct es_sip_frame frame = { 0 };
		struct es_sip sip;
		int err = 0;

		if (o->transport != ES_TRANSPORT_UDP && bytes.n < START_LINE_MIN)
			return ES_ESHORT;
		if (o->transport == ES_TRANSPORT_UDP)
			frame.n_bytes = bytes.n;
		else
			err = es_sip_frame(bytes, &frame);
		if (err != 0)
			return err == ES_ESHORT ? ES_ESHORT : ES_EMALFORMED;
		bytes.p += frame.skip_bytes;
		bytes.n -= frame.skip_bytes;
		if (es_sip_parse(
			es_slice_of(bytes.p, frame.n_bytes), (uint32_t)frame.n_bytes, &sip) != 0)
			return ES_EMALFORMED;
		if (is_ours(o, &sip) && sip.status >= 200) {
			*status = sip.status;
			return 0;
		}
		bytes.p += frame.n_bytes;
		bytes.n -= frame.n_bytes;
		if (bytes.n == 0)
			break;
	}
	return ES_ESHORT;
}
