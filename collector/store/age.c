/* SPDX-License-Identifier: Apache-2.0 */
/* From which instant the age of records counts. */
#include "collector/store/age.h"

#include "probes/base/time_text.h"
#include "runtime/clock.h"

#include <stdio.h>

#define HOUR_NS (INT64_C(3600) * ES_NS_PER_S)
#define DAY_NS (24 * HOUR_NS)

/*
 * How far the wall clock may be ahead of what is known. A day: a machine that was switched off for a night, and whose
 * clock nothing corrects. Half a year: one that was switched off for a season, and whose clock was set right since.
 */
#define ALONE_NS DAY_NS
#define SYNCHRONISED_NS (183 * DAY_NS)

struct es_age_clock
es_age_clock_now(void)
{
	struct es_age_clock c = { .wall = es_clock_wall(),
		.boot_ns = es_clock_boot_ns(),
		.is_synchronised = es_clock_is_synchronised() };

	(void)es_clock_boot_id(c.boot); /* none: as if each look were of another boot */
	return c;
}

/* A store from before there were instants has its newest record, in a clock that nobody vouched for. */
static int
begin(struct es_store *s, const struct es_age_clock *clock, struct es_store_instant *out)
{
	es_time newest;
	int err = es_store_newest(s, &newest);

	memset(out, 0, sizeof(*out));
	out->at = clock->wall;
	if (err == 0 && !clock->is_synchronised && es_time_before(newest, clock->wall))
		out->at = newest;
	return err == ES_ENOTFOUND ? 0 : err;
}

/* The instant that was kept, and what passed since then as far as this machine was on. */
static es_time
known_by_now(const struct es_store_instant *kept, const struct es_age_clock *clock)
{
	static const uint8_t none[ES_STORE_BOOT_LEN];
	int64_t passed_ns = clock->boot_ns - kept->boot_ns;

	if (passed_ns <= 0 || memcmp(kept->boot, none, sizeof(none)) == 0 ||
	    memcmp(kept->boot, clock->boot, sizeof(none)) != 0)
		return kept->at;
	return es_time_add(kept->at, passed_ns);
}

static bool
is_too_far(const struct es_store_instant *kept, es_time known, const struct es_age_clock *clock)
{
	if (clock->is_synchronised && !kept->is_vouched)
		return false;
	return es_time_before(
	    es_time_add(known, clock->is_synchronised ? SYNCHRONISED_NS : ALONE_NS), clock->wall);
}

/* Whether what is to be kept differs by more than the hour for which it is not worth a write. */
static bool
is_news(const struct es_store_instant *kept, es_time known, const struct es_store_instant *next)
{
	int64_t moved_ns = es_time_diff(next->at, known);

	return memcmp(kept->boot, next->boot, sizeof(next->boot)) != 0 ||
	       kept->is_vouched != next->is_vouched || kept->is_held != next->is_held ||
	       next->boot_ns - kept->boot_ns >= HOUR_NS || moved_ns >= HOUR_NS ||
	       moved_ns <= -HOUR_NS;
}

int
es_age_judge(struct es_store *s, const struct es_age_clock *clock, struct es_age *out)
{
	struct es_store_instant kept, *next = &out->instant;
	es_time known;
	int err = es_store_instant_get(s, &kept);

	out->is_first = err == ES_ENOTFOUND;
	if (out->is_first)
		err = begin(s, clock, &kept);
	if (err < 0)
		return err;
	known = known_by_now(&kept, clock);
	*next = kept;
	next->boot_ns = clock->boot_ns;
	memcpy(next->boot, clock->boot, sizeof(next->boot));
	next->is_held = is_too_far(&kept, known, clock);
	next->at = known;
	out->now = known;
	if (!next->is_held) {
		bool is_behind = es_time_before(clock->wall, es_time_add(known, -ALONE_NS));

		/* a clock that lost its battery does not undo what a better one said */
		if (!is_behind || clock->is_synchronised || !kept.is_vouched)
			next->at = clock->wall;
		next->is_vouched |= clock->is_synchronised;
		out->now = clock->wall;
	}
	out->is_news = out->is_first || is_news(&kept, known, next);
	return 0;
}

int
es_age_keep(struct es_store *s, const struct es_age *age)
{
	return es_store_instant_set(s, &age->instant);
}

int
es_age_trust(struct es_store *s, const struct es_age_clock *clock)
{
	struct es_store_instant i = {
		.at = clock->wall, .is_vouched = true, .boot_ns = clock->boot_ns
	};

	memcpy(i.boot, clock->boot, sizeof(i.boot));
	return es_store_instant_set(s, &i);
}

bool
es_age_text(const struct es_age *age, const struct es_age_clock *clock, char out[ES_AGE_TEXT_MAX])
{
	char wall[ES_TIME_TEXT_BYTES], known[ES_TIME_TEXT_BYTES];

	out[0] = '\0';
	if (!age->instant.is_held)
		return false;
	es_time_text(clock->wall, wall);
	es_time_text(age->now, known);
	(void)snprintf(out, ES_AGE_TEXT_MAX,
	    "the clock says %.16sZ, %lld days after %.16sZ, up to which time is known to have "
	    "passed%s: ages count to then. Set the clock right; if it is: earshot-collector prune "
	    "--trust-clock",
	    wall, (long long)(es_time_diff(clock->wall, age->now) / DAY_NS), known,
	    clock->is_synchronised ? "" : ", and nothing keeps it right (NTP, PTP)");
	return true;
}
