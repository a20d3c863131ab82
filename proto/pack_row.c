/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of IntervalPack: there and back by the same predictions, column by column. */
#include "proto/pack_row.h"

#include "proto/fields.h"
#include "proto/pack_runs.h"

/* With each column a constant, nothing is left of the switches below. */
#define FOLD __attribute__((flatten))

enum prediction { NONE, LAST, BITS, OWN, TIME, CLOCK };

/* The rows of fields.h that have a column of another name. */
enum { ES_COL_first_seq = ES_COL_skip, ES_COL_last_seq = ES_COL_span };

#define BIT(kind, ...) ES_ROW_##kind(BIT_, __VA_ARGS__)
#define BIT_U(field, member, type, bit, ...) [ES_COL_##field] = (bit),
#define BIT_S(field, member, type, bit, ...) [ES_COL_##field] = (bit),
#define BIT_E(field, member, type, bit, ...) [ES_COL_##field] = (bit),
#define BIT_TIME(...)
#define BIT_LAYOUT(...)
static const uint32_t bits[ES_PACK_COLUMNS_N] = { ES_INTERVAL_FIELDS(BIT) };

static bool
is_there(const struct es_interval *r, enum es_pack_column c)
{
	return (bits[c] & ~r->has) == 0;
}

bool
es_pack_is_time(enum es_pack_column c)
{
	static const bool is_time[ES_PACK_COLUMNS_N] = {
#define X(name, prediction) [ES_COL_##name] = (prediction) == TIME,
		ES_PACK_COLUMNS(X)
#undef X
	};

	return is_time[c];
}

static uint64_t
value_of(const struct es_record *rec, enum es_pack_column c)
{
	const struct es_interval *r = &rec->u.interval;

	switch (c) {
#define VALUE(kind, ...) ES_ROW_##kind(VALUE_, __VA_ARGS__)
#define VALUE_U(field, member, ...) \
	case ES_COL_##field:        \
		return r->member;
#define VALUE_S(field, member, ...) \
	case ES_COL_##field:        \
		return (uint64_t)(int64_t)r->member;
#define VALUE_E(field, member, ...) \
	case ES_COL_##field:        \
		return (uint64_t)r->member;
#define VALUE_TIME(member, key) \
	case ES_COL_##member:   \
		return (uint64_t)r->member.ns;
#define VALUE_LAYOUT(...)
		ES_INTERVAL_FIELDS(VALUE)
	case ES_COL_has:
		return r->has;
	case ES_COL_missing_runs:
		return r->n_missing;
	case ES_COL_at:
		return (uint64_t)rec->at.ns;
	case ES_COL_coverage_flags:
		return rec->coverage.flags;
	case ES_COL_coverage_gap_ms:
		return rec->coverage.gap_ms;
	case ES_COL_coverage_dropped:
		return rec->coverage.dropped;
	case ES_PACK_COLUMNS_N:
		break;
	}
	return 0;
}

static bool
is_within(int64_t v, int64_t min, int64_t max)
{
	return v >= min && v <= max;
}

/* Takes a value that came from elsewhere; false if the member cannot have it. */
static bool
set_value(struct es_record *rec, enum es_pack_column c, uint64_t v)
{
	struct es_interval *r = &rec->u.interval;
	uint64_t max = UINT32_MAX;

	switch (c) {
#define SET(kind, ...) ES_ROW_##kind(SET_, __VA_ARGS__)
#define SET_U(field, member, type, bit, highest, key, form) \
	case ES_COL_##field:                                \
		r->member = (type)v;                        \
		max = highest;                              \
		break;
#define SET_S(field, member, type, bit, min, highest, key, form) \
	case ES_COL_##field:                                     \
		r->member = (type)(int64_t)v;                    \
		return is_within((int64_t)v, min, highest);
#define SET_E(field, member, type, bit, known, other, key, form) \
	case ES_COL_##field:                                     \
		r->member = (type)v;                             \
		max = INT32_MAX; /* es_pack_read_known */        \
		break;
#define SET_TIME(member, key)                          \
	case ES_COL_##member:                          \
		r->member = es_time_of_ns((int64_t)v); \
		return is_within((int64_t)v, 0, INT64_MAX);
#define SET_LAYOUT(...)
		ES_INTERVAL_FIELDS(SET)
	case ES_COL_has:
		r->has = (uint32_t)v;
		break;
	case ES_COL_missing_runs:
		r->n_missing = (uint32_t)v;
		break;
	case ES_COL_at:
		rec->at = es_time_of_ns((int64_t)v);
		return is_within((int64_t)v, 0, INT64_MAX);
	case ES_COL_coverage_flags:
		rec->coverage.flags = (uint32_t)v;
		break;
	case ES_COL_coverage_gap_ms:
		rec->coverage.gap_ms = (uint32_t)v;
		break;
	case ES_COL_coverage_dropped:
		rec->coverage.dropped = v;
		return true;
	case ES_PACK_COLUMNS_N:
		break;
	}
	return v <= max;
}

void
es_pack_begin(struct es_pack_predict *p, uint64_t first_seq, es_time at)
{
	*p = (struct es_pack_predict){
		.ro_milli = 93206,
		.last = {
			[ES_COL_first_seq] = first_seq,
			[ES_COL_last_seq] = first_seq - 1,
			[ES_COL_start] = (uint64_t)at.ns,
			[ES_COL_at] = (uint64_t)at.ns,
			[ES_COL_band] = ES_BAND_NB,
			[ES_COL_basis] = ES_BASIS_DERIVED,
			[ES_COL_model_version] = 3,
			[ES_COL_clean_mos_lq_milli] = 4293,
		},
	};
}

