/* SPDX-License-Identifier: Apache-2.0 */
/* Names of links and their states, as JSON has them. */
#include "earshot/path.h"

#include <stddef.h>

const char *
es_link_name(enum es_link_kind kind)
{
	static const char *const names[ES_LINK_END] = {
		[ES_LINK_INTERFACE] = "interface",
		[ES_LINK_ROUTE] = "route",
		[ES_LINK_GATEWAY] = "gateway",
		[ES_LINK_DNS] = "dns",
		[ES_LINK_TCP] = "tcp",
		[ES_LINK_TLS] = "tls",
		[ES_LINK_HTTP] = "http",
		[ES_LINK_STUN] = "stun",
		[ES_LINK_SIP] = "sip",
		[ES_LINK_MTU] = "mtu",
		[ES_LINK_HOP] = "hop",
	};

	return (unsigned)kind < ES_LINK_END ? names[kind] : NULL;
}

const char *
es_link_state_name(enum es_link_state state)
{
	switch (state) {
	case ES_LINK_NOT_KNOWN:
		return "not_known";
	case ES_LINK_OK:
		return "ok";
	case ES_LINK_SLOW:
		return "slow";
	case ES_LINK_BROKEN:
		return "broken";
	}
	return NULL;
}
