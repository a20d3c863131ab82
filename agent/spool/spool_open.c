/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the spool: what a crash, a power cut or a bad disk left is sorted out here. */
#include "agent/spool/spool_private.h"

#include <stdlib.h>
#include <string.h>

struct found {
	uint64_t serials[SPOOL_SEGMENTS_MAX];
	uint64_t sizes[SPOOL_SEGMENTS_MAX];
	uint32_t n;
	uint32_t n_bad;
	uint64_t highest; /* serial of any file, bad ones included */
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

static void
each_file(void *arg, const char *name, uint64_t n_bytes)
{
	struct found *f = arg;
	uint64_t serial;
	uint32_t i;

	if (serial_of(name, ".bad", &serial)) {
		f->n_bad++;
	} else if (serial_of(name, ".seg", &serial) && f->n < SPOOL_SEGMENTS_MAX - 1) {
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

	for (tries = 0; err == ES_EIO && tries < SPOOL_TRIES; tries++)
		err = es_spool_cursor_load(s, slot);
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
		s->salt = slot.salt;
		s->epoch = slot.epoch;
		s->acked_seq = slot.acked_seq;
		s->reported_seq = slot.reported_seq;
		s->generation = slot.generation;
		return;
	}
	for (i = f->n; i > 0 && s->epoch == 0; i--) {
		err = open_segment(s, f->serials[i - 1], &file, &h);
		if (err == 0) {
			s->salt = h.salt;
			s->epoch = h.epoch;
		}
		if (file >= 0)
			s->disk->close(s->disk->ctx, file);
	}
	if (s->epoch != 0)
		return;
	s->salt = s->cfg.random(s->cfg.ctx);
	while (s->epoch == 0)
		s->epoch = s->cfg.random(s->cfg.ctx);
}

/* Nothing in it is ours: kept aside for a person to look at, three at most. */
static void
quarantine(struct es_spool *s, struct found *f, uint64_t serial)
{
	char from[SPOOL_NAME_MAX], to[SPOOL_NAME_MAX];

	es_spool_name(serial, from);
	memcpy(to, from, sizeof(to));
	memcpy(strchr(to, '.'), ".bad", 5);
	if (f->n_bad >= SPOOL_QUARANTINE_MAX)
		(void)s->disk->remove(s->disk->ctx, from);
	else if (s->disk->rename(s->disk->ctx, from, to) == 0)
		f->n_bad++;
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

/* Walks the records of one file; seg gets those that are new. ES_EIO: not all could be read. */
static int
walk(struct es_spool *s, struct spool_window *w, uint64_t size, struct spool_segment *seg,
    bool numbers_known, uint64_t *passed_over)
{
	struct es_spool_entry e;
	uint64_t over;
	int err;

	*passed_over = 0;
	while (over = 0, (err = next_in_file(s, w, size, &e, &over)) == 0) {
		*passed_over += over;
		seg->n_bytes = w->offset;
		if (e.seq < s->next_seq)
			continue; /* a copy: its first file could not be cut back */
		if (seg->last_seq < seg->first_seq)
			seg->first_seq = e.seq;
		if (e.seq > s->next_seq && numbers_known)
			es_spool_damage(s, s->next_seq, e.seq - 1, seg->oldest, e.stored);
		numbers_known = true;
		seg->last_seq = e.seq;
		seg->newest = e.stored;
		s->next_seq = e.seq + 1;
		if (e.hop.run != 0)
			s->hop = e.hop;
	}
	if (err != ES_EIO)
		return 0;
	/* As many numbers as the unread rest could hold must not be given again. */
	s->next_seq += (size - seg->n_bytes) / ES_SPOOL_ENTRY_BYTES + 1;
	return ES_EIO;
}

static void
take_header(struct es_spool *s, struct spool_segment *seg, const struct es_spool_header *h)
{
	seg->oldest = seg->newest = h->created;
	seg->n_bytes = ES_SPOOL_HEADER_BYTES;
	if (h->hop.run != 0)
		s->hop = h->hop;
	if (h->first_seq <= s->next_seq)
		return;
	if (s->n_segments > 0) /* else what came before is acked or given up */
		es_spool_damage(s, s->next_seq, h->first_seq - 1, seg->oldest, seg->oldest);
	s->next_seq = h->first_seq;
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
	header = open_segment(s, seg.serial, &w.file, &h) == 0 && h.salt == s->salt;
	if (header)
		take_header(s, &seg, &h);
	seg.first_seq = s->next_seq;
	seg.last_seq = s->next_seq - 1;
	w.offset = w.at = seg.n_bytes;
	w.n = 0;
	if (w.file < 0) {
		s->next_seq += f->sizes[i] / ES_SPOOL_ENTRY_BYTES + 1;
		s->stats.skipped_bytes += f->sizes[i];
		return false; /* it stays for a start on a better day */
	}
	err = walk(s, &w, f->sizes[i], &seg, header || s->n_segments > 0, &over);
	es_spool_window_close(s, &w);
	if (i + 1 < f->n && f->sizes[i] > seg.n_bytes)
		over += f->sizes[i] - seg.n_bytes;
	s->stats.skipped_bytes += over;
	if (header || seg.last_seq >= seg.first_seq)
		s->segments[s->n_segments++] = seg;
	else
		quarantine(s, f, seg.serial);
	return header && over == 0 && err == 0;
}

/* The last file: its torn tail is cut off and the rest synced. Writing goes on in it if sound. */
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
	if (err == 0 && sound) {
		s->file = file;
		return true;
	}
	d->close(d->ctx, file);
	return false;
}

/* True when numbers may have been used that no file remembers. */
static bool
numbers_lost(const struct es_spool *s)
{
	return s->acked_seq >= s->next_seq || (s->generation > 0 && s->n_segments == 0);
}

static int
recover(struct es_spool *s, es_time now)
{
	struct found *f = calloc(1, sizeof(*f));
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
	for (i = 0; i < f->n; i++) {
		before = s->n_segments;
		sound = take(s, f, i);
	}
	s->synced_seq = s->next_seq - 1;
	if (s->n_segments > before) /* the last file was taken */
		sound = settle_last(s, f->sizes[f->n - 1], sound);
	else if (s->n_segments > 0)
		s->synced_end = es_spool_active(s)->n_bytes;
	if (numbers_lost(s)) {
		do
			s->epoch = s->cfg.random(s->cfg.ctx);
		while (s->epoch == 0);
		if (s->next_seq <= s->acked_seq)
			s->next_seq = s->acked_seq + 1;
		s->synced_seq = s->next_seq - 1;
		sound = false;
	}
	if (!sound)
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
	s->cfg.max_bytes = or_default(cfg->max_bytes, UINT64_C(64) << 20);
	s->cfg.max_age_s = or_default(cfg->max_age_s, UINT64_C(7) * 86400);
	s->cfg.segment_bytes = (uint32_t)or_default(cfg->segment_bytes, 1u << 20);
	s->cfg.sync_bytes = (uint32_t)or_default(cfg->sync_bytes, 256u << 10);
	s->cap_unsynced = s->cfg.sync_bytes + SPOOL_WINDOW_BYTES;
	s->unsynced = malloc(s->cap_unsynced);
	s->reader.buf = malloc(SPOOL_WINDOW_BYTES);
	s->segments = calloc(SPOOL_SEGMENTS_MAX, sizeof(*s->segments));
	if (s->unsynced == NULL || s->reader.buf == NULL || s->segments == NULL)
		goto fail;
	err = recover(s, now);
	if (err != 0)
		goto fail;
	es_spool_cursor_write(s, true);
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
		if (s->cursor_dirty)
			es_spool_cursor_write(s, true);
	}
	es_spool_window_close(s, &s->reader);
	if (s->file >= 0)
		s->disk->close(s->disk->ctx, s->file);
	free(s->segments);
	free(s->reader.buf);
	free(s->unsynced);
	free(s);
}
