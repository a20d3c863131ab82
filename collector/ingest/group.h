/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit: what several agents deliver within some milliseconds shares one transaction, because
 * a commit that is safe against power cut costs one disk flush whatever it holds.
 */
#ifndef COLLECTOR_INGEST_GROUP_H
#define COLLECTOR_INGEST_GROUP_H

#include "collector/store/store.h"
#include "runtime/loop/loop.h"

struct es_group;

struct es_group_config {
	struct es_store *store; /* kept */
	int64_t wait_ms;        /* a record waits at most so long */
	uint32_t max_records;   /* so many do not wait */
	/* After COMMIT (0), or after the whole group was rolled back (ES_EFULL, ES_EIO ...). */
	void (*done)(void *ctx, int err);
	void *ctx;
};

/* cfg is copied, its store is kept. 0 and *out, to be freed by es_group_free; ES_ENOMEM. */
int es_group_new(struct es_loop *loop, const struct es_group_config *cfg, struct es_group **out);

/*
 * Opens the transaction when none is open. 0: write to the store now; else a code of store.h, nothing is open.
 */
int es_group_enter(struct es_group *g);
/* n records were written: the commit follows from the loop within wait_ms, or once there are max_records. */
void es_group_added(struct es_group *g, uint32_t n);
/* Commits now; done is called before it returns. Nothing open: 0. */
int es_group_flush(struct es_group *g);
/* A write failed: rolls all back and calls done(err). */
void es_group_abort(struct es_group *g, int err);

/* Transactions committed since the start. */
uint64_t es_group_commits(const struct es_group *g);

/* What is open is rolled back. NULL is fine. */
void es_group_free(struct es_group *g);

#endif
