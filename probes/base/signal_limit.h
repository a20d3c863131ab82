/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is too much of a signal of a machine, and how people read it: the one table that correlation accuses by and
 * that `earshot host` judges by.
 */
#ifndef EARSHOT_BASE_SIGNAL_LIMIT_H
#define EARSHOT_BASE_SIGNAL_LIMIT_H

#include "earshot/signal.h"

#include <stdbool.h>
#include <stdint.h>

enum { ES_SIGNAL_PERIOD_MS = 5000 }; /* limits of counts are per so long a time */

/* What of a machine a signal is about. */
enum es_signal_part {
	ES_PART_NONE, /* it says of nothing that it hurt */
	ES_PART_WIFI,
	ES_PART_CPU,
	ES_PART_SOFTPHONE, /* the process that owns the media's port */
	ES_PART_MEMORY,
	ES_PART_DISK,
	ES_PART_NIC,
	ES_PART_GATEWAY,
	ES_PART_AUDIO,
};

enum es_signal_limit_side { ES_LIMIT_NONE, ES_LIMIT_ABOVE, ES_LIMIT_BELOW };

struct es_signal_limit {
	enum es_signal signal;
	const char *name; /* of a count a plural, for "more than 200 Wi-Fi retries" */
	const char *unit; /* in which people read it, "" of a count */
	int64_t one;      /* that unit in the record's unit: 10000 ppm are 1 % */
	bool is_count;    /* counted over the sample */
	enum es_signal_part part;
	enum es_signal_limit_side
	    side;      /* on which values are bad; none: nothing is accused by it */
	int64_t limit; /* in the record's unit */
};

/* Rows that have a limit come first: ES_SIGNAL_LIMITS of them. NULL behind the last row. */
enum { ES_SIGNAL_LIMITS = 38 };
const struct es_signal_limit *es_signal_limit_at(uint32_t row);

/* The row of a signal; NULL for a number that has none. */
const struct es_signal_limit *es_signal_limit_of(uint16_t signal);

/* What is compared with the limit: the value, of a count over length_ms the count per ES_SIGNAL_PERIOD_MS. */
int64_t
es_signal_limit_comparable(const struct es_signal_limit *l, int64_t value, int64_t length_ms);

/* A value in thousandths of the unit that people read it in. */
int64_t es_signal_limit_milli(const struct es_signal_limit *l, int64_t value);

/* Whether a comparable value is beyond its limit. */
bool es_signal_limit_is_beyond(const struct es_signal_limit *l, int64_t value);

#endif
