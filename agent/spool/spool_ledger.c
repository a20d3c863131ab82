/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool's ledger: every number is delivered, or lost and counted once. Counts are in the cursor
 * before the records they count are out of reach, and until the collector has acknowledged the
 * record that reports them.
 */
#include "agent/spool/spool_private.h"

#include <string.h>

static es_time
earlier(es_time a, es_time b)
{
	return es_time_before(a, b) ? a : b;
}

/* Two losses of one reason become one that covers both. */
static void
merge(struct es_loss *into, const struct es_loss *more)
{
	if (more->count == 0)
		return;
	if (into->count == 0) {
		*into = *more;
		return;
	}
	into->from = earlier(into->from, more->from);
	into->to = es_time_max(into->to, more->to);
	if (into->first_seq == 0 || (more->first_seq != 0 && more->first_seq < into->first_seq))
		into->first_seq = more->first_seq;
	if (more->last_seq > into->last_seq)
		into->last_seq = more->last_seq;
	into->count += more->count;
}

void
es_spool_pend(struct es_spool *s, const struct es_loss *loss)
{
	merge(&s->slot.pending[loss->reason], loss);
	s->ledger_dirty = true;
}

void
es_spool_report_again(struct es_spool *s, size_t reason)
{
	es_spool_pend(s, &s->slot.reported[reason]);
	s->slot.reported_by[reason] = 0;
}

static const struct es_spool_range *
range_of(const struct es_spool *s, uint64_t seq)
{
	size_t i;

	for (i = 0; i < s->slot.n_gone; i++)
		if (seq >= s->slot.gone[i].first && seq <= s->slot.gone[i].last)
			return &s->slot.gone[i];
	return NULL;
}

static bool
is_gone(const struct es_spool *s, uint64_t seq)
{
	return range_of(s, seq) != NULL;
}

bool
es_spool_is_given_up(const struct es_spool *s, uint64_t seq)
{
	const struct es_spool_range *r = range_of(s, seq);

	return r != NULL && !r->joined;
}

/* How many of first..last are among from..to. */
uint64_t
es_spool_common(uint64_t from, uint64_t to, uint64_t first, uint64_t last)
{
	from = from > first ? from : first;
	to = to < last ? to : last;
	return from <= to ? to - from + 1 : 0;
}

/* How many of first..last are not in the counts yet; reports among them are no records of anybody. */
static uint64_t
uncounted(const struct es_spool *s, uint64_t first, uint64_t last)
{
	const struct es_spool_slot *t = &s->slot;
	uint64_t n = last - first + 1;
	size_t i;

	for (i = 0; i < t->n_gone; i++)
		n -= es_spool_common(t->gone[i].first, t->gone[i].last, first, last);
	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++)
		if (!is_gone(s, t->spare[i].first))
			n -= es_spool_common(t->spare[i].first, t->spare[i].last, first, last);
	for (i = 0; i < ES_SPOOL_REASONS; i++)
		if (s->slot.reported_by[i] >= first && s->slot.reported_by[i] <= last &&
		    !is_gone(s, s->slot.reported_by[i]))
			n--;
	return n;
}

/* Reports among first..last that no collector has are to be made again. */
static void
reports_are_lost(struct es_spool *s, uint64_t first, uint64_t last)
{
	size_t i;

	for (i = 0; i < ES_SPOOL_REASONS; i++)
		if (s->slot.reported_by[i] >= first && s->slot.reported_by[i] <= last &&
		    s->slot.reported_by[i] >
			s->slot.sent_seq) /* else the collector's answer decides */
			es_spool_report_again(s, i);
}

static void
remove_range(struct es_spool *s, size_t i)
{
	struct es_spool_slot *t = &s->slot;

	t->n_gone--;
	memmove(&t->gone[i], &t->gone[i + 1], (t->n_gone - i) * sizeof(t->gone[0]));
}

/* Full: the two ranges nearest to each other become one. What lies between is still delivered. */
static void
make_room(struct es_spool *s)
{
	struct es_spool_range *g = s->slot.gone;
	size_t i, best = 1;

	if (s->slot.n_gone < ES_SPOOL_GONE_MAX)
		return;
	for (i = 2; i < s->slot.n_gone; i++)
		if (g[i].first - g[i - 1].last < g[best].first - g[best - 1].last)
			best = i;
	g[best - 1].last = g[best].last;
	g[best - 1].joined = true;
	remove_range(s, best);
}

void
es_spool_counted(struct es_spool *s, uint64_t first, uint64_t last)
{
	struct es_spool_slot *t = &s->slot;
	bool joined = false;
	size_t i = 0;

	make_room(s);
	while (i < t->n_gone && t->gone[i].last + 1 < first)
		i++;
	while (i < t->n_gone && t->gone[i].first <= last + 1) { /* they touch: one of them all */
		first = t->gone[i].first < first ? t->gone[i].first : first;
		last = t->gone[i].last > last ? t->gone[i].last : last;
		joined |= t->gone[i].joined;
		remove_range(s, i);
	}
	memmove(&t->gone[i + 1], &t->gone[i], (t->n_gone - i) * sizeof(t->gone[0]));
	t->gone[i].first = first;
	t->gone[i].last = last;
	t->gone[i].joined = joined;
	t->n_gone++;
}

