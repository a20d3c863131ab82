/* SPDX-License-Identifier: Apache-2.0 */
/* Signals and changes of machines compared with the blocks of a direction. */
#include "correlate/verdict/machine_causes.h"

#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/block_times.h"
#include "correlate/verdict/cause.h"
#include "probes/base/text.h"

enum {
	RATE_PERIOD_MS = 5000,   /* thresholds of counted signals are per so long a time */
	CHANGE_BEFORE_MS = 3000, /* a change has its effect from shortly before it is noticed */
	BLOCKS_MIN = 2,          /* blocks with a value below which a signal says nothing */
	WEIGHT_MAX_MS = 1000000, /* of one block: longer ones are not blocks of voice */
};

#define VALUE_MAX (INT64_C(1) << 36) /* hostile values must not overflow a mean */

struct rule {
	uint16_t signal;
	enum es_cause cause;
	bool is_above; /* values above the threshold are bad, else those below it */
	bool is_count; /* counted over the sample: the value is scaled to RATE_PERIOD_MS */
	int64_t threshold;
};

static const struct rule rules[] = {
	{ ES_SIG_WIFI_TX_RETRIES, ES_CAUSE_WIFI, true, true, 200 },
	{ ES_SIG_WIFI_TX_FAILED, ES_CAUSE_WIFI, true, true, 4 },
	{ ES_SIG_WIFI_BEACON_LOSS, ES_CAUSE_WIFI, true, true, 4 },
	{ ES_SIG_WIFI_SIGNAL, ES_CAUSE_WIFI, false, false, -75 },
	{ ES_SIG_WIFI_LINK_QUALITY, ES_CAUSE_WIFI, false, false, 350000 },
	{ ES_SIG_WIFI_TX_BITRATE, ES_CAUSE_WIFI, false, false, 6500000 },
	{ ES_SIG_CPU_BUSY, ES_CAUSE_CPU, true, false, 900000 },
	{ ES_SIG_CPU_SOFTIRQ, ES_CAUSE_CPU, true, false, 300000 },
	{ ES_SIG_CPU_STEAL, ES_CAUSE_CPU, true, false, 100000 },
	{ ES_SIG_CPU_PRESSURE, ES_CAUSE_CPU, true, false, 200000 },
	{ ES_SIG_MEM_PRESSURE, ES_CAUSE_CPU, true, false, 200000 },
	{ ES_SIG_IO_PRESSURE, ES_CAUSE_CPU, true, false, 500000 },
	{ ES_SIG_RUN_QUEUE, ES_CAUSE_CPU, true, false, 8000 },
	{ ES_SIG_SOFTNET_DROPS, ES_CAUSE_CPU, true, true, 4 },
	{ ES_SIG_UDP_RCVBUF_ERRORS, ES_CAUSE_CPU, true, true, 4 },
};

const char *
es_cor_signal_name(uint16_t signal)
{
	static const char *const names[ES_SIG_END] = {
#define X(name, json, unit, number) [number] = json,
		ES_SIGNALS(X)
#undef X
	};

	return signal < ES_SIG_END && names[signal] != NULL ? names[signal] : "signal";
}

const char *
es_cor_change_name(uint16_t kind)
{
	switch (kind) {
#define X(name, json, number) \
	case number:          \
		return json;
		ES_CHANGES(X)
#undef X
	default:
		return "change";
	}
}

/* How long two times overlap, in ns. */
static int64_t
overlap_ns(es_time a_start, es_time a_end, es_time b_start, es_time b_end)
{
	es_time from = es_time_max(a_start, b_start);
	es_time to = es_time_before(a_end, b_end) ? a_end : b_end;

	return es_time_before(from, to) ? es_time_diff(to, from) : 0;
}

