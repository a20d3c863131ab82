/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The column code of IntervalPack. Every value is the difference to a prediction, modulo 2^64, so any
 * record comes back exactly, and an ordinary one costs a few bytes:
 *
 *     skip      first_seq against the end of the block before       0 where blocks follow each other
 *     span      last_seq against the end of its block               0 but for the first and last
 *     rtp_ts    by rtp_step from the block before                   0 without loss at the edge
 *     start     by packet_ns from the block before, end from start, at from the at before
 *     expected  against last - first + 1; lost against the runs; received against expected - lost
 *     jitter, delay variation, R, MOS: against the last block that had one
 *
 * Encoder and decoder walk the rows with the same struct predict; only the direction differs.
 */
#include "proto/pack_code.h"

#include "proto/encode.h"
#include "proto/fields.h"

#define COLUMNS(X)                \
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
	X(missing_runs)

enum column {
#define X(name) COL_##name,
	COLUMNS(X)
#undef X
	    N_COLUMNS
};

enum { RUNS_MAX = 1024, UNIT_NS = 1000 };

/* What is known before a row: the row before it. */
struct predict {
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
	uint32_t flags;
};

struct predicted {
	uint64_t start;
	uint64_t end;
	uint64_t at;
	uint32_t rtp_ts;
};

/* Times and media clock of a block whose numbers (and, for end and at, whose start) are known. */
static struct predicted
predict_times(const struct predict *p, uint64_t first, uint64_t last, uint64_t start)
{
	struct predicted out;

	out.start = p->start + p->packet_ns * (first - p->first_seq);
	out.end = start + p->packet_ns * (last - first);
	out.at = p->at + (p->begun ? start - p->start : 0);
	out.rtp_ts = p->rtp_ts + p->rtp_step * (uint32_t)(first - p->rtp_seq);
	return out;
}

/* Moves on to the next row. */
static void
predict_after(struct predict *p, const struct es_record *rec)
{
	const struct es_interval *r = &rec->u.interval;

	p->begun = true;
	p->first_seq = r->first_seq;
	p->next_seq = r->last_seq + 1;
	p->has = r->has;
	p->start = (uint64_t)r->start.ns;
	p->at = (uint64_t)rec->at.ns;
	p->flags = rec->coverage.flags;
	if (r->has & ES_INTERVAL_HAS_RTP_TS) {
		p->rtp_ts = r->rtp_ts;
		p->rtp_seq = r->first_seq;
	}
	if (r->has & ES_INTERVAL_HAS_JITTER)
		p->jitter_us = r->jitter_us;
	if (r->has & ES_INTERVAL_HAS_DELAY_VARIATION) {
		p->p50_us = r->delay_variation.p50_us;
		p->p50_to_p95_us = (uint64_t)r->delay_variation.p95_us - r->delay_variation.p50_us;
		p->p95_to_p99_us = (uint64_t)r->delay_variation.p99_us - r->delay_variation.p95_us;
	}
	if (r->has & ES_INTERVAL_HAS_QUALITY) {
		p->r_milli = (uint64_t)(int64_t)r->r_milli;
		p->mos_lq_milli = r->mos_lq_milli;
	}
	if (r->has & ES_INTERVAL_HAS_MOS_CQ)
		p->mos_cq_milli = r->mos_cq_milli;
}

static uint64_t
sum_of_runs(const struct es_interval *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->n_missing; i++)
		sum += r->missing[i].run;
	return sum;
}

#define ROW(name, value) row[COL_##name] = (int64_t)(value)