/* first..last are counted, but for the spare numbers among them. */
static void
add_counted(struct es_spool *s, uint64_t first, uint64_t last)
{
	const struct es_spool_spare *p = s->slot.spare;
	size_t i;

	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++, p++) {
		if (es_spool_common(p->first, p->last, first, last) == 0)
			continue;
		if (first < p->first)
			es_spool_counted(s, first, p->first - 1);
		first = p->last + 1;
	}
	if (first <= last)
		es_spool_counted(s, first, last);
}

/* What was sent may be the collector's already: its next answer decides. */
void
es_spool_doubt(struct es_spool *s, struct es_loss *loss)
{
	struct es_loss part = *loss;

	if (loss->first_seq > s->slot.sent_seq)
		return;
	if (part.last_seq > s->slot.sent_seq)
		part.last_seq = s->slot.sent_seq;
	part.count = uncounted(s, part.first_seq, part.last_seq);
	loss->count -= part.count;
	loss->first_seq = part.last_seq + 1;
	merge(&s->slot.doubt, &part);
	s->slot.doubt.reason = part.reason;
	s->ledger_dirty = true;
}

/* Those of records in doubt are kept: they must not be counted with them. */
static void
forget_ranges(struct es_spool *s)
{
	while (s->slot.n_gone > 0 && s->slot.gone[0].last <= s->slot.acked_seq &&
	       s->slot.doubt.count == 0)
		remove_range(s, 0);
}

static void
lose(struct es_spool *s, struct es_loss loss)
{
	if (loss.first_seq <= s->slot.acked_seq)
		loss.first_seq = s->slot.acked_seq + 1;
	if (loss.last_seq < loss.first_seq)
		return;
	loss.count = uncounted(s, loss.first_seq, loss.last_seq);
	reports_are_lost(s, loss.first_seq, loss.last_seq);
	add_counted(s, loss.first_seq, loss.last_seq);
	es_spool_pass_spare(s, loss.first_seq, loss.last_seq, 0);
	s->stats.lost += loss.count;
	es_spool_pend(s, &loss);
}

void
es_spool_damage(struct es_spool *s, uint64_t first, uint64_t last, es_time from, es_time to)
{
	lose(s, (struct es_loss){ from, to, 0, first, last, ES_LOSS_DISK });
}

int
es_spool_unsendable(struct es_spool *s, uint64_t seq, es_time now)
{
	lose(s, (struct es_loss){ now, now, 0, seq, seq, ES_LOSS_REFUSED });
	return es_spool_cursor_write(s, true);
}

int
es_spool_forgo(
    struct es_spool *s, es_time now, struct es_ipc_pair ipc, uint64_t n, enum es_loss_reason reason)
{
	struct es_loss loss = { now, now, n, 0, 0, reason };
	struct es_ipc_pair before = s->slot.ipc;
	int err;

	if (n == 0)
		return ES_EINVALID;
	es_spool_pend(s, &loss);
	if (ipc.run != 0)
		s->slot.ipc = ipc;
	err = es_spool_cursor_write(s, false);
	if (err != 0) { /* nothing was counted: it comes again */
		s->slot.ipc = before;
		s->slot.pending[reason].count -= n;
		return err;
	}
	s->stats.lost += n;
	es_spool_wake(s);
	return 0;
}

uint64_t
es_spool_give_up(
    struct es_spool *s, uint64_t through, enum es_loss_reason reason, es_time from, es_time to)
{
	struct es_loss loss = { from, to, 0, s->slot.acked_seq + 1, through, reason };
	uint64_t n;

	if (through <= s->slot.acked_seq)
		return 0;
	n = loss.count = uncounted(s, loss.first_seq, through);
	reports_are_lost(s, loss.first_seq, through);
	s->stats.lost += n;
	es_spool_doubt(s, &loss);
	es_spool_pass_spare(s, s->slot.acked_seq + 1, through, s->slot.sent_seq);
	if (loss.count > 0)
		es_spool_pend(s, &loss);
	if (s->slot.doubt.count > 0 && loss.first_seq <= through)
		add_counted(s, loss.first_seq, through); /* between numbers in doubt: counted */
	s->slot.acked_seq = through;
	s->ledger_dirty = true;
	forget_ranges(s);
	return n;
}

/* The collector has all up to `through`: what of it was in doubt is no loss. */
static void
delivered(struct es_spool *s, uint64_t through)
{
	struct es_loss *d = &s->slot.doubt;
	uint64_t left, i;

	for (i = 0; i < ES_SPOOL_REASONS; i++) {
		if (s->slot.reported_by[i] == 0 || s->slot.reported_by[i] > through)
			continue;
		s->slot.reported_by[i] = 0;
		s->cursor_dirty = true;
	}
	es_spool_keep_spare(s, through);
	if (d->count == 0 || through < d->first_seq)
		return;
	left = through < d->last_seq ? uncounted(s, through + 1, d->last_seq) : 0;
	s->stats.lost -= d->count - left < s->stats.lost ? d->count - left : s->stats.lost;
	d->count = left;
	d->first_seq = through + 1;
	s->ledger_dirty = true;
}