/* What one machine's samples say, by time: a part of solve.machines. */
struct samples {
	const struct es_cor_record_store *store;
	const uint32_t *order;
	const es_time *reach; /* the latest end up to here: ascending, a search may begin there */
	const int64_t
	    *values; /* of the rule at hand: what its signal was while the sample lasted */
	const bool *is_known;
	uint32_t n;
};

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
	int64_t latest = 0;
	bool is_known = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct es_cor_sample *sample = &store->samples[m->order[i]];

		is_known &= !sample->full &&
			    sample->machine == store->samples[m->order[i > 0 ? i - 1 : 0]].machine;
		for (uint32_t j = 0; j < sample->n_values; j++) {
			const struct es_signal_value *value = &store->values[sample->values + j];

			if (value->signal == rules[rule].signal) {
				latest = value->value;
				is_known = true;
			}
		}
		m->values[(size_t)rule * n + i] = latest;
		m->is_known[(size_t)rule * n + i] = is_known;
	}
}

int
es_cor_machines(struct es_cor_solve *s)
{
	const struct es_cor_record_store *store = s->store;
	const size_t n_rules = sizeof(rules) / sizeof(rules[0]);
	struct es_cor_machines *m = &s->machines;
	uint32_t n = store->n_samples;

	m->order = es_arena_take(s->mem, n, sizeof(*m->order));
	m->reach = es_arena_take(s->mem, n, sizeof(*m->reach));
	m->values = es_arena_take(s->mem, n * n_rules, sizeof(*m->values));
	m->is_known = es_arena_take(s->mem, n * n_rules, sizeof(*m->is_known));
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
	for (uint32_t i = 0; i < n_rules; i++)
		fill_values(store, m, i);
	for (uint32_t i = 0; i < store->n_changes; i++)
		m->changes[i] = i;
	es_cor_sort(m->changes, store->n_changes, change_before, store->changes);
	return 0;
}

/* The samples of one machine. */
static void
samples_of(const struct es_cor_solve *s, uint32_t machine, struct samples *out)
{
	uint32_t first = machine == 0 ? 0 : s->machines.ends[machine - 1];

	out->store = s->store;
	out->order = s->machines.order + first;
	out->reach = s->machines.reach + first;
	out->n = s->machines.ends[machine] - first;
}

/* The first change on a machine at or behind t, in solve.machines.changes. */
static uint32_t
first_change(const struct es_cor_solve *s, uint32_t machine, es_time t)
{
	uint32_t low = 0, high = s->store->n_changes;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct es_cor_change *c = &s->store->changes[s->machines.changes[mid]];

		if (c->machine < machine ||
		    (c->machine == machine && es_time_before(c->rec.time, t)))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The first sample that may reach behind t. */
static uint32_t
first_reaching(const struct samples *s, es_time t)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (es_time_before(t, s->reach[mid]))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Mean of the signal over [start, end), by overlap; counts are brought to one period. */
static bool
value_over(
    const struct samples *s, const struct rule *rule, es_time start, es_time end, int64_t *mean)
{
	int64_t sum = 0, weight = 0;

	for (uint32_t i = first_reaching(s, start); i < s->n; i++) {
		const struct es_cor_sample *sample = &s->store->samples[s->order[i]];
		int64_t ms = overlap_ns(sample->start, sample->end, start, end) / ES_NS_PER_MS;
		int64_t length_ms = es_time_diff(sample->end, sample->start) / ES_NS_PER_MS;
		int64_t v = s->values[i];

		if (!es_time_before(sample->start, end))
			break;
		if (!s->is_known[i] || ms <= 0)
			continue;
		v = v > VALUE_MAX ? VALUE_MAX : v < -VALUE_MAX ? -VALUE_MAX : v;
		if (rule->is_count && length_ms > 0)
			v = v * RATE_PERIOD_MS / length_ms;
		v = v > VALUE_MAX ? VALUE_MAX : v < -VALUE_MAX ? -VALUE_MAX : v;
		ms = ms > WEIGHT_MAX_MS ? WEIGHT_MAX_MS : ms;
		sum += v * ms;
		weight += ms;
		if (weight > WEIGHT_MAX_MS)
			break;
	}
	if (weight == 0)
		return false;
	*mean = (sum + (sum < 0 ? -weight : weight) / 2) / weight;
	return true;
}

/* Bad packets of a block on the span at fault; all of them when they were lost before it. */
static uint64_t
bad_packets_of(const struct es_cor_fault *fault, const struct es_cor_block *b)
{
	uint64_t n;

	if (fault->is_upstream)
		return b->upstream;
	n = fault->lost >= fault->late ? b->left[fault->from] : b->late;
	return n;
}

static void
tally(struct es_cor_machine_cause *f, const struct es_cor_fault *fault,
    const struct es_cor_block *b, bool is_hit)
{
	if (b->is_bad) {
		f->bad++;
		f->bad_hit += is_hit;
	} else {
		f->good++;
		f->good_hit += is_hit;
	}
	if (is_hit)
		f->hit_packets += bad_packets_of(fault, b);
}

/* Says the machine is the cause only when it was hit in most bad blocks and few of the good ones. */
static bool
explains_bad_blocks(struct es_cor_machine_cause *f)
{
	if (f->bad + f->good < BLOCKS_MIN || f->bad_hit == 0 || f->bad_hit * 2 < f->bad ||
	    f->good_hit * 4 > f->good)
		return false;
	f->confidence_ppm = es_cor_overlap_ppm(f->bad_hit, f->bad, f->good_hit, f->good);
	return true;
}

static void
add_cause(struct es_cor_machine_cause out[ES_COR_MACHINE_CAUSES_MAX], uint32_t *n,
    const struct es_cor_machine_cause *f)
{
	uint32_t at = *n;

	while (at > 0 && out[at - 1].confidence_ppm < f->confidence_ppm)
		at--;
	if (at == ES_COR_MACHINE_CAUSES_MAX)
		return;
	if (*n < ES_COR_MACHINE_CAUSES_MAX)
		(*n)++;
	for (uint32_t i = *n - 1; i > at; i--)
		out[i] = out[i - 1];
	out[at] = *f;
}

static uint64_t
all_bad_packets(const struct es_cor_direction *d, const struct es_cor_fault *fault)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < d->n_blocks; i++) {
		if (!d->blocks[i].is_merged)
			n += bad_packets_of(fault, &d->blocks[i]);
	}
	return n;
}

