/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP: request, status line. */
#include "probes/path/http_get.h"

#include "probes/base/text.h"

#include <stdio.h>

enum { STATUS_AT = 9, STATUS_LINE_MIN = 12 }; /* "HTTP/1.1 200" */

size_t
es_http_get_build(const struct es_target *t, char out[ES_HTTP_GET_MAX_BYTES])
{
	bool is_v6 = t->address.family == 6;
	char port[8] = "";
	int n;

	if (t->port != 0 && t->port != 443)
		(void)snprintf(port, sizeof(port), ":%u", (unsigned)t->port);
	n = snprintf(out, ES_HTTP_GET_MAX_BYTES,
	    "GET %s%s HTTP/1.1\r\n"
	    "Host: %s%s%s%s\r\n"
	    "User-Agent: earshot/" EARSHOT_VERSION "\r\n"
	    "Accept: */*\r\n"
	    "Connection: close\r\n"
	    "\r\n",
	    t->query[0] == '/' ? "" : "/", t->query, is_v6 ? "[" : "", t->host, is_v6 ? "]" : "",
	    port);
	return (size_t)n; /* path and host at their longest fit */
}

int
es_http_get_status(es_slice bytes, uint16_t *status)
{
	static const char begin[] = "HTTP/1.";
	size_t n = bytes.n < sizeof(begin) - 1 ? bytes.n : sizeof(begin) - 1;
	uint32_t value;

	if (n > 0 && memcmp(bytes.p, begin, n) != 0)
		return ES_EMALFORMED;
	if (bytes.n < STATUS_LINE_MIN)
		return ES_ESHORT;
	if (bytes.p[STATUS_AT - 1] != ' ' ||
	    es_text_u32(es_text_first(es_text_from(bytes, STATUS_AT), 3), 599, &value) != 0 ||
	    value < 100)
		return ES_EMALFORMED;
	*status = (uint16_t)value;
	return 0;
}