/* Nothing is on the way: what the collector has not got of what is no longer here is lost. */
static void
resolve(struct es_spool *s)
{
	uint64_t seq;
	size_t i;

	if (s->slot.doubt.count > 0)
		es_spool_pend(s, &s->slot.doubt);
	memset(&s->slot.doubt, 0, sizeof(s->slot.doubt));
	es_spool_resolve_spare(s);
	for (i = 0; i < ES_SPOOL_REASONS; i++) {
		seq = s->slot.reported_by[i];
		if (seq != 0 && (seq <= s->slot.acked_seq || is_gone(s, seq)))
			es_spool_report_again(s, i);
	}
}

int
es_spool_ack(struct es_spool *s, uint64_t through_seq)
{
	if (through_seq > s->slot.synced_seq)
		return ES_EINVALID;
	delivered(s, through_seq);
	if (through_seq >= s->slot.sent_seq)
		resolve(s);
	if (through_seq > s->slot.acked_seq) {
		s->slot.acked_seq = through_seq;
		s->cursor_dirty = true;
		forget_ranges(s);
		es_spool_forget_acked(s);
	}
	es_spool_wake(s);
	return 0;
}

int
es_spool_pass_over(struct es_spool *s, uint64_t seq, es_time now)
{
	struct es_loss loss = { now, now, 1, seq, seq, ES_LOSS_REFUSED };

	if (seq != s->slot.acked_seq + 1 || seq > s->slot.synced_seq)
		return ES_EINVALID;
	if (!is_gone(s, seq)) {
		s->stats.lost++;
		es_spool_pend(s, &loss);
	}
	s->slot.acked_seq = seq;
	forget_ranges(s);
	return es_spool_cursor_write(s, true);
}

int
es_spool_welcome(struct es_spool *s, uint64_t through_seq)
{
	struct es_loss hidden = { s->opened, s->opened, 0, through_seq + 1, s->slot.acked_seq,
		ES_LOSS_DISK };
	int err = es_spool_ack(s, through_seq);

	if (err != 0)
		return err;
	resolve(s);
	if (s->amnesia && through_seq < hidden.last_seq) {
		hidden.count = hidden.last_seq - through_seq;
		s->stats.lost += hidden.count;
		es_spool_pend(s, &hidden);
	}
	s->amnesia = false;
	s->slot.sent_seq = through_seq;
	s->sending = true;
	err = es_spool_cursor_write(s, true); /* before anything is sent */
	es_spool_wake(s);
	return err;
}

void
es_spool_sent(struct es_spool *s, uint64_t seq)
{
	if (seq > s->slot.sent_seq)
		s->slot.sent_seq = seq;
}

void
es_spool_hung_up(struct es_spool *s)
{
	s->sending = false;
	s->cursor_dirty = true;
}

uint64_t
es_spool_sent_seq(const struct es_spool *s)
{
	return s->slot.sent_seq;
}

void
es_spool_prove(struct es_spool *s, uint64_t seq, uint64_t digest)
{
	s->slot.proof_seq = seq;
	s->slot.proof = digest;
	s->cursor_dirty = true;
}

uint64_t
es_spool_proof(const struct es_spool *s, uint64_t *seq)
{
	*seq = s->slot.proof_seq;
	return s->slot.proof;
}

bool
es_spool_has_unreported(const struct es_spool *s)
{
	size_t i;

	for (i = 0; i < ES_SPOOL_REASONS; i++)
		if (s->slot.pending[i].count > 0 && s->slot.reported_by[i] == 0)
			return true;
	return false;
}

void
es_spool_wake(struct es_spool *s)
{
	if (s->cfg.wake != NULL && es_spool_has_unreported(s))
		s->cfg.wake(s->cfg.ctx);
}

/* Stores one loss record; the number it will have is written to the cursor first. */
static int
report_reason(struct es_spool *s, size_t reason)
{
	struct es_loss loss = s->slot.pending[reason];
	uint64_t seq = s->next_seq;
	int err;

	s->slot.reported[reason] = loss;
	s->slot.reported_by[reason] = seq;
	memset(&s->slot.pending[reason], 0, sizeof(loss));
	s->ledger_dirty = true;
	err = es_spool_cursor_write(s, true);
	s->reporting = true;
	if (err == 0)
		err = s->cfg.lost(s->cfg.ctx, &loss);
	s->reporting = false;
	if (err != 0 && s->slot.reported_by[reason] == seq) {
		es_spool_report_again(s, reason);
	} else if (s->next_seq == seq) { /* it is kept elsewhere */
		s->slot.reported_by[reason] = 0;
		s->ledger_dirty = true;
	}
	return err;
}

void
es_spool_report(struct es_spool *s)
{
	size_t i;

	for (i = 0; i < ES_SPOOL_REASONS; i++)
		if (s->slot.pending[i].count > 0 && s->slot.reported_by[i] == 0 &&
		    report_reason(s, i) != 0)
			break;
}
