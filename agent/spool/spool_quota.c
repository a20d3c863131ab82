/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the spool: acked segments, and what a quota takes. */
#include "agent/spool/spool_private.h"

#include <string.h>

enum { TIGHT_QUARTERS = 3 }; /* of the quota */

static void
remove_oldest(struct es_spool *s)
{
	char name[SPOOL_NAME_MAX];

	if (s->reader.serial == s->segments[0].serial)
		es_spool_window_close(s, &s->reader);
	es_spool_name(s->segments[0].serial, name);
	if (s->segments[0].unread && es_spool_has_spare(s))
		s->aside_bytes += s->segments[0].n_bytes; /* another start may find them in it */
	else if (s->disk->remove(s->disk->ctx, name) != 0)
		s->stats.disk_errors++; /* it comes back at the next open, known by its numbers */
	s->n_segments--;
	memmove(s->segments, s->segments + 1, s->n_segments * sizeof(*s->segments));
}

/*
 * The count is on disk before the records are gone. A disk too full for a cursor that never was
 * written is the exception: without room nothing could be counted ever.
 */
bool
es_spool_drop_oldest(struct es_spool *s, enum es_loss_reason reason)
{
	const struct spool_segment *seg = &s->segments[0];
	int err;

	if (s->n_segments < 2)
		return false;
	(void)es_spool_give_up(s, seg->last_seq, reason, seg->oldest, seg->newest);
	err = es_spool_cursor_write(s, true);
	if (err != 0 && err != ES_EFULL)
		return false;
	remove_oldest(s);
	if (err != 0)
		(void)es_spool_cursor_write(s, true); /* now there is room */
	es_spool_wake(s);
	return true;
}

/* The cursor is on disk before what it marks as acknowledged is removed: else that would look like a loss. */
void
es_spool_forget_acked(struct es_spool *s)
{
	while (s->n_segments > 1 && s->segments[0].last_seq <= s->slot.acked_seq) {
		if ((s->saved_acked_seq < s->segments[0].last_seq || s->ledger_dirty) &&
		    (es_spool_cursor_write(s, true) != 0 ||
			s->saved_acked_seq < s->segments[0].last_seq))
			return;
		remove_oldest(s);
	}
}

int64_t
es_spool_read_clock(struct es_spool *s, es_time now)
{
	struct es_spool_clock clock = { true, 0, now.ns };

	if (s->cfg.clock != NULL)
		s->cfg.clock(s->cfg.ctx, &clock);
	s->clock_kept = clock.good;
	s->slot.boot = clock.boot;
	s->slot.boot_ns = (uint64_t)clock.boot_ns;
	s->slot.wall = now;
	return clock.boot_ns;
}

/* By the wall clock where it was right then and is now; else by the time since it was seen. */
static int64_t
age_ns(const struct es_spool *s, const struct spool_segment *seg, es_time now, int64_t boot_ns)
{
	if (es_spool_clock_is_good(s) && seg->newest_good)
		return es_time_diff(now, seg->newest);
	return boot_ns - seg->newest_boot_ns;
}

static bool
too_old(const struct es_spool *s, es_time now, int64_t boot_ns)
{
	const struct spool_segment *seg = &s->segments[0];

	return seg->last_seq > s->slot.acked_seq && seg->last_seq >= seg->first_seq &&
	       age_ns(s, seg, now, boot_ns) / ES_NS_PER_S > (int64_t)s->cfg.max_age_s;
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

	s->clock_agreed = false;
	for (i = 0; i < s->n_segments; i++) {
		s->segments[i].oldest = moved(s->segments[i].oldest, by_ns, now);
		s->segments[i].newest = moved(s->segments[i].newest, by_ns, now);
	}
}

void
es_spool_clock_agreed(struct es_spool *s, bool agreed)
{
	s->clock_agreed = agreed;
}

bool
es_spool_clock_is_good(const struct es_spool *s)
{
	return s->clock_kept || s->clock_agreed;
}

static uint64_t
used_bytes(const struct es_spool *s)
{
	return es_spool_stats(s).bytes + s->aside_bytes;
}

bool
es_spool_is_tight(const struct es_spool *s)
{
	return s->full || used_bytes(s) / TIGHT_QUARTERS >= s->cfg.max_bytes / 4;
}

void
es_spool_quota_bytes(struct es_spool *s)
{
	while (used_bytes(s) > s->cfg.max_bytes && es_spool_drop_oldest(s, ES_LOSS_QUOTA))
		continue;
}

void
es_spool_quota(struct es_spool *s, es_time now)
{
	int64_t room, boot_ns = es_spool_read_clock(s, now);

	es_spool_forget_acked(s); /* also what was counted when the disk refused to write it down */
	es_spool_quota_bytes(s);
	while (too_old(s, now, boot_ns)) {
		if (s->n_segments == 1 && (es_spool_sync(s) != 0 || es_spool_roll(s, now) != 0))
			break;
		if (!es_spool_drop_oldest(s, ES_LOSS_AGE))
			break;
	}
	if (s->cfg.min_free_bytes == 0)
		return;
	while (s->n_segments > 1) {
		room = s->disk->free_bytes(s->disk->ctx);
		if (room < 0 || (uint64_t)room >= s->cfg.min_free_bytes ||
		    !es_spool_drop_oldest(s, ES_LOSS_FREE_SPACE))
			break;
	}
}
