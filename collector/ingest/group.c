/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit. */
#include "collector/ingest/group.h"

#include <stdlib.h>

struct es_group {
	struct es_group_config cfg;
	struct es_timer *timer;
	bool is_open;
	uint32_t n_records;
	uint64_t n_commits;
};

static void
fire(void *ctx)
{
	(void)es_group_flush(ctx); /* the callback `done` has the result */
}

int
es_group_new(struct es_loop *loop, const struct es_group_config *cfg, struct es_group **out)
{
	struct es_group *g = calloc(1, sizeof(*g));
	int err;

	if (g == NULL)
		return ES_ENOMEM;
	g->cfg = *cfg;
	err = es_timer_new(loop, fire, g, &g->timer);
	if (err < 0) {
		free(g);
		return err;
	}
	*out = g;
	return 0;
}

void
es_group_free(struct es_group *g)
{
	if (g == NULL)
		return;
	es_store_rollback(g->cfg.store);
	es_timer_free(g->timer);
	free(g);
}

int
es_group_enter(struct es_group *g)
{
	int err;

	if (g->is_open)
		return 0;
	err = es_store_begin(g->cfg.store);
	if (err < 0)
		return err;
	err = es_timer_arm(g->timer, g->cfg.wait_ms);
	if (err < 0) { /* nothing would ever end it */
		es_store_rollback(g->cfg.store);
		return err;
	}
	g->is_open = true;
	g->n_records = 0;
	return 0;
}

void
es_group_added(struct es_group *g, uint32_t n)
{
	uint32_t before = g->n_records;

	g->n_records += n;
	if (before < g->cfg.max_records && g->n_records >= g->cfg.max_records)
		(void)es_timer_arm(g->timer, 0); /* at worst the longer wait stays */
}

int
es_group_flush(struct es_group *g)
{
	int err;

	if (!g->is_open)
		return 0;
	err = es_store_commit(g->cfg.store);
	if (err < 0) {
		es_group_abort(g, err);
		return err;
	}
	g->is_open = false;
	g->n_commits++;
	es_timer_disarm(g->timer);
	g->cfg.done(g->cfg.ctx, 0);
	return 0;
}

void
es_group_abort(struct es_group *g, int err)
{
	es_store_rollback(g->cfg.store);
	g->is_open = false;
	es_timer_disarm(g->timer);
	g->cfg.done(g->cfg.ctx, err);
}

uint64_t
es_group_commits(const struct es_group *g)
{
	return g->n_commits;
}