static void
encode_row(struct predict *p, const struct es_record *rec, int64_t row[N_COLUMNS])
{
	const struct es_interval *r = &rec->u.interval;
	struct predicted want = predict_times(p, r->first_seq, r->last_seq, (uint64_t)r->start.ns);

	memset(row, 0, N_COLUMNS * sizeof(*row));
	ROW(skip, r->first_seq - p->next_seq);
	ROW(span, r->last_seq - (r->first_seq | (ES_BLOCK_SEQS - 1)));
	ROW(block, r->block - r->first_seq / ES_BLOCK_SEQS);
	ROW(has, r->has ^ p->has);
	if (r->has & ES_INTERVAL_HAS_RTP_TS)
		ROW(rtp_ts, (int32_t)(r->rtp_ts - want.rtp_ts));
	ROW(start, (uint64_t)r->start.ns - want.start);
	ROW(end, (uint64_t)r->end.ns - want.end);
	ROW(at, (uint64_t)rec->at.ns - want.at);
	ROW(expected, r->expected - (r->last_seq - r->first_seq + 1));
	ROW(lost, r->lost - sum_of_runs(r));
	ROW(received, r->received - ((uint64_t)r->expected - r->lost));
	if (r->has & ES_INTERVAL_HAS_LATE)
		ROW(late, r->late);
	if (r->has & ES_INTERVAL_HAS_RECOVERED)
		ROW(recovered, r->recovered);
	ROW(duplicates, r->duplicates);
	ROW(capture_duplicates, r->capture_duplicates);
	ROW(reordered, r->reordered);
	if (r->has & ES_INTERVAL_HAS_JITTER)
		ROW(jitter_us, r->jitter_us - p->jitter_us);
	if (r->has & ES_INTERVAL_HAS_DELAY_VARIATION) {
		const struct es_delay_variation *v = &r->delay_variation;

		ROW(delay_variation_p50_us, v->p50_us - p->p50_us);
		ROW(delay_variation_p95_us, (uint64_t)v->p95_us - v->p50_us - p->p50_to_p95_us);
		ROW(delay_variation_p99_us, (uint64_t)v->p99_us - v->p95_us - p->p95_to_p99_us);
	}
	if (r->has & ES_INTERVAL_HAS_QUALITY) {
		ROW(r_milli, (uint64_t)(int64_t)r->r_milli - p->r_milli);
		ROW(mos_lq_milli, r->mos_lq_milli - p->mos_lq_milli);
	}
	if (r->has & ES_INTERVAL_HAS_MOS_CQ)
		ROW(mos_cq_milli, r->mos_cq_milli - p->mos_cq_milli);
	ROW(coverage_flags, rec->coverage.flags ^ p->flags);
	ROW(coverage_gap_ms, rec->coverage.gap_ms);
	ROW(coverage_dropped, rec->coverage.dropped);
	ROW(missing_runs, r->n_missing);
}

static bool
same_stream(const struct es_record *a, const struct es_record *b)
{
	if (b->type != ES_REC_INTERVAL || (a->vantage == NULL) != (b->vantage == NULL))
		return false;
	if (a->vantage != NULL && (a->vantage->role != b->vantage->role ||
				      !es_slice_eq(a->vantage->label, b->vantage->label)))
		return false;
	return memcmp(&a->u.interval.stream, &b->u.interval.stream, sizeof(struct es_stream_key)) ==
	       0;
}

/* The runs of all blocks, one after the other. Returns how many, ES_EFULL, ES_EINVALID. */
static int
encode_runs(
    const struct es_record *const *recs, size_t n, uint32_t skip[RUNS_MAX], uint32_t less[RUNS_MAX])
{
	int n_runs = 0;

	for (size_t i = 0; i < n; i++) {
		const struct es_interval *r = &recs[i]->u.interval;
		uint64_t at = r->first_seq;

		for (uint32_t k = 0; k < r->n_missing; k++, n_runs++) {
			const struct es_missing *run = &r->missing[k];

			if (run->seq < at || run->seq - at >= ES_BLOCK_SEQS || run->run == 0)
				return ES_EINVALID;
			if (n_runs == RUNS_MAX)
				return ES_EFULL;
			skip[n_runs] = (uint32_t)(run->seq - at);
			less[n_runs] = run->run - 1;
			at = run->seq + run->run;
		}
	}
	return n_runs;
}

/* Time and media clock per number, from the first block that differs; 0 where there is no telling. */
static void
guess_rates(const struct es_record *const *recs, size_t n, struct predict *p)
{
	const struct es_interval *a = &recs[0]->u.interval;

	for (size_t i = 1; i < n; i++) {
		const struct es_interval *b = &recs[i]->u.interval;
		uint64_t numbers = b->first_seq - a->first_seq;
		int64_t ns = es_time_diff(b->start, a->start);

		if (b->first_seq <= a->first_seq || ns <= 0)
			continue;
		p->packet_ns = (uint64_t)ns / numbers / UNIT_NS * UNIT_NS;
		if ((a->has & b->has & ES_INTERVAL_HAS_RTP_TS) && numbers <= UINT32_MAX)
			p->rtp_step = (b->rtp_ts - a->rtp_ts) / (uint32_t)numbers;
	}
}

