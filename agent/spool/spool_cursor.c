/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's cursor: what is not in the segments, in two files. */
#include "agent/spool/spool_private.h"

#include <string.h>

static const char *const names[2] = { "cursor", "cursor.2" };

/* More than one file is ever written more often than the other. */
#define AHEAD (UINT64_C(1) << 32)

/* Up to n bytes; a short file is no error. */
static int
read_some(const struct es_disk *d, const char *name, uint8_t *to, size_t n)
{
	size_t got = 0;
	int64_t r = 0;
	int file = d->open(d->ctx, name, ES_DISK_READ);

	if (file < 0)
		return file;
	while (got < n && (r = d->read(d->ctx, file, to + got, n - got, got)) > 0)
		got += (size_t)r;
	d->close(d->ctx, file);
	return r < 0 ? (int)r : (int)got;
}

/* The newer of the two slots that version 1 kept in one file, if it is newer than the best. */
static bool
load_version_1(es_slice bytes, struct es_spool_slot *best, uint64_t *reported_seq)
{
	struct es_spool_slot slot;
	uint64_t reported;
	bool newer = false;
	size_t i;

	for (i = 0; i < 2 && (i + 1) * ES_SPOOL_SLOT_1_BYTES <= bytes.n; i++) {
		if (es_spool_slot_1_parse(
			es_slice_of(bytes.p + i * ES_SPOOL_SLOT_1_BYTES, ES_SPOOL_SLOT_1_BYTES),
			&slot, &reported) != 0 ||
		    slot.generation <= best->generation)
			continue;
		*best = slot;
		*reported_seq = reported;
		newer = true;
	}
	return newer;
}

int
es_spool_cursor_load(struct es_spool *s, bool is_last_try, struct es_spool_slot *out)
{
	uint8_t bytes[ES_SPOOL_SLOT_BYTES];
	struct es_spool_slot slot, best;
	uint64_t reported = 0;
	bool old = false;
	size_t i;
	int n, err = ES_ENOTFOUND;

	memset(&best, 0, sizeof(best));
	for (i = 0; i < 2; i++) {
		n = read_some(s->disk, names[i], bytes, sizeof(bytes));
		if (n < 0) {
			err = n == ES_ENOTFOUND ? err : n;
			continue;
		}
		if (es_spool_slot_parse(es_slice_of(bytes, (size_t)n), &slot) == 0 &&
		    slot.generation > best.generation) {
			best = slot;
			reported = 0;
			old = false;
		} else if (load_version_1(es_slice_of(bytes, (size_t)n), &best, &reported)) {
			old = true;
		}
	}
	if (err != ES_ENOTFOUND && (!is_last_try || best.generation == 0))
		return err; /* the one that cannot be read now may be the newer one */
	if (best.generation == 0)
		return ES_EMALFORMED;
	if (err != ES_ENOTFOUND) /* it is not believed when it comes back */
		best.generation += AHEAD;
	s->reported_seq = reported;
	s->old_cursor = old;
	*out = best;
	return 0;
}

static int
write_slot(struct es_spool *s, int file, bool sync)
{
	const struct es_disk *d = s->disk;
	struct es_spool_slot slot = s->slot;
	uint8_t bytes[ES_SPOOL_SLOT_BYTES];
	int err;

	slot.generation++;
	slot.ipc_seq = s->next_seq;
	if (s->sending) /* what is on the way when this process ends is not known to the next */
		slot.sent_seq = UINT64_MAX;
	es_spool_slot_encode(&slot, bytes);
	err = es_spool_write_all(d, file, bytes, sizeof(bytes), 0);
	if (err == 0 && sync)
		err = d->sync(d->ctx, file);
	d->close(d->ctx, file);
	return err;
}

static int
create(struct es_spool *s, const char *name)
{
	const struct es_disk *d = s->disk;
	int err, file = d->open(d->ctx, "cursor.tmp", ES_DISK_CREATE);

	if (file < 0)
		return file;
	err = write_slot(s, file, true);
	if (err == 0)
		err = d->rename(d->ctx, "cursor.tmp", name);
	s->name_unsynced |= err == 0;
	return err;
}

/* A file is on disk when its name is. */
static int
sync_name(struct es_spool *s)
{
	int err = s->name_unsynced ? s->disk->sync_dir(s->disk->ctx) : 0;

	if (err == 0)
		s->name_unsynced = false;
	return err;
}

static int
write_file(struct es_spool *s, const char *name, bool sync)
{
	const struct es_disk *d = s->disk;
	int err, file = s->old_cursor ? ES_ENOTFOUND : d->open(d->ctx, name, ES_DISK_WRITE);

	if (file == ES_ENOTFOUND)
		err = create(s, name);
	else
		err = file < 0 ? file : write_slot(s, file, sync);
	if (err == 0 && sync)
		err = sync_name(s);
	s->slot.generation++; /* whatever came of it */
	if (err != 0)
		s->stats.disk_errors++;
	return err;
}

/*
 * What is not synced goes to the first file alone: a power cut may tear it, and the second still holds
 * what was synced last.
 */
int
es_spool_cursor_write(struct es_spool *s, bool sync)
{
	uint64_t acked = s->slot.acked_seq;
	int first = write_file(s, names[0], sync), second;

	if (first == 0)
		s->cursor_dirty = false;
	if (!sync)
		return first;
	second = write_file(s, names[1], true);
	if (first == 0 && second == 0) {
		s->old_cursor = s->ledger_dirty = false;
		s->saved_acked_seq = acked;
	}
	return first == 0 || second == 0 ? 0 : first;
}
