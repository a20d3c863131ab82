/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that name a host and a port. */
#include "runtime/host_port.h"

#include "earshot/error.h"

#include <string.h>

/* Decimal, 0..65535. */
static int
parse_port(const char *text, uint16_t *port)
{
	uint32_t v = 0;

	if (text[0] == '\0')
		return ES_EMALFORMED;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return ES_EMALFORMED;
		v = v * 10 + (uint32_t)(*text - '0');
		if (v > UINT16_MAX)
			return ES_EMALFORMED;
	}
	*port = (uint16_t)v;
	return 0;
}

static int
split(const char *text, uint16_t default_port, char host[ES_HOST_MAX], uint16_t *port)
{
	const char *end = text + strlen(text);
	const char *colon = strrchr(text, ':');
	uint16_t p = default_port;
	size_t n;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return ES_EMALFORMED;
		colon = end[1] == ':' ? end + 1 : NULL;
		text++;
	} else if (colon != NULL && strchr(text, ':') != colon) {
		colon = NULL; /* a bare IPv6 address */
	} else if (colon != NULL) {
		end = colon;
	}
	if (colon != NULL && parse_port(colon + 1, &p) != 0)
		return ES_EMALFORMED;
	n = (size_t)(end - text);
	if (n == 0 || n >= ES_HOST_MAX)
		return ES_EMALFORMED;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] == '/' || text[i] == 0x7f)
			return ES_EMALFORMED;
	memcpy(host, text, n);
	host[n] = '\0';
	*port = p;
	return 0;
}

int
es_host_port_parse(const char *text, uint16_t default_port, char host[ES_HOST_MAX], uint16_t *port)
{
	uint16_t p;

	if (split(text, default_port, host, &p) != 0 || p == 0)
		return ES_EMALFORMED;
	*port = p;
	return 0;
}

int
es_bind_parse(const char *text, uint16_t default_port, struct es_addr *out)
{
	char host[ES_HOST_MAX];
	struct es_addr a;
	uint16_t port;

	if (split(text, default_port, host, &port) != 0 ||
	    es_addr_parse_ip(host, strlen(host), &a) != 0)
		return ES_EMALFORMED;
	a.port = port;
	*out = a;
	return 0;
}
