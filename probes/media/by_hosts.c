/* SPDX-License-Identifier: Apache-2.0 */
/* Streams by hosts and SSRC. */
#include "probes/media/by_hosts.h"

static uint64_t
hash_of(
    const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	struct es_addr from = *src;
	struct es_addr to = *dst;

	from.port = (uint16_t)(ssrc >> 16);
	to.port = (uint16_t)ssrc;
	return es_hash_pair(&t->c->key, &from, &to);
}

void
es_by_hosts_add(struct es_streams *t, const struct es_stream_state *s)
{
	/* As large as the pool: there is room. */
	(void)es_table_insert(
	    &t->by_hosts, hash_of(t, &s->id.key.src, &s->id.key.dst, s->id.key.ssrc), s->id.index);
}

void
es_by_hosts_remove(struct es_streams *t, const struct es_stream_state *s)
{
	(void)es_table_remove(
	    &t->by_hosts, hash_of(t, &s->id.key.src, &s->id.key.dst, s->id.key.ssrc), s->id.index);
}

static bool
is_it(const struct es_stream_state *s, const struct es_addr *src, const struct es_addr *dst,
    uint32_t ssrc)
{
	return s->life == ES_STREAM_OPEN && s->id.key.ssrc == ssrc &&
	       es_addr_same_ip(&s->id.key.src, src) && es_addr_same_ip(&s->id.key.dst, dst);
}

struct es_stream_state *
es_by_hosts_find(
    const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	struct es_probe at = es_table_probe(&t->by_hosts, hash_of(t, src, dst, ssrc));
	struct es_stream_state *only = NULL;
	unsigned n = 0;
	uint32_t i;

	for (unsigned looks = 0; looks < ES_BY_HOSTS_LOOK_MAX; looks++) {
		struct es_stream_state *s;

		i = es_table_next(&t->by_hosts, &at);
		if (i == ES_TABLE_NONE)
			break;
		s = es_stream_at(t, i);
		if (!is_it(s, src, dst, ssrc))
			continue;
		if (s->owner.media != ES_POOL_NONE &&
		    es_addr_eq(&es_media_table_at(t->media, s->owner.media)->rtcp, dst))
			return s;
		only = s;
		n++;
	}
	return n == 1 ? only : NULL;
}
