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
#include "collector/store/age.h"
#include "runtime/deferred.h"

enum {
	ES_PRUNER_TEXT_MAX = 160,
	ES_PRUNER_ROOM = ES_CLASS_LOSSES, /* max-database, behind the retention of each class */
	ES_PRUNER_LIMITS,
};

struct es_pruner {
	struct es_store *store; /* borrowed, as cfg */
	const struct es_collector_config *cfg;
	struct es_deferred limits[ES_PRUNER_LIMITS];
	char taken[ES_PRUNER_TEXT_MAX];
	struct es_age age; /* of the last es_pruner_is_due */
	bool removes;      /* the next step does: it may only have to keep age */
	bool wants_room;   /* until there is as much as is kept free */
	bool is_urgent;    /* half of what is kept free is in use: the next step cannot wait */
	int64_t slice_ns;  /* for room, what came so long after the oldest goes with it */
	es_time before[ES_CLASSES];
	uint32_t removed[ES_CLASSES]; /* since the last es_pruner_text */
};

void
es_pruner_init(struct es_pruner *p, struct es_store *store, const struct es_collector_config *cfg);
/*
 * cfg has another value of this option. What to say of it, valid until the next: that it waits, and what it will remove.
 * NULL: it removes nothing of what is there, and is in force.
 */
const char *
es_pruner_take(struct es_pruner *p, const char *option, const struct es_age_clock *clock);
/* The option whose value waited and is in force from now on; NULL: no more of them. */
const char *es_pruner_passed(struct es_pruner *p, const struct es_age_clock *clock);
/* Of max-database what is in force. */
uint64_t es_pruner_max_bytes(const struct es_pruner *p);
/* The database was full: there shall be room, whatever it looks like. */
void es_pruner_want_room(struct es_pruner *p);
/* Whether more room is wanted; cheap enough to ask after each commit. */
bool es_pruner_lacks_room(struct es_pruner *p);
/* *out: whether a step would remove something, or keep an instant. Reads little, writes nothing. */
int es_pruner_is_due(struct es_pruner *p, const struct es_age_clock *clock, bool *out);
/* After es_pruner_is_due; no transaction may be open. */
int es_pruner_step(struct es_pruner *p);
/* "3 calls, 512 minutes": what went since the last text. False: nothing did. */
bool es_pruner_text(struct es_pruner *p, char out[ES_PRUNER_TEXT_MAX]);

#endif
