/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/resolv.conf and /etc/hosts of this machine. */
#include "agent/path/known_names.h"

#include "probes/path/resolv.h"
#include "runtime/file.h"

#include <stdlib.h>

enum { FILE_MAX_BYTES = 1 << 20 };

static void
look_up(const struct es_target *target, struct es_chain_config *out)
{
	char *text;
	size_t n;

	if (es_file_read("/etc/hosts", FILE_MAX_BYTES, &text, &n) == 0) {
		(void)es_resolv_listed(es_slice_of(text, n), target->host, &out->listed);
		free(text);
	}
	if (es_file_read("/etc/resolv.conf", FILE_MAX_BYTES, &text, &n) == 0) {
		out->n_servers =
		    es_resolv_servers(es_slice_of(text, n), out->servers, ES_CHAIN_SERVERS_MAX);
		free(text);
	} else {
		out->n_servers =
		    es_resolv_servers(es_slice_str(""), out->servers, ES_CHAIN_SERVERS_MAX);
	}
}

void
es_known_names(const struct es_target *target, es_time wall, struct es_chain_config *out)
{
	memset(out, 0, sizeof(*out));
	out->target = *target;
	out->wall = wall;
	if (target->address.family == 0)
		look_up(target, out);
}
