/* SPDX-License-Identifier: Apache-2.0 */
/* What a path is checked to: the texts of `earshot path TARGET`. */
#ifndef EARSHOT_PATH_TARGET_H
#define EARSHOT_PATH_TARGET_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/slice.h"

enum {
	ES_TARGET_HOST_MAX = 254,  /* of a host name, with its NUL */
	ES_TARGET_TEXT_MAX = 384,  /* of the whole, with its NUL */
	ES_TARGET_QUERY_MAX = 256, /* path and query of a URL, with its NUL */
};

enum es_target_kind { ES_TARGET_HOST, ES_TARGET_SIP, ES_TARGET_HTTPS, ES_TARGET_STUN };

enum es_transport { ES_TRANSPORT_ANY, ES_TRANSPORT_UDP, ES_TRANSPORT_TCP, ES_TRANSPORT_TLS };

struct es_target {
	enum es_target_kind kind;
	enum es_transport transport;   /* of SIP; ANY: DNS decides, RFC 3263 */
	uint16_t port;                 /* 0: none was given */
	struct es_addr address;        /* of a literal; family 0: the host is a name */
	char host[ES_TARGET_HOST_MAX]; /* without brackets and without the dot at its end */
	char query[ES_TARGET_QUERY_MAX];
	char text[ES_TARGET_TEXT_MAX]; /* as it was written */
};

/*
 * sip:HOST[:PORT][;transport=udp|tcp|tls], https://HOST[:PORT][/...], stun:HOST[:PORT], a host name or an
 * address; IPv6 with a port or behind a scheme stands in brackets. ES_EMALFORMED.
 */
int es_target_parse(const char *text, struct es_target *out);

/* Labels of letters, digits, '-' and '_', at most 63 bytes each and 253 in all: nothing to escape in a message. */
bool es_target_is_name(es_slice name);

/* "udp", "tcp", "tls". */
const char *es_transport_name(enum es_transport transport);

#endif
