/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be removed next, and when there is nothing left to remove. */
#include "collector/store/pruner.h"

#include "probes/base/time_text.h"

#include <stdio.h>

#define SLICE_MIN_NS ES_NS_PER_S
#define SLICE_MAX_NS (INT64_C(3600) * ES_NS_PER_S)

enum {
	ROOM_MIN_BYTES = 512 << 10, /* a batch as it is stored, and more of them meanwhile */
	LIMIT_MIN_BYTES = 1 << 20,  /* below it the empty database leaves no room to win */
};

static const char *const options[ES_PRUNER_LIMITS] = {
	[ES_CLASS_CALLS] = "retention-calls",
	[ES_CLASS_MINUTES] = "retention-minutes",
	[ES_CLASS_MACHINE] = "retention-machine",
	[ES_CLASS_REPORTED] = "retention-reported",
	[ES_PRUNER_ROOM] = "max-database",
};

static int64_t
configured(const struct es_collector_config *cfg, int limit)
{
	const int64_t all[ES_PRUNER_LIMITS] = {
		[ES_CLASS_CALLS] = cfg->retention_calls_ms,
		[ES_CLASS_MINUTES] = cfg->retention_minutes_ms,
		[ES_CLASS_MACHINE] = cfg->retention_machine_ms,
		[ES_CLASS_REPORTED] = cfg->retention_reported_ms,
		[ES_PRUNER_ROOM] = cfg->max_database_bytes,
	};

	return all[limit];
}

void
es_pruner_init(struct es_pruner *p, struct es_store *store, const struct es_collector_config *cfg)
{
	memset(p, 0, sizeof(*p));
	p->store = store;
	p->cfg = cfg;
	p->slice_ns = SLICE_MIN_NS;
	for (int i = 0; i < ES_PRUNER_LIMITS; i++)
		es_deferred_init(&p->limits[i], configured(cfg, i));
}

uint64_t
es_pruner_max_bytes(const struct es_pruner *p)
{
	return (uint64_t)p->limits[ES_PRUNER_ROOM].value;
}

void
es_pruner_want_room(struct es_pruner *p)
{
	p->wants_room = true;
}

static es_time
oldest_kept(es_time now, int64_t kept_ms)
{
	return kept_ms == 0 ? es_time_of_ns(INT64_MIN) : es_time_add(now, -kept_ms * ES_NS_PER_MS);
}

/* Up to when records of each class are removed by their age, by the retention that each limit gives. */
static void
cut_by_age(es_time now, const int64_t kept_ms[ES_CLASS_LOSSES], es_time before[ES_CLASSES])
{
	es_time *losses = &before[ES_CLASS_LOSSES];

	*losses = es_time_of_ns(INT64_MAX);
	for (int i = 0; i < ES_CLASS_LOSSES; i++) {
		before[i] = oldest_kept(now, kept_ms[i]);
		/* a loss explains what else is there of its time: it stays as long as any of it */
		if (es_time_before(before[i], *losses))
			*losses = before[i];
	}
}

static void
by_age(struct es_pruner *p)
{
	int64_t kept_ms[ES_CLASS_LOSSES];

	/* an instant that is not kept could be another one at the next start */
	for (int i = 0; i < ES_CLASS_LOSSES; i++)
		kept_ms[i] = p->age.is_first ? 0 : p->limits[i].value;
	cut_by_age(p->age.now, kept_ms, p->before);
}

/* What is kept free of a database of this size. */
static uint64_t
room_of(uint64_t limit)
{
	return limit / 20 > ROOM_MIN_BYTES ? limit / 20 : ROOM_MIN_BYTES;
}

/* Whether the database is too full, or not yet as empty as it shall be. */
static int
judge_room(struct es_pruner *p)
{
	uint64_t limit = es_pruner_max_bytes(p), used = 0, room = room_of(limit);
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

/*
 * Whether a retention would remove records that are there, of its class or losses; says which. What cannot be asked may
 * be there.
 */
static bool
removes_by_age(struct es_pruner *p, int class, int64_t value, const struct es_age_clock *clock)
{
	char first[ES_TIME_TEXT_BYTES], end[ES_TIME_TEXT_BYTES];
	es_time oldest[ES_CLASSES] = { 0 }, before[ES_CLASSES];
	int64_t kept_ms[ES_CLASS_LOSSES];
	struct es_age age;
	int err = es_age_judge(p->store, clock, &age);

	if (err == 0)
		err = es_store_oldest(p->store, oldest);
	for (int i = 0; i < ES_CLASS_LOSSES; i++)
		kept_ms[i] = i == class ? value : p->limits[i].value;
	cut_by_age(err == 0 ? age.now : clock->wall, kept_ms, before);
	if (err == 0 && !es_time_before(oldest[class], before[class])) {
		class = ES_CLASS_LOSSES;
		if (!es_time_before(oldest[class], before[class]))
			return false;
	}
	es_time_text(oldest[class], first);
	es_time_text(before[class], end);
	(void)snprintf(p->taken, sizeof(p->taken),
	    "in force in 10 minutes; then %s from before %.19sZ are removed, the oldest of %.19sZ",
	    es_store_class_names[class], end, err == 0 ? first : "an unknown time");
	return true;
}

/* The same of a size. */
static bool
removes_by_room(struct es_pruner *p, uint64_t limit)
{
	uint64_t used = UINT64_MAX;
	int err = es_store_used(p->store, &used);

	if (limit < LIMIT_MIN_BYTES || (err == 0 && used <= limit - room_of(limit)))
		return false;
	(void)snprintf(p->taken, sizeof(p->taken),
	    "in force in 10 minutes; then the oldest records are removed: of %llu KiB %llu are in "
	    "use",
	    (unsigned long long)(limit >> 10), (unsigned long long)(used >> 10));
	return true;
}

const char *
es_pruner_take(struct es_pruner *p, const char *option, const struct es_age_clock *clock)
{
	int64_t value, was;
	bool removes;
	int i = 0;

	while (i < ES_PRUNER_LIMITS && strcmp(options[i], option) != 0)
		i++;
	if (i == ES_PRUNER_LIMITS)
		return NULL;
	value = configured(p->cfg, i);
	was = p->limits[i].value;
	removes = value != 0 && (was == 0 || value < was) &&
		  (i == ES_PRUNER_ROOM ? removes_by_room(p, (uint64_t)value)
				       : removes_by_age(p, i, value, clock));
	es_deferred_take(&p->limits[i], value, removes, clock->boot_ns / ES_NS_PER_MS);
	return removes ? p->taken : NULL;
}

const char *
es_pruner_passed(struct es_pruner *p, const struct es_age_clock *clock)
{
	for (int i = 0; i < ES_PRUNER_LIMITS; i++)
		if (es_deferred_is_due(&p->limits[i], clock->boot_ns / ES_NS_PER_MS))
			return options[i];
	return NULL;
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
