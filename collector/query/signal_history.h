/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals of one machine over a time, from its host records, at most ES_HISTORY_BINS of each: samples that lie close
 * together for so long a time share a bin. Memory does not grow with the records.
 */
#ifndef COLLECTOR_QUERY_SIGNAL_HISTORY_H
#define COLLECTOR_QUERY_SIGNAL_HISTORY_H

#include "earshot/record.h"

enum { ES_HISTORY_BINS = 1024 };

struct es_signal_history;

/* Over [from, to]. NULL: out of memory. */
struct es_signal_history *es_signal_history_new(es_time from, es_time to);
void es_signal_history_free(struct es_signal_history *h); /* NULL is fine */

/* The next record in order of time; the first ones may lie before `from`: a record lists what changed. */
void es_signal_history_take(struct es_signal_history *h, const struct es_host *rec);

/* Bins in order of time; some of the machine's time may be in none. */
size_t es_signal_history_bins(const struct es_signal_history *h);

/* What a signal was in a bin. A count is the sum of its samples, others the mean by their lengths. */
struct es_signal_point {
	es_time start, end;
	int64_t value;
	int64_t low, high; /* of single samples */
};

/* False: it is not known there. */
bool es_signal_history_point(const struct es_signal_history *h, enum es_signal signal, size_t bin,
    struct es_signal_point *out);

/* Which interface the signals nic_ and wifi_ spoke of last; empty: not known. */
es_slice es_signal_history_interface(const struct es_signal_history *h);
/* Whether some of it was made up, for a demonstration. */
bool es_signal_history_is_synthetic(const struct es_signal_history *h);

#endif
