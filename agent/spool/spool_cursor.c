/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's cursor file: how far the collector has acknowledged, in two slots written in turn. */
#include "agent/spool/spool_private.h"

static const char cursor_name[] = "cursor";

/* Up to n bytes; a short file is no error. */
static size_t
read_some(const struct es_disk *d, int file, uint8_t *to, size_t n)
{
	size_t got = 0;
	int64_t r;

	while (got < n) {
		r = d->read(d->ctx, file, to + got, n - got, got);
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

int
es_spool_cursor_load(struct es_spool *s, struct es_spool_slot *out)
{
	const struct es_disk *d = s->disk;
	uint8_t bytes[2 * ES_SPOOL_SLOT_BYTES];
	struct es_spool_slot slot, best = { 0, 0, 0, 0, 0 };
	size_t n, i;
	int file;

	file = d->open(d->ctx, cursor_name, ES_DISK_READ);
	if (file < 0)
		return file;
	n = read_some(d, file, bytes, sizeof(bytes));
	d->close(d->ctx, file);
	for (i = 0; (i + 1) * ES_SPOOL_SLOT_BYTES <= n; i++)
		if (es_spool_slot_parse(
			es_slice_of(bytes + i * ES_SPOOL_SLOT_BYTES, ES_SPOOL_SLOT_BYTES), &slot) ==
			0 &&
		    slot.generation > best.generation)
			best = slot;
	if (best.generation == 0)
		return ES_EMALFORMED;
	*out = best;
	return 0;
}

static void
encode_now(struct es_spool *s, uint8_t out[ES_SPOOL_SLOT_BYTES])
{
	struct es_spool_slot slot = { s->generation + 1, s->salt, s->epoch, s->acked_seq,
		s->reported_seq };

	es_spool_slot_encode(&slot, out);
}

static int
create_cursor(struct es_spool *s)
{
	const struct es_disk *d = s->disk;
	uint8_t bytes[ES_SPOOL_SLOT_BYTES];
	int file, err;

	file = d->open(d->ctx, "cursor.tmp", ES_DISK_CREATE);
	if (file < 0)
		return file;
	encode_now(s, bytes);
	err = es_spool_write_all(
	    d, file, bytes, sizeof(bytes), (s->generation + 1) % 2 * ES_SPOOL_SLOT_BYTES);
	if (err == 0)
		err = d->sync(d->ctx, file);
	d->close(d->ctx, file);
	if (err == 0)
		err = d->rename(d->ctx, "cursor.tmp", cursor_name);
	if (err == 0)
		err = d->sync_dir(d->ctx);
	if (err == 0)
		s->generation++;
	return err;
}

void
es_spool_cursor_write(struct es_spool *s, bool sync)
{
	const struct es_disk *d = s->disk;
	uint8_t bytes[ES_SPOOL_SLOT_BYTES];
	int file, err;

	file = d->open(d->ctx, cursor_name, ES_DISK_WRITE);
	if (file == ES_ENOTFOUND) {
		s->cursor_dirty = create_cursor(s) != 0;
		return;
	}
	if (file < 0) {
		s->stats.disk_errors++;
		return; /* stays dirty; until it works a restart sends again what is acked: harmless */
	}
	encode_now(s, bytes);
	err = es_spool_write_all(
	    d, file, bytes, sizeof(bytes), (s->generation + 1) % 2 * ES_SPOOL_SLOT_BYTES);
	if (err == 0 && sync)
		err = d->sync(d->ctx, file);
	d->close(d->ctx, file);
	if (err != 0) {
		s->stats.disk_errors++;
		return;
	}
	s->generation++;
	s->cursor_dirty = false;
}
