/* SPDX-License-Identifier: Apache-2.0 */
/* Signals and changes of machines compared with the blocks of a direction. */
#include "correlate/verdict/machine_causes.h"

#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/block_times.h"
#include "correlate/verdict/cause.h"
#include "correlate/verdict/machine_signals.h"
#include "probes/base/text.h"

enum {
	CHANGE_BEFORE_MS = 3000, /* a change has its effect from shortly before it is noticed */
	BLOCKS_MIN = 2,          /* blocks with a value below which a signal says nothing */
};

/*
 * What a part of a machine can cause, and on which side of the machine's own vantage point it lies. The program that sends
 * and its audio, behind it, lose no packet that passed there; the network before it did not make late what was sent late.
 */
enum side { BOTH_SIDES, BEHIND, BEFORE };

static const struct {
	enum es_signal_part part;
	enum es_cause cause;
	enum side side;
} parts[] = {
	{ ES_PART_WIFI, ES_CAUSE_WIFI, BEFORE },
	{ ES_PART_CPU, ES_CAUSE_CPU, BOTH_SIDES },
	{ ES_PART_SOFTPHONE, ES_CAUSE_CPU, BEHIND },
	{ ES_PART_MEMORY, ES_CAUSE_MEMORY, BOTH_SIDES },
	{ ES_PART_DISK, ES_CAUSE_DISK, BOTH_SIDES },
	{ ES_PART_NIC, ES_CAUSE_NIC, BEFORE },
	{ ES_PART_GATEWAY, ES_CAUSE_GATEWAY, BEFORE },
	{ ES_PART_AUDIO, ES_CAUSE_AUDIO, BEHIND },
};

enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

