/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is open: the streams and calls whose last record was in_progress. When the sensor dies, one more record
 * of each reports what is known of it, with a gap in its coverage, and each later record of it carries that gap
 * too: nothing that was interrupted looks complete.
 */
#ifndef AGENT_SHIPPER_OPEN_H
#define AGENT_SHIPPER_OPEN_H

#include "earshot/record.h"
#include "proto/alloc.h"

enum { ES_OPEN_MAX = 8192, ES_OPEN_BYTES_MAX = 8 << 20 };

struct es_open;

/*
 * hash_key: secret of this process, copied; keeps peers from choosing keys that collide. *out is freed by
 * es_open_free. ES_ENOMEM.
 */
int es_open_new(const uint8_t hash_key[16], struct es_open **out);
void es_open_free(struct es_open *o); /* NULL is fine */

/*
 * Coverage to add to a record of the sensor: the gap that its stream or call lived through; all 0 without one.
 */
struct es_coverage es_open_gap_of(struct es_open *o, const struct es_record *rec);

/*
 * Notes a record that went into the spool: opens, updates or closes its stream or call. bytes, its encoding, are
 * copied (but for a pack).
 */
void es_open_note(struct es_open *o, const struct es_record *rec, es_slice bytes);

/*
 * The sensor is gone, for gap_ms where known (else 0). Calls each once for everything open that was heard of since
 * the last gap: its last record with state unknown and the gap in its coverage, borrowed until each returns. What
 * was not heard of since is forgotten. at: the time of these records. alloc is used for decoding and reset.
 */
void es_open_gap(struct es_open *o, es_time at, uint32_t gap_ms, struct es_alloc *alloc,
    void (*each)(void *ctx, const struct es_record *rec), void *ctx);

uint32_t es_open_streams(const struct es_open *o);
uint32_t es_open_calls(const struct es_open *o);

/* Changed since the last es_open_save. */
bool es_open_is_dirty(const struct es_open *o);

/* The table as bytes that outlive this process. 0 and *out, to be freed by free(); ES_ENOMEM. */
int es_open_save(struct es_open *o, uint8_t **out, size_t *n_bytes);
/*
 * Fills an empty table from such bytes; alloc is used for decoding. ES_EMALFORMED: the part before the damage is
 * loaded.
 */
int es_open_load(struct es_open *o, es_slice bytes, struct es_alloc *alloc);

#endif
