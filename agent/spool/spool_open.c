/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the spool: what a crash, a power cut or a bad disk left is sorted out here. */
#include "agent/spool/spool_private.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_S = 60 }; /* less is drift */

struct found {
	uint64_t serials[SPOOL_SEGMENTS_MAX];
	uint64_t sizes[SPOOL_SEGMENTS_MAX];
	uint32_t n;
	uint32_t n_bad;
	uint64_t bad_bytes;
	uint64_t highest;  /* serial of any file, bad ones included */
	uint64_t next_seq; /* behind the last number that a file names */
	uint64_t n_spare;  /* so many numbers may be in what cannot be read at the end */
	bool unread;       /* not all could be read; it may be possible at another start */
};

/* "0123456789abcdef.EXT", or false. */
static bool
serial_of(const char *name, const char *ext, uint64_t *out)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 16; i++) {
		if (name[i] >= '0' && name[i] <= '9')
			v = v << 4 | (uint64_t)(name[i] - '0');
		else if (name[i] >= 'a' && name[i] <= 'f')
			v = v << 4 | (uint64_t)(name[i] - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return strcmp(name + 16, ext) == 0;
}

/* More files than ever are made: the oldest are not looked at, and what is in them is missing. */
static void
forget_oldest(struct found *f)
{
	f->bad_bytes += f->sizes[0];
	f->n--;
	memmove(f->serials, f->serials + 1, f->n * sizeof(f->serials[0]));
	memmove(f->sizes, f->sizes + 1, f->n * sizeof(f->sizes[0]));
}

static void
each_file(void *arg, const char *name, uint64_t n_bytes)
{
	struct found *f = arg;
	uint64_t serial;
	uint32_t i;

	if (serial_of(name, ".bad", &serial)) {
		f->n_bad++;
		f->bad_bytes += n_bytes;
	} else if (serial_of(name, ".seg", &serial)) {
		if (f->n == SPOOL_SEGMENTS_MAX - 1)
			forget_oldest(f);
		for (i = f->n; i > 0 && f->serials[i - 1] > serial; i--) {
			f->serials[i] = f->serials[i - 1];
			f->sizes[i] = f->sizes[i - 1];
		}
		f->serials[i] = serial;
		f->sizes[i] = n_bytes;
		f->n++;
	} else {
		return;
	}
	if (serial > f->highest)
		f->highest = serial;
}

/* Opens a segment and reads its header; *file may be open with an error of the header. */
static int
try_segment(struct es_spool *s, uint64_t serial, int *file, struct es_spool_header *h)
{
	const struct es_disk *d = s->disk;
	uint8_t bytes[ES_SPOOL_HEADER_BYTES];
	char name[SPOOL_NAME_MAX];
	size_t n = 0;
	int64_t got;

	es_spool_name(serial, name);
	*file = d->open(d->ctx, name, ES_DISK_READ);
	if (*file < 0)
		return ES_EIO;
	while (n < sizeof(bytes)) {
		got = d->read(d->ctx, *file, bytes + n, sizeof(bytes) - n, n);
		if (got == 0)
			break;
		if (got < 0) {
			d->close(d->ctx, *file);
			*file = -1;
			return ES_EIO;
		}
		n += (size_t)got;
	}
	return es_spool_header_parse(es_slice_of(bytes, n), h);
}

/* The same, for as long as a passing fault may last. */
static int
open_segment(struct es_spool *s, uint64_t serial, int *file, struct es_spool_header *h)
{
	int tries, err = ES_EIO;

	for (tries = 0; err == ES_EIO && tries < SPOOL_TRIES; tries++)
		err = try_segment(s, serial, file, h);
	return err;
}

static int
load_cursor(struct es_spool *s, struct es_spool_slot *slot)
{
	int tries, err = ES_EIO;

	for (tries = 1; err == ES_EIO && tries <= SPOOL_TRIES; tries++)
		err = es_spool_cursor_load(s, tries == SPOOL_TRIES, slot);
	return err;
}

/* The salt and epoch of this directory: the cursor's, else those of the newest whole header. */
static void
find_identity(struct es_spool *s, const struct found *f)
{
	struct es_spool_header h;
	struct es_spool_slot slot;
	uint32_t i;
	int file, err;

	if (load_cursor(s, &slot) == 0) {
		s->slot = slot;
		return;
	}
	s->slot.sent_seq = UINT64_MAX;
	s->amnesia = f->n > 0;
	for (i = f->n; i > 0 && s->slot.epoch == 0; i--) {
		err = open_segment(s, f->serials[i - 1], &file, &h);
		if (err == 0) {
			s->slot.salt = h.salt;
			s->slot.epoch = h.epoch;
		}
		if (file >= 0)
			s->disk->close(s->disk->ctx, file);
	}
	if (s->slot.epoch != 0)
		return;
	s->slot.salt = s->cfg.random(s->cfg.ctx);
	while (s->slot.epoch == 0)
		s->slot.epoch = s->cfg.random(s->cfg.ctx);
	s->slot.sent_seq = 0;
}

/* Nothing in it is ours: kept aside for a person to look at, three at most. */
static void
quarantine(struct es_spool *s, struct found *f, uint64_t serial, uint64_t size)
{
	char from[SPOOL_NAME_MAX], to[SPOOL_NAME_MAX];

	es_spool_name(serial, from);
	memcpy(to, from, sizeof(to));
	memcpy(strchr(to, '.'), ".bad", 5);
	if (f->n_bad >= SPOOL_QUARANTINE_MAX)
		(void)s->disk->remove(s->disk->ctx, from);
	else if (s->disk->rename(s->disk->ctx, from, to) == 0)
		f->n_bad++, f->bad_bytes += size;
	s->stats.quarantined++;
}

static int
next_in_file(struct es_spool *s, struct spool_window *w, uint64_t size, struct es_spool_entry *e,
    uint64_t *passed_over)
{
	const uint8_t *payload;
	uint64_t over;
	int tries, err = ES_EIO;

	for (tries = 0; err == ES_EIO && tries < SPOOL_TRIES; tries++) {
		err = es_spool_window_next(s, w, size, e, &payload, &over);
		*passed_over += over;
	}
	return err;
}

/*
 * Numbers before this one are in no file. Those that may have been sent are left to the reader, who
 * gets there when the collector has reported what it has; so is what may only be unreadable today.
 */
static void
note_hole(struct es_spool *s, const struct found *f, uint64_t seq, es_time from, es_time to)
{
	uint64_t first = s->next_seq, last = seq - 1;
	uint64_t reported = s->reported_seq < last ? s->reported_seq : last;

	if (seq <= first)
		return;
	s->next_seq = seq;
	if (f->unread)
		return;
	if (first <= reported) {
		es_spool_counted(s, first, reported);
		first = reported + 1;
	}
	if (first <= s->slot.sent_seq)
		first = s->slot.sent_seq == UINT64_MAX ? seq : s->slot.sent_seq + 1;
	if (first <= last)
		es_spool_damage(s, first, last, from, to);
}

/* A number that is certain. Where no cursor shows how far the collector got, all before it is given up. */
static void
note_number(struct es_spool *s, struct found *f, uint64_t seq, es_time from, es_time to)
{
	if ((s->amnesia || s->old_cursor) && s->n_segments == 0 && f->next_seq == 0) {
		if (seq > s->slot.acked_seq + 1)
			s->slot.acked_seq = seq - 1;
		s->next_seq = s->slot.acked_seq + 1;
	}
	note_hole(s, f, seq, from, to);
	if (seq > f->next_seq)
		f->next_seq = seq;
}

static void
note_ipc(struct es_spool *s, struct es_ipc_pair ipc, uint64_t seq)
{
	if (ipc.run == 0 || seq < s->slot.ipc_seq)
		return;
	s->slot.ipc = ipc;
	s->slot.ipc_seq = seq;
}

/* A record that was to report losses and does not any more, or is another one. */
static void
check_report(struct es_spool *s, const struct es_spool_entry *e)
{
	size_t i;

	if ((e->flags & ES_SPOOL_IS_LOSS) == 0)
		for (i = 0; i < ES_SPOOL_REASONS; i++)
			if (s->slot.reported_by[i] == e->seq)
				es_spool_report_again(s, i);
}

/* As many numbers as n_bytes could hold must not be given again. */
static void
reserve(struct found *f, uint64_t n_bytes)
{
	f->n_spare += n_bytes / ES_SPOOL_ENTRY_BYTES + 1;
	f->unread = true;
}

/* Walks the records of one file; seg gets those that are new. ES_EIO: not all could be read. */
static int
walk(struct es_spool *s, struct found *f, struct spool_window *w, uint64_t size,
    struct spool_segment *seg, uint64_t *passed_over)
{
	struct es_spool_entry e;
	uint64_t over;
	int err;

	while (over = 0, (err = next_in_file(s, w, size, &e, &over)) == 0) {
		*passed_over += over;
		seg->n_bytes = w->offset;
		check_report(s, &e);
		es_spool_found(s, e.seq, e.stored);
		note_ipc(s, e.ipc, e.seq);
		if (e.seq + 1 > f->next_seq)
			f->next_seq = e.seq + 1;
		if (e.seq < s->next_seq)
			continue; /* acked, or a copy: its first file could not be cut back */
		note_number(s, f, e.seq, seg->oldest, e.stored);
		if (seg->last_seq < seg->first_seq)
			seg->first_seq = e.seq;
		seg->last_seq = e.seq;
		seg->newest = e.stored;
		seg->newest_good = (e.flags & ES_SPOOL_CLOCK_GOOD) != 0;
		s->next_seq = e.seq + 1;
	}
	if (err != ES_EIO)
		return 0;
	reserve(f, size - seg->n_bytes);
	return ES_EIO;
}

static void
take_header(
    struct es_spool *s, struct found *f, struct spool_segment *seg, const struct es_spool_header *h)
{
	seg->oldest = seg->newest = h->created;
	seg->n_bytes = ES_SPOOL_HEADER_BYTES;
	if (h->first_seq > s->slot.ipc_seq)
		note_ipc(s, h->ipc, h->first_seq);
	note_number(s, f, h->first_seq, h->created, h->created);
}

/* Takes one file in, or sets it aside. Returns true when it is whole up to its last record. */
static bool
take(struct es_spool *s, struct found *f, uint32_t i)
{
	struct spool_window w = s->reader;
	struct spool_segment seg;
	struct es_spool_header h;
	uint64_t over = 0;
	bool header;
	int err;

	memset(&seg, 0, sizeof(seg));
	seg.serial = f->serials[i];
	seg.newest_boot_ns = (int64_t)s->slot.boot_ns;
	header = open_segment(s, seg.serial, &w.file, &h) == 0 && h.salt == s->slot.salt;
	if (header)
		take_header(s, f, &seg, &h);
	seg.first_seq = s->next_seq;
	seg.last_seq = s->next_seq - 1;
	w.offset = w.at = seg.n_bytes;
	w.n = 0;
	if (w.file < 0) {
		reserve(f, f->sizes[i]);
		f->bad_bytes += f->sizes[i];
		s->stats.skipped_bytes += f->sizes[i];
		return false; /* it stays for a start on a better day */
	}
	err = walk(s, f, &w, f->sizes[i], &seg, &over);
	es_spool_window_close(s, &w);
	seg.unread = err == ES_EIO;
	if (header && err == 0)
		f->n_spare = 0; /* it begins behind what was synced before; the rest is in it */
	if (i + 1 < f->n && f->sizes[i] > seg.n_bytes)
		over += f->sizes[i] - seg.n_bytes;
	s->stats.skipped_bytes += over;
	if (header || seg.last_seq >= seg.first_seq)
		s->segments[s->n_segments++] = seg;
	else if (err == 0)
		quarantine(s, f, seg.serial, f->sizes[i]);
	return header && over == 0 && err == 0;
}

/* The last file: its torn tail is cut off and the rest synced. Writing continues in it if sound. */
static bool
settle_last(struct es_spool *s, uint64_t size, bool sound)
{
	const struct es_disk *d = s->disk;
	struct spool_segment *seg = es_spool_active(s);
	char name[SPOOL_NAME_MAX];
	int file, err = 0;

	s->synced_end = seg->n_bytes;
	es_spool_name(seg->serial, name);
	file = d->open(d->ctx, name, ES_DISK_WRITE);
	if (file < 0)
		return false;
	if (sound && size > seg->n_bytes) {
		s->stats.cut_bytes += size - seg->n_bytes;
		err = d->truncate(d->ctx, file, seg->n_bytes);
	}
	if (err == 0)
		err = d->sync(d->ctx, file);
	if (err == 0) /* the process before may have ended between giving its name and this */
		err = d->sync_dir(d->ctx);
	if (err == 0 && sound) {
		s->file = file;
		return true;
	}
	d->close(d->ctx, file);
	return false;
}

/* True when numbers may have been used that neither a file nor the cursor remembers. */
static bool
numbers_lost(const struct es_spool *s, const struct found *f)
{
	uint64_t next = f->n_spare > 0 ? s->next_seq + f->n_spare : f->next_seq;

	if (f->unread && !s->amnesia && !s->old_cursor)
		return false; /* the cursor does, and note_end goes by it */
	return (f->n > 0 || s->slot.generation > 0) &&
	       (next <= s->slot.acked_seq || next <= s->slot.synced_seq || s->n_segments == 0);
}

static void
new_epoch(struct es_spool *s)
{
	do
		s->slot.epoch = s->cfg.random(s->cfg.ctx);
	while (s->slot.epoch == 0);
	s->slot.sent_seq = s->slot.acked_seq;
	s->slot.proof = s->slot.proof_seq = 0;
}

/* Numbers that the cursor shows as given may be in what could not be read: they are not given again. */
static void
note_given(struct es_spool *s)
{
	size_t i;

	if (s->next_seq < s->slot.ipc_seq)
		s->next_seq = s->slot.ipc_seq;
	for (i = 0; i < ES_SPOOL_REASONS; i++)
		if (s->next_seq <= s->slot.reported_by[i])
			s->next_seq = s->slot.reported_by[i] + 1;
}

/* True: numbers are skipped, and only the cursor distinguishes them from lost ones. */
static bool
leaves_out_numbers(const struct es_spool *s, const struct found *f)
{
	return f->n_spare > 0 && !s->amnesia && !s->old_cursor;
}

/* The files end before what was on disk once: that is missing, too. */
static void
note_end(struct es_spool *s, struct found *f, es_time now)
{
	size_t i;

	note_hole(s, f, s->slot.synced_seq + 1, s->slot.wall, now);
	if (f->unread)
		note_given(s);
	else
		es_spool_no_spare(s);
	if (leaves_out_numbers(s, f))
		es_spool_spare(s, s->next_seq, s->next_seq + f->n_spare - 1);
	s->next_seq += f->n_spare;
	for (i = 0; i < ES_SPOOL_REASONS; i++) /* it was to be stored when the process ended */
		if (s->slot.reported_by[i] >= s->next_seq)
			es_spool_report_again(s, i);
	s->slot.synced_seq = s->next_seq - 1;
}

/* The wall clock against that of the boot, since the cursor was written. */
static void
note_step(struct es_spool *s, es_time now, uint64_t boot, int64_t boot_ns, es_time wall)
{
	int64_t by_ns;

	if (s->cfg.clock == NULL || boot == 0 || boot != s->slot.boot)
		return;
	by_ns = es_time_diff(now, wall) - ((int64_t)s->slot.boot_ns - boot_ns);
	if (by_ns / ES_NS_PER_S >= STEP_S || by_ns / ES_NS_PER_S <= -STEP_S)
		es_spool_clock_stepped(s, by_ns, now);
}

static int
recover(struct es_spool *s, es_time now)
{
	struct found *f = calloc(1, sizeof(*f));
	struct es_spool_slot was;
	bool sound = false;
	uint32_t i, before = 0;
	int err;

	if (f == NULL)
		return ES_ENOMEM;
	err = s->disk->list(s->disk->ctx, each_file, f);
	if (err != 0)
		goto out;
	s->next_serial = f->highest + 1;
	find_identity(s, f);
	was = s->slot;
	(void)es_spool_read_clock(s, now);
	s->next_seq = s->slot.acked_seq + 1;
	for (i = 0; i < f->n; i++) {
		before = s->n_segments;
		sound = take(s, f, i);
	}
	if (numbers_lost(s, f)) {
		new_epoch(s);
		sound = false;
	}
	note_end(s, f, now);
	if (s->n_segments > before) /* the last file was taken */
		sound = settle_last(s, f->sizes[f->n - 1], sound);
	else if (s->n_segments > 0)
		s->synced_end = es_spool_active(s)->n_bytes;
	s->aside_bytes = f->bad_bytes;
	note_step(s, now, was.boot, (int64_t)was.boot_ns, was.wall);
	err = es_spool_cursor_write(s, true);
	if (!leaves_out_numbers(s, f))
		err = 0; /* it stays dirty */
	if (err == 0 && !sound)
		err = es_spool_roll(s, now);
out:
	free(f);
	return err;
}

static uint64_t
or_default(uint64_t v, uint64_t fallback)
{
	return v != 0 ? v : fallback;
}

void
es_spool_limit(struct es_spool *s, uint64_t max_bytes, uint64_t max_age_s, uint64_t min_free_bytes)
{
	s->cfg.max_bytes = or_default(max_bytes, UINT64_C(64) << 20);
	s->cfg.max_age_s = or_default(max_age_s, UINT64_C(7) * 86400);
	s->cfg.min_free_bytes = min_free_bytes;
}

int
es_spool_open(const struct es_spool_config *cfg, es_time now, struct es_spool **out)
{
	struct es_spool *s = calloc(1, sizeof(*s));
	int err = ES_ENOMEM;

	if (s == NULL)
		return ES_ENOMEM;
	s->cfg = *cfg;
	s->disk = cfg->disk;
	s->file = s->reader.file = -1;
	s->next_seq = 1;
	es_spool_limit(s, cfg->max_bytes, cfg->max_age_s, cfg->min_free_bytes);
	s->cfg.segment_bytes = (uint32_t)or_default(cfg->segment_bytes, 1u << 20);
	s->cfg.sync_bytes = (uint32_t)or_default(cfg->sync_bytes, 256u << 10);
	s->cap_unsynced = s->cfg.sync_bytes + SPOOL_WINDOW_BYTES;
	s->unsynced = malloc(s->cap_unsynced);
	s->reader.buf = malloc(SPOOL_WINDOW_BYTES);
	s->segments = calloc(SPOOL_SEGMENTS_MAX, sizeof(*s->segments));
	if (s->unsynced == NULL || s->reader.buf == NULL || s->segments == NULL)
		goto fail;
	s->opened = now;
	err = recover(s, now);
	if (err != 0)
		goto fail;
	es_spool_quota_bytes(s); /* also of one that never lives to its first tick */
	es_spool_forget_acked(s);
	*out = s;
	return 0;
fail:
	es_spool_close(s);
	return err;
}

void
es_spool_close(struct es_spool *s)
{
	if (s == NULL)
		return;
	if (s->n_segments > 0) {
		(void)es_spool_sync(s); /* a refusal here is what a power cut would leave */
		s->sending = false;
		(void)es_spool_cursor_write(s, true);
	}
	es_spool_window_close(s, &s->reader);
	if (s->file >= 0)
		s->disk->close(s->disk->ctx, s->file);
	free(s->segments);
	free(s->reader.buf);
	free(s->unsynced);
	free(s);
}
