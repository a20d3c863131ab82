/* SPDX-License-Identifier: Apache-2.0 */
/* Finished lines held back until the end: sorted by start, the latest of each call only. */
#ifndef AGENT_COMMAND_READ_ROWS_H
#define AGENT_COMMAND_READ_ROWS_H

#include "earshot/record.h"
#include "probes/base/hash.h"
#include "probes/base/table.h"

enum { ES_ROWS_NAMED_MAX = 1000000 }; /* calls known by name; each record beyond is a row */

struct es_read_row {
	es_time start;
	size_t order; /* of arrival: decides between rows of one start */
	enum es_record_type type;
	char *name; /* given, NULL: nothing replaces it */
	size_t name_bytes;
	es_time begun; /* with a name: distinguishes calls of one name */
	char *text;    /* given, NUL-terminated, with its line feed */
};

struct es_rows {
	struct es_read_row *at;
	size_t n;
	size_t cap;
	struct es_table named;
	struct es_hash_key key;
};

/* Fills rows whose struct belongs to the caller. ES_ENOMEM. */
int es_read_rows_new(struct es_rows *r, struct es_hash_key key);

/*
 * Adds the row of a record; of a call, one of the same Call-ID and begin before it is replaced. text is
 * taken, also on error. ES_ENOMEM.
 */
int es_read_rows_put(struct es_rows *r, const struct es_record *rec, es_time start, char *text);

/* Nothing may be added afterwards. */
void es_read_rows_sort(struct es_rows *r);

/* Zeroed rows are fine. */
void es_read_rows_free(struct es_rows *r);

#endif
