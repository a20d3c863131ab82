/* SPDX-License-Identifier: Apache-2.0 */
/* IntervalPack: the rows of blocks in columns, and their runs of missing numbers. */
#include "proto/pack_private.h"

#include "proto/encode.h"
#include "proto/pack_row.h"
#include "proto/pack_runs.h"

enum { UNIT_NS = 1000 };

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

/* Time and media clock per number, from the first block that differs; 0 where it is not known. */
static void
guess_rates(const struct es_record *const *recs, size_t n, struct es_pack_predict *p)
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
scale_times(
    int64_t cols[ES_PACK_COLUMNS_N][ES_PACK_BLOCKS_MAX], size_t n, Earshot__Pb__IntervalPack *m)
{
	for (size_t k = 0; k < ES_PACK_COLUMNS_N; k++)
		for (size_t i = 0; i < n && es_pack_is_time(k); i++)
			if (cols[k][i] % UNIT_NS != 0)
				return;
	for (size_t k = 0; k < ES_PACK_COLUMNS_N; k++)
		for (size_t i = 0; i < n && es_pack_is_time(k); i++)
			cols[k][i] /= UNIT_NS;
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
    int64_t cols[ES_PACK_COLUMNS_N][ES_PACK_BLOCKS_MAX], Earshot__Pb__IntervalPack *m)
{
	struct es_pack_predict p;
	int64_t row[ES_PACK_COLUMNS_N];

	m->first_seq = recs[0]->u.interval.first_seq;
	es_pack_begin(&p, m->first_seq, recs[0]->at);
	guess_rates(recs, n, &p);
	m->rtp_step = p.rtp_step;
	m->packet_ns = p.packet_ns;
	m->has_first_seq = true;
	m->has_rtp_step = p.rtp_step != 0;
	m->has_packet_ns = p.packet_ns != 0;
	for (size_t i = 0; i < n; i++) {
		es_pack_row_encode(&p, recs[i], row);
		es_pack_after(&p, recs[i]);
		for (size_t k = 0; k < ES_PACK_COLUMNS_N; k++)
			cols[k][i] = row[k];
	}
	scale_times(cols, n, m);
#define X(name, prediction)                     \
	if (!is_zero(cols[ES_COL_##name], n)) { \
		m->name = cols[ES_COL_##name];  \
		m->n_##name = n;                \
	}
	ES_PACK_COLUMNS(X)
#undef X
}

int
es_pack_encode(const struct es_record *const *recs, size_t n, uint8_t *out, size_t cap_bytes)
{
	int64_t cols[ES_PACK_COLUMNS_N][ES_PACK_BLOCKS_MAX];
	uint32_t skip[ES_PACK_RUNS_MAX];
	uint32_t less[ES_PACK_RUNS_MAX];
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
	n_runs = es_pack_runs_write(recs, n, skip, less);
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

/* Finds the columns; one that is left out reads as zeros. */
static int
find_columns(const Earshot__Pb__IntervalPack *m, const int64_t *cols[ES_PACK_COLUMNS_N],
    const int64_t *zeros)
{
#define X(name, prediction)                                 \
	if (m->n_##name != 0 && m->n_##name != m->n_blocks) \
		return ES_EMALFORMED;                       \
	cols[ES_COL_##name] = m->n_##name == 0 ? zeros : m->name;
	ES_PACK_COLUMNS(X)
#undef X
	return 0;
}

int
es_pack_read(const Earshot__Pb__IntervalPack *m, const struct es_record *head,
    struct es_alloc *alloc, struct es_record **recs)
{
	static const int64_t zeros[ES_PACK_BLOCKS_MAX];
	const int64_t *cols[ES_PACK_COLUMNS_N];
	int64_t row[ES_PACK_COLUMNS_N];
	struct es_pack_predict p;
	struct es_record *out;
	struct es_stream_key key;
	size_t run = 0;

	if (m->n_blocks == 0 || m->n_blocks > ES_PACK_BLOCKS_MAX || !m->has_first_seq ||
	    m->n_missing_skip != m->n_missing_run || es_shape_key_read(m->stream, &key) != 0 ||
	    find_columns(m, cols, zeros) != 0)
		return ES_EMALFORMED;
	out = es_arena_reserve(&alloc->arena, m->n_blocks, sizeof(*out));
	if (out == NULL)
		return ES_EFULL;
	es_pack_begin(&p, m->first_seq, head->at);
	p.rtp_step = m->rtp_step;
	p.packet_ns = m->packet_ns;
	for (size_t i = 0; i < m->n_blocks; i++) {
		uint64_t n_runs = (uint64_t)cols[ES_COL_missing_runs][i];
		int err;

		if (n_runs > m->n_missing_skip - run)
			return ES_EMALFORMED;
		for (size_t k = 0; k < ES_PACK_COLUMNS_N; k++)
			row[k] = cols[k][i];
		memset(&out[i], 0, sizeof(out[i]));
		out[i].type = ES_REC_INTERVAL;
		out[i].vantage = head->vantage;
		out[i].u.interval.stream = key;
		err = es_pack_row_decode(&p, row, m->has_time_unit_ns ? m->time_unit_ns : 1,
		    m->missing_skip + run, m->missing_run + run, alloc, &out[i]);
		if (err != 0)
			return err;
		run += (size_t)n_runs;
		es_pack_after(&p, &out[i]);
		es_pack_read_known(&out[i].u.interval);
	}
	if (run != m->n_missing_skip)
		return ES_EMALFORMED;
	*recs = out;
	return (int)m->n_blocks;
}