/* Takes a factor of 1000 out of the time columns when all of them have it. */
static void
scale_times(int64_t cols[N_COLUMNS][ES_PACK_BLOCKS_MAX], size_t n, Earshot__Pb__IntervalPack *m)
{
	for (size_t i = 0; i < n; i++)
		if (cols[COL_start][i] % UNIT_NS != 0 || cols[COL_end][i] % UNIT_NS != 0 ||
		    cols[COL_at][i] % UNIT_NS != 0)
			return;
	for (size_t i = 0; i < n; i++) {
		cols[COL_start][i] /= UNIT_NS;
		cols[COL_end][i] /= UNIT_NS;
		cols[COL_at][i] /= UNIT_NS;
	}
	m->time_unit_ns = UNIT_NS;
	m->has_time_unit_ns = true;
}

static bool
is_zero(const int64_t *col, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (col[i] != 0)
			return false;
	return true;
}

static void
fill_columns(const struct es_record *const *recs, size_t n,
    int64_t cols[N_COLUMNS][ES_PACK_BLOCKS_MAX], Earshot__Pb__IntervalPack *m)
{
	struct predict p;
	int64_t row[N_COLUMNS];

	memset(&p, 0, sizeof(p));
	guess_rates(recs, n, &p);
	m->first_seq = recs[0]->u.interval.first_seq;
	m->rtp_step = p.rtp_step;
	m->packet_ns = p.packet_ns;
	m->has_first_seq = true;
	m->has_rtp_step = p.rtp_step != 0;
	m->has_packet_ns = p.packet_ns != 0;
	p.first_seq = p.next_seq = m->first_seq;
	p.start = p.at = (uint64_t)recs[0]->at.ns;
	for (size_t i = 0; i < n; i++) {
		encode_row(&p, recs[i], row);
		predict_after(&p, recs[i]);
		for (size_t k = 0; k < N_COLUMNS; k++)
			cols[k][i] = row[k];
	}
	scale_times(cols, n, m);
#define X(name)                              \
	if (!is_zero(cols[COL_##name], n)) { \
		m->name = cols[COL_##name];  \
		m->n_##name = n;             \
	}
	COLUMNS(X)
#undef X
}

int
es_pack_encode(const struct es_record *const *recs, size_t n, uint8_t *out, size_t cap_bytes)
{
	int64_t cols[N_COLUMNS][ES_PACK_BLOCKS_MAX];
	uint32_t skip[RUNS_MAX];
	uint32_t less[RUNS_MAX];
	Earshot__Pb__Record rec = EARSHOT__PB__RECORD__INIT;
	Earshot__Pb__IntervalPack m = EARSHOT__PB__INTERVAL_PACK__INIT;
	Earshot__Pb__Vantage vantage;
	Earshot__Pb__Coverage coverage;
	struct es_coverage all = { 0, 0, 0 };
	struct es_shape_key key;
	int n_runs;

	if (n == 0 || n > ES_PACK_BLOCKS_MAX)
		return ES_EINVALID;
	for (size_t i = 0; i < n; i++) {
		if (!same_stream(recs[0], recs[i]))
			return ES_EINVALID;
		all.flags |= recs[i]->coverage.flags;
	}
	n_runs = encode_runs(recs, n, skip, less);
	if (n_runs < 0)
		return n_runs;
	es_shape_coverage(&all, &coverage);
	es_shape_key(&recs[0]->u.interval.stream, &key);
	rec.at_ns = recs[0]->at.ns;
	rec.has_at_ns = true;
	rec.coverage = &coverage;
	rec.pack = &m;
	if (recs[0]->vantage != NULL) {
		es_shape_vantage(recs[0]->vantage, &vantage);
		rec.vantage = &vantage;
	}
	m.stream = &key.msg;
	m.n_blocks = (uint32_t)n;
	m.has_n_blocks = true;
	fill_columns(recs, n, cols, &m);
	m.missing_skip = skip;
	m.missing_run = less;
	m.n_missing_skip = m.n_missing_run = (size_t)n_runs;
	return es_shape_serialise(
	    &rec.base, out, cap_bytes < ES_RECORD_MAX_BYTES ? cap_bytes : ES_RECORD_MAX_BYTES);
}

int
es_runs_read(const uint32_t *skip, const uint32_t *less, size_t n, struct es_alloc *alloc,
    struct es_interval *block)
{
	struct es_missing *runs;
	uint64_t at = block->first_seq;

	if (block->first_seq > block->last_seq ||
	    block->last_seq - block->first_seq >= ES_BLOCK_SEQS ||
	    block->block != block->first_seq / ES_BLOCK_SEQS || n > ES_FIELD_RUNS_MAX)
		return ES_EMALFORMED;
	if (n == 0)
		return 0;
	runs = es_alloc_take(alloc, n * sizeof(*runs));
	if (runs == NULL)
		return ES_EFULL;
	for (size_t i = 0; i < n; i++) {
		uint64_t left = block->last_seq - at + 1;

		if (at > block->last_seq || skip[i] >= left || less[i] >= left - skip[i])
			return ES_EMALFORMED;
		memset(&runs[i], 0, sizeof(runs[i]));
		runs[i].seq = at + skip[i];
		runs[i].run = less[i] + 1;
		at = runs[i].seq + runs[i].run;
	}
	block->missing = runs;
	block->n_missing = (uint32_t)n;
	return 0;
}

/* Values of a row that must fit 32 bits; goes bad once and stays bad. */
static uint32_t
narrow(uint64_t v, uint64_t max, bool *bad)
{
	if (v > max)
		*bad = true;
	return (uint32_t)v;
}

#define GET(name) ((uint64_t)row[COL_##name])
#define GET32(name, base) narrow(GET(name) + (base), UINT32_MAX, &bad)

static void
decode_measured(
    const struct predict *p, const int64_t row[N_COLUMNS], struct es_interval *r, bool *is_bad)
{
	bool bad = *is_bad;

	if (r->has & ES_INTERVAL_HAS_LATE)
		r->late = GET32(late, 0);
	if (r->has & ES_INTERVAL_HAS_RECOVERED)
		r->recovered = GET32(recovered, 0);
	if (r->has & ES_INTERVAL_HAS_JITTER)
		r->jitter_us = GET32(jitter_us, p->jitter_us);
	if (r->has & ES_INTERVAL_HAS_DELAY_VARIATION) {
		struct es_delay_variation *v = &r->delay_variation;

		v->p50_us = GET32(delay_variation_p50_us, p->p50_us);
		v->p95_us = GET32(delay_variation_p95_us, v->p50_us + p->p50_to_p95_us);
		v->p99_us = GET32(delay_variation_p99_us, v->p95_us + p->p95_to_p99_us);
	}
	if (r->has & ES_INTERVAL_HAS_QUALITY) {
		int64_t r_milli = (int64_t)(GET(r_milli) + p->r_milli);

		if (r_milli < -1000000 || r_milli > 1000000)
			bad = true;
		r->r_milli = (int32_t)r_milli;
		r->mos_lq_milli =
		    narrow(GET(mos_lq_milli) + p->mos_lq_milli, ES_FIELD_MOS_MAX, &bad);
	}
	if (r->has & ES_INTERVAL_HAS_MOS_CQ)
		r->mos_cq_milli =
		    narrow(GET(mos_cq_milli) + p->mos_cq_milli, ES_FIELD_MOS_MAX, &bad);
	*is_bad = bad;
}

/* One row; runs are read before it, so that what is lost is known. */
static int
decode_row(const struct predict *p, const int64_t row[N_COLUMNS], uint64_t unit_ns,
    const uint32_t *skip, const uint32_t *less, struct es_alloc *alloc, struct es_record *rec)
{
	struct es_interval *r = &rec->u.interval;
	struct predicted want;
	bool bad = false;
	int err;

	r->first_seq = p->next_seq + GET(skip);
	r->last_seq = (r->first_seq | (ES_BLOCK_SEQS - 1)) + GET(span);
	r->block = r->first_seq / ES_BLOCK_SEQS + GET(block);
	r->has = GET32(has, 0) ^ p->has;
	err = es_runs_read(skip, less, (size_t)GET(missing_runs), alloc, r);
	if (err != 0)
		return err;
	want = predict_times(p, r->first_seq, r->last_seq, 0);
	r->start = es_time_of_ns((int64_t)(want.start + GET(start) * unit_ns));
	want = predict_times(p, r->first_seq, r->last_seq, (uint64_t)r->start.ns);
	r->end = es_time_of_ns((int64_t)(want.end + GET(end) * unit_ns));
	rec->at = es_time_of_ns((int64_t)(want.at + GET(at) * unit_ns));
	if (r->has & ES_INTERVAL_HAS_RTP_TS)
		r->rtp_ts = want.rtp_ts + (uint32_t)GET(rtp_ts);
	r->expected = GET32(expected, r->last_seq - r->first_seq + 1);
	r->lost = GET32(lost, sum_of_runs(r));
	r->received = GET32(received, (uint64_t)r->expected - r->lost);
	r->duplicates = GET32(duplicates, 0);
	r->capture_duplicates = GET32(capture_duplicates, 0);
	r->reordered = GET32(reordered, 0);
	decode_measured(p, row, r, &bad);
	rec->coverage.flags = GET32(coverage_flags, 0) ^ p->flags;
	rec->coverage.gap_ms = GET32(coverage_gap_ms, 0);
	rec->coverage.dropped = GET(coverage_dropped);
	return bad || es_time_before(rec->at, es_time_of_ns(0)) ||
		       es_time_before(r->start, es_time_of_ns(0)) ||
		       es_time_before(r->end, es_time_of_ns(0))
		   ? ES_EMALFORMED
		   : 0;
}

/* Finds the columns; one that is left out reads as zeros. */
static int
find_columns(
    const Earshot__Pb__IntervalPack *m, const int64_t *cols[N_COLUMNS], const int64_t *zeros)
{
#define X(name)                                             \
	if (m->n_##name != 0 && m->n_##name != m->n_blocks) \
		return ES_EMALFORMED;                       \
	cols[COL_##name] = m->n_##name == 0 ? zeros : m->name;
	COLUMNS(X)
#undef X
	return 0;
}

int
es_pack_read(const Earshot__Pb__IntervalPack *m, const struct es_record *head,
    struct es_alloc *alloc, struct es_record **recs)
{
	static const int64_t zeros[ES_PACK_BLOCKS_MAX];
	const int64_t *cols[N_COLUMNS];
	int64_t row[N_COLUMNS];
	struct predict p;
	struct es_record *out;
	struct es_stream_key key;
	size_t run = 0;

	memset(&p, 0, sizeof(p));
	if (m->n_blocks == 0 || m->n_blocks > ES_PACK_BLOCKS_MAX || !m->has_first_seq ||
	    m->n_missing_skip != m->n_missing_run || es_shape_key_read(m->stream, &key) != 0 ||
	    find_columns(m, cols, zeros) != 0)
		return ES_EMALFORMED;
	out = es_alloc_take(alloc, m->n_blocks * sizeof(*out));
	if (out == NULL)
		return ES_EFULL;
	p.rtp_step = m->rtp_step;
	p.packet_ns = m->packet_ns;
	p.first_seq = p.next_seq = m->first_seq;
	p.start = p.at = (uint64_t)head->at.ns;
	for (size_t i = 0; i < m->n_blocks; i++) {
		uint64_t n_runs = (uint64_t)cols[COL_missing_runs][i];
		int err;

		if (n_runs > m->n_missing_skip - run)
			return ES_EMALFORMED;
		for (size_t k = 0; k < N_COLUMNS; k++)
			row[k] = cols[k][i];
		memset(&out[i], 0, sizeof(out[i]));
		out[i].type = ES_REC_INTERVAL;
		out[i].vantage = head->vantage;
		out[i].u.interval.stream = key;
		err = decode_row(&p, row, m->has_time_unit_ns ? m->time_unit_ns : 1,
		    m->missing_skip + run, m->missing_run + run, alloc, &out[i]);
		if (err != 0)
			return err;
		run += (size_t)n_runs;
		predict_after(&p, &out[i]);
	}
	if (run != m->n_missing_skip)
		return ES_EMALFORMED;
	*recs = out;
	return (int)m->n_blocks;
}