bool
es_cor_is_of_machine(enum es_cause cause)
{
	for (uint32_t i = 0; i < N_PARTS; i++)
		if (parts[i].cause == cause)
			return true;
	return cause == ES_CAUSE_VPN || cause == ES_CAUSE_LAN || cause == ES_CAUSE_POWER;
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

/* Bad packets of a block on the span at fault; all of them when they were lost before it. */
static uint64_t
bad_packets_of(const struct es_cor_fault *fault, const struct es_cor_block *b)
{
	if (fault->is_upstream)
		return b->upstream;
	if (fault->lost < fault->late)
		return b->late;
	return b->left[fault->from] + (b->is_begun && b->first == fault->to ? b->upstream : 0);
}

static void
tally(struct es_cor_machine_cause *f, const struct es_cor_fault *fault,
    const struct es_cor_block *b, const struct es_cor_moment *at, bool is_hit)
{
	if (!b->is_bad) {
		f->good++;
		f->good_hit += is_hit;
		return;
	}
	f->bad++;
	if (!is_hit)
		return;
	if (f->bad_hit == 0 || es_time_before(at->start, f->from))
		f->from = at->start;
	if (f->bad_hit == 0 || es_time_before(f->to, at->end))
		f->to = at->end;
	f->bad_hit++;
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
	/* Where nothing was good the trouble may always be there: it tells nothing of the damage. */
	if (f->good == 0 && f->confidence_ppm >= ES_COR_ACCUSES_PPM)
		f->confidence_ppm = ES_COR_ACCUSES_PPM - 1;
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

/* What a machine's signals were over the blocks of a direction: one bit for each row of base/signal_limit.h. */
struct overlap {
	uint64_t known;
	uint64_t beyond;
};

/* A direction and a machine at one of its positions. */
struct suspicion {
	struct es_cor_direction *d;
	const struct es_cor_fault *fault;
	uint32_t machine;
	uint32_t position;
	uint64_t all_packets;
	const struct es_cor_moment *times; /* by block */
	struct overlap *overlaps;          /* by block */
	struct es_cor_machine_cause *out;
	uint32_t *n;
};

static void
begin_cause(const struct suspicion *x, enum es_cause cause, struct es_cor_machine_cause *f)
{
	memset(f, 0, sizeof(*f));
	f->cause = cause;
	f->machine = x->machine;
	f->position = x->position;
	f->all_packets = x->all_packets;
}

static bool
is_compared(const struct suspicion *x, uint32_t block)
{
	const struct es_cor_block *b = &x->d->blocks[block];

	return !b->is_merged && !b->is_unsure && x->times[block].is_known;
}

/* Notes in which blocks a signal was beyond its limit; says whether it explains the bad ones by itself. */
static bool
try_signal(const struct suspicion *x, const struct es_cor_samples *samples, uint32_t row,
    struct es_cor_hit_signal *out, bool *is_synthetic)
{
	const struct es_signal_limit *limit = es_signal_limit_at(row);
	struct es_cor_machine_cause f;

	begin_cause(x, ES_CAUSE_UNKNOWN, &f);
	for (uint32_t i = 0; i < x->d->n_blocks; i++) {
		const struct es_cor_moment *at = &x->times[i];
		struct es_cor_signal_mean mean;
		bool is_beyond, is_worse;

		if (!is_compared(x, i) ||
		    !es_cor_signal_over(samples, row, at->start, at->end, &mean))
			continue;
		is_beyond = es_signal_limit_is_beyond(limit, mean.value);
		is_worse =
		    f.bad_hit == 0 || (limit->side == ES_LIMIT_ABOVE ? mean.value > out->worst
								     : mean.value < out->worst);
		if (is_beyond && x->d->blocks[i].is_bad && is_worse)
			out->worst = mean.value;
		tally(&f, x->fault, &x->d->blocks[i], at, is_beyond);
		x->overlaps[i].known |= UINT64_C(1) << row;
		x->overlaps[i].beyond |= (uint64_t)is_beyond << row;
		f.is_synthetic |= mean.is_synthetic;
	}
	if (!explains_bad_blocks(&f))
		return false;
	out->limit = limit;
	out->confidence_ppm = f.confidence_ppm;
	*is_synthetic |= f.is_synthetic;
	return true;
}

static void
add_signal(struct es_cor_machine_cause *f, const struct es_cor_hit_signal *signal)
{
	uint32_t at = f->n_signals++;

	for (; at > 0 && f->signals[at - 1].confidence_ppm < signal->confidence_ppm; at--)
		f->signals[at] = f->signals[at - 1];
	f->signals[at] = *signal;
}

/* Whether the fault is what the sender, whose machine this is, did not hand to its own vantage point on time. */
static bool
is_behind_own_point(const struct suspicion *x)
{
	return x->fault->is_upstream && x->position == x->fault->from && x->position == 0 &&
	       es_cor_first_is_sender(x->d);
}

/* The signals of one part that explain the bad blocks: one cause with the blocks that any of them hit. */
static void
try_part(const struct suspicion *x, const struct es_cor_samples *samples, uint32_t part)
{
	struct es_cor_machine_cause f;
	uint64_t rows = 0;

	if (parts[part].side == (is_behind_own_point(x) ? BEFORE : BEHIND))
		return;
	begin_cause(x, parts[part].cause, &f);
	for (uint32_t row = 0; row < ES_SIGNAL_LIMITS; row++) {
		struct es_cor_hit_signal signal = { 0 };

		if (es_signal_limit_at(row)->part != parts[part].part ||
		    !try_signal(x, samples, row, &signal, &f.is_synthetic))
			continue;
		add_signal(&f, &signal);
		rows |= UINT64_C(1) << row;
	}
	if (rows == 0)
		return;
	f.confidence_ppm = f.signals[0].confidence_ppm;
	f.is_joint = true;
	for (uint32_t i = 0; i < x->d->n_blocks; i++) {
		uint64_t beyond = x->overlaps[i].beyond & rows;

		if ((x->overlaps[i].known & rows) == 0)
			continue;
		f.is_joint &= beyond == 0 || beyond == rows;
		tally(&f, x->fault, &x->d->blocks[i], &x->times[i], beyond != 0);
	}
	add_cause(x->out, x->n, &f);
}

/* What a change on a machine can cause; UNKNOWN: no cause of a verdict. */
static enum es_cause
cause_of_change(const struct suspicion *x, const struct es_change *c)
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
		return is_first ? ES_CAUSE_UNKNOWN : ES_CAUSE_NIC;
	case ES_CHANGE_POLICY:
		return ES_CAUSE_POLICY;
	case ES_CHANGE_ADDRESS:
		return is_first ? ES_CAUSE_UNKNOWN : ES_CAUSE_LAN;
	case ES_CHANGE_POWER:
		return is_first ? ES_CAUSE_UNKNOWN : ES_CAUSE_POWER;
	case ES_CHANGE_SUSPEND:
		return ES_CAUSE_POWER;
	case ES_CHANGE_AUDIO:
		return is_first || !is_behind_own_point(x) ? ES_CAUSE_UNKNOWN : ES_CAUSE_AUDIO;
	default:
		return ES_CAUSE_UNKNOWN;
	}
}

