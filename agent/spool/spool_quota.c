/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the spool: acked segments, what a quota takes, and the losses to tell about. */
#include "agent/spool/spool_private.h"

#include <string.h>

static es_time
earlier(es_time a, es_time b)
{
	return es_time_before(a, b) ? a : b;
}

/* Keeps a loss until it is told. Two of one reason become one that covers both. */
static void
report(struct es_spool *s, const struct es_loss *loss)
{
	struct es_loss *p = &s->pending[loss->reason];

	if (p->count == 0) {
		*p = *loss;
		return;
	}
	p->from = earlier(p->from, loss->from);
	p->to = es_time_max(p->to, loss->to);
	p->first_seq = p->first_seq < loss->first_seq ? p->first_seq : loss->first_seq;
	p->last_seq = p->last_seq > loss->last_seq ? p->last_seq : loss->last_seq;
	p->count += loss->count;
}

void
es_spool_tell(struct es_spool *s)
{
	struct es_loss loss;
	size_t i;

	for (i = 0; i < SPOOL_REASONS; i++) {
		loss = s->pending[i];
		if (loss.count == 0)
			continue;
		s->pending[i].count = 0; /* storing it may itself push records out */
		if (s->cfg.lost(s->cfg.ctx, &loss) != 0)
			report(s, &loss);
	}
}

void
es_spool_damage(struct es_spool *s, uint64_t first, uint64_t last, es_time from, es_time to)
{
	struct es_loss loss = { from, to, 0, first, last, ES_LOSS_DISK };

	if (loss.first_seq <= s->acked_seq)
		loss.first_seq = s->acked_seq + 1;
	if (last <= s->reported_seq || last < loss.first_seq)
		return;
	loss.count = last - loss.first_seq + 1;
	s->reported_seq = last;
	s->cursor_dirty = true;
	s->stats.lost += loss.count;
	report(s, &loss);
}

static void
remove_oldest(struct es_spool *s)
{
	char name[SPOOL_NAME_MAX];

	if (s->reader.serial == s->segments[0].serial)
		es_spool_window_close(s, &s->reader);
	es_spool_name(s->segments[0].serial, name);
	if (s->disk->remove(s->disk->ctx, name) != 0)
		s->stats.disk_errors++; /* it comes back at the next open, known by its numbers */
	s->n_segments--;
	memmove(s->segments, s->segments + 1, s->n_segments * sizeof(*s->segments));
}

/* What of the oldest segment was not yet acknowledged. */
static struct es_loss
loss_of_oldest(const struct es_spool *s, enum es_loss_reason reason)
{
	const struct spool_segment *seg = &s->segments[0];
	uint64_t first = seg->first_seq > s->acked_seq ? seg->first_seq : s->acked_seq + 1;
	struct es_loss loss = { seg->oldest, seg->newest, 0, first, seg->last_seq, reason };

	if (seg->last_seq >= first)
		loss.count = seg->last_seq - first + 1;
	return loss;
}

bool
es_spool_drop_oldest(struct es_spool *s, enum es_loss_reason reason)
{
	struct es_loss loss;

	if (s->n_segments < 2)
		return false;
	loss = loss_of_oldest(s, reason);
	if (loss.count > 0)
		report(s, &loss);
	s->stats.lost += loss.count;
	remove_oldest(s);
	return true;
}

void
es_spool_forget_acked(struct es_spool *s)
{
	while (s->n_segments > 1 && s->segments[0].last_seq <= s->acked_seq)
		remove_oldest(s);
}

/* The loss is on disk before the records it tells of are gone. */
static bool
give_up_oldest(struct es_spool *s, enum es_loss_reason reason)
{
	struct es_loss loss;
	uint64_t serial;

	if (s->n_segments < 2)
		return false;
	serial = s->segments[0].serial;
	loss = loss_of_oldest(s, reason);
	s->stats.lost += loss.count;
	if (loss.count > 0) {
		report(s, &loss);
		es_spool_tell(s);
		(void)es_spool_sync(s); /* a disk that refuses this keeps it pending */
	}
	if (s->segments[0].serial == serial)
		remove_oldest(s);
	return true;
}

static bool
too_old(const struct es_spool *s, es_time now)
{
	const struct spool_segment *seg = &s->segments[0];

	return seg->last_seq > s->acked_seq && seg->last_seq >= seg->first_seq &&
	       es_time_diff(now, seg->newest) / ES_NS_PER_S > (int64_t)s->cfg.max_age_s;
}

/* A time of before the step, on the clock as it now goes; never in the future. */
static es_time
moved(es_time t, int64_t by_ns, es_time now)
{
	if (by_ns < 0 && !es_time_before(now, t))
		return t; /* of after the step */
	t = es_time_add(t, by_ns);
	return es_time_before(now, t) ? now : t;
}

void
es_spool_clock_stepped(struct es_spool *s, int64_t by_ns, es_time now)
{
	uint32_t i;

	for (i = 0; i < s->n_segments; i++) {
		s->segments[i].oldest = moved(s->segments[i].oldest, by_ns, now);
		s->segments[i].newest = moved(s->segments[i].newest, by_ns, now);
	}
}

void
es_spool_quota(struct es_spool *s, es_time now)
{
	int64_t room;

	while (es_spool_stats(s).bytes > s->cfg.max_bytes && give_up_oldest(s, ES_LOSS_QUOTA))
		continue;
	while (too_old(s, now)) {
		if (s->n_segments == 1 && (es_spool_sync(s) != 0 || es_spool_roll(s, now) != 0))
			break;
		if (!give_up_oldest(s, ES_LOSS_AGE))
			break;
	}
	if (s->cfg.min_free_bytes == 0)
		return;
	while (s->n_segments > 1) {
		room = s->disk->free_bytes(s->disk->ctx);
		if (room < 0 || (uint64_t)room >= s->cfg.min_free_bytes ||
		    !give_up_oldest(s, ES_LOSS_FREE_SPACE))
			break;
	}
}
