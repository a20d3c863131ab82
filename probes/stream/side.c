/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of what few streams have. */
#include "probes/stream/side.h"

#include "probes/stream/coding.h"

#include <assert.h>

int
es_side_new(struct es_context *c, uint32_t streams)
{
	int err = es_pool_new(
	    &c->payloads, streams, (ES_STREAM_PAYLOADS - 1) * sizeof(struct es_stream_payload));

	return err != 0 ? err : es_pool_new(&c->rare, streams, sizeof(struct es_stream_rare));
}

void
es_side_free(struct es_context *c)
{
	es_pool_free(&c->payloads);
	es_pool_free(&c->rare);
}

void *
es_side_take(struct es_pool *p)
{
	uint32_t index = es_pool_take(p);

	assert(index != ES_POOL_NONE); /* one for each stream */
	return es_pool_at(p, index);
}

struct es_stream_rare *
es_side_rare(struct es_context *c, struct es_stream_state *s)
{
	if (s->side.rare == NULL)
		s->side.rare = es_side_take(&c->rare);
	return s->side.rare;
}

static void
give(struct es_pool *p, const void *item)
{
	if (item != NULL)
		es_pool_give(p, es_pool_index(p, item));
}

void
es_side_drop(struct es_context *c, struct es_stream_state *s)
{
	give(&c->payloads, s->coding.others);
	give(&c->rare, s->side.rare);
	s->coding.others = NULL;
	s->side.rare = NULL;
	es_coding_begin(s);
}
