/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of IntervalPack: there and back by the same predictions. */
#include "proto/pack_row.h"

#include "proto/fields.h"
#include "proto/pack_code.h"

struct predicted {
	uint64_t start;
	uint64_t end;
	uint64_t at;
	uint32_t rtp_ts;
};

/* Times and media clock of a block whose numbers (and, for end and at, whose start) are known. */
static struct predicted
predict_times(const struct es_pack_predict *p, uint64_t first, uint64_t last, uint64_t start)
{
	struct predicted out;

	out.start = p->start + p->packet_ns * (first - p->first_seq);
	out.end = start + p->packet_ns * (last - first);
	out.at = p->at + (p->begun ? start - p->start : 0);
	out.rtp_ts = p->rtp_ts + p->rtp_step * (uint32_t)(first - p->rtp_seq);
	return out;
}

void
es_pack_begin(struct es_pack_predict *p)
{
	*p = (struct es_pack_predict){
		.ro_milli = 93206,
		.band = ES_BAND_NB,
		.basis = ES_BASIS_DERIVED,
		.model_version = 3,
		.clean_mos_lq_milli = 4293,
	};
}

/* Ro - Ie,eff: R without the relief. */
static uint64_t
unrelieved(const struct es_interval *r)
{
	return (uint64_t)(int64_t)r->r_milli - r->burst_relief_milli;
}

void
es_pack_after(struct es_pack_predict *p, const struct es_record *rec)
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
	if (r->has & ES_INTERVAL_HAS_TERMS) {
		p->ro_milli = unrelieved(r) + r->ie_eff_milli;
		p->band = r->band;
		p->basis = r->basis;
		p->model_version = r->model_version;
	}
	if (r->has & ES_INTERVAL_HAS_ID)
		p->id_milli = r->id_milli;
	if (r->has & ES_INTERVAL_HAS_CLEAN)
		p->clean_mos_lq_milli = r->clean_mos_lq_milli;
}

void
es_pack_read_known(struct es_interval *r)
{
#define KNOWN(kind, ...) ES_ROW_##kind(KNOWN_, __VA_ARGS__)
#define KNOWN_U(...)
#define KNOWN_S(...)
#define KNOWN_E(field, member, type, bit, max, other, key, form) \
	if ((unsigned)r->member > (unsigned)(max))               \
		r->member = (type)(other);
#define KNOWN_TIME(...)
#define KNOWN_LAYOUT(...)
	ES_INTERVAL_FIELDS(KNOWN)
}

static uint64_t
sum_of_runs(const struct es_interval *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->n_missing; i++)
		sum += r->missing[i].run;
	return sum;
}

#define ROW(name, value) row[ES_COL_##name] = (int64_t)(value)

static void
encode_terms(
    const struct es_pack_predict *p, const struct es_interval *r, int64_t row[ES_PACK_COLUMNS_N])
{
	if (r->has & ES_INTERVAL_HAS_TERMS) {
		ROW(ie_eff_milli, r->ie_eff_milli - (p->ro_milli - unrelieved(r)));
		ROW(ie_discard_milli, r->ie_discard_milli);
		ROW(ie_burst_milli, r->ie_burst_milli);
		ROW(burst_relief_milli, r->burst_relief_milli);
		ROW(band, (int64_t)r->band - p->band);
		ROW(basis, (int64_t)r->basis - p->basis);
		ROW(model_version, (int64_t)r->model_version - p->model_version);
	}
	if (r->has & ES_INTERVAL_HAS_ID)
		ROW(id_milli, r->id_milli - p->id_milli);
	if (r->has & ES_INTERVAL_HAS_CLEAN)
		ROW(clean_mos_lq_milli, r->clean_mos_lq_milli - p->clean_mos_lq_milli);
}

void
es_pack_row_encode(
    const struct es_pack_predict *p, const struct es_record *rec, int64_t row[ES_PACK_COLUMNS_N])
{
	const struct es_interval *r = &rec->u.interval;
	struct predicted want = predict_times(p, r->first_seq, r->last_seq, (uint64_t)r->start.ns);

	memset(row, 0, ES_PACK_COLUMNS_N * sizeof(*row));
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
	encode_terms(p, r, row);
	ROW(coverage_flags, rec->coverage.flags ^ p->flags);
	ROW(coverage_gap_ms, rec->coverage.gap_ms);
	ROW(coverage_dropped, rec->coverage.dropped);
	ROW(missing_runs, r->n_missing);
}

/* Values of a row that must fit 32 bits; goes bad once and stays bad. */
static uint32_t
narrow(uint64_t v, uint64_t max, bool *bad)
{
	if (v > max)
		*bad = true;
	return (uint32_t)v;
}

#define GET(name) ((uint64_t)row[ES_COL_##name])
#define GET32(name, base) narrow(GET(name) + (base), UINT32_MAX, &bad)

static void
decode_terms(const struct es_pack_predict *p, const int64_t row[ES_PACK_COLUMNS_N],
    struct es_interval *r, bool *bad)
{
	if (r->has & ES_INTERVAL_HAS_TERMS) {
		r->burst_relief_milli = narrow(GET(burst_relief_milli), ES_FIELD_R_MAX, bad);
		r->ie_eff_milli =
		    narrow(GET(ie_eff_milli) + p->ro_milli - unrelieved(r), ES_FIELD_R_MAX, bad);
		r->ie_discard_milli = narrow(GET(ie_discard_milli), ES_FIELD_R_MAX, bad);
		r->ie_burst_milli = narrow(GET(ie_burst_milli), ES_FIELD_R_MAX, bad);
		r->band = (enum es_band)narrow(GET(band) + p->band, INT32_MAX, bad);
		r->basis = (enum es_mos_basis)narrow(GET(basis) + p->basis, INT32_MAX, bad);
		r->model_version =
		    (uint8_t)narrow(GET(model_version) + p->model_version, UINT8_MAX, bad);
	}
	if (r->has & ES_INTERVAL_HAS_ID)
		r->id_milli = narrow(GET(id_milli) + p->id_milli, ES_FIELD_R_MAX, bad);
	if (r->has & ES_INTERVAL_HAS_CLEAN)
		r->clean_mos_lq_milli =
		    narrow(GET(clean_mos_lq_milli) + p->clean_mos_lq_milli, ES_FIELD_MOS_MAX, bad);
}

static void
decode_measured(const struct es_pack_predict *p, const int64_t row[ES_PACK_COLUMNS_N],
    struct es_interval *r, bool *is_bad)
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

		if (r_milli < -ES_FIELD_R_MAX || r_milli > ES_FIELD_R_MAX)
			bad = true;
		r->r_milli = (int32_t)r_milli;
		r->mos_lq_milli =
		    narrow(GET(mos_lq_milli) + p->mos_lq_milli, ES_FIELD_MOS_MAX, &bad);
	}
	if (r->has & ES_INTERVAL_HAS_MOS_CQ)
		r->mos_cq_milli =
		    narrow(GET(mos_cq_milli) + p->mos_cq_milli, ES_FIELD_MOS_MAX, &bad);
	decode_terms(p, row, r, &bad);
	*is_bad = bad;
}

/* Runs are read first, so that what is lost is known. */
int
es_pack_row_decode(const struct es_pack_predict *p, const int64_t row[ES_PACK_COLUMNS_N],
    uint64_t unit_ns, const uint32_t *skip, const uint32_t *less, struct es_alloc *alloc,
    struct es_record *rec)
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
