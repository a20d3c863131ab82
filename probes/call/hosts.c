/* SPDX-License-Identifier: Apache-2.0 */
/* Announced ports by signalling hosts. */
#include "probes/call/hosts.h"

static struct es_addr
host_of(const struct es_addr *a)
{
	struct es_addr host = *a;

	host.port = 0;
	return host;
}

unsigned
es_hosts_find(const struct es_context *c, const struct es_media_table *m,
    const struct es_addr *port, const struct es_addr *peer, uint32_t out[ES_HOSTS_PORTS_MAX])
{
	struct es_addr host = host_of(peer);
	struct es_probe at = es_table_probe(&m->hosts, es_hash_pair(&c->key, port, &host));
	unsigned n = 0;
	uint32_t i;

	while (n < ES_HOSTS_PORTS_MAX && (i = es_table_next(&m->hosts, &at)) != ES_TABLE_NONE)
		if (es_addr_eq(&es_media_table_at(m, i)->host, port) &&
		    es_addr_eq(&es_media_table_at(m, i)->peer, &host))
			out[n++] = i;
	return n;
}

void
es_hosts_drop(const struct es_context *c, struct es_media_table *m, uint32_t index)
{
	struct es_media *media = es_media_table_at(m, index);

	if (media->host.family == 0)
		return;
	(void)es_table_remove(&m->hosts, es_hash_pair(&c->key, &media->host, &media->peer), index);
	media->host.family = 0;
}

unsigned
es_hosts_set(const struct es_context *c, struct es_media_table *m, uint32_t index,
    const struct es_addr *from, const struct es_addr *to, uint32_t others[ES_HOSTS_PORTS_MAX])
{
	struct es_media *media = es_media_table_at(m, index);
	struct es_addr host = *from;
	unsigned n;

	if (media->host.family != 0 || media->addr.port == 0 || es_addr_same_ip(from, to))
		return 0;
	host.port = media->addr.port;
	n = es_hosts_find(c, m, &host, to, others);
	if (n == ES_HOSTS_PORTS_MAX) {
		/*
		 * It is unknown which one it is. The oldest is replaced, so that the rest can become
		 * unambiguous.
		 */
		uint32_t oldest = others[0];

		for (unsigned i = 1; i < n; i++)
			if (es_media_table_at(m, others[i])->generation <
			    es_media_table_at(m, oldest)->generation)
				oldest = others[i];
		es_hosts_drop(c, m, oldest);
	}
	media->host = host;
	media->peer = host_of(to);
	/* As large as the pool. */
	(void)es_table_insert(&m->hosts, es_hash_pair(&c->key, &media->host, &media->peer), index);
	return n;
}
