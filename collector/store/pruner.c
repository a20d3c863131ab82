/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be removed next, and when there is nothing left to remove. */
#include "collector/store/pruner.h"

#include <stdio.h>

#define SLICE_MIN_NS ES_NS_PER_S
#define SLICE_MAX_NS (INT64_C(3600) * ES_NS_PER_S)

enum {
	ROOM_MIN_BYTES = 512 << 10, /* a batch as it is stored, and more of them meanwhile */
	LIMIT_MIN_BYTES = 1 << 20,  /* below it the empty database leaves no room to win */
};

void
es_pruner_init(struct es_pruner *p, struct es_store *store, const struct es_collector_config *cfg)
{
	memset(p, 0, sizeof(*p));
	p->store = store;
	p->cfg = cfg;
	p->slice_ns = SLICE_MIN_NS;
}

void
es_pruner_want_room(struct es_pruner *p)
{
	p->wants_room = true;
}

static void
by_age(struct es_pruner *p)
{
	const struct es_collector_config *cfg = p->cfg;
	const int64_t kept_ms[ES_CLASS_LOSSES] = {
		[ES_CLASS_CALLS] = cfg->retention_calls_ms,
		[ES_CLASS_MINUTES] = cfg->retention_minutes_ms,
		[ES_CLASS_MACHINE] = cfg->retention_machine_ms,
		[ES_CLASS_REPORTED] = cfg->retention_reported_ms,
	};
	es_time *losses = &p->before[ES_CLASS_LOSSES];

	*losses = es_time_of_ns(INT64_MAX);
	for (int i = 0; i < ES_CLASS_LOSSES; i++) {
		/* an instant that is not kept could be another one at the next start */
		p->before[i] = kept_ms[i] == 0 || p->age.is_first
				   ? es_time_of_ns(INT64_MIN)
				   : es_time_add(p->age.now, -kept_ms[i] * ES_NS_PER_MS);
		/* a loss explains what else is there of its time: it stays as long as any of it */
		if (es_time_before(p->before[i], *losses))
			*losses = p->before[i];
	}
}

/* Whether the database is too full, or not yet as empty as it shall be. */
static int
judge_room(struct es_pruner *p)
{
	uint64_t limit = (uint64_t)p->cfg->max_database_bytes, used = 0;
	uint64_t room = limit / 20 > ROOM_MIN_BYTES ? limit / 20 : ROOM_MIN_BYTES;
	int err = es_store_used(p->store, &used);

	p->is_urgent = false;
	if (err < 0 || limit < LIMIT_MIN_BYTES) {
		p->wants_room = false;
		return err;
	}
	p->is_urgent = used > limit - room / 2;
	if (used > limit - room)
		p->wants_room = true;
	else if (used <= limit - room - room / 2)
		p->wants_room = false;
	return 0;
}

bool
es_pruner_lacks_room(struct es_pruner *p)
{
	return judge_room(p) == 0 && p->wants_room;
}

static void
by_room(struct es_pruner *p, const es_time oldest[ES_CLASSES])
{
	es_time first = es_time_of_ns(INT64_MAX), before;

	for (int i = 0; i < ES_CLASS_LOSSES; i++)
		if (es_time_before(oldest[i], first))
			first = oldest[i];
	if (first.ns == INT64_MAX)
		return; /* nothing is left that may go: the store refuses when it is full */
	before = es_time_add(first, p->slice_ns);
	for (int i = 0; i < ES_CLASS_LOSSES; i++)
		p->before[i] = es_time_max(p->before[i], before);
}

int
es_pruner_is_due(struct es_pruner *p, const struct es_age_clock *clock, bool *out)
{
	es_time oldest[ES_CLASSES];
	int err = es_store_oldest(p->store, oldest);

	*out = p->removes = false;
	if (err == 0)
		err = judge_room(p);
	if (err == 0)
		err = es_age_judge(p->store, clock, &p->age);
	if (err < 0)
		return err;
	by_age(p);
	if (p->wants_room)
		by_room(p, oldest);
	for (int i = 0; i < ES_CLASSES; i++)
		p->removes |= es_time_before(oldest[i], p->before[i]);
	*out = p->removes || p->age.is_news;
	return 0;
}

static int
remove_some(struct es_pruner *p)
{
	uint32_t n[ES_CLASSES], sum = 0;
	int err = es_store_prune(p->store, p->before, n);

	for (int i = 0; i < ES_CLASSES && err == 0; i++) {
		p->removed[i] += n[i];
		sum += n[i];
	}
	/* a step shall be worth its commit, and take the oldest of all classes alike */
	if (sum < ES_STORE_PRUNE_ROWS / 2)
		p->slice_ns = p->slice_ns < SLICE_MAX_NS ? 2 * p->slice_ns : SLICE_MAX_NS;
	else if (p->slice_ns > SLICE_MIN_NS)
		p->slice_ns /= 2;
	return err;
}

int
es_pruner_step(struct es_pruner *p)
{
	int err =
	    p->removes ? remove_some(p) : 0; /* which may make the room that the other needs */

	return err == 0 && p->age.is_news ? es_age_keep(p->store, &p->age) : err;
}

bool
es_pruner_text(struct es_pruner *p, char out[ES_PRUNER_TEXT_MAX])
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < ES_CLASSES; i++) {
		if (p->removed[i] > 0)
			at += (size_t)snprintf(out + at, ES_PRUNER_TEXT_MAX - at, "%s%u %s",
			    at > 0 ? ", " : "", p->removed[i], es_store_class_names[i]);
		p->removed[i] = 0;
	}
	return at > 0;
}
