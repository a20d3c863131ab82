/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches: encoded records in, one es_batch of an Envelope out, and back. What the records share
 * (vantage, time) moves into a table at the head; the body is deflated when that makes it smaller and
 * carries the CRC-32 of its plain form. Opening gives each record exactly as it went in.
 */
#ifndef EARSHOT_PROTO_BATCH_H
#define EARSHOT_PROTO_BATCH_H

#include "earshot/slice.h"
#include "proto/envelope.h"

enum {
	ES_BATCH_RECORDS_MAX = 2048,
	ES_BATCH_BODY_MAX = 240 << 10, /* plain: fits a frame even when deflate gains nothing */
	ES_BATCH_VANTAGES_MAX = 64,
};

struct es_batch_writer;

int es_batch_writer_new(struct es_batch_writer **out); /* reusable; ES_ENOMEM */
void es_batch_writer_free(struct es_batch_writer *w);  /* NULL is fine */

/* Begins an empty batch; what was added before is dropped, and the last body is no longer valid. */
void es_batch_writer_begin(struct es_batch_writer *w);

/* Adds the next record. ES_EFULL: send what is there and begin the next batch. ES_EMALFORMED: not a record. */
int es_batch_writer_add(struct es_batch_writer *w, es_slice record);

/*
 * Fills body, crc32, body_bytes, deflated and last_seq (= first_seq + count - 1; set first_seq, epoch
 * and clocks yourself). body is borrowed until the next begin. ES_EINVALID when empty, ES_EIO (zlib).
 */
int es_batch_writer_end(struct es_batch_writer *w, struct es_batch *batch);

/*
 * Opens a batch: inflates (never beyond ES_BATCH_BODY_MAX), checks the CRC and that the count fits
 * first_seq..last_seq, then calls each with every record in order, its number, and its bytes, valid
 * for the call. Returns the count; ES_EMALFORMED (says why in *why, a constant, when why is not NULL),
 * ES_EFULL (arena). Nothing was called back on error. A negative result of each stops and is returned.
 */
int es_batch_open(const struct es_batch *batch, struct es_alloc *alloc,
    int (*each)(void *ctx, uint64_t seq, es_slice record), void *ctx, const char **why);

/* A digest that replaces a record's bytes when two spools are compared; never 0. No secret is in it. */
uint64_t es_record_digest(es_slice record);

#endif
