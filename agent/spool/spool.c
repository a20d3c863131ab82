/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's writing side: append, sync, new segments. */
#include "agent/spool/spool.h"

#include "agent/spool/spool_private.h"

#include <stdio.h>
#include <string.h>

void
es_spool_name(uint64_t serial, char out[SPOOL_NAME_MAX])
{
	snprintf(out, SPOOL_NAME_MAX, "%016llx.seg", (unsigned long long)serial);
}

struct spool_segment *
es_spool_active(struct es_spool *s)
{
	return &s->segments[s->n_segments - 1];
}

int
es_spool_write_all(const struct es_disk *d, int file, const uint8_t *p, size_t n, uint64_t at)
{
	int64_t done;

	while (n > 0) {
		done = d->write(d->ctx, file, p, n, at);
		if (done < 0)
			return (int)done;
		if (done == 0 || (uint64_t)done > n)
			return ES_EIO;
		p += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return 0;
}

static int
write_new(struct es_spool *s, int file, const struct es_spool_header *h)
{
	uint8_t header[ES_SPOOL_HEADER_BYTES];
	int err;

	es_spool_header_encode(h, header);
	err = es_spool_write_all(s->disk, file, header, sizeof(header), 0);
	if (err == 0 && s->n_unsynced > 0)
		err = es_spool_write_all(
		    s->disk, file, s->unsynced, s->n_unsynced, ES_SPOOL_HEADER_BYTES);
	if (err == 0)
		err = s->disk->sync(s->disk->ctx, file);
	return err;
}

/* Closes the file that is written to: what comes next goes to another one. */
static void
leave_file(struct es_spool *s)
{
	if (s->file >= 0)
		s->disk->close(s->disk->ctx, s->file);
	s->file = -1;
}

/*
 * Temp, sync, rename, sync directory. Returns the open file. From the rename on it may be there whatever
 * was answered, so that the next start takes the file before it to end where this one begins.
 */
static int
create_segment(struct es_spool *s, const struct es_spool_header *h, uint64_t serial)
{
	const struct es_disk *d = s->disk;
	char name[SPOOL_NAME_MAX];
	int file, err;

	file = d->open(d->ctx, "new.tmp", ES_DISK_CREATE);
	if (file < 0)
		return file;
	es_spool_name(serial, name);
	err = write_new(s, file, h);
	if (err == 0) {
		err = d->rename(d->ctx, "new.tmp", name);
		if (err == 0)
			err = d->sync_dir(d->ctx);
		if (err == 0)
			return file;
		leave_file(s);
	}
	d->close(d->ctx, file);
	d->remove(d->ctx, "new.tmp");
	d->remove(d->ctx, name); /* where the last step failed; copies are known by their numbers */
	return err;
}

/* The old last segment ends with what was synced in it; the rest moved on. */
static void
seal(struct es_spool *s)
{
	struct spool_segment *old = es_spool_active(s);

	if (s->n_unsynced > 0 && s->file >= 0)
		(void)s->disk->truncate(s->disk->ctx, s->file, s->synced_end); /* else: copies */
	old->n_bytes = s->synced_end;
	old->last_seq = s->slot.synced_seq;
	leave_file(s);
}

/* The disk is full: the oldest segment goes. */
static bool
make_room(struct es_spool *s)
{
	s->full = true;
	return es_spool_drop_oldest(s, ES_LOSS_FREE_SPACE);
}

int
es_spool_roll(struct es_spool *s, es_time now)
{
	struct es_spool_header h = { s->slot.salt, s->slot.epoch, s->slot.synced_seq + 1, now,
		s->slot.ipc };
	struct spool_segment *seg;
	int file;

	if (s->n_segments == SPOOL_SEGMENTS_MAX && !es_spool_drop_oldest(s, ES_LOSS_QUOTA))
		return ES_EFULL;
	file = create_segment(s, &h, s->next_serial);
	if (file == ES_EFULL && make_room(s))
		file = create_segment(s, &h, s->next_serial);
	if (file < 0) {
		s->stats.disk_errors++;
		s->next_serial++; /* a rename whose end we did not see keeps its number */
		return file;
	}
	if (s->n_segments > 0)
		seal(s);
	seg = &s->segments[s->n_segments++];
	seg->serial = s->next_serial++;
	seg->first_seq = h.first_seq;
	seg->last_seq = s->next_seq - 1;
	seg->n_bytes = ES_SPOOL_HEADER_BYTES + s->n_unsynced;
	seg->oldest = seg->newest = now;
	seg->newest_good = es_spool_clock_is_good(s);
	seg->newest_boot_ns = (int64_t)s->slot.boot_ns;
	s->file = file;
	s->synced_end = seg->n_bytes;
	s->slot.synced_seq = s->next_seq - 1;
	s->n_unsynced = 0;
	s->cursor_dirty = true;
	es_spool_forget_acked(s); /* the one before may have waited only for a successor */
	return 0;
}

int
es_spool_sync(struct es_spool *s)
{
	es_time at = es_spool_active(s)->newest;

	if (s->n_unsynced == 0)
		return 0;
	if (s->file >= 0 && s->disk->sync(s->disk->ctx, s->file) == 0) {
		s->synced_end += s->n_unsynced;
		s->slot.synced_seq = s->next_seq - 1;
		s->n_unsynced = 0;
		s->cursor_dirty = true;
		return 0;
	}
	/* After a failed sync the kernel may call lost pages clean: never again on this file. */
	s->stats.disk_errors++;
	s->stats.suspect = true;
	return es_spool_roll(s, at);
}

/* The bytes are at the end of `unsynced`; writes them behind the segment's last good record. */
static int
write_entry(struct es_spool *s, size_t n_bytes)
{
	const struct es_disk *d = s->disk;
	struct spool_segment *seg = es_spool_active(s);
	int err;

	if (s->file < 0)
		return ES_EIO;
	err = es_spool_write_all(d, s->file, s->unsynced + s->n_unsynced, n_bytes, seg->n_bytes);
	if (err == 0)
		return 0;
	s->stats.disk_errors++;
	if (d->truncate(d->ctx, s->file, seg->n_bytes) != 0) { /* half a record must not stay */
		leave_file(s);
	}
	return err;
}

/* Full: the oldest segment makes room. Broken: a new segment. One more try either way. */
static int
write_again(struct es_spool *s, es_time now, size_t n_bytes, int err)
{
	if (err == ES_EFULL && make_room(s) && s->file >= 0)
		return write_entry(s, n_bytes);
	/* es_spool_roll takes what is unsynced along; the entry behind it is untouched. */
	if (es_spool_roll(s, now) != 0)
		return err;
	return ES_EAGAIN;
}

int
es_spool_append(struct es_spool *s, es_time now, struct es_ipc_pair ipc, es_slice payload)
{
	struct es_spool_entry e = { s->next_seq, now, ipc, 0,
		(s->reporting ? ES_SPOOL_IS_LOSS : 0u) |
		    (es_spool_clock_is_good(s) ? ES_SPOOL_CLOCK_GOOD : 0u) };
	size_t n_bytes = ES_SPOOL_ENTRY_BYTES + payload.n;
	struct spool_segment *seg = es_spool_active(s);
	int err = 0, tries;

	if (payload.n == 0 || payload.n > ES_SPOOL_PAYLOAD_MAX)
		return ES_EINVALID;
	if (seg->n_bytes + n_bytes > s->cfg.segment_bytes && seg->last_seq >= seg->first_seq) {
		err = es_spool_sync(s);
		if (err == 0)
			err = es_spool_roll(s, now);
		es_spool_quota_bytes(s); /* here too: a process may end before it ever ticks */
	}
	if (s->n_unsynced + n_bytes > s->cap_unsynced)
		err = es_spool_sync(s);
	if (s->n_unsynced + n_bytes > s->cap_unsynced)
		return err != 0 ? err : ES_EFULL;
	for (tries = 0, err = ES_EAGAIN; err == ES_EAGAIN && tries < 2; tries++) {
		es_spool_entry_encode(&e, payload, s->slot.salt, s->unsynced + s->n_unsynced);
		err = write_entry(s, n_bytes);
		if (err != 0)
			err = write_again(s, now, n_bytes, err);
	}
	if (err != 0)
		return err == ES_EAGAIN ? ES_EIO : err;
	seg = es_spool_active(s);
	seg->n_bytes += n_bytes;
	seg->last_seq = e.seq;
	seg->newest = now;
	seg->newest_good = es_spool_clock_is_good(s);
	seg->newest_boot_ns = (int64_t)s->slot.boot_ns;
	s->n_unsynced += n_bytes;
	s->next_seq = e.seq + 1;
	if (ipc.run != 0)
		s->slot.ipc = ipc;
	if (s->n_unsynced >= s->cfg.sync_bytes)
		(void)es_spool_sync(s); /* a refusal shows at the next append */
	return 0;
}

void
es_spool_tick(struct es_spool *s, es_time now)
{
	es_spool_quota(s, now);
	es_spool_report(s);
	(void)es_spool_sync(s); /* stays unsynced and unsent; tried again next second */
	if (s->cursor_dirty || s->ledger_dirty)
		(void)es_spool_cursor_write(s, s->ledger_dirty); /* stays dirty */
	if (s->n_segments == 1)
		s->full = false;
}

int
es_spool_renew_epoch(struct es_spool *s, es_time now)
{
	uint64_t before = s->slot.epoch;
	int err;

	do
		s->slot.epoch = s->cfg.random(s->cfg.ctx);
	while (s->slot.epoch == 0 || s->slot.epoch == before);
	err = es_spool_sync(s);
	if (err == 0)
		err = es_spool_roll(
		    s, now); /* the newest header names the epoch if the cursor goes */
	if (err != 0) {
		s->slot.epoch = before;
		return err;
	}
	s->slot.sent_seq = s->slot.acked_seq; /* nothing of this epoch */
	s->slot.proof = s->slot.proof_seq = 0;
	s->sending = false;
	return es_spool_cursor_write(s, true);
}

void
es_spool_epoch(const struct es_spool *s, uint8_t out[ES_SPOOL_EPOCH_BYTES])
{
	memcpy(out, &s->slot.salt, 8);
	memcpy(out + 8, &s->slot.epoch, 8);
}

uint64_t
es_spool_next_seq(const struct es_spool *s)
{
	return s->next_seq;
}

uint64_t
es_spool_synced_seq(const struct es_spool *s)
{
	return s->slot.synced_seq;
}

uint64_t
es_spool_acked_seq(const struct es_spool *s)
{
	return s->slot.acked_seq;
}

struct es_ipc_pair
es_spool_last_ipc(const struct es_spool *s)
{
	return s->slot.ipc;
}

struct es_spool_stats
es_spool_stats(const struct es_spool *s)
{
	struct es_spool_stats st = s->stats;
	uint32_t i;

	st.bytes = 0;
	for (i = 0; i < s->n_segments; i++)
		st.bytes += s->segments[i].n_bytes;
	st.segments = s->n_segments;
	st.records = s->next_seq - 1 - s->slot.acked_seq;
	for (i = 0; i < ES_SPOOL_REASONS; i++)
		st.records += s->slot.pending[i].count > 0;
	st.records += s->slot.doubt.count > 0;
	return st;
}
