/* SPDX-License-Identifier: Apache-2.0 */
/* The made-up calls of scene.h, packed as agents pack them, straight into a store. */
#ifndef TESTS_E2E_SCENE_STORE_H
#define TESTS_E2E_SCENE_STORE_H

#include "collector/store/row.h"
#include "collector/store/store.h"
#include "proto/packer.h"
#include "tests/e2e/scene.h"

#include <stdlib.h>

struct scene_store {
	struct es_store *store;
	struct es_packer *packer;
	struct es_alloc alloc;
	uint8_t arena[1 << 20];
	const char *agent;
	int err; /* the first one */
};

static inline int64_t
scene_agent_id(struct es_store *store, const char *name)
{
	struct es_agent a, found;

	memset(&a, 0, sizeof(a));
	(void)snprintf(a.name, sizeof(a.name), "%s", name);
	(void)snprintf(a.site, sizeof(a.site), "%s", name[0] == 'e' ? "berlin" : "core");
	(void)snprintf(a.cn, sizeof(a.cn), "%s-0123456789abcdef", name);
	memcpy(a.spki, a.cn, strlen(a.cn));
	if (es_store_agent_by_spki(store, a.spki, &found) == ES_ENOTFOUND &&
	    (es_store_agent_bind(store, &a) < 0 ||
		es_store_agent_by_spki(store, a.spki, &found) < 0))
		return -1;
	return found.id;
}

static inline void
scene_put(void *ctx, es_slice bytes, bool urgent)
{
	struct scene_store *s = ctx;
	struct es_row row;
	uint64_t lost;
	int err;

	(void)urgent;
	es_alloc_reset(&s->alloc);
	err = es_row_of(bytes, scene_agent_id(s->store, s->agent),
	    es_time_of_ns(INT64_C(1800000000) * ES_NS_PER_S), &s->alloc, &row, &lost);
	if (err == 0)
		err = es_store_put(s->store, &row);
	if (s->err == 0)
		s->err = err;
}

static inline void
scene_pack(void *ctx, const char *agent, const struct es_record *rec)
{
	struct scene_store *s = ctx;

	s->agent = agent;
	es_packer_record(s->packer, rec);
}

/* Plays scene (its emit and ctx are set here) into the store. 0, or what went wrong first. */
static inline int
scene_fill(struct scene_store *s, struct es_store *store, struct scene *scene)
{
	const struct es_packer_config defaults = { .period_ms = 0 };

	s->store = store;
	s->err = 0;
	es_alloc_init(&s->alloc, s->arena, sizeof(s->arena));
	if (es_packer_new(&defaults, scene_put, s, &s->packer) < 0)
		return ES_ENOMEM;
	scene->emit = scene_pack;
	scene->ctx = s;
	scene_play(scene);
	es_packer_flush(s->packer);
	es_packer_free(s->packer);
	return s->err;
}

#endif
