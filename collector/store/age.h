/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Up to which instant time is known to have passed, from which the age of records counts. The wall clock alone would
 * remove everything when it is years ahead. So the store keeps the last instant that was believed, and it moves on
 *
 *     - by the time that passed since: the clock since boot says it while the machine is on,
 *     - to the wall clock, if that is at most a day ahead of it, or half a year ahead and kept right (NTP, PTP),
 *     - to any wall clock that is kept right, if none that was believed before was,
 *     - to the wall clock as the operator confirms it: `prune --trust-clock`.
 *
 * A wall clock further ahead is held not to be right: it ages nothing. One that is behind makes records younger.
 */
#ifndef COLLECTOR_STORE_AGE_H
#define COLLECTOR_STORE_AGE_H

#include "collector/store/store.h"

enum { ES_AGE_TEXT_MAX = 400 };

/* The clocks as they are now. */
struct es_age_clock {
	es_time wall;
	int64_t boot_ns;
	uint8_t boot[ES_STORE_BOOT_LEN];
	bool is_synchronised;
};

struct es_age {
	es_time now;   /* ages count to here */
	bool is_first; /* the store has no instant yet: nothing has an age until es_age_keep */
	bool is_news;  /* the store is to learn of it: es_age_keep */
	struct es_store_instant instant;
};

struct es_age_clock es_age_clock_now(void);
/* Reads the store, writes nothing. An error of the store. */
int es_age_judge(struct es_store *s, const struct es_age_clock *clock, struct es_age *out);
/* Into a transaction of its own, or the one that is open. Waits for nobody: ES_EAGAIN. */
int es_age_keep(struct es_store *s, const struct es_age *age);
/* The operator says that the wall clock is right. */
int es_age_trust(struct es_store *s, const struct es_age_clock *clock);
/* One line for people. False: the wall clock is believed. */
bool
es_age_text(const struct es_age *age, const struct es_age_clock *clock, char out[ES_AGE_TEXT_MAX]);

#endif
