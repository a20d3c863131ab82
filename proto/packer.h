/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stage between the engine and the store of bytes: every record goes in, encoded records come
 * out. Interval records of one stream wait up to a period and leave together as one record, columns
 * of deltas, exact in every field; they leave at the period's end, at the stream's end, or at once
 * when a block is bad (docs/CORRELATION.md: lost + late >= 5 %, or MOS-LQ more than 0.4 below the clean value of
 * its own codec, else the stream's). All other records leave at once, a stream's blocks before its last record.
 * Pure; allocates in _new only.
 */
#ifndef EARSHOT_PROTO_PACKER_H
#define EARSHOT_PROTO_PACKER_H

#include "earshot/error.h"
#include "earshot/record.h"
#include "proto/pack.h"

enum {
	ES_PACKER_PERIOD_MS = 60000,
	/* Runs of missing numbers that a waiting block holds; one with more leaves at once. */
	ES_PACKER_RUNS_MAX = 16,
};

/* 0 = default. */
struct es_packer_config {
	uint8_t hash_key[16]; /* random per run; results do not depend on it */
	uint32_t period_ms;   /* ES_PACKER_PERIOD_MS */
	uint32_t max_streams; /* with blocks waiting; 4096 */
	uint32_t
	    max_blocks; /* waiting in all; 16384. A full pool sends the longest waiting stream early */
};

struct es_packer;

/* bytes is borrowed for the call; urgent: sync and send now (a bad block, a call's or stream's end). */
int es_packer_new(const struct es_packer_config *cfg,
    void (*ready)(void *ctx, es_slice bytes, bool urgent), void *ctx, struct es_packer **out);

/* Takes a record; what it needs of an interval is copied. */
void es_packer_record(struct es_packer *p, const struct es_record *rec);

/* Sends the packs whose period ended by now (time of the capture, as in the records). */
void es_packer_advance(struct es_packer *p, es_time now);

/* Sends all that waits. */
void es_packer_flush(struct es_packer *p);

void es_packer_free(struct es_packer *p); /* NULL is fine */

#endif