static void
try_signal(struct es_cor_direction *d, const struct es_cor_fault *fault,
    const struct es_cor_moment *times, const struct samples *s, const struct rule *rule,
    struct es_cor_machine_cause *f)
{
	f->cause = rule->cause;
	f->signal = rule->signal;
	f->is_above = rule->is_above;
	f->threshold = rule->threshold;
	for (uint32_t i = 0; i < d->n_blocks; i++) {
		const struct es_cor_block *b = &d->blocks[i];
		const struct es_cor_moment *at = &times[i];
		int64_t v;

		if (b->is_merged || b->is_unsure || !at->is_known ||
		    !value_over(s, rule, at->start, at->end, &v))
			continue;
		tally(f, fault, b, rule->is_above ? v > rule->threshold : v < rule->threshold);
	}
}

/* What a change on a machine can cause; UNKNOWN: no cause of a verdict. */
static enum es_cause
cause_of_change(const struct es_change *c)
{
	bool is_first = c->before.n == 0; /* so the sampler reports what it found at its start */

	switch (c->kind) {
	case ES_CHANGE_WIFI_BSSID:
		return is_first ? ES_CAUSE_UNKNOWN : ES_CAUSE_WIFI;
	case ES_CHANGE_ROUTE:
		return is_first ? ES_CAUSE_UNKNOWN : ES_CAUSE_VPN;
	case ES_CHANGE_VPN:
		return ES_CAUSE_VPN;
	case ES_CHANGE_INTERFACE:
		if (es_text_begins(c->subject, "wl"))
			return ES_CAUSE_WIFI;
		if (es_text_begins(c->subject, "tun") || es_text_begins(c->subject, "wg") ||
		    es_text_begins(c->subject, "ppp"))
			return ES_CAUSE_VPN;
		return ES_CAUSE_UNKNOWN;
	case ES_CHANGE_POLICY:
		return ES_CAUSE_POLICY;
	default:
		return ES_CAUSE_UNKNOWN;
	}
}