/* A change hits the block it falls in and the bad ones that follow without a good one between. */
static void
try_change(const struct suspicion *x, const struct es_change *change, uint32_t number)
{
	const struct es_cor_direction *d = x->d;
	struct es_cor_machine_cause f;
	bool was_hit = false;

	begin_cause(x, cause_of_change(x, change), &f);
	if (f.cause == ES_CAUSE_UNKNOWN)
		return;
	f.is_change = true;
	f.change = number;
	f.is_synthetic = change->synthetic;
	for (uint32_t i = 0; i < d->n_blocks; i++) {
		const struct es_cor_block *b = &d->blocks[i];
		es_time start = x->times[i].start, end = x->times[i].end;
		bool is_before_end = !es_time_before(end, change->time);
		bool is_inside = is_before_end && !es_time_before(change->time, start);

		if (!is_compared(x, i))
			continue;
		start = es_time_add(start, -(int64_t)CHANGE_BEFORE_MS * ES_NS_PER_MS);
		was_hit = (is_before_end && !es_time_before(change->time, start)) ||
			  (was_hit && b->is_bad);
		/* the block before the first bad one may hold the moment itself */
		if (is_inside && !b->is_bad && i + 1 < d->n_blocks && d->blocks[i + 1].is_bad) {
			f.good++;
			continue;
		}
		tally(&f, x->fault, b, &x->times[i], was_hit);
		was_hit = was_hit && b->is_bad;
	}
	if (explains_bad_blocks(&f))
		add_cause(x->out, x->n, &f);
}

/* Changes on the machine while the blocks passed its point, or shortly before. */
static void
try_changes(const struct suspicion *x)
{
	const struct es_cor_solve *solve = x->d->c->s;
	const struct es_cor_record_store *store = solve->store;
	es_time from = es_time_of_ns(INT64_MAX), to = es_time_of_ns(INT64_MIN);

	for (uint32_t i = 0; i < x->d->n_blocks; i++) {
		if (!x->times[i].is_known)
			continue;
		from = es_time_before(x->times[i].start, from) ? x->times[i].start : from;
		to = es_time_max(to, x->times[i].end);
	}
	from = es_time_add(from, -(int64_t)CHANGE_BEFORE_MS * ES_NS_PER_MS);
	for (uint32_t at = first_change(solve, x->machine, from); at < store->n_changes; at++) {
		uint32_t i = solve->machines.changes[at];
		const struct es_cor_change *change = &store->changes[i];

		if (change->machine != x->machine || es_time_before(to, change->rec.time))
			break;
		try_change(x, &change->rec, i);
	}
}

static void
find_at(struct es_cor_direction *d, const struct es_cor_fault *fault, uint32_t position,
    struct es_cor_machine_cause out[ES_COR_MACHINE_CAUSES_MAX], uint32_t *n)
{
	const struct es_cor_solve *solve = d->c->s;
	uint32_t leg = d->c->points[d->order[position]].leg;
	size_t mark = es_arena_mark(solve->mem);
	struct suspicion x = { .d = d, .fault = fault, .position = position, .out = out, .n = n };
	struct es_cor_samples samples;

	x.machine = solve->store->vantages[solve->legs[leg].vantage].machine;
	for (uint32_t i = 0; i < *n; i++) {
		if (out[i].machine == x.machine)
			return; /* both ends of the span are this machine */
	}
	x.all_packets = all_bad_packets(d, fault);
	x.times = es_cor_block_times(d, position);
	x.overlaps = es_arena_take(solve->mem, d->n_blocks, sizeof(*x.overlaps));
	es_cor_samples_of(solve, x.machine, &samples);
	if (x.times != NULL && x.overlaps != NULL && samples.first < samples.end) {
		for (uint32_t i = 0; i < N_PARTS; i++)
			try_part(&x, &samples, i);
	}
	if (x.times != NULL)
		try_changes(&x);
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
