/* SPDX-License-Identifier: Apache-2.0 */
/* What the samples of machines say of each signal that has a limit. */
#include "correlate/verdict/machine_signals.h"

#include "probes/base/signal_limit.h"

enum { WEIGHT_MAX_MS = 1000000 }; /* of one block: longer ones are not blocks of voice */

/* How long two times overlap, in ns. */
static int64_t
overlap_ns(es_time a_start, es_time a_end, es_time b_start, es_time b_end)
{
	es_time from = es_time_max(a_start, b_start);
	es_time to = es_time_before(a_end, b_end) ? a_end : b_end;

	return es_time_before(from, to) ? es_time_diff(to, from) : 0;
}

/* By machine, then by time. */
static bool
sample_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_sample *x = &((const struct es_cor_sample *)ctx)[a];
	const struct es_cor_sample *y = &((const struct es_cor_sample *)ctx)[b];

	if (x->machine != y->machine)
		return x->machine < y->machine;
	return x->start.ns != y->start.ns ? x->start.ns < y->start.ns : x->end.ns < y->end.ns;
}

static bool
change_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_change *x = &((const struct es_cor_change *)ctx)[a];
	const struct es_cor_change *y = &((const struct es_cor_change *)ctx)[b];

	if (x->machine != y->machine)
		return x->machine < y->machine;
	return x->rec.time.ns != y->rec.time.ns ? x->rec.time.ns < y->rec.time.ns : a < b;
}

/* A sample that does not list the signal repeats the one before, unless it lists all that is known. */
static void
fill_values(const struct es_cor_record_store *store, struct es_cor_machines *m, uint32_t rule)
{
	uint32_t n = store->n_samples;
	size_t column = (size_t)m->column[rule] * n;
	int64_t latest = 0;
	bool is_known = false, is_synthetic = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct es_cor_sample *sample = &store->samples[m->order[i]];

		is_known &= !sample->full &&
			    sample->machine == store->samples[m->order[i > 0 ? i - 1 : 0]].machine;
		for (uint32_t j = 0; j < sample->n_values; j++) {
			const struct es_signal_value *value = &store->values[sample->values + j];

			if (value->signal == es_signal_limit_at(rule)->signal) {
				latest = value->value;
				is_known = true;
				is_synthetic = sample->is_synthetic;
			}
		}
		m->values[column + i] = latest;
		m->is_known[column + i] = is_known;
		m->is_synthetic[column + i] = is_synthetic;
	}
}

/* Gives a column to each signal that some sample has, so that memory is taken only for these. Returns how many. */
static uint32_t
choose_columns(const struct es_cor_record_store *store, struct es_cor_machines *m)
{
	bool has[ES_SIG_END] = { false };
	uint32_t n = 0;

	for (uint32_t i = 0; i < store->n_samples; i++)
		for (uint32_t j = 0; j < store->samples[i].n_values; j++) {
			uint16_t signal = store->values[store->samples[i].values + j].signal;

			if (signal < ES_SIG_END)
				has[signal] = true;
		}
	for (uint32_t row = 0; row < ES_SIGNAL_LIMITS; row++)
		m->column[row] =
		    has[es_signal_limit_at(row)->signal] ? (uint8_t)n++ : ES_COR_COLUMN_NONE;
	return n;
}

int
es_cor_machines(struct es_cor_solve *s)
{
	const struct es_cor_record_store *store = s->store;
	struct es_cor_machines *m = &s->machines;
	uint32_t n = store->n_samples;
	size_t n_values = (size_t)n * choose_columns(store, m);

	m->order = es_arena_take(s->mem, n, sizeof(*m->order));
	m->reach = es_arena_take(s->mem, n, sizeof(*m->reach));
	m->values = es_arena_take(s->mem, n_values, sizeof(*m->values));
	m->is_known = es_arena_take(s->mem, n_values, sizeof(*m->is_known));
	m->is_synthetic = es_arena_take(s->mem, n_values, sizeof(*m->is_synthetic));
	m->changes = es_arena_take(s->mem, store->n_changes, sizeof(*m->changes));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < n; i++)
		m->order[i] = i;
	es_cor_sort(m->order, n, sample_before, store->samples);
	for (uint32_t i = 0; i < n; i++) {
		const struct es_cor_sample *sample = &store->samples[m->order[i]];
		bool is_first =
		    i == 0 || store->samples[m->order[i - 1]].machine != sample->machine;

		m->reach[i] = is_first ? sample->end : es_time_max(m->reach[i - 1], sample->end);
		m->ends[sample->machine] = i + 1;
	}
	for (uint32_t i = 1; i < ES_CORRELATE_VANTAGES_MAX; i++)
		m->ends[i] = m->ends[i] > m->ends[i - 1] ? m->ends[i] : m->ends[i - 1];
	for (uint32_t i = 0; i < ES_SIGNAL_LIMITS; i++)
		if (m->column[i] != ES_COR_COLUMN_NONE)
			fill_values(store, m, i);
	for (uint32_t i = 0; i < store->n_changes; i++)
		m->changes[i] = i;
	es_cor_sort(m->changes, store->n_changes, change_before, store->changes);
	return 0;
}

void
es_cor_samples_of(const struct es_cor_solve *s, uint32_t machine, struct es_cor_samples *out)
{
	out->solve = s;
	out->first = machine == 0 ? 0 : s->machines.ends[machine - 1];
	out->end = s->machines.ends[machine];
}

/* The first sample that may reach behind t. */
static uint32_t
first_reaching(const struct es_cor_samples *s, es_time t)
{
	uint32_t low = s->first, high = s->end;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (es_time_before(t, s->solve->machines.reach[mid]))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

bool
es_cor_signal_over(const struct es_cor_samples *s, uint32_t row, es_time start, es_time end,
    struct es_cor_signal_mean *out)
{
	const struct es_cor_record_store *store = s->solve->store;
	const struct es_cor_machines *m = &s->solve->machines;
	const struct es_signal_limit *limit = es_signal_limit_at(row);
	int64_t sum = 0, weight = 0;

	out->is_synthetic = false;
	if (m->column[row] == ES_COR_COLUMN_NONE)
		return false;
	for (uint32_t i = first_reaching(s, start); i < s->end; i++) {
		const struct es_cor_sample *sample = &store->samples[m->order[i]];
		size_t at = (size_t)m->column[row] * store->n_samples + i;
		int64_t ms = overlap_ns(sample->start, sample->end, start, end) / ES_NS_PER_MS;
		int64_t length_ms = es_time_diff(sample->end, sample->start) / ES_NS_PER_MS;

		if (!es_time_before(sample->start, end))
			break;
		if (!m->is_known[at] || ms <= 0)
			continue;
		ms = ms > WEIGHT_MAX_MS ? WEIGHT_MAX_MS : ms;
		sum += es_signal_limit_comparable(limit, m->values[at], length_ms) * ms;
		weight += ms;
		out->is_synthetic |= m->is_synthetic[at];
		if (weight > WEIGHT_MAX_MS)
			break;
	}
	if (weight == 0)
		return false;
	out->value = (sum + (sum < 0 ? -weight : weight) / 2) / weight;
	return true;
}
