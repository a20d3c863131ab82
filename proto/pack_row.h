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
 *     jitter, delay variation, R, MOS, Id, band, basis, model: against the last block that had one
 *     ie_eff    against what made Ro of R in that block
 *
 * A first block is expected to be narrowband's, by derived constants: what most are costs nothing.
 * Encoder and decoder walk the rows with the same struct es_pack_predict; only the direction differs.
 */
#ifndef EARSHOT_PROTO_PACK_ROW_H
#define EARSHOT_PROTO_PACK_ROW_H

#include "earshot/record.h"
#include "proto/alloc.h"

#define ES_PACK_COLUMNS(X)        \
	X(skip)                   \
	X(span)                   \
	X(block)                  \
	X(has)                    \
	X(rtp_ts)                 \
	X(start)                  \
	X(end)                    \
	X(at)                     \
	X(expected)               \
	X(received)               \
	X(lost)                   \
	X(late)                   \
	X(recovered)              \
	X(duplicates)             \
	X(capture_duplicates)     \
	X(reordered)              \
	X(jitter_us)              \
	X(delay_variation_p50_us) \
	X(delay_variation_p95_us) \
	X(delay_variation_p99_us) \
	X(r_milli)                \
	X(mos_lq_milli)           \
	X(mos_cq_milli)           \
	X(coverage_flags)         \
	X(coverage_gap_ms)        \
	X(coverage_dropped)       \
	X(missing_runs)           \
	X(ie_eff_milli)           \
	X(ie_discard_milli)       \
	X(ie_burst_milli)         \
	X(burst_relief_milli)     \
	X(id_milli)               \
	X(band)                   \
	X(basis)                  \
	X(model_version)          \
	X(clean_mos_lq_milli)

enum es_pack_column {
#define X(name) ES_COL_##name,
	ES_PACK_COLUMNS(X)
#undef X
	    ES_PACK_COLUMNS_N
};

/* What is known before a row: the row before it. */
struct es_pack_predict {
	bool begun;
	uint32_t rtp_step;
	uint64_t packet_ns;
	uint64_t first_seq;
	uint64_t next_seq;
	uint32_t has;
	uint32_t rtp_ts;
	uint64_t rtp_seq; /* the first_seq that rtp_ts belongs to */
	uint64_t start;
	uint64_t at;
	uint64_t jitter_us;
	uint64_t p50_us;
	uint64_t p50_to_p95_us;
	uint64_t p95_to_p99_us;
	uint64_t r_milli;
	uint64_t mos_lq_milli;
	uint64_t mos_cq_milli;
	uint64_t ro_milli;
	uint64_t id_milli;
	uint32_t band;
	uint32_t basis;
	uint32_t model_version;
	uint64_t clean_mos_lq_milli;
	uint32_t flags;
};

/* Before the first row; rates, numbers and times are the caller's to set. */
void es_pack_begin(struct es_pack_predict *p);

/* Moves on to the next row. */
void es_pack_after(struct es_pack_predict *p, const struct es_record *rec);

/* What the next row is not predicted from any more: members of a later version read as fields.h says. */
void es_pack_read_known(struct es_interval *r);

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
