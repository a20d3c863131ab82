/* SPDX-License-Identifier: Apache-2.0 */
/* Inside SIP: URIs, and the fields that hold one with parameters. */
#ifndef EARSHOT_WIRE_SIP_SIP_URI_H
#define EARSHOT_WIRE_SIP_SIP_URI_H

#include "probes/wire/sip/sip.h"

/* The parts of a sip:, sips: or tel: URI; all empty for other schemes. */
struct es_sip_uri {
	es_slice user;
	es_slice host;      /* without port */
	es_slice host_port; /* with it, as written */
};

struct es_sip_uri es_sip_uri_split(es_slice uri);

/*
 * One name-addr or addr-spec (RFC 3261 section 20.10) of a list: its URI; *params: what follows it, from the
 * first ';' on. Without <> a URI ends at the first ';': the rest is the field's.
 */
es_slice es_sip_name_addr(es_slice value, es_slice *params);

/* The same with the parts of its URI and the tag. */
void es_sip_party_read(es_slice value, struct es_sip_party *out);

#endif
