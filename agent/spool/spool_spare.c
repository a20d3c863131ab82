/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spare numbers: they may be in a file that could not be read, if they were ever given. No loss until
 * they are found; then it depends on whether they were passed over.
 */
#include "agent/spool/spool_private.h"

#include <string.h>

/*
 * Numbers from `first` on are passed over; the collector may have those up to in_doubt, and has those
 * before them.
 */
void
es_spool_pass_spare(struct es_spool *s, uint64_t first, uint64_t last, uint64_t in_doubt)
{
	struct es_spool_spare *p = s->slot.spare;
	size_t i;

	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++, p++) {
		if (p->passed || es_spool_common(p->first, p->last, first, last) == 0)
			continue;
		if (p->first < first)
			p->first = first;
		p->passed = true;
		p->in_doubt = p->first <= in_doubt;
	}
}

/* Up to `through` no number in doubt was passed over: the collector has what was given of them. */
void
es_spool_keep_spare(struct es_spool *s, uint64_t through)
{
	struct es_spool_spare *p = s->slot.spare;
	size_t i;

	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++, p++)
		if (p->in_doubt && p->first <= through) {
			p->first = through + 1;
			s->ledger_dirty = true;
		}
}

/* Those up to `through` were given and passed over. */
static void
lose_spare(struct es_spool *s, struct es_spool_spare *p, uint64_t through, es_time at)
{
	struct es_loss loss = { at, at, through - p->first + 1, p->first, through, ES_LOSS_DISK };

	p->first = through + 1;
	s->stats.lost += loss.count;
	if (p->in_doubt)
		es_spool_doubt(s, &loss);
	if (loss.count == 0)
		return;
	es_spool_pend(s, &loss);
	if (through > s->slot.acked_seq || s->slot.doubt.count > 0)
		es_spool_counted(s, loss.first_seq, through);
}

/* Numbers are given in order: those before a found one were given, too. */
static void
found(struct es_spool *s, struct es_spool_spare *p, uint64_t seq, es_time stored)
{
	if (p->passed)
		lose_spare(s, p, seq, stored);
	p->first = seq + 1;
	s->ledger_dirty = true;
}

void
es_spool_found(struct es_spool *s, uint64_t seq, es_time stored)
{
	size_t i;

	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++)
		if (seq >= s->slot.spare[i].first && seq <= s->slot.spare[i].last)
			found(s, &s->slot.spare[i], seq, stored);
}

/* Nothing of them can be found that would be lost: what was given, the collector has. */
static bool
is_spent(const struct es_spool *s, const struct es_spool_spare *p)
{
	return p->first > p->last || (!p->passed && p->last <= s->slot.acked_seq);
}

/* Rather too many are counted than one is lost in silence. */
static void
count_all(struct es_spool *s, struct es_spool_spare *p)
{
	if (!p->passed && p->first <= s->slot.acked_seq)
		p->first = s->slot.acked_seq + 1;
	lose_spare(s, p, p->last, s->opened);
}

void
es_spool_spare(struct es_spool *s, uint64_t first, uint64_t last)
{
	struct es_spool_spare *p = s->slot.spare;
	size_t i = 0;

	while (i < ES_SPOOL_SPARE_MAX && !is_spent(s, &p[i]))
		i++;
	if (i == ES_SPOOL_SPARE_MAX)
		count_all(s, &p[i = 0]);
	memmove(&p[i], &p[i + 1], (ES_SPOOL_SPARE_MAX - 1 - i) * sizeof(*p));
	p[ES_SPOOL_SPARE_MAX - 1] = (struct es_spool_spare){ first, last, false, false };
	s->ledger_dirty = true;
}

bool
es_spool_has_spare(const struct es_spool *s)
{
	size_t i = 0;

	while (i < ES_SPOOL_SPARE_MAX && is_spent(s, &s->slot.spare[i]))
		i++;
	return i < ES_SPOOL_SPARE_MAX;
}

void
es_spool_no_spare(struct es_spool *s)
{
	struct es_spool_spare *p = s->slot.spare;
	size_t i;

	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++, p++)
		if (!is_spent(s, p) && (p->last > s->slot.acked_seq || s->slot.doubt.count > 0))
			es_spool_counted(s, p->first, p->last);
	s->ledger_dirty |= s->slot.spare[ES_SPOOL_SPARE_MAX - 1].last != 0;
	memset(s->slot.spare, 0, sizeof(s->slot.spare));
}

void
es_spool_resolve_spare(struct es_spool *s)
{
	size_t i;

	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++)
		s->slot.spare[i].in_doubt = false;
}
