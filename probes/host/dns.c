/* SPDX-License-Identifier: Apache-2.0 */
/* Name servers from resolv.conf(5). */
#include "probes/host/dns.h"

/* A zone may follow an address: "fe80::1%eth0". */
static bool
is_address(es_slice text)
{
	struct es_addr a;
	es_slice ip = es_text_cut(&text, '%');

	return es_addr_parse_ip((const char *)ip.p, ip.n, &a) == 0;
}

void
es_host_dns_read(struct es_host_files *files, char out[ES_HOST_TEXT_MAX])
{
	es_slice text = es_host_read(files, "run/systemd/resolve/resolv.conf");
	es_slice line;
	size_t n = 0;

	if (text.n == 0)
		text = es_host_read(files, "etc/resolv.conf");
	while (es_text_line(&text, &line)) {
		es_slice server;

		if (!es_text_is(es_text_word(&line), "nameserver"))
			continue;
		server = es_text_word(&line);
		if (server.n == 0 || n + server.n + 2 > ES_HOST_TEXT_MAX || !is_address(server))
			continue;
		if (n > 0)
			out[n++] = ' ';
		memcpy(out + n, server.p, server.n);
		n += server.n;
	}
	out[n] = '\0';
}
