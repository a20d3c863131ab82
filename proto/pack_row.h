/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row of IntervalPack, a block, in columns. Every value is the difference to a prediction, modulo
 * 2^64, so any record comes back exactly, and an ordinary one costs a few bytes:
 *
 *     skip      first_seq against the end of the block before       0 where blocks follow each other
 *     span      last_seq against the end of its block               0 but for the first and last
 *     rtp_ts    by rtp_step from the block before                   0 without loss at the edge
 *     start     by packet_ns from the block before, end from start, at from the at before
 *     expected  against last - first + 1; lost against the runs; received against expected - lost
 *     p95, p99  of delay variation: against the percentile below, as far above it as in the last block
 *     ie_eff    against what made Ro of R in the last block that had terms
 *
 * A first block is expected to be narrowband's, by derived constants: what most are costs nothing.
 */
#ifndef EARSHOT_PROTO_PACK_ROW_H
#define EARSHOT_PROTO_PACK_ROW_H

#include "earshot/record.h"
#include "proto/alloc.h"

/*
 * X(column, prediction). What a column holds, and which HAS bit it needs, is in the row of that name in
 * fields.h. They are read in this order: a prediction may use the columns above its own.
 *
 *     NONE   0
 *     LAST   the value of the last block that had one
 *     BITS   the same; the difference is that of the bits
 *     OWN    a formula of its own, in pack_row.c
 *     TIME   the same, in units of time_unit_ns
 *     CLOCK  the same, modulo 2^32
 */
#define ES_PACK_COLUMNS(X)              \
	X(has, BITS)                    \
	X(skip, OWN)                    \
	X(span, OWN)                    \
	X(block, OWN)                   \
	X(missing_runs, NONE)           \
	X(rtp_ts, CLOCK)                \
	X(start, TIME)                  \
	X(end, TIME)                    \
	X(at, TIME)                     \
	X(expected, OWN)                \
	X(lost, OWN)                    \
	X(received, OWN)                \
	X(late, NONE)                   \
	X(recovered, NONE)              \
	X(duplicates, NONE)             \
	X(capture_duplicates, NONE)     \
	X(reordered, NONE)              \
	X(jitter_us, LAST)              \
	X(delay_variation_p50_us, LAST) \
	X(delay_variation_p95_us, OWN)  \
	X(delay_variation_p99_us, OWN)  \
	X(r_milli, LAST)                \
	X(mos_lq_milli, LAST)           \
	X(mos_cq_milli, LAST)           \
	X(burst_relief_milli, NONE)     \
	X(ie_eff_milli, OWN)            \
	X(ie_discard_milli, NONE)       \
	X(ie_burst_milli, NONE)         \
	X(id_milli, LAST)               \
	X(band, LAST)                   \
	X(basis, LAST)                  \
	X(model_version, LAST)          \
	X(clean_mos_lq_milli, LAST)     \
	X(coverage_flags, BITS)         \
	X(coverage_gap_ms, NONE)        \
	X(coverage_dropped, NONE)

enum es_pack_column {
#define X(name, prediction) ES_COL_##name,
	ES_PACK_COLUMNS(X)
#undef X
	    ES_PACK_COLUMNS_N
};

/* What is known before a row: the rows before it. */
struct es_pack_predict {
	bool begun;
	uint32_t rtp_step;
	uint64_t packet_ns;
	uint64_t
	    last[ES_PACK_COLUMNS_N]; /* of each column, the value of the last block that had it */
	uint64_t rtp_seq;            /* the first_seq of the block that had the last rtp_ts */
	uint64_t ro_milli;           /* of the last block that had terms */
};

/* Before the first row, of a pack whose record is of that time; the rates are the caller's to set. */
void es_pack_begin(struct es_pack_predict *p, uint64_t first_seq, es_time at);

/* Moves on to the next row. */
void es_pack_after(struct es_pack_predict *p, const struct es_record *rec);

/* What the next row is not predicted from any more: members of a later version read as fields.h says. */
void es_pack_read_known(struct es_interval *r);

/* Whether a column is in units of time_unit_ns. */
bool es_pack_is_time(enum es_pack_column c);

void es_pack_row_encode(
    const struct es_pack_predict *p, const struct es_record *rec, int64_t row[ES_PACK_COLUMNS_N]);

/*
 * Fills an interval record whose stream and vantage are known. skip and less: its runs of missing
 * numbers, as many as the row says. ES_EMALFORMED, ES_EFULL.
 */
int es_pack_row_decode(const struct es_pack_predict *p, const int64_t row[ES_PACK_COLUMNS_N],
    uint64_t unit_ns, const uint32_t *skip, const uint32_t *less, struct es_alloc *alloc,
    struct es_record *rec);

#endif