/* Ro - Ie,eff: R without the relief. */
static uint64_t
unrelieved(const struct es_interval *r)
{
	return (uint64_t)(int64_t)r->r_milli - r->burst_relief_milli;
}

FOLD void
es_pack_after(struct es_pack_predict *p, const struct es_record *rec)
{
	const struct es_interval *r = &rec->u.interval;

	p->begun = true;
#define X(name, prediction)             \
	if (is_there(r, ES_COL_##name)) \
		p->last[ES_COL_##name] = value_of(rec, ES_COL_##name);
	ES_PACK_COLUMNS(X)
#undef X
	if (is_there(r, ES_COL_rtp_ts))
		p->rtp_seq = r->first_seq;
	if (is_there(r, ES_COL_ie_eff_milli))
		p->ro_milli = unrelieved(r) + r->ie_eff_milli;
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

/* What a column would be by the rows before, and by the columns above it. */
static uint64_t
predict(const struct es_pack_predict *p, const struct es_record *rec, enum es_pack_column c,
    enum prediction by)
{
	const struct es_interval *r = &rec->u.interval;
	const uint64_t *last = p->last;
	uint64_t start = (uint64_t)r->start.ns;

	switch (c) {
	case ES_COL_first_seq:
		return last[ES_COL_last_seq] + 1;
	case ES_COL_last_seq:
		return r->first_seq | (ES_BLOCK_SEQS - 1);
	case ES_COL_block:
		return r->first_seq / ES_BLOCK_SEQS;
	case ES_COL_rtp_ts:
		return last[c] + p->rtp_step * (uint32_t)(r->first_seq - p->rtp_seq);
	case ES_COL_start:
		return last[c] + p->packet_ns * (r->first_seq - last[ES_COL_first_seq]);
	case ES_COL_end:
		return start + p->packet_ns * (r->last_seq - r->first_seq);
	case ES_COL_at:
		return last[c] + (p->begun ? start - last[ES_COL_start] : 0);
	case ES_COL_expected:
		return r->last_seq - r->first_seq + 1;
	case ES_COL_lost:
		return sum_of_runs(r);
	case ES_COL_received:
		return (uint64_t)r->expected - r->lost;
	case ES_COL_delay_variation_p95_us:
		return r->delay_variation.p50_us + last[c] - last[ES_COL_delay_variation_p50_us];
	case ES_COL_delay_variation_p99_us:
		return r->delay_variation.p95_us + last[c] - last[ES_COL_delay_variation_p95_us];
	case ES_COL_ie_eff_milli:
		return p->ro_milli - unrelieved(r);
	default:
		return by == NONE ? 0 : last[c];
	}
}

static int64_t
encode_column(const struct es_pack_predict *p, const struct es_record *rec, enum es_pack_column c,
    enum prediction by)
{
	uint64_t v = value_of(rec, c);
	uint64_t want = predict(p, rec, c, by);

	if (!is_there(&rec->u.interval, c))
		return 0;
	if (by == BITS)
		return (int64_t)(v ^ want);
	if (by == CLOCK)
		return (int32_t)(uint32_t)(v - want);
	return (int64_t)(v - want);
}

FOLD void
es_pack_row_encode(
    const struct es_pack_predict *p, const struct es_record *rec, int64_t row[ES_PACK_COLUMNS_N])
{
#define X(name, by) row[ES_COL_##name] = encode_column(p, rec, ES_COL_##name, by);
	ES_PACK_COLUMNS(X)
#undef X
}

/* The value of a column by its difference, to the record; false if the member cannot have it. */
static bool
decode_column(const struct es_pack_predict *p, uint64_t difference, uint64_t unit_ns,
    enum es_pack_column c, enum prediction by, struct es_record *rec)
{
	uint64_t want = predict(p, rec, c, by);

	if (!is_there(&rec->u.interval, c))
		return true;
	switch (by) {
	case BITS:
		return set_value(rec, c, difference ^ want);
	case CLOCK:
		return set_value(rec, c, (uint32_t)(difference + want));
	case TIME:
		return set_value(rec, c, difference * unit_ns + want);
	default:
		return set_value(rec, c, difference + want);
	}
}

/* Runs are read as soon as the block is known, so that what is lost is known. */
FOLD int
es_pack_row_decode(const struct es_pack_predict *p, const int64_t row[ES_PACK_COLUMNS_N],
    uint64_t unit_ns, const uint32_t *skip, const uint32_t *less, struct es_alloc *alloc,
    struct es_record *rec)
{
	struct es_interval *r = &rec->u.interval;
	bool ok = true;

#define X(name, by)                                                                                \
	ok =                                                                                       \
	    decode_column(p, (uint64_t)row[ES_COL_##name], unit_ns, ES_COL_##name, by, rec) && ok; \
	if (ES_COL_##name == ES_COL_missing_runs) {                                                \
		int err = es_pack_runs_read(skip, less, r->n_missing, alloc, r);                   \
                                                                                                   \
		if (err != 0)                                                                      \
			return err;                                                                \
	}
	ES_PACK_COLUMNS(X)
#undef X
	return ok ? 0 : ES_EMALFORMED;
}
