/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be removed next: what is older than its class is kept, and the oldest of all while the database is close
 * to max-database. One step is one short transaction; whoever calls it decides when the next one is.
 *
 *     es_pruner_is_due -> end your own transaction -> es_pruner_step -> ... -> es_pruner_is_due: no
 */
#ifndef COLLECTOR_STORE_PRUNER_H
#define COLLECTOR_STORE_PRUNER_H

#include "collector/collector_config.h"
#include "collector/store/store.h"

enum { ES_PRUNER_TEXT_MAX = 160 };

/* The clocks as they are now. */
struct es_pruner_clock {
	es_time wall;
	int64_t monotonic_ms;
	bool is_synchronised;
};

struct es_pruner {
	struct es_store *store; /* borrowed, as cfg */
	const struct es_collector_config *cfg;
	es_time base;     /* the latest instant that is known to be over, when it began */
	int64_t began_ms; /* monotonic */
	bool wants_room;  /* until there is as much as is kept free */
	bool is_urgent;   /* half of what is kept free is in use: the next step cannot wait */
	int64_t slice_ns; /* for room, what came so long after the oldest goes with it */
	es_time before[ES_CLASSES];
	uint32_t removed[ES_CLASSES]; /* since the last es_pruner_text */
};

/* An error of the store. */
int es_pruner_init(struct es_pruner *p, struct es_store *store,
    const struct es_collector_config *cfg, const struct es_pruner_clock *clock);
/* The database was full: there shall be room, whatever it looks like. */
void es_pruner_want_room(struct es_pruner *p);
/* Whether more room is wanted; cheap enough to ask after each commit. */
bool es_pruner_lacks_room(struct es_pruner *p);
/* *out: whether a step would remove something. Reads little, writes nothing. */
int es_pruner_is_due(struct es_pruner *p, const struct es_pruner_clock *clock, bool *out);
/* After es_pruner_is_due; no transaction may be open. */
int es_pruner_step(struct es_pruner *p);
/* "3 calls, 512 minutes": what went since the last text. False: nothing did. */
bool es_pruner_text(struct es_pruner *p, char out[ES_PRUNER_TEXT_MAX]);

#endif