/* A change hits the block it falls in and the bad ones that follow without a good one between. */
static void
try_change(struct es_cor_direction *d, const struct es_cor_fault *fault,
    const struct es_cor_moment *times, const struct es_change *change,
    struct es_cor_machine_cause *f)
{
	bool was_hit = false;

	for (uint32_t i = 0; i < d->n_blocks; i++) {
		const struct es_cor_block *b = &d->blocks[i];
		es_time start, end = times[i].end;

		if (b->is_merged || b->is_unsure || !times[i].is_known)
			continue;
		start = es_time_add(times[i].start, -(int64_t)CHANGE_BEFORE_MS * ES_NS_PER_MS);
		was_hit =
		    (!es_time_before(change->time, start) && !es_time_before(end, change->time)) ||
		    (was_hit && b->is_bad);
		/* the block before the first bad one may hold the moment itself */
		if (was_hit && !b->is_bad && i + 1 < d->n_blocks && d->blocks[i + 1].is_bad) {
			f->good++;
			continue;
		}
		tally(f, fault, b, was_hit);
	}
}

static void
find_at(struct es_cor_direction *d, const struct es_cor_fault *fault, uint32_t position,
    struct es_cor_machine_cause out[ES_COR_MACHINE_CAUSES_MAX], uint32_t *n)
{
	const struct es_cor_solve *solve = d->c->s;
	const struct es_cor_record_store *store = solve->store;
	uint32_t leg = d->c->points[d->order[position]].leg;
	uint32_t machine = store->vantages[solve->legs[leg].vantage].machine;
	uint64_t all = all_bad_packets(d, fault);
	size_t mark = es_arena_mark(solve->mem);
	const struct es_cor_moment *times;
	es_time from = es_time_of_ns(INT64_MAX), to = es_time_of_ns(INT64_MIN);
	struct samples s;

	for (uint32_t i = 0; i < *n; i++) {
		if (out[i].machine == machine)
			return; /* both ends of the span are this machine */
	}
	times = es_cor_block_times(d, position);
	if (times == NULL) {
		es_arena_reset(solve->mem, mark);
		return;
	}
	samples_of(solve, machine, &s);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && s.n > 0; i++) {
		struct es_cor_machine_cause f = { 0 };

		s.values = solve->machines.values + i * store->n_samples +
			   (s.order - solve->machines.order);
		s.is_known = solve->machines.is_known + (s.values - solve->machines.values);
		f.machine = machine;
		f.all_packets = all;
		try_signal(d, fault, times, &s, &rules[i], &f);
		if (explains_bad_blocks(&f))
			add_cause(out, n, &f);
	}
	for (uint32_t i = 0; i < d->n_blocks; i++) {
		if (!times[i].is_known)
			continue;
		from = es_time_before(times[i].start, from) ? times[i].start : from;
		to = es_time_max(to, times[i].end);
	}
	from = es_time_add(from, -(int64_t)CHANGE_BEFORE_MS * ES_NS_PER_MS);
	for (uint32_t at = first_change(solve, machine, from); at < store->n_changes; at++) {
		uint32_t i = solve->machines.changes[at];
		const struct es_cor_change *change = &store->changes[i];
		struct es_cor_machine_cause f = { 0 };

		if (change->machine != machine || es_time_before(to, change->rec.time))
			break;
		f.cause = cause_of_change(&change->rec);
		if (f.cause == ES_CAUSE_UNKNOWN)
			continue;
		f.machine = machine;
		f.all_packets = all;
		f.is_change = true;
		f.change = i;
		try_change(d, fault, times, &change->rec, &f);
		if (explains_bad_blocks(&f))
			add_cause(out, n, &f);
	}
	es_arena_reset(solve->mem, mark);
}

uint32_t
es_cor_machine_causes(struct es_cor_direction *d, const struct es_cor_fault *fault,
    struct es_cor_machine_cause out[ES_COR_MACHINE_CAUSES_MAX])
{
	uint32_t n = 0;

	find_at(d, fault, fault->from, out, &n);
	if (fault->to != fault->from)
		find_at(d, fault, fault->to, out, &n);
	return n;
}
