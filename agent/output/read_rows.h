/* SPDX-License-Identifier: Apache-2.0 */
/* Finished lines held back until the end: the latest of each call only, of streams perhaps the worst only. */
#ifndef AGENT_OUTPUT_READ_ROWS_H
#define AGENT_OUTPUT_READ_ROWS_H

#include "earshot/record.h"
#include "probes/base/hash.h"
#include "probes/base/heap.h"
#include "probes/base/table.h"

enum { ES_ROWS_NAMED_MAX = 1000000 }; /* calls known by name; each record beyond is a row */

/* A stream that has a rank, with its Call-IDs. */
struct es_row_stream {
	struct es_stream_key key;
	uint32_t n_ids;
	size_t id_bytes[1 + ES_STREAM_OTHERS_MAX];
	uint8_t ids[]; /* one behind the other */
};

struct es_read_row {
	es_time start;
	size_t order; /* of arrival: decides between rows of one start */
	enum es_record_type type;
	bool is_out; /* not to be printed */
	char *name;  /* given, NULL: nothing replaces it */
	size_t name_bytes;
	es_time begun; /* with a name: distinguishes calls of one name */
	char *text;    /* given, NUL-terminated, with its line feed; NULL: ranked, not printed */
	uint64_t badness;
	struct es_row_stream *stream; /* given, NULL: it has no rank */
};

struct es_rows {
	struct es_read_row *at;
	size_t n;
	size_t cap;
	size_t n_put;
	struct es_table named;
	struct es_hash_key key;
	uint32_t worst;           /* so many streams with a rank are held; 0: all */
	struct es_heap least_bad; /* of them, the first to go */
	uint64_t n_compared;      /* names of calls, in all: what finding them costs */
};

/* Fills rows whose struct belongs to the caller. ES_ENOMEM. */
int es_read_rows_new(struct es_rows *r, struct es_hash_key key, uint32_t worst);

/*
 * Adds the row of a record; of a call, one of the same Call-ID and begin before it is replaced. text is
 * taken, also on error. ES_ENOMEM.
 */
int es_read_rows_put(struct es_rows *r, const struct es_record *rec, es_time start, char *text);

/* The same of a row that was made before: type, start and text. */
int es_read_rows_put_text(struct es_rows *r, enum es_record_type type, es_time start, char *text);

/*
 * Adds the row of a stream that has a rank, from 1 on; where only the worst are held, another one may go for it. text is
 * taken, also on error, and may be NULL. ES_ENOMEM.
 */
int es_read_rows_rank(struct es_rows *r, const struct es_stream *s, uint64_t badness, char *text);

/*
 * Calls are as bad as the worst of their streams with a rank; others, and calls without such a stream, have none. Of
 * several calls with one Call-ID, a stream belongs to the last that had begun when it did, else to the first.
 * Where only the worst streams are held, calls without one of them are out. Nothing may be added afterwards.
 * ES_ENOMEM.
 */
int es_read_rows_settle(struct es_rows *r);

/* By badness, the worst first, then by start; or by start alone. Nothing may be added afterwards. */
void es_read_rows_sort(struct es_rows *r, bool by_rank);

/* Zeroed rows are fine. */
void es_read_rows_free(struct es_rows *r);

#endif
