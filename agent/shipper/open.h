/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is open: the streams and calls whose last record said in_progress. When the sensor dies, each
 * is told once more with what is known of it and a gap in its coverage, and whatever is heard of it
 * afterwards carries that gap too: nothing that was interrupted looks complete.
 */
#ifndef AGENT_SHIPPER_OPEN_H
#define AGENT_SHIPPER_OPEN_H

#include "earshot/record.h"
#include "proto/alloc.h"

enum { ES_OPEN_MAX = 8192, ES_OPEN_BYTES_MAX = 8 << 20 };

struct es_open;

int es_open_new(const uint8_t hash_key[16], struct es_open **out); /* ES_ENOMEM */
void es_open_free(struct es_open *o);                              /* NULL is fine */

/* Coverage to be added to a record from the sensor: flags of a gap it lived through, else none. */
struct es_coverage es_open_gap_of(struct es_open *o, const struct es_record *rec);

/* A record as it went into the spool; bytes are its encoding (a pack's are not kept). */
void es_open_note(struct es_open *o, const struct es_record *rec, es_slice bytes);

/*
 * The sensor is gone, for gap_ms where known (else 0): calls each with the record of everything open
 * and not told before, state unknown and the gap in its coverage. alloc is used for decoding.
 */
void es_open_gap(struct es_open *o, es_time at, uint32_t gap_ms, struct es_alloc *alloc,
    void (*each)(void *ctx, const struct es_record *rec), void *ctx);

uint32_t es_open_streams(const struct es_open *o);
uint32_t es_open_calls(const struct es_open *o);

/* Changed since the last es_open_save. */
bool es_open_is_dirty(const struct es_open *o);

/* The table as bytes that outlive this process; *out is given. ES_ENOMEM. */
int es_open_save(struct es_open *o, uint8_t **out, size_t *n_bytes);
/* Into an empty table. ES_EMALFORMED: what was whole is loaded. */
int es_open_load(struct es_open *o, es_slice bytes, struct es_alloc *alloc);

#endif
