/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf(5) and hosts(5). */
#include "probes/path/resolv.h"

#include "probes/base/text.h"

enum { PORT_DNS = 53 };

/* A zone (fe80::1%eth0) is not an address that can be asked without it. */
static bool
take_address(es_slice word, struct es_addr *out)
{
	struct es_addr a;

	if (word.n == 0 || es_addr_parse_ip((const char *)word.p, word.n, &a) != 0)
		return false;
	*out = a;
	return true;
}

unsigned
es_resolv_servers(es_slice text, struct es_addr *out, unsigned max)
{
	static const struct es_addr usual = {
		.family = 4, .port = PORT_DNS, .ip = { 127, 0, 0, 1 }
	};
	unsigned n = 0;
	es_slice line;

	while (n < max && es_text_line(&text, &line)) {
		if (!es_text_is(es_text_word(&line), "nameserver") ||
		    !take_address(es_text_word(&line), &out[n]))
			continue;
		out[n++].port = PORT_DNS;
	}
	if (n == 0 && max > 0)
		out[n++] = usual;
	return n;
}

bool
es_resolv_listed(es_slice text, const char *host, struct es_addr *out)
{
	es_slice line;

	while (es_text_line(&text, &line)) {
		es_slice names = es_text_first(line, es_text_find(line, '#'));
		struct es_addr a;
		es_slice name;

		if (!take_address(es_text_word(&names), &a))
			continue;
		for (name = es_text_word(&names); name.n > 0; name = es_text_word(&names))
			if (es_text_is(name, host)) {
				*out = a;
				return true;
			}
	}
	return false;
}
